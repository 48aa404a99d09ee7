//! One case from its logs: what stands in the way of a verdict first, then the oracles.

use evidence::record::{CaseRecord, Kind, Part, PlayRef, Reason};
use evidence::{ReadLog, Verdict};
use script::{Applies, Case};

use crate::absence::{Absence, absence};
use crate::context::Context;
use crate::control::{Control, control, step_failed};
use crate::finding::{at_step, finding};
use crate::logs::Logs;
use crate::one_lie::one_lie;
use crate::oracle::Oracle;
use crate::play::Play;
use crate::ruling::Ruling;
use crate::{codes, expect, oracle, reach, waited};

/// The clause that every attack checks without naming it.
pub const ALIVE_CLAUSE: &str = "PRO-ALIVE.1";

/// Judges a case from its logs alone.
///
/// The order: does it apply, is everything declared, was it played, are the logs whole, did the control pass, did the preamble,
/// was the lie told, was it one lie; then every oracle of the outcome, the proof of absence, and whether the SUT is still alive.
#[must_use]
pub fn judge(case: &Case, logs: &Logs<'_>) -> CaseRecord {
    let mut record = blank(case, logs);
    if let Some((verdict, reason)) = left_out(case) {
        settle(&mut record, verdict, reason);
        return record;
    }
    if [
        logs.control_before,
        logs.attack,
        logs.control_after,
        logs.after_again,
    ]
    .into_iter()
    .flatten()
    .any(|log| log.torn)
    {
        settle(
            &mut record,
            Verdict::Inconclusive,
            why(
                "torn_log",
                "a log of this case was cut short",
                Some("play it again"),
            ),
        );
        return record;
    }
    match case.kind {
        Kind::Control => judge_control(&mut record, logs),
        Kind::Audit => judge_audit(&mut record, case, logs),
        Kind::Attack => judge_attack(&mut record, case, logs),
    }
    record
}

/// A record that says what was asked and nothing of the answer.
fn blank(case: &Case, logs: &Logs<'_>) -> CaseRecord {
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
    }
}

fn play_name(log: &ReadLog) -> Option<String> {
    log.events.iter().find_map(|event| match &event.what {
        evidence::What::Plan(plan) => Some(plan.play.clone()),
        _ => None,
    })
}

fn why(code: &str, message: impl Into<String>, help: Option<&str>) -> Reason {
    Reason {
        code: code.to_owned(),
        message: message.into(),
        help: help.map(str::to_owned),
    }
}

fn settle(record: &mut CaseRecord, verdict: Verdict, reason: Reason) {
    record.verdict = verdict;
    record.reason = Some(reason);
}

