//! No token stands where it must not: on Mw; in a URL, Referer or cookie; in clear.

use evidence::{Interface, Role};

use crate::context::Context;
use crate::http::decoded;
use crate::identity;
use crate::play::{Message, Play};
use crate::ruling::Ruling;

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    let play = context.play;
    let at_client = matches!(play.plan.sut, Some(Role::Wic | Role::Wwsf));
    let leaks = play.received().filter_map(|message| {
        let found = if at_client {
            of_client(play, message)
        } else {
            on_mw(play, message)
        };
        found.map(|place| {
            Ruling::broken(
                "no token there",
                format!("a token in {place} of {}", message.summary()),
                [message.n],
            )
        })
    });
    let cut = play
        .received()
        .filter(|message| message.cut && (at_client || identity::on_mw(message)))
        .map(|message| {
            Ruling::undecided(
                "cut_body",
                format!("only the beginning of {} is in the log", message.summary()),
            )
        });
    Ruling::all(leaks.chain(cut))
}

fn on_mw(play: &Play<'_>, message: &Message<'_>) -> Option<String> {
    if !identity::on_mw(message) {
        return None;
    }
    identity::token_in(play, message.bytes).map(|_| "a message on Mw".to_owned())
}

/// Where a client may not put a token: what proxies and logs see, and what runs without TLS.
fn of_client(play: &Play<'_>, message: &Message<'_>) -> Option<String> {
    let has = |text: &str| {
        identity::token_in(play, text.as_bytes())
            .or_else(|| identity::token_in(play, decoded(text).as_bytes()))
            .is_some()
    };
    if play.in_clear(message.connection) && identity::token_in(play, message.bytes).is_some() {
        return Some("cleartext".to_owned());
    }
    let http = message.http()?;
    if let Some((_, target)) = http.request {
        let carriers = play.answer("token-carrier").unwrap_or("authorization");
        if has(target) && !(carriers == "url" && message.interface == Interface::W2) {
            return Some("the request target".to_owned());
        }
        let cookie = carriers != "cookie" && play.answer("token-delivery") != Some("cookie");
        let headers = ["Referer", "Cookie"]
            .into_iter()
            .filter(|name| *name != "Cookie" || cookie);
        return headers
            .into_iter()
            .find(|name| http.all(name).any(has))
            .map(|name| format!("the {name} header"));
    }
    let location = http.header("Location").filter(|location| has(location));
    location
        .filter(|_| play.answer("token-delivery") != Some("fragment"))
        .map(|_| "the Location header".to_owned())
}
