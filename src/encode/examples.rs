//! Examples as ids.

use super::{SEPARATOR, Tables, WORD_BEGIN, WORD_END};
use crate::columns::{Column, Corpus, Split, SplitName};
use crate::kinds::heads::{self, GoldCx};
use crate::plan::{Plan, SOURCE_FIELD, Task, Unit};
use crate::records::{Forms, Ragged, Records};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// All examples as ids.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Examples {
    /// the distinct tokens
    pub forms: Forms,
    /// train, dev and test of every corpus
    pub corpora: Vec<[Encoded; 3]>,
}

/// One split of a corpus as ids.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Encoded {
    /// number of examples
    pub len: usize,
    /// forms of each text, by field
    pub texts: BTreeMap<usize, Ragged>,
    /// gold by (task, field)
    pub golds: BTreeMap<(usize, usize), Records>,
    /// by field, the groups of a metric of rankings: examples of one value have one number
    pub groups: BTreeMap<usize, Vec<Option<u32>>>,
    /// tokens of all texts of an example: its length when batches are made
    pub lengths: Vec<u32>,
}

impl Encoded {
    /// Whether an example carries any gold of a task (from whatever field).
    pub fn has_gold(&self, task: usize, example: usize) -> bool {
        self.golds.range((task, 0)..=(task, usize::MAX)).any(|(_, g)| g.present(example))
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

/// A number for each distinct value of a column; none where there is no value.
fn groups(column: &Column, len: usize) -> Vec<Option<u32>> {
    let mut known: HashMap<String, u32> = HashMap::new();
    let value = |i: usize| match column {
        Column::Tokens(v) => v.get(i).map(|t| t.join(" ")),
        Column::Label(v) => v.get(i).cloned().flatten(),
        Column::Real(v) => v.get(i).copied().flatten().map(|x| x.to_string()),
        _ => None,
    };
    let mut number = |value: String| {
        let next = known.len() as u32;
        *known.entry(value).or_insert(next)
    };
    (0..len).map(|i| value(i).map(&mut number)).collect()
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
    let decl = plan.corpora.get(corpus);
    for by in plan.tasks.iter().flat_map(|t| &t.metrics).filter_map(|m| m.by.as_ref()) {
        let field = decl.and_then(|d| d.fields.iter().position(|f| f.name == *by));
        if let Some((f, column)) = field.and_then(|f| Some((f, split.columns.get(f)?))) {
            e.groups.entry(f).or_insert_with(|| groups(column, split.len));
        }
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
) -> Option<Records> {
    let (labels, layers) = tables.of(task);
    let decl = plan.corpora.get(corpus)?;
    if field == SOURCE_FIELD {
        return Some(Records::classes(std::iter::repeat_n(labels.id(&decl.name), split.len)));
    }
    let lengths = |i: usize| -> Option<usize> {
        let on = decl.fields.get(field)?.ty.axis()?;
        let text = decl.fields.iter().position(|f| f.name == on)?;
        let Some(Column::Tokens(texts)) = split.columns.get(text) else { return None };
        texts.get(i).map(Vec::len)
    };
    let cx = GoldCx { labels, layers, lengths: &lengths };
    (heads::find(&task.head).gold)(&cx, split.columns.get(field)?)
}
