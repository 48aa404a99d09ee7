//! The checks: each fails for its own reason and leaves the others alone.

use jose::{Algorithm, Check, Expectation, Flaw, Honest, Key, Outcome, Token, verify};
use serde_json::{Value, json};

use crate::fixture::{AUDIENCE, ISSUER, NOW, SKEW, honest};

fn expect() -> Expectation {
    Expectation {
        issuer: ISSUER.into(),
        audience: AUDIENCE.into(),
        now: NOW,
        skew: SKEW,
    }
}

fn failed(token: &str, keys: &[Value]) -> Vec<&'static str> {
    let answers = verify(token, keys, &expect());
    assert!(
        answers
            .iter()
            .map(|checked| checked.check)
            .eq(Check::ALL.iter().copied())
    );
    answers
        .iter()
        .filter(|checked| !checked.passed())
        .map(|checked| checked.check.name())
        .collect()
}

fn failed_of(flaw: Flaw, honest: &Honest) -> Vec<&'static str> {
    failed(
        &flaw.forge(honest),
        &[honest.key.jwk(), honest.other_key.jwk()],
    )
}

fn with_claim(honest: &Honest, name: &str, value: Value) -> Vec<&'static str> {
    let mut claims = honest.claims.clone();
    claims[name] = value;
    failed(
        &Token::mint(&honest.key, &honest.header, &claims).compact(),
        &[honest.key.jwk()],
    )
}

#[test]
fn every_algorithm_verifies() {
    for &algorithm in Algorithm::ALL {
        let honest = honest(algorithm, NOW);
        let none: Vec<&str> = Vec::new();
        assert_eq!(
            failed(&honest.token().compact(), &[honest.key.verifying_jwk()]),
            none,
            "{algorithm}"
        );
        assert_eq!(
            failed(
                &honest.token().compact(),
                &[honest.other_key.verifying_jwk()]
            ),
            ["kid", "signature"],
            "{algorithm}"
        );
    }
}

#[test]
fn each_check_fails_for_its_own_reason() {
    let honest = honest(Algorithm::ES256, NOW);
    for (flaw, failures) in [
        (Flaw::AlgNone, &["algorithm", "signature"][..]),
        (Flaw::SignatureEmpty, &["signature"]),
        (Flaw::SignatureDer, &["signature"]),
        (Flaw::SignatureZero, &["signature"]),
        (Flaw::SignatureOrder, &["signature"]),
        (Flaw::Hs256PublicPem, &["signature"]),
        (Flaw::JwkEmbedded, &["signature"]),
        (Flaw::OtherKey, &["signature"]),
        (Flaw::KidMissing, &["kid"]),
        (Flaw::KidPath, &["kid", "signature"]),
        (Flaw::CritUnknown, &["critical"]),
        (Flaw::TypMissing, &["type"]),
        (Flaw::TypJwt, &["type"]),
        (Flaw::IssHomoglyph, &["issuer"]),
        (Flaw::IssMissing, &["issuer"]),
        (Flaw::AudOthers, &["audience"]),
        (Flaw::AudEmpty, &["audience"]),
        (Flaw::ExpiredEdge, &["expiry"]),
        (Flaw::ExpString, &["expiry"]),
        (Flaw::NbfFuture, &["not-before"]),
        (Flaw::IatFuture, &["issued-at"]),
        (Flaw::IdToken, &["type", "client-id"]),
    ] {
        assert_eq!(failed_of(flaw, &honest), failures, "{flaw}");
    }
}

#[test]
fn an_unreadable_part_leaves_its_questions_open() {
    let honest = honest(Algorithm::ES256, NOW);
    let answers = verify(
        &Flaw::ClaimsTrailing.forge(&honest),
        &[honest.key.jwk()],
        &expect(),
    );
    let of = |check| {
        answers
            .iter()
            .find(|checked| checked.check == check)
            .unwrap()
            .outcome
            .clone()
    };
    assert!(matches!(of(Check::Structure), Outcome::Failed(_)));
    assert!(matches!(of(Check::Issuer), Outcome::Unanswered(_)));
    assert_eq!(
        of(Check::Signature),
        Outcome::Passed,
        "the signature is over octets, readable or not"
    );
    assert_eq!(of(Check::Type), Outcome::Passed);

    let answers = verify("no token", &[honest.key.jwk()], &expect());
    assert!(
        answers[1..]
            .iter()
            .all(|checked| matches!(checked.outcome, Outcome::Unanswered(_)))
    );
}

