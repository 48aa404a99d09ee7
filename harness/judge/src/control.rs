//! Whether an honest run went as it should: pass, or inconclusive with its reason, or an error of ours.

use evidence::event::Side;
use evidence::record::Reason;
use evidence::{Verdict, What};

use crate::expect::{self, Unmet};
use crate::play::{Connection, Play};

/// How an honest run ended.
#[derive(Clone, Debug)]
pub(crate) struct Control {
    pub(crate) verdict: Verdict,
    pub(crate) reason: Option<Reason>,
    /// The step that it failed at, with what was expected and came.
    pub(crate) unmet: Option<Unmet>,
}

impl Control {
    pub(crate) fn passed(&self) -> bool {
        self.verdict == Verdict::Pass
    }

    fn failed(verdict: Verdict, code: &str, unmet: Unmet, help: &str) -> Self {
        let message = format!("expected {}, came {}", unmet.expected, unmet.came);
        let reason = Reason {
            code: code.to_owned(),
            message,
            help: Some(help.to_owned()),
        };
        Self {
            verdict,
            reason: Some(reason),
            unmet: Some(unmet),
        }
    }
}

/// Judges an honest run.
pub(crate) fn control(play: &Play<'_>) -> Control {
    if let Some(failed) = step_failed(play, play.plan.steps.len()) {
        return failed;
    }
    if play.ended.is_none() {
        let unmet = Unmet {
            step: 0,
            expected: "a play that ends".to_owned(),
            came: "a log without its end".to_owned(),
            events: Vec::new(),
        };
        return Control::failed(
            Verdict::Inconclusive,
            "torn_log",
            unmet,
            "play it again: the log was cut short",
        );
    }
    match expect::unmet(play, 0..play.plan.steps.len()).next() {
        None => Control {
            verdict: Verdict::Pass,
            reason: None,
            unmet: None,
        },
        Some(unmet) if is_silent(play, unmet.step) => Control::failed(
            Verdict::Inconclusive,
            "sut_silent",
            unmet,
            "is the SUT up, and are its addresses right? the ladder of this control (`wicheck report --format ladder`) tells what was tried",
        ),
        Some(unmet) => Control::failed(Verdict::Inconclusive, "control_failed", unmet, HELP),
    }
}

const HELP: &str = "the SUT must serve honest clients before it can be attacked: compare its SUT file and its provisioning with the world";

/// The first step before `end` that could not be carried out.
pub(crate) fn step_failed(play: &Play<'_>, end: usize) -> Option<Control> {
    let (n, step, by, why) = play.events.iter().find_map(|event| match &event.what {
        What::StepFailed { step, by, why } if *step < end => Some((event.n, *step, *by, why)),
        _ => None,
    })?;
    let verb = play
        .plan
        .steps
        .get(step)
        .map_or("a step", |step| step.verb.as_str());
    let unmet = Unmet {
        step,
        expected: format!("{verb} is carried out"),
        came: why.clone(),
        events: vec![n],
    };
    Some(match by {
        Side::Sut if nobody_answered(play, step) => Control::failed(
            Verdict::Inconclusive,
            "sut_silent",
            unmet,
            "is the SUT up, and are its addresses right? the ladder of this control (`wicheck report --format ladder`) tells what was tried",
        ),
        Side::Sut => Control::failed(Verdict::Inconclusive, "sut_refuses", unmet, HELP),
        Side::Us => Control::failed(
            Verdict::Error,
            "error",
            unmet,
            "this is a fault of the script or of wicheck, not of the SUT",
        ),
        Side::System => Control::failed(
            Verdict::Error,
            "error",
            unmet,
            "this is a fault of the machine: disk, ports, names",
        ),
    })
}

/// Whether nothing at all came from the SUT since the step before `step` that acted, and something was waited for.
fn is_silent(play: &Play<'_>, step: usize) -> bool {
    let begin = play
        .act_before(step)
        .and_then(|act| play.began(act))
        .unwrap_or(0);
    let end = play.end_of(step);
    let waited = play
        .events
        .iter()
        .any(|event| matches!(event.what, What::TimedOut { step: waited, .. } if waited == step));
    waited
        && !play
            .received()
            .any(|message| (begin..end).contains(&message.at))
}

/// Whether what the step tried to reach is not there: no connection came up, or nobody spoke on the one that did.
fn nobody_answered(play: &Play<'_>, step: usize) -> bool {
    let Some(begin) = play.began(step) else {
        return false;
    };
    let within = begin..play.end_of(step).max(begin);
    let refused = play
        .events
        .get(within.clone())
        .unwrap_or_default()
        .iter()
        .any(|event| matches!(event.what, What::NotOpened { .. }));
    let mute = play.connections.iter().any(|(number, connection)| {
        connection.by == Some(Side::Us)
            && within.contains(&connection.opened)
            && is_mute(play, *number, connection)
    });
    refused || mute
}

/// Whether the SUT served nothing on a connection: no answer and no end, and if it came no further than a handshake, none of that either.
fn is_mute(play: &Play<'_>, number: u32, connection: &Connection<'_>) -> bool {
    let shook_hands = connection
        .not_secured
        .is_some_and(|(facts, _)| facts.version.is_some() || !facts.peer_chain.is_empty());
    !shook_hands
        && !connection.ended_by_sut()
        && !play.received().any(|message| message.connection == number)
}
