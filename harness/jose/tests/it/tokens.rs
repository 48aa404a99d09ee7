//! Reading, writing and showing tokens, and the honest access token.

use jose::{AccessToken, Algorithm, ClaimNames, Flaw, Key, Part, ReadError, Token};
use proptest::prelude::*;
use serde_json::json;

use crate::fixture::{NOW, access_token, honest};

proptest! {
    #[test]
    fn any_octets_survive_compact_and_read(header: Vec<u8>, claims: Vec<u8>, signature: Vec<u8>) {
        let token = Token { header, claims, signature };
        prop_assert_eq!(Token::read(&token.compact()), Ok(token));
    }

    #[test]
    fn what_is_read_is_written_as_it_was(text in "[A-Za-z0-9_-]{0,12}\\.[A-Za-z0-9_=+/-]{0,12}\\.[A-Za-z0-9_-]{0,12}") {
        if let Ok(token) = Token::read(&text) {
            prop_assert_eq!(token.compact(), text);
        }
    }

    #[test]
    fn any_octets_are_shown_visibly(header: Vec<u8>, claims in "\\PC*|[\\[{\"\\\\]*") {
        let text = Token { header, claims: claims.into_bytes(), signature: b"not shown".to_vec() }.text();
        prop_assert!(text.bytes().all(|octet| octet == b'\n' || (b' '..=b'~').contains(&octet)));
    }
}

#[test]
fn reading_is_strict() {
    assert_eq!(Token::read("e30.e30"), Err(ReadError::Parts(2)));
    assert_eq!(Token::read("e30.e30.AA.AA.AA"), Err(ReadError::Parts(5)));
    assert_eq!(Token::read(""), Err(ReadError::Parts(1)));
    let part = |text: &str| match Token::read(text) {
        Err(ReadError::Base64(part)) => part,
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(part("e3+.e30.AA"), Part::Header, "the other alphabet");
    assert_eq!(part("e30.e30=.AA"), Part::Claims, "padding");
    assert_eq!(part("e30.e30.AB"), Part::Signature, "left-over bits");
    assert_eq!(part("e30.e30.A"), Part::Signature, "length");
    assert_eq!(part("e30.e 30.AA"), Part::Claims, "space");
    assert!(Token::read("..").is_ok());
}

#[test]
fn json_is_read_strictly() {
    let read = |json: &str| {
        Token {
            header: Vec::new(),
            claims: json.as_bytes().to_vec(),
            signature: Vec::new(),
        }
        .claims_value()
    };
    assert_eq!(
        read(r#" {"a":[1,-2,2.5,true,null,{"b":"c"}]} "#),
        Ok(json!({"a": [1, -2, 2.5, true, null, {"b": "c"}]}))
    );
    assert_eq!(
        read(r#"{"a":1,"b":2,"a":1}"#),
        Err(ReadError::Repeated(Part::Claims, "a".into()))
    );
    assert_eq!(
        read(r#"{"a":1,"\u0061":1}"#),
        Err(ReadError::Repeated(Part::Claims, "a".into())),
        "escaped"
    );
    assert!(
        matches!(
            read(r#"{"a":[{"b":1,"b":1}]}"#),
            Err(ReadError::Json(Part::Claims, _))
        ),
        "inside"
    );
    for bad in [
        "",
        "[]",
        "1",
        "{} {}",
        "{}x",
        "{a:1}",
        "\u{feff}{}",
        "{\"a\":1,}",
        "{\"a\":1e999}",
    ] {
        assert!(
            matches!(read(bad), Err(ReadError::Json(Part::Claims, _))),
            "{bad:?}"
        );
    }
    assert!(
        read(&"{\"a\":".repeat(100_000)).is_err(),
        "depth is limited"
    );
}

#[test]
fn the_text_shows_what_hides() {
    let honest = honest(Algorithm::ES256, NOW);
    let text = |flaw: Flaw| Token::read(&flaw.forge(&honest)).unwrap().text();
    assert!(text(Flaw::IssHomoglyph).contains(r#""iss": "https://w\u{430}f-a.test","#));
    assert!(text(Flaw::ImpiNul).contains(r"alice@home1.test\u0000.invalid"));
    assert!(text(Flaw::ImpiCrlf).contains(r"\r\nX-Injected"));
    assert_eq!(
        text(Flaw::AlgTwiceBadLast)
            .lines()
            .filter(|line| line.contains("\"alg\":"))
            .count(),
        2
    );
    assert!(text(Flaw::ClaimsUtf16).contains(r"claims \xff\xfe{"));
    let token = Token {
        header: br#"{"alg":"x,{\"}","n":[1]}"#.to_vec(),
        claims: b"{}".to_vec(),
        signature: vec![1; 64],
    };
    let expected =
        "header {\n  \"alg\": \"x,{\\\"}\",\n  \"n\": [\n    1\n  ]\n}\nclaims {\n  \n}\n";
    assert_eq!(token.text(), expected);
}

#[test]
fn the_honest_token_has_what_rfc_9068_demands() {
    let key = Key::generate(Algorithm::ES256).unwrap();
    let token = access_token(NOW).mint(&key);
    assert_eq!(
        token.header_value().unwrap(),
        json!({ "typ": "at+jwt", "alg": "ES256", "kid": key.kid() })
    );
    let claims = json!({
        "iss": "https://waf-a.test", "sub": "user-17", "aud": "ims.home1.test", "iat": NOW, "exp": NOW + 600,
        "jti": "t-1", "client_id": "wwsf-a", "impi": "alice@home1.test", "impu": ["sip:alice@home1.test"],
        "wwsf": "wwsf-a.test", "scope": "ims.register",
    });
    assert_eq!(token.claims_value().unwrap(), claims);
}

#[test]
fn claim_names_and_shapes_are_the_vendors() {
    let names = ClaimNames {
        impi: "sub".into(),
        impu: "ims/public".into(),
        party: "granted_by".into(),
        wwsf: "azp".into(),
    };
    let mut token = AccessToken::new("i", "s", "a", "c", "t")
        .identity("alice@x", &["sip:alice@x"])
        .names(names)
        .anonymous(true);
    token.single_impu = true;
    let claims = token.claims();
    assert_eq!(claims["sub"], "alice@x");
    assert_eq!(claims["ims/public"], "sip:alice@x");
    assert_eq!(
        claims["granted_by"], "i",
        "the issuer, unless another is named"
    );
    assert_eq!(claims["anon"], true);
    assert!(
        claims.get("azp").is_none()
            && claims.get("impi").is_none()
            && claims.get("scope").is_none()
    );
    token.party = Some("waf-a".into());
    assert_eq!(token.claims()["granted_by"], "waf-a");
}
