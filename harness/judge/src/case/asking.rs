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

/// The first oracle that the evidence does not decide, with a word and a sentence.
type Undecided = Option<(Oracle, &'static str, String)>;

/// Asks every oracle of the outcome and joins their answers.
pub(super) fn ask(record: &mut CaseRecord, context: &Context<'_, '_>, absence: Option<&Absence>) {
    let Some((name, words)) = &context.case.outcome else {
        let reason = why(
            "no_outcome",
            "the script names no outcome for this SUT",
            None,
        );
        return settle(record, Verdict::Error, reason);
    };
    let mut undecided = None;
    for word in words {
        match word.parse::<Oracle>() {
            Ok(Oracle::Code | Oracle::Alive) => {}
            Ok(oracle) => {
                let ruling = oracle::ask(oracle, context);
                take(
                    record,
                    context,
                    &mut undecided,
                    oracle,
                    &context.case.checks,
                    ruling,
                );
            }
            Err(_) => {
                let message = format!("the outcome {name} asks the unknown oracle {word}");
                return settle(record, Verdict::Error, why("no_oracle", message, None));
            }
        }
    }
    // Refusal codes count for the clauses whose content they are, and for no other.
    if !context.case.code_checks.is_empty() {
        let ruling = codes::code(context);
        take(
            record,
            context,
            &mut undecided,
            Oracle::Code,
            &context.case.code_checks,
            ruling,
        );
    }
    join(record, context, undecided, absence);
}

/// Takes the answer of one oracle.
fn take(
    record: &mut CaseRecord,
    context: &Context<'_, '_>,
    undecided: &mut Undecided,
    oracle: Oracle,
    clauses: &[String],
    ruling: Ruling,
) {
    match ruling {
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
                clauses,
                (&expected, &came),
                &events,
            ));
        }
        Ruling::Undecided { code, reason } => {
            undecided.get_or_insert((oracle, code, reason));
        }
    }
}

/// A broken oracle beats an undecided one, and that the lack of proof that nothing more comes.
fn join(
    record: &mut CaseRecord,
    context: &Context<'_, '_>,
    undecided: Undecided,
    absence: Option<&Absence>,
) {
    if let Some(first) = record
        .findings
        .iter()
        .find(|finding| finding.verdict == Verdict::Fail)
    {
        let message = format!("expected {}, came {}", first.expected, first.came);
        let reason = why(&first.oracle, message, None);
        settle(record, Verdict::Fail, reason);
    } else if let Some((oracle, code, reason)) = undecided {
        let said = (oracle.question(), reason.as_str());
        let open = finding(
            context.play,
            oracle.name(),
            Verdict::Inconclusive,
            &record.checks,
            said,
            &[],
        );
        record.findings.push(open);
        settle(
            record,
            Verdict::Inconclusive,
            why(code, format!("{oracle}: {reason}"), None),
        );
    } else if let Some((code, message)) = absence.and_then(|absence| absence.missing.clone()) {
        let help = "without an honest message behind it, silence proves nothing";
        settle(
            record,
            Verdict::Inconclusive,
            why(code, message, Some(help)),
        );
    } else {
        record.verdict = Verdict::Pass;
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
