//! Honest steps after the lie go as they should: the victim's, everybody else's, or all of them.

use script::vocabulary::{Verb, wic};

use crate::context::Context;
use crate::expect;
use crate::play::Play;
use crate::ruling::Ruling;

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    let (played, left): (Vec<usize>, Vec<usize>) = kept(context)
        .into_iter()
        .partition(|step| context.play.began(*step).is_some());
    if let Some(unmet) = expect::unmet(context.play, played.iter().copied()).next() {
        let verb = context
            .play
            .plan
            .steps
            .get(unmet.step)
            .map_or("", |step| step.verb.as_str());
        let expected = format!("{} ({verb}, step {})", unmet.expected, unmet.step + 1);
        return Ruling::broken(expected, unmet.came, unmet.events);
    }
    // Of a changed control what comes behind the lie is not asked; of steps of its own everything must have been.
    if played.is_empty() || (context.own_steps() && !left.is_empty()) {
        return Ruling::undecided("no_honest_step", "no honest step after the lie was asked");
    }
    Ruling::Holds
}

/// The observing steps after the lie that are not about the lie itself.
fn kept(context: &Context<'_, '_>) -> Vec<usize> {
    let play = context.play;
    let departs = context.lie_step().unwrap_or(0);
    let after = (departs + 1..play.plan.steps.len()).filter(|step| play.observes(*step));
    if context.own_steps() {
        return after
            .filter(|step| !context.case.judged.contains(step))
            .collect();
    }
    let tainted = tainted(play, departs);
    after
        .filter(|step| {
            play.act_before(*step)
                .is_some_and(|act| !tainted.contains(&act))
        })
        .collect()
}

/// The acting steps that carry the lie on: the departing one, those with its token, and those on its connection.
fn tainted(play: &Play<'_>, departs: usize) -> Vec<usize> {
    let mut tokens = Vec::new();
    let mut connections = Vec::new();
    let mut tainted = Vec::new();
    for step in departs..play.plan.steps.len() {
        let token = play.field(step, "token");
        let connection = connection(play, step);
        let carries = step == departs
            || token.is_some_and(|token| tokens.contains(&token))
            || connection.is_some_and(|name| connections.contains(&name));
        if carries && !play.observes(step) {
            tainted.push(step);
            tokens.extend(token);
            connections.extend(connection);
        }
    }
    tainted
}

/// The connection of W2 that a step uses.
fn connection<'a>(play: &Play<'a>, step: usize) -> Option<&'a str> {
    let uses = matches!(
        play.verb(step),
        Some(Verb::Wic(
            wic::Verb::Connect(_) | wic::Verb::Send(_) | wic::Verb::Close(_)
        ))
    );
    uses.then(|| play.field(step, "connection").unwrap_or("main"))
}
