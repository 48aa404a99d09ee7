//! Keys: their forms, their names, what is not shown.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jose::{Algorithm, Key, KeyError, Token, jwks};
use serde_json::json;

#[test]
fn key_pairs_survive_pkcs8_in_both_forms() {
    for &algorithm in Algorithm::ALL
        .iter()
        .filter(|algorithm| !algorithm.is_symmetric())
    {
        let key = Key::generate(algorithm).unwrap();
        for written in [
            key.to_pkcs8().unwrap(),
            key.to_pkcs8_pem().unwrap().into_bytes(),
        ] {
            let again = Key::from_pkcs8(algorithm, &written).unwrap();
            assert_eq!(again.jwk(), key.jwk(), "{algorithm}");
        }
    }
}

#[test]
fn a_key_of_another_kind_is_refused() {
    let p256 = Key::generate(Algorithm::ES256).unwrap().to_pkcs8().unwrap();
    for algorithm in [Algorithm::ES384, Algorithm::RS256, Algorithm::EdDSA] {
        assert!(
            matches!(
                Key::from_pkcs8(algorithm, &p256),
                Err(KeyError::Rejected(..))
            ),
            "{algorithm}"
        );
    }
    assert!(matches!(
        Key::from_pkcs8(Algorithm::HS256, &p256),
        Err(KeyError::Form(_))
    ));
    assert!(matches!(
        Key::from_pkcs8(Algorithm::ES256, b"-----BEGIN NOTHING-----\n"),
        Err(KeyError::Pem(_))
    ));
    assert!(matches!(
        Key::from_pkcs8(Algorithm::ES256, b""),
        Err(KeyError::Rejected(..))
    ));
    assert!(matches!(
        Key::from_shared_secret(Algorithm::ES256, b"k"),
        Err(KeyError::Form(_))
    ));
}

#[test]
fn coordinates_and_moduli_have_their_full_and_least_length() {
    let length = |key: &Key, member: &str| {
        URL_SAFE_NO_PAD
            .decode(key.jwk()[member].as_str().unwrap())
            .unwrap()
            .len()
    };
    // Often enough that a coordinate with a leading zero octet comes by (1 in 128 keys).
    for _ in 0..600 {
        let key = Key::generate(Algorithm::ES256).unwrap();
        assert_eq!((length(&key, "x"), length(&key, "y")), (32, 32));
    }
    let rsa = Key::generate(Algorithm::RS256).unwrap();
    assert_eq!((length(&rsa, "n"), length(&rsa, "e")), (256, 3));
}

#[test]
fn a_shared_secret_is_not_published() {
    let secret =
        Key::from_shared_secret(Algorithm::HS256, b"hush hush hush hush hush hush hush").unwrap();
    let pair = Key::generate(Algorithm::ES256).unwrap().with_kid("pair");
    assert_eq!(jwks(&[&secret, &pair]), json!({ "keys": [pair.jwk()] }));
    assert!(secret.jwk().get("k").is_none());
    assert!(secret.verifying_jwk().get("k").is_some());
    assert_eq!(pair.verifying_jwk(), pair.jwk());
    assert!(pair.jwk().get("d").is_none());
    assert!(matches!(secret.public_pem(), Err(KeyError::Form(_))));
    assert!(matches!(secret.to_pkcs8(), Err(KeyError::Form(_))));
    assert!(!format!("{secret:?}").contains("hush"));
}

#[test]
fn a_name_can_be_given_and_changes_nothing_else() {
    let key = Key::generate(Algorithm::EdDSA).unwrap();
    assert_eq!(key.kid(), key.thumbprint());
    let named = key.clone().with_kid("mine");
    assert_eq!(named.kid(), "mine");
    assert_eq!(named.jwk()["kid"], "mine");
    assert_eq!(named.jwk()["x"], key.jwk()["x"]);
    assert_eq!(named.thumbprint(), key.thumbprint());
}

#[test]
fn a_key_signs_with_the_algorithms_of_its_family_only() {
    let rsa = Key::generate(Algorithm::RS256).unwrap();
    assert_eq!(rsa.sign_as(Algorithm::RS256, b"x").unwrap(), rsa.sign(b"x"));
    assert_ne!(rsa.sign_as(Algorithm::RS512, b"x").unwrap(), rsa.sign(b"x"));
    assert!(rsa.sign_as(Algorithm::ES256, b"x").is_none());
    let p256 = Key::generate(Algorithm::ES256).unwrap();
    assert!(p256.sign_as(Algorithm::ES384, b"x").is_none());
    assert!(p256.sign_as(Algorithm::HS256, b"x").is_none());
}

#[test]
fn the_public_pem_is_wrapped_at_64() {
    let pem = Key::generate(Algorithm::RS256)
        .unwrap()
        .public_pem()
        .unwrap();
    let lines: Vec<&str> = pem.lines().collect();
    assert_eq!(lines.first(), Some(&"-----BEGIN PUBLIC KEY-----"));
    assert_eq!(lines.last(), Some(&"-----END PUBLIC KEY-----"));
    let body = &lines[1..lines.len() - 1];
    assert!(
        body[..body.len() - 1].iter().all(|line| line.len() == 64)
            && body[body.len() - 1].len() <= 64
    );
    assert!(pem.ends_with("-\n"));
}

#[test]
fn an_empty_secret_signs() {
    let key = Key::from_shared_secret(Algorithm::HS256, b"").unwrap();
    assert_eq!(
        Token::sign(&key, b"{}".to_vec(), b"{}".to_vec())
            .signature
            .len(),
        32
    );
}
