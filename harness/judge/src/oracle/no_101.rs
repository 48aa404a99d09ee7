//! The WebSocket handshake is not answered by 101.

use crate::context::Context;
use crate::play::Message;
use crate::ruling::Ruling;

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    Ruling::unless(upgraded(context).next().map(|(request, answer)| {
        Ruling::broken(
            "no 101 to the attack's handshake",
            answer.summary(),
            [request.n, answer.n],
        )
    }))
}

/// The handshakes of the attack that were answered by 101.
pub(super) fn upgraded<'p, 'a>(
    context: &'p Context<'a, 'p>,
) -> impl Iterator<Item = (&'p Message<'a>, &'p Message<'a>)> {
    context.http_requests().filter_map(|request| {
        let answer = context.play.http_answer(request)?;
        (answer.http_status() == Some(101)).then_some((request, answer))
    })
}
