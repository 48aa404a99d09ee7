//! The registrar: what an enrolled edge may say, and what each mistake lets through.

mod bed;

use bed::client::{Register, status};
use bed::core::Core;
use serde_json::{Value, json};

const ALICE: &str = "sip:alice0@op.example";
const BOB: &str = "sip:bob0@op.example";
const A: &str = "https://waf-a.localhost:40011";
const B: &str = "https://waf-b.localhost:40012";
const P1: &str = "portal-p1.localhost";
const P2: &str = "portal-p2.localhost";

/// A REGISTER by the edge's word.
fn vouched(impi: &str, impu: &str, entity: &str) -> Register {
    let mut register = Register::of(impu);
    register.authorization.push(format!(
        r#"Digest username="{impi}", realm="op.example", uri="sip:op.example", nonce="", response="", integrity-protected="auth-done", authorization-entity="{entity}""#
    ));
    register.extra = "P-Visited-Network-ID: op.example\r\nPath: <sip:flow@edge.localhost:40006;lr>\r\nRequire: path\r\n".to_owned();
    register
}

fn alice() -> Register {
    vouched("alice0@op.example", ALICE, A)
}

/// A mistake, the REGISTERs that show it, and the last status of the honest core and of the mistaken one.
type Case = (&'static str, fn() -> Vec<Register>, u16, u16);

const BY_WORD: &[Case] = &[
    (
        "ignores-visited-network",
        || vec![without(alice(), "P-Visited-Network-ID: op.example\r\n")],
        403,
        200,
    ),
    (
        "no-impi-impu-check",
        || vec![vouched("alice0@op.example", BOB, A)],
        403,
        200,
    ),
    (
        "accepts-unknown-impi",
        || vec![vouched("nobody@op.example", ALICE, A)],
        403,
        200,
    ),
    (
        "registers-barred",
        || {
            vec![vouched(
                "alice0@op.example",
                "sip:alice0.barred@op.example",
                A,
            )]
        },
        403,
        200,
    ),
    (
        "ignores-allowed-list",
        || vec![vouched("alice0@op.example", ALICE, B)],
        403,
        200,
    ),
    (
        "empty-party-allowed",
        || vec![vouched("alice0@op.example", ALICE, "")],
        403,
        200,
    ),
    (
        "party-prefix-match",
        || {
            vec![vouched(
                "alice0@op.example",
                ALICE,
                &format!("{A}.evil.example"),
            )]
        },
        403,
        200,
    ),
    (
        "no-pool-check-core",
        || vec![vouched("alice0@op.example", ALICE, P1)],
        403,
        200,
    ),
    (
        "pool-ignores-party",
        || vec![vouched("p1-000@op.example", "sip:p1-000@op.example", P2)],
        403,
        200,
    ),
    (
        "register-wildcard",
        || vec![vouched("alice0@op.example", "sip:chat!.*!@op.example", A)],
        403,
        200,
    ),
    (
        "from-not-checked",
        || {
            vec![Register {
                from: format!("<{BOB}>"),
                ..alice()
            }]
        },
        403,
        200,
    ),
    (
        "star-with-expires",
        || {
            vec![
                alice(),
                Register {
                    contact: Some("*".to_owned()),
                    extra: format!("{}Expires: 3600\r\n", alice().extra),
                    ..alice()
                },
            ]
        },
        400,
        200,
    ),
    (
        "first-contact-kept",
        || {
            vec![Register {
                contact: Some("<sip:a@b.invalid>, <nonsense".to_owned()),
                ..alice()
            }]
        },
        400,
        200,
    ),
    (
        "cseq-not-checked",
        || {
            let first = Register { cseq: 7, ..alice() };
            vec![
                first.clone(),
                Register {
                    cseq: 6,
                    expires: 0,
                    ..first
                },
            ]
        },
        500,
        200,
    ),
    (
        "dereg-without-check",
        || {
            vec![
                alice(),
                Register {
                    expires: 0,
                    ..vouched("alice0@op.example", ALICE, B)
                },
            ]
        },
        403,
        200,
    ),
    (
        "accepts-basic",
        || {
            vec![Register {
                authorization: vec!["Basic YTpi".to_owned()],
                ..alice()
            }]
        },
        401,
        200,
    ),
    (
        "trusts-tls-yes",
        || {
            let mut register = alice();
            register.authorization[0] = register.authorization[0].replace("auth-done", "tls-yes");
            vec![register]
        },
        401,
        200,
    ),
];

fn without(mut register: Register, line: &str) -> Register {
    register.extra = register.extra.replace(line, "");
    register
}

#[tokio::test]
async fn the_word_of_an_edge_counts_for_what_is_provisioned() {
    for (defect, registers, honest, mistaken) in BY_WORD {
        for (made, expected) in [(None, honest), (Some(*defect), mistaken)] {
            let core = Core::start(made, &[]).await;
            let mut last = 0;
            for register in registers() {
                last = core.register(&register).await;
            }
            assert_eq!(last, *expected, "{defect}, made: {}", made.is_some());
            assert_eq!(
                core.register(&vouched("bob0@op.example", BOB, A)).await,
                200,
                "an honest one, {defect}"
            );
        }
    }
}

#[tokio::test]
async fn a_stranger_vouches_for_nobody() {
    let core = Core::start(None, &[]).await;
    assert_eq!(
        status(&core.ask(&core.stranger, &alice().text()).await),
        403
    );
    assert_eq!(
        core.bed
            .hook(json!({ "hook": "bindings", "impu": ALICE }))
            .await["bindings"],
        json!([])
    );
    let lax = Core::start(Some("trusts-any-address"), &[]).await;
    assert_eq!(status(&lax.ask(&lax.stranger, &alice().text()).await), 200);
}

#[tokio::test]
async fn equal_spellings_are_one_identity() {
    for (defect, expected) in [
        (None, json!(["sip:wic@host.invalid;transport=ws"])),
        (Some("splits-equivalent-names"), json!([])),
    ] {
        let core = Core::start(defect, &[]).await;
        assert_eq!(
            core.register(&vouched(
                "alice0@op.example",
                "sip:%61lice0@OP.example;x=1",
                A
            ))
            .await,
            200
        );
        assert_eq!(
            core.bed
                .hook(json!({ "hook": "bindings", "impu": ALICE }))
                .await["bindings"],
            expected
        );
    }
}

#[tokio::test]
async fn hooks_change_who_may_vouch() {
    let pool = || vouched("p1-000@op.example", "sip:p1-000@op.example", P1);
    let core = Core::start(None, &[]).await;
    assert_eq!(core.register(&pool()).await, 200);
    core.bed
        .hook(
            json!({ "hook": "provision", "pool": "P1", "impi": "p1-000@op.example", "on": false }),
        )
        .await;
    assert_eq!(core.register(&pool()).await, 403, "taken out of the pool");
    core.bed
        .hook(json!({ "hook": "provision", "pool": "P1", "impi": "p1-000@op.example", "on": true }))
        .await;
    assert_eq!(core.register(&pool()).await, 200);
    core.bed
        .hook(
            json!({ "hook": "grant", "user": "alice0", "impu": ALICE, "party": "A", "on": false }),
        )
        .await;
    assert_eq!(core.register(&alice()).await, 403, "the grant is withdrawn");
    core.bed
        .hook(json!({ "hook": "party-switch", "party": "P1", "on": false }))
        .await;
    assert_eq!(core.register(&pool()).await, 403, "the party is off");
    assert_eq!(
        core.register(&vouched("bob0@op.example", BOB, A)).await,
        200,
        "others go on"
    );
}

#[tokio::test]
async fn records_tell_the_party_of_accepted_and_refused() {
    let core = Core::start(None, &[]).await;
    let (good, bad) = (alice(), vouched("alice0@op.example", ALICE, B));
    core.register(&good).await;
    core.register(&bad).await;
    for (register, party, outcome) in [(good, A, "accepted"), (bad, B, "refused")] {
        let records = core
            .bed
            .hook(json!({ "hook": "evidence", "mark": register.call_id }))
            .await;
        let told: Vec<&Value> = ["party", "outcome", "impu"]
            .iter()
            .map(|name| &records["records"][0][*name])
            .collect();
        assert_eq!(told, [&json!(party), &json!(outcome), &json!(ALICE)]);
    }
}
