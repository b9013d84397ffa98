//! `parallel`: one file for each field, aligned by lines.

use crate::columns::faults::Place;
use crate::columns::reader::{Complaint, DataFile, Layout, Reader};
use crate::columns::sink::{Sink, Value};
use crate::columns::{CorpusDecl, FieldDecl, FieldSource};
use std::path::Path;

pub(super) const PARALLEL: Reader = Reader {
    name: "parallel",
    doc: "one file per field; line n of each belongs to example n",
    options: &[],
    extensions: &[],
    token_lines: false,
    written: "jsonl",
    quoted: false,
    together: super::TOGETHER,
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

fn read(sink: &mut Sink<'_>, all: &[DataFile]) {
    // a file without a name: the split lacks this gold
    let (mut files, mut fields, mut at) = (vec![], vec![], vec![]);
    for (field, file) in sink.decl.fields.iter().zip(all) {
        at.push((!file.name.is_empty()).then_some(files.len()));
        if !file.name.is_empty() {
            files.push(file);
            fields.push(field);
        }
    }
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
    for ((field, file), l) in fields.iter().zip(&files).zip(&lines) {
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
    let folder = Path::new(&files[most].name).parent().map(|p| p.display().to_string()).unwrap_or_default();
    for (field, _) in sink.decl.fields.iter().zip(&at).filter(|(_, at)| at.is_none()) {
        let first = lines[most].first().copied().unwrap_or_default();
        sink.without_gold(field, Place { file: &folder, line: 1, text: first }, "file of it");
    }
    for i in 0..n {
        if sink.full() {
            return;
        }
        let line = |file: usize| lines.get(file).and_then(|l| l.get(i)).copied().unwrap_or_default();
        let values = at.iter().map(|at| at.map_or(Value::Missing, |at| Value::Text(line(at).into()))).collect();
        let file = |field: usize| at[field].unwrap_or(most);
        sink.push(values, |field| files[file(field)].place(i + 1, line(file(field))));
    }
}
