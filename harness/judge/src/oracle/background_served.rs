//! Nobody in the background is denied anything while one party is switched off and on again.

use crate::background::{self, Phase};
use crate::context::Context;
use crate::ruling::Ruling;

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    let Some(told) = background::count(context.play) else {
        return Ruling::undecided("no_background", "nobody was at work in the background");
    };
    match background::denied(context.play) {
        // Whom the SUT does not serve anyway, nothing can be said of.
        Some(denied) if denied.phase == Phase::Before => Ruling::undecided(
            "background_not_served",
            format!("expected {}, came {}", denied.expected, denied.came),
        ),
        Some(denied) => Ruling::broken(denied.expected, denied.came, denied.events),
        None if told.during.exchanges == 0 || told.before.exchanges == 0 => Ruling::undecided(
            "no_background",
            "the background was not at work both before and while the party was off",
        ),
        None => Ruling::Holds,
    }
}
