//! What is odd about the classes of a task: a single one, some that training never shows, some that one corpus lacks.

use super::each_class;
use crate::columns::{Column, Corpus, CorpusDecl, SplitName};
use crate::diagnostics::{Diagnostic, times};
use crate::plan::{LabelSpec, SOURCE_FIELD};
use crate::records::LabelSet;
use std::collections::{BTreeMap, BTreeSet};

/// Most classes that a message lists.
const SHOWN: usize = 5;

/// Warnings about one label set.
pub fn oddities(spec: &LabelSpec, set: &LabelSet, decls: &[CorpusDecl], corpora: &[Corpus]) -> Vec<Diagnostic> {
    let mut out = vec![];
    if spec.layer_names || spec.words.is_some() {
        return out;
    }
    let fields: Vec<(usize, usize)> = spec.fields.iter().copied().filter(|f| f.1 != SOURCE_FIELD).collect();
    out.extend(single(&fields, set, decls, corpora));
    out.extend(unseen(&fields, set, decls, corpora));
    out.extend(different(spec, set, &fields, decls, corpora));
    out
}

/// `a, b, c and 4 more`
fn listed(all: &[String]) -> String {
    let mut out = all.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if all.len() > SHOWN {
        out.push_str(&format!(" and {} more", all.len() - SHOWN));
    }
    out
}

fn name(decls: &[CorpusDecl], (c, f): (usize, usize)) -> String {
    let field = decls.get(c).and_then(|d| Some(format!("{}.{}", d.name, d.fields.get(f)?.name)));
    field.unwrap_or_default()
}

/// Fewer examples may be of one class by chance.
const FEWEST: usize = 10;

/// W0608: all training examples are of one class.
fn single(fields: &[(usize, usize)], set: &LabelSet, decls: &[CorpusDecl], corpora: &[Corpus]) -> Option<Diagnostic> {
    let [only] = set.classes.as_slice() else { return None };
    let &at = fields.first()?;
    let with_gold = |(c, f): &(usize, usize)| Some(corpora.get(*c)?.train.columns.get(*f)?.known());
    let examples: usize = fields.iter().filter_map(with_gold).sum();
    let field = decls.get(at.0)?.fields.get(at.1).filter(|_| examples >= FEWEST)?;
    let all: usize = fields.iter().filter_map(|(c, _)| Some(corpora.get(*c)?.train.len)).sum();
    let those = if all == examples { "" } else { " that have it" };
    let message = format!("`{}` is `{only}` in all of the {examples} training examples{those}", name(decls, at));
    Some(
        Diagnostic::new("W0608", message)
            .at(field.span, "one class: there is nothing to tell apart")
            .help("look whether this is the right column, and whether the file is sorted by class"),
    )
}

/// W0607: classes of dev or test that no training example has.
fn unseen(fields: &[(usize, usize)], set: &LabelSet, decls: &[CorpusDecl], corpora: &[Corpus]) -> Vec<Diagnostic> {
    let mut out = vec![];
    for &(c, f) in fields {
        let mut counts: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
        for (split, word) in [(SplitName::Dev, "dev"), (SplitName::Test, "test")] {
            let Some(column) = corpora.get(c).and_then(|x| x.split(split).columns.get(f)) else { continue };
            each_class(column, false, &mut |class| {
                // of a kind of span that is known, its length is not what is missing
                let begun =
                    class.strip_prefix("I-").is_some_and(|k| set.classes.iter().any(|c| c[..] == format!("B-{k}")));
                if let Some(known) = set.extra.iter().find(|e| *e == class && !begun) {
                    *counts.entry(known).or_default().entry(word).or_default() += 1;
                }
            });
        }
        let Some(field) = decls.get(c).and_then(|d| d.fields.get(f)).filter(|_| !counts.is_empty()) else { continue };
        let mut by_count: Vec<_> = counts.iter().map(|(k, n)| (n.values().sum::<usize>(), *k, n)).collect();
        by_count.sort_by_key(|(n, k, _)| (std::cmp::Reverse(*n), *k));
        let places = |n: &BTreeMap<&str, usize>| {
            n.iter().map(|(split, n)| format!("{} in {split}", times(*n))).collect::<Vec<_>>().join(", ")
        };
        let shown: Vec<String> = by_count.iter().map(|(_, k, n)| format!("`{k}` ({})", places(n))).collect();
        let what = match counts.len() {
            1 => "a class".to_string(),
            n => format!("{n} classes"),
        };
        let message = format!("training never shows {what} of `{}`: {}", name(decls, (c, f)), listed(&shown));
        let d = Diagnostic::new("W0607", message)
            .at(field.span, "such an example always counts as an error")
            .help("nothing is to be done if they are few; else look how the corpus was split");
        // where the most frequent one stands first
        let place = by_count.first().and_then(|(_, class, _)| {
            [SplitName::Dev, SplitName::Test].into_iter().find_map(|split| {
                let corpus = corpora.get(c)?;
                let (example, token) = first_of(corpus.split(split).columns.get(f)?, class)?;
                corpus.places.get(&split)?.of(f, example, token, &format!("`{class}`"))
            })
        });
        out.push(match place {
            Some(place) => d.data(place),
            None => d,
        });
    }
    out
}

