//! `columns`: one token per line, a blank line after each sentence.
//!
//! ```text
//! # intent = flight          sentence-level values stand in comments,
//! fly    O
//! Boston B-city
//! flight                     on a line of one column after the tokens, or in a column (first token counts)
//! ```

use super::SEPARATOR;
use crate::columns::reader::{Complaint, DataFile, Layout, Reader};
use crate::columns::sink::{Sink, Value, short};
use crate::columns::{CorpusDecl, FieldDecl, FieldSource, FieldType};
use crate::diagnostics::{Diagnostic, suggest};
use std::borrow::Cow;
use std::collections::HashMap;

pub(super) const COLUMNS: Reader = Reader {
    name: "columns",
    doc: "one token per line in columns, a blank line after each sentence (CoNLL style)",
    options: &[SEPARATOR],
    extensions: &["conll", "iob", "bio", "iob2", "txt", "tsv"],
    token_lines: true,
    written: "conll",
    quoted: false,
    together: "take the blank lines between the tokens of a sentence away",
    layout: Layout::OneFile,
    field,
    read,
};

fn field(_: &CorpusDecl, field: &FieldDecl) -> Option<Complaint> {
    if matches!(
        field.ty,
        FieldType::Layers { .. } | FieldType::Pairs { .. } | FieldType::Other { .. } | FieldType::Vec(_)
    ) {
        let message = format!("`columns` cannot hold `{}`", crate::columns::type_word(&field.ty));
        return Some(("E0614", message, Some("use `jsonl(...)` for such a field".into())));
    }
    if let (false, Some(FieldSource::Name(name))) = (sentence_level(&field.ty), &field.source) {
        let message = format!("columns have numbers, not names: `{}` = \"{name}\"", field.name);
        let help = format!("number the column, from 1: `{}: {} = 2`", field.name, crate::columns::type_word(&field.ty));
        return Some(("E0613", message, Some(help)));
    }
    None
}

fn sentence_level(ty: &FieldType) -> bool {
    matches!(ty, FieldType::Label | FieldType::Labels { .. } | FieldType::Real | FieldType::Id)
}

/// Where a field stands.
#[derive(Clone, PartialEq)]
enum From {
    /// a value on each row
    Column(usize),
    /// heads and relations: this column and the next
    Tree(usize),
    /// the value of the first row
    First(usize),
    /// `# key = value`
    Comment(String),
    /// the line of one column after the tokens
    Last,
    /// nowhere: a file of test without this gold
    Absent,
}

fn read(sink: &mut Sink<'_>, files: &[DataFile]) {
    for file in files {
        read_file(sink, file);
    }
}

