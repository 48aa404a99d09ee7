//! The secret of the IMS subscription leaves the WIC in no form: not as it is, not in Basic credentials, not escaped, and not as
//! HA1, which is as good as the secret (RFC 7616 5.1).

use evidence::What;
use serde_json::Value;
use sip::digest::Algorithm;

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

/// What must not be told, and its name.
struct Secret {
    text: String,
    name: &'static str,
}

/// The IMS secrets that the driver was given, and their hashes; of an ISIM its key and the operator's constant, as they were told.
fn secrets(play: &Play<'_>) -> Vec<Secret> {
    let given = play.events.iter().flat_map(|event| match &event.what {
        What::Hook { request, .. } => of_visit(request),
        _ => Vec::new(),
    });
    given.filter(|secret| secret.text.len() >= 4).collect()
}

fn of_visit(request: &Value) -> Vec<Secret> {
    const PLACES: [&str; 3] = ["/ims/secret", "/ims/isim/k", "/ims/isim/opc"];
    const HASHES: [Algorithm; 3] = [Algorithm::Md5, Algorithm::Sha256, Algorithm::Sha512With256];
    let told = |place: &str| request.pointer(place).and_then(Value::as_str);
    let mut secrets: Vec<Secret> = PLACES
        .iter()
        .filter_map(|place| told(place))
        .map(|secret| Secret {
            text: secret.to_owned(),
            name: "the secret",
        })
        .collect();
    if let (Some(user), Some(realm), Some(secret)) =
        (told("/ims/impi"), told("/domain"), told("/ims/secret"))
    {
        let parts = [user.as_bytes(), realm.as_bytes(), secret.as_bytes()];
        secrets.extend(HASHES.iter().map(|algorithm| Secret {
            text: algorithm.hash(&parts),
            name: "HA1 of the secret",
        }));
    }
    secrets
}

fn place(message: &Message<'_>, secret: &Secret) -> Option<String> {
    let wanted = secret.text.as_bytes();
    let contains = |bytes: &[u8]| bytes.windows(wanted.len()).any(|window| window == wanted);
    let how = |how: &str| Some(format!("{} {how}", secret.name));
    if contains(message.bytes) {
        return how("as it is");
    }
    let text = String::from_utf8_lossy(message.bytes);
    if text.contains('%') && contains(decoded(&text).as_bytes()) {
        return how("escaped");
    }
    let words = text.split(|letter: char| letter.is_whitespace() || "\",;&:{}[]".contains(letter));
    let encoded = words
        // A form or a parameter has the name before it; what fills base64 up stands at its end.
        .map(|word| {
            word.trim_end_matches('=')
                .rsplit('=')
                .next()
                .unwrap_or(word)
        })
        .filter(|word| word.len() >= wanted.len())
        .filter_map(identity::base64)
        .any(|bytes| contains(&bytes));
    encoded.then(|| format!("{} in base64", secret.name))
}
