//! Figures of a corpus, for `mtlc check` and the report.

use crate::columns::{Column, Corpus, CorpusDecl, FieldType, Scheme, SplitName, type_word};
use serde::Serialize;
use std::collections::BTreeMap;

/// Figures of one corpus.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Stats {
    /// the corpus
    pub name: String,
    /// its splits; one without examples is left out
    pub splits: BTreeMap<SplitName, SplitStats>,
    /// its fields, in order
    pub fields: Vec<FieldStats>,
}

/// Figures of one split.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SplitStats {
    /// how many examples
    pub examples: usize,
    /// tokens of each text
    pub tokens: BTreeMap<String, usize>,
    /// spans of each field of tags in a span scheme
    pub spans: BTreeMap<String, usize>,
    /// examples without a value, for each field that has such
    pub missing: BTreeMap<String, usize>,
}

/// Figures of one field.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FieldStats {
    /// the field
    pub name: String,
    /// its type as written
    pub ty: String,
    /// the scheme of its tags in the files
    pub scheme: Option<Scheme>,
    /// training examples (tokens, for tags) of each class; span tags count by type, at their start
    pub labels: BTreeMap<String, usize>,
    /// classes of dev and test that training never shows
    pub unseen: BTreeMap<SplitName, BTreeMap<String, usize>>,
}

/// Counts everything once.
pub fn stats(corpus: &Corpus, decl: &CorpusDecl) -> Stats {
    let mut out = Stats { name: corpus.name.clone(), ..Stats::default() };
    for split in [SplitName::Train, SplitName::Dev, SplitName::Test] {
        let data = corpus.split(split);
        if data.len == 0 {
            continue;
        }
        let mut figures = SplitStats { examples: data.len, ..SplitStats::default() };
        for (field, column) in decl.fields.iter().zip(&data.columns) {
            if let Column::Tokens(v) = column {
                figures.tokens.insert(field.name.clone(), v.iter().map(Vec::len).sum());
            }
            if let (Column::Tags(v), false) = (column, plain(corpus, &field.name)) {
                let starts = v.iter().flatten().flatten().filter(|t| t.starts_with('B'));
                figures.spans.insert(field.name.clone(), starts.count());
            }
            let absent = missing(column);
            if absent > 0 {
                figures.missing.insert(field.name.clone(), absent);
            }
        }
        out.splits.insert(split, figures);
    }
    for (i, field) in decl.fields.iter().enumerate() {
        let scheme = corpus.schemes.get(&field.name).copied();
        let mut figures =
            FieldStats { name: field.name.clone(), ty: type_word(&field.ty), scheme, ..FieldStats::default() };
        if !matches!(field.ty, FieldType::Id) {
            let count = |split| corpus.split(split).columns.get(i).map(|c| labels(c, plain(corpus, &field.name)));
            figures.labels = count(SplitName::Train).unwrap_or_default();
            for split in [SplitName::Dev, SplitName::Test] {
                let mut unseen = count(split).unwrap_or_default();
                unseen.retain(|label, _| !figures.labels.contains_key(label));
                if !unseen.is_empty() {
                    figures.unseen.insert(split, unseen);
                }
            }
        }
        out.fields.push(figures);
    }
    out
}

fn plain(corpus: &Corpus, field: &str) -> bool {
    corpus.schemes.get(field).is_none_or(|s| *s == Scheme::Plain)
}

fn missing(column: &Column) -> usize {
    fn none<T>(v: &[Option<T>]) -> usize {
        v.iter().filter(|x| x.is_none()).count()
    }
    match column {
        Column::Tokens(_) | Column::Lengths(_) => 0,
        Column::Label(v) => none(v),
        Column::Labels(v) => none(v),
        Column::Real(v) => none(v),
        Column::Vector(v) => none(v),
        Column::Tags(v) => none(v),
        Column::Layers(v) => none(v),
        Column::Heads(v) => none(v),
        Column::Pairs(v) => none(v),
        Column::Json(v) => none(v),
    }
}

fn labels(column: &Column, plain: bool) -> BTreeMap<String, usize> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut add = |label: &str| match counts.get_mut(label) {
        Some(n) => *n += 1,
        None => {
            counts.insert(label.to_owned(), 1);
        }
    };
    match column {
        Column::Label(v) => v.iter().flatten().for_each(|l| add(l)),
        Column::Labels(v) => v.iter().flatten().flatten().for_each(|l| add(l)),
        Column::Tags(v) => {
            for tag in v.iter().flatten().flatten().filter(|t| !t.is_empty()) {
                match tag.strip_prefix("B-") {
                    _ if plain => add(tag),
                    Some(ty) => add(ty),
                    None if tag == "B" => add("B"),
                    None => {}
                }
            }
        }
        Column::Heads(v) => v.iter().flatten().for_each(|(_, relations)| relations.iter().for_each(|r| add(r))),
        Column::Pairs(v) => v.iter().flatten().flatten().for_each(|(_, _, r)| add(r)),
        Column::Layers(v) => {
            for (name, tags) in v.iter().flatten().flatten() {
                tags.iter().for_each(|t| add(&format!("{name}={t}")));
            }
        }
        _ => {}
    }
    counts
}
