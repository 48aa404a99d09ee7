//! No answer with a token may be stored (RFC 6749 section 5.1).

use evidence::Interface;

use crate::context::Context;
use crate::identity;
use crate::ruling::Ruling;

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    let play = context.play;
    let mut with_token = play
        .received()
        .filter(|message| matches!(message.interface, Interface::W1 | Interface::W4))
        .filter(|message| message.http_status().is_some())
        .filter(|message| {
            identity::token_in(play, message.bytes).is_some()
                || has_access_token(context, message.http().and_then(|http| http.json()))
        })
        .peekable();
    if with_token.peek().is_none() {
        return Ruling::undecided("no_token_seen", "no answer of this play has a token");
    }
    Ruling::unless(with_token.find_map(|answer| {
        let http = answer.http()?;
        let stored = !http
            .all("Cache-Control")
            .flat_map(|value| value.split(','))
            .any(|word| word.trim().eq_ignore_ascii_case("no-store"));
        let came = http.header("Cache-Control").map_or_else(
            || "no Cache-Control".to_owned(),
            |value| format!("Cache-Control: {value}"),
        );
        stored.then(|| {
            Ruling::broken(
                "Cache-Control: no-store on an answer with a token",
                format!("{came} in {}", answer.summary()),
                [answer.n],
            )
        })
    }))
}

fn has_access_token(context: &Context<'_, '_>, json: Option<serde_json::Value>) -> bool {
    json.is_some_and(|json| identity::access_token(context.play, &json).is_some())
}
