//! The readers: one row of [`READERS`] and one file for each format.

mod columns;
mod conllu;
mod delimited;
mod json;
mod lines;
mod parallel;

use super::files::{self, Layout};
use super::sink::{Sink, Value};
use super::{Loaded, validate};
use crate::columns::faults::line_of;
use crate::columns::faults::{Faults, Place};
use crate::columns::schemes::{self, Scheme};
use crate::columns::{
    Column, Corpus, CorpusDecl, FieldDecl, FieldSource, FieldType, OptionValue, Places, SplitName, SplitSource,
    type_word,
};
use crate::diagnostics::Diagnostic;
use std::borrow::Cow;
use std::path::{Path, PathBuf};

/// A format.
pub struct Reader {
    /// the word in a `data` declaration
    pub name: &'static str,
    /// one line for `mtlc explain`
    pub doc: &'static str,
    /// its own options; [`COMMON`] come on top
    pub options: &'static [OptionSpec],
    /// usual endings of its files, to choose between `dev.tsv` and `dev.ans`
    pub extensions: &'static [&'static str],
    /// one file for each split, or one for each field
    pub layout: Layout,
    /// what is wrong with a field for this format, beside what [`validate`] checks for all
    pub field: fn(&CorpusDecl, &FieldDecl) -> Option<Complaint>,
    /// reads the files of one split
    pub read: fn(&mut Sink<'_>, &[DataFile]),
}

/// What is wrong with a field: code, message, help.
pub type Complaint = (&'static str, String, Option<String>);

/// An option of a reader.
#[derive(Clone, Copy, Debug)]
pub struct OptionSpec {
    /// `header`
    pub name: &'static str,
    /// what it takes
    pub kind: OptionKind,
    /// one line
    pub doc: &'static str,
}

/// What an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionKind {
    /// `true` or `false`
    Flag,
    /// a whole number of at least 1
    Count,
    /// a string or a bare word
    Text,
}

const fn option(name: &'static str, kind: OptionKind, doc: &'static str) -> OptionSpec {
    OptionSpec { name, kind, doc }
}

/// Whether a reader has a flag of this name.
pub fn is_flag(reader: &str, name: &str) -> bool {
    find(reader).is_some_and(|r| r.all_options().any(|o| o.name == name && o.kind == OptionKind::Flag))
}

/// Options of every reader.
pub const COMMON: &[OptionSpec] = &[
    option("max", OptionKind::Count, "at most so many training examples"),
    option("max_tokens", OptionKind::Count, "longer texts are cut there, their tags with them"),
    option("lower", OptionKind::Flag, "texts in lower case"),
    option("missing", OptionKind::Text, "the string that stands for \"no value\""),
    option("split", OptionKind::Text, "what stands between the classes of a `labels` cell; a comma if not given"),
];

const SEPARATOR: OptionSpec =
    option("separator", OptionKind::Text, "what stands between columns: a string, or `tab`, `space`, `comma`");
const HEADER: OptionSpec =
    option("header", OptionKind::Flag, "whether the first line holds the headings; if not given, it is recognised");
const QUOTE: OptionSpec = option("quote", OptionKind::Flag, "whether cells may stand in double quotes");
const AT: OptionSpec = option("at", OptionKind::Text, "the key that holds the list of examples");

