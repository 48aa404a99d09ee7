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
        if record.verdict == Verdict::Pass {
            settle(
                record,
                Verdict::Inconclusive,
                why(
                    "no_control_after",
                    "no honest run followed the attack",
                    None,
                ),
            );
        }
        return;
    };
    let Some(first) = failure(after) else { return };
    let again = logs.after_again.map(failure);
    if let Some(Some(second)) = &again
        && second.verdict != Verdict::Error
        && first.verdict != Verdict::Error
    {
        let text = |control: &Control| {
            control
                .reason
                .as_ref()
                .map_or_else(String::new, |reason| reason.message.clone())
        };
        let came = format!(
            "the control failed after the attack and once more after its repetition: {}",
            text(&first)
        );
        let expected = "honest clients are served after the attack";
        let clauses = [ALIVE_CLAUSE.to_owned()];
        keep_open_question(record, context);
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
        return;
    }
    if record.verdict == Verdict::Pass {
        let message = first
            .reason
            .map_or_else(String::new, |reason| reason.message);
        let message = format!(
            "the control after the attack failed once and {}: {message}",
            if again.is_some() {
                "passed when both were played again"
            } else {
                "was not played again"
            }
        );
        settle(
            record,
            Verdict::Inconclusive,
            why("control_failed_after", message, None),
        );
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
