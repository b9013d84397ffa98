//! `conllu`: CoNLL-U, ten columns. Multi-word tokens (`3-4`) and empty nodes (`5.1`) are skipped.

use crate::columns::reader::{Complaint, DataFile, Layout, Reader};
use crate::columns::sink::{Sink, Value, short};
use crate::columns::{CorpusDecl, FieldDecl, FieldSource, FieldType, SplitName};
use crate::diagnostics::{Diagnostic, suggest};
use std::collections::{BTreeMap, BTreeSet, HashMap};

pub(super) const CONLLU: Reader = Reader {
    name: "conllu",
    doc: "CoNLL-U treebanks; multi-word tokens and empty nodes are skipped",
    options: &[],
    extensions: &["conllu", "conll"],
    token_lines: true,
    written: "conllu",
    quoted: false,
    together: super::TOGETHER,
    layout: Layout::OneFile,
    field,
    read,
};

const COLUMNS: [&str; 10] = ["ID", "FORM", "LEMMA", "UPOS", "XPOS", "FEATS", "HEAD", "DEPREL", "DEPS", "MISC"];

/// What a field takes.
enum From {
    Column(usize),
    /// a column in which `_` stands for what nothing is known of
    Known(usize),
    /// `Case=Nom|Number=Sing` as layers
    Features(usize),
    /// one of them as tags
    Feature(usize, String),
    Tree,
    Comment(String),
}

fn column(name: &str) -> Option<usize> {
    if name.eq_ignore_ascii_case("pos") {
        return Some(3);
    }
    COLUMNS.iter().position(|c| c.eq_ignore_ascii_case(name))
}

/// The place of a field, or the name that is no column.
fn from(field: &FieldDecl) -> Result<From, String> {
    let name = match &field.source {
        Some(FieldSource::Number(n)) => COLUMNS.get(n.wrapping_sub(1)).map(|c| (*c).to_owned()).ok_or(n.to_string())?,
        Some(FieldSource::Name(name)) => name.clone(),
        None => match field.ty {
            FieldType::Text | FieldType::Tokens => column(&field.name).map_or("FORM", |c| COLUMNS[c]).to_owned(),
            FieldType::Layers { .. } => column(&field.name).map_or("FEATS", |c| COLUMNS[c]).to_owned(),
            _ => field.name.clone(),
        },
    };
    match field.ty {
        FieldType::Heads { .. } => match (&field.source, column(&name)) {
            (None, _) | (_, Some(6)) => Ok(From::Tree),
            _ => Err(name),
        },
        FieldType::Layers { .. } => column(&name).map(From::Features).ok_or(name),
        FieldType::Label | FieldType::Id | FieldType::Real | FieldType::Labels { .. } => Ok(From::Comment(name)),
        FieldType::Text | FieldType::Tokens => column(&name).map(From::Column).ok_or(name),
        _ => match (column(&name), name.split_once('.')) {
            // `_` in FEATS and MISC: none
            (Some(c @ (LEMMA | UPOS | XPOS | DEPREL)), _) => Ok(From::Known(c)),
            (Some(c), _) => Ok(From::Column(c)),
            (None, Some((of, feature))) if !feature.is_empty() => match column(of) {
                Some(c @ (FEATS | MISC)) => Ok(From::Feature(c, feature.to_owned())),
                _ => Err(name),
            },
            (None, _) => Err(name),
        },
    }
}

/// Where a CoNLL-U file holds what a field says of each token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// a column, from 0
    Column(usize),
    /// all features of FEATS or MISC
    Features(usize),
    /// one feature of FEATS or MISC
    Feature(usize, String),
    /// HEAD and DEPREL
    Tree,
}

