//! Nothing that needs TLS is said in clear: by a WIC on W1 and W2, or by a portal that is asked in clear.

use evidence::event::{Layer, Side};
use evidence::{Interface, Role};

use crate::context::Context;
use crate::play::{Message, Play};
use crate::ruling::Ruling;

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    let play = context.play;
    if matches!(play.plan.sut, Some(Role::Wic | Role::Network)) {
        return Ruling::unless(by_client(play).next().map(|message| {
            Ruling::broken(
                "nothing of the WIC without TLS",
                message.summary(),
                [message.n],
            )
        }));
    }
    Ruling::unless(
        context
            .http_requests()
            .filter(|request| play.in_clear(request.connection))
            .find_map(|request| {
                let answer = play.http_answer(request)?;
                let why = tells(answer)?;
                Some(Ruling::broken(
                    "in clear at most a refusal or a redirect to https",
                    format!("{why}: {}", answer.summary()),
                    [request.n, answer.n],
                ))
            }),
    )
}

/// What a client says on connections of its own that have no TLS.
fn by_client<'p, 'a>(play: &'p Play<'a>) -> impl Iterator<Item = &'p Message<'a>> {
    play.received().filter(|message| {
        matches!(message.interface, Interface::W1 | Interface::W2)
            && matches!(message.layer, Layer::Http | Layer::Sip | Layer::Websocket)
            && play.in_clear(message.connection)
            && play
                .connections
                .get(&message.connection)
                .is_some_and(|connection| connection.by == Some(Side::Sut))
    })
}

/// What an answer in clear gives away.
fn tells(answer: &Message<'_>) -> Option<&'static str> {
    let http = answer.http()?;
    if http.header("Set-Cookie").is_some() {
        return Some("a cookie in clear");
    }
    match http.status? {
        200..=299 => Some("served in clear"),
        300..=399 => {
            let target = http.header("Location").unwrap_or_default();
            (!target.starts_with("https://")).then_some("a redirect that leads not to https")
        }
        _ => is_oauth(answer).then_some("an answer of an authorisation server in clear"),
    }
}

/// Whether an endpoint of OAuth itself refused (RFC 6749 section 5.2), and no server in front of it.
fn is_oauth(answer: &Message<'_>) -> bool {
    let error = answer
        .http()
        .and_then(|http| http.json())
        .and_then(|json| json.get("error")?.as_str().map(str::to_owned));
    error.is_some_and(|error| {
        error.starts_with("invalid_")
            || error.starts_with("unsupported_")
            || matches!(error.as_str(), "unauthorized_client" | "access_denied")
    })
}
