//! Findings as the record keeps them: with their place in the script and the events that show them.

use evidence::event::Place;
use evidence::record::EventRef;
use evidence::{Finding, Verdict};

use crate::play::{Play, shortened};

/// The most of one sentence that the record keeps; the log has the rest.
const LONGEST: usize = 2_000;

/// A finding against the departing step of a play.
pub(crate) fn finding(
    play: &Play<'_>,
    oracle: &str,
    verdict: Verdict,
    clauses: &[String],
    said: (&str, &str),
    events: &[u32],
) -> Finding {
    at_step(
        play,
        play.plan.departs,
        oracle,
        verdict,
        clauses,
        said,
        events,
    )
}

/// A finding against a step.
pub(crate) fn at_step(
    play: &Play<'_>,
    step: Option<usize>,
    oracle: &str,
    verdict: Verdict,
    clauses: &[String],
    (expected, came): (&str, &str),
    events: &[u32],
) -> Finding {
    Finding {
        oracle: oracle.to_owned(),
        verdict,
        clauses: clauses.to_vec(),
        expected: shortened(expected, LONGEST),
        came: shortened(came, LONGEST),
        place: step
            .and_then(|step| play.plan.steps.get(step))
            .map_or_else(Place::default, |step| step.place.clone()),
        events: events
            .iter()
            .map(|n| EventRef {
                play: play.plan.play.clone(),
                n: *n,
            })
            .collect(),
    }
}
