//! Reading a corpus: its files through its reader, then what holds for every format.

use super::files;
use super::{splits, tagging, texts, validate};
use crate::ast::UNREADABLE;
use crate::columns::faults::{Faults, Place, line_of};
use crate::columns::reader::{DataFile, Layout, Options};
use crate::columns::sink::{Sink, column};
use crate::columns::{
    Column, Corpus, CorpusDecl, FieldDecl, FieldType, OptionValue, Places, Split, SplitName, SplitSource,
};
use crate::diagnostics::Diagnostic;
use crate::kinds::readers::find;
use std::path::{Path, PathBuf};

/// What loading gave: the corpus if its files could be read at all, and every finding.
#[derive(Debug, Default)]
pub struct Loaded {
    /// `None` when a file is missing or unusable
    pub corpus: Option<Corpus>,
    /// findings, each with its place in the data file
    pub diagnostics: Vec<Diagnostic>,
    /// whether files were absent (a warning of `check`, an error of `run`)
    pub missing: bool,
}

/// Reads a corpus; relative paths start at `base`. The declaration must have passed [`validate`]: if not, nothing is read.
pub fn load(decl: &CorpusDecl, base: &Path) -> Loaded {
    let mut loaded = read(decl, base);
    if let (Some(OptionValue::Number(n)), Some(corpus)) = (decl.options.get("max_tokens"), &mut loaded.corpus) {
        loaded.diagnostics.extend(texts::cut(decl, corpus, *n as usize));
    }
    loaded
}

/// A declaration for other files in place of a corpus' own, all of whose examples are scored: what limits the training
/// examples does not hold there.
pub fn elsewhere(decl: &CorpusDecl, path: &Path) -> CorpusDecl {
    let mut decl = decl.clone();
    decl.path = Some(path.to_string_lossy().into_owned());
    decl.splits.clear();
    decl.options.retain(|name, _| !["max", "max_tokens"].contains(&name.as_str()));
    decl
}

/// A file of a corpus as it is answered: the examples that can be read, and what is wrong with the others.
#[derive(Debug, Default)]
pub struct OneFile {
    /// its text; none where it is not UTF-8
    pub file: Option<DataFile>,
    /// it begins with a line of headings
    pub headed: bool,
    /// what can be read of it; it need not hold gold
    pub examples: Split,
    /// the first line of each example
    pub lines: Vec<u32>,
    /// line and fault of each example that cannot be read
    pub bad: Vec<(usize, String)>,
    /// every finding; those of single examples are in `bad`, too
    pub findings: Vec<Diagnostic>,
}

/// Reads the bytes of one file as examples of a corpus whose reader takes one file. Errors of an example cost that example.
pub fn one_file(decl: &CorpusDecl, name: &str, bytes: Vec<u8>) -> OneFile {
    let decl = elsewhere(decl, Path::new(name));
    let Some(reader) = find(&decl.reader).filter(|r| r.layout == Layout::OneFile) else { return OneFile::default() };
    let (options, mut faults) = (Options::of(&decl), Faults::of_each_line());
    let file = text_of(name, bytes, &decl, &mut faults);
    let mut sink = Sink::new(&decl, &options, &mut faults, usize::MAX, SplitName::Test);
    (reader.read)(&mut sink, file.as_slice());
    let headed = sink.headed;
    let (examples, lines) = sink.finish();
    let files = vec![PathBuf::from(name)];
    let places = Places { files, rows: reader.token_lines || options.group.is_some(), lines, ..Places::default() };
    // the tags of a file are of the scheme that it shows
    let none = || Split { len: 0, columns: decl.fields.iter().map(|f| column(&f.ty)).collect() };
    let mut corpus =
        Corpus { name: decl.name.clone(), train: examples, dev: none(), test: none(), ..Corpus::default() };
    corpus.places.insert(SplitName::Train, places);
    tagging::normalise(&decl, &mut corpus, &mut faults);
    let lines = corpus.places.remove(&SplitName::Train).map(|p| p.lines).unwrap_or_default();
    // several torn rows of a text are one text that cannot be read
    let blank: Vec<bool> = file.iter().flat_map(DataFile::lines).map(|(_, l)| l.trim_ascii().is_empty()).collect();
    let mut bad: Vec<(usize, String)> = faults.each().to_vec();
    bad.sort_by_key(|(line, _)| *line);
    bad.dedup_by(|later, first| {
        let between = blank.get(first.0..later.0.saturating_sub(1)).unwrap_or_default();
        later.0 == first.0 || reader.token_lines && !between.contains(&true)
    });
    OneFile { file, headed, examples: corpus.train, lines, bad, findings: faults.finish() }
}