// long: what the columns of a file hold is settled first, and one loop reads its lines by it
fn read_file(sink: &mut Sink<'_>, file: &DataFile) {
    let blank = |line: &str| line.trim_ascii().is_empty();
    let rows = || file.lines().map(|(_, l)| l).filter(|l| !blank(l) && !l.starts_with('#') && !is_docstart(l));
    // tabs at the start of lines are an indent, and one line does not speak for all
    let separator = sink.options.separator.clone().or_else(|| {
        let tabbed = |l: &&str| l.trim_start_matches('\t').trim_ascii_end().contains('\t');
        let tabs = rows().filter(tabbed).count();
        (tabs > 0 && tabs * 2 >= rows().count()).then(|| "\t".into())
    });
    let widths: Vec<usize> = rows().map(|l| cells(separator.as_deref(), l).len()).collect();
    let width = super::most(&widths).unwrap_or(1);
    let fields = &sink.decl.fields;
    // columns go to token-level fields in order; sentence-level ones look elsewhere first
    let token: Vec<FieldDecl> = fields.iter().filter(|f| takes_column(f)).cloned().collect();
    let mut order = super::in_order(&token).into_iter();
    let taken: Vec<Option<usize>> = fields.iter().map(|f| takes_column(f).then(|| order.next()).flatten()).collect();
    let needed = fields
        .iter()
        .zip(&taken)
        .filter_map(|(f, c)| Some(c.as_ref()? + 1 + usize::from(matches!(f.ty, FieldType::Heads { .. }))))
        .max()
        .unwrap_or(1);
    let wide = Shape { separator: separator.as_deref(), width, needed };
    let keys: HashMap<&str, ()> = file.lines().filter_map(|(_, l)| key_value(l)).map(|(k, _)| (k, ())).collect();
    let closing = needed > 1 && width > 1 && has_closing_lines(file, &wide);
    let lacks = |f: &FieldDecl, last: usize| last >= width && sink.may_lack(f);
    let mut free = (0..width).filter(|c| !taken.contains(&Some(*c)));
    let mut from = vec![];
    for (field, column) in fields.iter().zip(&taken) {
        from.push(match (&field.source, column) {
            (_, Some(c)) if lacks(field, c + usize::from(matches!(field.ty, FieldType::Heads { .. }))) => From::Absent,
            (_, Some(c)) if matches!(field.ty, FieldType::Heads { .. }) => From::Tree(*c),
            (_, Some(c)) if sentence_level(&field.ty) => From::First(*c),
            (_, Some(c)) => From::Column(*c),
            (Some(FieldSource::Name(key)), None) => From::Comment(key.clone()),
            (_, None) if keys.contains_key(field.name.as_str()) => From::Comment(field.name.clone()),
            (_, None) if closing => From::Last,
            (_, None) => match free.next() {
                Some(c) => From::First(c),
                None => From::Comment(field.name.clone()),
            },
        });
    }
    let first = file.lines().find(|(_, l)| !blank(l) && !is_docstart(l));
    for (field, from) in fields.iter().zip(&mut from) {
        let Some((n, line)) = first else { break };
        if *from == From::Absent {
            let column = taken_column(fields, &taken, field);
            sink.without_gold(field, file.place(n, line), &format!("column {column}"));
        }
        if let From::Comment(key) = &*from
            && !keys.contains_key(key.as_str())
        {
            if sink.may_lack(field) && near(key, &keys).is_none() {
                sink.without_gold(field, file.place(n, line), &format!("comment `# {key} = ...`"));
                *from = From::Absent;
                continue;
            }
            sink.faults.at("E0605", field.span, file.place(n, line), "the first sentence starts here", || {
                let message = format!("no sentence of `{}` has a value for `{}`", file.name, field.name);
                let ty = crate::columns::type_word(&field.ty);
                let help = format!(
                    "write `# {key} = VALUE` over each sentence, or number a column: `{}: {ty} = 3`",
                    field.name
                );
                (message, Some(help))
            });
        }
    }

    let reads = |f: &From| match f {
        From::Column(c) | From::First(c) => c + 1,
        From::Tree(c) => c + 2,
        From::Comment(_) | From::Last | From::Absent => 1,
    };
    let needed = from.iter().map(reads).max().unwrap_or(1);
    // the columns of words, none of which may be empty
    let words: Vec<(usize, &FieldDecl)> = fields
        .iter()
        .zip(&from)
        .filter_map(|(f, from)| if let (true, From::Column(c)) = (f.ty.is_text(), from) { Some((*c, f)) } else { None })
        .collect();
    let wide = Shape { needed, ..wide };
    let (mut sentence, before) = (Sentence::default(), sink.split.len);
    for (number, line) in file.lines() {
        if sink.full() {
            return;
        }
        if blank(line) || is_docstart(line) {
            sentence.flush(sink, file, &from);
            continue;
        }
        if wide.comment(line, sentence.rows.is_empty()) {
            // `#doc 17` parts sentences in files without blank lines
            sentence.flush(sink, file, &from);
            if let Some((key, value)) = key_value(line) {
                sentence.comments.insert(key, value);
            }
            continue;
        }
        let cells = wide.cells(line);
        // a torn row is seen also where no field reads what it lacks; only tabs may part more than other rows have
        let ragged = cells.len() < width || wide.separator.is_none() && cells.len() != width;
        if cells.len() < wide.needed || ragged && !(cells.len() == 1 && closing) {
            if closing && cells.len() == 1 && !sentence.rows.is_empty() && sentence.last.is_none() {
                sentence.last = Some(line.trim_ascii());
                continue;
            }
            let n = cells.len();
            let note = format!("{n} {} here", if n == 1 { "column" } else { "columns" });
            let wanted = if n < wide.needed { wide.needed } else { width };
            sink.faults.at("E0604", sink.decl.reader_span, file.place(number, line), &note, || {
                let message = if n < wanted {
                    format!("line {number} of `{}` has too few columns: {n} where {wanted} are needed", file.name)
                } else {
                    format!("line {number} of `{}` has {n} columns where others have {wanted}", file.name)
                };
                let given = sink.options.separator.is_some();
                let now = wide.separator.unwrap_or(" ");
                let other = super::other_separator(rows(), wide.needed, now).filter(|_| n < wanted);
                let spaces = n < wanted && now != " " && super::most_spaces(rows(), wide.needed);
                let tab = wide.separator.is_none() && !given && line.contains('\t');
                let help = other.or(spaces.then_some("space")).map(|s| match given {
                    true => format!("the columns seem to be parted otherwise: `separator = {s}`"),
                    false => format!("write `separator = {s}`"),
                });
                (message, help.or(tab.then(|| "columns are parted by spaces here, and a tab is one of them".into())))
            });
            sentence.broken = true;
            continue;
        }
        if let Some((c, field)) = words.iter().find(|(c, _)| cells[*c].is_empty()) {
            let note = format!("column {} is empty", c + 1);
            sink.faults.at("E0606", field.span, file.place(number, line), &note, || {
                let message = format!("`{}` at {}:{number}: the token is empty", field.name, file.name);
                (message, Some("a row begins with its first column: take what stands before it away".into()))
            });
            sentence.broken = true;
            continue;
        }
        if sentence.rows.is_empty() {
            sentence.start = (number, line);
        }
        sentence.rows.push((number, line, cells));
    }
    sentence.flush(sink, file, &from);
    if sink.split.len == before + 1 && widths.len() >= LONG {
        let message = format!("`{}` is one text of {} rows: no blank line parts sentences", file.name, widths.len());
        let d = Diagnostic::new("W0615", message).at(sink.decl.reader_span, "");
        sink.faults.plain(d.help("put a blank line after each sentence"));
    }
}

