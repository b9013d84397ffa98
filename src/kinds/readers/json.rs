//! `jsonl` (an object per line) and `json` (a list of objects, or an object that holds one).

use crate::columns::faults::Place;
use crate::columns::reader::{Complaint, DataFile, Layout, OptionKind, OptionSpec, Reader, option};
use crate::columns::sink::{Sink, Value};
use crate::columns::{CorpusDecl, FieldDecl, FieldSource};
use crate::diagnostics::suggest;
use serde::de::IgnoredAny;
use serde_json::{Deserializer, Value as Json};

const AT: OptionSpec = option("at", OptionKind::Text, "the key that holds the list of examples");

pub(super) const JSONL: Reader = Reader {
    name: "jsonl",
    doc: "one JSON object per line",
    options: &[],
    extensions: &["jsonl", "ndjson", "json"],
    token_lines: false,
    written: "jsonl",
    quoted: false,
    together: super::TOGETHER,
    layout: Layout::OneFile,
    field,
    read: read_lines,
};

pub(super) const JSON: Reader = Reader {
    name: "json",
    doc: "a JSON list of objects, or an object that holds one",
    options: &[AT],
    extensions: &["json"],
    token_lines: false,
    written: "jsonl",
    quoted: false,
    together: super::TOGETHER,
    layout: Layout::OneFile,
    field,
    read: read_document,
};

fn field(_: &CorpusDecl, _: &FieldDecl) -> Option<Complaint> {
    None
}

fn read_lines(sink: &mut Sink<'_>, files: &[DataFile]) {
    for file in files {
        let mut seen = Seen::new(sink);
        for (number, line) in file.lines().filter(|(_, l)| !l.trim().is_empty()) {
            if sink.full() {
                break;
            }
            match serde_json::from_str::<Json>(line) {
                // a whole document on one line, or on its first
                Ok(Json::Array(rows)) if number == 1 && rows.first().is_some_and(Json::is_object) => {
                    sink.faults.at(
                        "E0610",
                        sink.decl.reader_span,
                        file.place(number, line),
                        "a list of objects",
                        || {
                            let message = format!("line {number} of `{}` holds the list of all examples", file.name);
                            (message, Some("the file is one JSON document: use `json(...)`".into()))
                        },
                    );
                    return;
                }
                Ok(row) => seen.push(sink, &row, file.place(number, line)),
                Err(error) => broken(sink, file, number, line, &error),
            }
        }
        seen.finish(sink, file);
    }
}

fn read_document(sink: &mut Sink<'_>, files: &[DataFile]) {
    for file in files {
        let text = file.text.as_str();
        let Some(mut at) = start_of_list(sink, file) else { continue };
        // line numbers are counted along the way
        let (mut line, mut counted) = (1, 0);
        let mut seen = Seen::new(sink);
        loop {
            at += text[at..].len() - text[at..].trim_start_matches(|c: char| c.is_ascii_whitespace() || c == ',').len();
            if sink.full() || text[at..].starts_with(']') {
                break;
            }
            line += text[counted..at].matches('\n').count();
            counted = at;
            let shown = text[at..].split('\n').next().unwrap_or_default();
            let mut stream = Deserializer::from_str(&text[at..]).into_iter::<Json>();
            match stream.next() {
                Some(Ok(row)) => seen.push(sink, &row, file.place(line, shown)),
                Some(Err(error)) => {
                    broken(sink, file, line + error.line().saturating_sub(1), shown, &error);
                    break;
                }
                None => {
                    let place = file.place(line, shown);
                    sink.faults.at("E0610", sink.decl.reader_span, place, "", || {
                        (format!("the list in `{}` does not end", file.name), None)
                    });
                    break;
                }
            }
            at += stream.byte_offset();
        }
        seen.finish(sink, file);
    }
}

/// Where the list of examples begins: the document itself, the key `at`, or the only list of an object.
fn start_of_list(sink: &mut Sink<'_>, file: &DataFile) -> Option<usize> {
    let text = file.text.as_str();
    let skip = |at: usize| at + text[at..].len() - text[at..].trim_ascii_start().len();
    let mut at = skip(0);
    let first = text.split('\n').next().unwrap_or_default();
    let mut keys: Vec<String> = vec![];
    let mut lists: Vec<(String, usize)> = vec![];
    if text[at..].starts_with('[') && sink.options.at.is_none() {
        return Some(at + 1);
    }
    if text[at..].starts_with('{') {
        at = skip(at + 1);
        while !text[at..].starts_with('}') {
            let mut key = Deserializer::from_str(&text[at..]).into_iter::<String>();
            let name = match key.next() {
                Some(Ok(name)) => name,
                Some(Err(error)) => {
                    broken_at(sink, file, at, &error);
                    return None;
                }
                None => break,
            };
            at = skip(at + key.byte_offset());
            at = skip(at + usize::from(text[at..].starts_with(':')));
            if text[at..].starts_with('[') {
                lists.push((name.clone(), at + 1));
                if sink.options.at.as_ref() == Some(&name) {
                    return Some(at + 1);
                }
            }
            keys.push(name);
            let mut value = Deserializer::from_str(&text[at..]).into_iter::<IgnoredAny>();
            if let Some(Err(error)) = value.next() {
                broken_at(sink, file, at, &error);
                return None;
            }
            at = skip(at + value.byte_offset());
            at = skip(at + usize::from(text[at..].starts_with(',')));
            if at >= text.len() {
                break;
            }
        }
        if let ([(_, start)], None) = (&lists[..], &sink.options.at) {
            return Some(*start);
        }
    }
    sink.faults.at("E0610", sink.decl.reader_span, file.place(1, first), "", || {
        let names: Vec<String> = lists.iter().map(|(n, _)| format!("`{n}`")).collect();
        let message = match (&sink.options.at, lists.len()) {
            (Some(key), _) => format!("`{}` has no list `{key}`", file.name),
            (None, 0) => format!("`{}` holds no list of examples", file.name),
            (None, _) => format!("`{}` holds several lists: {}", file.name, names.join(", ")),
        };
        (message, lists.first().map(|(n, _)| format!("say which: `at = \"{n}\"`")))
    });
    None
}

