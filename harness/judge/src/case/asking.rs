//! The oracles of an outcome, joined; the refusal code beside them.

use evidence::Verdict;
use evidence::record::CaseRecord;

use super::record::{settle, why};
use crate::absence::Absence;
use crate::codes;
use crate::context::Context;
use crate::finding::finding;
use crate::oracle::{self, Oracle};
use crate::ruling::Ruling;

/// Asks every oracle of the outcome and joins their answers.
pub(super) fn ask(record: &mut CaseRecord, context: &Context<'_, '_>, absence: Option<&Absence>) {
    let Some((name, oracles)) = &context.case.outcome else {
        return settle(
            record,
            Verdict::Error,
            why(
                "no_outcome",
                "the script names no outcome for this SUT",
                None,
            ),
        );
    };
    let mut undecided = None;
    for word in oracles {
        let Ok(oracle) = word.parse::<Oracle>() else {
            return settle(
                record,
                Verdict::Error,
                why(
                    "no_oracle",
                    format!("the outcome {name} asks the unknown oracle {word}"),
                    None,
                ),
            );
        };
        if matches!(oracle, Oracle::Code | Oracle::Alive) {
            continue;
        }
        match oracle::ask(oracle, context) {
            Ruling::Holds => {}
            Ruling::Broken {
                expected,
                came,
                events,
            } => {
                record.findings.push(finding(
                    context.play,
                    oracle.name(),
                    Verdict::Fail,
                    &context.case.checks,
                    (&expected, &came),
                    &events,
                ));
            }
            Ruling::Undecided { code, reason } => {
                undecided = undecided.or(Some((oracle, code, reason)))
            }
        }
    }
    code(record, context, &mut undecided);
    if let Some(first) = record
        .findings
        .iter()
        .find(|finding| finding.verdict == Verdict::Fail)
    {
        let reason = why(
            &first.oracle.clone(),
            format!("expected {}, came {}", first.expected, first.came),
            None,
        );
        settle(record, Verdict::Fail, reason);
    } else if let Some((oracle, code, reason)) = undecided {
        record.findings.push(finding(
            context.play,
            oracle.name(),
            Verdict::Inconclusive,
            &record.checks.clone(),
            (oracle.question(), &reason),
            &[],
        ));
        settle(
            record,
            Verdict::Inconclusive,
            why(code, format!("{oracle}: {reason}"), None),
        );
    } else if let Some((code, message)) = absence.and_then(|absence| absence.missing.clone()) {
        settle(
            record,
            Verdict::Inconclusive,
            why(
                code,
                message,
                Some("without an honest message behind it, silence proves nothing"),
            ),
        );
    } else {
        record.verdict = Verdict::Pass;
    }
}

/// The oracle `code`: a finding for the clauses whose content it is.
fn code(
    record: &mut CaseRecord,
    context: &Context<'_, '_>,
    undecided: &mut Option<(Oracle, &'static str, String)>,
) {
    if context.case.code_checks.is_empty() {
        return;
    }
    match codes::code(context) {
        Ruling::Holds => {}
        Ruling::Broken {
            expected,
            came,
            events,
        } => {
            let clauses = &context.case.code_checks;
            record.findings.push(finding(
                context.play,
                Oracle::Code.name(),
                Verdict::Fail,
                clauses,
                (&expected, &came),
                &events,
            ));
        }
        Ruling::Undecided { code, reason } => {
            undecided.get_or_insert((Oracle::Code, code, reason));
        }
    }
}

/// What is worth telling and decides nothing.
pub(super) fn advise(record: &mut CaseRecord, context: &Context<'_, '_>, absence: &Absence) {
    if absence.silent {
        let said = (
            "an answer that refuses",
            "no answer, and an honest message behind it came through",
        );
        record.advisories.push(finding(
            context.play,
            "silent",
            Verdict::Pass,
            &record.checks.clone(),
            said,
            &[],
        ));
    }
    if record.verdict == Verdict::Fail
        || !context.case.code_checks.is_empty()
        || !codes::is_refused(context)
    {
        return;
    }
    if let Ruling::Broken {
        expected,
        came,
        events,
    } = codes::code(context)
    {
        record.advisories.push(finding(
            context.play,
            Oracle::Code.name(),
            Verdict::Pass,
            &record.checks.clone(),
            (&expected, &came),
            &events,
        ));
    }
}