/// So many rows are hardly one sentence.
const LONG: usize = 300;

fn is_docstart(line: &str) -> bool {
    line.starts_with("-DOCSTART-")
}

/// The key that may be meant.
fn near(key: &str, keys: &HashMap<&str, ()>) -> Option<String> {
    suggest::near(key, keys.keys().copied()).first().map(|k| (*k).to_owned())
}

/// The number of a field's column.
fn taken_column(fields: &[FieldDecl], taken: &[Option<usize>], field: &FieldDecl) -> usize {
    let at = fields.iter().position(|f| f.name == field.name);
    at.and_then(|i| *taken.get(i)?).map_or(0, |c| c + 1)
}

fn cells<'l>(separator: Option<&str>, line: &'l str) -> Vec<&'l str> {
    match separator {
        Some(s) if s != " " => line.split(s).collect(),
        _ => line.split_ascii_whitespace().collect(),
    }
}

/// What the columns of a file hold, from 0, as far as the declaration alone tells.
pub fn column_names(decl: &CorpusDecl) -> HashMap<usize, String> {
    let token: Vec<FieldDecl> = decl.fields.iter().filter(|f| takes_column(f)).cloned().collect();
    let mut names = HashMap::new();
    for (field, c) in token.iter().zip(super::in_order(&token)) {
        match field.ty {
            FieldType::Heads { .. } => {
                names.extend([(c, format!("{}.head", field.name)), (c + 1, format!("{}.deprel", field.name))])
            }
            _ => drop(names.insert(c, field.name.clone())),
        }
    }
    names
}