/// Every format.
pub const READERS: &[Reader] = &[
    Reader {
        name: "columns",
        doc: "one token per line in columns, a blank line after each sentence (CoNLL style)",
        options: &[SEPARATOR],
        extensions: &["conll", "iob", "bio", "iob2", "txt", "tsv"],
        layout: Layout::OneFile,
        field: columns::field,
        read: columns::read,
    },
    Reader {
        name: "conllu",
        doc: "CoNLL-U treebanks; multi-word tokens and empty nodes are skipped",
        options: &[],
        extensions: &["conllu", "conll"],
        layout: Layout::OneFile,
        field: conllu::field,
        read: conllu::read,
    },
    Reader {
        name: "tsv",
        doc: "one example per line, cells between tabs, no quoting",
        options: &[HEADER, SEPARATOR, QUOTE],
        extensions: &["tsv", "tab", "txt"],
        layout: Layout::OneFile,
        field: delimited::field,
        read: delimited::read,
    },
    Reader {
        name: "csv",
        doc: "one example per record, cells between commas, double quotes",
        options: &[HEADER, SEPARATOR, QUOTE],
        extensions: &["csv"],
        layout: Layout::OneFile,
        field: delimited::field,
        read: delimited::read,
    },
    Reader {
        name: "jsonl",
        doc: "one JSON object per line",
        options: &[],
        extensions: &["jsonl", "ndjson", "json"],
        layout: Layout::OneFile,
        field: json::field,
        read: json::read_lines,
    },
    Reader {
        name: "json",
        doc: "a JSON list of objects, or an object that holds one",
        options: &[AT],
        extensions: &["json"],
        layout: Layout::OneFile,
        field: json::field,
        read: json::read_document,
    },
    Reader {
        name: "parallel",
        doc: "one file per field; line n of each belongs to example n",
        options: &[],
        extensions: &[],
        layout: Layout::FilePerField,
        field: parallel::field,
        read: parallel::read,
    },
    Reader {
        name: "lines",
        doc: "one text per line; blank lines are skipped",
        options: &[],
        extensions: &["txt"],
        layout: Layout::OneFile,
        field: lines::field,
        read: lines::read,
    },
];

/// The row of a reader.
pub fn find(name: &str) -> Option<&'static Reader> {
    READERS.iter().find(|r| r.name == name)
}

impl Reader {
    /// Its own options, then the common ones.
    pub fn all_options(&self) -> impl Iterator<Item = &'static OptionSpec> + use<> {
        self.options.iter().chain(COMMON)
    }
}

/// A file in memory.
#[derive(Debug, Default)]
pub struct DataFile {
    /// as shown in messages
    pub name: String,
    /// its text, without a byte order mark
    pub text: String,
}

impl DataFile {
    /// Lines with their numbers. Only LF (or CRLF) ends a line: U+0085 and U+2028 occur inside texts.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.split_inclusive('\n').enumerate().map(|(i, l)| {
            let l = l.strip_suffix('\n').unwrap_or(l);
            (i + 1, l.strip_suffix('\r').unwrap_or(l))
        })
    }

    /// A place in this file.
    pub fn place<'a>(&'a self, line: usize, text: &'a str) -> Place<'a> {
        Place { file: &self.name, line, text }
    }
}

/// The options that readers and the sink look at, with their types.
#[derive(Clone, Debug)]
pub struct Options {
    /// `max`
    pub max: usize,
    /// `lower`
    pub lower: bool,
    /// `missing`
    pub missing: Option<String>,
    /// `split`
    pub split: String,
    /// `separator`, words replaced
    pub separator: Option<String>,
    /// `header`
    pub header: Option<bool>,
    /// `quote`
    pub quote: Option<bool>,
    /// `at`
    pub at: Option<String>,
}

impl Options {
    /// The options of a declaration; values of a wrong kind count as absent ([`validate`] reports them).
    pub fn of(decl: &CorpusDecl) -> Self {
        let text = |name: &str| match decl.options.get(name) {
            Some(OptionValue::Text(t)) => Some(t.clone()),
            Some(OptionValue::Number(n)) => Some(n.to_string()),
            _ => None,
        };
        let flag = |name: &str| match decl.options.get(name) {
            Some(OptionValue::Bool(b)) => Some(*b),
            _ => None,
        };
        let max = match decl.options.get("max") {
            Some(OptionValue::Number(n)) => *n as usize,
            _ => usize::MAX,
        };
        let separator = text("separator").map(|s| match s.as_str() {
            "tab" | "\\t" => "\t".into(),
            "space" => " ".into(),
            "comma" => ",".into(),
            _ => s,
        });
        Self {
            max,
            lower: flag("lower").unwrap_or(false),
            missing: text("missing"),
            split: text("split").filter(|s| !s.is_empty()).unwrap_or_else(|| ",".into()),
            separator,
            header: flag("header"),
            quote: flag("quote"),
            at: text("at"),
        }
    }

