//! An honest token of alice and everything that a forger wants to know.

use jose::{AccessToken, Algorithm, ClaimNames, Foreign, Honest, Key};

pub(crate) const ISSUER: &str = "https://waf-a.test";
pub(crate) const AUDIENCE: &str = "ims.home1.test";
pub(crate) const NOW: u64 = 1_700_000_000;
pub(crate) const SKEW: u64 = 5;

pub(crate) fn access_token(now: u64) -> AccessToken {
    AccessToken::new(ISSUER, "user-17", AUDIENCE, "wwsf-a", "t-1")
        .life(now, 600)
        .identity("alice@home1.test", &["sip:alice@home1.test"])
        .wwsf("wwsf-a.test")
        .scope("ims.register")
}

pub(crate) fn honest(algorithm: Algorithm, now: u64) -> Honest {
    let key = Key::generate(algorithm).unwrap().with_kid("key-a");
    let access_token = access_token(now);
    Honest {
        header: access_token.header(&key),
        claims: access_token.claims(),
        key,
        names: ClaimNames::default(),
        other_key: Key::generate(algorithm).unwrap().with_kid("key-b"),
        attacker_key: Key::generate(algorithm).unwrap().with_kid("key-a"),
        now,
        skew: SKEW,
        longest_life: 3600,
        algorithms: vec![algorithm],
        foreign: Foreign {
            impi: "bob@home1.test".into(),
            impu: "sip:bob@home1.test".into(),
            issuer: "https://waf-b.test".into(),
            unknown_issuer: "https://waf-x.test".into(),
            audience: "ims.home2.test".into(),
            wwsf: "wwsf-b.test".into(),
            attacker_url: "https://attacker.test/jwks".into(),
            redirect_url: "https://waf-a.test/go?to=attacker.test".into(),
            self_signed_chain: vec![b"self".to_vec()],
            public_chain: vec![b"leaf".to_vec(), b"authority".to_vec()],
            genuine_certificate: b"genuine".to_vec(),
        },
    }
}

/// Seconds since 1970, for the independent library that reads the clock itself.
pub(crate) fn real_now() -> u64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs()
}
