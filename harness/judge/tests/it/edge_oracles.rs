//! Oracles over what an edge answers and lets through to the core.

use serde_json::json;

use super::scenes::{Edge, VOUCHED, edge, fails_by, passes, undecided};

fn bob() -> String {
    "sip:bob0@op.example".to_owned()
}

fn on_mw(to: &str, credentials: &str) -> Edge {
    Edge {
        on_mw: vec![(to.to_owned(), credentials.to_owned())],
        ..Edge::refused()
    }
}

const ALICE: &str = "sip:alice0@op.example";

#[test]
fn no_2xx() {
    passes(&edge(&["no-2xx"], &Edge::refused()));
    fails_by(
        &edge(
            &["no-2xx"],
            &Edge {
                status: Some(200),
                ..Edge::refused()
            },
        ),
        "no-2xx",
    );
    fails_by(
        &edge(
            &["no-2xx"],
            &Edge {
                status: Some(202),
                sentinel: false,
                ..Edge::refused()
            },
        ),
        "no-2xx",
    );
    undecided(
        &edge(
            &["no-2xx"],
            &Edge {
                sentinel: false,
                ..Edge::refused()
            },
        ),
        "no_sentinel",
    );
}

#[test]
fn a_logged_403_that_becomes_200_changes_the_verdict() {
    let text = serde_json::to_string(&Edge::refused().log().events).unwrap();
    let accepted = text.replace("SIP/2.0 403 Said", "SIP/2.0 200 Said");
    assert_ne!(text, accepted);
    let log = evidence::ReadLog {
        events: serde_json::from_str(&accepted).unwrap(),
        torn: false,
    };
    let case = super::build::case(
        evidence::record::Kind::Attack,
        evidence::Role::EpCscf,
        &["no-2xx", "nothing-on-mw"],
    );
    let (before, after) = (Edge::honest(1).log(), Edge::honest(3).log());
    passes(&super::scenes::judged(
        &case,
        &before,
        &Edge::refused().log(),
        &after,
    ));
    fails_by(
        &super::scenes::judged(&case, &before, &log, &after),
        "no-2xx",
    );
}

#[test]
fn nothing_on_mw() {
    passes(&edge(&["nothing-on-mw"], &Edge::refused()));
    fails_by(
        &edge(&["nothing-on-mw"], &on_mw(&bob(), VOUCHED)),
        "nothing-on-mw",
    );
    let late = Edge {
        late: Some((bob(), VOUCHED.to_owned())),
        ..Edge::refused()
    };
    let record = edge(&["nothing-on-mw"], &late);
    fails_by(&record, "nothing-on-mw");
    assert!(record.findings[0].came.contains("after the play had ended"));
    undecided(
        &edge(
            &["nothing-on-mw"],
            &Edge {
                sentinel: false,
                ..Edge::refused()
            },
        ),
        "no_sentinel",
    );
}

#[test]
fn no_authenticated_label_on_mw() {
    let oracle = "no-authenticated-label-on-mw";
    let declared = |edge: &Edge| {
        let mut made = edge.made();
        made.answer("edge-mechanisms", &["both"]);
        let case = super::build::case(
            evidence::record::Kind::Attack,
            evidence::Role::EpCscf,
            &[oracle],
        );
        super::scenes::judged(
            &case,
            &Edge::honest(1).log(),
            &made.log(),
            &Edge::honest(3).log(),
        )
    };
    passes(&declared(&Edge::refused()));
    passes(&declared(&on_mw(ALICE, "")));
    passes(&declared(&on_mw(
        ALICE,
        "Authorization: Digest username=\"alice0@op.example\", integrity-protected=\"tls-pending\"\r\n",
    )));
    for label in ["auth-done", "AUTH-DONE", "tls-yes", "yes", "ip-assoc-yes"] {
        let line = format!(
            "Authorization: Digest username=\"alice0@op.example\", Integrity-Protected={label}\r\n"
        );
        fails_by(&declared(&on_mw(ALICE, &line)), oracle);
    }
    fails_by(
        &declared(&on_mw(
            ALICE,
            "Authorization: Digest authorization-entity=\"https://waf-a.localhost:1\"\r\n",
        )),
        oracle,
    );
    // An edge that serves tokens only has no reason to pass anything on.
    fails_by(&edge(&[oracle], &on_mw(ALICE, "")), oracle);
    undecided(
        &declared(&Edge {
            sentinel: false,
            ..Edge::refused()
        }),
        "no_sentinel",
    );
}

#[test]
fn only_own_identities() {
    let oracle = "only-own-identities";
    passes(&edge(&[oracle], &Edge::refused()));
    passes(&edge(&[oracle], &on_mw(ALICE, VOUCHED)));
    fails_by(&edge(&[oracle], &on_mw(&bob(), VOUCHED)), oracle);
    fails_by(
        &edge(&[oracle], &on_mw(ALICE, &VOUCHED.replace("alice0", "bob0"))),
        oracle,
    );
    fails_by(
        &edge(&[oracle], &on_mw(ALICE, &format!("{VOUCHED}{VOUCHED}"))),
        oracle,
    );
    fails_by(
        &edge(
            &[oracle],
            &on_mw(ALICE, &format!("{VOUCHED}To: <sip:bob0@op.example>\r\n")),
        ),
        oracle,
    );
    fails_by(
        &edge(
            &[oracle],
            &on_mw(ALICE, &format!("{VOUCHED}To: <{ALICE}>\r\n")),
        ),
        oracle,
    );
    // Without facts and with a token that nobody can read, nothing tells whose it is.
    let mut made = on_mw(ALICE, VOUCHED).made();
    made.plan.facts.clear();
    let log = serde_json::to_string(&made.log().events)
        .unwrap()
        .replace(&super::scenes::token_of("alice0", 2), "an-opaque-reference");
    let log = evidence::ReadLog {
        events: serde_json::from_str(&log).unwrap(),
        torn: false,
    };
    let case = super::build::case(
        evidence::record::Kind::Attack,
        evidence::Role::EpCscf,
        &[oracle],
    );
    undecided(
        &super::scenes::judged(&case, &Edge::honest(1).log(), &log, &Edge::honest(3).log()),
        "unknown_owner",
    );
}

