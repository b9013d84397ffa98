//! From strings to ids: vocabularies, label sets and encoded examples.
//!
//! ```text
//! (VocabSpec, LabelSpec, Corpus) ─Tables::build→ Tables          training splits only, so nothing of dev or test leaks
//! (Plan, Tables, Corpus)         ─Examples::encode→ Examples     once; afterwards the strings may be dropped
//! ```
//! Every distinct token of a program has one number, its *form*; a text is a list of forms, and a vocabulary is a map
//! from forms to ids. A text that three encoders read with three vocabularies is therefore kept once.

pub mod ahead;
mod build;
pub mod cache;
pub mod classes;
mod examples;
#[cfg(test)]
mod tests;
mod vectors;

pub(crate) use build::each_class;
pub use build::number_range;
pub use examples::{Encoded, Examples};

use crate::columns::{Corpus, CorpusDecl};
use crate::diagnostics::Diagnostic;
use crate::kinds::heads::{AnswerCx, Shown};
use crate::plan::{LabelSpec, Task, Unit, VocabSpec};
use crate::records::LabelSet;
use build::{build_labels, build_vocab};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

/// Id of an unknown item in every vocabulary.
pub const UNKNOWN: i32 = 0;
/// Id of the separator between joined texts in word vocabularies.
pub const SEPARATOR: i32 = 1;
/// Ids of the marks at the begin and end of a word in character vocabularies.
pub const WORD_BEGIN: i32 = 1;
/// See [`WORD_BEGIN`].
pub const WORD_END: i32 = 2;

/// Vocabularies and label sets, in the plan's order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tables {
    /// by index of the [`VocabSpec`]
    pub vocabs: Vec<Vocab>,
    /// by index of the [`LabelSpec`]
    pub labels: Vec<LabelSet>,
}

/// A vocabulary: item ↔ id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Vocab {
    /// of the spec
    pub name: String,
    /// words or characters
    pub unit: Unit,
    /// whether case is folded before looking up
    pub lower: bool,
    /// items by id; the reserved ids come first and cannot be looked up
    pub items: Vec<String>,
    /// occurrences of each item in the training texts (0: reserved, or only known from a vectors file)
    pub counts: Vec<u64>,
    /// initial vectors by id, all of one width, from the vectors file
    pub vectors: BTreeMap<usize, Vec<f32>>,
    #[serde(skip)]
    index: HashMap<String, i32>,
}

impl Vocab {
    fn new(name: &str, unit: Unit, lower: bool, items: impl IntoIterator<Item = (String, u64)>) -> Self {
        let mut v = Self {
            name: name.to_string(),
            unit,
            lower,
            items: reserved(unit).iter().map(|s| s.to_string()).collect(),
            counts: vec![0; reserved(unit).len()],
            vectors: BTreeMap::new(),
            index: HashMap::new(),
        };
        for (item, n) in items {
            v.index.insert(item.clone(), v.items.len() as i32);
            v.items.push(item);
            v.counts.push(n);
        }
        v
    }

    /// Number of ids, reserved ones included.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Never true: the reserved ids are always there.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// How many words of the training texts there are, and how many have a vector of a file; none without one.
    pub fn coverage(&self) -> Option<(usize, usize)> {
        let words: Vec<usize> = (0..self.len()).filter(|i| self.counts.get(*i).is_some_and(|n| *n > 0)).collect();
        let with = words.iter().filter(|i| self.vectors.contains_key(i)).count();
        (!self.vectors.is_empty()).then_some((with, words.len()))
    }

    /// Width of the vectors that came from a file.
    pub fn vector_width(&self) -> Option<usize> {
        self.vectors.values().next().map(Vec::len)
    }

    /// The id of an item as it stands in a text.
    pub fn id(&self, item: &str) -> i32 {
        self.folded(item, |i| self.index.get(i).copied().unwrap_or(UNKNOWN))
    }

