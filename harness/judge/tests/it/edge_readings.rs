//! Oracles over whom different readers of a request on Mw find in it.

use super::scenes::{Edge, VOUCHED, edge, fails_by, passes};

const ALICE: &str = "sip:alice0@op.example";

fn on_mw(to: &str, credentials: &str) -> Edge {
    Edge {
        on_mw: vec![(to.to_owned(), credentials.to_owned())],
        ..Edge::refused()
    }
}

#[test]
fn other_spellings_of_the_record_are_ones_own_and_no_other_is() {
    let oracle = "only-own-identities";
    for own in [
        "sips:alice0@op.example",
        "sip:alice0@op.example:5060",
        "sip:%61lice0@OP.example;transport=udp",
        "sip:alice0@op.example.",
    ] {
        passes(&edge(&[oracle], &on_mw(own, VOUCHED)));
    }
    for other in [
        "sips:bob0@op.example",
        "sip:alice0@op.example:5062",
        "sip:alice0@ims.op.example",
        "tel:+1",
    ] {
        fails_by(&edge(&[oracle], &on_mw(other, VOUCHED)), oracle);
    }
}

#[test]
fn one_reading() {
    let oracle = "one-reading";
    passes(&edge(&[oracle], &Edge::refused()));
    passes(&edge(&[oracle], &on_mw(ALICE, VOUCHED)));
    for more in [
        "f: <sip:bob0@op.example>;tag=x\r\n",
        "To: <sip:alice0@op.example>\r\n",
        "X-More: a\nTo: b\r\n",
        "X-More: a\rb\r\n",
    ] {
        let both = format!("{VOUCHED}{more}");
        fails_by(&edge(&[oracle], &on_mw(ALICE, &both)), oracle);
    }
}

#[test]
fn a_preferred_identity_asserts_nobody_in_a_register() {
    let oracle = "no-foreign-assertion";
    let with = |header: &str| format!("{VOUCHED}{header}: <sip:bob0@op.example>\r\n");
    passes(&edge(
        &[oracle],
        &on_mw(ALICE, &with("P-Preferred-Identity")),
    ));
    fails_by(
        &edge(&[oracle], &on_mw(ALICE, &with("P-Asserted-Identity"))),
        oracle,
    );
}