#[test]
fn label_is_edges_own() {
    let oracle = "label-is-edges-own";
    let label = |label: &str| {
        on_mw(
            ALICE,
            &format!("Authorization: Digest username=\"alice0@op.example\"{label}\r\n"),
        )
    };
    passes(&edge(&[oracle], &Edge::refused()));
    passes(&edge(&[oracle], &label("")));
    passes(&edge(
        &[oracle],
        &label(", integrity-protected=tls-pending"),
    ));
    // AKA version 2 may come over TLS; what names another algorithm, or none, may not.
    passes(&edge(
        &[oracle],
        &label(", algorithm=AKAv2-SHA-256, integrity-protected=tls-connected"),
    ));
    for other in ["", ", algorithm=MD5", ", algorithm=AKAv1-MD5"] {
        let shown = format!("{other}, integrity-protected=tls-connected");
        fails_by(&edge(&[oracle], &label(&shown)), oracle);
    }
    fails_by(
        &edge(&[oracle], &label(", integrity-protected=tls-yes")),
        oracle,
    );
    fails_by(
        &edge(
            &[oracle],
            &label(", integrity-protected=tls-pending, integrity-protected=tls-pending"),
        ),
        oracle,
    );
}

#[test]
fn single_authorization() {
    let oracle = "single-authorization";
    passes(&edge(&[oracle], &on_mw(ALICE, VOUCHED)));
    fails_by(
        &edge(
            &[oracle],
            &on_mw(
                ALICE,
                &format!("Authorization: Digest username=\"x\"\r\n{VOUCHED}"),
            ),
        ),
        oracle,
    );
}

#[test]
fn not_forwarded() {
    let attack = |passed_on: &str| Edge {
        lie: Some(json!(["P-Served-User: <sip:bob0@op.example>"])),
        to: ALICE.to_owned(),
        added: "P-Served-User: <sip:bob0@op.example>\r\n".to_owned(),
        ..on_mw(ALICE, &format!("{VOUCHED}{passed_on}"))
    };
    // The scene adds the line to what it lets through as well: that is the defect.
    fails_by(&edge(&["not-forwarded"], &attack("")), "not-forwarded");
    passes(&edge(
        &["not-forwarded"],
        &Edge {
            on_mw: Vec::new(),
            ..attack("")
        },
    ));
}

#[test]
fn no_foreign_assertion() {
    let oracle = "no-foreign-assertion";
    let asserted = |line: &str| on_mw(ALICE, &format!("{VOUCHED}{line}\r\n"));
    passes(&edge(
        &[oracle],
        &asserted(
            "P-Asserted-Identity: \"A\" <sip:alice0@op.example>, <sip:alice0.work@op.example>",
        ),
    ));
    fails_by(
        &edge(
            &[oracle],
            &asserted("P-Asserted-Identity: <sip:alice0@op.example>, <sip:bob0@op.example>"),
        ),
        oracle,
    );
    fails_by(
        &edge(
            &[oracle],
            &asserted("P-Served-User: <sip:bob0@op.example>;sescase=orig"),
        ),
        oracle,
    );
    let mut made = asserted("P-Asserted-Identity: <sip:bob0@op.example>").made();
    made.plan.facts.clear();
    let case = super::build::case(
        evidence::record::Kind::Attack,
        evidence::Role::EpCscf,
        &[oracle],
    );
    undecided(
        &super::scenes::judged(
            &case,
            &Edge::honest(1).log(),
            &made.log(),
            &Edge::honest(3).log(),
        ),
        "unknown_owner",
    );
}

#[test]
fn right_party() {
    let oracle = "right-party";
    passes(&edge(&[oracle], &Edge::refused()));
    passes(&edge(&[oracle], &on_mw(ALICE, VOUCHED)));
    fails_by(
        &edge(
            &[oracle],
            &on_mw(
                ALICE,
                &VOUCHED.replace("waf-a.localhost:1", "waf-b.localhost:2"),
            ),
        ),
        oracle,
    );
    fails_by(
        &edge(
            &[oracle],
            &on_mw(
                ALICE,
                "Authorization: Digest username=\"alice0@op.example\"\r\n",
            ),
        ),
        oracle,
    );
    let twice = VOUCHED.replace(
        "\r\n",
        ", authorization-entity=\"https://waf-b.localhost:2\"\r\n",
    );
    fails_by(&edge(&[oracle], &on_mw(ALICE, &twice)), oracle);
    // The carrier is the operator's records, and nobody asked for them.
    let mut made = Edge::refused().made();
    made.answer("party-carrier", &["evidence"]);
    let case = super::build::case(
        evidence::record::Kind::Attack,
        evidence::Role::EpCscf,
        &[oracle],
    );
    undecided(
        &super::scenes::judged(
            &case,
            &Edge::honest(1).log(),
            &made.log(),
            &Edge::honest(3).log(),
        ),
        "no_evidence_hook",
    );
}
