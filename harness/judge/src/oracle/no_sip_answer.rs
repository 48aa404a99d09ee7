//! No SIP message comes back to the attack.

use crate::context::Context;
use crate::ruling::Ruling;

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    let play = context.play;
    let lie = play.lie_at();
    let connections: Vec<u32> = play
        .sent()
        .filter(|message| !message.over && message.step.is_some_and(|step| context.is_judged(step)))
        .map(|message| message.connection)
        .collect();
    let answer = play.received().find(|message| {
        message.at > lie && message.sip().is_some() && connections.contains(&message.connection)
    });
    Ruling::unless(
        answer.map(|answer| Ruling::broken("no SIP answer", answer.summary(), [answer.n])),
    )
}