/// What the SUT's declarations leave out.
fn left_out(case: &Case) -> Option<(Verdict, Reason)> {
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

fn judge_control(record: &mut CaseRecord, logs: &Logs<'_>) {
    let Some(log) = logs.attack.or(logs.control_before) else {
        return not_run(record, "it was not played");
    };
    let Some(play) = Play::new(log) else {
        return no_plan(record);
    };
    waited::tell(record, &play);
    take_control(record, &play, control(&play), false);
}

/// Puts the outcome of an honest run into a record: of itself, or of a case that stands on it.
fn take_control(record: &mut CaseRecord, play: &Play<'_>, control: Control, stands_on_it: bool) {
    record.verdict = control.verdict;
    let Some(mut reason) = control.reason else {
        return;
    };
    if stands_on_it {
        reason.message = format!(
            "its control {} did not pass ({}): {}",
            record.control, reason.code, reason.message
        );
        if reason.code != "sut_silent" {
            reason.code = "control_failed".to_owned();
        }
        record.verdict = Verdict::Inconclusive;
    }
    if let Some(unmet) = control.unmet {
        let said = (unmet.expected.as_str(), unmet.came.as_str());
        record.findings.push(at_step(
            play,
            Some(unmet.step),
            "",
            record.verdict,
            &record.checks.clone(),
            said,
            &unmet.events,
        ));
    }
    record.reason = Some(reason);
}

fn not_run(record: &mut CaseRecord, message: &str) {
    settle(record, Verdict::NotRun, why("not_run", message, None));
}

fn no_plan(record: &mut CaseRecord) {
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

fn judge_audit(record: &mut CaseRecord, case: &Case, logs: &Logs<'_>) {
    let Some(log) = logs.control_before.or(logs.attack) else {
        return not_run(record, "its control was not played");
    };
    let Some(play) = Play::new(log) else {
        return no_plan(record);
    };
    waited::tell(record, &play);
    let before = control(&play);
    if !before.passed() {
        return take_control(record, &play, before, true);
    }
    let context = Context::new(case, &play);
    ask(record, &context, None);
}

fn judge_attack(record: &mut CaseRecord, case: &Case, logs: &Logs<'_>) {
    let Some(before) = logs.control_before else {
        return not_run(record, "its control was not played");
    };
    let Some(control_play) = Play::new(before) else {
        return no_plan(record);
    };
    let before = control(&control_play);
    if !before.passed() {
        return take_control(record, &control_play, before, true);
    }
    let Some(log) = logs.attack else {
        return not_run(record, "its control passed and it was not played");
    };
    let Some(play) = Play::new(log) else {
        return no_plan(record);
    };
    waited::tell(record, &play);
    let context = Context::new(case, &play);
    let compared = one_lie(&context, &control_play);
    record.changed = compared.changed;
    if !stands(record, &context, compared.wrong) {
        return still_alive(record, &context, logs);
    }
    let absence = absence(&context);
    record.absence = Some(absence.words.clone());
    ask(record, &context, Some(&absence));
    advise(record, &context, &absence);
    still_alive(record, &context, logs);
}

/// Whether the attack can be judged at all: its preamble went well, the lie was told, and it was one.
fn stands(
    record: &mut CaseRecord,
    context: &Context<'_, '_>,
    wrong: Option<(&'static str, String)>,
) -> bool {
    let play = context.play;
    let departs = play.plan.departs.unwrap_or(0);
    if let Some(failed) = step_failed(play, departs) {
        let error = failed.verdict == Verdict::Error;
        take_control(record, play, failed, false);
        if !error && let Some(reason) = &mut record.reason {
            reason.code = "preamble".to_owned();
        }
        return false;
    }
    if let Some(unmet) = expect::unmet(play, 0..departs).next() {
        let message = format!(
            "before the departure, expected {}, came {}",
            unmet.expected, unmet.came
        );
        let said = (unmet.expected.as_str(), unmet.came.as_str());
        record.findings.push(at_step(
            play,
            Some(unmet.step),
            "",
            Verdict::Inconclusive,
            &record.checks.clone(),
            said,
            &unmet.events,
        ));
        settle(
            record,
            Verdict::Inconclusive,
            why(
                "preamble",
                message,
                Some("what comes before the lie must go as in the control"),
            ),
        );
        return false;
    }
    if let Err(message) = reach::told(context) {
        let ours = step_failed(play, departs + 1).filter(|failed| failed.verdict == Verdict::Error);
        match ours {
            Some(failed) => take_control(record, play, failed, false),
            None => settle(
                record,
                Verdict::Inconclusive,
                why(
                    "not_reached",
                    message,
                    Some("the lie did not reach what must refuse it"),
                ),
            ),
        }
        return false;
    }
    if let Some((code, message)) = wrong {
        settle(
            record,
            Verdict::Error,
            why(
                code,
                message,
                Some("an attack departs from its control in one thing: mend the script"),
            ),
        );
        return false;
    }
    true
}

/// Asks every oracle of the outcome and joins their answers.
fn ask(record: &mut CaseRecord, context: &Context<'_, '_>, absence: Option<&Absence>) {
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
fn advise(record: &mut CaseRecord, context: &Context<'_, '_>, absence: &Absence) {
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
    if record.verdict == Verdict::Fail || !context.case.code_checks.is_empty() {
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

/// Whether honest clients are served after the attack: failed twice is a finding, failed once decides nothing.
fn still_alive(record: &mut CaseRecord, context: &Context<'_, '_>, logs: &Logs<'_>) {
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