/// The place of a field; `own` says whether its source is that of a CoNLL-U file, else its name and type decide. None of a
/// field that no column holds.
pub fn place(field: &FieldDecl, own: bool) -> Option<Place> {
    let bare = FieldDecl { source: None, ..field.clone() };
    match from(if own { field } else { &bare }).ok()? {
        From::Column(c) | From::Known(c) => Some(Place::Column(c)),
        From::Features(c) => Some(Place::Features(c)),
        From::Feature(c, name) => Some(Place::Feature(c, name)),
        From::Tree => Some(Place::Tree),
        From::Comment(_) => None,
    }
}

const LEMMA: usize = 2;
const UPOS: usize = 3;
const XPOS: usize = 4;
const FEATS: usize = 5;
const DEPREL: usize = 7;
const MISC: usize = 9;

fn field(_: &CorpusDecl, field: &FieldDecl) -> Option<Complaint> {
    if matches!(field.ty, FieldType::Pairs { .. } | FieldType::Other { .. } | FieldType::Vec(_)) {
        let message = format!("`conllu` cannot hold `{}`", crate::columns::type_word(&field.ty));
        return Some(("E0614", message, Some("use `jsonl(...)` for such a field".into())));
    }
    let name = from(field).err()?;
    if matches!(field.ty, FieldType::Heads { .. }) {
        let help = format!("leave the source out: `{}: {}`", field.name, crate::columns::type_word(&field.ty));
        return Some(("E0613", "heads stand in the columns HEAD and DEPREL".into(), Some(help)));
    }
    let near = suggest::near(&name.to_uppercase(), COLUMNS);
    let help = match near.first() {
        // of features, the columns of the format hold none
        None if !name.contains(['.', ' ']) && matches!(field.ty, FieldType::Tags { .. }) => {
            let ty = crate::columns::type_word(&field.ty);
            format!(
                "the columns are {}; a feature is named with its column: `{}: {ty} = \"FEATS.{name}\"`",
                COLUMNS.join(" "),
                field.name
            )
        }
        Some(c) => format!("name the column: `{}: {} = \"{c}\"`", field.name, crate::columns::type_word(&field.ty)),
        None => format!("the columns are {}", COLUMNS.join(" ")),
    };
    Some(("E0613", format!("CoNLL-U has no column `{name}`"), Some(help)))
}