fn broken_at(sink: &mut Sink<'_>, file: &DataFile, at: usize, error: &serde_json::Error) {
    let line = file.text[..at].matches('\n').count() + error.line().max(1);
    let text = file.text.split('\n').nth(line - 1).unwrap_or_default();
    broken(sink, file, line, text, error);
}

fn broken(sink: &mut Sink<'_>, file: &DataFile, line: usize, text: &str, error: &serde_json::Error) {
    // serde counts lines from the start of the value; ours is the file's
    let what = error.to_string();
    let what = what.split(" at line ").next().unwrap_or_default().to_owned();
    let note = format!("{what}, column {}", error.column());
    sink.faults.at("E0610", sink.decl.reader_span, file.place(line, text), &note, || {
        let help = match text.trim() {
            _ if sink.decl.reader != "jsonl" || line != 1 => None,
            t if t.starts_with('[') => Some("the file looks like one JSON document: use `json(...)`".to_owned()),
            "{" => {
                Some("an object stands on one line; of objects over several lines make a list for `json(...)`".into())
            }
            _ => None,
        };
        (format!("line {line} of `{}` is not JSON: {what}", file.name), help)
    });
}

/// Which fields had a key in some row.
struct Seen {
    fields: Vec<bool>,
    rows: usize,
    keys: Vec<String>,
    first: Option<(usize, String)>,
}

impl Seen {
    fn new(sink: &Sink<'_>) -> Self {
        let fields = vec![false; sink.decl.fields.len()];
        Self { fields, rows: 0, keys: vec![], first: None }
    }

    fn push(&mut self, sink: &mut Sink<'_>, row: &Json, place: Place<'_>) {
        if !matches!(row, Json::Object(_) | Json::Array(_)) {
            sink.faults.at("E0610", sink.decl.reader_span, place, "no object", || {
                (format!("the example at {}:{} is no JSON object", place.file, place.line), None)
            });
            return;
        }
        self.rows += 1;
        if self.first.is_none() {
            self.first = Some((place.line, place.text.to_owned()));
            self.keys = row.as_object().map(|o| o.keys().cloned().collect()).unwrap_or_default();
        }
        let mut values = vec![];
        for (field, seen) in sink.decl.fields.iter().zip(&mut self.fields) {
            let value = match &field.source {
                Some(FieldSource::Number(n)) => row.get(n.wrapping_sub(1)),
                Some(FieldSource::Name(path)) => {
                    // a key may itself hold dots
                    row.get(path).or_else(|| path.split('.').try_fold(row, |at, key| at.get(key)))
                }
                None => row.get(&field.name),
            };
            *seen |= value.is_some();
            values.push(value.map_or(Value::Missing, Value::Json));
        }
        // where a key is absent everywhere, `finish` says so once
        let texts = sink.decl.fields.iter().zip(&self.fields).all(|(f, seen)| *seen || !f.ty.is_text());
        if texts {
            sink.push(values, |_| place);
        }
    }

    fn finish(self, sink: &mut Sink<'_>, file: &DataFile) {
        let Some((line, text)) = self.first else { return };
        for (field, _) in sink.decl.fields.iter().zip(&self.fields).filter(|(_, seen)| !**seen) {
            let name = match &field.source {
                Some(FieldSource::Name(name)) => name.as_str(),
                _ => field.name.as_str(),
            };
            let numbered = matches!(field.source, Some(FieldSource::Number(_)));
            if sink.may_lack(field) && !numbered && suggest::near(name, self.keys.iter().map(String::as_str)).is_empty()
            {
                sink.without_gold(field, Place { file: &file.name, line, text: &text }, &format!("key `{name}`"));
                continue;
            }
            let key = match &field.source {
                Some(FieldSource::Name(name)) => name.clone(),
                Some(FieldSource::Number(n)) => n.to_string(),
                None => field.name.clone(),
            };
            let place = Place { file: &file.name, line, text: &text };
            sink.faults.at("E0605", field.span, place, "the first example", || {
                let keys: Vec<&str> = self.keys.iter().map(String::as_str).collect();
                let near = suggest::question(&suggest::near(&key, keys.iter().copied()));
                let ty = crate::columns::type_word(&field.ty);
                let list = || match keys.first() {
                    Some(k) => format!("its keys are {}; name one: `{}: {ty} = \"{k}\"`", keys.join(", "), field.name),
                    None => format!("number the member: `{}: {ty} = 1`", field.name),
                };
                (format!("no example of `{}` has the key `{key}`", file.name), Some(near.unwrap_or_else(list)))
            });
        }
    }
}
