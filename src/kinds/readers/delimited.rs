//! `tsv` and `csv`: one example per line (or per quoted record), cells between separators; with `group`, one token per line.

use super::SEPARATOR;
use crate::columns::reader::{Complaint, DataFile, Layout, OptionKind, OptionSpec, Options, Reader, option};
use crate::columns::sink::{Sink, Value};
use crate::columns::{CorpusDecl, FieldDecl, FieldSource, FieldType};
use crate::diagnostics::suggest;
use std::borrow::Cow;

const HEADER: OptionSpec =
    option("header", OptionKind::Flag, "whether the first line holds the headings; if not given, it is recognised");
const QUOTE: OptionSpec = option("quote", OptionKind::Flag, "whether cells may stand in double quotes");
const GROUP: OptionSpec =
    option("group", OptionKind::Column, "the column whose rows of one value, and those it is empty in, are one text");

pub(super) const TSV: Reader = Reader {
    name: "tsv",
    doc: "one example per line, cells between tabs, no quoting",
    options: &[HEADER, SEPARATOR, QUOTE, GROUP],
    extensions: &["tsv", "tab", "txt"],
    token_lines: false,
    written: "tsv",
    quoted: false,
    together: "name the column that says which rows are one text: `group = \"sentence\"`",
    layout: Layout::OneFile,
    field,
    read,
};

pub(super) const CSV: Reader = Reader {
    name: "csv",
    doc: "one example per record, cells between commas, double quotes",
    options: &[HEADER, SEPARATOR, QUOTE, GROUP],
    extensions: &["csv"],
    token_lines: false,
    written: "csv",
    quoted: true,
    together: "name the column that says which rows are one text: `group = \"sentence\"`",
    layout: Layout::OneFile,
    field,
    read,
};

fn field(decl: &CorpusDecl, field: &FieldDecl) -> Option<Complaint> {
    super::no_trees(decl, field)
}

fn read(sink: &mut Sink<'_>, files: &[DataFile]) {
    let csv = sink.decl.reader == "csv";
    for file in files {
        let separator = separator(sink.options, csv, &file.text);
        let quoted = sink.options.quote.unwrap_or(csv);
        match separator.as_bytes() {
            &[byte] if quoted => {
                let mut sound = true;
                for open in open_quotes(&file.text, byte) {
                    sound = false;
                    open.report(sink, file);
                }
                if sound {
                    rows_in(sink, file, records(file, byte).collect(), &separator, true);
                }
            }
            _ => rows_in(sink, file, plain(file, &separator).collect(), &separator, quoted),
        }
    }
}

/// What stands between the cells of a file. Many files called .csv hold tabs.
pub fn separator(options: &Options, csv: bool, text: &str) -> String {
    options.separator.clone().unwrap_or_else(|| {
        let lines = || text.split('\n').filter(|l| !l.trim_ascii().is_empty());
        let with = |sign: char| lines().filter(|l| l.contains(sign)).count();
        let (tabs, commas) = if csv { (with('\t'), with(',')) } else { (1, 0) };
        if tabs > commas && (!csv || tabs * 2 > lines().count()) { "\t".into() } else { ",".into() }
    })
}

/// Line number, text of the line, cells.
type Row<'a> = (usize, &'a str, Vec<Cow<'a, str>>);

fn plain<'a>(file: &'a DataFile, separator: &str) -> impl Iterator<Item = Row<'a>> {
    let rows = file.lines().filter(|(_, line)| !line.is_empty());
    rows.map(move |(n, line)| (n, line, line.split(separator).map(Cow::Borrowed).collect()))
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

/// A quote that opens a cell and does not close it as it should.
struct OpenQuote {
    line: usize,
    /// the line where it closes, if it does
    closes: Option<usize>,
}

impl OpenQuote {
    fn report(&self, sink: &mut Sink<'_>, file: &DataFile) {
        let text = file.text.split('\n').nth(self.line - 1).unwrap_or_default().trim_end_matches('\r');
        let note = match self.closes {
            Some(line) => format!("it would close on line {line}"),
            None => "it never closes".into(),
        };
        sink.faults.at("E0610", sink.decl.reader_span, file.place(self.line, text), &note, || {
            let message = format!("a quote opens on line {} of `{}`, and what it holds is no cell", self.line, file.name);
            let help = "close it on its line, double a quote that is text (`\"\"`), or write `quote = false` if quotes are \
                        text in this file";
            (message, Some(help.into()))
        });
    }
}

/// Rows inside quotes are more than so many only by mistake, if nearly all have the form of a row.
const MANY_ROWS: usize = 10;