fn read(sink: &mut Sink<'_>, files: &[DataFile]) {
    let Ok(from) = sink.decl.fields.iter().map(from).collect::<Result<Vec<_>, _>>() else { return };
    if sink.part == SplitName::Train {
        whole_cells(sink, files, &from);
    }
    let needed = from.iter().map(|f| match f {
        From::Column(c) | From::Known(c) | From::Features(c) | From::Feature(c, _) => c + 1,
        From::Tree => 8,
        From::Comment(_) => 2,
    });
    let needed = needed.max().unwrap_or(2);
    for file in files {
        let mut sentence = Sentence::default();
        // ten as a rule; a file with others has as many in every row
        let rows = file.lines().filter(|(_, l)| !l.trim_ascii().is_empty() && !l.starts_with('#'));
        let width = super::most(&rows.map(|(_, l)| l.split('\t').count()).collect::<Vec<_>>()).unwrap_or(10);
        let absent = absent(file, &from);
        for (feature, d) in from.iter().zip(&sink.decl.fields) {
            let From::Feature(c, name) = feature else { continue };
            if !absent.contains_key(&(*c, name.as_str()))
                && let Some((n, line)) = file.lines().find(|(_, l)| !l.trim_ascii().is_empty())
            {
                if sink.may_lack(d) {
                    sink.without_gold(d, file.place(n, line), &format!("feature `{}.{name}`", COLUMNS[*c]));
                    continue;
                }
                sink.faults.at("E0605", d.span, file.place(n, line), "the first line", || {
                    let known = features(file, *c);
                    let near = suggest::question(&suggest::near(name, known.iter().copied()));
                    let all = || match known.len() {
                        0 => format!("{} holds none", COLUMNS[*c]),
                        _ => format!("{} holds {}", COLUMNS[*c], known.iter().copied().collect::<Vec<_>>().join(", ")),
                    };
                    let message = format!("no token of `{}` has the feature `{name}` in {}", file.name, COLUMNS[*c]);
                    (message, Some(near.unwrap_or_else(all)))
                });
            }
        }
        for (number, line) in file.lines() {
            if sink.full() {
                return;
            }
            if line.trim_ascii().is_empty() {
                sentence.flush(sink, file, &from, &absent);
                continue;
            }
            if let Some(comment) = line.strip_prefix('#') {
                if let Some((key, value)) = comment.split_once('=') {
                    sentence.comments.insert(key.trim(), value.trim());
                }
                continue;
            }
            let cells: Vec<&str> = line.split('\t').collect();
            let n = cells.len();
            let broken = sentence.broken;
            let mut wrong = |note: String, message: String| {
                sink.faults.at("E0604", sink.decl.reader_span, file.place(number, line), &note, || (message, None));
                sentence.broken = true;
            };
            let rows = width;
            let note = format!("{n} {} here", if n == 1 { "column" } else { "columns" });
            if n < needed {
                wrong(note, format!("line {number} of `{}` has too few columns: {n} where 10 are usual", file.name));
            } else if n != rows {
                let name = &file.name;
                wrong(note, format!("line {number} of `{name}` has {n} columns where others have {rows}"));
            } else if let Some((_, field)) = words(&from, &sink.decl.fields).find(|(c, _)| cells[*c].is_empty()) {
                let message = format!("`{}` at {}:{number}: the token is empty", field.name, file.name);
                let span = field.span;
                sink.faults.at("E0606", span, file.place(number, line), "FORM is empty", || (message, None));
                sentence.broken = true;
            } else if !cells[0].contains(['-', '.']) {
                let expected = sentence.rows.len() + 1;
                if !broken && cells[0] != expected.to_string() {
                    let note = format!("ID `{}` where {expected} should follow", short(cells[0]));
                    wrong(note, format!("the IDs of a sentence do not count up at line {number} of `{}`", file.name));
                }
                sentence.rows.push((number, line, cells));
            }
        }
        sentence.flush(sink, file, &from, &absent);
    }
}

/// W0620: tags that are whole cells of MISC. Those of FEATS are an analysis as a whole, which is a class.
fn whole_cells(sink: &mut Sink<'_>, files: &[DataFile], from: &[From]) {
    for (field, from) in sink.decl.fields.iter().zip(from) {
        let From::Column(c @ MISC) = from else { continue };
        if !matches!(field.ty, FieldType::Tags { .. }) {
            continue;
        }
        let mut names: BTreeMap<&str, usize> = BTreeMap::new();
        let rows = files.iter().flat_map(DataFile::lines).filter(|(_, l)| !l.starts_with('#'));
        for cell in rows.filter_map(|(_, l)| l.split('\t').nth(*c)) {
            pairs(cell).for_each(|(name, _)| *names.entry(name).or_default() += 1);
        }
        let Some((name, _)) = names.iter().max_by_key(|(_, n)| **n) else { continue };
        let (column, all) = (COLUMNS[*c], names.keys().copied().collect::<Vec<_>>().join(", "));
        let message = format!("the classes of `{}` are whole cells of {column}, which hold features", field.name);
        let d = Diagnostic::new("W0620", message).at(field.span, format!("{column} holds {all}"));
        let ty = crate::columns::type_word(&field.ty);
        sink.faults.plain(d.help(format!("name one of them: `{}: {ty} = \"{column}.{name}\"`", field.name)));
    }
}

#[derive(Default)]
struct Sentence<'a> {
    rows: Vec<(usize, &'a str, Vec<&'a str>)>,
    comments: HashMap<&'a str, &'a str>,
    broken: bool,
}

