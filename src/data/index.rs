//! From strings to ids: vocabularies, label sets and encoded examples.
//!
//! ```text
//! (VocabSpec, LabelSpec, Corpus) ─Tables::build→ Tables          training splits only, so nothing of dev or test leaks
//! (Plan, Tables, Corpus)         ─Examples::encode→ Examples     once; afterwards the strings may be dropped
//! ```
//! Every distinct token of a program has one number, its *form*; a text is a list of forms, and a vocabulary is a map
//! from forms to ids. A text that three encoders read with three vocabularies is therefore kept once.

use super::{Column, Corpus, CorpusDecl, FieldType, Split, SplitName};
use crate::diagnostics::{DataPlace, Diagnostic};
use crate::plan::{LabelSpec, Plan, SOURCE_FIELD, Task, Unit, VocabSpec};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// Id of an unknown item in every vocabulary.
pub const UNKNOWN: i32 = 0;
/// Id of the separator between joined texts in word vocabularies.
pub const SEPARATOR: i32 = 1;
/// Ids of the marks at the begin and end of a word in character vocabularies.
pub const WORD_BEGIN: i32 = 1;
/// See [`WORD_BEGIN`].
pub const WORD_END: i32 = 2;
/// The class outside every span of a BIO set.
pub const OUTSIDE: &str = "O";

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

/// A label set: class ↔ id.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LabelSet {
    /// of the spec
    pub name: String,
    /// classes of the training golds: what a head can say
    pub classes: Vec<String>,
    /// classes seen in dev or test only, with the ids that follow: always errors in metrics, never in the loss
    pub extra: Vec<String>,
    #[serde(skip)]
    index: HashMap<String, i32>,
}

impl LabelSet {
    /// From classes and further ones.
    pub fn new(name: &str, classes: Vec<String>, extra: Vec<String>) -> Self {
        let index = classes.iter().chain(&extra).enumerate().map(|(i, c)| (c.clone(), i as i32)).collect();
        Self { name: name.to_string(), classes, extra, index }
    }

    /// Number of classes a head can say.
    pub fn len(&self) -> usize {
        self.classes.len()
    }

    /// Whether training showed no class at all.
    pub fn is_empty(&self) -> bool {
        self.classes.is_empty()
    }

    /// The id of a class, `len()` or above for one that training never showed; −1 for one never seen anywhere.
    pub fn id(&self, class: &str) -> i32 {
        self.index.get(class).copied().unwrap_or(-1)
    }

    /// The name of a class or extra class.
    pub fn name_of(&self, id: usize) -> Option<&str> {
        self.classes.get(id).or_else(|| self.extra.get(id.checked_sub(self.classes.len())?)).map(String::as_str)
    }

    /// Whether these are BIO tags.
    pub fn is_bio(&self) -> bool {
        is_bio(self.classes.iter().map(String::as_str))
    }

    /// Classes, then extra ones.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        self.classes.iter().chain(&self.extra).map(String::as_str)
    }
}

fn is_bio<'a>(classes: impl IntoIterator<Item = &'a str>) -> bool {
    let mut spans = false;
    classes.into_iter().all(|c| {
        let span = c.starts_with("B-") || c.starts_with("I-");
        spans |= span;
        span || c == OUTSIDE
    }) && spans
}

/// Mean and range of the training golds of a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// arithmetic mean
    pub mean: f64,
    /// smallest
    pub low: f64,
    /// greatest
    pub high: f64,
}

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

impl Tables {
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

/// A name as part of a file's name.
pub fn file_name(name: &str) -> String {
    let keep = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    let s: String = name.chars().map(|c| if keep(c) { c } else { '_' }).collect();
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

fn build_vocab(spec: &VocabSpec, corpora: &[Corpus], base: &Path, findings: &mut Vec<Diagnostic>) -> Vocab {
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
            read_vectors(&base.join(path), path, &wanted, findings)
        }
        None => HashMap::new(),
    };
    let known = |(w, n): &(String, u64)| (*n >= 1 && *n >= spec.min_count as u64) || vectors.contains_key(w);
    items.retain(known);
    if spec.max_size > 0 {
        items.truncate(spec.max_size);
    }
    let mut vocab = Vocab::new(&spec.name, spec.unit, spec.lower, items);
    for id in reserved(spec.unit).len()..vocab.len() {
        if let Some(v) = vectors.remove(&vocab.items[id]) {
            vocab.vectors.insert(id, v);
        }
    }
    vocab
}