/// Fields that a column belongs to without looking at the file.
fn takes_column(field: &FieldDecl) -> bool {
    matches!(field.source, Some(FieldSource::Number(_))) || !sentence_level(&field.ty)
}

struct Shape<'a> {
    /// runs of spaces if none
    separator: Option<&'a str>,
    /// columns of most rows
    width: usize,
    /// columns that the fields take
    needed: usize,
}

impl Shape<'_> {
    fn cells<'l>(&self, line: &'l str) -> Vec<&'l str> {
        cells(self.separator, line)
    }

    /// `#` starts a comment if the line cannot be a token's: over a sentence, too few columns or the form of a
    /// comment; after tokens, both. A hashtag with its tag stays a token.
    fn comment(&self, line: &str, at_start: bool) -> bool {
        let Some(rest) = line.strip_prefix('#') else { return false };
        let n = self.cells(line).len();
        let spaces = self.separator.is_none();
        let short = n < self.needed || spaces && n != self.width;
        let marked = rest.starts_with(' ') || ["doc", "begin", "end"].iter().any(|w| rest.starts_with(w));
        // a value may hold the separator
        let valued = key_value(line).is_some() && (spaces || rest.starts_with(' '));
        if at_start { short || valued } else { short && marked }
    }
}

/// `# key = value` or `# key: value`.
fn key_value(line: &str) -> Option<(&str, &str)> {
    let rest = line.strip_prefix('#')?.trim_start();
    let end = rest.find(['=', ':'])?;
    let (key, value) = (rest[..end].trim(), rest[end + 1..].trim());
    (!key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || "_-. ".contains(c))).then_some((key, value))
}

/// Whether sentences end in a line of one column, as in SNIPS files: most must, so that a torn row is seen.
fn has_closing_lines(file: &DataFile, shape: &Shape<'_>) -> bool {
    let (mut sentences, mut closed, mut rows, mut last) = (0, 0, 0, 0);
    for line in file.lines().map(|(_, l)| l).chain([""]) {
        if !line.trim_ascii().is_empty() {
            last = shape.cells(line).len();
            rows += 1;
        } else if rows > 0 {
            sentences += 1;
            closed += usize::from(rows > 1 && last == 1);
            rows = 0;
        }
    }
    closed * 2 > sentences
}

#[derive(Default)]
struct Sentence<'a> {
    rows: Vec<(usize, &'a str, Vec<&'a str>)>,
    comments: HashMap<&'a str, &'a str>,
    last: Option<&'a str>,
    start: (usize, &'a str),
    broken: bool,
}

impl<'a> Sentence<'a> {
    fn flush(&mut self, sink: &mut Sink<'_>, file: &'a DataFile, from: &[From]) {
        // comments may stand before a blank line that opens the file
        if self.rows.is_empty() && !self.broken {
            return;
        }
        let done = std::mem::take(self);
        if done.broken {
            return;
        }
        let mut values = vec![];
        for from in from {
            values.push(match from {
                From::Column(c) => Value::Items(done.rows.iter().map(|(_, _, r)| r[*c]).collect()),
                From::First(c) => {
                    done.rows.first().map_or(Value::Missing, |(_, _, r)| Value::Text(Cow::Borrowed(r[*c])))
                }
                From::Comment(key) => {
                    done.comments.get(key.as_str()).map_or(Value::Missing, |v| Value::Text((*v).into()))
                }
                From::Last => done.last.map_or(Value::Missing, |v| Value::Text(v.into())),
                From::Absent => Value::Missing,
                From::Tree(c) => match tree(sink, file, &done, *c) {
                    Some(value) => value,
                    None => return,
                },
            });
        }
        sink.push(values, |_| file.place(done.start.0, done.start.1));
    }
}

fn tree<'a>(sink: &mut Sink<'_>, file: &'a DataFile, sentence: &Sentence<'a>, column: usize) -> Option<Value<'a>> {
    let rows = sentence.rows.iter().map(|(n, line, r)| (*n, *line, r[column], r[column + 1]));
    super::tree(sink, file, rows.collect::<Vec<_>>(), short)
}