impl<'a> Sentence<'a> {
    fn flush(&mut self, sink: &mut Sink<'_>, file: &'a DataFile, from: &'a [From], absent: &Absent<'a>) {
        let done = std::mem::take(self);
        if done.rows.is_empty() || done.broken {
            return;
        }
        let mut values = vec![];
        for from in from {
            values.push(match from {
                From::Column(c) => Value::Items(done.rows.iter().map(|(_, _, r)| r[*c]).collect()),
                // a word may be an underscore itself, and is its own lemma then
                From::Known(c) => {
                    let known = |r: &[&'a str]| if r[*c] == "_" && !(*c == LEMMA && r[1] == "_") { "" } else { r[*c] };
                    Value::Items(done.rows.iter().map(|(_, _, r)| known(r)).collect())
                }
                From::Feature(c, name) => match absent.get(&(*c, name.as_str())) {
                    None => Value::Missing,
                    Some(none) => {
                        Value::Items(done.rows.iter().map(|(_, _, r)| feature(r[*c], name).unwrap_or(none)).collect())
                    }
                },
                From::Features(c) => Value::Layers(layers(done.rows.iter().map(|(_, _, r)| r[*c]))),
                From::Comment(key) => {
                    done.comments.get(key.as_str()).map_or(Value::Missing, |v| Value::Text((*v).into()))
                }
                From::Tree => {
                    let rows = done.rows.iter().map(|(n, line, r)| (*n, *line, r[6], r[7])).collect();
                    match super::tree(sink, file, rows, short) {
                        Some(value) => value,
                        None => return,
                    }
                }
            });
        }
        let (number, line, _) = done.rows[0];
        sink.push(values, |_| file.place(number, line));
    }
}

/// The columns of words, which are not empty.
fn words<'f>(from: &'f [From], fields: &'f [FieldDecl]) -> impl Iterator<Item = (usize, &'f FieldDecl)> {
    let texts = from.iter().zip(fields).filter(|(_, f)| f.ty.is_text());
    texts.filter_map(|(from, f)| if let From::Column(c) = from { Some((*c, f)) } else { None })
}

/// The features of a cell.
fn pairs(cell: &str) -> impl Iterator<Item = (&str, &str)> {
    cell.split('|').filter_map(|f| f.split_once('='))
}

/// The value of a feature.
fn feature<'a>(cell: &'a str, name: &str) -> Option<&'a str> {
    pairs(cell).find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// The names of all features in a column of a file.
fn features(file: &DataFile, column: usize) -> BTreeSet<&str> {
    let cells = file.lines().filter(|(_, l)| !l.starts_with('#')).filter_map(|(_, l)| l.split('\t').nth(column));
    cells.flat_map(pairs).map(|(key, _)| key).collect()
}

/// By feature of a file: what a token without it has, `O` among the tags of spans and else `_`.
type Absent<'a> = HashMap<(usize, &'a str), &'static str>;

fn absent<'a>(file: &DataFile, from: &'a [From]) -> Absent<'a> {
    let mut out = Absent::new();
    for (c, name) in from.iter().filter_map(|f| if let From::Feature(c, n) = f { Some((*c, n.as_str())) } else { None })
    {
        let rows = file.lines().filter(|(_, l)| !l.starts_with('#'));
        for value in rows.filter_map(|(_, l)| feature(l.split('\t').nth(c)?, name)) {
            let none = out.entry((c, name)).or_insert("_");
            if ["B-", "I-", "S-", "U-"].iter().any(|p| value.starts_with(p)) {
                *none = "O";
                break;
            }
        }
    }
    out
}

/// One layer for each feature of the sentence; `_` where a token lacks it.
fn layers<'a>(cells: impl ExactSizeIterator<Item = &'a str>) -> BTreeMap<String, Vec<String>> {
    let (n, mut layers) = (cells.len(), BTreeMap::new());
    for (i, cell) in cells.enumerate() {
        for (key, value) in pairs(cell) {
            let layer: &mut Vec<String> = layers.entry(key.to_owned()).or_insert_with(|| vec!["_".to_owned(); n]);
            layer[i] = value.to_owned();
        }
    }
    layers
}
