//! Entry points for fuzzing: each takes any octets and panics only if the code under it breaks a promise.

use serde_json::Value;

use crate::{Algorithm, Check, Expectation, Key, Outcome, Token, verify as audit};

/// Reading: what is read is written back as it was, and can be shown in printable ASCII.
pub fn read(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let Ok(token) = Token::read(text) else { return };
    assert_eq!(token.compact(), text, "what is read is written back");
    let shown = token.text();
    assert!(
        shown
            .bytes()
            .all(|octet| octet == b'\n' || (b' '..=b'~').contains(&octet)),
        "nothing invisible: {shown:?}"
    );
    let _ = (token.header_value(), token.claims_value());
}

/// Verifying: the text up to the first line end is the token, the rest a JWK. Every check is answered, and with no
/// key at all the signature never passes.
pub fn verify(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let (token, key) = text.split_once('\n').unwrap_or((text, "null"));
    let key: Value = serde_json::from_str(key).unwrap_or(Value::Null);
    let expect = Expectation {
        issuer: "https://waf.test".into(),
        audience: "pcscf.test".into(),
        now: 1_700_000_000,
        skew: 5,
    };
    for keys in [&[][..], &[key]] {
        let answers = audit(token, keys, &expect);
        assert!(
            answers
                .iter()
                .map(|answer| answer.check)
                .eq(Check::ALL.iter().copied()),
            "every check is answered"
        );
        let signed = answers
            .iter()
            .find(|answer| answer.check == Check::Signature);
        assert!(
            !keys.is_empty() || signed.is_some_and(|answer| answer.outcome != Outcome::Passed),
            "no key, no signature"
        );
    }
}

/// Private keys, PEM or DER: one that is read can be written and read again.
pub fn pkcs8(data: &[u8]) {
    for algorithm in [Algorithm::ES256, Algorithm::EdDSA] {
        let Ok(key) = Key::from_pkcs8(algorithm, data) else {
            continue;
        };
        let written = key.to_pkcs8().expect("a key pair has a PKCS #8 form");
        let again = Key::from_pkcs8(algorithm, &written).expect("what we wrote");
        assert_eq!(again.kid(), key.kid(), "the same key");
    }
}