    /// The character ids of a word, marks included.
    pub fn spell(&self, word: &str) -> Vec<i32> {
        let mut ids = vec![WORD_BEGIN];
        self.folded(word, |w| {
            let mut buffer = [0; 4];
            ids.extend(w.chars().map(|c| self.index.get(&*c.encode_utf8(&mut buffer)).copied().unwrap_or(UNKNOWN)));
        });
        ids.push(WORD_END);
        ids
    }

    fn folded<T>(&self, item: &str, f: impl FnOnce(&str) -> T) -> T {
        if self.lower { f(&item.to_lowercase()) } else { f(item) }
    }
}

/// Names of the reserved ids, for people who read `vocab/*.txt`.
fn reserved(unit: Unit) -> &'static [&'static str] {
    match unit {
        Unit::Word => &["<unknown>", "<separator>"],
        Unit::Char => &["<unknown>", "<begin>", "<end>"],
    }
}

impl Tables {
    /// The label sets of a task: of its classes, and of the names of its layers; empty ones where it has none.
    pub fn of(&self, task: &Task) -> (&LabelSet, &LabelSet) {
        let set = |l: Option<usize>| l.and_then(|l| self.labels.get(l)).unwrap_or(LabelSet::none());
        (set(task.labels), set(task.layers))
    }

    /// What puts a task's answers into words.
    pub fn cx<'a>(&'a self, task: &'a Task) -> AnswerCx<'a> {
        let (labels, layers) = self.of(task);
        AnswerCx { settings: &task.settings, labels, layers, shown: Shown::default(), sets: (",", "") }
    }

    /// Builds every table. Vocabularies and classes come from training splits; findings are faults of vectors files,
    /// whose paths start at `base`.
    pub fn build(
        vocabs: &[VocabSpec],
        labels: &[LabelSpec],
        decls: &[CorpusDecl],
        corpora: &[Corpus],
        base: &Path,
    ) -> (Self, Vec<Diagnostic>) {
        let mut findings = vec![];
        let vocabs = vocabs.iter().map(|s| build_vocab(s, corpora, base, &mut findings)).collect();
        let labels = labels.iter().map(|s| build_labels(s, decls, corpora)).collect();
        (Self { vocabs, labels }, findings)
    }

    /// The same with the classes of further data that no label set knows: golds of them are errors, as those of dev and
    /// test are that training never showed.
    pub fn with_unseen(&self, specs: &[LabelSpec], corpora: &[Corpus]) -> Self {
        let mut tables = self.clone();
        for (set, spec) in tables.labels.iter_mut().zip(specs) {
            let mut new = BTreeSet::new();
            for column in
                spec.fields.iter().filter_map(|(c, f)| Some((corpora.get(*c)?, *f))).flat_map(|(corpus, f)| {
                    [&corpus.train, &corpus.dev, &corpus.test].into_iter().filter_map(move |s| s.columns.get(f))
                })
            {
                each_class(column, spec.layer_names, &mut |class| {
                    if set.id(class) < 0 && !new.contains(class) {
                        new.insert(class.to_string());
                    }
                });
            }
            if !new.is_empty() {
                let extra = set.extra.iter().cloned().chain(new).collect();
                *set = LabelSet::new(&set.name, set.classes.clone(), extra);
            }
        }
        tables
    }

    /// Whether every item and class has the same id in both.
    pub fn same_ids(&self, other: &Self) -> bool {
        let vocab = |(a, b): (&Vocab, &Vocab)| a.items == b.items && a.lower == b.lower;
        let label = |(a, b): (&LabelSet, &LabelSet)| a.classes == b.classes && a.extra == b.extra;
        self.vocabs.len() == other.vocabs.len()
            && self.labels.len() == other.labels.len()
            && self.vocabs.iter().zip(&other.vocabs).all(vocab)
            && self.labels.iter().zip(&other.labels).all(label)
    }

    /// Makes the maps from items to ids, which are not stored.
    pub(crate) fn reindex(&mut self) {
        for v in &mut self.vocabs {
            let own = v.items.iter().enumerate().skip(reserved(v.unit).len());
            v.index = own.map(|(i, item)| (item.clone(), i as i32)).collect();
        }
        for l in &mut self.labels {
            *l = LabelSet::new(&l.name, std::mem::take(&mut l.classes), std::mem::take(&mut l.extra));
        }
    }

