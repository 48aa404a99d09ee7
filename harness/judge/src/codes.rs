//! Refusal codes: an advisory, and a finding only for clauses whose content is the code.

use crate::context::Context;
use crate::play::{Message, Play};
use crate::ruling::Ruling;

/// Whether an advisory about a wrong code says anything: an acceptance is no refusal, and its oracles tell.
pub(crate) fn is_refused(context: &Context<'_, '_>) -> bool {
    let status = first_request(context)
        .and_then(|request| answer_of(context.play, request))
        .and_then(status);
    status.is_some_and(|status| status >= 300)
}

fn answer_of<'p, 'a>(play: &'p Play<'a>, request: &Message<'a>) -> Option<&'p Message<'a>> {
    if request.is_http_request() {
        play.http_answer(request)
    } else {
        play.final_answer(request)
    }
}

fn status(answer: &Message<'_>) -> Option<u16> {
    answer.status().or_else(|| answer.http_status())
}

/// Whether the first refused request of the attack was refused with a declared code.
pub(crate) fn code(context: &Context<'_, '_>) -> Ruling {
    let Some(class) = context.case.codes.as_deref() else {
        return Ruling::Holds;
    };
    let play = context.play;
    let Some(wanted) = declared(play, class) else {
        return Ruling::undecided(
            "ics_undeclared",
            format!("the SUT declares no codes for {class}"),
        );
    };
    let expected = format!("a refusal with {}", wanted.join(" or "));
    let Some(request) = first_request(context) else {
        return Ruling::Holds;
    };
    let Some(answer) = answer_of(play, request) else {
        return Ruling::undecided("silent", "no answer came, so there is no code");
    };
    let status = status(answer).unwrap_or(0);
    if !wanted.iter().any(|code| code.parse() == Ok(status)) {
        return Ruling::broken(expected, answer.summary(), [answer.n]);
    }
    if context
        .case
        .code_checks
        .iter()
        .any(|clause| clause == BEARER_CHALLENGE)
    {
        challenge(answer)
    } else {
        Ruling::Holds
    }
}

/// The clause that asks for a challenge beside the code (RFC 8898 section 4).
const BEARER_CHALLENGE: &str = "PRO-SIP.1";

/// A 401 or 407 to a token challenges for Bearer and names an https authorisation server.
fn challenge(answer: &Message<'_>) -> Ruling {
    let Some(sip) = answer.sip() else {
        return Ruling::Holds;
    };
    let header = match answer.status() {
        Some(401) => "WWW-Authenticate",
        Some(407) => "Proxy-Authenticate",
        _ => return Ruling::Holds,
    };
    let challenges = sip.credentials(header);
    let named = challenges
        .iter()
        .filter(|challenge| challenge.is("Bearer"))
        .find_map(|challenge| challenge.param("authz_server"));
    match named {
        Some(server) if server.starts_with("https://") => Ruling::Holds,
        other => {
            let came = other.map_or_else(
                || format!("{} without one", answer.summary()),
                |server| format!("authz_server={server:?}"),
            );
            Ruling::broken(
                format!("a Bearer challenge in {header} with an https authz_server"),
                came,
                [answer.n],
            )
        }
    }
}

/// The first request of the attack that can be refused.
fn first_request<'a, 'p>(context: &Context<'a, 'p>) -> Option<&'p Message<'a>> {
    let upgrades = |message: &&&Message<'_>| {
        message
            .http()
            .is_none_or(|http| http.header("Upgrade").is_none())
    };
    let refused = |message: &&Message<'_>| {
        let status = context
            .play
            .http_answer(message)
            .and_then(Message::http_status);
        status.is_some_and(|status| status >= 300)
    };
    let handshake = context
        .http_requests()
        .filter(|message| !upgrades(&message))
        .find(|message| refused(message));
    let mut all: Vec<&Message<'_>> = context
        .requests()
        .chain(context.http_requests().filter(|message| upgrades(&message)))
        .collect();
    all.sort_by_key(|message| message.at);
    handshake.or_else(|| {
        all.into_iter().find(|message| {
            message
                .request()
                .is_none_or(|sip| sip.method() != Some("ACK"))
        })
    })
}

/// The declared codes of a class, the expected one first.
fn declared<'a>(play: &Play<'a>, class: &str) -> Option<Vec<&'a str>> {
    let entry = play.answer_list("codes").iter().find_map(|entry| {
        let (name, codes) = entry.split_once('=')?;
        (name.trim() == class).then_some(codes)
    })?;
    Some(entry.split(',').map(str::trim).collect())
}
