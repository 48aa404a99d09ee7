//! Oracles over AKA: what a WIC answers to a challenge that is not for it, and what an edge passes on of the core's.

use evidence::event::Side;
use evidence::record::{CaseRecord, Kind};
use evidence::{Interface, Role};
use serde_json::json;

use super::build::{Made, case};
use super::scenes::{answer_to, fails_by, judged, passes, undecided};
use super::wic_oracles::{at_edge, register};

/// RAND of TS 35.208 test set 1 and the AUTN that its values give, in base64.
const NONCE: &str = "I1U8vpY3qJ0hiuZNrke/NVXzKLQ1d7m5Sp/6w1Tfr7M=";

/// Credentials with the response of a password, by the definition of RFC 7616 and not by our own code.
fn shown(password: &[u8], more: &str) -> String {
    use md5::{Digest, Md5};
    let hash = |parts: &[&[u8]]| -> String {
        let digest = Md5::digest(parts.join(&b':'));
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    };
    let first = hash(&[b"alice0@op.example", b"op.example", password]);
    let second = hash(&[b"REGISTER", b"sip:op.example"]);
    let (first, second) = (first.as_bytes(), second.as_bytes());
    let response = hash(&[first, NONCE.as_bytes(), b"00000001", b"c", b"auth", second]);
    format!(
        "Authorization: Digest username=\"alice0@op.example\", realm=\"op.example\", nonce=\"{NONCE}\", uri=\"sip:op.example\", \
response=\"{response}\", algorithm=AKAv1-MD5, qop=auth, nc=00000001, cnonce=\"c\"{more}\r\n"
    )
}

/// RES of the same test set.
const RES: [u8; 8] = [0xa5, 0x42, 0x11, 0xd5, 0xe3, 0xba, 0x50, 0xbf];

fn challenged(oracle: &str, second: Option<&str>) -> CaseRecord {
    at_edge(oracle, json!({ "challenge": "aka-stale" }), |made| {
        made.came(1, Interface::W2, &register(""));
        made.sent(1, Interface::W2, &answer_to(&register(""), 401));
        if let Some(credentials) = second {
            made.came(1, Interface::W2, &register(credentials));
        }
    })
}

#[test]
fn no_aka_answer() {
    let oracle = "no-aka-answer";
    passes(&challenged(oracle, None));
    passes(&challenged(
        oracle,
        Some("Authorization: Digest username=\"a\", response=\"\"\r\n"),
    ));
    passes(&challenged(oracle, Some(&shown(b"", ", auts=\"AAAA\""))));
    fails_by(&challenged(oracle, Some(&shown(&RES, ""))), oracle);
    // AUTS does not make RES right.
    fails_by(
        &challenged(oracle, Some(&shown(&RES, ", auts=\"AAAA\""))),
        oracle,
    );
    undecided(
        &challenged(oracle, Some(&shown(b"something", ""))),
        "unknown_response",
    );
    undecided(
        &at_edge(oracle, json!({ "challenge": "aka-stale" }), |_| {}),
        "not_reached",
    );
}

#[test]
fn no_auts() {
    let oracle = "no-auts";
    passes(&challenged(oracle, None));
    passes(&challenged(oracle, Some(&shown(b"", ""))));
    fails_by(
        &challenged(oracle, Some(&shown(b"", ", auts=\"AAAA\""))),
        oracle,
    );
}

const KEYS: &str =
    ", ik=\"00112233445566778899aabbccddeeff\", ck=\"ffeeddccbbaa99887766554433221100\"";

/// An edge whose core was told to give session keys away, and what comes of a REGISTER.
fn core_told(acts: &dyn Fn(&mut Made)) -> CaseRecord {
    let play = |lie: bool| {
        let mut made = Made::new(Role::EpCscf, "ok");
        if lie {
            let step = made.act("core.answer", json!({ "session-keys": true }));
            made.stimulus(step, evidence::event::Layer::State, "keys");
            made.plan.departs = Some(step);
        }
        made.act("wic.send", json!({ "message": "register" }));
        made.opened(1, Interface::W2, Side::Us, "edge");
        made.sent(1, Interface::W2, &register(""));
        if lie {
            acts(&mut made);
        }
        made.end();
        made.log()
    };
    judged(
        &case(Kind::Attack, Role::EpCscf, &["no-session-keys"]),
        &play(false),
        &play(true),
        &play(false),
    )
}

/// An edge whose core challenges with `from_core`, and what comes to the WIC of it.
fn relayed(from_core: &str, to_wic: Option<&str>) -> CaseRecord {
    let challenge = |parameters: &str| {
        let line = format!(
            "\r\nWWW-Authenticate: Digest realm=\"op.example\", nonce=\"n\", algorithm=AKAv2-SHA-256{parameters}\r\n\r\n"
        );
        answer_to(&register(""), 401).replacen("\r\n\r\n", &line, 1)
    };
    core_told(&|made| {
        made.came(2, Interface::Mw, &register(""));
        made.sent(2, Interface::Mw, &challenge(from_core));
        if let Some(parameters) = to_wic {
            made.came(1, Interface::W2, &challenge(parameters));
        }
    })
}

/// An edge subscribes when it likes: the answer to that is nobody's lie.
#[test]
fn what_the_core_says_to_the_edges_own_subscription_is_no_lie() {
    let subscribe = "SUBSCRIBE sip:bob0@op.example SIP/2.0\r\nEvent: reg\r\nTo: <sip:bob0@op.example>\r\n\
                     Call-ID: other\r\nCSeq: 1 SUBSCRIBE\r\n\r\n";
    let record = core_told(&|made| {
        made.came(2, Interface::Mw, subscribe);
        made.sent(2, Interface::Mw, &answer_to(subscribe, 200));
    });
    undecided(&record, "not_reached");
}

#[test]
fn no_session_keys() {
    let oracle = "no-session-keys";
    passes(&relayed(KEYS, Some("")));
    fails_by(&relayed(KEYS, Some(KEYS)), oracle);
    fails_by(
        &relayed(KEYS, Some(", IK=\"00112233445566778899AABBCCDDEEFF\"")),
        oracle,
    );
    fails_by(
        &relayed(KEYS, Some(", key=\"00112233445566778899AABBCCDDEEFF\"")),
        oracle,
    );
    undecided(&relayed(KEYS, None), "not_reached");
    undecided(&relayed("", Some("")), "no_keys");
}
