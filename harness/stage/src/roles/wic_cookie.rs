//! The token of our WIC in a cookie of the WebSocket handshake, where the SUT declares that it takes it from there (RFC 7118, A.2).
//! A cookie travels with the handshake alone: what a later message wants to show must have been in it.

use script::step::Step;
use script::vocabulary::wic::{Connect, Send};
use script::vocabulary::{Verb, wic};

use crate::bed::Bed;
use crate::play::Play;
use crate::roles::wic_w2::{Connection, MAIN};
use crate::world::Person;

/// Whether tokens travel in the cookie; registration 1 has none.
pub(super) fn carries(bed: &Bed, play: &Play) -> bool {
    play.registration != 1 && bed.answer("token-carrier", "authorization") == "cookie"
}

/// The value of the Cookie field.
pub(super) fn line(bed: &Bed, token: &str) -> String {
    format!("{}={token}", bed.answer("token-cookie", "access_token"))
}

/// What the handshake of a connection carries: the token that the first message behind it is to show.
pub(crate) fn ahead(
    bed: &Bed,
    play: &Play,
    connect: &Connect,
    ahead: &[Step],
) -> Result<Option<String>, String> {
    let name = connect.connection.as_deref().unwrap_or(MAIN);
    for step in ahead {
        match &step.verb {
            Verb::Wic(wic::Verb::Connect(again))
                if again.connection.as_deref().unwrap_or(MAIN) == name =>
            {
                break;
            }
            Verb::Wic(wic::Verb::Send(send))
                if send.connection.as_deref().unwrap_or(MAIN) == name =>
            {
                if send.credential.as_deref() == Some("proper") {
                    let person = play.person(send.person.as_deref())?;
                    return fresh(bed, play, &proper(&person), &person);
                }
                if send.token.is_some() {
                    return named(bed, play, send.token.as_deref());
                }
            }
            _ => {}
        }
    }
    Ok(None)
}

fn proper(person: &Person) -> String {
    format!("proper {}", person.name)
}

/// A token that was issued before.
pub(super) fn named(bed: &Bed, play: &Play, name: Option<&str>) -> Result<Option<String>, String> {
    match name.filter(|_| carries(bed, play)) {
        Some(name) => play.token(name).map(|issued| Some(issued.compact)),
        None => Ok(None),
    }
}

/// A token that is issued for the handshake.
pub(super) fn fresh(
    bed: &Bed,
    play: &Play,
    name: &str,
    person: &Person,
) -> Result<Option<String>, String> {
    if !carries(bed, play) {
        return Ok(None);
    }
    super::waf::issue_for(bed, play, usize::MAX, name, person)?;
    play.token(name).map(|issued| Some(issued.compact))
}

/// Whether the token of a message went with the handshake of its connection; there is no other way for it.
pub(super) fn shown(play: &Play, connection: &Connection, verb: &Send) -> Result<(), String> {
    if verb.scheme.is_some() || verb.syntax.is_some() {
        return Err("a cookie has no scheme and no other syntax".to_owned());
    }
    let Some(name) = verb.token.as_deref() else {
        let went = connection.cookie.as_ref().map(|_| ());
        return went.ok_or_else(|| "the handshake carried no token".to_owned());
    };
    if connection.cookie == Some(play.token(name)?.compact) {
        return Ok(());
    }
    Err(format!(
        "the token {name} cannot travel: the cookie of the handshake was another, or there was none"
    ))
}
