//! `lines`: one text per line.

use crate::columns::reader::{Complaint, DataFile, Layout, Reader};
use crate::columns::sink::{Sink, Value};
use crate::columns::{CorpusDecl, FieldDecl};

pub(super) const LINES: Reader = Reader {
    name: "lines",
    doc: "one text per line; blank lines are skipped",
    options: &[],
    extensions: &["txt"],
    token_lines: false,
    written: "jsonl",
    quoted: false,
    together: super::TOGETHER,
    layout: Layout::OneFile,
    field,
    read,
};

fn field(decl: &CorpusDecl, field: &FieldDecl) -> Option<Complaint> {
    let help = || Some("for several fields on a line use `tsv(...)`, for several files `parallel(...)`".to_owned());
    if decl.fields.first().is_some_and(|f| !std::ptr::eq(f, field)) {
        return Some(("E0613", "`lines` holds one field".into(), help()));
    }
    if !field.ty.is_text() {
        let message = format!("`lines` gives a text, not `{}`", crate::columns::type_word(&field.ty));
        return Some(("E0614", message, Some(format!("declare it as a text: `{}: tokens`", field.name))));
    }
    field.source.as_ref().map(|_| ("E0613", "`lines` has no columns to choose from".into(), help()))
}

fn read(sink: &mut Sink<'_>, files: &[DataFile]) {
    for file in files {
        for (number, line) in file.lines().filter(|(_, l)| !l.trim().is_empty()) {
            if sink.full() {
                return;
            }
            sink.push(vec![Value::Text(line.into())], |_| file.place(number, line));
        }
    }
}