    /// Writes `vocab/*.txt` and `labels/*.txt`; `write` puts one file in place.
    pub fn save<E>(&self, mut write: impl FnMut(&str, &[u8]) -> Result<(), E>) -> Result<(), E> {
        for (i, v) in self.vocabs.iter().enumerate() {
            let lines: String = v.items.iter().zip(&v.counts).map(|(w, n)| format!("{}\t{n}\n", escape(w))).collect();
            write(&vocab_file(i, &v.name), lines.as_bytes())?;
        }
        for (i, l) in self.labels.iter().enumerate() {
            let classes = l.classes.iter().map(|c| format!("{}\n", escape(c)));
            let extra = l.extra.iter().map(|c| format!("{}\tunseen in training\n", escape(c)));
            write(&labels_file(i, &l.name), classes.chain(extra).collect::<String>().as_bytes())?;
        }
        Ok(())
    }

    /// Reads what [`Tables::save`] wrote. The error is (file, what is wrong).
    pub fn load<E>(
        vocabs: &[VocabSpec],
        labels: &[LabelSpec],
        mut read: impl FnMut(&str) -> Result<String, E>,
        mut fault: impl FnMut(&str, String) -> E,
    ) -> Result<Self, E> {
        let mut tables = Self::default();
        for (i, spec) in vocabs.iter().enumerate() {
            let file = vocab_file(i, &spec.name);
            let text = read(&file)?;
            let mut items = vec![];
            for (n, line) in text.lines().enumerate() {
                let row = line.split_once('\t').and_then(|(w, c)| Some((unescape(w), c.parse().ok()?)));
                items.push(row.ok_or_else(|| fault(&file, format!("line {} is not `item<TAB>count`", n + 1)))?);
            }
            let v = Vocab::new(&spec.name, spec.unit, spec.lower, items.into_iter().skip(reserved(spec.unit).len()));
            if v.len() != spec.size {
                let e = format!("the file holds {} items, but the plan was made for {}", v.len(), spec.size);
                return Err(fault(&file, e));
            }
            tables.vocabs.push(v);
        }
        for (i, spec) in labels.iter().enumerate() {
            let file = labels_file(i, &spec.name);
            let text = read(&file)?;
            let (mut classes, mut extra) = (vec![], vec![]);
            for line in text.lines() {
                match line.split_once('\t') {
                    Some((c, _)) => extra.push(unescape(c)),
                    None => classes.push(unescape(line)),
                }
            }
            if classes != spec.classes {
                return Err(fault(&file, "the classes are not those of `plan.json`".to_string()));
            }
            tables.labels.push(LabelSet::new(&spec.name, classes, extra));
        }
        Ok(tables)
    }
}

/// Path of a vocabulary in the run folder.
fn vocab_file(i: usize, name: &str) -> String {
    format!("vocab/{i}-{}.txt", file_name(name))
}

/// Path of a label set in the run folder.
fn labels_file(i: usize, name: &str) -> String {
    format!("labels/{i}-{}.txt", file_name(name))
}

/// A name as part of a file's name, which no file system finds too long.
pub fn file_name(name: &str) -> String {
    let keep = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    let mut s: String = name.chars().map(|c| if keep(c) { c } else { '_' }).collect();
    while s.len() > 100 {
        s.pop();
    }
    if s.is_empty() || s.starts_with('.') { format!("_{s}") } else { s }
}

fn escape(item: &str) -> String {
    item.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n").replace('\r', "\\r")
}

fn unescape(item: &str) -> String {
    let mut out = String::with_capacity(item.len());
    let mut chars = item.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('t') => out.push('\t'),
                Some('n') => out.push('\n'),
                Some('r') => out.push('\r'),
                Some(other) => out.push(other),
                None => out.push('\\'),
            },
            c => out.push(c),
        }
    }
    out
}
