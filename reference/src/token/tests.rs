//! What a token must be to be read, and what its claims must say.

use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::Model;

const NOW: f64 = 1_000_000.0;
const AUDIENCE: &str = "https://ims.op.example";

fn shared(answers: &[(&str, &str)]) -> Shared {
    let answers = answers
        .iter()
        .map(|(item, word)| ((*item).to_owned(), vec![(*word).to_owned()]));
    let mut shared = Shared::bare();
    shared.world.audience = AUDIENCE.to_owned();
    shared.model = Model::new(answers.collect::<BTreeMap<_, _>>());
    shared
}

fn token(header: &str, claims: &str) -> String {
    format!(
        "{}.{}.AAAA",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(claims)
    )
}

fn claims(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).expect("an object")
}

#[test]
fn two_readings_of_one_token_are_refused() {
    let shared = shared(&[]);
    let good = r#"{"alg":"ES256","typ":"at+jwt","kid":"k"}"#;
    assert!(Jws::read(&token(good, r#"{"a":{"b":[1]}}"#), &shared).is_ok());
    let bad = [
        token(r#"{"alg":"ES256","alg":"none"}"#, "{}"),
        token(good, r#"{"impi":"a@b","impi":"c@d"}"#),
        token(good, r#"{"x":{"y":1,"y":2}}"#),
        token(good, "{} {}"),
        token(good, "[]"),
        token(good, "\u{feff}{}"),
        format!("{}.x", token(good, "{}")),
        token(good, "{}").replace(".AAAA", ".AAA="),
        token(good, "{}").replace(".AAAA", ".AB"),
        "a.b".to_owned(),
        String::new(),
    ];
    for token in bad {
        assert!(Jws::read(&token, &shared).is_err(), "{token}");
    }
}

#[test]
fn the_type_is_that_of_an_access_token() {
    let cases = [
        (r#""typ":"at+jwt""#, true, true),
        (r#""typ":"application/AT+JWT""#, true, true),
        (r#""typ":"JWT""#, false, true),
        (r#""x":1"#, false, true),
        (r#""typ":"logout+jwt""#, false, false),
        (r#""typ":1"#, false, false),
        (r#""typ":"at+jwt","crit":["x"]"#, false, false),
    ];
    for (members, strict, lax) in cases {
        let token = token(&format!("{{{members}}}"), "{}");
        for (answers, expected) in [(&[][..], strict), (&[("at-jwt", "no")][..], lax)] {
            let shared = shared(answers);
            let jws = Jws::read(&token, &shared).expect("three parts");
            assert_eq!(
                jws.check_header(&shared).is_ok(),
                expected,
                "{members} {answers:?}"
            );
        }
    }
}

#[test]
fn times_and_audience_are_checked_to_the_second() {
    let aud = format!(r#""aud":"{AUDIENCE}""#);
    let cases = [
        (format!(r#"{{"exp":1000001,{aud}}}"#), true),
        (format!(r#"{{"exp":1000000.5,{aud}}}"#), true),
        (format!(r#"{{"exp":1000000,{aud}}}"#), false),
        (format!(r#"{{"exp":-1,{aud}}}"#), false),
        (format!(r#"{{"exp":"2000000",{aud}}}"#), false),
        (format!(r#"{{"exp":null,{aud}}}"#), false),
        (format!("{{{aud}}}"), false),
        (format!(r#"{{"exp":1000001,"nbf":1000001,{aud}}}"#), false),
        (format!(r#"{{"exp":1000001,"nbf":1000000,{aud}}}"#), true),
        (
            format!(r#"{{"exp":1000001,"aud":["x","{AUDIENCE}"]}}"#),
            true,
        ),
        (
            format!(r#"{{"exp":1000001,"aud":["{AUDIENCE}",1]}}"#),
            false,
        ),
        (r#"{"exp":1000001,"aud":[]}"#.to_owned(), false),
        (
            r#"{"exp":1000001,"aud":"https://ims.op.example.evil"}"#.to_owned(),
            false,
        ),
        (
            r#"{"exp":1000001,"aud":"HTTPS://ims.op.example"}"#.to_owned(),
            false,
        ),
        (r#"{"exp":1000001}"#.to_owned(), false),
    ];
    let strict = shared(&[]);
    for (text, expected) in cases {
        assert_eq!(
            check_claims(&claims(&text), NOW, &strict).is_ok(),
            expected,
            "{text}"
        );
    }
    let patient = shared(&[("skew", "60")]);
    let late = format!(r#"{{"exp":999941,{aud}}}"#);
    assert!(check_claims(&claims(&late), NOW, &patient).is_ok());
    assert!(check_claims(&claims(&late.replace("941", "940")), NOW, &patient).is_err());
}

#[test]
fn identities_are_texts_of_one_kind() {
    let shared = shared(&[]);
    let cases = [
        (json!({ "impi": "a@b", "impu": ["sip:a@b"] }), true),
        (json!({ "impi": "a@b", "impu": "sip:a@b" }), true),
        (
            json!({ "impi": ["a@b", "c@d"], "impu": ["sip:a@b"] }),
            false,
        ),
        (json!({ "impi": 1, "impu": ["sip:a@b"] }), false),
        (json!({ "impi": null, "impu": ["sip:a@b"] }), false),
        (json!({ "impu": ["sip:a@b"] }), false),
        (json!({ "impi": "a", "impu": ["sip:a@b"] }), false),
        (json!({ "impi": " a@b", "impu": ["sip:a@b"] }), false),
        (
            json!({ "impi": "a@b\", x=\"y", "impu": ["sip:a@b"] }),
            false,
        ),
        (json!({ "impi": "a@b\r\nX: y", "impu": ["sip:a@b"] }), false),
        (json!({ "impi": "a\u{0}@b", "impu": ["sip:a@b"] }), false),
        (json!({ "impi": "a@b" }), false),
        (json!({ "impi": "a@b", "impu": [] }), false),
        (json!({ "impi": "a@b", "impu": ["sip:a@b", 1] }), false),
        (
            json!({ "impi": "a@b", "impu": ["sip:a@b"], "anon": "yes" }),
            false,
        ),
    ];
    for (value, expected) in cases {
        let members = value.as_object().expect("an object");
        assert_eq!(
            entitlement(members, Some("sip:x@y"), &shared).is_ok(),
            expected,
            "{value}"
        );
    }
}
