//! A JWT library that is not ours agrees: honest tokens are good, forged ones are not.

use jose::{Algorithm, Check, Expectation, Flaw, Honest, Key, Outcome, Token, verify};
use jsonwebtoken::{DecodingKey, EncodingKey, Header, Validation};
use serde::Deserialize;
use serde_json::Value;

use crate::fixture::{AUDIENCE, ISSUER, SKEW, honest, real_now};

#[derive(Deserialize)]
struct Claims {
    impi: String,
    impu: Vec<String>,
    wwsf: String,
}

/// The algorithms that both sides know (the library has no ES512).
const SHARED: [Algorithm; 12] = [
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::EdDSA,
    Algorithm::HS256,
    Algorithm::HS384,
    Algorithm::HS512,
];

/// What an edge does that uses the library well: the key by its `kid`, and the issuer bound to the key.
fn edge_accepts(token: &str, honest: &Honest) -> Result<Claims, String> {
    let kid = jsonwebtoken::decode_header(token)
        .map_err(|error| error.to_string())?
        .kid;
    let (key, issuer) = match kid.as_deref() {
        Some("key-a") => (&honest.key, ISSUER),
        Some("key-b") => (&honest.other_key, "https://waf-b.test"),
        _ => return Err(format!("unknown key {kid:?}")),
    };
    let mut validation = Validation::new(library_name(honest.key.algorithm()));
    validation.set_issuer(&[issuer]);
    validation.set_audience(&[AUDIENCE]);
    validation.set_required_spec_claims(&["exp", "iss", "aud"]);
    validation.validate_nbf = true;
    validation.leeway = SKEW;
    let decoded = jsonwebtoken::decode(token, &decoding_key(key), &validation);
    decoded
        .map(|data| data.claims)
        .map_err(|error| error.to_string())
}

fn library_name(algorithm: Algorithm) -> jsonwebtoken::Algorithm {
    algorithm.name().parse().unwrap()
}

/// By PEM where there is one, so that the PEM is tried too.
fn decoding_key(key: &Key) -> DecodingKey {
    let pem = key.public_pem();
    match (key.algorithm(), pem) {
        (Algorithm::ES256 | Algorithm::ES384, Ok(pem)) => {
            DecodingKey::from_ec_pem(pem.as_bytes()).unwrap()
        }
        (Algorithm::EdDSA, Ok(pem)) => DecodingKey::from_ed_pem(pem.as_bytes()).unwrap(),
        (_, Ok(pem)) => DecodingKey::from_rsa_pem(pem.as_bytes()).unwrap(),
        (_, Err(_)) => {
            DecodingKey::from_jwk(&serde_json::from_value(key.verifying_jwk()).unwrap()).unwrap()
        }
    }
}

/// Why the library says nothing against a forgery: the application has to look.
fn left_to_the_application(flaw: Flaw) -> Option<&'static str> {
    match flaw {
        Flaw::CritUnknown | Flaw::CritB64 => Some("crit is read and not acted upon"),
        Flaw::IdToken
        | Flaw::TypJwt
        | Flaw::TypMissing
        | Flaw::TypLogout
        | Flaw::TypSecurityEvent
        | Flaw::TypDpop => Some("typ is read and not acted upon"),
        Flaw::LifeTooLong | Flaw::IatFuture => Some("iat is not looked at"),
        Flaw::ScopeOther | Flaw::ScopeMissing => Some("scope is no registered claim"),
        Flaw::ImpiNested
        | Flaw::ImpiNul
        | Flaw::ImpiNoRealm
        | Flaw::ImpiCase
        | Flaw::ImpiPercent
        | Flaw::ImpiLeadingSpace
        | Flaw::ImpiQuote
        | Flaw::ImpiCrlf => Some("a text is a text, whatever it says"),
        _ => None,
    }
}

#[test]
fn honest_tokens_are_accepted() {
    for algorithm in SHARED {
        let honest = honest(algorithm, real_now());
        let claims = edge_accepts(&honest.token().compact(), &honest)
            .unwrap_or_else(|error| panic!("{algorithm}: {error}"));
        assert_eq!(claims.impi, "alice@home1.test");
        assert_eq!(claims.impu, ["sip:alice@home1.test"]);
        assert_eq!(claims.wwsf, "wwsf-a.test");
    }
}

