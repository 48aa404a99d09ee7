//! What a forgery differs in from the honest token, in one line; found without the code that forged it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jose::{Algorithm, Flaw, Honest, Key, Token};
use jsonwebtoken::DecodingKey;
use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::Value;

/// The line that the table should have for a flaw.
pub(crate) fn describe(flaw: Flaw, honest: &Honest) -> String {
    let text = flaw.forge(honest);
    let (changes, signature) = match Token::read(&text) {
        Ok(token) => (
            changes(&token, &honest.token()).join("; "),
            signature(&token, honest),
        ),
        Err(error) => (format!("no token: {error}"), "unread".to_owned()),
    };
    format!("{flaw} | {changes} | {signature}")
}

fn changes(forged: &Token, genuine: &Token) -> Vec<String> {
    let mut changes = part_changes("header", &forged.header, &genuine.header);
    changes.extend(part_changes("claims", &forged.claims, &genuine.claims));
    changes
}

fn part_changes(part: &str, forged: &[u8], genuine: &[u8]) -> Vec<String> {
    let genuine_members = members(genuine).unwrap();
    let Some(forged_members) = members(forged) else {
        return vec![format!("{part} {}", raw_change(forged, genuine))];
    };
    let mut names: Vec<&String> = genuine_members
        .iter()
        .chain(&forged_members)
        .map(|(name, _)| name)
        .collect();
    names.sort();
    names.dedup();
    let of = |members: &[(String, Value)], name: &str| -> Vec<Value> {
        members
            .iter()
            .filter(|member| member.0 == name)
            .map(|member| member.1.clone())
            .collect()
    };
    let (changed, kept): (Vec<&String>, Vec<&String>) = names
        .into_iter()
        .partition(|name| of(&forged_members, name) != of(&genuine_members, name));
    let order = |members: &[(String, Value)]| -> Vec<String> {
        members
            .iter()
            .filter(|member| kept.contains(&&member.0))
            .map(|member| member.0.clone())
            .collect()
    };
    assert_eq!(
        order(&forged_members),
        order(&genuine_members),
        "members that do not change keep their order"
    );
    changed
        .into_iter()
        .map(|name| format!("{part}.{name}{}", values(&of(&forged_members, name))))
        .collect()
}

fn values(values: &[Value]) -> String {
    let show = |value: &Value| match value.to_string() {
        text if text.len() > 120 => format!("{}.. ({} octets)", &text[..12], text.len()),
        text => text,
    };
    match values {
        [] => " gone".to_owned(),
        values => format!(
            "={}",
            values.iter().map(show).collect::<Vec<_>>().join(" then ")
        ),
    }
}

/// What became of octets that are no JSON object any more.
fn raw_change(forged: &[u8], genuine: &[u8]) -> String {
    let utf16: Vec<u16> = forged
        .chunks(2)
        .map(|pair| u16::from_le_bytes([pair[0], pair.get(1).copied().unwrap_or(0)]))
        .collect();
    let utf16 = String::from_utf16_lossy(&utf16);
    if utf16
        .strip_prefix('\u{feff}')
        .is_some_and(|text| text.as_bytes() == genuine)
    {
        return "in UTF-16".to_owned();
    }
    let tail = forged.strip_prefix(genuine).expect("UTF-16, or a tail");
    format!("followed by {}", String::from_utf8_lossy(tail))
}

/// What the signature of a forgery is: whose, over what.
fn signature(token: &Token, honest: &Honest) -> String {
    let holds =
        |key: &Key, algorithm, input: &str| verifies(token, &decoding_key(key), algorithm, input);
    let own = honest.key.algorithm();
    let input = token.signing_input();
    if token.signature.is_empty() {
        return "empty".to_owned();
    }
    for (key, name) in [
        (&honest.key, "genuine"),
        (&honest.other_key, "of the other WAF"),
        (&honest.attacker_key, "of the attacker"),
    ] {
        if holds(key, own, &input) {
            return name.to_owned();
        }
    }
    if holds(&honest.key, own, &honest.token().signing_input()) {
        return "of the honest token".to_owned();
    }
    for algorithm in [Algorithm::PS256, Algorithm::RS384] {
        if own == Algorithm::RS256 && holds(&honest.key, algorithm, &input) {
            return format!("{algorithm} of {}", honest.key.kid());
        }
    }
    known_secrets(honest)
        .into_iter()
        .find(|(_, secret)| {
            verifies(
                token,
                &DecodingKey::from_secret(secret),
                Algorithm::HS256,
                &input,
            )
        })
        .map_or_else(
            || "broken".to_owned(),
            |(name, _)| format!("HS256 keyed with {name}"),
        )
}

fn known_secrets(honest: &Honest) -> Vec<(&'static str, Vec<u8>)> {
    let Ok(pem) = honest.key.public_pem() else {
        return Vec::new();
    };
    vec![
        ("PEM", pem.clone().into_bytes()),
        (
            "PEM without its newline",
            pem.strip_suffix('\n').unwrap().as_bytes().to_vec(),
        ),
        ("DER", honest.key.public_spki_der().unwrap()),
        ("JWK", honest.key.jwk().to_string().into_bytes()),
        ("nothing", Vec::new()),
        ("secret", b"secret".to_vec()),
        ("kid", b"key-a".to_vec()),
        ("client id", b"wwsf-a".to_vec()),
        ("issuer", crate::fixture::ISSUER.as_bytes().to_vec()),
        ("k", b"k".to_vec()),
    ]
}

/// By the independent library.
fn verifies(token: &Token, key: &DecodingKey, algorithm: Algorithm, input: &str) -> bool {
    let signature = URL_SAFE_NO_PAD.encode(&token.signature);
    let algorithm = algorithm.name().parse().unwrap();
    jsonwebtoken::crypto::verify(&signature, input.as_bytes(), key, algorithm).unwrap_or(false)
}

fn decoding_key(key: &Key) -> DecodingKey {
    DecodingKey::from_jwk(&serde_json::from_value(key.verifying_jwk()).unwrap()).unwrap()
}

/// The members of an object, doubled ones twice; none if it is no object.
fn members(bytes: &[u8]) -> Option<Vec<(String, Value)>> {
    struct Members;
    impl<'de> Visitor<'de> for Members {
        type Value = Vec<(String, Value)>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
            std::iter::from_fn(|| access.next_entry().transpose()).collect()
        }
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let members = reader.deserialize_map(Members).ok()?;
    reader.end().ok().map(|()| members)
}
