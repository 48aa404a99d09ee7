//! No SIP message comes back to the attack, and no HTTP in a frame.

use evidence::event::Layer;

use crate::context::Context;
use crate::ruling::Ruling;

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    let play = context.play;
    let lie = play.lie_at();
    let connections: Vec<u32> = context.spoken_on(|step| context.is_judged(step)).collect();
    let answer = play.received().find(|message| {
        // HTTP in a frame is no more an answer than SIP is.
        let framed_http = message.layer == Layer::Sip && message.bytes.starts_with(b"HTTP/");
        let spoken = message.sip().is_some() || framed_http;
        message.at > lie && spoken && connections.contains(&message.connection)
    });
    Ruling::unless(
        answer.map(|answer| Ruling::broken("no SIP answer", answer.summary(), [answer.n])),
    )
}