/// The first example, and the token of it, that is of a class.
fn first_of(column: &Column, class: &str) -> Option<(usize, usize)> {
    let in_tags = |tags: &[String]| tags.iter().position(|t| t == class);
    match column {
        Column::Label(v) => v.iter().position(|c| c.as_deref() == Some(class)).map(|i| (i, 0)),
        Column::Labels(v) => v.iter().position(|c| c.as_ref().is_some_and(|c| in_tags(c).is_some())).map(|i| (i, 0)),
        Column::Tags(v) => v.iter().enumerate().find_map(|(i, t)| Some((i, in_tags(t.as_ref()?)?))),
        Column::Layers(v) => {
            v.iter().enumerate().find_map(|(i, l)| Some((i, l.as_ref()?.values().find_map(|t| in_tags(t))?)))
        }
        Column::Pairs(v) => {
            let of = |p: &Vec<(usize, usize, String)>| p.iter().find(|(_, _, c)| c == class).map(|(i, ..)| *i);
            v.iter().enumerate().find_map(|(i, p)| Some((i, of(p.as_ref()?)?)))
        }
        Column::Heads(v) => v.iter().enumerate().find_map(|(i, h)| Some((i, in_tags(&h.as_ref()?.1)?))),
        _ => None,
    }
}

/// W0606: corpora of one task whose training examples show different classes.
fn different(
    spec: &LabelSpec,
    set: &LabelSet,
    fields: &[(usize, usize)],
    decls: &[CorpusDecl],
    corpora: &[Corpus],
) -> Vec<Diagnostic> {
    let mut seen: Vec<((usize, usize), BTreeSet<String>)> = vec![];
    for &(c, f) in fields {
        let Some(column) = corpora.get(c).and_then(|x| x.train.columns.get(f)) else { continue };
        let mut own = BTreeSet::new();
        each_class(column, false, &mut |class| {
            let class = if set.is_bio() { class.trim_start_matches("B-").trim_start_matches("I-") } else { class };
            if !own.contains(class) {
                own.insert(class.to_string());
            }
        });
        if !own.is_empty() {
            seen.push(((c, f), own));
        }
    }
    let all: BTreeSet<&String> = seen.iter().flat_map(|(_, own)| own).collect();
    let (mut out, mut twins) = (vec![], BTreeSet::new());
    for (at, own) in &seen {
        let missing: Vec<&String> = all.iter().copied().filter(|k| !own.contains(*k)).collect();
        let field = decls.get(at.0).and_then(|d| d.fields.get(at.1));
        let (Some(field), Some(first)) = (field, missing.first()) else { continue };
        let shown: Vec<String> = missing.iter().map(|k| format!("`{k}`")).collect();
        let message = format!(
            "`{}` lacks {} of the {} classes of `{}`: {}",
            name(decls, *at),
            missing.len(),
            all.len(),
            spec.name,
            listed(&shown)
        );
        let mut d = Diagnostic::new("W0606", message).at(field.span, "its training examples never show them");
        let other = seen.iter().find(|(_, o)| o.contains(*first)).and_then(|(o, _)| decls.get(o.0)?.fields.get(o.1));
        if let Some(other) = other.filter(|o| o.span != field.span) {
            d = d.with(other.span, "shown here");
        }
        // the same class in other letters
        let twin = missing.iter().find_map(|k| Some((k, own.iter().find(|o| o.eq_ignore_ascii_case(k))?)));
        out.push(match twin {
            // said once, not from both sides
            Some((_, here)) if twins.contains(&here.to_lowercase()) => continue,
            Some((there, here)) => {
                twins.insert(here.to_lowercase());
                d.help(format!("`{there}` there is `{here}` here: write both alike"))
            }
            None => d.help("look whether both corpora call the same thing by the same name"),
        });
    }
    // the members of a family differ in many small ways: one finding for a declaration
    let mut places = BTreeSet::new();
    out.retain(|d| places.insert(d.primary.as_ref().map(|l| (l.span.file.0, l.span.start))));
    out
}
