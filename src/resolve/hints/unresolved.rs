//! Names and words that nothing is called, with what was probably meant.

use super::*;
use crate::hir::Meaning;

/// Names in order, at most twelve of them.
fn listed(mut names: Vec<&str>) -> String {
    names.sort_unstable();
    names.dedup();
    let more = if names.len() > 12 { ", ..." } else { "" };
    names.truncate(12);
    format!("{}{more}", names.join(", "))
}

/// Most comparisons of unknown names with known ones: beyond, a program of many thousands of names and as many faults
/// is told of each without a suggestion.
const MOST_COMPARED: usize = 2_000_000;

/// What a name in features may be, where a field may stand.
pub(crate) const FEATURE: &str = "an encoder, a `let`, a field or a layer";
/// What the name in `enc(...)` may be.
pub(crate) const READ_BY_ENCODER: &str = "a text, an encoder or a `let`";

/// What is said of an unknown name, wherever it stands.
#[derive(Clone, Debug)]
pub(crate) struct Unknown {
    code: &'static str,
    message: String,
    help: Option<String>,
    /// the one name that is near
    instead: Option<String>,
}

/// What was said of unknown names.
#[derive(Debug, Default)]
pub(crate) struct Unresolved {
    /// by name and by what was wanted
    said: HashMap<String, HashMap<String, Option<Unknown>>>,
    /// names compared with unknown ones so far
    compared: usize,
}

