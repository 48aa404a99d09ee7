//! Whether a token was signed by the authorisation function that it names.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::Value;
use x509_parser::prelude::FromDer;

use super::Edge;
use super::keys::Keys;
use super::refusal::Refusal;
use crate::token::Jws;
use crate::{Defect, Shared};

/// Checks the signature of a token with the key that its `kid` names among those behind `jwks_uri`.
pub(super) async fn check(edge: &Edge, jws: &Jws<'_>, jwks_uri: &str) -> Result<(), Refusal> {
    let shared = &edge.shared;
    let alg = jws
        .header_text("alg")
        .ok_or_else(|| Refusal::token("no algorithm"))?;
    let strict = by_key(edge, jws, alg, jwks_uri).await;
    strict.or_else(|refusal| match lax_algorithm(jws, alg, shared) {
        true => Ok(()),
        false => Err(refusal),
    })
}

async fn by_key(edge: &Edge, jws: &Jws<'_>, alg: &str, jwks_uri: &str) -> Result<(), Refusal> {
    let shared = &edge.shared;
    if let Some(key) = shown_key(edge, jws).await {
        return if verifies(jws, &key, alg) {
            Ok(())
        } else {
            Err(Refusal::token("bad signature"))
        };
    }
    let listed = shared.model.lists("token-algs", alg, &["ES256"]);
    if !listed && !shared.has(Defect::AnyAlgorithm) && !takes_shared_secret(shared, alg) {
        return Err(Refusal::token("an algorithm that is not enrolled"));
    }
    let kid = jws.header_text("kid").filter(|kid| kid.len() <= 256);
    match by_named_key(edge, jws, alg, kid, jwks_uri).await {
        Err(_) if shared.has(Defect::TriesAllKeys) => try_all(edge, jws, alg).await,
        verdict => verdict,
    }
}

async fn by_named_key(
    edge: &Edge,
    jws: &Jws<'_>,
    alg: &str,
    kid: Option<&str>,
    jwks_uri: &str,
) -> Result<(), Refusal> {
    let shared = &edge.shared;
    let Some(kid) = kid else {
        return Err(Refusal::token("no key is named"));
    };
    let keys = edge.keys.of(jwks_uri, Some(kid)).await;
    let fails_open = || shared.has(Defect::FailsOpenWithoutKeys);
    let keys = match keys {
        Ok(keys) if keys.is_empty() && fails_open() => return Ok(()),
        Err(_) if fails_open() => return Ok(()),
        fetched => fetched.map_err(|_| Refusal::unavailable("keys out of reach"))?,
    };
    let keys = match shared.has(Defect::SharesKeysByKid) {
        true => of_everybody(edge, kid).await,
        false => keys,
    };
    let mut named = keys.iter().filter(|(each, _)| each == kid);
    let (Some((_, key)), None) = (named.next(), named.next()) else {
        return Err(Refusal::token(
            "the named key is not published, or published twice",
        ));
    };
    if verifies(jws, key, alg) || verifies_laxly(jws, key, alg, shared) {
        return Ok(());
    }
    Err(Refusal::token("bad signature"))
}

/// A signature by a public key with the algorithm that key and token agree on.
fn verifies(jws: &Jws<'_>, key: &Value, alg: &str) -> bool {
    let Ok(algorithm) = alg.parse::<Algorithm>() else {
        return false;
    };
    if alg.starts_with("HS") || key.get("alg").is_some_and(|of_key| of_key != alg) {
        return false;
    }
    serde_json::from_value::<Jwk>(key.clone())
        .and_then(|key| DecodingKey::from_jwk(&key).map_err(serde::de::Error::custom))
        .is_ok_and(|key| {
            jsonwebtoken::crypto::verify(jws.signature, jws.signed.as_bytes(), &key, algorithm)
                .unwrap_or(false)
        })
}

