//! What is only a consequence of another finding is not said. Each of these rules leaves something out beside what
//! remains, so that a text with errors never seems right.

use crate::ast::{Comment, Item, ItemKind};
use crate::diagnostics::{Diagnostic, Label, suggest};
use crate::hir::Program;
use crate::kinds::layers;
use crate::source::{FileId, Sources, Span};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A message without the keys of families: of one place in a family one member speaks for all.
pub(super) fn of_any_member(message: &str) -> String {
    let mut out = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(at) = rest.find("[\"") {
        let end = rest[at..].find("\"]").map_or(rest.len(), |e| at + e + 2);
        out.push_str(&rest[..at]);
        rest = &rest[end..];
    }
    out + rest
}

/// Findings that say what a declaration lacks, which may stand in a part of it that could not be read.
pub(super) fn half_said(all: &mut Vec<Diagnostic>, items: &[Item]) {
    const LACKS: [&str; 6] = ["E0222", "E0224", "E0246", "E0415", "E0502", "E0507"];
    if !all.iter().any(|d| LACKS.contains(&d.code)) {
        return;
    }
    let holds = |s: Span, at: Span| s.file == at.file && s.start <= at.start && at.start <= s.end;
    let innermost = |at: Span| {
        let mut found = None;
        let mut list = items;
        while let Some(item) = list.iter().find(|i| holds(i.span, at)) {
            found = Some(item);
            list = match &item.value {
                ItemKind::For { items, .. } => items,
                _ => &[],
            };
        }
        found
    };
    let arrow = |i: &Item| matches!(i.value, ItemKind::Edge(_));
    // where something could not be read, and where an option is not known
    let unread = |d: &&Diagnostic| d.code.starts_with("E01") || matches!(d.code, "E0215" | "E0227" | "E0233");
    let places = |of: &dyn Fn(&&Diagnostic) -> bool| -> Vec<(&'static str, Span)> {
        all.iter().filter(of).filter_map(|d| Some((d.code, d.primary.as_ref()?.span))).collect()
    };
    let faults = places(&unread);
    let arrow_lost =
        places(&|d| d.is_error() && d.code != "E0502").iter().any(|(_, s)| innermost(*s).is_some_and(arrow));
    all.retain(|d| {
        // what a task lacks stands in the task itself
        let elsewhere = if matches!(d.code, "E0222" | "E0224") { &[][..] } else { &d.secondary[..] };
        let mut around = d.primary.iter().chain(elsewhere).filter_map(|l| innermost(l.span));
        match d.code {
            // an arrow that could not be read may have carried the answer
            "E0502" => !arrow_lost || around.next().is_none_or(arrow),
            code if LACKS.contains(&code) => {
                let counts = |c: &str| c.starts_with("E01") || code != "E0246";
                !around.any(|item| faults.iter().any(|(c, f)| counts(c) && holds(item.span, *f)))
            }
            _ => true,
        }
    });
}

/// A text that ends within a line was probably cut there: the word at its end and what is missing behind it are one
/// fault.
pub(super) fn cut_off(all: &mut Vec<Diagnostic>, comments: &[Comment], file: FileId, text: &str) {
    let end = text.trim_end().len() as u32;
    if end == 0 || comments.last().is_some_and(|c| c.span.end >= end) {
        return;
    }
    let line = text[..end as usize].rfind('\n').map_or(0, |i| i + 1) as u32;
    let place = |d: &Diagnostic| d.primary.as_ref().map(|l| l.span).filter(|s| s.file == file);
    let open = |d: &Diagnostic| d.code == "E0109" && d.fix.as_ref().is_some_and(|f| f.span.end >= end);
    let last = |d: &Diagnostic| place(d).is_some_and(|s| s.start >= line);
    let lacks = |d: &Diagnostic| {
        const LACKS: [&str; 10] =
            ["E0101", "E0110", "E0212", "E0213", "E0222", "E0224", "E0229", "E0235", "E0507", "E0305"];
        last(d) && LACKS.contains(&d.code)
    };
    // of several parts that are missing the first speaks
    let says = all.iter().position(open).or_else(|| all.iter().position(lacks));
    // within what is left open, the statement that was cut
    let statement = text[..end as usize].rfind(['\n', ';', '{']).map_or(0, |i| i + 1) as u32;
    let cut = says.is_some_and(|s| open(&all[s]));
    let at_end = |d: &Diagnostic| place(d).is_some_and(|s| s.end >= end || cut && s.start >= statement);
    let any = all.iter().any(at_end);
    // what a later line would have brought
    let elsewhere = ["E0307", "E0510"];
    let mut k = 0;
    all.retain(|d| {
        k += 1;
        match says {
            Some(s) if s + 1 == k => true,
            Some(_) => !(lacks(d) || at_end(d) || elsewhere.contains(&d.code)),
            None => !(any && elsewhere.contains(&d.code)),
        }
    });
}

