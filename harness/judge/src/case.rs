//! One case from its logs: what stands in the way of a verdict first, then the oracles.

mod alive;
mod asking;
mod record;

use evidence::Verdict;
use evidence::record::{CaseRecord, Kind};
use script::Case;

use crate::absence::absence;
use crate::context::Context;
use crate::control::{Control, control, step_failed};
use crate::finding::at_step;
use crate::logs::Logs;
use crate::one_lie::one_lie;
use crate::play::Play;
use crate::{background, expect, reach, waited};
use alive::still_alive;
use asking::{advise, ask};
use record::{blank, left_out, no_plan, not_run, settle, why};

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
    if logs.torn() {
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
    if logs.flooded() {
        let help = "the log has what came before the flood; mend what makes the SUT send it";
        let said = "the SUT did more in a play of this case than a log holds";
        settle(
            &mut record,
            Verdict::Inconclusive,
            why("flooded", said, Some(help)),
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

fn judge_control(record: &mut CaseRecord, logs: &Logs<'_>) {
    let Some(log) = logs.attack.or(logs.control_before) else {
        return not_run(record, "it was not played");
    };
    let Some(play) = Play::new(log) else {
        return no_plan(record);
    };
    waited::tell(record, &play);
    record.background = background::count(&play);
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

fn judge_audit(record: &mut CaseRecord, case: &Case, logs: &Logs<'_>) {
    let Some(log) = logs.control_before.or(logs.attack) else {
        return not_run(record, "its control was not played");
    };
    let Some(play) = Play::new(log) else {
        return no_plan(record);
    };
    waited::tell(record, &play);
    record.background = background::count(&play);
    let context = Context::new(case, &play);
    let before = control(&play);
    if !before.passed() {
        // What an audit asks may be the very thing for which the control failed: what the evidence shows broken is broken.
        let mut asked = record.clone();
        ask(&mut asked, &context, None);
        if asked.verdict == Verdict::Fail {
            *record = asked;
            return;
        }
        return take_control(record, &play, before, true);
    }
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
    record.background = background::count(&play);
    let context = Context::new(case, &play);
    let compared = one_lie(&context, &control_play);
    record.changed = compared.changed;
    if !stands(record, &context, compared.wrong) {
        // A lie that was not told has harmed nobody, whatever became of the SUT meanwhile.
        return;
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
    if !preamble(record, play, departs) {
        return false;
    }
    if let Err(message) = reach::told(context) {
        match step_failed(play, departs + 1).filter(|failed| failed.verdict == Verdict::Error) {
            Some(ours) => take_control(record, play, ours, false),
            None => {
                let help = "the lie did not reach what must refuse it, so nothing is said of the SUT: mend what is told here, or look how far the case came (`wicheck report --format ladder`)";
                settle(
                    record,
                    Verdict::Inconclusive,
                    why("not_reached", message, Some(help)),
                );
            }
        }
        return false;
    }
    if let Some((code, message)) = wrong {
        let help = "an attack departs from its control in one thing: mend the script";
        settle(record, Verdict::Error, why(code, message, Some(help)));
        return false;
    }
    true
}

/// Whether what comes before the lie went as in the control.
fn preamble(record: &mut CaseRecord, play: &Play<'_>, departs: usize) -> bool {
    if let Some(failed) = step_failed(play, departs) {
        let ours = failed.verdict == Verdict::Error;
        take_control(record, play, failed, false);
        if !ours && let Some(reason) = &mut record.reason {
            reason.code = "preamble".to_owned();
        }
        return false;
    }
    let Some(unmet) = expect::unmet(play, 0..departs).next() else {
        return true;
    };
    let message = format!(
        "before the departure, expected {}, came {}",
        unmet.expected, unmet.came
    );
    let said = (unmet.expected.as_str(), unmet.came.as_str());
    let found = at_step(
        play,
        Some(unmet.step),
        "",
        Verdict::Inconclusive,
        &record.checks,
        said,
        &unmet.events,
    );
    record.findings.push(found);
    let help = "what comes before the lie must go as in the control";
    settle(
        record,
        Verdict::Inconclusive,
        why("preamble", message, Some(help)),
    );
    false
}