/// Mistakes that take what no key verifies.
fn lax_algorithm(jws: &Jws<'_>, alg: &str, shared: &Shared) -> bool {
    let none = alg.eq_ignore_ascii_case("none");
    let zero = || {
        URL_SAFE_NO_PAD
            .decode(jws.signature)
            .is_ok_and(|bytes| degenerate(&bytes))
    };
    let taken = (none && shared.has(Defect::AcceptsAlgNone))
        || (zero() && shared.has(Defect::AcceptsZeroEcdsaSignature))
        || (!none && shared.has(Defect::SkipsSignature))
        || (!none && jws.signature.is_empty() && shared.has(Defect::AcceptsUnsignedToken));
    if taken || alg != "HS256" {
        return taken;
    }
    let mut secrets = Vec::new();
    if shared.has(Defect::AcceptsGuessableSecret) {
        let party = shared
            .world
            .parties
            .iter()
            .flat_map(|party| [party.client_id.clone(), party.issuer.clone()]);
        secrets.extend(party.map(String::into_bytes));
        secrets.extend([
            Vec::new(),
            b"secret".to_vec(),
            jws.header_text("kid").unwrap_or_default().into(),
        ]);
    }
    if shared.has(Defect::KidIsAFileName) {
        let path =
            std::path::Path::new("/usr/lib").join(jws.header_text("kid").unwrap_or_default());
        // Bounded, so that a device without end does no harm to the rest of the process.
        let read = std::fs::File::open(path).and_then(|file| {
            let mut content = Vec::new();
            std::io::Read::read_to_end(&mut std::io::Read::take(file, 4096), &mut content)
                .map(|_| content)
        });
        secrets.extend(read);
    }
    secrets.iter().any(|secret| hmac_verifies(jws, secret))
}

/// Whether both halves of a signature are zero modulo the order of P-256.
fn degenerate(signature: &[u8]) -> bool {
    const ORDER: [u8; 32] = [
        0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63,
        0x25, 0x51,
    ];
    let halves = signature.chunks(32);
    signature.len() == 64
        && halves
            .into_iter()
            .all(|half| half == [0; 32] || half == ORDER)
}

fn hmac_verifies(jws: &Jws<'_>, secret: &[u8]) -> bool {
    let key = DecodingKey::from_secret(secret);
    jsonwebtoken::crypto::verify(jws.signature, jws.signed.as_bytes(), &key, Algorithm::HS256)
        .unwrap_or(false)
}

fn takes_shared_secret(shared: &Shared, alg: &str) -> bool {
    alg == "HS256" && shared.has(Defect::AcceptsHs256WithPublicKey)
}

/// Mistakes in checking with the right key.
fn verifies_laxly(jws: &Jws<'_>, key: &Value, alg: &str, shared: &Shared) -> bool {
    if takes_shared_secret(shared, alg) {
        return public_key_texts(key)
            .iter()
            .any(|secret| hmac_verifies(jws, secret));
    }
    if alg == "ES256" && shared.has(Defect::IgnoresSignatureTail) {
        let signature = URL_SAFE_NO_PAD.decode(jws.signature).unwrap_or_default();
        let cut = URL_SAFE_NO_PAD.encode(signature.get(..64).unwrap_or_default());
        let shortened = Jws {
            header: jws.header.clone(),
            claims: jws.claims.clone(),
            signed: jws.signed,
            signature: &cut,
        };
        return verifies(&shortened, key, alg);
    }
    if alg == "ES256" && shared.has(Defect::AcceptsDerSignature) {
        let signature = URL_SAFE_NO_PAD.decode(jws.signature).unwrap_or_default();
        return point(key).is_some_and(|point| {
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point)
                .verify(jws.signed.as_bytes(), &signature)
                .is_ok()
        });
    }
    false
}

/// The uncompressed point of a P-256 key.
fn point(key: &Value) -> Option<Vec<u8>> {
    let coordinate = |name: &str| {
        URL_SAFE_NO_PAD
            .decode(key[name].as_str()?)
            .ok()
            .filter(|bytes| bytes.len() == 32)
    };
    Some([vec![4], coordinate("x")?, coordinate("y")?].concat())
}