/// Further uses of an unknown name that are shown.
const MOST_USES: usize = 3;

/// One finding for each unknown name or field: it stands at the first use, in order of the text, and shows further ones. Most
/// often the declaration is misspelt, which is one fault.
pub(super) fn gather(all: &mut Vec<Diagnostic>) {
    let mut first: HashMap<String, usize> = HashMap::new();
    let mut kept: Vec<Diagnostic> = Vec::with_capacity(all.len());
    let mut uses: Vec<usize> = Vec::with_capacity(all.len());
    for d in all.drain(..) {
        let place = d.primary.as_ref().filter(|_| matches!(d.code, "E0201" | "E0217")).map(|l| l.span);
        let Some(place) = place else {
            kept.push(d);
            uses.push(0);
            continue;
        };
        match first.get(&d.message) {
            Some(&k) => {
                // one edit mends every use for which it is the right one
                if let (Some(all), Some(one)) = (&mut kept[k].fix, &d.fix)
                    && (&all.replacement, all.safe) == (&one.replacement, one.safe)
                {
                    all.also.push(one.span);
                }
                uses[k] += 1;
                if uses[k] <= MOST_USES {
                    kept[k].secondary.push(Label { span: place, text: "used here too".into() });
                }
            }
            None => {
                first.insert(d.message.clone(), kept.len());
                kept.push(d);
                uses.push(0);
            }
        }
    }
    for (d, n) in kept.iter_mut().zip(uses) {
        if let (Some(last), true) = (d.secondary.last_mut(), n > MOST_USES) {
            last.text = format!("used here too, and {} more", n - MOST_USES);
        }
    }
    *all = kept;
}

