//! How long a case took, and what it spent most of that time waiting for.

use evidence::record::CaseRecord;
use evidence::{Event, What};

use crate::play::{Play, shortened};

/// Puts duration and longest wait of a play into its record.
pub(crate) fn tell(record: &mut CaseRecord, play: &Play<'_>) {
    let acts = play
        .events
        .get(..play.ended.map_or(play.events.len(), |at| at + 1))
        .unwrap_or_default();
    let (Some(first), Some(last)) = (acts.first(), acts.last()) else {
        return;
    };
    record.duration_us = last.at_us.saturating_sub(first.at_us);
    let longest = acts
        .windows(2)
        .max_by_key(|pair| pair[1].at_us.saturating_sub(pair[0].at_us));
    let Some([before, after]) = longest else {
        return;
    };
    let waited_us = after.at_us.saturating_sub(before.at_us);
    record.waited_for = Some(format!("{} ms for {}", waited_us / 1000, name(play, after)));
}

/// What an event is, for a person who asks what was waited for.
fn name(play: &Play<'_>, event: &Event) -> String {
    match &event.what {
        What::TimedOut { awaited, .. } => format!("{} that did not come", shortened(awaited, 80)),
        What::Message { interface, .. } => {
            let summary = play
                .messages
                .iter()
                .find(|message| message.n == event.n)
                .map(|message| message.summary());
            format!(
                "{} on {interface}",
                summary.unwrap_or_else(|| "a message".to_owned())
            )
        }
        What::Opened { interface, .. } => format!("a connection on {interface}"),
        What::Secured { .. } | What::NotSecured { .. } => "a TLS handshake".to_owned(),
        What::NotOpened { to, .. } => format!("a connection to {to} that did not come up"),
        What::Closed { .. } => "the end of a connection".to_owned(),
        What::Hook { name, .. } => format!("the hook {name}"),
        What::StepBegan { step } => play.plan.steps.get(*step).map_or_else(
            || "the next step".to_owned(),
            |step| format!("the step {}", step.verb),
        ),
        _ => "our own work".to_owned(),
    }
}