impl Resolver<'_> {
    /// A finding for an unknown name, with near names of the wanted kinds first.
    pub fn unknown(&mut self, name: &str, span: Span, wanted: &[Kind], more: &[&str], what: &str) -> Reported {
        let known = self.unresolved.said.get(name).and_then(|all| all.get(what));
        let said = match known {
            Some(said) => said.clone(),
            None => {
                let said = self.sought(name, wanted, more, what);
                self.unresolved.said.entry(name.into()).or_default().insert(what.into(), said.clone());
                said
            }
        };
        let Some(said) = said else { return Reported };
        let expected = if said.code == "E0201" { format!("expected {what}") } else { String::new() };
        let mut d = Diagnostic::new(said.code, said.message).at(span, expected);
        d.help = said.help;
        self.report(match said.instead {
            Some(near) => d.fix(span, near, true),
            None => d,
        })
    }

    /// Whether an unknown name is still to be compared with known ones.
    pub fn compares(&self, name: &str, what: &str) -> bool {
        let known = self.unresolved.said.get(name).is_some_and(|all| all.contains_key(what));
        !known && self.unresolved.compared <= MOST_COMPARED
    }

    /// What is said of a name that is not one of those wanted; nothing where it may be declared in what could not be
    /// read.
    fn sought(&mut self, name: &str, wanted: &[Kind], more: &[&str], what: &str) -> Option<Unknown> {
        if self.p.lost.contains(name) {
            return None;
        }
        let kind = self.p.names.get(name).or_else(|| self.p.data_names.get(name)).map(|s| s.kind);
        let (code, message) = match kind {
            Some(kind) => ("E0244", format!("`{name}` is {}, not {what}", kind.a())),
            None => ("E0201", format!("nothing is called `{name}`")),
        };
        let mut said = Unknown { code, message, help: None, instead: None };
        self.unresolved.compared += self.p.names.len() + self.p.data_names.len() + more.len();
        if self.unresolved.compared > MOST_COMPARED {
            return Some(said);
        }
        let right: Vec<&str> = self
            .p
            .all_names()
            .filter(|(_, k)| wanted.contains(k))
            .map(|(n, _)| n)
            .chain(more.iter().copied())
            .collect();
        let near = suggest::near(name, right.iter().copied());
        if kind.is_some() {
            let all = || (!right.is_empty()).then(|| format!("known here: {}", listed(right.clone())));
            said.help = suggest::question(&near).or_else(all);
            return Some(said);
        }
        // perhaps it is the name of a field that could not be read
        let field = [FEATURE, READ_BY_ENCODER].contains(&what);
        if near.is_empty() && field && self.p.has_field(crate::ast::UNREADABLE).is_some() {
            return None;
        }
        if let Some(q) = suggest::question(&near) {
            said.instead = near.first().filter(|_| near.len() == 1).map(|n| (*n).to_string());
            said.help = Some(q);
            return Some(said);
        }
        let wrong: Vec<(&str, Kind)> = self.p.all_names().collect();
        let near = suggest::near(name, wrong.iter().map(|(n, _)| *n));
        let of_another_kind = || {
            let (n, k) = near.first().and_then(|n| wrong.iter().find(|(w, _)| w == n))?;
            Some(format!("`{n}` is {}, not {what}", k.a()))
        };
        let akin = || suggest::question(&suggest::akin(name, right.iter().copied()));
        // the words of the language are too many to be listed
        let listing = || {
            if !right.is_empty() && right.len() <= 12 {
                return Some(format!("known here: {}", listed(right.clone())));
            }
            let own = self.p.all_names().filter(|(_, k)| wanted.contains(k)).map(|(n, _)| n);
            let texts: Vec<&str> = if what == READ_BY_ENCODER { self.texts_here() } else { vec![] };
            match (own.collect::<Vec<_>>(), texts) {
                (_, texts) if !texts.is_empty() => Some(format!("its texts are: {}", listed(texts))),
                (own, _) if !own.is_empty() => Some(format!("declared are: {}", listed(own))),
                _ if wanted.contains(&Kind::Encoder) => {
                    Some(format!("declare it: `encoder {name} = embed(64) |> bilstm(64)`"))
                }
                _ => None,
            }
        };
        said.help = of_another_kind().or_else(akin).or_else(listing);
        Some(said)
    }

    /// The texts of the data sets from which the task whose features are looked through learns; of no task: all texts.
    fn texts_here(&self) -> Vec<&str> {
        let gold = self.p.tasks.iter().filter(|t| Some(t.name.as_str()) == self.walked);
        let named = gold.filter_map(|t| Some((path(t.ast.of.as_ref()?)?.name, &t.env)));
        let own = named.filter_map(|(n, env)| match self.p.lookup_data(n, env)? {
            Meaning::One(Kind::Data, i) => Some(vec![i]),
            Meaning::Family(Kind::Data, all) => Some(all),
            _ => None,
        });
        let own: Vec<usize> = own.flatten().collect();
        let all = 0..self.p.data.len();
        let places: Vec<usize> = if own.is_empty() { all.collect() } else { own };
        let fields = |c: usize| self.texts[c].iter().map(move |f| self.p.data[c].fields[*f].name.as_str());
        places.into_iter().flat_map(fields).collect()
    }

    /// A word that is none of a table's.
    pub fn unknown_word(&mut self, code: &'static str, what: &str, word: &str, span: Span, known: &[&str]) -> Reported {
        let d = Diagnostic::new(code, format!("`{word}` is not {what}")).at(span, "unknown");
        let bare = word.trim_matches('"');
        if bare.len() < word.len() && known.contains(&bare) {
            return self.report(d.help(format!("write it without quotes: `{bare}`")).fix(span, bare, true));
        }
        let near = suggest::near(word, known.iter().copied());
        let d = match near.as_slice() {
            [] => match suggest::question(&suggest::akin(word, known.iter().copied())) {
                Some(q) => d.help(q),
                None => {
                    let mut once = known.to_vec();
                    let mut seen = BTreeSet::new();
                    once.retain(|k| seen.insert(*k));
                    d.help(format!("known are: {}", once.join(", ")))
                }
            },
            [one] => d.help(format!("did you mean `{one}`?")).fix(span, *one, true),
            many => d.help(suggest::question(many).unwrap_or_default()),
        };
        self.report(d)
    }
}