    /// Whether this value stands for "no value".
    pub fn is_missing(&self, value: &str) -> bool {
        self.missing.as_deref() == Some(value)
    }

    /// A text in the wanted case.
    pub fn cased<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.lower { Cow::Owned(text.to_lowercase()) } else { Cow::Borrowed(text) }
    }

    /// One tag; the empty string masks its token.
    pub fn tag(&self, tag: &str) -> String {
        if self.is_missing(tag) { String::new() } else { tag.to_owned() }
    }
}

/// Reads a corpus. Of a declaration in which [`validate`] finds errors nothing is read, and nothing is said twice.
pub fn load(decl: &CorpusDecl, base: &Path) -> Loaded {
    let Some(reader) = find(&decl.reader).filter(|_| !validate(decl).iter().any(Diagnostic::is_error)) else {
        return Loaded::default();
    };
    let parts = match files::locate(decl, reader, base) {
        Ok(parts) => parts,
        Err(diagnostics) => {
            let missing = diagnostics.iter().any(|d| d.code == "E0601");
            return Loaded { corpus: None, diagnostics, missing };
        }
    };
    let options = Options::of(decl);
    let mut faults = Faults::default();
    let mut corpus = Corpus { name: decl.name.clone(), ..Corpus::default() };
    let shares = decl.splits.values().any(|s| matches!(s, SplitSource::Share(_)));
    let mut missing = false;
    for split in [SplitName::Train, SplitName::Dev, SplitName::Test] {
        let limit = if split == SplitName::Train && !shares { options.max } else { usize::MAX };
        let mut sink = Sink::new(decl, &options, &mut faults, limit);
        if let Some(paths) = parts.get(&split) {
            let files: Vec<DataFile> = paths.iter().filter_map(|p| open(p, decl, sink.faults, &mut missing)).collect();
            corpus.files.extend(paths.iter().map(|p| p.display().to_string()));
            if files.len() == paths.len() {
                (reader.read)(&mut sink, &files);
            }
        }
        let (examples, starts) = sink.finish();
        let per_field = reader.layout == Layout::FilePerField;
        let rows = matches!(decl.reader.as_str(), "columns" | "conllu");
        let files = parts.get(&split).cloned().unwrap_or_default();
        corpus.places.insert(split, Places { files, per_field, rows, lines: starts });
        *corpus.split_mut(split) = examples;
    }
    normalise(decl, &mut corpus, &mut faults);
    if corpus.train.len == 0 && !faults.any_error() {
        let file = parts.get(&SplitName::Train).and_then(|f| f.first()).map(|f| f.display().to_string());
        let message = format!("`{}` holds no training examples", file.unwrap_or_default());
        faults.plain(Diagnostic::new("E0615", message).at(decl.reader_span, ""));
    }
    if options.header.is_none() && reader.options.iter().any(|o| o.name == "header") {
        headings(decl, &corpus, &parts, &mut faults);
    }
    many_classes(decl, &corpus, &parts, &mut faults);
    share(decl, &mut corpus);
    super::splits::overlap(decl, &corpus, &mut faults);
    if corpus.train.len > options.max {
        let _rest = corpus.train.take_last(corpus.train.len - options.max);
    }
    let usable = !faults.any_error();
    Loaded { corpus: usable.then_some(corpus), diagnostics: faults.finish(), missing }
}

