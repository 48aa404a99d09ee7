//! What the command line takes.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Conformance tests for how WebRTC IMS Clients are authenticated (3GPP TR 33.871 clause 5.3).
#[derive(Debug, Parser)]
#[command(name = "wicheck", version, about, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    /// One JSON object on the last line of stdout, for programs.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Play scenarios against a system under test, or against the embedded reference.
    #[command(after_help = "Example: wicheck run sut.toml --only 'epc-jwt-*'")]
    Run(Run),
    /// What is tested: every control, attack and audit.
    #[command(after_help = "Example: wicheck list --only clause:REQ-4.b")]
    List(List),
    /// A scenario, a requirement, an ICS item or a defect in full.
    #[command(after_help = "Example: wicheck explain epc-id-to-swap")]
    Explain(Explain),
    /// Which requirement is covered for which role, and which is not yet.
    #[command(after_help = "Example: wicheck coverage --role ep-cscf")]
    Coverage(Coverage),
    /// Check scripts, requirements and SUT files without running anything.
    #[command(after_help = "Example: wicheck check sut.toml --scenarios my-scenarios")]
    Check(Check),
    /// A commented SUT file to start from.
    #[command(after_help = "Example: wicheck init ep-cscf > sut.toml")]
    Init(Init),
    /// Play attacks against the defects of the reference: the kill matrix.
    #[command(after_help = "Example: wicheck selftest --defect trusts-to-header")]
    Selftest(Selftest),
    /// Verdicts again, from the evidence of a run alone.
    #[command(after_help = "Example: wicheck rejudge wicheck-out/latest")]
    Rejudge(Rejudge),
    /// Reports of a run.
    #[command(after_help = "Example: wicheck report wicheck-out/latest --format html --out report")]
    Report(Report),
    /// The reference as a program of its own.
    #[command(
        after_help = "Example: wicheck reference ep-cscf core --world world --defect trusts-to-header"
    )]
    Reference(Reference),
    /// A world folder, or one flawed certificate, by itself.
    #[command(after_help = "Example: wicheck certs --out world")]
    Certs(Certs),
    /// Completions for a shell.
    #[command(after_help = "Example: wicheck completions bash > /etc/bash_completion.d/wicheck")]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

#[derive(Clone, Debug, Args)]
pub(crate) struct Run {
    /// The SUT file; without one the embedded reference is tested.
    pub(crate) sut: Option<PathBuf>,
    /// A defect for the embedded reference to have.
    #[arg(long, conflicts_with = "sut")]
    pub(crate) defect: Option<String>,
    /// The model of the embedded reference: `default`, or another of reference/models.
    #[arg(long, default_value = "default", conflicts_with = "sut")]
    pub(crate) model: String,
    /// Only these roles of the SUT.
    #[arg(long)]
    pub(crate) role: Vec<String>,
    /// Only these cases: ids, globs, clause:ID, sut:ROLE, registration:N, joined by `,` (or) and `&` (and).
    #[arg(long)]
    pub(crate) only: Option<String>,
    /// Lanes that play at a time.
    #[arg(long)]
    pub(crate) jobs: Option<usize>,
    /// Play one part of several: I/N.
    #[arg(long)]
    pub(crate) shard: Option<String>,
    /// Another order of the attacks.
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    /// Play everything several times.
    #[arg(long, default_value_t = 1)]
    pub(crate) repeat: usize,
    /// The run folder; it must be new or empty.
    #[arg(long)]
    pub(crate) out: Option<PathBuf>,
    /// A world folder to keep: made if absent.
    #[arg(long)]
    pub(crate) world: Option<PathBuf>,
    /// Expectations: `[[expectation]] case, verdict, reason`.
    #[arg(long)]
    pub(crate) baseline: Option<PathBuf>,
    /// Scenarios of a folder in place of the embedded ones.
    #[arg(long)]
    pub(crate) scenarios: Option<PathBuf>,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct List {
    /// As for `run`.
    #[arg(long)]
    pub(crate) only: Option<String>,
    /// Only this role.
    #[arg(long)]
    pub(crate) role: Option<String>,
    /// Scenarios of a folder in place of the embedded ones.
    #[arg(long)]
    pub(crate) scenarios: Option<PathBuf>,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct Explain {
    /// An id: of a scenario, a requirement, an ICS item, an outcome, a defect; or `verbs`, `placeholders`, `defects`.
    pub(crate) id: String,
    /// Scenarios of a folder in place of the embedded ones.
    #[arg(long)]
    pub(crate) scenarios: Option<PathBuf>,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct Coverage {
    /// Only this role.
    #[arg(long)]
    pub(crate) role: Option<String>,
    /// Scenarios of a folder in place of the embedded ones.
    #[arg(long)]
    pub(crate) scenarios: Option<PathBuf>,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct Check {
    /// SUT files.
    pub(crate) files: Vec<PathBuf>,
    /// Scenarios of a folder in place of the embedded ones.
    #[arg(long)]
    pub(crate) scenarios: Option<PathBuf>,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct Init {
    /// The role under test.
    pub(crate) role: String,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct Selftest {
    /// Only these defects.
    #[arg(long)]
    pub(crate) defect: Vec<String>,
    /// Only the cases that this selects, as for `run`.
    #[arg(long)]
    pub(crate) only: Option<String>,
    /// Play every attack against every defect that can change it, and fail for a kill that no scenario declares.
    #[arg(long)]
    pub(crate) every: bool,
    /// Trials at a time; four for each core if it is not said.
    #[arg(long)]
    pub(crate) jobs: Option<usize>,
    /// Another order of the attacks.
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    /// Scenarios of a folder in place of the embedded ones.
    #[arg(long)]
    pub(crate) scenarios: Option<PathBuf>,
    /// Write the kill matrix to this file, as a page in Markdown.
    #[arg(long)]
    pub(crate) page: Option<PathBuf>,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct Rejudge {
    /// The run folder.
    pub(crate) folder: PathBuf,
    /// Write run.json and cases.ndjson of the folder anew.
    #[arg(long)]
    pub(crate) write: bool,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct Report {
    /// The run folder.
    pub(crate) folder: PathBuf,
    /// terminal, junit, html, ladder, json.
    #[arg(long, default_value = "terminal")]
    pub(crate) format: Vec<String>,
    /// Of ladders: those of the cases whose id this is or this glob fits, passed ones too; without it, of all that did not pass.
    #[arg(long)]
    pub(crate) only: Option<String>,
    /// Write files into this folder instead of stdout.
    #[arg(long)]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct Reference {
    /// wic, wwsf, waf, ep-cscf, core.
    #[arg(required = true)]
    pub(crate) roles: Vec<String>,
    /// The world folder.
    #[arg(long)]
    pub(crate) world: Option<PathBuf>,
    /// A defect to have.
    #[arg(long)]
    pub(crate) defect: Option<String>,
    /// The model: `default`, or another of reference/models.
    #[arg(long, default_value = "default")]
    pub(crate) model: String,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct Certs {
    /// Where the world folder is written.
    #[arg(long)]
    pub(crate) out: Option<PathBuf>,
    /// Print one certificate chain and key with this flaw as PEM instead; `list` names them.
    #[arg(long)]
    pub(crate) flaw: Option<String>,
    /// The host name of that certificate.
    #[arg(long, default_value = "edge.localhost")]
    pub(crate) name: String,
    /// Sets of subscribers.
    #[arg(long, default_value_t = 4)]
    pub(crate) lanes: usize,
}
