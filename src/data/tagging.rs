//! The tags of a corpus as BIO, and what is odd about them: spellings, transitions, splits without a span.

use crate::columns::faults::Faults;
use crate::columns::reader::Reader;
use crate::columns::schemes::{self, Odd, Reading, Scheme};
use crate::columns::{Column, Corpus, CorpusDecl, FieldDecl, FieldType, SplitName};
use crate::diagnostics::{Diagnostic, times};
use std::collections::BTreeSet;

const SPLITS: [SplitName; 3] = [SplitName::Train, SplitName::Dev, SplitName::Test];
/// Most tags that a message lists.
const SHOWN: usize = 5;
/// Fewer sentences may be without a span by chance.
const FEWEST: usize = 10;
/// Fewer texts may be of one token by chance.
const FEW_TEXTS: usize = 4;

/// Writes every span scheme as BIO; the scheme is recognised on the training examples.
pub(super) fn normalise(decl: &CorpusDecl, corpus: &mut Corpus, faults: &mut Faults) {
    for (i, field) in decl.fields.iter().enumerate() {
        let Column::Tags(train) = &corpus.train.columns[i] else { continue };
        let reading = Reading::of(train.iter().flatten().map(Vec::as_slice));
        corpus.schemes.insert(field.name.clone(), reading.scheme);
        if reading.scheme == Scheme::Plain {
            numbers(field, train, faults);
            continue;
        }
        for split in SPLITS {
            spellings(field, i, split, corpus, &reading, faults);
            transitions(field, i, split, corpus, reading.scheme, faults);
        }
        for split in [SplitName::Dev, SplitName::Test] {
            let Column::Tags(tags) = &corpus.split(split).columns[i] else { continue };
            let tagged = tags.iter().flatten().filter(|t| t.iter().any(|t| !t.is_empty())).count();
            if tagged >= FEWEST && !tags.iter().flatten().flatten().any(|t| t.starts_with(['B', 'I'])) {
                let message = format!("no {split} example of `{}.{}` has a span", decl.name, field.name);
                let why = "its figures over spans say nothing";
                let help = "look whether the file holds gold tags, and in the column that is read";
                faults.plain(Diagnostic::new("W0611", message).at(field.span, why).help(help));
            }
        }
    }
}

/// W0615: every text is one token, so that the rows of a sentence were not put together.
pub(super) fn single_tokens(decl: &CorpusDecl, reader: &Reader, corpus: &Corpus, faults: &mut Faults) {
    for field in &decl.fields {
        let FieldType::Tags { on } = &field.ty else { continue };
        let text = decl.fields.iter().position(|f| f.name == *on).and_then(|i| corpus.train.columns.get(i));
        let Some(Column::Tokens(texts)) = text.filter(|c| c.len() >= FEW_TEXTS) else { continue };
        if texts.iter().all(|t| t.len() == 1) {
            let message = format!("every text of `{}.{on}` is a single token", decl.name);
            let d = Diagnostic::new("W0615", message).at(field.span, "its tags have no neighbours");
            faults.plain(d.help(reader.together));
            return;
        }
    }
}

/// W0619: a class of a set that is several others, between another sign than the one that parts them.
pub(super) fn joined_classes(decl: &CorpusDecl, corpus: &Corpus, faults: &mut Faults) {
    if decl.options.contains_key("split") {
        return;
    }
    for (field, column) in decl.fields.iter().zip(&corpus.train.columns) {
        let Column::Labels(sets) = column else { continue };
        let classes: BTreeSet<&str> = sets.iter().flatten().flatten().map(String::as_str).collect();
        let joined = |class: &&&str, sign: char| {
            class.contains(sign) && class.split(sign).all(|part| classes.contains(part.trim()))
        };
        for sign in ['#', ';', '|', '/', '+', '&', ' '] {
            let Some(class) = classes.iter().find(|c| joined(c, sign)) else { continue };
            let message = format!("the class `{class}` of `{}` looks like several between `{sign}`", field.name);
            let help = format!("write `split = \"{sign}\"` if it is");
            faults.plain(Diagnostic::new("W0619", message).at(field.span, "").help(help));
            break;
        }
    }
}

/// `0` (3 times), `o` (once)
fn listed<'a>(all: impl Iterator<Item = (String, &'a usize)>) -> String {
    let mut all: Vec<(String, usize)> = all.map(|(t, n)| (t, *n)).collect();
    all.sort_by(|a, b| (b.1, &a.0).cmp(&(a.1, &b.0)));
    let shown = all.iter().take(SHOWN).map(|(t, n)| format!("{t} ({})", times(*n))).collect::<Vec<_>>().join(", ");
    if all.len() > SHOWN { format!("{shown} and {} more", all.len() - SHOWN) } else { shown }
}

