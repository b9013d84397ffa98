//! What the command line writes: results to stdout, everything else to stderr. Nothing of it is lost in silence, and
//! nothing that came from data, names, paths or arguments is sent to a terminal as it is.

use super::{FAILED, USAGE};
use crate::diagnostics::visible::{visible, visible_json};
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

/// The first error of stdout; nothing is written after it.
static FAULT: Mutex<Option<io::Error>> = Mutex::new(None);

/// Columns of the terminal that standard output goes to; none where it goes elsewhere.
pub(crate) fn columns_of_stdout() -> Option<usize> {
    terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0))
}

/// Columns of the terminal that stderr goes to; none where it goes elsewhere.
#[cfg(feature = "train")]
pub(crate) fn columns_of_stderr() -> Option<usize> {
    terminal_size::terminal_size_of(io::stderr()).map(|(width, _)| usize::from(width.0))
}

/// A line to stderr.
pub(crate) fn say(text: impl AsRef<str>) {
    say_drawn(visible(text.as_ref()));
}

/// A line to stderr that holds colours, and whose parts are visible already.
pub(crate) fn say_drawn(text: impl AsRef<str>) {
    let mut e = anstream::stderr().lock();
    let _ = writeln!(e, "{}", text.as_ref().trim_end_matches('\n'));
}

/// Text to stdout, which ends with a line end.
pub(crate) fn out(text: impl AsRef<str>) {
    let text = visible(text.as_ref());
    to_stdout(|o| writeln!(o, "{}", text.trim_end_matches('\n')));
}

/// Text to stdout, just as it is.
#[cfg(feature = "train")]
pub(crate) fn out_text(text: &str) {
    to_stdout(|o| o.write_all(visible(text).as_bytes()));
}

/// JSON to stdout, which ends with a line end.
pub(crate) fn out_json(text: impl AsRef<str>) {
    let text = visible_json(text.as_ref());
    to_stdout(|o| writeln!(o, "{}", text.trim_end_matches('\n')));
}

/// The content of a file to stdout: a terminal is sent what is visible, everything else gets every byte.
pub(crate) fn out_file(text: &str) {
    match io::stdout().is_terminal() {
        true => to_stdout(|o| o.write_all(visible(text).as_bytes())),
        false => to_stdout(|o| o.write_all(text.as_bytes())),
    }
}

/// What the reader of the command line has to say: help to stdout, errors to stderr; the exit code.
pub(crate) fn usage(e: &clap::Error) -> i32 {
    let styled = e.render();
    let plain = styled.to_string();
    let text = match visible(&plain) {
        shown if shown == plain => styled.ansi().to_string(),
        shown => shown.into_owned(),
    };
    if e.use_stderr() {
        say_drawn(text);
        return USAGE;
    }
    to_stdout(|o| o.write_all(text.as_bytes()));
    super::FINE
}

fn fault() -> std::sync::MutexGuard<'static, Option<io::Error>> {
    FAULT.lock().unwrap_or_else(PoisonError::into_inner)
}

fn to_stdout(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
    let mut fault = fault();
    if fault.is_none() {
        // made whole first: std writes a line at a time
        let mut bytes = vec![];
        let done = write(&mut bytes).and_then(|()| anstream::stdout().lock().write_all(&bytes));
        *fault = done.err();
    }
}

/// Whether stdout takes no more: what is still to come need not be computed.
#[cfg(feature = "train")]
pub(crate) fn is_closed() -> bool {
    fault().is_some()
}

/// The end of a command: what is buffered is written. The exit code, [`FAILED`] where a result could not be written; who
/// closes a pipe has read enough.
pub(crate) fn end(code: i32) -> i32 {
    let mut fault = fault();
    if fault.is_none() {
        *fault = io::stdout().lock().flush().err();
    }
    match fault.as_ref().filter(|e| e.kind() != ErrorKind::BrokenPipe) {
        None => code,
        Some(e) => {
            say(format!("error: standard output cannot be written: {e}"));
            say("  help: what was printed is not whole; make room, or send it elsewhere");
            FAILED
        }
    }
}
