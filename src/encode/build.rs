//! Vocabularies and label sets from the training splits.

use super::vectors::read_vectors;
use super::{Vocab, reserved};
use crate::columns::{Column, Corpus, CorpusDecl, FieldType, SplitName};
use crate::diagnostics::Diagnostic;
use crate::plan::{LabelSpec, SOURCE_FIELD, Unit, VocabSpec};
use crate::records::{ABSENT, EDGE, LabelSet, OUTSIDE, Range, UNKNOWN, is_bio};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

/// Mean and range of the training numbers of some (corpus, field) pairs; `None` without any.
pub fn number_range(fields: &[(usize, usize)], corpora: &[Corpus]) -> Option<Range> {
    let mut r = Range { mean: 0.0, low: f64::INFINITY, high: f64::NEG_INFINITY };
    let mut n = 0usize;
    for column in columns(fields, corpora, SplitName::Train) {
        let Column::Real(values) = column else { continue };
        for v in values.iter().flatten().filter(|v| v.is_finite()) {
            n += 1;
            r = Range { mean: r.mean + v, low: r.low.min(*v), high: r.high.max(*v) };
        }
    }
    (n > 0).then(|| Range { mean: r.mean / n as f64, ..r })
}

fn columns<'a>(
    fields: &'a [(usize, usize)],
    corpora: &'a [Corpus],
    split: SplitName,
) -> impl Iterator<Item = &'a Column> {
    fields.iter().filter_map(move |&(c, f)| corpora.get(c)?.split(split).columns.get(f))
}

/// Counts in the order of first occurrence.
#[derive(Default)]
struct Counter {
    ids: HashMap<String, usize>,
    items: Vec<(String, u64)>,
}

impl Counter {
    fn add(&mut self, item: &str, n: u64) {
        match self.ids.get(item) {
            Some(&i) => self.items[i].1 += n,
            None => {
                self.ids.insert(item.to_string(), self.items.len());
                self.items.push((item.to_string(), n));
            }
        }
    }

    fn add_token(&mut self, token: &str, unit: Unit, n: u64) {
        match unit {
            Unit::Word => self.add(token, n),
            Unit::Char => {
                let mut buffer = [0; 4];
                for c in token.chars() {
                    self.add(c.encode_utf8(&mut buffer), n);
                }
            }
        }
    }
}

pub(super) fn build_vocab(spec: &VocabSpec, corpora: &[Corpus], base: &Path, findings: &mut Vec<Diagnostic>) -> Vocab {
    let mut counter = Counter::default();
    let mut count = |split: SplitName, n: u64| {
        for column in columns(&spec.fields, corpora, split) {
            let Column::Tokens(texts) = column else { continue };
            for token in texts.iter().flatten() {
                match spec.lower {
                    true => counter.add_token(&token.to_lowercase(), spec.unit, n),
                    false => counter.add_token(token, spec.unit, n),
                }
            }
        }
    };
    count(SplitName::Train, 1);
    if spec.vectors.is_some() {
        count(SplitName::Dev, 0);
        count(SplitName::Test, 0);
    }
    let mut items = counter.items;
    // stable: ties stay in the order of first occurrence
    items.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    let mut vectors = match &spec.vectors {
        Some(path) => {
            let wanted: HashSet<&str> = items.iter().map(|(w, _)| w.as_str()).collect();
            let (before, found) = (findings.len(), read_vectors(&base.join(path), path, &wanted, findings));
            if found.vectors.is_empty() && findings.len() == before && !wanted.is_empty() {
                findings.push(nothing_in_common(path, wanted.len(), found.folded));
            }
            found.vectors
        }
        None => HashMap::new(),
    };
    let known = |(w, n): &(String, u64)| (*n >= 1 && *n >= spec.min_count as u64) || vectors.contains_key(w);
    items.retain(known);
    if spec.max_size > 0 {
        items.truncate(spec.max_size);
    }
    if items.is_empty() && spec.min_count > 1 && !spec.fields.is_empty() {
        let what = if spec.unit == Unit::Word { "word" } else { "character" };
        let message = format!("no {what} of the training texts occurs {} times: all are unknown", spec.min_count);
        let help = format!("lower `min_count` of `{}`, or leave it out", spec.name);
        findings.push(Diagnostic::new("W0652", message).help(help));
    }
    let mut vocab = Vocab::new(&spec.name, spec.unit, spec.lower, items);
    for id in reserved(spec.unit).len()..vocab.len() {
        if let Some(v) = vectors.remove(&vocab.items[id]) {
            vocab.vectors.insert(id, v);
        }
    }
    vocab
}

