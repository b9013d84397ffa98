//! `mtlc explain CODE`

use super::{FINE, USAGE, out, say};
use crate::diagnostics::{codes, suggest};

pub(super) fn command(code: &str) -> i32 {
    let wanted = code.to_ascii_uppercase();
    match codes::find(&wanted) {
        Some(c) => {
            out(c.page);
            FINE
        }
        None => {
            let near = suggest::near(&wanted, codes::CODES.iter().map(|c| c.code));
            say(format!("error: there is no code `{code}`"));
            if let Some(q) = suggest::question(&near) {
                say(format!("  help: {q}"));
            }
            USAGE
        }
    }
}
