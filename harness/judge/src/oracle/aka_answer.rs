//! What a WIC answers to an AKA challenge that its ISIM must not answer: nothing that comes from RES (TS 33.102 6.3.3). Where the
//! sequence number was used, AUTS with the response of an empty password (RFC 3310 3.4) is right; where the MAC is wrong,
//! it is not, for then nobody of the home network asked.

use evidence::{Interface, What};
use serde_json::Value;
use sip::Credentials;
use sip::aka::{Block, Keys, read_nonce};
use sip::digest::{Algorithm, Computation, Quality, Secret};

use super::told::told_at;
use crate::context::Context;
use crate::play::{Message, Play};
use crate::ruling::Ruling;

/// No response that comes from RES.
pub(super) fn none(context: &Context<'_, '_>) -> Ruling {
    let Some(told) = told_at(context) else {
        return not_told();
    };
    let isims = isims(context.play);
    if isims.is_empty() {
        return Ruling::undecided("no_isim", "no visit of this play was given an ISIM");
    }
    let answers = shown(context.play, told).filter_map(|(message, credentials)| {
        let response = credentials.param("response")?;
        if response.is_empty() || computed(&credentials, b"")?.eq_ignore_ascii_case(response) {
            return None;
        }
        let from_res = isims.iter().any(|keys| comes_from_res(&credentials, keys));
        if from_res {
            return Some(Ruling::broken(
                "no response that comes from RES",
                format!("RES answers the challenge in {}", message.summary()),
                [message.n],
            ));
        }
        Some(Ruling::undecided(
            "unknown_response",
            format!(
                "nobody knows what the response in {} comes from",
                message.summary()
            ),
        ))
    });
    Ruling::all(answers)
}

/// No AUTS.
pub(super) fn no_auts(context: &Context<'_, '_>) -> Ruling {
    let Some(told) = told_at(context) else {
        return not_told();
    };
    let told = shown(context.play, told).find(|(_, shown)| shown.param("auts").is_some());
    Ruling::unless(told.map(|(message, _)| {
        Ruling::broken(
            "no sequence number for somebody who is not the home network",
            format!("auts in {}", message.summary()),
            [message.n],
        )
    }))
}

fn not_told() -> Ruling {
    Ruling::undecided(
        "not_reached",
        "the WIC never came so far that the lie was told",
    )
}

/// The Digest credentials on W2 behind an event.
fn shown<'p>(
    play: &'p Play<'_>,
    after: usize,
) -> impl Iterator<Item = (&'p Message<'p>, Credentials)> {
    let requests = play.received().filter(move |message| {
        message.at > after && message.interface == Interface::W2 && message.request().is_some()
    });
    requests.flat_map(|message| {
        let all = message
            .request()
            .map(|sip| sip.credentials("Authorization"));
        let digest = all.into_iter().flatten().filter(|each| each.is("Digest"));
        digest.map(move |credentials| (message, credentials))
    })
}

/// The ISIMs that the driver was given.
fn isims(play: &Play<'_>) -> Vec<Keys> {
    let given = play.events.iter().filter_map(|event| match &event.what {
        What::Hook { request, .. } => request.pointer("/ims/isim"),
        _ => None,
    });
    given.filter_map(keys).collect()
}

/// Without AMF, which RES, CK and IK do not depend on.
fn keys(isim: &Value) -> Option<Keys> {
    Some(Keys {
        key: block(isim["k"].as_str()?)?,
        opc: block(isim["opc"].as_str()?)?,
        management: [0; 2],
    })
}

fn block(digits: &str) -> Option<Block> {
    if digits.len() != 32 || !digits.is_ascii() {
        return None;
    }
    let mut block = [0; 16];
    for (at, byte) in block.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(block)
}

/// Whether a response comes from RES: as it is, or as its algorithm makes a password of it.
fn comes_from_res(credentials: &Credentials, keys: &Keys) -> bool {
    let random = credentials.param("nonce").and_then(read_nonce);
    let Some((random, _)) = random else {
        return false;
    };
    let vector = keys.vector(random, 0);
    let versions = Algorithm::ALL
        .iter()
        .filter_map(|each| vector.password(*each));
    let response = credentials.param("response").unwrap_or_default();
    versions
        .chain([vector.res.to_vec()])
        .any(|password| computed(credentials, &password).as_deref() == Some(response))
}

/// The response that a password gives with the parameters that are shown.
fn computed(credentials: &Credentials, password: &[u8]) -> Option<String> {
    let shown = |name: &str| credentials.param(name).unwrap_or_default();
    let computation = Computation {
        algorithm: Algorithm::named(credentials.param("algorithm").unwrap_or("MD5"))?,
        username: shown("username"),
        realm: shown("realm"),
        secret: Secret::Password(password),
        nonce: shown("nonce"),
        cnonce: shown("cnonce"),
        nonce_count: shown("nc"),
        quality: credentials.param("qop").and_then(Quality::named),
        method: "REGISTER",
        uri: shown("uri"),
        body: b"",
    };
    Some(computation.response())
}
