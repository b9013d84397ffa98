//! `mtlc check --fix`

use super::output::out_file;
use super::{FAILED, FINE, Refused, is_stdin, replace, say, shown, try_read};
use crate::driver::{self, Compilation, Disk};
use crate::hir::Options;
use crate::mend;
use std::path::Path;

/// A compilation after fixes, and the exit code of writing them.
pub(super) struct Fixing {
    pub(super) compilation: Compilation,
    pub(super) code: i32,
}

/// Applies the safe fixes of a spec and of the files that it uses, writes them, and says what was done. Of standard
/// input the mended text goes to standard output.
pub(super) fn mended(file: &Path) -> Result<Fixing, Refused> {
    let text = try_read(file)?;
    let name = shown(file);
    let path = Path::new(&name);
    let options = Options::default();
    let done = mend::mend(path, &text, &Disk, &|text, world| driver::compile(path, text, world, &options));
    let mut code = FINE;
    for (to, new) in &done.files {
        if is_stdin(file) && to == path {
            continue;
        }
        if let Err(e) = replace(to, new) {
            say(format!("error: `{}` cannot be written: {e}", to.display()));
            code = FAILED;
        }
    }
    if is_stdin(file) {
        let new = done.files.get(path).unwrap_or(&text);
        out_file(new);
    }
    for a in &done.applied {
        say(format!("{}:{}:{}: {} fixed: {}", a.file, a.line, a.column, a.code, change(&a.old, &a.new)));
    }
    if !done.applied.is_empty() {
        let some = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
        let files = match done.files.len() {
            1 => String::new(),
            n => format!(" in {}", some(n, "file")),
        };
        say(format!("{name}: {} applied{files}", some(done.applied.len(), "fix").replace("fixs", "fixes")));
    }
    Ok(Fixing { compilation: done.compilation, code })
}

/// What a fix did, in words.
fn change(old: &str, new: &str) -> String {
    let quoted = |s: &str| format!("`{}`", s.trim().replace('\n', " "));
    match (old.trim().is_empty(), new.trim().is_empty()) {
        (true, true) => "blanks".into(),
        (true, false) => format!("added {}", quoted(new)),
        (false, true) => format!("removed {}", quoted(old)),
        (false, false) => format!("{} is now {}", quoted(old), quoted(new)),
    }
}
