//! The edge asks after a token by POST (RFC 7662 section 2.1), proves itself, and puts the token into no address. Which proof it
//! gives is its own affair: a client certificate, HTTP authentication, or a method of the token endpoint.

use evidence::Interface;

use crate::context::Context;
use crate::http::decoded;
use crate::identity;
use crate::play::{Message, Play};
use crate::ruling::Ruling;

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    let play = context.play;
    let mut requests = play
        .received()
        .filter(|message| {
            message.interface == Interface::Introspection && message.is_http_request()
        })
        .peekable();
    if requests.peek().is_none() {
        return Ruling::undecided(
            "no_introspection",
            "the edge asked after no token in this play",
        );
    }
    Ruling::all(requests.map(|request| one(play, request)))
}

fn one(play: &Play<'_>, request: &Message<'_>) -> Ruling {
    let broken = |expected: &str, came: String| Ruling::broken(expected, came, [request.n]);
    let Some(http) = request.http() else {
        return Ruling::undecided("unreadable", format!("{} is no HTTP", request.summary()));
    };
    let Some((method, target)) = http.request else {
        return Ruling::undecided("unreadable", format!("{} is no request", request.summary()));
    };
    if method != "POST" {
        return broken("a POST", method.to_owned());
    }
    let secured = play.answer("introspection-tls") == Some("yes");
    if secured && play.in_clear(request.connection) {
        return broken("a request over TLS", "a request in clear".to_owned());
    }
    let shown = [target.to_owned(), decoded(target)];
    if shown
        .iter()
        .any(|text| identity::token_in(play, text.as_bytes()).is_some())
    {
        return broken("no token in an address", "a token in the target".to_owned());
    }
    let form = http.form();
    let member = |name: &str| {
        form.iter()
            .any(|(own, value)| own == name && !value.is_empty())
    };
    let certified = play
        .connections
        .get(&request.connection)
        .and_then(|connection| connection.secured)
        .is_some_and(|tls| !tls.peer_chain.is_empty());
    let proven = certified
        || http.header("Authorization").is_some()
        || member("client_secret")
        || member("client_assertion");
    if proven {
        Ruling::Holds
    } else {
        broken(
            "a request with a proof of who asks (RFC 7662 section 2.1)",
            format!("{} without one", request.summary()),
        )
    }
}
