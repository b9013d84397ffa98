//! `mtlc check FILE...`

use super::{Changes, ERRORS, FINE, Format, Look, compile, findings, out, shown, view};
use crate::driver;
use std::path::PathBuf;

pub(super) fn command(files: &[PathBuf], no_data: bool, changes: &Changes, look: Look) -> i32 {
    let mut code = FINE;
    for file in files {
        let mut c = match compile(file, changes, look) {
            Ok(c) => c,
            Err(e) => {
                code = code.max(e);
                continue;
            }
        };
        let data = if no_data { driver::Data::default() } else { driver::load(&mut c, false) };
        findings(&c.sources, &c.diagnostics, look);
        if c.has_errors() {
            code = code.max(ERRORS);
            continue;
        }
        let Some(checked) = &c.checked else { continue };
        if matches!(look.format, Format::Human | Format::Plain) {
            let known = (data.complete && !data.corpora.is_empty()).then_some(&data);
            out(view::checked(&shown(file), checked, known));
        }
    }
    code
}