/// The quotes that never close, that close over a line end before something else than a separator, and that swallow rows.
fn open_quotes(text: &str, separator: u8) -> Vec<OpenQuote> {
    let bytes = text.as_bytes();
    let (mut out, mut at, mut line, mut columns) = (vec![], 0, 1, 1usize);
    // columns of the first row
    let mut width = None;
    let mut cell_begins = true;
    while at < bytes.len() {
        match bytes[at] {
            b'"' if cell_begins => {
                let (opened, start) = (line, at + 1);
                at += 1;
                let closed = loop {
                    match bytes.get(at) {
                        None => break false,
                        Some(b'"') if bytes.get(at + 1) == Some(&b'"') => at += 1,
                        Some(b'"') => break true,
                        Some(b'\n') => line += 1,
                        Some(_) => {}
                    }
                    at += 1;
                };
                if !closed {
                    out.push(OpenQuote { line: opened, closes: None });
                    return out;
                }
                let after = bytes.get(at + 1);
                let ends = after.is_none_or(|b| *b == separator || matches!(b, b'\r' | b'\n'));
                let inside: Vec<&str> = text[start..at].split('\n').collect();
                let inner = &inside[1..inside.len().max(2) - 1];
                let like_rows = width.map_or(0, |w: usize| {
                    let row = |l: &&&str| w > 1 && l.bytes().filter(|b| *b == separator).count() + 1 == w;
                    inner.iter().filter(row).count()
                });
                let swallows = inner.len() >= 3 && like_rows == inner.len()
                    || inner.len() >= MANY_ROWS && like_rows * 5 >= inner.len() * 4;
                if line > opened && (!ends || swallows) {
                    out.push(OpenQuote { line: opened, closes: Some(line) });
                    // go on after the line where it opened
                    at = start + text[start..].find('\n').unwrap_or(0);
                    line = opened;
                    cell_begins = false;
                    continue;
                }
                cell_begins = false;
            }
            b'\n' => {
                width.get_or_insert(columns);
                (line, columns, cell_begins) = (line + 1, 1, true);
            }
            b if b == separator => (columns, cell_begins) = (columns + 1, true),
            b'\r' if bytes.get(at + 1) == Some(&b'\n') => {}
            _ => cell_begins = false,
        }
        at += 1;
    }
    out
}

fn rows_in<'a>(sink: &mut Sink<'_>, file: &'a DataFile, rows: Vec<Row<'a>>, separator: &str, quoted: bool) {
    let lines = || file.text.split('\n').map(|l| l.trim_end_matches('\r'));
    let Some((_, first_line, first)) = rows.first() else { return };
    let widths: Vec<usize> = rows.iter().map(|r| r.2.len()).collect();
    // most rows decide; where they are of many widths, none is odd
    let width = super::most(&widths).filter(|w| widths.iter().filter(|n| *n == w).count() * 3 >= widths.len() * 2);
    let Some(columns) = columns(sink, file, first_line, first, (width.unwrap_or(usize::MAX), separator)) else {
        return;
    };
    let needed = columns.of.iter().flatten().max().map_or(0, |c| c + 1);
    sink.headed = columns.header;
    let mut group = Group::default();
    for (number, line, mut cells) in rows.into_iter().skip(usize::from(columns.header)) {
        if sink.full() {
            return;
        }
        let place = file.place(number, line);
        let n = cells.len();
        // a tab is hardly ever text, and files between tabs often have further columns in some rows
        let odd = separator != "\t" && width.is_some_and(|w| n != w && w >= needed);
        if n < needed || odd {
            let short = sink.decl.fields.iter().zip(&columns.of).find(|(_, c)| c.is_some_and(|c| c >= n));
            let note = format!("{n} {} here", if n == 1 { "column" } else { "columns" });
            sink.faults.at("E0604", sink.decl.reader_span, place, &note, || {
                let message = match short {
                    Some((f, c)) => {
                        let column = c.map_or(0, |c| c + 1);
                        format!("line {number} of `{}` has too few columns: `{}` is column {column}", file.name, f.name)
                    }
                    None => {
                        let others = width.unwrap_or(needed);
                        format!("line {number} of `{}` has {n} columns where others have {others}", file.name)
                    }
                };
                let other = super::other_separator(lines(), needed, separator);
                let help = match other.filter(|_| !odd) {
                    Some(other) => Some(format!("if the columns are parted otherwise, write `separator = {other}`")),
                    None if quoted && line.contains('"') => Some(
                        "a separator between double quotes is text: write `quote = false` if they are text themselves"
                            .into(),
                    ),
                    None if width.is_some_and(|w| n > w) && quoted => {
                        Some("put a cell that holds the separator between double quotes".into())
                    }
                    None => None,
                };
                (message, help)
            });
            group.broken = true;
            continue;
        }
        if let Some(by) = columns.group {
            let key = cells.get(by).map_or("", |c| c.trim()).to_owned();
            if group.begins(&key) {
                group.flush(sink, file, &columns.of);
            }
            group.rows.push((number, line, cells));
            if !key.is_empty() {
                group.key = key;
            }
            continue;
        }
        let mut left: Vec<usize> = vec![0; cells.len()];
        columns.of.iter().flatten().for_each(|&c| left[c] += 1);
        let mut take = |c: usize| {
            left[c] -= 1;
            if left[c] == 0 { std::mem::take(&mut cells[c]) } else { cells[c].clone() }
        };
        let values = columns.of.iter().map(|c| c.map_or(Value::Missing, |c| Value::Text(take(c)))).collect();
        sink.push(values, |_| place);
    }
    group.flush(sink, file, &columns.of);
}