/// Reads a whole file as UTF-8.
fn open(path: &PathBuf, decl: &CorpusDecl, faults: &mut Faults, missing: &mut bool) -> Option<DataFile> {
    let name = path.display().to_string();
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            *missing = true;
            faults
                .plain(Diagnostic::new("E0601", format!("`{name}` cannot be read: {error}")).at(decl.reader_span, ""));
            return None;
        }
    };
    match String::from_utf8(bytes) {
        Ok(mut text) => {
            if text.starts_with('\u{feff}') {
                text.drain(..'\u{feff}'.len_utf8());
            }
            Some(DataFile { name, text })
        }
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let bytes = error.as_bytes();
            let start = bytes[..at].iter().rposition(|&b| b == b'\n').map_or(0, |i| i + 1);
            let end = bytes[at..].iter().position(|&b| b == b'\n').map_or(bytes.len(), |i| at + i);
            let line = bytes[..at].iter().filter(|&&b| b == b'\n').count() + 1;
            let text = String::from_utf8_lossy(&bytes[start..end]);
            let note = format!("byte 0x{:02X} at offset {at} of the file", bytes[at]);
            faults.at("E0603", decl.reader_span, Place { file: &name, line, text: &text }, &note, || {
                let message = format!("`{name}` is not UTF-8: line {line}, byte {}", at - start + 1);
                (message, Some(format!("convert it: `iconv -f WINDOWS-1252 -t UTF-8 {name}`")))
            });
            None
        }
    }
}

