//! When a played edge told its lie to a WIC: with the first message that can bear it.

use evidence::Interface;
use script::vocabulary::{Verb, ep_cscf};

use crate::context::Context;
use crate::play::Message;

/// The event by which the WIC has heard the lie; `None` when it never came so far.
pub(super) fn told_at(context: &Context<'_, '_>) -> Option<usize> {
    let play = context.play;
    let since = play.lie_at();
    let on_w2 = |bears: fn(&Message<'_>) -> bool| {
        play.sent()
            .find(|message| {
                message.at >= since
                    && !message.over
                    && message.interface == Interface::W2
                    && bears(message)
            })
            .map(|message| message.at)
    };
    let Some(Verb::EpCscf(ep_cscf::Verb::Serve(serve))) =
        context.lie_step().and_then(|step| play.verb(step))
    else {
        return Some(since);
    };
    // A control may tell which of its challenges is given: what the edge says behind that comes first.
    if serve.rspauth.is_some() {
        on_w2(|message| message.status().is_some_and(|status| status / 100 == 2))
    } else if serve.challenge.is_some() {
        on_w2(|message| message.status().is_some_and(|status| status >= 400))
    } else if serve.answer.is_some() {
        on_w2(|message| message.http().is_none())
    } else if serve.protocol.is_some() || serve.accept.is_some() || serve.redirect.is_some() {
        on_w2(|message| message.http_status().is_some())
    } else {
        Some(since)
    }
}