#[test]
fn forged_tokens_are_refused_or_the_reason_is_known() {
    for algorithm in [
        Algorithm::ES256,
        Algorithm::ES384,
        Algorithm::RS256,
        Algorithm::PS256,
        Algorithm::EdDSA,
        Algorithm::HS256,
    ] {
        let honest = honest(algorithm, real_now());
        for &flaw in Flaw::ALL.iter().filter(|flaw| flaw.fits(&honest)) {
            let accepted = edge_accepts(&flaw.forge(&honest), &honest);
            match (accepted, left_to_the_application(flaw)) {
                (Ok(_), None) => panic!("{algorithm}: {flaw} is accepted"),
                (Err(error), Some(reason)) => {
                    panic!("{algorithm}: {flaw} is refused ({error}) although {reason}")
                }
                _ => {}
            }
        }
    }
}

#[test]
fn tokens_of_the_library_pass_our_checks() {
    for algorithm in [
        Algorithm::ES256,
        Algorithm::ES384,
        Algorithm::RS256,
        Algorithm::PS256,
        Algorithm::EdDSA,
    ] {
        let honest = honest(algorithm, real_now());
        let pem = honest.key.to_pkcs8_pem().unwrap();
        let signing = match algorithm {
            Algorithm::ES256 | Algorithm::ES384 => EncodingKey::from_ec_pem(pem.as_bytes()),
            Algorithm::EdDSA => EncodingKey::from_ed_pem(pem.as_bytes()),
            _ => EncodingKey::from_rsa_pem(pem.as_bytes()),
        };
        let mut header = Header::new(library_name(algorithm));
        header.typ = Some("at+jwt".into());
        header.kid = Some("key-a".into());
        let token = jsonwebtoken::encode(&header, &honest.claims, &signing.unwrap()).unwrap();
        let expect = Expectation {
            issuer: ISSUER.into(),
            audience: AUDIENCE.into(),
            now: honest.now,
            skew: SKEW,
        };
        for checked in verify(&token, &[honest.key.jwk()], &expect) {
            assert_eq!(
                checked.outcome,
                Outcome::Passed,
                "{algorithm} {}",
                checked.check
            );
        }
    }
}

#[test]
fn our_checks_see_what_the_library_sees() {
    for algorithm in [Algorithm::ES256, Algorithm::RS256, Algorithm::HS256] {
        let honest = honest(algorithm, real_now());
        let expect = Expectation {
            issuer: ISSUER.into(),
            audience: AUDIENCE.into(),
            now: honest.now,
            skew: SKEW,
        };
        let keys: Vec<Value> = vec![honest.key.verifying_jwk()];
        for &flaw in Flaw::ALL
            .iter()
            .filter(|flaw| flaw.fits(&honest) && left_to_the_application(**flaw).is_none())
        {
            // What an identity claim must look like is the judge's question.
            let out_of_scope = matches!(flaw, Flaw::NoImpi | Flaw::NoImpu | Flaw::WwsfMissing)
                || (Flaw::ImpiArray..=Flaw::ImpiTrue).contains(&flaw);
            let failed: Vec<Check> = verify(&flaw.forge(&honest), &keys, &expect)
                .into_iter()
                .filter(|checked| !checked.passed())
                .map(|checked| checked.check)
                .collect();
            assert_eq!(
                failed.is_empty(),
                out_of_scope,
                "{algorithm} {flaw}: {failed:?}"
            );
        }
    }
}

#[test]
fn key_names_are_the_thumbprints_of_the_library() {
    for algorithm in [
        Algorithm::ES256,
        Algorithm::ES384,
        Algorithm::RS256,
        Algorithm::EdDSA,
        Algorithm::HS256,
    ] {
        let key = Key::generate(algorithm).unwrap();
        let jwk: jsonwebtoken::jwk::Jwk = serde_json::from_value(key.verifying_jwk()).unwrap();
        assert_eq!(
            jwk.thumbprint(jsonwebtoken::jwk::ThumbprintHash::SHA256)
                .unwrap(),
            key.kid(),
            "{algorithm}"
        );
    }
}

#[test]
fn a_token_is_minted_as_given() {
    let honest = honest(Algorithm::ES256, real_now());
    let token = Token::mint(&honest.key, &honest.header, &honest.claims);
    assert_eq!(token.header_value().unwrap(), honest.header);
    assert_eq!(token.claims_value().unwrap(), honest.claims);
}