/// Leaves out what is only a consequence of another finding.
// long: a table of what follows from what, which findings that carry their reasons would replace
pub(super) fn follow(all: &mut Vec<Diagnostic>, sources: &Sources) {
    let place = |d: &Diagnostic| d.primary.as_ref().map(|l| l.span);
    let name = |d: &Diagnostic| d.message.split('`').nth(1).unwrap_or("").to_string();
    let ends = |s: Span| (s.file, s.end);
    // where a bracket is missing, what stands before that place may be only half of something
    let unclosed: Vec<_> = all
        .iter()
        .filter(|d| d.code == "E0109")
        .flat_map(|d| d.secondary.iter().filter(|l| l.text.contains("missing")))
        .map(|l| (l.span.file, l.span.start))
        .collect();
    // `slot-2`: a name that goes on with a sign that it cannot hold was cut there
    let dash = |d: &&Diagnostic| d.code == "E0101" && d.message.starts_with("`-` cannot stand here in a");
    let cut: Vec<Span> = all.iter().filter(dash).filter_map(place).collect();
    let twice: Vec<String> = all.iter().filter(|d| d.code == "E0202").map(name).collect();
    let of =
        |codes: &[&str]| -> Vec<Span> { all.iter().filter(|d| codes.contains(&d.code)).filter_map(place).collect() };
    let line = |s: Span| (s.file, sources.line(s));
    let ports = of(&["E0304"]);
    let settings: Vec<_> = of(&["E0106"]).iter().map(|s| (s.file, s.start)).collect();
    // an option of an arrow that could not be read is said once, not what it would have changed
    let options: Vec<_> = of(&["E0229", "E0230", "E0233", "E0234"]).into_iter().map(line).collect();
    // an objective that could not be read is one all the same
    let objectives = all.iter().any(|d| d.is_error() && d.code != "E0243")
        && all.iter().filter(|d| d.code == "E0243").filter_map(place).any(|s| {
            let words = sources.get(s.file).map_or("", |f| &f.text).split(|c: char| !(c.is_alphanumeric() || c == '_'));
            words.into_iter().any(|w| w == "objective" || !suggest::near(w, ["objective"]).is_empty())
        });
    let unset = of(&["E0239"]);
    // an encoder has not that layer: where it comes from is not known
    let taps = !of(&["E0414"]).is_empty();
    let losses = of(&["E0201", "E0304", "E0219", "E0220"])
        .into_iter()
        .any(|s| sources.line_text(s).trim_start().starts_with("loss "));
    // a gold that the head cannot learn may want another metric, too
    let golds: BTreeSet<_> = of(&["E0401"]).into_iter().map(line).collect();
    let view = |d: &&Diagnostic| d.code == "E0227" && d.message.starts_with("a view");
    let views: BTreeSet<_> = all.iter().filter(view).filter_map(place).map(line).collect();
    let phases = !of(&["E0227", "E0230"]).is_empty();
    let heads = of(&["E0221"]);
    // perhaps `bins`, which would have given a distribution
    let bins = all.iter().any(|d| d.code == "E0215" && d.message.ends_with("option of `regress`"));
    let strings: Vec<_> = of(&["E0116"]).into_iter().map(line).collect();
    let readers: Vec<_> = of(&["E0109", "E0116", "E0213"]).into_iter().map(line).collect();
    let axes: Vec<String> = all
        .iter()
        .filter(|d| d.code == "E0613")
        .filter_map(|d| d.message.split("has no field ").nth(1))
        .map(str::to_string)
        .collect();
    // `clip True`: no word is wanted there at all
    let unwanted: BTreeSet<Span> = all.iter().filter(|d| d.is_error() && d.code != "E0113").filter_map(place).collect();
    let bare: Vec<Span> = all.iter().filter(|d| d.code == "E0206").filter_map(place).collect();
    // brackets behind a type that holds nothing
    let bare_types = |s: Span| bare.iter().any(|b| b.file == s.file && b.start <= s.start && s.start <= b.end);
    let types: BTreeSet<_> = of(&["E0204"]).into_iter().map(ends).collect();
    // `task a = classify(x.y, enc)`: a call where a declaration is meant
    let signs: BTreeSet<_> = all
        .iter()
        .filter(|d| d.code == "E0105" && d.message.ends_with("`:` belongs"))
        .filter_map(place)
        .map(line)
        .collect();
    // `bidirectional = True`, and there is no such option
    let named = of(&["E0215"]);
    let of_unknown = |s: Span| {
        let gap = |n: &Span| sources.slice(Span { start: n.end, end: s.start, ..s }).trim() == "=";
        named.iter().any(|n| n.file == s.file && n.end <= s.start && gap(n))
    };
    let unknown: BTreeSet<_> = of(&["E0201"]).iter().map(|s| (s.file, s.start)).collect();
    let unread: BTreeSet<Span> = of(&["E0101"]).into_iter().filter(|s| s.start < s.end).collect();
    // names that are called wrong: who only needs one of them needs it right
    let wrong: BTreeSet<&str> = all
        .iter()
        .filter(|d| matches!(d.code, "E0613" | "E0204"))
        .filter_map(|d| d.message.split('`').nth(1))
        .collect();
    let wrong: BTreeSet<String> = wrong.into_iter().map(String::from).collect();
    // a field that is misspelt is one fault, whoever reads it
    let fieldless: BTreeSet<String> = all
        .iter()
        .filter(|d| d.code == "E0613")
        .filter_map(|d| d.message.split("has no field `").nth(1))
        .map(|rest| rest.trim_end_matches('`').to_string())
        .collect();
    // what a misspelt name probably means is not left out
    let meant: BTreeSet<String> =
        all.iter().filter(|d| d.code == "E0201").filter_map(|d| Some(d.fix.as_ref()?.replacement.clone())).collect();
    all.retain(|d| {
        let Some(s) = place(d) else { return true };
        if d.code == "E0201" && fieldless.contains(&name(d)) {
            return false;
        }
        if d.code == "E0217" && d.fix.as_ref().is_some_and(|f| wrong.contains(&f.replacement)) {
            return false;
        }
        match d.code {
            "E0202" => {
                let mut labels = d.primary.iter().chain(&d.secondary).map(|l| l.span);
                !labels.any(|l| cut.iter().any(|c| c.file == l.file && (l.start..=l.end).contains(&c.start)))
            }
            // it is one of the two, and perhaps the one that is meant
            "E0244" => !twice.contains(&name(d)),
            "E0408" if twice.contains(&name(d)) => false,
            "E0506" | "E0507" | "E0503" if options.contains(&line(s)) => false,
            // a task of which it is not known when it exists
            "E0503" if phases => false,
            "E0506" | "E0507" => {
                let mut labels = d.primary.iter().chain(&d.secondary).map(|l| l.span);
                !labels.any(|l| ports.iter().any(|p| p.file == l.file && l.start <= p.start && p.end <= l.end))
            }
            // `view v` without what it sees is no two settings
            "E0106" if views.contains(&line(s)) => false,
            "E0227" if d.message.starts_with("a view") => true,
            "E0227" | "E0233" | "E0239" if settings.contains(&(s.file, s.start)) => false,
            "E0304" => !(bins && d.message.ends_with("no distribution")),
            // a `loss` that names what is unknown may have reached it
            "E0510" => heads.is_empty() && !losses && !meant.contains(&name(d)),
            "E0301" if taps && d.message.starts_with("this task waits for itself") => false,
            "E0243" => !objectives,
            // `lr = 1e-3` beside the optimiser
            "E0105" if unset.iter().any(|n| n.file == s.file && n.start <= s.start && s.end <= n.end) => false,
            "E0232" if golds.contains(&line(s)) => false,
            // a string that goes on to the end of the line takes the bracket with it
            "E0109" => !(strings.contains(&line(s)) && d.message.ends_with("is never closed")),
            "E0212" => !readers.contains(&line(s)),
            "E0406" => !axes.iter().any(|a| d.message.contains(a.as_str())),
            "E0113" => !(unwanted.contains(&s) || of_unknown(s)),
            "E0104" => !(types.contains(&(s.file, s.start)) || bare_types(s)),
            "E0215" if d.message.ends_with("cannot use this argument") => !signs.contains(&line(s)),
            c if c.starts_with("E01") => true,
            // `over_turns(GRU(128))`: a name that is unknown is one fault
            "E0237" if unknown.contains(&(s.file, s.start)) => false,
            // a token that is wrong where it stands is not judged there
            _ => !(unclosed.contains(&ends(s)) || unread.contains(&s)),
        }
    });
}

