//! SIP messages in the log of a play, as the roles look for them while they wait.

use evidence::event::{Direction, Layer};
use evidence::{Event, Interface, What};
use sip::Message;

/// What the SUT sent over one of these interfaces, from an event on, the oldest first.
pub(crate) fn came<'e>(
    events: &'e [Event],
    since: usize,
    on: &'e [Interface],
) -> impl Iterator<Item = Message> + 'e {
    messages(events, since, on, Direction::Received)
}

/// What a played node sent over one of these interfaces, from an event on, the oldest first.
pub(crate) fn said<'e>(
    events: &'e [Event],
    since: usize,
    on: &'e [Interface],
) -> impl Iterator<Item = Message> + 'e {
    messages(events, since, on, Direction::Sent)
}

fn messages<'e>(
    events: &'e [Event],
    since: usize,
    on: &'e [Interface],
    towards: Direction,
) -> impl Iterator<Item = Message> + 'e {
    events
        .iter()
        .skip(since)
        .filter_map(move |event| match &event.what {
            What::Message {
                interface,
                direction,
                layer: Layer::Sip,
                bytes,
                ..
            } if on.contains(interface) && *direction == towards => Some(Message::split(&bytes.0)),
            _ => None,
        })
}

/// Whether it is an answer behind which no other comes.
pub(crate) fn is_final(message: &Message) -> bool {
    message.status().is_some_and(|status| status >= 200)
}
