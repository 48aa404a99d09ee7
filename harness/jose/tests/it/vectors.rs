//! The examples of the RFCs, each named by its place.
//!
//! Not here, because nothing of ours reads or writes it: the JSON serialisations (RFC 7515 A.6 and A.7), and encryption (RFC 7518
//! appendices B and C, RFC 8037 A.6 and A.7). RFC 7518 appendix A is a list of names.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jose::{Algorithm, Check, Expectation, Key, Outcome, Token, verify};
use serde_json::{Value, json};

const A1_TOKEN: &str = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const A1_SECRET: &str =
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
const A2_TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
const A2_MODULUS: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
const A3_TOKEN: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
const A4_TOKEN: &str = "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn";
const A5_TOKEN: &str = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.";
const RFC8037_TOKEN: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
const RFC8037_SEED: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";

fn a3_key() -> Value {
    json!({ "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" })
}

fn signature(token: &str, key: &Value) -> Outcome {
    let expect = Expectation {
        issuer: "joe".into(),
        audience: String::new(),
        now: 1_300_819_379,
        skew: 0,
    };
    let answers = verify(token, std::slice::from_ref(key), &expect);
    answers
        .into_iter()
        .find(|checked| checked.check == Check::Signature)
        .unwrap()
        .outcome
}

fn assert_signed(token: &str, key: &Value) {
    assert_eq!(signature(token, key), Outcome::Passed);
    let mut read = Token::read(token).unwrap();
    assert_eq!(read.compact(), token);
    read.claims[0] ^= 1;
    assert!(
        matches!(signature(&read.compact(), key), Outcome::Failed(_)),
        "changed payload"
    );
}

#[test]
fn rfc7515_a1_hs256() {
    assert_signed(A1_TOKEN, &json!({ "kty": "oct", "k": A1_SECRET }));
    let key = Key::from_shared_secret(
        Algorithm::HS256,
        &URL_SAFE_NO_PAD.decode(A1_SECRET).unwrap(),
    )
    .unwrap();
    let read = Token::read(A1_TOKEN).unwrap();
    assert_eq!(read.header, b"{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}");
    assert_eq!(
        Token::sign(&key, read.header, read.claims).compact(),
        A1_TOKEN
    );
}

#[test]
fn rfc7515_a2_rs256() {
    assert_signed(
        A2_TOKEN,
        &json!({ "kty": "RSA", "n": A2_MODULUS, "e": "AQAB" }),
    );
}

#[test]
fn rfc7515_a3_es256() {
    assert_signed(A3_TOKEN, &a3_key());
    let claims = Token::read(A3_TOKEN).unwrap().claims_value().unwrap();
    assert_eq!(
        claims,
        json!({ "iss": "joe", "exp": 1_300_819_380, "http://example.com/is_root": true })
    );
}

#[test]
fn rfc7515_a4_es512() {
    let key = json!({ "kty": "EC", "crv": "P-521",
        "x": "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",
        "y": "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2" });
    assert_signed(A4_TOKEN, &key);
    assert!(
        Token::read(A4_TOKEN).unwrap().claims_value().is_err(),
        "the payload is a word, no JSON"
    );
}

#[test]
fn rfc7515_a5_unsecured() {
    assert!(Token::read(A5_TOKEN).unwrap().signature.is_empty());
    assert!(
        matches!(signature(A5_TOKEN, &a3_key()), Outcome::Failed(reason) if reason == "alg is \"none\"")
    );
}

#[test]
fn rfc7515_appendix_c_base64url() {
    let token = Token {
        header: vec![3, 236, 255, 224, 193],
        claims: Vec::new(),
        signature: Vec::new(),
    };
    assert_eq!(token.compact(), "A-z_4ME..");
}

#[test]
fn rfc7518_3_1_names() {
    let names: Vec<&str> = Algorithm::ALL
        .iter()
        .map(|algorithm| algorithm.name())
        .collect();
    let registered =
        "ES256 ES384 ES512 RS256 RS384 RS512 PS256 PS384 PS512 EdDSA HS256 HS384 HS512";
    assert_eq!(names.join(" "), registered);
    for name in registered.split(' ') {
        assert_eq!(name.parse::<Algorithm>().unwrap().name(), name);
    }
    for name in ["none", "es256", "ES256 ", "", "A128KW"] {
        assert!(name.parse::<Algorithm>().is_err(), "{name:?}");
    }
}

/// A signature of ES256 has 64 octets; with any other length it has failed.
#[test]
fn rfc7518_3_4_length_of_es256() {
    let token = Token::read(A3_TOKEN).unwrap();
    assert_eq!(token.signature.len(), 64);
    for length in [0, 63, 65, 128] {
        let mut other = token.clone();
        other.signature.resize(length, 0);
        assert!(
            matches!(signature(&other.compact(), &a3_key()), Outcome::Failed(_)),
            "{length}"
        );
    }
}

/// An RSA key has at least 2048 bits.
#[test]
fn rfc7518_3_3_short_rsa_keys() {
    let modulus = URL_SAFE_NO_PAD.decode(A2_MODULUS).unwrap();
    let short = json!({ "kty": "RSA", "n": URL_SAFE_NO_PAD.encode(&modulus[..128]), "e": "AQAB" });
    assert!(matches!(signature(A2_TOKEN, &short), Outcome::Failed(_)));
}

/// The Ed25519 key of the example as PKCS #8 (RFC 8410 section 7): a fixed head and the 32 octets of the seed.
fn rfc8037_key() -> Key {
    let head = [
        0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04,
        0x20,
    ];
    let der = [&head[..], &URL_SAFE_NO_PAD.decode(RFC8037_SEED).unwrap()].concat();
    Key::from_pkcs8(Algorithm::EdDSA, &der).unwrap()
}

#[test]
fn rfc8037_a2_public_key() {
    assert_eq!(
        rfc8037_key().jwk()["x"],
        "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    );
}

#[test]
fn rfc8037_a3_thumbprint() {
    assert_eq!(
        rfc8037_key().kid(),
        "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    );
}

#[test]
fn rfc8037_a4_signing_and_a5_validation() {
    let token = Token::sign(
        &rfc8037_key(),
        br#"{"alg":"EdDSA"}"#.to_vec(),
        b"Example of Ed25519 signing".to_vec(),
    );
    assert_eq!(token.compact(), RFC8037_TOKEN);
    assert_signed(RFC8037_TOKEN, &rfc8037_key().jwk());
}
