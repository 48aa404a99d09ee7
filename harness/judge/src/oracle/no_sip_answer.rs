//! No SIP message comes back to the attack, and no HTTP in a frame.

use evidence::event::Layer;

use crate::context::Context;
use crate::play::Message;
use crate::ruling::Ruling;

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    none(context, "no SIP answer", |_| true)
}

/// A whole message that is no SIP may be refused as such (RFC 3261 21.4.1): the frame that holds it is no fault.
pub(super) fn refused_at_most(context: &Context<'_, '_>) -> Ruling {
    let is_no_refusal = |answer: &Message<'_>| !matches!(answer.status(), Some(400..=699));
    none(context, "a SIP refusal at most", is_no_refusal)
}

fn none(
    context: &Context<'_, '_>,
    expected: &str,
    counts: impl Fn(&Message<'_>) -> bool,
) -> Ruling {
    let play = context.play;
    let lie = play.lie_at();
    let connections: Vec<u32> = context.spoken_on(|step| context.is_judged(step)).collect();
    let answer = play.received().find(|message| {
        // HTTP in a frame is no more an answer than SIP is.
        let framed_http = message.layer == Layer::Sip && message.bytes.starts_with(b"HTTP/");
        let spoken = message.sip().is_some() || framed_http;
        message.at > lie && spoken && counts(message) && connections.contains(&message.connection)
    });
    Ruling::unless(answer.map(|answer| Ruling::broken(expected, answer.summary(), [answer.n])))
}
