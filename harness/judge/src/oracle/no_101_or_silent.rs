//! No 101, or one that selects no subprotocol and behind which no SIP is spoken (RFC 7118 section 4.1, RFC 6455 section 4.2.2).

use super::no_101::upgraded;
use crate::context::Context;
use crate::ruling::Ruling;

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    Ruling::unless(upgraded(context).find_map(|(request, answer)| {
        let selected = answer
            .http()
            .and_then(|http| http.header("Sec-WebSocket-Protocol"));
        let offered = request
            .http()
            .and_then(|http| http.header("Sec-WebSocket-Protocol"))
            .unwrap_or_default();
        let was_offered = |word: &str| offered.split(',').any(|each| each.trim() == word);
        if let Some(word) =
            selected.filter(|word| word.eq_ignore_ascii_case("sip") || !was_offered(word))
        {
            return Some(Ruling::broken(
                "no 101 that selects sip, which was not offered",
                format!("Sec-WebSocket-Protocol: {word}"),
                [answer.n],
            ));
        }
        let spoken = context
            .play
            .received()
            .find(|message| message.connection == request.connection && message.sip().is_some())?;
        Some(Ruling::broken(
            "no SIP without the subprotocol",
            spoken.summary(),
            [answer.n, spoken.n],
        ))
    }))
}