/// Reads a corpus. Of a declaration in which [`validate`](super::validate) finds errors nothing is read, and nothing is said twice.
fn read(decl: &CorpusDecl, base: &Path) -> Loaded {
    let Some(reader) = find(&decl.reader).filter(|_| !validate(decl).iter().any(Diagnostic::is_error)) else {
        return Loaded::default();
    };
    // what could not be read of a declaration has its finding: values would be found to be of no type
    let gap = |f: &FieldDecl| f.ty.is_unreadable() || f.ty.axis() == Some(UNREADABLE);
    if decl.fields.iter().any(gap) {
        return Loaded::default();
    }
    let parts = match files::locate(decl, reader, base) {
        Ok(parts) => parts,
        Err(diagnostics) => {
            let missing = diagnostics.iter().any(|d| d.code == "E0601");
            return Loaded { corpus: None, diagnostics, missing };
        }
    };
    let options = Options::of(decl);
    let mut faults = Faults::default();
    let mut corpus = Corpus { name: decl.name.clone(), ..Corpus::default() };
    let shares = decl.splits.values().any(|s| matches!(s, SplitSource::Share(_)));
    let mut missing = false;
    for split in [SplitName::Train, SplitName::Dev, SplitName::Test] {
        let limit = if split == SplitName::Train && !shares { options.max } else { usize::MAX };
        let mut sink = Sink::new(decl, &options, &mut faults, limit, split);
        if let Some(paths) = parts.get(&split) {
            let files: Vec<DataFile> = paths.iter().filter_map(|p| open(p, decl, sink.faults, &mut missing)).collect();
            let there = paths.iter().filter(|p| !p.as_os_str().is_empty());
            corpus.files.extend(there.map(|p| p.display().to_string()));
            if files.len() == paths.len() {
                (reader.read)(&mut sink, &files);
            }
        }
        let headed = sink.headed;
        let (examples, starts) = sink.finish();
        let per_field = reader.layout == Layout::FilePerField;
        let rows = reader.token_lines || options.group.is_some();
        let files = parts.get(&split).cloned().unwrap_or_default();
        corpus.places.insert(split, Places { files, per_field, rows, lines: starts, headed });
        *corpus.split_mut(split) = examples;
    }
    tagging::normalise(decl, &mut corpus, &mut faults);
    tagging::single_tokens(decl, reader, &corpus, &mut faults);
    tagging::joined_classes(decl, &corpus, &mut faults);
    texts::forms(decl, &corpus, &mut faults);
    if corpus.train.len == 0 && !faults.any_error() {
        let file = parts.get(&SplitName::Train).and_then(|f| f.first()).map(|f| f.display().to_string());
        let message = format!("`{}` holds no training examples", file.unwrap_or_default());
        faults.plain(Diagnostic::new("E0615", message).at(decl.reader_span, ""));
    }
    if options.header.is_none() && reader.options.iter().any(|o| o.name == "header") {
        headings(decl, &corpus, &parts, &mut faults);
    }
    many_classes(decl, reader.layout == Layout::OneFile, &corpus, &parts, &mut faults);
    share(decl, &mut corpus);
    splits::overlap(decl, &corpus, &mut faults);
    if corpus.train.len > options.max {
        let _rest = corpus.train.take_last(corpus.train.len - options.max);
    }
    let usable = !faults.any_error();
    Loaded { corpus: usable.then_some(corpus), diagnostics: faults.finish(), missing }
}

/// Reads a whole file as UTF-8.
fn open(path: &PathBuf, decl: &CorpusDecl, faults: &mut Faults, missing: &mut bool) -> Option<DataFile> {
    let name = path.display().to_string();
    // of a gold that this split lacks
    if name.is_empty() {
        return Some(DataFile::default());
    }
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            *missing = true;
            faults
                .plain(Diagnostic::new("E0601", format!("`{name}` cannot be read: {error}")).at(decl.reader_span, ""));
            return None;
        }
    };
    text_of(&name, bytes, decl, faults)
}

