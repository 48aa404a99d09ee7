//! The record of a case before anything is asked, and how it is settled.

use evidence::record::{CaseRecord, Part, PlayRef, Reason};
use evidence::{ReadLog, Verdict};
use script::{Applies, Case};

use crate::logs::Logs;

/// A record that says what was asked and nothing of the answer.
pub(super) fn blank(case: &Case, logs: &Logs<'_>) -> CaseRecord {
    let parts = [
        (logs.control_before, Part::ControlBefore),
        (logs.attack, Part::Attack),
        (logs.control_after, Part::ControlAfter),
        (logs.after_again, Part::ControlAfter),
    ];
    let plays = parts
        .into_iter()
        .filter_map(|(log, part)| {
            Some(PlayRef {
                play: play_name(log?)?,
                part,
            })
        })
        .collect();
    CaseRecord {
        case: case.id.clone(),
        slug: case.slug.clone(),
        variant: case.variant.clone(),
        title: case.title.clone(),
        kind: case.kind,
        role: case.sut,
        registration: case.registration,
        control: case.control.clone(),
        checks: case.checks.clone(),
        verdict: Verdict::NotRun,
        reason: None,
        findings: Vec::new(),
        advisories: Vec::new(),
        changed: Vec::new(),
        absence: None,
        plays,
        duration_us: 0,
        waited_for: None,
        background: None,
    }
}

pub(super) fn play_name(log: &ReadLog) -> Option<String> {
    log.events.iter().find_map(|event| match &event.what {
        evidence::What::Plan(plan) => Some(plan.play.clone()),
        _ => None,
    })
}

pub(super) fn why(code: &str, message: impl Into<String>, help: Option<&str>) -> Reason {
    Reason {
        code: code.to_owned(),
        message: message.into(),
        help: help.map(str::to_owned),
    }
}

pub(super) fn settle(record: &mut CaseRecord, verdict: Verdict, reason: Reason) {
    record.verdict = verdict;
    record.reason = Some(reason);
}

/// What the SUT's declarations leave out.
pub(super) fn left_out(case: &Case) -> Option<(Verdict, Reason)> {
    match &case.applies {
        Applies::Yes => None,
        Applies::No { item, answer } => {
            let message = format!("the SUT declares {item} = {answer}");
            Some((Verdict::NotApplicable, why("not_applicable", message, None)))
        }
        Applies::Undeclared { item } => {
            let message = format!("the SUT file does not declare {item}");
            let help = format!(
                "add `{item}` to the SUT file; `wicheck init {}` writes it with its question",
                case.sut
            );
            Some((
                Verdict::Inconclusive,
                why("ics_undeclared", message, Some(&help)),
            ))
        }
    }
}

pub(super) fn not_run(record: &mut CaseRecord, message: &str) {
    settle(record, Verdict::NotRun, why("not_run", message, None));
}

pub(super) fn no_plan(record: &mut CaseRecord) {
    settle(
        record,
        Verdict::Error,
        why(
            "no_plan",
            "a log has no plan, so nothing tells what was set out to do",
            None,
        ),
    );
}
