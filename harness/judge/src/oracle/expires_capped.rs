//! A registration does not outlive the token that it stands on: the edge asks the core for no longer, or tells the WIC no longer.

use script::vocabulary::{Verb, waf};

use crate::context::Context;
use crate::play::{Message, Play};
use crate::ruling::Ruling;

/// Seconds of life of a token whose step names none.
const LIFE: u64 = 300;

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    Ruling::all(
        context
            .requests()
            .filter(|message| message.request_of("REGISTER").is_some())
            .filter_map(|request| one(context, request)),
    )
}

fn one(context: &Context<'_, '_>, request: &Message<'_>) -> Option<Ruling> {
    let play = context.play;
    let answer = play
        .final_answer(request)
        .filter(|answer| answer.status().is_some_and(|status| status / 100 == 2))?;
    let longest = life(play, request) + skew(play);
    let forwarded = context
        .registers_on_mw()
        .filter(|(message, _)| message.at > request.at && message.at < answer.at)
        .filter_map(|(message, register)| Some((message, interval(register)?)))
        .max_by_key(|(_, seconds)| *seconds);
    let told = answer.sip().and_then(interval);
    let capped = |seconds: Option<u64>| seconds.is_some_and(|seconds| seconds <= longest);
    if capped(told) || capped(forwarded.map(|(_, seconds)| seconds)) {
        return Some(Ruling::Holds);
    }
    let words = |seconds: Option<u64>| seconds.map_or_else(|| "none".to_owned(), |s| s.to_string());
    let came = format!(
        "{} on Mw and {} in {}",
        words(forwarded.map(|(_, seconds)| seconds)),
        words(told),
        answer.summary()
    );
    let events = forwarded
        .map(|(message, _)| message.n)
        .into_iter()
        .chain([answer.n]);
    Some(Ruling::broken(
        format!("an interval of at most {longest} seconds, the life of the token"),
        came,
        events,
    ))
}

/// The longest interval that a REGISTER or its answer names.
fn interval(message: &sip::Message) -> Option<u64> {
    let of_contacts = message
        .addresses("Contact")
        .into_iter()
        .filter_map(|contact| contact.param("expires")?.parse::<u64>().ok())
        .max();
    of_contacts.or_else(|| message.field("Expires")?.trim().parse().ok())
}

/// Seconds that the token of a request lives.
fn life(play: &Play<'_>, request: &Message<'_>) -> u64 {
    let name = request.step.and_then(|step| play.field(step, "token"));
    let issued = play
        .tokens
        .iter()
        .rev()
        .find(|token| Some(token.name) == name && token.at < request.at);
    match issued.and_then(|token| play.verb(token.step)) {
        Some(Verb::Waf(waf::Verb::Issue(issue))) => issue.life.unwrap_or(LIFE),
        _ => LIFE,
    }
}

/// Seconds that clocks may differ, as declared.
fn skew(play: &Play<'_>) -> u64 {
    play.answer("skew")
        .and_then(|skew| skew.parse().ok())
        .unwrap_or(0)
}
