//! `tsv` and `csv`: one example per line (or per quoted record), cells between separators.

use super::SEPARATOR;
use crate::columns::reader::{Complaint, DataFile, Layout, OptionKind, OptionSpec, Reader, option};
use crate::columns::sink::{Sink, Value};
use crate::columns::{CorpusDecl, FieldDecl, FieldSource};
use crate::diagnostics::suggest;
use std::borrow::Cow;

const HEADER: OptionSpec =
    option("header", OptionKind::Flag, "whether the first line holds the headings; if not given, it is recognised");
const QUOTE: OptionSpec = option("quote", OptionKind::Flag, "whether cells may stand in double quotes");

pub(super) const TSV: Reader = Reader {
    name: "tsv",
    doc: "one example per line, cells between tabs, no quoting",
    options: &[HEADER, SEPARATOR, QUOTE],
    extensions: &["tsv", "tab", "txt"],
    token_lines: false,
    quoted: false,
    layout: Layout::OneFile,
    field,
    read,
};

pub(super) const CSV: Reader = Reader {
    name: "csv",
    doc: "one example per record, cells between commas, double quotes",
    options: &[HEADER, SEPARATOR, QUOTE],
    extensions: &["csv"],
    token_lines: false,
    quoted: true,
    layout: Layout::OneFile,
    field,
    read,
};

fn field(decl: &CorpusDecl, field: &FieldDecl) -> Option<Complaint> {
    super::no_trees(decl, field)
}

fn read(sink: &mut Sink<'_>, files: &[DataFile]) {
    let csv = sink.decl.reader == "csv";
    let separator = sink.options.separator.clone();
    for file in files {
        // many files called .csv hold tabs
        let separator = separator.clone().unwrap_or_else(|| {
            let first = file.text.split('\n').next().unwrap_or_default();
            if csv && (first.contains(',') || !first.contains('\t')) { ",".into() } else { "\t".into() }
        });
        let quoted = sink.options.quote.unwrap_or(csv);
        let rows: Box<dyn Iterator<Item = Row<'_>>> = match separator.as_bytes() {
            &[byte] if quoted => Box::new(records(file, byte)),
            _ => Box::new(plain(file, separator)),
        };
        rows_in(sink, file, rows, quoted);
    }
}

/// Line number, text of the line, cells.
type Row<'a> = (usize, &'a str, Vec<Cow<'a, str>>);

fn plain(file: &DataFile, separator: String) -> impl Iterator<Item = Row<'_>> {
    let rows = file.lines().filter(|(_, line)| !line.is_empty());
    rows.map(move |(n, line)| (n, line, line.split(separator.as_str()).map(Cow::Borrowed).collect()))
}

fn records(file: &DataFile, separator: u8) -> impl Iterator<Item = Row<'_>> {
    let reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .from_reader(file.text.as_bytes());
    // the text is UTF-8 already, so a record cannot fail
    reader.into_records().filter_map(Result::ok).map(|record| {
        // a record's position is where the one before ended: skip the blank lines in between
        let start = record.position().map_or(0, |p| p.byte() as usize);
        let blank = file.text[start..].len() - file.text[start..].trim_start_matches(['\r', '\n']).len();
        let skipped = file.text[start..start + blank].matches('\n').count();
        let line = file.text[start + blank..].split('\n').next().unwrap_or_default().trim_end_matches('\r');
        let number = record.position().map_or(1, |p| p.line() as usize) + skipped;
        (number, line, record.iter().map(|c| Cow::Owned(c.to_owned())).collect())
    })
}

