//! The record of a run: what the judge decided, in the order case, finding, requirement@role, role. Reports are pure functions of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::event::Place;
use crate::{Interface, Role};

/// The exit status of what a signal cut short.
pub const INTERRUPTED: u8 = 130;

/// The verdict of a case or of a requirement. The order is that of the join: the worst of several holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The SUT's declared capabilities leave the case out.
    NotApplicable,
    /// It was selected, and could not be played.
    NotRun,
    /// The lie was told, and every oracle held.
    Pass,
    /// The evidence does not decide.
    Inconclusive,
    /// An oracle was broken.
    Fail,
    /// The harness itself failed.
    Error,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: &'static [Self] = &[
        Self::Pass,
        Self::Fail,
        Self::Inconclusive,
        Self::Error,
        Self::NotApplicable,
        Self::NotRun,
    ];

    /// The word in JSON and on the terminal.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::NotApplicable => "not_applicable",
            Self::NotRun => "not_run",
            Self::Pass => "pass",
            Self::Inconclusive => "inconclusive",
            Self::Fail => "fail",
            Self::Error => "error",
        }
    }
}

/// What a script is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The honest run.
    Control,
    /// A control with one departure.
    Attack,
    /// One more question to the evidence of a control.
    Audit,
}

/// One case: an attack, audit or control, its variant, in one registration, towards one role.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CaseRecord {
    /// `slug[variant]@registration`.
    pub case: String,
    /// The script's slug.
    pub slug: String,
    /// The variant, if the script has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// The script's title.
    pub title: String,
    /// Control, attack or audit.
    pub kind: Kind,
    /// The role of the SUT.
    pub role: Role,
    /// 3GPP's registration scenario, 1 to 3.
    pub registration: u8,
    /// The control that it departs from (itself for a control).
    pub control: String,
    /// The clauses that it checks in this registration.
    pub checks: Vec<String>,
    /// The verdict.
    pub verdict: Verdict,
    /// Why it is not pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// What broke it, the decisive one first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// What is worth telling and decides nothing: a wrong refusal code, silence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub advisories: Vec<Finding>,
    /// The one thing that was changed against the control.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<Difference>,
    /// How the absence of a forbidden message is proven, where one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absence: Option<String>,
    /// The plays that decide it.
    pub plays: Vec<PlayRef>,
    /// Microseconds from the attack's first to its last act.
    pub duration_us: u64,
    /// What the case spent most of its time waiting for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waited_for: Option<String>,
    /// How clients of other parties fared in the background, where some were at work (REQ 2.b).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub background: Option<Background>,
}

/// Exchanges of clients of other parties, by when they began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Background {
    /// Before a party was switched off.
    pub before: Served,
    /// While it was off.
    pub during: Served,
    /// After it was switched on again.
    pub after: Served,
}

impl Background {
    /// `before 24 of 24, during 30 of 30, after 18 of 18`: exchanges served of those begun.
    #[must_use]
    pub fn words(&self) -> String {
        let of = |name: &str, served: &Served| {
            format!("{name} {} of {}", served.served, served.exchanges)
        };
        [
            of("before", &self.before),
            of("during", &self.during),
            of("after", &self.after),
        ]
        .join(", ")
    }
}

/// Of so many exchanges, so many were answered 2xx.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Served {
    /// Requests that were sent.
    pub exchanges: u64,
    /// Those answered 2xx.
    pub served: u64,
}

/// A play of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlayRef {
    /// `<case id>#n`.
    pub play: String,
    /// Its part in the case.
    pub part: Part,
}

/// The part of a play in a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The honest run before the attack.
    ControlBefore,
    /// The attack itself.
    Attack,
    /// The honest run after it.
    ControlAfter,
}

/// Why a case is not pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// One word for programs: `control_failed`, `sut_silent`, `ics_undeclared`, an oracle's name.
    pub code: String,
    /// A sentence for people.
    pub message: String,
    /// What to do next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// One broken or undecided oracle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The oracle, `nothing-on-mw`.
    pub oracle: String,
    /// Fail, inconclusive or error; pass in an advisory.
    pub verdict: Verdict,
    /// The clauses that it counts for.
    pub clauses: Vec<String>,
    /// What was expected, a sentence.
    pub expected: String,
    /// What came, a sentence with the decisive bytes.
    pub came: String,
    /// The step of the script that it stands against.
    pub place: Place,
    /// The events that show it: a play and a number in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<EventRef>,
}

/// An event of a play.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRef {
    /// `<case id>#n`.
    pub play: String,
    /// The event's number.
    pub n: u32,
}

/// One line that differs between control and attack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Where it stands: `wic.send, SIP`.
    pub at: String,
    /// The control's line; absent when the attack adds one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control: Option<String>,
    /// The attack's line; absent when the attack leaves it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attack: Option<String>,
}

/// How many cases have which verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Passed.
    pub pass: u64,
    /// Failed.
    pub fail: u64,
    /// Not decided.
    pub inconclusive: u64,
    /// Our own errors.
    pub error: u64,
    /// Left out by the SUT's declarations.
    pub not_applicable: u64,
    /// Planned and not played.
    pub not_run: u64,
}

