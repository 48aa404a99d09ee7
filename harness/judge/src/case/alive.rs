//! Whether honest clients are served after the attack.

use evidence::record::CaseRecord;
use evidence::{ReadLog, Verdict};

use super::ALIVE_CLAUSE;
use super::record::{settle, why};
use crate::context::Context;
use crate::control::{Control, control};
use crate::finding::finding;
use crate::logs::Logs;
use crate::oracle::Oracle;
use crate::play::Play;

/// Whether honest clients are served after the attack: failed twice is a finding, failed once decides nothing.
pub(super) fn still_alive(record: &mut CaseRecord, context: &Context<'_, '_>, logs: &Logs<'_>) {
    let Some(after) = logs.control_after else {
        return leave_open(
            record,
            "no_control_after",
            "no honest run followed the attack".to_owned(),
        );
    };
    let Some(first) = failure(after) else { return };
    let again = logs.after_again.map(failure);
    let is_ours = |control: &Control| control.verdict == Verdict::Error;
    let then = match &again {
        Some(Some(second)) if !is_ours(&first) && !is_ours(second) => {
            return dead(record, context, &first);
        }
        Some(Some(_)) => "failed again, once by an error of ours",
        Some(None) => "passed when both were played again",
        None => "was not played again",
    };
    leave_open(
        record,
        "control_failed_after",
        format!("{ONCE} and {then}: {}", said(&first)),
    );
}

const ONCE: &str = "the control after the attack failed once";

fn said(control: &Control) -> &str {
    control
        .reason
        .as_ref()
        .map_or("", |reason| reason.message.as_str())
}

/// A case that would pass is not decided.
fn leave_open(record: &mut CaseRecord, code: &str, message: String) {
    if record.verdict == Verdict::Pass {
        settle(record, Verdict::Inconclusive, why(code, message, None));
    }
}

/// The control failed twice after the attack.
fn dead(record: &mut CaseRecord, context: &Context<'_, '_>, first: &Control) {
    let came = format!(
        "the control failed after the attack and once more after its repetition: {}",
        said(first)
    );
    let expected = "honest clients are served after the attack";
    keep_open_question(record, context);
    let clauses = [ALIVE_CLAUSE.to_owned()];
    record.findings.push(finding(
        context.play,
        Oracle::Alive.name(),
        Verdict::Fail,
        &clauses,
        (expected, &came),
        &[],
    ));
    if record.verdict != Verdict::Fail {
        settle(record, Verdict::Fail, why(Oracle::Alive.name(), came, None));
    }
}

/// What was not decided before the SUT proved dead stays so for the clauses of the attack.
fn keep_open_question(record: &mut CaseRecord, context: &Context<'_, '_>) {
    let Some(reason) = &record.reason else { return };
    let told = record
        .findings
        .iter()
        .any(|finding| finding.verdict == record.verdict);
    if matches!(record.verdict, Verdict::Inconclusive | Verdict::Error) && !told {
        let said = ("evidence that decides", reason.message.as_str());
        let open = finding(context.play, "", record.verdict, &record.checks, said, &[]);
        record.findings.push(open);
    }
}

/// How an honest run failed; `None` when it passed.
fn failure(log: &ReadLog) -> Option<Control> {
    let control = control(&Play::new(log)?);
    (!control.passed()).then_some(control)
}
