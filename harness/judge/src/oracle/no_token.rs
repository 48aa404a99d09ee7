//! No answer to the attack's HTTP requests has a token or a code: in JSON, in a form, in a redirect.

use script::vocabulary::{Verb, wwsf};

use crate::context::Context;
use crate::http::{fields, member, url_fields};
use crate::play::{Message, Play};
use crate::ruling::Ruling;

/// Names under which tokens travel (RFC 6749 sections 4.1.2, 5.1).
const TOKENS: &[&str] = &["access_token", "refresh_token", "id_token"];

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    let declared = context
        .play
        .answer_list("token-members")
        .first()
        .map(String::as_str);
    let names: Vec<&str> = TOKENS.iter().copied().chain(declared).collect();
    let found = context.http_requests().filter_map(|request| {
        let answer = context.play.http_answer(request)?;
        let place = given(answer, &names, counts_code(context.play, request))?;
        Some(Ruling::broken(
            "an answer without token and code",
            format!("{place} in {}", answer.summary()),
            [answer.n],
        ))
    });
    let cut = context
        .http_answers()
        .filter(|answer| answer.cut)
        .map(|answer| {
            Ruling::undecided(
                "cut_body",
                format!("only the beginning of {} is in the log", answer.summary()),
            )
        });
    Ruling::all(found.chain(cut))
}

/// Whether a code is what the attack must not get: when it asks for one. Where the code is only the way to a token, an honest
/// user goes that way up to the lie, and gets his code.
fn counts_code(play: &Play<'_>, request: &Message<'_>) -> bool {
    let verb = request.step.and_then(|step| play.verb(step));
    matches!(verb, Some(Verb::Wwsf(wwsf::Verb::Authorize(_))))
}

/// The name under which an answer gives a token or code.
fn given(answer: &Message<'_>, names: &[&str], code: bool) -> Option<String> {
    let http = answer.http()?;
    let filled = |name: &str| {
        http.json()
            .as_ref()
            .and_then(|json| member(json, name))
            .is_some_and(|value| value.as_str().is_some_and(|text| !text.is_empty()))
    };
    if let Some(name) = names.iter().find(|name| filled(name)) {
        return Some(format!("{name} in JSON"));
    }
    let is_given = |(name, value): &(String, String)| {
        !value.is_empty() && (names.contains(&name.as_str()) || code && name == "code")
    };
    let location = http.header("Location").map(url_fields).unwrap_or_default();
    if let Some((name, _)) = location.into_iter().find(|pair| is_given(pair)) {
        return Some(format!("{name} in the redirect"));
    }
    let text = std::str::from_utf8(http.body).unwrap_or_default();
    let form = if text.starts_with(['{', '<', '[']) {
        Vec::new()
    } else {
        fields(text)
    };
    form.into_iter()
        .find(is_given)
        .map(|(name, _)| format!("{name} in a form"))
}
