//! `tsv` and `csv`: an example in each row; where a file has a token in each row, so.

use super::{Example, Own, Writer, Writing};
use crate::columns::reader::Options;
use crate::kinds::readers;

pub(super) const TSV: Writer =
    Writer { name: "tsv", aliases: &[], json: false, endings: &["tsv", "tab"], head, example };
pub(super) const CSV: Writer = Writer { name: "csv", aliases: &[], json: false, endings: &["csv"], head, example };

/// How cells stand in a line.
struct Form {
    separator: String,
    quoted: bool,
    /// a token in each row
    tokens: bool,
}

fn form(w: &Writing<'_>) -> Form {
    let csv = w.writer.name == CSV.name;
    match (&w.file, w.decl) {
        (Some(file), Some(decl)) => {
            let options = Options::of(decl);
            let separator = readers::separator(&options, csv, file.text);
            let quoted = options.quote.unwrap_or(csv) && separator.len() == 1;
            Form { separator, quoted, tokens: options.group.is_some() }
        }
        _ => Form { separator: if csv { "," } else { "\t" }.into(), quoted: csv, tokens: false },
    }
}

impl Form {
    /// A cell as it stands in its line.
    fn cell(&self, value: &str) -> String {
        match (self.quoted, value.contains([',', '"', '\n', '\r']) || value.contains(&self.separator)) {
            (true, true) => format!("\"{}\"", value.replace('"', "\"\"")),
            (false, true) => value.replace(&self.separator, " "),
            _ => value.to_string(),
        }
    }

    fn line(&self, cells: impl IntoIterator<Item = String>) -> String {
        let cells: Vec<String> = cells.into_iter().map(|c| self.cell(&c)).collect();
        format!("{}\n", cells.join(&self.separator))
    }

    /// The number of cells of a file's widest row: what is predicted stands behind them.
    fn width(&self, file: &Own<'_>) -> usize {
        *file.width.get_or_init(|| self.records(file, 1).map(|(cells, _)| cells.len()).max().unwrap_or(0))
    }

    /// Records of a file from a line on, each with the number of its lines.
    fn records<'f>(&'f self, file: &'f Own<'_>, line: usize) -> Box<dyn Iterator<Item = (Vec<String>, usize)> + 'f> {
        if !self.quoted {
            let of = move |n: usize| (file.line(n).split(self.separator.as_str()).map(String::from).collect(), 1);
            return Box::new((line..=file.starts.len()).map(of));
        }
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(self.separator.as_bytes()[0])
            .from_reader(file.from(line).as_bytes());
        Box::new(reader.into_records().map_while(Result::ok).map(|r| {
            let cells: Vec<String> = r.iter().map(String::from).collect();
            let lines = 1 + cells.iter().map(|c| c.matches('\n').count()).sum::<usize>();
            (cells, lines)
        }))
    }
}

fn titles(w: &Writing<'_>) -> impl Iterator<Item = String> {
    w.tasks.iter().flat_map(|t| w.titles(t))
}

/// The headings: those of the file with what is predicted, or the names of what is written.
fn head(w: &Writing<'_>) -> String {
    let form = form(w);
    match &w.file {
        Some(file) => {
            let first = (1..=file.starts.len()).find(|n| !file.is_blank(*n)).unwrap_or(1);
            let Some((mut cells, _)) = form.records(file, first).next() else { return String::new() };
            let width = form.width(file);
            cells.resize(width, String::new());
            match (file.headed, w.style.header) {
                (true, _) => form.line(cells.into_iter().chain(titles(w))),
                (false, true) => form.line((1..=width).map(|c| format!("column{c}")).chain(titles(w))),
                (false, false) => String::new(),
            }
        }
        None if w.style.header => {
            form.line(std::iter::once("line".into()).chain(w.fields.iter().cloned()).chain(titles(w)))
        }
        None => String::new(),
    }
}

fn example(w: &Writing<'_>, e: &Example<'_>) -> (String, usize) {
    let form = form(w);
    let said = |t: usize| e.said.iter().find(|(own, _)| *own == t).map(|(_, said)| said);
    let answers = || w.tasks.iter().enumerate().flat_map(|(t, told)| w.whole(told, said(t)));
    let Some(file) = &w.file else {
        let line = std::iter::once(e.line.to_string());
        if let Some(error) = e.error {
            let empty = vec![String::new(); w.fields.len() + titles(w).count()];
            return (form.line(line.chain(empty).chain([format!("error: {error}")])), e.line);
        }
        let fields = w
            .fields
            .iter()
            .map(|name| e.members.iter().find(|m| m.name == *name).map(|m| super::shown(&m.text)).unwrap_or_default());
        return (form.line(line.chain(fields).chain(answers())), e.line);
    };
    if let Some(error) = e.error {
        // as wide as the others, so that the file can be read
        let mut cells = form.records(file, e.line).next().map(|(cells, _)| cells).unwrap_or_default();
        cells.resize(form.width(file), String::new());
        cells.extend(titles(w).map(|_| String::new()));
        cells.push(format!("error: {error}"));
        return (form.line(cells), e.line);
    }
    let n = if form.tokens {
        e.members.iter().filter_map(|m| m.tokens.as_ref()).map(Vec::len).max().unwrap_or(1)
    } else {
        1
    };
    let (mut out, mut last) = (String::new(), e.line);
    for (i, (mut cells, lines)) in form.records(file, e.line).take(n).enumerate() {
        cells.resize(form.width(file), String::new());
        let own: Vec<String> = match form.tokens {
            false => answers().collect(),
            true => w
                .tasks
                .iter()
                .enumerate()
                .flat_map(|(t, told)| match told.columns.is_empty() {
                    true => w.whole(told, said(t)),
                    false => w.token(told, said(t), i),
                })
                .collect(),
        };
        out.push_str(&form.line(cells.into_iter().chain(own)));
        last += lines;
    }
    (out, last.saturating_sub(1))
}