/// At most so many faults of one vectors file are shown.
const MAX_FAULTS: usize = 10;

/// The vectors of the wanted words in a file of GloVe's or word2vec's text format (the latter has a line `count width`
/// at its head). A word may contain spaces, so the numbers are counted from the end.
fn read_vectors(
    path: &Path,
    shown: &str,
    wanted: &HashSet<&str>,
    findings: &mut Vec<Diagnostic>,
) -> HashMap<String, Vec<f32>> {
    let mut vectors = HashMap::new();
    let unreadable = |e: std::io::Error| {
        Diagnostic::new("E0651", format!("the vectors file `{shown}` cannot be read: {e}"))
            .help("name a text file of vectors, as in `embed(100, vectors = \"glove.6B.100d.txt\")`")
    };
    let file = match File::open(path) {
        Ok(f) => f,
        Err(e) => {
            findings.push(unreadable(e));
            return vectors;
        }
    };
    let mut reader = BufReader::with_capacity(1 << 20, file);
    let (mut bytes, mut number, mut width, mut faults) = (vec![], 0, None::<usize>, 0usize);
    loop {
        bytes.clear();
        match reader.read_until(b'\n', &mut bytes) {
            Ok(0) => break,
            Ok(_) => number += 1,
            Err(e) => {
                findings.push(unreadable(e));
                return vectors;
            }
        }
        let line = String::from_utf8_lossy(&bytes);
        let line = line.trim_end();
        if line.is_empty() {
            continue;
        }
        let parts = line.split([' ', '\t']).filter(|p| !p.is_empty()).count();
        if number == 1 && parts == 2 {
            let mut head = line.split_ascii_whitespace().map(str::parse::<usize>);
            if let (Some(Ok(_)), Some(Ok(w))) = (head.next(), head.next()) {
                width = Some(w);
                continue;
            }
        }
        let width = *width.get_or_insert(parts.saturating_sub(1));
        let fault = |note: String| {
            let text: String = line.chars().take(80).collect();
            Diagnostic::new("E0652", format!("line {number} of `{shown}` is not a word with {width} numbers"))
                .data(DataPlace { file: shown.to_string(), line: number, text, range: (0, 0), note })
                .help("write one word and its vector on each line, separated by spaces")
        };
        let found = if width == 0 || parts < width + 1 {
            Err(fault(format!("{} numbers", parts.saturating_sub(1))))
        } else {
            let mut rest = line;
            for _ in 0..width {
                rest = rest.rfind([' ', '\t']).map_or("", |i| rest[..i].trim_end_matches([' ', '\t']));
            }
            if !wanted.contains(rest) {
                continue;
            }
            let numbers = &line[rest.len()..];
            let values: Result<Vec<f32>, _> = numbers.split_ascii_whitespace().map(str::parse::<f32>).collect();
            match values {
                Ok(v) if v.iter().all(|x| x.is_finite()) => Ok((rest.to_string(), v)),
                _ => Err(fault("not all of these are numbers".to_string())),
            }
        };
        match found {
            Ok((word, v)) => {
                vectors.entry(word).or_insert(v);
            }
            Err(d) => {
                faults += 1;
                if faults <= MAX_FAULTS {
                    findings.push(d);
                }
            }
        }
    }
    if faults > MAX_FAULTS {
        let more = faults - MAX_FAULTS;
        findings.push(Diagnostic::new("E0652", format!("{more} more lines of `{shown}` are not vectors")));
    }
    vectors
}

/// Calls `f` with every class of a column.
pub(super) fn each_class(column: &Column, layer_names: bool, f: &mut impl FnMut(&str)) {
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
        Column::Tokens(_) | Column::Lengths(_) | Column::Real(_) | Column::Vector(_) | Column::Json(_) => {}
    }
}

