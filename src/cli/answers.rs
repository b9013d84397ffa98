//! Answers on their way to standard output or a file.

use super::output::{self, out_json, out_text};
use super::{FAILED, USAGE, WriteArgs, say};
use crate::columns::{CorpusDecl, OptionValue, Split};
use crate::kinds::heads::Shown;
use crate::kinds::writers::{self, Example, Member, Style, Writer, Writing};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// The wanted format: named, by the ending of the file, or else that of the input. `Err` is the exit code.
pub(super) fn writer(a: &WriteArgs, otherwise: &str) -> Result<&'static Writer, i32> {
    if let Some(name) = &a.output {
        return writers::find(name).ok_or(USAGE);
    }
    let Some(path) = &a.out else { return writers::find(otherwise).ok_or(USAGE) };
    let ending = path.extension().and_then(|e| e.to_str());
    ending.and_then(writers::of_ending).ok_or_else(|| {
        say(format!("error: the ending of `{}` names no format of answers", path.display()));
        say("  help: end it in .conll, .conllu, .tsv, .csv or .jsonl, or add `--output jsonl`");
        USAGE
    })
}

/// What is written beside the predictions.
pub(super) fn style(a: &WriteArgs) -> Style {
    Style { header: a.header, gold: a.gold, probs: a.probs, top: a.top.is_some() }
}

/// What is said beside the decisions.
pub(super) fn shown(a: &WriteArgs) -> Shown {
    Shown { probs: a.probs, top: a.top.map(usize::from) }
}

/// The fields of an example of a data set.
pub(super) fn members(decl: &CorpusDecl, split: &Split, i: usize) -> Vec<Member> {
    let between = match decl.options.get("split") {
        Some(OptionValue::Text(s)) if !s.is_empty() => s.as_str(),
        _ => ",",
    };
    let columns = decl.fields.iter().zip(&split.columns);
    columns.map(|(f, column)| Member::of_column(&f.name, column, i, between)).collect()
}

/// A file that is being written; none: standard output.
pub(super) struct Sheet<'a> {
    to: Option<(BufWriter<File>, &'a Path)>,
    json: bool,
    writing: Writing<'a>,
}

impl<'a> Sheet<'a> {
    /// Begins with what stands before the first example. `Err` is the exit code.
    pub(super) fn begin(a: &'a WriteArgs, writer: &'static Writer, writing: Writing<'a>) -> Result<Self, i32> {
        let to = match &a.out {
            None => None,
            Some(path) => match File::create(path) {
                Ok(f) => Some((BufWriter::new(f), path.as_path())),
                Err(e) => {
                    say(format!("error: `{}` cannot be written: {e}", path.display()));
                    return Err(FAILED);
                }
            },
        };
        let head = writing.head();
        let mut sheet = Self { to, json: writer.json, writing };
        sheet.put(&head)?;
        Ok(sheet)
    }

    /// Writes an example; `Err` is the exit code where no more can be written.
    pub(super) fn example(&mut self, example: &Example<'_>) -> Result<(), i32> {
        let text = self.writing.example(example);
        self.put(&text)
    }

    fn put(&mut self, text: &str) -> Result<(), i32> {
        if text.is_empty() {
            return Ok(());
        }
        match &mut self.to {
            Some((file, path)) => file.write_all(text.as_bytes()).map_err(|e| {
                say(format!("error: `{}` cannot be written: {e}", path.display()));
                FAILED
            }),
            None => {
                if self.json {
                    out_json(text)
                } else {
                    out_text(text)
                }
                // why, is said at the end
                if output::is_closed() { Err(super::FINE) } else { Ok(()) }
            }
        }
    }

    /// Ends the file.
    pub(super) fn end(self) -> Result<(), i32> {
        let Some((mut file, path)) = self.to else { return Ok(()) };
        file.flush().map_err(|e| {
            say(format!("error: `{}` cannot be written: {e}", path.display()));
            FAILED
        })
    }
}
