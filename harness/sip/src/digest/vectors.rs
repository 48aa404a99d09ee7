//! Published figures. Each test names where its numbers stand.

use super::*;

fn mufasa(algorithm: Algorithm) -> Computation<'static> {
    Computation {
        algorithm,
        username: "Mufasa",
        realm: "http-auth@example.org",
        secret: Secret::Password(b"Circle of Life"),
        nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
        nonce_count: "00000001",
        quality: Some(Quality::Auth),
        method: "GET",
        uri: "/dir/index.html",
        body: b"",
    }
}

#[test]
fn rfc_2617_3_5() {
    let computation = Computation {
        realm: "testrealm@host.com",
        secret: Secret::Password(b"Circle Of Life"),
        nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
        cnonce: "0a4f113b",
        ..mufasa(Algorithm::Md5)
    };
    assert_eq!(computation.response(), "6629fae49393a05397450978507c4ef1");
    // The hash that RFC 2617's example leads through, as a subscriber store would keep it.
    let stored = Computation {
        secret: Secret::Hash("939e7578ed9e3c518a452acee763bce9"),
        ..computation
    };
    assert_eq!(stored.response(), computation.response());
}

#[test]
fn rfc_2069_2_4_with_erratum_749() {
    let computation = Computation {
        realm: "testrealm@host.com",
        secret: Secret::Password(b"CircleOfLife"),
        nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
        quality: None,
        ..mufasa(Algorithm::Md5)
    };
    assert_eq!(computation.response(), "1949323746fe6a43ef61f9606e7febea");
}

#[test]
fn rfc_7616_3_9_1_md5() {
    assert_eq!(
        mufasa(Algorithm::Md5).response(),
        "8ca523f5e9506fed4657c9700eebdbec"
    );
}

#[test]
fn rfc_7616_3_9_1_sha_256() {
    assert_eq!(
        mufasa(Algorithm::Sha256).response(),
        "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
    );
}

/// The RFC printed the figures of SHA-512 cut to 256 bits, which is another algorithm; the erratum has these.
#[test]
fn rfc_7616_3_9_2_sha_512_256_with_erratum_4897() {
    let algorithm = Algorithm::Sha512With256;
    let (username, realm) = ("J\u{e4}s\u{f8}n Doe", "api@example.org");
    let computation = Computation {
        username,
        realm,
        secret: Secret::Password(b"Secret, or not?"),
        nonce: "5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK",
        cnonce: "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v",
        uri: "/doe.json",
        ..mufasa(algorithm)
    };
    assert_eq!(
        computation.response(),
        "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5"
    );
    let user_hash = algorithm.hash(&[username.as_bytes(), realm.as_bytes()]);
    assert_eq!(
        user_hash,
        "793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b"
    );
}

const OFFER: &str = "v=0\r\no=bob 2890844526 2890844526 IN IP4 media.biloxi.com\r\ns=-\r\nc=IN IP4 media.biloxi.com\r\nt=0 0\r\n\
    m=audio 49170 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\nm=video 51372 RTP/AVP 31\r\na=rtpmap:31 H261/90000\r\n\
    m=video 53000 RTP/AVP 32\r\na=rtpmap:32 MPV/90000\r\n";

fn bob(algorithm: Algorithm, quality: Option<Quality>) -> Computation<'static> {
    Computation {
        algorithm,
        username: "bob",
        realm: "biloxi.com",
        secret: Secret::Password(b"zanzibar"),
        nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
        cnonce: "0a4f113b",
        nonce_count: "00000001",
        quality,
        method: "INVITE",
        uri: "sip:bob@biloxi.com",
        body: OFFER.as_bytes(),
    }
}

