//! `mtlc completions SHELL`

use super::{Cli, FINE, output};
use clap::CommandFactory;
use clap_complete::{Shell, generate};

pub(super) fn command(shell: Shell) -> i32 {
    let mut script = vec![];
    generate(shell, &mut Cli::command(), "mtlc", &mut script);
    output::out_file(&String::from_utf8_lossy(&script));
    FINE
}
