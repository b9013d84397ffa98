//! Readers: the formats of data files. A format is a file and a row of [`READERS`].

mod columns;
mod conllu;
mod delimited;
mod json;
mod lines;
mod parallel;

pub use columns::column_names;
pub use conllu::{Place, place};
pub use delimited::separator;

use crate::columns::reader::{Complaint, DataFile, OptionKind, OptionSpec, Reader, option};
use crate::columns::sink::{Sink, Value, tree_fault};
use crate::columns::{CorpusDecl, FieldDecl, FieldSource, FieldType, type_word};
use std::collections::HashMap;

/// Every format.
pub static READERS: &[Reader] = &[
    columns::COLUMNS,
    conllu::CONLLU,
    delimited::TSV,
    delimited::CSV,
    json::JSONL,
    json::JSON,
    parallel::PARALLEL,
    lines::LINES,
];

/// The row of a reader.
pub fn find(name: &str) -> Option<&'static Reader> {
    READERS.iter().find(|r| r.name == name)
}

/// Whether a reader has a flag of this name.
pub fn is_flag(reader: &str, name: &str) -> bool {
    find(reader).is_some_and(|r| r.all_options().any(|o| o.name == name && o.kind == OptionKind::Flag))
}

/// Of formats that hold a text in one place.
const TOGETHER: &str = "put the tokens of a text, and its tags, into one example";

const SEPARATOR: OptionSpec =
    option("separator", OptionKind::Text, "what stands between columns: a string, or `tab`, `space`, `comma`");

/// The signs that part columns in files, with the words that the option takes.
const SEPARATORS: [(&str, &str); 4] = [("\t", "tab"), (",", "\",\""), (";", "\";\""), ("|", "\"|\"")];
/// So many lines are looked at to see what parts them.
const SAMPLE: usize = 200;

/// The separator, as the option takes it, that parts most of some lines into as many columns, at least so many.
fn other_separator<'a>(lines: impl Iterator<Item = &'a str>, needed: usize, now: &str) -> Option<&'static str> {
    let lines: Vec<&str> = lines.filter(|l| !l.trim_ascii().is_empty()).take(SAMPLE).collect();
    let fits = |(sign, _): &&(&str, &str)| {
        let widths: Vec<usize> = lines.iter().map(|l| l.split(*sign).count()).collect();
        let width = most(&widths).unwrap_or(0);
        *sign != now && width >= needed.max(2) && widths.iter().filter(|w| **w == width).count() * 2 > lines.len()
    };
    SEPARATORS.iter().find(fits).map(|(_, word)| *word)
}

/// Whether spaces part most of some lines into as many columns as are needed.
fn most_spaces<'a>(lines: impl Iterator<Item = &'a str>, needed: usize) -> bool {
    let widths: Vec<usize> = lines.take(SAMPLE).map(|l| l.split_ascii_whitespace().count()).collect();
    most(&widths).is_some_and(|w| w >= needed.max(2))
}

/// The most frequent number; of several the one that comes first.
fn most(numbers: &[usize]) -> Option<usize> {
    let mut counts: HashMap<usize, usize> = HashMap::new();
    numbers.iter().for_each(|n| *counts.entry(*n).or_default() += 1);
    let best = counts.values().copied().max()?;
    numbers.iter().copied().find(|n| counts[n] == best)
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
    if let Some((i, note)) = tree_fault(&heads) {
        fault(i, note);
        return None;
    }
    Some(Value::Heads(heads, rows.iter().map(|r| r.3.to_owned()).collect()))
}