#[test]
fn draft_smith_sipping_auth_examples_01() {
    assert_eq!(
        bob(Algorithm::Md5, None).response(),
        "bf57e4e0d0bffc0fbaedce64d59add5e"
    );
    assert_eq!(
        bob(Algorithm::Md5, Some(Quality::Auth)).response(),
        "89eb0059246c02b2f6ee02c7961d5ea3"
    );
    assert_eq!(
        bob(Algorithm::Md5, Some(Quality::AuthInt)).response(),
        "bdbeebb2da6adb6bca02599c2239e192"
    );
    assert_eq!(
        bob(Algorithm::Md5Session, Some(Quality::Auth)).response(),
        "e4e4ea61d186d07a92c9e1f6919902e9"
    );
    assert_eq!(
        bob(Algorithm::Md5Session, Some(Quality::AuthInt)).response(),
        "91984da2d8663716e91554859c22ca70"
    );
}

/// No RFC prints these. RFC 7616 3.4.2 defines a session's A1 by the plain algorithm's hash and the two nonces, so a
/// stored hash of that kind under the plain algorithm gives the same response.
#[test]
fn session_algorithms_agree_with_their_definition() {
    let pairs = [
        (Algorithm::Md5Session, Algorithm::Md5),
        (Algorithm::Sha256Session, Algorithm::Sha256),
        (Algorithm::Sha512With256Session, Algorithm::Sha512With256),
    ];
    for (session, plain) in pairs {
        let user = plain.hash(&[b"bob", b"biloxi.com", b"zanzibar"]);
        let first = plain.hash(&[
            user.as_bytes(),
            b"dcd98b7102dd2f0e8b11d0f600bfb0c093",
            b"0a4f113b",
        ]);
        for quality in [None, Some(Quality::Auth), Some(Quality::AuthInt)] {
            let by_definition = Computation {
                secret: Secret::Hash(&first),
                ..bob(plain, quality)
            };
            assert_eq!(
                bob(session, quality).response(),
                by_definition.response(),
                "{session:?} {quality:?}"
            );
        }
    }
}

/// RFC 3310 3.3 and 3.4: nothing but the password, which is RES and may be any bytes, differs from MD5.
#[test]
fn aka_is_md5_with_res_as_password() {
    let res = Secret::Password(b"\0\x81:\xff");
    let [aka, md5] = [Algorithm::AkaV1Md5, Algorithm::Md5].map(|algorithm| Computation {
        secret: res,
        ..bob(algorithm, Some(Quality::Auth))
    });
    assert_eq!(aka.response(), md5.response());
    assert_ne!(
        aka.response(),
        bob(Algorithm::Md5, Some(Quality::Auth)).response()
    );
    assert!(
        aka.credentials(None)
            .to_string()
            .contains("algorithm=AKAv1-MD5")
    );
}

#[test]
fn rspauth_is_the_response_without_method() {
    for quality in [None, Some(Quality::Auth), Some(Quality::AuthInt)] {
        let computation = bob(Algorithm::Sha256, quality);
        assert_eq!(
            computation.rspauth(),
            Computation {
                method: "",
                ..computation
            }
            .response()
        );
        assert_ne!(computation.rspauth(), computation.response());
    }
}

/// OpenSSL's own SHA-512/256 over the same bytes, so that the truncated SHA-512 is not taken for it once more (erratum 4897).
#[test]
fn sha_512_256_agrees_with_openssl() {
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    for text in ["", "Secret, or not?", OFFER] {
        let mut openssl = Command::new("openssl")
            .args(["dgst", "-sha512-256", "-r"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the command openssl runs");
        let mut input = openssl.stdin.take().expect("piped");
        input.write_all(text.as_bytes()).expect("openssl reads");
        drop(input);
        let told = openssl.wait_with_output().expect("openssl ends");
        let told = String::from_utf8_lossy(&told.stdout);
        let told = told.split_whitespace().next().unwrap_or_default();
        assert_eq!(told.len(), 64);
        assert_eq!(
            Algorithm::Sha512With256.hash(&[text.as_bytes()]),
            told,
            "{text:?}"
        );
    }
}
