//! Honest answers to a challenge, and each way to be refused.

use super::*;

fn challenge() -> Challenge {
    let text = r#"Digest realm="home.example", nonce="n1", algorithm=SHA-256, qop="auth,auth-int,auth-x", opaque="o", stale=TRUE"#;
    Challenge::read(&Credentials::parse(text).unwrap()).unwrap()
}

fn expected(challenge: &Challenge) -> Expected<'_> {
    let secret = Secret::Password(b"pw");
    Expected {
        challenge,
        username: "a@home.example",
        secret,
        method: "REGISTER",
        uri: Some("sip:home.example"),
        body: b"",
        last_nonce_count: 1,
    }
}

fn answer(challenge: &Challenge, change: impl Fn(&mut Computation<'_>)) -> Credentials {
    let mut computation = Computation {
        algorithm: challenge.algorithm,
        username: "a@home.example",
        realm: &challenge.realm,
        secret: Secret::Password(b"pw"),
        nonce: &challenge.nonce,
        cnonce: "c1",
        nonce_count: "00000002",
        quality: Some(Quality::Auth),
        method: "REGISTER",
        uri: "sip:home.example",
        body: b"",
    };
    change(&mut computation);
    Credentials::parse(
        &computation
            .credentials(challenge.opaque.as_deref())
            .to_string(),
    )
    .unwrap()
}

#[test]
fn a_challenge_is_read_and_written() {
    let read = challenge();
    assert_eq!(
        (read.algorithm, read.qualities.as_slice(), read.stale),
        (
            Algorithm::Sha256,
            &[Quality::Auth, Quality::AuthInt][..],
            true
        )
    );
    assert_eq!(Challenge::read(&read.credentials()), Some(read));
    assert_eq!(
        Challenge::read(&Credentials::parse("Digest realm=a, nonce=b, algorithm=AKAv9").unwrap()),
        None
    );
    assert_eq!(
        Challenge::read(&Credentials::parse("Bearer realm=a, nonce=b").unwrap()),
        None
    );
}

#[test]
fn an_honest_answer_satisfies_every_kind_of_challenge() {
    for algorithm in Algorithm::ALL {
        for quality in [None, Some(Quality::Auth), Some(Quality::AuthInt)] {
            let challenge = Challenge {
                algorithm,
                qualities: quality.into_iter().collect(),
                ..challenge()
            };
            let given = answer(&challenge, |computation| computation.quality = quality);
            let count = if quality.is_some() { 2 } else { 0 };
            assert_eq!(
                expected(&challenge).verify(&given),
                Ok(count),
                "{algorithm:?} {quality:?}"
            );
        }
    }
}

#[test]
fn every_dishonest_answer_is_refused_for_its_reason() {
    let challenge = challenge();
    let refusal = |change: fn(&mut Computation<'_>)| {
        expected(&challenge)
            .verify(&answer(&challenge, change))
            .unwrap_err()
    };
    assert_eq!(
        refusal(|computation| computation.secret = Secret::Password(b"other")),
        Refusal::Response
    );
    assert_eq!(
        refusal(|computation| computation.method = "INVITE"),
        Refusal::Response
    );
    assert_eq!(
        refusal(|computation| computation.username = "b@home.example"),
        different("username", "b@home.example")
    );
    assert_eq!(
        refusal(|computation| computation.realm = "r"),
        different("realm", "r")
    );
    assert_eq!(
        refusal(|computation| computation.nonce = "n2"),
        different("nonce", "n2")
    );
    assert_eq!(
        refusal(|computation| computation.uri = "sip:x"),
        different("uri", "sip:x")
    );
    assert_eq!(
        refusal(|computation| computation.algorithm = Algorithm::Md5),
        different("algorithm", "MD5")
    );
    assert_eq!(
        refusal(|computation| computation.quality = None),
        Refusal::Missing("qop")
    );
    for count in ["00000001", "2", "+0000002", "zzzzzzzz"] {
        let given = answer(&challenge, |computation| computation.nonce_count = count);
        assert_eq!(
            expected(&challenge).verify(&given),
            Err(Refusal::NonceCount(count.to_owned()))
        );
    }
    let given = answer(&challenge, |computation| {
        computation.quality = Some(Quality::AuthInt)
    });
    assert_eq!(
        Expected {
            body: b"changed",
            ..expected(&challenge)
        }
        .verify(&given),
        Err(Refusal::Response)
    );
}

#[test]
fn missing_repeated_and_foreign_credentials_are_refused() {
    let challenge = challenge();
    let verify = |text: &str| {
        expected(&challenge)
            .verify(&Credentials::parse(text).unwrap())
            .unwrap_err()
    };
    assert_eq!(verify("Bearer abc"), Refusal::NotDigest);
    assert_eq!(verify("Digest abc"), Refusal::NotDigest);
    assert_eq!(verify("Digest realm=x"), Refusal::Missing("username"));
    let honest = answer(&challenge, |_| {}).to_string();
    assert_eq!(
        verify(&format!("{honest}, NC=00000003")),
        Refusal::Repeated("NC".to_owned())
    );
    assert_eq!(
        verify(&honest.replace(", opaque=\"o\"", "")),
        Refusal::Missing("opaque")
    );
    assert_eq!(
        verify(&honest.replace("qop=auth", "qop=auth-conf")),
        different("qop", "auth-conf")
    );
}

#[test]
fn a_quality_that_was_not_offered_is_refused() {
    let challenge = Challenge {
        qualities: vec![Quality::Auth],
        ..challenge()
    };
    let given = answer(&challenge, |computation| {
        computation.quality = Some(Quality::AuthInt);
    });
    assert_eq!(
        expected(&challenge).verify(&given),
        Err(different("qop", "auth-int"))
    );
}
