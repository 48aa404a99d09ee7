//! What reaches Mw of the attack is at most a REGISTER that nobody vouches for, and that only where the edge also serves IMS
//! mechanisms and leaves the authentication to the core.

use crate::context::Context;
use crate::identity;
use crate::ruling::Ruling;

/// Labels that say: not authenticated yet (TS 24.229 clause 7.2A.2).
pub(super) const PENDING: &[&str] = &["no", "tls-pending", "ip-assoc-pending"];

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    let passes_on = context
        .play
        .answer("edge-mechanisms")
        .is_some_and(|answer| answer != "token-only");
    Ruling::unless(context.on_mw().find_map(|message| {
        let broken =
            |expected: &str, came: String| Some(Ruling::broken(expected, came, [message.n]));
        let Some(register) = message.request_of("REGISTER") else {
            return broken(
                "of the attack no request but REGISTER on Mw",
                message.summary(),
            );
        };
        if let Some(label) = identity::labels(register)
            .into_iter()
            .find(|label| !PENDING.contains(&label.as_str()))
        {
            return broken(
                "no REGISTER on Mw that the edge vouches for",
                format!("integrity-protected={label:?} in {}", message.summary()),
            );
        }
        if let Some(party) = identity::parties(context.play, register).into_iter().next() {
            return broken(
                "no third party named on Mw",
                format!("{party:?} in {}", message.summary()),
            );
        }
        if passes_on {
            None
        } else {
            broken(
                "nothing of the attack on Mw: the edge serves tokens only",
                message.summary(),
            )
        }
    }))
}
