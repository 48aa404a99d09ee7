//! The WebSocket runs on the agreed version of HTTP only (RFC 9325 section 3.8): no 101 where TLS agreed on another protocol. Where it
//! agreed on none, the server has left the extension out of account, which RFC 7301 section 3.2 lets it.

use super::no_101::upgraded;
use crate::context::Context;
use crate::ruling::Ruling;

/// The one protocol in which the handshake of RFC 6455 is said.
const ITS_OWN: &str = "http/1.1";

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    Ruling::unless(upgraded(context).find_map(|(request, answer)| {
        let connection = context.play.connections.get(&request.connection)?;
        let agreed = connection.tls()?.alpn.as_deref()?;
        (agreed != ITS_OWN).then(|| {
            Ruling::broken(
                "no 101 to a handshake in HTTP/1.1 behind another agreed protocol",
                format!("{}, where {agreed} was agreed", answer.summary()),
                [request.n, answer.n],
            )
        })
    }))
}