#[test]
fn times_have_exact_limits() {
    let honest = honest(Algorithm::ES256, NOW);
    let none: Vec<&str> = Vec::new();
    assert_eq!(with_claim(&honest, "exp", json!(NOW - SKEW + 1)), none);
    assert_eq!(with_claim(&honest, "exp", json!(NOW - SKEW)), ["expiry"]);
    assert_eq!(with_claim(&honest, "exp", json!(NOW as f64 - 4.5)), none);
    assert_eq!(with_claim(&honest, "nbf", json!(NOW + SKEW)), none);
    assert_eq!(
        with_claim(&honest, "nbf", json!(NOW + SKEW + 1)),
        ["not-before"]
    );
    assert_eq!(with_claim(&honest, "nbf", json!("0")), ["not-before"]);
    assert_eq!(with_claim(&honest, "iat", json!(NOW + SKEW)), none);
    assert_eq!(with_claim(&honest, "iat", json!(null)), ["issued-at"]);
}

#[test]
fn texts_and_audiences_are_compared_whole() {
    let honest = honest(Algorithm::ES256, NOW);
    let none: Vec<&str> = Vec::new();
    assert_eq!(with_claim(&honest, "aud", json!(["x", AUDIENCE])), none);
    assert_eq!(
        with_claim(&honest, "aud", json!([[AUDIENCE]])),
        ["audience"]
    );
    assert_eq!(with_claim(&honest, "iss", json!([ISSUER])), ["issuer"]);
    assert_eq!(with_claim(&honest, "sub", json!("")), ["subject"]);
    assert_eq!(with_claim(&honest, "client_id", json!(7)), ["client-id"]);
    assert_eq!(with_claim(&honest, "jti", json!(null)), ["token-id"]);
    let typed = |typ: &str| {
        let header = json!({ "typ": typ, "alg": "ES256", "kid": "key-a" });
        failed(
            &Token::mint(&honest.key, &header, &honest.claims).compact(),
            &[honest.key.jwk()],
        )
    };
    assert_eq!(typed("application/AT+JWT"), none);
    assert_eq!(typed("at+jwt2"), ["type"]);
}

#[test]
fn keys_are_used_for_what_they_are_published_for() {
    let honest = honest(Algorithm::RS256, NOW);
    let token = honest.token().compact();
    let changed = |member: &str, value: Value| {
        let mut jwk = honest.key.jwk();
        jwk[member] = value;
        failed(&token, &[jwk])
    };
    assert_eq!(changed("use", json!("enc")), ["signature"]);
    assert_eq!(changed("alg", json!("PS256")), ["signature"]);
    assert_eq!(changed("kty", json!("oct")), ["signature"]);
    assert_eq!(changed("n", json!("!")), ["signature"]);
    let mut bare = honest.key.jwk();
    bare.as_object_mut()
        .unwrap()
        .retain(|member, _| !matches!(member.as_str(), "use" | "alg"));
    assert!(failed(&token, &[bare]).is_empty());
}

#[test]
fn a_kid_that_names_two_keys_is_noticed() {
    let honest = honest(Algorithm::ES256, NOW);
    let twin = honest.other_key.clone().with_kid("key-a").jwk();
    assert_eq!(
        failed(&honest.token().compact(), &[twin, honest.key.jwk()]),
        ["kid"]
    );
}

#[test]
fn a_kid_binds_the_signature_to_its_key() {
    let honest = honest(Algorithm::ES256, NOW);
    let keys = [honest.key.jwk(), honest.other_key.jwk()];
    assert_eq!(failed(&Flaw::OtherKey.forge(&honest), &keys), ["signature"]);
    assert!(
        failed(&Flaw::KidOther.forge(&honest), &keys).is_empty(),
        "only the issuer's own keys belong in the list"
    );
}

#[test]
fn no_key_no_signature() {
    let key = Key::generate(Algorithm::EdDSA).unwrap();
    let token = Token::mint(&key, &json!({ "alg": "EdDSA" }), &json!({})).compact();
    let answers = verify(&token, &[], &expect());
    assert!(
        matches!(&answers[3].outcome, Outcome::Failed(reason) if reason == "no key to verify with")
    );
}
