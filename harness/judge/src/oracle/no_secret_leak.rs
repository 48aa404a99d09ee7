//! The secret of the IMS subscription leaves the WIC in no form: not as it is, not in Basic credentials, not escaped.

use evidence::What;
use serde_json::Value;

use crate::context::Context;
use crate::http::decoded;
use crate::identity;
use crate::play::{Message, Play};
use crate::ruling::Ruling;

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    let secrets = secrets(context.play);
    if secrets.is_empty() {
        return Ruling::undecided("no_secret", "no visit of this play was given an IMS secret");
    }
    let leaks = context.play.received().filter_map(|message| {
        let place = secrets.iter().find_map(|secret| place(message, secret))?;
        Some(Ruling::broken(
            "the IMS secret in no message",
            format!("{place} in {}", message.summary()),
            [message.n],
        ))
    });
    let cut = context
        .play
        .received()
        .filter(|message| message.cut)
        .map(|message| {
            Ruling::undecided(
                "cut_body",
                format!("only the beginning of {} is in the log", message.summary()),
            )
        });
    Ruling::all(leaks.chain(cut).chain(unasked(context.play)))
}

/// A digest response before any challenge: it comes from the secret, and whoever listens may try secrets against it.
fn unasked(play: &Play<'_>) -> Option<Ruling> {
    let challenged = play
        .sent()
        .find(|message| matches!(message.status(), Some(401 | 407)))
        .map_or(usize::MAX, |message| message.at);
    let responds = |message: &&Message<'_>| {
        message.request().is_some_and(|sip| {
            let shown = sip.credentials("Authorization");
            let mut responses = shown.iter().filter_map(|each| each.param("response"));
            responses.any(|response| !response.is_empty())
        })
    };
    let early = play
        .received()
        .filter(|message| message.at < challenged)
        .find(responds)?;
    Some(Ruling::broken(
        "no digest response before a challenge",
        early.summary(),
        [early.n],
    ))
}

/// The IMS secrets that the driver was given; of an ISIM its key and the operator's constant, as they were told.
fn secrets<'a>(play: &Play<'a>) -> Vec<&'a str> {
    const PLACES: [&str; 3] = ["/ims/secret", "/ims/isim/k", "/ims/isim/opc"];
    let given = play.events.iter().flat_map(|event| match &event.what {
        What::Hook { request, .. } => PLACES
            .iter()
            .filter_map(|place| request.pointer(place).and_then(Value::as_str))
            .collect(),
        _ => Vec::new(),
    });
    given.filter(|secret| secret.len() >= 4).collect()
}

fn place(message: &Message<'_>, secret: &str) -> Option<&'static str> {
    let contains = |bytes: &[u8]| {
        bytes
            .windows(secret.len())
            .any(|window| window == secret.as_bytes())
    };
    if contains(message.bytes) {
        return Some("the secret as it is");
    }
    let text = String::from_utf8_lossy(message.bytes);
    if text.contains('%') && contains(decoded(&text).as_bytes()) {
        return Some("the secret, escaped");
    }
    let words =
        text.split(|letter: char| letter.is_whitespace() || matches!(letter, '"' | ',' | ';'));
    let encoded = words
        .filter(|word| word.len() >= secret.len())
        .filter_map(identity::base64)
        .any(|bytes| contains(&bytes));
    encoded.then_some("the secret in base64")
}