fn rows_in<'a>(sink: &mut Sink<'_>, file: &'a DataFile, rows: impl Iterator<Item = Row<'a>>, quoted: bool) {
    let mut rows = rows.peekable();
    let Some((_, first_line, first)) = rows.peek() else { return };
    let Some(columns) = columns(sink, file, first_line, first) else { return };
    if columns.header {
        rows.next();
    }
    let needed = columns.of.iter().max().map_or(0, |c| c + 1);
    for (number, line, mut cells) in rows {
        if sink.full() {
            return;
        }
        let place = file.place(number, line);
        if cells.len() < needed {
            let short = sink.decl.fields.iter().zip(&columns.of).find(|(_, c)| **c >= cells.len());
            let name = short.map_or("", |(f, _)| f.name.as_str());
            let (n, column) = (cells.len(), short.map_or(0, |(_, c)| c + 1));
            let note = format!("{n} {} here", if n == 1 { "column" } else { "columns" });
            sink.faults.at("E0604", sink.decl.reader_span, place, &note, || {
                let message =
                    format!("line {number} of `{}` has too few columns: `{name}` is column {column}", file.name);
                let help = if quoted && line.contains('"') {
                    Some("a separator between double quotes is text: write `quote = false` if they are text themselves")
                } else {
                    (n == 1).then_some("if the columns are not parted so, write `separator = \",\"`")
                };
                (message, help.map(String::from))
            });
            continue;
        }
        let mut left: Vec<usize> = vec![0; cells.len()];
        columns.of.iter().for_each(|&c| left[c] += 1);
        let mut take = |c: usize| {
            left[c] -= 1;
            if left[c] == 0 { std::mem::take(&mut cells[c]) } else { cells[c].clone() }
        };
        let values = columns.of.iter().map(|&c| Value::Text(take(c))).collect();
        sink.push(values, |_| place);
    }
}

struct Columns {
    header: bool,
    /// for each field its column, from 0
    of: Vec<usize>,
}

/// Which column each field takes; reports names that the heading lacks.
fn columns(sink: &mut Sink<'_>, file: &DataFile, line: &str, first: &[Cow<'_, str>]) -> Option<Columns> {
    let fields = &sink.decl.fields;
    let cells: Vec<&str> = first.iter().map(|c| c.trim()).collect();
    let heading = |name: &str| {
        let exact = cells.iter().position(|c| *c == name);
        exact.or_else(|| cells.iter().position(|c| c.eq_ignore_ascii_case(name)))
    };
    let named = |f: &FieldDecl| match &f.source {
        Some(FieldSource::Name(name)) => heading(name),
        Some(FieldSource::Number(_)) => None,
        None => heading(&f.name),
    };
    // one cell that differs in case may be data (`X` as a class beside a field `x`), so then all names must be there
    let unnumbered = || fields.iter().filter(|f| !matches!(f.source, Some(FieldSource::Number(_))));
    let exact = |f: &FieldDecl| matches!(&f.source, Some(FieldSource::Name(n)) if cells.contains(&n.as_str()));
    let any = unnumbered().any(|f| exact(f) || f.source.is_none() && cells.contains(&f.name.as_str()))
        || unnumbered().count() > 0 && unnumbered().all(|f| named(f).is_some());
    let header = sink.options.header.unwrap_or(any);
    let names = fields.iter().any(|f| matches!(f.source, Some(FieldSource::Name(_))));
    if !(names || header && any) {
        return Some(Columns { header, of: super::in_order(fields) });
    }
    let mut of = vec![];
    for f in fields {
        let column = match (&f.source, header) {
            (Some(FieldSource::Number(n)), _) => Some(n.saturating_sub(1)),
            (_, true) => named(f),
            _ => None,
        };
        let Some(column) = column else {
            let name = match &f.source {
                Some(FieldSource::Name(name)) => name,
                _ => &f.name,
            };
            let place = file.place(1, line);
            sink.faults.at("E0605", f.span, place, if header { "the headings" } else { "the first line" }, || {
                let near = suggest::question(&suggest::near(name, cells.iter().copied()));
                let number = || format!("number the column: `{}: {} = 1`", f.name, crate::columns::type_word(&f.ty));
                (format!("`{}` has no column `{name}`", file.name), Some(near.unwrap_or_else(number)))
            });
            continue;
        };
        of.push(column);
    }
    (of.len() == fields.len()).then_some(Columns { header, of })
}