/// W0651: a vectors file has no word of the texts; perhaps one in other letters.
fn nothing_in_common(path: &str, words: usize, folded: Option<(String, String)>) -> Diagnostic {
    let message = format!("`{path}` has a vector for none of the {words} words of the texts");
    let d = Diagnostic::new("W0651", message);
    match folded {
        Some((there, here)) if there == here.to_lowercase() => d.help(format!(
            "it has `{there}`, the texts have `{here}`: look words up in lower case, as in `embed(lower)`"
        )),
        Some((there, here)) => {
            d.help(format!("it has `{there}`, the texts have `{here}`: keep the case of the texts, without `lower`"))
        }
        None => d.help("look whether it is a file of this language, with a word at the start of each line"),
    }
}

/// Calls `f` with every class of a column.
pub(crate) fn each_class(column: &Column, layer_names: bool, f: &mut impl FnMut(&str)) {
    match column {
        Column::Label(v) => v.iter().flatten().for_each(|c| f(c)),
        Column::Labels(v) => v.iter().flatten().flatten().for_each(|c| f(c)),
        Column::Tags(v) => v.iter().flatten().flatten().filter(|c| !c.is_empty()).for_each(|c| f(c)),
        Column::Layers(v) if layer_names => v.iter().flatten().flat_map(BTreeMap::keys).for_each(|c| f(c)),
        Column::Layers(v) => {
            let tags = v.iter().flatten().flat_map(BTreeMap::values).flatten();
            tags.filter(|c| !c.is_empty()).for_each(|c| f(c));
        }
        Column::Heads(v) => v.iter().flatten().flat_map(|(_, r)| r).for_each(|c| f(c)),
        Column::Pairs(v) => v.iter().flatten().flatten().for_each(|(_, _, c)| f(c)),
        Column::Tokens(_) | Column::Lengths(_) | Column::Real(_) | Column::Vector(_) | Column::Json(_) => {}
    }
}

/// Words as classes: rare ones, what stands beyond the ends of a text, then the most frequent.
fn build_words(spec: &LabelSpec, most: usize, corpora: &[Corpus]) -> LabelSet {
    let mut counter = Counter::default();
    for column in columns(&spec.fields, corpora, SplitName::Train) {
        let Column::Tokens(texts) = column else { continue };
        texts.iter().flatten().filter(|w| !w.is_empty()).for_each(|w| counter.add_token(w, Unit::Word, 1));
    }
    let mut items = counter.items;
    // stable: ties stay in the order of first occurrence
    items.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    match most {
        0 => items.retain(|(_, n)| *n > 1),
        most => items.truncate(most),
    }
    let reserved = [UNKNOWN, EDGE];
    let own = items.into_iter().map(|(w, _)| w).filter(|w| !reserved.contains(&w.as_str()));
    LabelSet::new(&spec.name, reserved.iter().map(ToString::to_string).chain(own).collect(), vec![])
}

pub(super) fn build_labels(spec: &LabelSpec, decls: &[CorpusDecl], corpora: &[Corpus]) -> LabelSet {
    if let Some(most) = spec.words {
        return build_words(spec, most, corpora);
    }
    let collect = |split: SplitName| {
        let mut seen: HashSet<String> = HashSet::new();
        for column in columns(&spec.fields, corpora, split) {
            each_class(column, spec.layer_names, &mut |c| {
                if !seen.contains(c) {
                    seen.insert(c.to_string());
                }
            });
        }
        seen
    };
    let mut classes = collect(SplitName::Train);
    let sources = spec.fields.iter().filter(|(_, f)| *f == SOURCE_FIELD);
    classes.extend(sources.filter_map(|(c, _)| Some(decls.get(*c)?.name.clone())));
    let tags = spec.fields.iter().any(|&(c, f)| {
        let ty = decls.get(c).and_then(|d| d.fields.get(f)).map(|f| &f.ty);
        matches!(ty, Some(FieldType::Tags { .. } | FieldType::Layers { .. }))
    });
    if tags && !spec.layer_names && is_bio(classes.iter().map(String::as_str)) {
        classes.insert(OUTSIDE.to_string());
        let begins: Vec<String> = classes.iter().filter_map(|c| Some(format!("B-{}", c.strip_prefix("I-")?))).collect();
        classes.extend(begins);
    }
    // what a layer has on a token that says nothing of it
    let layered = spec.fields.iter().filter(|_| !spec.layer_names).any(|&(c, f)| {
        matches!(decls.get(c).and_then(|d| d.fields.get(f)).map(|f| &f.ty), Some(FieldType::Layers { .. }))
    });
    if layered && !classes.is_empty() && !classes.contains(OUTSIDE) {
        classes.insert(ABSENT.to_string());
    }
    let bio = classes.contains(OUTSIDE) && is_bio(classes.iter().map(String::as_str));
    let mut extra: Vec<String> =
        [SplitName::Dev, SplitName::Test].into_iter().flat_map(collect).filter(|c| !classes.contains(c)).collect();
    extra.sort();
    extra.dedup();
    let mut classes: Vec<String> = classes.into_iter().collect();
    classes.sort_by(|a, b| (bio && a != OUTSIDE, a).cmp(&(bio && b != OUTSIDE, b)));
    LabelSet::new(&spec.name, classes, extra)
}
