//! The tools of the command line, run as a user runs them.

#[cfg(feature = "train")]
mod answers;
mod fix;
mod fmt;
#[cfg(feature = "train")]
mod guarded;
mod init;
mod output;
mod shell;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn mtlc(folder: &Path) -> Command {
    let mut c = Command::new(env!("CARGO_BIN_EXE_mtlc"));
    c.current_dir(folder).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    c
}

fn run(folder: &Path, args: &[&str]) -> Output {
    mtlc(folder).args(args).stdin(Stdio::null()).output().unwrap()
}

/// With this text on standard input.
fn piped(folder: &Path, args: &[&str], input: &str) -> Output {
    use std::io::Write;
    let mut c = mtlc(folder);
    c.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = c.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}
