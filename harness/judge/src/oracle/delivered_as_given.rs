//! The portal delivers token and identity as the WAF gave them, and nothing of its own.

use evidence::Interface;
use serde_json::Value;

use crate::context::Context;
use crate::http::member;
use crate::identity;
use crate::play::{Message, Play};
use crate::ruling::Ruling;

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    let play = context.play;
    let mut released = play
        .received()
        .filter(|message| message.interface == Interface::W1)
        .filter_map(|message| {
            let json = message
                .http()
                .filter(|http| http.status.is_some())?
                .json()?;
            let token = identity::access_token(play, &json)?;
            Some((message, json, token))
        })
        .peekable();
    if released.peek().is_none() {
        return Ruling::undecided(
            "no_token_seen",
            "the portal delivered no token in this play",
        );
    }
    Ruling::all(released.map(|(message, json, token)| one(play, message, &json, &token)))
}

fn one(play: &Play<'_>, message: &Message<'_>, delivered: &Value, token: &str) -> Ruling {
    let given = play
        .sent()
        .filter(|given| given.interface == Interface::W4 && given.at < message.at)
        .filter_map(|given| given.http()?.json());
    let Some(given) = given
        .filter(|given| identity::access_token(play, given).as_deref() == Some(token))
        .last()
    else {
        return Ruling::broken(
            "the token that the WAF gave",
            "a token that it did not give",
            [message.n],
        );
    };
    let names = play.answer_list("token-members");
    let named = |at: usize, default: &'static str| names.get(at).map_or(default, String::as_str);
    let checks = [(named(1, "impi"), "impi"), (named(2, "impu"), "impu")];
    Ruling::unless(checks.into_iter().find_map(|(own, waf)| {
        let told = identity::strings(member(delivered, own)?);
        let claims = identity::claims(token);
        let source = given
            .get(waf)
            .or_else(|| claims.as_ref()?.get(waf))
            .map(identity::strings)?;
        let foreign = told.iter().find(|value| {
            !source
                .iter()
                .any(|known| known == *value || sip::same_identity(known, value))
        })?;
        Some(Ruling::broken(
            format!("{waf} as the WAF gave it, {}", source.join(", ")),
            format!("{own} = {foreign}"),
            [message.n],
        ))
    }))
}
