//! The end of a run: the record from its cases, and the summary that programs read.

use std::path::Path;

use evidence::record::{FORMAT, PlannedRun};
use evidence::{CaseRecord, RunRecord};
use script::Suite;
use serde_json::{Value, json};

/// Times and counts that no case knows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Timing {
    /// Seconds, all in all.
    pub seconds: f64,
    /// Until the first play of each role.
    pub setup_seconds: f64,
    /// From the first play to the last verdict.
    pub play_seconds: f64,
    /// Plays.
    pub plays: u64,
    /// Whether a signal ended it.
    pub interrupted: bool,
}

/// The record of a run.
#[must_use]
pub fn record(
    suite: &Suite,
    planned: PlannedRun,
    cases: &[CaseRecord],
    timing: &Timing,
) -> RunRecord {
    let rolled = judge::roll_up(&judge::Rolling {
        suite,
        planned: &planned,
        records: cases,
        baseline: None,
        interrupted: timing.interrupted,
    });
    let plays_per_second = if timing.play_seconds > 0.0 {
        timing.plays as f64 / timing.play_seconds
    } else {
        0.0
    };
    RunRecord {
        format: FORMAT.to_owned(),
        exit_code: rolled.exit_code,
        exit_reason: rolled.exit_reason,
        verdicts: rolled.verdicts,
        plays: timing.plays,
        requirements: rolled.requirements,
        roles: rolled.roles,
        causes: rolled.causes,
        slowest: rolled.slowest,
        interrupted: timing.interrupted,
        seconds: timing.seconds,
        setup_seconds: timing.setup_seconds,
        report_seconds: 0.0,
        plays_per_second,
        planned,
    }
}

/// How many plays decide these cases.
#[must_use]
pub fn plays(cases: &[CaseRecord]) -> u64 {
    let plays: std::collections::BTreeSet<&str> = cases
        .iter()
        .flat_map(|case| &case.plays)
        .map(|play| play.play.as_str())
        .collect();
    plays.len() as u64
}

/// The JSON object of `run`.
#[must_use]
pub fn summary(record: &RunRecord, out: &Path) -> Value {
    let requirements: serde_json::Map<String, Value> = record
        .requirements
        .iter()
        .map(|(id, requirement)| {
            (
                id.clone(),
                json!({ "verdict": requirement.verdict, "cases": requirement.cases }),
            )
        })
        .collect();
    json!({
        "run_id": record.planned.run_id, "out": out, "exit_code": record.exit_code, "exit_reason": record.exit_reason,
        "cases": record.verdicts.total(), "plays": record.plays, "verdicts": record.verdicts, "requirements": requirements,
        "roles": record.roles, "seconds": record.seconds, "setup_seconds": record.setup_seconds,
        "report_seconds": record.report_seconds, "plays_per_second": record.plays_per_second, "slowest": record.slowest,
    })
}
