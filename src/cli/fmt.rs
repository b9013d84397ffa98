//! `mtlc fmt [FILE...]`

use super::output::out_file;
use super::{ERRORS, FAILED, FINE, Format, Look, findings, is_stdin, out, read, replace, say, shown};
use crate::fmt::{Formatted, format};
use crate::source::Sources;
use similar::TextDiff;
use std::path::{Path, PathBuf};

pub(super) fn command(files: &[PathBuf], check: bool, look: Look) -> i32 {
    let stdin = [PathBuf::from("-")];
    let files = if files.is_empty() { &stdin } else { files };
    let mut code = FINE;
    for file in files {
        if !file.is_dir() {
            code = code.max(one(file, check, look));
            continue;
        }
        let mut found = vec![];
        specs(file, &mut found);
        found.sort();
        for file in found {
            code = code.max(one(&file, check, look));
        }
    }
    code
}

/// The `.mtl` files of a folder and of the folders in it; links and hidden folders are passed over.
fn specs(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let (path, hidden) = (entry.path(), entry.file_name().to_string_lossy().starts_with('.'));
        match entry.file_type() {
            Ok(t) if t.is_dir() && !hidden => specs(&path, found),
            Ok(t) if t.is_file() && path.extension().is_some_and(|e| e == "mtl") => found.push(path),
            _ => {}
        }
    }
}

fn one(file: &Path, check: bool, look: Look) -> i32 {
    let text = match read(file, look) {
        Ok(text) => text,
        Err(code) => return code,
    };
    let name = shown(file);
    let Formatted { text: laid, diagnostics, refused, .. } = format(&text);
    let mut sources = Sources::default();
    sources.add(&name, text.as_str());
    let mut code = FINE;
    if diagnostics.iter().any(|d| d.is_error()) {
        code = ERRORS;
        // stdout is for the text
        if matches!(look.format, Format::Human | Format::Plain) || !is_stdin(file) {
            findings(&sources, &diagnostics, look);
        }
    }
    if refused {
        say(format!("error: `{name}` has no layout that provably means the same, and is left as it is"));
        say("  help: this is a fault of the formatter; please report it with the file");
        code = ERRORS;
    }
    if check {
        if laid != text {
            let diff = TextDiff::from_lines(text.as_str(), laid.as_str());
            let diff = diff.unified_diff().context_radius(1).header(&name, "formatted").to_string();
            out(diff);
            code = ERRORS;
        }
    } else if is_stdin(file) {
        out_file(&laid);
    } else if laid != text {
        match replace(file, &laid) {
            Ok(()) => say(format!("{name}: formatted")),
            Err(e) => {
                say(format!("error: `{name}` cannot be written: {e}"));
                return FAILED;
            }
        }
    }
    code
}
