//! Oracles over what a WIC answers to Digest challenges.

use evidence::Interface;
use evidence::record::CaseRecord;
use serde_json::json;

use super::scenes::{answer_to, fails_by, passes, undecided};
use super::wic_oracles::{at_edge, register};

const FIRST: &str = "Authorization: Digest username=\"a\", response=\"\"\r\n";

/// A WIC that is challenged by these algorithms and then shows these credentials.
fn challenged(oracle: &str, challenges: &[&str], shown: &str) -> CaseRecord {
    at_edge(oracle, json!({ "challenge": "no-qop" }), |made| {
        made.answer("digest-algs", &["sha-256", "md5"]);
        let lines: String = challenges
            .iter()
            .map(|name| {
                format!("\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm={name}")
            })
            .collect();
        let challenge =
            answer_to(&register(""), 401).replacen("\r\n\r\n", &format!("{lines}\r\n\r\n"), 1);
        made.came(1, Interface::W2, &register(FIRST));
        made.sent(1, Interface::W2, &challenge);
        made.came(1, Interface::W2, &register(shown));
    })
}

#[test]
fn no_unprotected_response() {
    let oracle = "no-unprotected-response";
    let shown = |more: &str| {
        let line = format!("Authorization: Digest username=\"a\", response=\"00\"{more}\r\n");
        challenged(oracle, &["MD5"], &line)
    };
    // Giving up, and answering with what was not asked for, are both right.
    passes(&challenged(oracle, &["MD5"], FIRST));
    passes(&challenged(oracle, &["MD5"], ""));
    passes(&shown(", qop=auth, cnonce=\"c\", nc=00000001"));
    for weaker in [
        "",
        ", cnonce=\"c\", nc=00000001",
        ", qop=auth, nc=00000001",
        ", qop=auth, cnonce=\"c\"",
        ", qop=auth, cnonce=\"\", nc=00000001",
    ] {
        fails_by(&shown(weaker), oracle);
    }
    undecided(
        &at_edge(oracle, json!({ "challenge": "no-qop" }), |_| {}),
        "not_reached",
    );
}

#[test]
fn answers_topmost() {
    let oracle = "answers-topmost";
    let answered = |challenges: &[&str], algorithm: &str| {
        let line = format!("Authorization: Digest username=\"a\", response=\"00\"{algorithm}\r\n");
        challenged(oracle, challenges, &line)
    };
    passes(&answered(&["SHA-256", "MD5"], ", algorithm=sha-256"));
    // What the WIC does not declare is passed over.
    passes(&answered(
        &["SHA-512-256", "SHA-256", "MD5"],
        ", algorithm=SHA-256",
    ));
    passes(&answered(&["MD5", "SHA-256"], ""));
    for weaker in ["", ", algorithm=MD5"] {
        fails_by(&answered(&["SHA-256", "MD5"], weaker), oracle);
    }
    undecided(&challenged(oracle, &["SHA-256"], FIRST), "no_answer");
    undecided(
        &answered(&["SHA-512-256"], ", algorithm=SHA-512-256"),
        "not_reached",
    );
}
