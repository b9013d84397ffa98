//! `parallel`: one file for each field, aligned by lines.

use crate::columns::reader::{Complaint, DataFile, Layout, Reader};
use crate::columns::sink::{Sink, Value};
use crate::columns::{CorpusDecl, FieldDecl, FieldSource};

pub(super) const PARALLEL: Reader = Reader {
    name: "parallel",
    doc: "one file per field; line n of each belongs to example n",
    options: &[],
    extensions: &[],
    token_lines: false,
    quoted: false,
    layout: Layout::FilePerField,
    field,
    read,
};

fn field(decl: &CorpusDecl, field: &FieldDecl) -> Option<Complaint> {
    if let Some(FieldSource::Number(_)) = field.source {
        let help = format!("write the file's name or ending: `{} = \"{}.txt\"`", field.name, field.name);
        return Some(("E0613", "`parallel` has one file per field, so a source is a file name".into(), Some(help)));
    }
    super::no_trees(decl, field)
}

fn read(sink: &mut Sink<'_>, files: &[DataFile]) {
    let mut lines: Vec<Vec<&str>> = files.iter().map(|f| f.lines().map(|(_, l)| l).collect()).collect();
    let fewest = lines.iter().map(Vec::len).min().unwrap_or(0);
    // blank lines at the end of one file only are no examples
    for l in &mut lines {
        while l.len() > fewest && l.last().is_some_and(|l| l.trim().is_empty()) {
            l.pop();
        }
    }
    // the length of most files is the right one, and that of the first where they are even
    let like = |l: &Vec<&str>| lines.iter().filter(|o| o.len() == l.len()).count();
    let Some(most) = (0..lines.len()).rev().max_by_key(|i| like(&lines[*i])) else { return };
    let n = lines[most].len();
    for ((field, file), l) in sink.decl.fields.iter().zip(files).zip(&lines) {
        let m = l.len();
        if m != n {
            let end = m.min(n);
            let place = file.place(m.max(1), l.last().copied().unwrap_or_default());
            sink.faults.at("E0608", field.span, place, "the last line", || {
                let message = format!("`{}` has {n} lines, but `{}` has {m}", files[most].name, file.name);
                (message, Some(format!("line n of each file must belong to example n; compare them after line {end}")))
            });
        }
    }
    let n = lines.iter().map(Vec::len).min().unwrap_or(0);
    if lines.iter().any(|l| l.len() != n) {
        return;
    }
    for i in 0..n {
        if sink.full() {
            return;
        }
        let values = lines.iter().map(|l| Value::Text(l[i].into())).collect();
        sink.push(values, |field| files[field].place(i + 1, lines[field][i]));
    }
}