fn build_labels(spec: &LabelSpec, decls: &[CorpusDecl], corpora: &[Corpus]) -> LabelSet {
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
    let bio = classes.contains(OUTSIDE) && is_bio(classes.iter().map(String::as_str));
    let mut extra: Vec<String> =
        [SplitName::Dev, SplitName::Test].into_iter().flat_map(collect).filter(|c| !classes.contains(c)).collect();
    extra.sort();
    extra.dedup();
    let mut classes: Vec<String> = classes.into_iter().collect();
    classes.sort_by(|a, b| (bio && a != OUTSIDE, a).cmp(&(bio && b != OUTSIDE, b)));
    LabelSet::new(&spec.name, classes, extra)
}

/// All examples as ids.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Examples {
    /// the distinct tokens
    pub forms: Forms,
    /// train, dev and test of every corpus
    pub corpora: Vec<[Encoded; 3]>,
}

/// Distinct tokens in every vocabulary.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Forms {
    /// ids by word vocabulary
    pub words: BTreeMap<usize, Vec<i32>>,
    /// spellings by character vocabulary
    pub chars: BTreeMap<usize, Ragged>,
}

/// Rows of different lengths, one after the other.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ragged {
    /// rows + 1 numbers
    pub offsets: Vec<u32>,
    /// all values
    pub values: Vec<i32>,
}

impl Ragged {
    fn new() -> Self {
        Self { offsets: vec![0], values: vec![] }
    }

    fn push(&mut self, row: impl IntoIterator<Item = i32>) {
        self.values.extend(row);
        self.offsets.push(self.values.len() as u32);
    }

    /// One row.
    pub fn row(&self, i: usize) -> &[i32] {
        match (self.offsets.get(i), self.offsets.get(i + 1)) {
            (Some(&a), Some(&b)) => &self.values[a as usize..b as usize],
            _ => &[],
        }
    }
}

/// The form of the separator between joined texts.
pub const SEPARATOR_FORM: i32 = 0;

/// One split of a corpus as ids.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Encoded {
    /// number of examples
    pub len: usize,
    /// forms of each text, by field
    pub texts: BTreeMap<usize, Ragged>,
    /// gold by (task, field)
    pub golds: BTreeMap<(usize, usize), GoldColumn>,
    /// tokens of all texts of an example: its length when batches are made
    pub lengths: Vec<u32>,
}

impl Encoded {
    /// Whether an example carries any gold of a task (from whatever field).
    pub fn has_gold(&self, task: usize, example: usize) -> bool {
        self.golds.range((task, 0)..=(task, usize::MAX)).any(|(_, g)| g.present(example))
    }
}

/// The gold of a task in one split. Ids from K on are classes that training never showed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum GoldColumn {
    /// class per example, −1: none
    Classes(Vec<i32>),
    /// class per token, −1: masked; a row without gold is all −1
    Tags(Ragged),
    /// classes of each example
    Sets(Vec<Option<Vec<u32>>>),
    /// number per example, NaN: none
    Reals(Vec<f64>),
    /// class per token and layer, row-major with `layers` columns (those that training never showed come last)
    Layers {
        /// columns
        layers: usize,
        /// rows of tokens · layers values
        tags: Ragged,
    },
}

impl GoldColumn {
    /// Whether an example has gold.
    pub fn present(&self, i: usize) -> bool {
        match self {
            GoldColumn::Classes(v) => v.get(i).is_some_and(|c| *c >= 0),
            GoldColumn::Tags(r) | GoldColumn::Layers { tags: r, .. } => r.row(i).iter().any(|c| *c >= 0),
            GoldColumn::Sets(v) => v.get(i).is_some_and(Option::is_some),
            GoldColumn::Reals(v) => v.get(i).is_some_and(|x| !x.is_nan()),
        }
    }
}

/// Numbers the distinct tokens while texts are encoded.
struct Numbering<'a> {
    ids: HashMap<&'a str, i32>,
}

impl<'a> Numbering<'a> {
    fn form(&mut self, token: &'a str) -> i32 {
        let next = self.ids.len() as i32 + 1; // 0 is the separator
        *self.ids.entry(token).or_insert(next)
    }