/// W0610: tags beside those of the scheme.
fn spellings(
    field: &FieldDecl,
    i: usize,
    split: SplitName,
    corpus: &mut Corpus,
    reading: &Reading,
    faults: &mut Faults,
) {
    let Column::Tags(tags) = &mut corpus.split_mut(split).columns[i] else { return };
    let (mut odd, mut first) = (Odd::default(), None);
    for (example, tags) in tags.iter_mut().enumerate() {
        let Some(tags) = tags else { continue };
        let before = if first.is_none() { tags.clone() } else { vec![] };
        reading.respell(tags, &mut odd);
        if first.is_none()
            && let Some(token) = before.iter().position(|t| odd.holds(t))
        {
            first = Some((example, token, before[token].clone()));
        }
    }
    let Some((example, token, tag)) = first else { return };
    // W0607 names what dev and test have beside training
    if split != SplitName::Train && odd.read.is_empty() {
        return;
    }
    let mut parts = vec![];
    if !odd.read.is_empty() {
        parts.push(listed(odd.read.iter().map(|((t, r), n)| (format!("`{t}` is read as `{r}`"), n))));
    }
    if !odd.kept.is_empty() {
        let what =
            if odd.kept.len() == 1 { "is a class and a span of its own" } else { "are classes and spans of their own" };
        parts.push(format!("{} {what}", listed(odd.kept.iter().map(|(t, n)| (format!("`{t}`"), n)))));
    }
    let message = format!("`{}` has tags that are not as its others: {}", field.name, parts.join("; "));
    let help = match odd.kept.keys().next() {
        Some(t) => format!("write them with `B-` and `I-`, or `missing = \"{t}\"` if it means that nothing is known"),
        None => "mend the file if they are slips".into(),
    };
    let d = Diagnostic::new("W0610", message).at(field.span, "").help(help);
    let place = corpus.places.get(&split).and_then(|p| p.of(i, example, token, &format!("`{tag}`")));
    faults.plain(match place {
        Some(place) => d.data(place),
        None => d,
    });
}

/// W0602: tags that cannot follow each other.
fn transitions(
    field: &FieldDecl,
    i: usize,
    split: SplitName,
    corpus: &mut Corpus,
    scheme: Scheme,
    faults: &mut Faults,
) {
    let Column::Tags(tags) = &mut corpus.split_mut(split).columns[i] else { return };
    let (mut count, mut first) = (0, None);
    for (example, tags) in tags.iter_mut().enumerate() {
        let Some(tags) = tags else { continue };
        let before = if first.is_none() { tags.clone() } else { vec![] };
        let odd = schemes::normalise(tags, scheme);
        count += odd.len();
        if let (None, Some(&token)) = (&first, odd.first()) {
            let prev = token.checked_sub(1).map_or("the start", |p| &before[p]);
            first = Some((example, token, format!("`{}` after {prev} (token {})", before[token], token + 1)));
        }
    }
    let Some((example, token, note)) = first else { return };
    let Some(place) = corpus.places.get(&split).and_then(|p| p.of(i, example, token, &note)) else { return };
    let message = match count {
        1 => format!(
            "a tag of `{}` in `{}` cannot follow the tag before; it is read as the start of a span",
            field.name, place.file
        ),
        _ => format!(
            "{count} tags of `{}` in `{}` cannot follow the tag before; each is read as the start of a span",
            field.name, place.file
        ),
    };
    faults.plain(Diagnostic::new("W0602", message).at(field.span, "").data(place));
}

/// W0610 too: all tags are numbers, which stand for names that the file does not hold.
fn numbers(field: &FieldDecl, train: &[Option<Vec<String>>], faults: &mut Faults) {
    let mut tags = train.iter().flatten().flatten().filter(|t| !t.is_empty()).peekable();
    if tags.peek().is_some() && tags.all(|t| t.bytes().all(|b| b.is_ascii_digit())) {
        let message = format!("the tags of `{}` are numbers: which of them mark spans cannot be seen", field.name);
        let help = "name them in the order of their numbers, from 0: `names = \"O B-PER I-PER\"`";
        faults.plain(
            Diagnostic::new("W0610", message).at(field.span, "each is a class and a span of its own").help(help),
        );
    }
}