/// The rows of one text.
#[derive(Default)]
struct Group<'a> {
    key: String,
    rows: Vec<Row<'a>>,
    broken: bool,
}

impl<'a> Group<'a> {
    fn begins(&self, key: &str) -> bool {
        !key.is_empty() && key != self.key && !self.rows.is_empty()
    }

    /// Words and tags are those of all rows, everything else that of the first.
    fn flush(&mut self, sink: &mut Sink<'_>, file: &'a DataFile, of: &[Option<usize>]) {
        let done = std::mem::take(self);
        let Some((number, line, first)) = done.rows.first().filter(|_| !done.broken) else { return };
        let value = |(field, column): (&FieldDecl, &Option<usize>)| match column {
            None => Value::Missing,
            Some(c) if field.ty.is_text() || matches!(field.ty, FieldType::Tags { .. }) => {
                Value::Items(done.rows.iter().map(|(_, _, cells)| cells[*c].as_ref()).collect())
            }
            Some(c) => Value::Text(Cow::Borrowed(first[*c].as_ref())),
        };
        let values = sink.decl.fields.iter().zip(of).map(value).collect();
        sink.push(values, |_| file.place(*number, line));
    }
}

struct Columns {
    header: bool,
    /// for each field its column, from 0; none for a gold that this file lacks
    of: Vec<Option<usize>>,
    /// the column that groups rows
    group: Option<usize>,
}

/// Which column each field takes; reports names that the heading lacks.
fn columns(
    sink: &mut Sink<'_>,
    file: &DataFile,
    line: &str,
    first: &[Cow<'_, str>],
    (width, separator): (usize, &str),
) -> Option<Columns> {
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
    let by = match &sink.options.group {
        Some(FieldSource::Name(name)) => heading(name),
        _ => None,
    };
    let any = unnumbered().any(|f| exact(f) || f.source.is_none() && cells.contains(&f.name.as_str()))
        || unnumbered().count() > 0 && unnumbered().all(|f| named(f).is_some())
        || by.is_some();
    let header = sink.options.header.unwrap_or(any);
    let names = fields.iter().any(|f| matches!(f.source, Some(FieldSource::Name(_))));
    let place = file.place(1, line);
    let what = if header { "the headings" } else { "the first line" };
    let group = match &sink.options.group {
        None => None,
        Some(FieldSource::Number(n)) => Some(n.saturating_sub(1)),
        Some(FieldSource::Name(name)) => match by.filter(|_| header) {
            Some(c) => Some(c),
            None => {
                sink.faults.at("E0605", sink.decl.option_span("group"), place, what, || {
                    let near = suggest::question(&suggest::near(name, cells.iter().copied()));
                    (format!("`{}` has no column `{name}`", file.name), near)
                });
                return None;
            }
        },
    };
    if !(names || header && any) {
        let of = super::in_order(fields).into_iter().zip(fields).map(|(c, f)| {
            let lacks = c >= width && sink.may_lack(f);
            if lacks {
                sink.without_gold(f, place, &format!("column {}", c + 1));
            }
            (!lacks).then_some(c)
        });
        return Some(Columns { header, of: of.collect(), group });
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
            let near = suggest::near(name, cells.iter().copied());
            if header && sink.may_lack(f) && near.is_empty() && cells.len() > 1 {
                sink.without_gold(f, place, &format!("column `{name}`"));
                of.push(None);
                continue;
            }
            sink.faults.at("E0605", f.span, place, what, || {
                let lines = file.text.split('\n').map(|l| l.trim_end_matches('\r'));
                let other = super::other_separator(lines, 2, separator);
                let other = other.filter(|_| line.contains(name.as_str()) && !cells.contains(&name.as_str()));
                let ty = crate::columns::type_word(&f.ty);
                let free = cells.iter().find(|c| fields.iter().all(|g| named(g).is_none_or(|at| cells[at] != **c)));
                let help = match (other, suggest::question(&near), free) {
                    (Some(other), ..) => format!("if the columns are parted otherwise, write `separator = {other}`"),
                    (None, Some(near), _) => near,
                    (None, None, Some(free)) if header => {
                        format!("its columns are {}; name one: `{}: {ty} = \"{free}\"`", cells.join(", "), f.name)
                    }
                    _ => format!("number the column: `{}: {ty} = 1`", f.name),
                };
                (format!("`{}` has no column `{name}`", file.name), Some(help))
            });
            continue;
        };
        of.push(Some(column));
    }
    (of.len() == fields.len()).then_some(Columns { header, of, group })
}