    fn finish(self, tables: &Tables) -> Forms {
        let mut tokens = vec![""; self.ids.len()];
        for (token, id) in self.ids {
            tokens[id as usize - 1] = token;
        }
        let mut forms = Forms::default();
        for (i, v) in tables.vocabs.iter().enumerate() {
            match v.unit {
                Unit::Word => {
                    let ids = std::iter::once(SEPARATOR).chain(tokens.iter().map(|t| v.id(t)));
                    forms.words.insert(i, ids.collect());
                }
                Unit::Char => {
                    let mut spellings = Ragged::new();
                    spellings.push([WORD_BEGIN, WORD_END]);
                    tokens.iter().for_each(|t| spellings.push(v.spell(t)));
                    forms.chars.insert(i, spellings);
                }
            }
        }
        forms
    }
}

impl Examples {
    /// Encodes every split of every corpus.
    pub fn encode(plan: &Plan, tables: &Tables, corpora: &[Corpus]) -> Self {
        let mut numbering = Numbering { ids: HashMap::new() };
        let encoded = corpora.iter().enumerate().map(|(c, corpus)| {
            [SplitName::Train, SplitName::Dev, SplitName::Test]
                .map(|s| encode_split(plan, tables, c, corpus.split(s), &mut numbering))
        });
        let corpora = encoded.collect();
        Self { forms: numbering.finish(tables), corpora }
    }

    /// Encodes one split alone, e.g. new texts of a corpus without gold.
    pub fn encode_one(plan: &Plan, tables: &Tables, corpus: usize, split: &Split) -> (Forms, Encoded) {
        let mut numbering = Numbering { ids: HashMap::new() };
        let encoded = encode_split(plan, tables, corpus, split, &mut numbering);
        (numbering.finish(tables), encoded)
    }

    /// One split of a corpus.
    pub fn split(&self, corpus: usize, split: SplitName) -> Option<&Encoded> {
        self.corpora.get(corpus).map(|s| match split {
            SplitName::Train => &s[0],
            SplitName::Dev => &s[1],
            SplitName::Test => &s[2],
        })
    }
}

fn encode_split<'a>(
    plan: &Plan,
    tables: &Tables,
    corpus: usize,
    split: &'a Split,
    numbering: &mut Numbering<'a>,
) -> Encoded {
    let mut e = Encoded { len: split.len, lengths: vec![0; split.len], ..Encoded::default() };
    for (f, column) in split.columns.iter().enumerate() {
        let Column::Tokens(texts) = column else { continue };
        let mut rows = Ragged::new();
        for (text, length) in texts.iter().zip(&mut e.lengths) {
            rows.push(text.iter().map(|t| numbering.form(t)));
            *length += text.len() as u32;
        }
        e.texts.insert(f, rows);
    }
    for (t, task) in plan.tasks.iter().enumerate() {
        for &(_, field) in task.golds.iter().filter(|(c, _)| *c == corpus) {
            if let Some(gold) = encode_gold(plan, tables, corpus, field, task, split) {
                e.golds.insert((t, field), gold);
            }
        }
    }
    e
}