/// Bytes as UTF-8, without a byte order mark.
fn text_of(name: &str, bytes: Vec<u8>, decl: &CorpusDecl, faults: &mut Faults) -> Option<DataFile> {
    match String::from_utf8(bytes) {
        Ok(mut text) => {
            if text.starts_with('\u{feff}') {
                text.drain(..'\u{feff}'.len_utf8());
            }
            Some(DataFile { name: name.to_owned(), text })
        }
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let bytes = error.as_bytes();
            let start = bytes[..at].iter().rposition(|&b| b == b'\n').map_or(0, |i| i + 1);
            let end = bytes[at..].iter().position(|&b| b == b'\n').map_or(bytes.len(), |i| at + i);
            let line = bytes[..at].iter().filter(|&&b| b == b'\n').count() + 1;
            let text = String::from_utf8_lossy(&bytes[start..end]);
            let note = format!("byte 0x{:02X} at offset {at} of the file", bytes[at]);
            faults.at("E0603", decl.reader_span, Place { file: name, line, text: &text }, &note, || {
                let message = format!("`{name}` is not UTF-8: line {line}, byte {}", at - start + 1);
                (message, Some(format!("convert it: `iconv -f WINDOWS-1252 -t UTF-8 {name}`")))
            });
            None
        }
    }
}

/// A class that only stands on the first lines is nearly always the heading of its column, which numbered fields hide.
fn headings(decl: &CorpusDecl, corpus: &Corpus, parts: &files::Parts, faults: &mut Faults) {
    let first_line = |split| corpus.places.get(&split).and_then(|p| p.lines.first()) == Some(&1);
    let Some(file) = parts.get(&SplitName::Train).and_then(|f| f.first()).filter(|_| first_line(SplitName::Train))
    else {
        return;
    };
    for (i, field) in decl.fields.iter().enumerate() {
        let labels = |split| match &corpus.split(split).columns[i] {
            Column::Label(values) if field.ty == FieldType::Label => values.as_slice(),
            _ => &[],
        };
        let train = labels(SplitName::Train);
        let Some(Some(word)) = train.first() else { continue };
        let first = |split| labels(split).first().is_some_and(|v| v.as_ref() == Some(word));
        let once = |split| !labels(split).iter().skip(1).flatten().any(|v| v == word);
        let held_out: Vec<_> =
            [SplitName::Dev, SplitName::Test].into_iter().filter(|s| !labels(*s).is_empty()).collect();
        let again =
            if held_out.is_empty() { train.len() >= 20 } else { held_out.iter().any(|s| first(*s) && once(*s)) };
        let classes: std::collections::BTreeSet<&String> = train.iter().flatten().collect();
        let few = classes.len() * 2 <= train.len();
        if few && again && once(SplitName::Train) && word.parse::<f64>().is_err() {
            let message =
                format!("the first line of `{}` is read as an example, but looks like headings", file.display());
            let warning = Diagnostic::new("W0605", message).at(decl.reader_span, "");
            let note = format!("no other line has the class `{word}`");
            faults.plain(
                warning
                    .data(line_of(file, 1, &note))
                    .help("add `header = true` to the reader (or `header = false` if it is an example)"),
            );
            return;
        }
    }
}

/// A class field with nearly as many classes as examples is nearly always a wrong column.
fn many_classes(decl: &CorpusDecl, one_file: bool, corpus: &Corpus, parts: &files::Parts, faults: &mut Faults) {
    for (field, column) in decl.fields.iter().zip(&corpus.train.columns) {
        let (FieldType::Label, Column::Label(values)) = (&field.ty, column) else { continue };
        let distinct: std::collections::BTreeSet<&str> = values.iter().flatten().map(String::as_str).collect();
        let (n, given) = (distinct.len(), values.iter().flatten().count());
        if n > 50 && n * 2 > given {
            let message =
                format!("`{}` has {n} classes in {given} examples: the column is probably another", field.name);
            let mut warning = Diagnostic::new("W0604", message).at(field.span, "");
            if let Some(file) = parts.get(&SplitName::Train).and_then(|f| f.first()).filter(|_| one_file) {
                warning = warning.data(line_of(file, 1, "the first line"));
            }
            faults.plain(warning.help(format!("name the column of the class: `{}: label = 2`", field.name)));
        }
    }
}

/// `split(10%)`: the last share of the training examples in file order (a share for test comes after one for dev).
fn share(decl: &CorpusDecl, corpus: &mut Corpus) {
    let total = corpus.train.len;
    for (&name, source) in decl.splits.iter().rev() {
        if let SplitSource::Share(share) = source {
            let n = ((share * total as f64).round() as usize).clamp(usize::from(total > 1), total);
            *corpus.split_mut(name) = corpus.train.take_last(n);
            if let Some(train) = corpus.places.get_mut(&SplitName::Train) {
                let lines = train.lines.split_off(corpus.train.len.min(train.lines.len()));
                let part = Places { lines, ..train.clone() };
                corpus.places.insert(name, part);
            }
        }
    }
}