/// Writes every span scheme as BIO; the scheme is recognised on the training examples.
fn normalise(decl: &CorpusDecl, corpus: &mut Corpus, faults: &mut Faults) {
    for (i, field) in decl.fields.iter().enumerate() {
        let Column::Tags(train) = &corpus.train.columns[i] else { continue };
        let scheme = schemes::detect(train.iter().flatten().map(Vec::as_slice));
        corpus.schemes.insert(field.name.clone(), scheme);
        if scheme == Scheme::Plain {
            continue;
        }
        for split in [SplitName::Train, SplitName::Dev, SplitName::Test] {
            let Column::Tags(tags) = &mut corpus.split_mut(split).columns[i] else { continue };
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
            let Some((example, token, note)) = first else { continue };
            let Some(place) = corpus.places.get(&split).and_then(|p| p.of(i, example, token, &note)) else { continue };
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
    }
}

/// A class that only stands on the first lines is nearly always the heading of its column, which numbered fields hide.
fn headings(decl: &CorpusDecl, corpus: &Corpus, parts: &files::Parts, faults: &mut Faults) {
    let first_line = |split| corpus.places.get(&split).and_then(|p| p.lines.first()) == Some(&1);
    let Some(file) = parts.get(&SplitName::Train).and_then(|f| f.first()).filter(|_| first_line(SplitName::Train))
    else {
        return;
    };
    for (i, field) in decl.fields.iter().enumerate() {
        let labels = |split| match &corpus.split(split).columns[i] {
            Column::Label(values) if field.ty == FieldType::Label => values.as_slice(),
            _ => &[],
        };
        let train = labels(SplitName::Train);
        let Some(Some(word)) = train.first() else { continue };
        let first = |split| labels(split).first().is_some_and(|v| v.as_ref() == Some(word));
        let once = |split| !labels(split).iter().skip(1).flatten().any(|v| v == word);
        let held_out: Vec<_> =
            [SplitName::Dev, SplitName::Test].into_iter().filter(|s| !labels(*s).is_empty()).collect();
        let again =
            if held_out.is_empty() { train.len() >= 20 } else { held_out.iter().any(|s| first(*s) && once(*s)) };
        let classes: std::collections::BTreeSet<&String> = train.iter().flatten().collect();
        let few = classes.len() * 2 <= train.len();
        if few && again && once(SplitName::Train) && word.parse::<f64>().is_err() {
            let message =
                format!("the first line of `{}` is read as an example, but looks like headings", file.display());
            let warning = Diagnostic::new("W0605", message).at(decl.reader_span, "");
            let note = format!("no other line has the class `{word}`");
            faults.plain(
                warning
                    .data(line_of(file, 1, &note))
                    .help("add `header = true` to the reader (or `header = false` if it is an example)"),
            );
            return;
        }
    }
}

/// A class field with nearly as many classes as examples is nearly always a wrong column.
fn many_classes(decl: &CorpusDecl, corpus: &Corpus, parts: &files::Parts, faults: &mut Faults) {
    for (field, column) in decl.fields.iter().zip(&corpus.train.columns) {
        let (FieldType::Label, Column::Label(values)) = (&field.ty, column) else { continue };
        let distinct: std::collections::BTreeSet<&str> = values.iter().flatten().map(String::as_str).collect();
        let (n, given) = (distinct.len(), values.iter().flatten().count());
        if n > 50 && n * 2 > given {
            let message =
                format!("`{}` has {n} classes in {given} examples: the column is probably another", field.name);
            let mut warning = Diagnostic::new("W0604", message).at(field.span, "");
            if let Some(file) =
                parts.get(&SplitName::Train).and_then(|f| f.first()).filter(|_| decl.reader != "parallel")
            {
                warning = warning.data(line_of(file, 1, "the first line"));
            }
            faults.plain(warning.help(format!("name the column of the class: `{}: label = 2`", field.name)));
        }
    }
}

/// `split(10%)`: the last share of the training examples in file order (a share for test comes after one for dev).
fn share(decl: &CorpusDecl, corpus: &mut Corpus) {
    let total = corpus.train.len;
    for (&name, source) in decl.splits.iter().rev() {
        if let SplitSource::Share(share) = source {
            let n = ((share * total as f64).round() as usize).clamp(usize::from(total > 1), total);
            *corpus.split_mut(name) = corpus.train.take_last(n);
            if let Some(train) = corpus.places.get_mut(&SplitName::Train) {
                let lines = train.lines.split_off(corpus.train.len.min(train.lines.len()));
                let part = Places { lines, ..train.clone() };
                corpus.places.insert(name, part);
            }
        }
    }
}

/// Columns (from 0) of fields by number; the others take, from left to right, those that no field numbers.
fn in_order(fields: &[FieldDecl]) -> Vec<usize> {
    let number = |f: &FieldDecl| match f.source {
        Some(FieldSource::Number(n)) => Some(n.saturating_sub(1)),
        _ => None,
    };
    let width = |f: &FieldDecl, c: usize| c..c + 1 + usize::from(matches!(f.ty, FieldType::Heads { .. }));
    let mut taken: Vec<usize> = fields.iter().filter_map(|f| number(f).map(|c| width(f, c))).flatten().collect();
    let mut place = |f: &FieldDecl| {
        number(f).unwrap_or_else(|| {
            let free = (0..).find(|&c| width(f, c).all(|c| !taken.contains(&c))).unwrap_or(0);
            taken.extend(width(f, free));
            free
        })
    };
    fields.iter().map(&mut place).collect()
}

/// Formats of one line per example have no room for trees and layers.
fn no_trees(decl: &CorpusDecl, field: &FieldDecl) -> Option<Complaint> {
    matches!(field.ty, FieldType::Heads { .. } | FieldType::Layers { .. }).then(|| {
        let message = format!("`{}` cannot hold `{}`", decl.reader, type_word(&field.ty));
        ("E0614", message, Some("use `conllu(...)` or `jsonl(...)` for such a field".into()))
    })
}

/// Heads and relations of a sentence's rows (line, text, head, relation), checked to be a tree.
fn tree<'a>(
    sink: &mut Sink<'_>,
    file: &'a DataFile,
    rows: Vec<(usize, &'a str, &'a str, &'a str)>,
    short: fn(&str) -> String,
) -> Option<Value<'a>> {
    if rows.iter().all(|(_, _, head, _)| *head == "_" || sink.options.is_missing(head)) {
        return Some(Value::Missing);
    }
    let span =
        sink.decl.fields.iter().find(|f| matches!(f.ty, FieldType::Heads { .. })).map_or(sink.decl.span, |f| f.span);
    let mut fault = |row: usize, note: String| {
        let (line, text, _, _) = rows[row];
        sink.faults.at("E0609", span, file.place(line, text), &note, || {
            (format!("line {line} of `{}`: {note}", file.name), None)
        });
    };
    let mut heads = vec![];
    for (i, (_, _, head, _)) in rows.iter().enumerate() {
        match head.parse() {
            Ok(h) => heads.push(h),
            Err(_) => {
                fault(i, format!("the head is `{}`, not a number", short(head)));
                return None;
            }
        }
    }
    if let Some((i, note)) = super::sink::tree_fault(&heads) {
        fault(i, note);
        return None;
    }
    Some(Value::Heads(heads, rows.iter().map(|r| r.3.to_owned()).collect()))
}
