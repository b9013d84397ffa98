//! `mtlc completions SHELL`

use super::{Cli, FAILED, FINE};
use clap::CommandFactory;
use clap_complete::{Shell, generate};
use std::io::Write;

pub(super) fn command(shell: Shell) -> i32 {
    // made whole first: a pipe that closes early is no panic
    let mut script = vec![];
    generate(shell, &mut Cli::command(), "mtlc", &mut script);
    let mut o = anstream::stdout().lock();
    match o.write_all(&script).and_then(|()| o.flush()) {
        Ok(()) => FINE,
        Err(_) => FAILED,
    }
}
