//! No SIP request of the attack is answered by 2xx.

use crate::context::Context;
use crate::ruling::Ruling;

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    Ruling::unless(context.requests().find_map(|request| {
        let accepted = context
            .play
            .answers(request)
            .find(|answer| answer.status().is_some_and(|status| status / 100 == 2))?;
        let method = request
            .request()
            .and_then(sip::Message::method)
            .unwrap_or("the request");
        Some(Ruling::broken(
            format!("no 2xx to the attack's {method}"),
            accepted.summary(),
            [request.n, accepted.n],
        ))
    }))
}