/// Places that were read as what was probably meant: what they mean is not known. In order of the text.
pub(super) struct Mended(Vec<Span>);

impl Mended {
    /// Of strings and numbers that syntax findings have mended, and of statements that were guessed.
    pub(super) fn new(syntax: &[Diagnostic], used: &[Diagnostic], guessed: &[Span]) -> Self {
        let places = syntax.iter().chain(used).filter(|d| matches!(d.code, "E0111" | "E0116"));
        let mut all: Vec<Span> = places.filter_map(|d| d.primary.as_ref()).map(|l| l.span).collect();
        all.extend(guessed);
        all.sort_unstable_by_key(|s| (s.file.0, s.start));
        // what overlaps is one place
        all.dedup_by(|b, a| {
            let one = a.file == b.file && b.start <= a.end;
            a.end = if one { a.end.max(b.end) } else { a.end };
            one
        });
        Self(all)
    }

    pub(super) fn covers(&self, d: &Diagnostic) -> bool {
        let Some(l) = &d.primary else { return false };
        let before = |s: &Span| (s.file.0, s.end) <= (l.span.file.0, l.span.start);
        self.0.get(self.0.partition_point(before)).is_some_and(|s| s.file == l.span.file && s.start < l.span.end)
    }
}

/// Whether a name is called unknown that may be declared in what could not be read.
pub(super) fn names_lost(d: &Diagnostic, lost: &BTreeSet<String>) -> bool {
    let name = d.message.rsplit('`').nth(1).unwrap_or("");
    matches!(d.code, "E0201" | "E0613") && lost.contains(name)
}

/// A name that two declarations have is often a copied line: for each, an unknown name where its kind is expected is the
/// one that the second lacks.
pub(super) fn renamed(all: &mut Vec<Diagnostic>, program: &Program) {
    let kind = |d: &Diagnostic| Some(d.secondary.first()?.text.strip_prefix("first declared here, as ")?.to_string());
    // there are few kinds, and perhaps many copies
    let mut copies: BTreeMap<String, usize> = BTreeMap::new();
    for kind in all.iter().filter(|d| d.code == "E0202").filter_map(kind) {
        *copies.entry(kind).or_default() += 1;
    }
    all.retain(|d| {
        let expected = d.primary.as_ref().filter(|_| d.code == "E0201").map_or("", |l| &l.text);
        // a slip that is near to what is wanted is a mistake of its own
        let slip = |kind: &str| {
            let near = d.fix.as_ref().map(|f| f.replacement.as_str());
            near.is_some_and(|n| {
                layers::function(n).is_some() || program.names.get(n).is_some_and(|s| s.kind.a() == kind)
            })
        };
        let copy = copies.iter_mut().find(|(kind, n)| **n > 0 && expected.contains(kind.as_str()) && !slip(kind));
        copy.map(|(_, n)| *n -= 1).is_none()
    });
}

/// Leaves out as many unknown names as declarations lack theirs: each may be the one that is missing.
pub(super) fn missing_names(all: &mut Vec<Diagnostic>, mut nameless: usize) {
    all.retain(|d| {
        // a short name is near to many
        let name = d.message.split('`').nth(1).unwrap_or("");
        let case = d.fix.as_ref().is_some_and(|f| f.replacement.eq_ignore_ascii_case(name));
        let short = name.len() <= 3 && !case;
        let missing = nameless > 0 && d.code == "E0201" && (d.fix.is_none() || short);
        nameless -= usize::from(missing);
        !missing
    });
}