/// The bytes by which an implementer may have stored the public key: JWK, DER, PEM with and without its last newline.
fn public_key_texts(key: &Value) -> Vec<Vec<u8>> {
    /// AlgorithmIdentifier of a P-256 key up to the point.
    const HEAD: [u8; 26] = [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08,
        0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
    ];
    let mut texts = vec![key.to_string().into_bytes()];
    if let Some(point) = point(key) {
        let der = [HEAD.to_vec(), point].concat();
        let lines = STANDARD.encode(&der).into_bytes();
        let lines = lines
            .chunks(64)
            .map(|line| [line, b"\n"].concat())
            .collect::<Vec<_>>()
            .concat();
        let pem = [
            &b"-----BEGIN PUBLIC KEY-----\n"[..],
            &lines,
            b"-----END PUBLIC KEY-----",
        ]
        .concat();
        texts.push([&pem[..], b"\n"].concat());
        texts.extend([pem, der]);
    }
    texts
}

/// The key that the token itself brings along, for those who believe it.
async fn shown_key(edge: &Edge, jws: &Jws<'_>) -> Option<Value> {
    let shared = &edge.shared;
    if let Some(key) = jws.header.get("jwk")
        && shared.has(Defect::UsesEmbeddedJwk)
    {
        return Some(key.clone());
    }
    if let Some(chain) = jws.header.get("x5c").and_then(Value::as_array)
        && shared.has(Defect::UsesX5c)
    {
        return key_of_certificate(&STANDARD.decode(chain.first()?.as_str()?).ok()?);
    }
    if let Some(x5u) = jws.header_text("x5u")
        && shared.has(Defect::UsesX5u)
    {
        // The fetch alone is the harm: whoever writes tokens chooses whom the edge calls.
        let _ = edge.keys.of(x5u, None).await;
    }
    let jku = jws.header_text("jku")?;
    let issuers = jws
        .claim_text("iss")
        .is_some_and(|issuer| jku.starts_with(issuer));
    if shared.has(Defect::UsesJku) || (issuers && shared.has(Defect::UsesJkuOfIssuer)) {
        let keys = edge.keys.of(jku, None).await.ok()?;
        let kid = jws.header_text("kid");
        return keys
            .iter()
            .find(|(each, _)| kid.is_none_or(|kid| kid == each))
            .map(|(_, key)| key.clone());
    }
    None
}

fn key_of_certificate(der: &[u8]) -> Option<Value> {
    let (_, certificate) = x509_parser::certificate::X509Certificate::from_der(der).ok()?;
    let point = certificate.public_key().subject_public_key.data.to_vec();
    let half =
        |range: std::ops::Range<usize>| point.get(range).map(|bytes| URL_SAFE_NO_PAD.encode(bytes));
    Some(serde_json::json!({ "kty": "EC", "crv": "P-256", "x": half(1..33)?, "y": half(33..65)? }))
}

/// The key of this id that the last of all authorisation functions has.
async fn of_everybody(edge: &Edge, kid: &str) -> Keys {
    let mut found = Vec::new();
    for party in &edge.shared.world.parties {
        let Ok(keys) = edge.keys.of(&party.jwks_uri, Some(kid)).await else {
            continue;
        };
        if let Some(named) = keys.iter().find(|(each, _)| each == kid) {
            found = vec![named.clone()];
        }
    }
    Keys::new(found)
}

/// Tries every key of every party.
async fn try_all(edge: &Edge, jws: &Jws<'_>, alg: &str) -> Result<(), Refusal> {
    for party in &edge.shared.world.parties {
        let keys: Keys = match edge.keys.of(&party.jwks_uri, None).await {
            Ok(keys) => keys,
            Err(_) => continue,
        };
        if keys.iter().any(|(_, key)| verifies(jws, key, alg)) {
            return Ok(());
        }
    }
    Err(Refusal::token("bad signature"))
}