fn encode_gold(
    plan: &Plan,
    tables: &Tables,
    corpus: usize,
    field: usize,
    task: &Task,
    split: &Split,
) -> Option<GoldColumn> {
    let none = LabelSet::default();
    let labels = task.labels.and_then(|l| tables.labels.get(l)).unwrap_or(&none);
    let decl = plan.corpora.get(corpus)?;
    if field == SOURCE_FIELD {
        return Some(GoldColumn::Classes(vec![labels.id(&decl.name); split.len]));
    }
    let lengths = |i: usize| -> Option<usize> {
        let on = decl.fields.get(field)?.ty.axis()?;
        let text = decl.fields.iter().position(|f| f.name == on)?;
        let Some(Column::Tokens(texts)) = split.columns.get(text) else { return None };
        texts.get(i).map(Vec::len)
    };
    Some(match split.columns.get(field)? {
        Column::Label(v) => GoldColumn::Classes(v.iter().map(|c| c.as_ref().map_or(-1, |c| labels.id(c))).collect()),
        Column::Labels(v) => {
            let ids = |c: &Vec<String>| -> Vec<u32> {
                let mut ids: Vec<u32> = c.iter().filter_map(|c| u32::try_from(labels.id(c)).ok()).collect();
                ids.sort_unstable();
                ids.dedup();
                ids
            };
            GoldColumn::Sets(v.iter().map(|c| c.as_ref().map(ids)).collect())
        }
        Column::Real(v) => {
            GoldColumn::Reals(v.iter().map(|x| x.filter(|x| x.is_finite()).unwrap_or(f64::NAN)).collect())
        }
        Column::Tags(v) => {
            let mut rows = Ragged::new();
            for (i, tags) in v.iter().enumerate() {
                let n = lengths(i).or(tags.as_ref().map(Vec::len)).unwrap_or(0);
                let tag = |t: usize| tags.as_ref().and_then(|tags| tags.get(t)).map_or(-1, |c| labels.id(c));
                rows.push((0..n).map(tag));
            }
            GoldColumn::Tags(rows)
        }
        Column::Layers(v) => {
            let names: Vec<&str> = task.layers.and_then(|l| tables.labels.get(l)).map_or(vec![], |l| l.all().collect());
            let outside = labels.id(OUTSIDE);
            let mut rows = Ragged::new();
            for (i, layers) in v.iter().enumerate() {
                let n = lengths(i).unwrap_or(0);
                let tag = |t: usize, name: &str| match layers {
                    None => -1,
                    // a layer that an annotated example does not name holds no span
                    Some(layers) => match layers.get(name) {
                        None => outside,
                        Some(tags) => tags.get(t).map_or(-1, |c| labels.id(c)),
                    },
                };
                rows.push((0..n).flat_map(|t| names.iter().map(move |name| (t, *name))).map(|(t, name)| tag(t, name)));
            }
            GoldColumn::Layers { layers: names.len(), tags: rows }
        }
        Column::Tokens(_) | Column::Lengths(_) | Column::Vector(_) | Column::Heads(_) | Column::Json(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::FieldDecl;

    fn words(texts: &[&str]) -> Column {
        Column::Tokens(texts.iter().map(|t| t.split(' ').map(str::to_string).collect()).collect())
    }

    fn corpus(train: Vec<Column>, dev: Vec<Column>) -> Vec<Corpus> {
        let split = |columns: Vec<Column>| Split { len: columns.first().map_or(0, Column::len), columns };
        vec![Corpus { name: "c".into(), train: split(train), dev: split(dev), ..Corpus::default() }]
    }

    fn decl(types: Vec<FieldType>) -> Vec<CorpusDecl> {
        let field =
            |(i, ty)| FieldDecl { name: format!("f{i}"), ty, source: None, span: Default::default(), axis_span: None };
        vec![CorpusDecl {
            name: "c".into(),
            reader: "tsv".into(),
            path: None,
            splits: BTreeMap::new(),
            options: BTreeMap::new(),
            fields: types.into_iter().enumerate().map(field).collect(),
            span: Default::default(),
            reader_span: Default::default(),
            option_spans: BTreeMap::new(),
        }]
    }

    fn spec(unit: Unit) -> VocabSpec {
        VocabSpec {
            name: "v/1".into(),
            unit,
            fields: vec![(0, 0)],
            lower: false,
            min_count: 1,
            max_size: 0,
            vectors: None,
            size: 0,
        }
    }

    fn build(spec: VocabSpec, corpora: &[Corpus], base: &Path) -> (Vocab, Vec<Diagnostic>) {
        let (mut t, d) = Tables::build(&[spec], &[], &decl(vec![FieldType::Tokens]), corpora, base);
        (t.vocabs.remove(0), d)
    }

    #[test]
    fn vocabularies_come_from_training_alone() {
        let c = corpus(vec![words(&["b a A", "c a é"])], vec![words(&["only here"])]);
        let here = Path::new(".");
        let (v, _) = build(spec(Unit::Word), &c, here);
        assert_eq!(v.items, ["<unknown>", "<separator>", "a", "b", "A", "c", "é"], "ties by first occurrence");
        assert_eq!(v.counts, [0, 0, 2, 1, 1, 1, 1]);
        assert_eq!((v.id("a"), v.id("only"), v.id("<separator>")), (2, UNKNOWN, UNKNOWN));
        let (v, _) = build(VocabSpec { lower: true, min_count: 2, ..spec(Unit::Word) }, &c, here);
        assert_eq!(v.items[2..], ["a"]);
        assert_eq!((v.counts[2], v.id("A")), (3, 2));
        let (v, _) = build(VocabSpec { max_size: 2, ..spec(Unit::Word) }, &c, here);
        assert_eq!(v.items[2..], ["a", "b"]);
        let (v, _) = build(spec(Unit::Char), &c, here);
        assert_eq!(v.items[3..], ["a", "b", "A", "c", "é"]);
        assert_eq!(v.spell("éza"), [WORD_BEGIN, 7, UNKNOWN, 3, WORD_END]);
    }

    #[test]
    fn vectors_files() {
        let dir = tempfile::tempdir().unwrap();
        let c = corpus(vec![words(&["b a a rare"])], vec![words(&["only here . ."])]);
        let with = |text: &str| {
            std::fs::write(dir.path().join("v.txt"), text).unwrap();
            let s = VocabSpec { vectors: Some("v.txt".into()), min_count: 2, ..spec(Unit::Word) };
            build(s, &c, dir.path())
        };
        for head in ["", "4 2\n"] {
            let (v, d) = with(&format!("{head}a 1 2\nonly 3 4 \nelse 5 6\nrare 7 8\n"));
            assert!(d.is_empty(), "{d:?}");
            // words of the file join when they occur in any split, whatever their count
            assert_eq!(v.items[2..], ["a", "rare", "only"]);
            assert_eq!(v.vectors, BTreeMap::from([(2, vec![1., 2.]), (3, vec![7., 8.]), (4, vec![3., 4.])]));
            assert_eq!(v.vector_width(), Some(2));
        }
        let (_, d) = with("a 1 2\nb 1\nrare 1 x\n");
        let places: Vec<_> = d.iter().map(|d| (d.code, d.data[0].line)).collect();
        assert_eq!(places, [("E0652", 2), ("E0652", 3)]);
        let s = VocabSpec { vectors: Some("none.txt".into()), ..spec(Unit::Word) };
        assert_eq!(build(s, &c, dir.path()).1[0].code, "E0651");
    }

    #[test]
    fn bio_sets_are_closed_and_begin_with_outside() {
        let tags = |rows: &[&str]| {
            let row = |r: &&str| Some(r.split(' ').map(str::to_string).collect());
            Column::Tags(rows.iter().map(row).collect())
        };
        let c = corpus(vec![words(&["x y z"]), tags(&["B-b I-a B-b"])], vec![words(&["x"]), tags(&["B-new"])]);
        let types = vec![FieldType::Tokens, FieldType::Tags { on: "f0".into() }];
        let spec = |fields, layer_names| LabelSpec { name: "l".into(), fields, layer_names, classes: vec![] };
        let (t, _) = Tables::build(&[], &[spec(vec![(0, 1)], false)], &decl(types), &c, Path::new("."));
        let l = &t.labels[0];
        assert_eq!(l.classes, ["O", "B-a", "B-b", "I-a"]);
        assert_eq!((l.extra.as_slice(), l.id("B-new"), l.name_of(4)), (["B-new".into()].as_slice(), 4, Some("B-new")));
        assert!(l.is_bio());
        assert_eq!(l.id("never"), -1);
    }

    #[test]
    fn tables_are_read_as_written() {
        let c = corpus(vec![words(&["a\tb back\\slash \n"]), Column::Label(vec![Some("x\ty".into())])], vec![]);
        let types = vec![FieldType::Tokens, FieldType::Label];
        let mut vocabs = [spec(Unit::Word), spec(Unit::Char)];
        let mut labels = [LabelSpec { name: "é".into(), fields: vec![(0, 1)], layer_names: false, classes: vec![] }];
        let (t, _) = Tables::build(&vocabs, &labels, &decl(types), &c, Path::new("."));
        let mut files = HashMap::new();
        t.save(|name, bytes| {
            files.insert(name.to_string(), String::from_utf8(bytes.to_vec()).unwrap());
            Ok::<_, ()>(())
        })
        .unwrap();
        vocabs.iter_mut().zip(&t.vocabs).for_each(|(s, v)| s.size = v.len());
        labels[0].classes = t.labels[0].classes.clone();
        let read = |name: &str| files.get(name).cloned().ok_or(name.to_string());
        assert_eq!(Tables::load(&vocabs, &labels, read, |_, e| e), Ok(t));
        assert!(files.contains_key("vocab/0-v_1.txt") && files.contains_key("labels/0-é.txt"));
    }
}
