//! The command `wicheck`: it parses and prints, and holds no logic of its own.

mod arguments;
mod commands;
mod consulted;
mod embedded;
mod output;
mod signal;
mod suite;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::{Arguments, Command};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let json = arguments.json;
    let done = match arguments.command {
        Command::Run(command) => commands::run::run(&command, json),
        Command::List(command) => commands::list::list(&command, json),
        Command::Explain(command) => commands::explain::explain(&command, json),
        Command::Coverage(command) => commands::coverage::coverage(&command, json),
        Command::Check(command) => commands::check::check(&command, json),
        Command::Init(command) => commands::init::init(&command),
        Command::Selftest(command) => commands::selftest::selftest(&command, json),
        Command::Rejudge(command) => commands::rejudge::rejudge(&command, json),
        Command::Report(command) => commands::report::report(&command),
        Command::Reference(command) => commands::reference::reference(&command),
        Command::Certs(command) => commands::certs::certs(&command, json),
        Command::Completions { shell } => {
            commands::completions(shell);
            Ok(0)
        }
    };
    match done {
        Ok(status) => ExitCode::from(status),
        Err(failure) => {
            output::error(&failure.text);
            ExitCode::from(failure.status)
        }
    }
}

/// Why a command ended without doing what it was asked, and the exit status that tells it.
pub(crate) struct Failure {
    pub(crate) status: u8,
    pub(crate) text: String,
}

impl Failure {
    /// A usage, script or SUT-file error.
    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self {
            status: 2,
            text: text.into(),
        }
    }

    /// SIGINT or SIGTERM.
    pub(crate) fn interrupted() -> Self {
        Self {
            status: evidence::record::INTERRUPTED,
            text: "a signal ended it before everything was played; nothing is decided".to_owned(),
        }
    }

    /// Our own error: a full disk, a busy port.
    pub(crate) fn ours(text: impl Into<String>) -> Self {
        Self {
            status: 70,
            text: text.into(),
        }
    }
}

/// What a command comes to: its exit status.
pub(crate) type Done = Result<u8, Failure>;
