//! No request of the attack reaches Mw, late ones included.

use crate::context::Context;
use crate::ruling::Ruling;

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    Ruling::unless(context.on_mw().next().map(|message| {
        let when = if message.over {
            ", after the play had ended"
        } else {
            ""
        };
        Ruling::broken(
            "no request of the attack on Mw",
            format!("{}{when}", message.summary()),
            [message.n],
        )
    }))
}