impl Counts {
    /// Counts one more.
    pub fn add(&mut self, verdict: Verdict) {
        *match verdict {
            Verdict::Pass => &mut self.pass,
            Verdict::Fail => &mut self.fail,
            Verdict::Inconclusive => &mut self.inconclusive,
            Verdict::Error => &mut self.error,
            Verdict::NotApplicable => &mut self.not_applicable,
            Verdict::NotRun => &mut self.not_run,
        } += 1;
    }

    /// All cases.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.pass + self.fail + self.inconclusive + self.error + self.not_applicable + self.not_run
    }
}

/// A clause as it was asked of one role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequirementRecord {
    /// The verdict over its cases; absent when no case of this run checks it.
    pub verdict: Option<Verdict>,
    /// The cases that check it.
    pub cases: Vec<String>,
    /// Whose word it is.
    pub level: String,
    /// Whether the profile makes it mandatory.
    pub mandatory: bool,
    /// The clause in our words.
    pub text: String,
    /// Where it comes from.
    pub source: String,
    /// The interfaces that show it.
    #[serde(default)]
    pub interfaces: Vec<String>,
}

/// What can be said of a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoleVerdict {
    /// Every mandatory clause that applies was covered and passed.
    Conforming,
    /// A mandatory clause failed.
    NonConforming,
    /// Something mandatory is not decided, not covered or was left out.
    Indeterminate,
    /// Nothing of it was tested.
    NotTested,
}

/// A role's verdict, with counts of its mandatory clauses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleRecord {
    /// The verdict.
    pub verdict: RoleVerdict,
    /// Mandatory clauses that passed.
    pub passed: u64,
    /// Mandatory clauses that failed.
    pub failed: u64,
    /// Mandatory clauses that are not decided.
    pub undecided: u64,
    /// Mandatory clauses that no scenario covers yet.
    pub uncovered: u64,
    /// Mandatory clauses whose cases were not selected.
    pub deselected: u64,
    /// Failed clauses that the profile does not make mandatory.
    pub advisory_failed: u64,
}

/// One cause, and what hangs on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// A sentence.
    pub text: String,
    /// `fail`, `inconclusive`, `error` or `not_run`.
    pub verdict: Verdict,
    /// What to do next; empty where only the SUT can be mended. The command that repeats a case is made from the plan.
    pub help: String,
    /// The cases behind it, the clearest first.
    pub cases: Vec<String>,
    /// The clauses behind it.
    pub clauses: Vec<String>,
}

/// A slow case and what it waited for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlowCase {
    /// The case.
    pub case: String,
    /// How long its attack took, in microseconds.
    pub duration_us: u64,
    /// What it waited for.
    pub waited_for: String,
}

/// The system under test as its file names it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SutRecord {
    /// The product.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its roles.
    pub roles: Vec<Role>,
    /// The defect of the embedded reference, if one was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub defect: Option<String>,
    /// Addresses by interface.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub addresses: BTreeMap<Interface, String>,
}

/// What a run set out to do, written before it starts: all that `rejudge` needs beside the logs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PlannedRun {
    /// The run.
    pub run_id: String,
    /// wicheck's version.
    pub tool_version: String,
    /// The SUT.
    pub sut: SutRecord,
    /// Which levels are mandatory.
    pub profile: String,
    /// ICS and IXIT answers, secrets left out.
    pub answers: BTreeMap<String, Vec<String>>,
    /// The order's seed.
    pub seed: u64,
    /// What `--only`, `--role` and `--shard` left out, in words.
    pub deselected: Vec<String>,
    /// The cases, in the order of the record.
    pub cases: Vec<String>,
    /// Milliseconds since 1970 when it began.
    pub started_ms: u64,
    /// How to call it again: the words before `--only`.
    pub command: Vec<String>,
}

/// A line of `events.ndjson`: the plays that decide a case, written as soon as they are over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Played {
    /// The case.
    pub case: String,
    /// The honest run before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The attack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attack: Option<String>,
    /// The honest run after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// The honest run after it was played once more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<String>,
    /// Why it was not played, if it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_run: Option<Reason>,
}

/// `run.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// The format's name and version.
    pub format: String,
    /// What was planned.
    pub planned: PlannedRun,
    /// The exit status that answers for what was asked.
    pub exit_code: u8,
    /// Why it is that.
    pub exit_reason: String,
    /// Cases by verdict.
    pub verdicts: Counts,
    /// Plays.
    pub plays: u64,
    /// Clauses by `id@role`.
    pub requirements: BTreeMap<String, RequirementRecord>,
    /// Roles of the SUT.
    pub roles: BTreeMap<Role, RoleRecord>,
    /// One finding a cause.
    pub causes: Vec<Cause>,
    /// The ten slowest.
    pub slowest: Vec<SlowCase>,
    /// Whether a signal cut it short.
    pub interrupted: bool,
    /// Seconds, all in all.
    pub seconds: f64,
    /// Of these, until the first play.
    pub setup_seconds: f64,
    /// Of these, for writing reports.
    pub report_seconds: f64,
    /// Plays a second, from the first play's start to the last verdict.
    pub plays_per_second: f64,
}

/// The value of [`RunRecord::format`].
pub const FORMAT: &str = "wicheck-run/1";
