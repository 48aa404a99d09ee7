//! One file a command.

pub(crate) mod certs;
pub(crate) mod check;
pub(crate) mod coverage;
pub(crate) mod explain;
pub(crate) mod init;
mod kill_matrix;
pub(crate) mod list;
pub(crate) mod reference;
pub(crate) mod rejudge;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod selftest;

mod baseline;
mod part;
mod prepare;
mod show;

use clap::CommandFactory;

use crate::arguments::Arguments;

/// Writes the completions of a shell to stdout.
pub(crate) fn completions(shell: clap_complete::Shell) {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "wicheck", &mut text);
    crate::output::print(&String::from_utf8_lossy(&text));
}
