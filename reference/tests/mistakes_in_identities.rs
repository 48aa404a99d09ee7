//! Each mistake about identities lets through one thing that the honest edge refuses, and leaves an honest registration working.

mod bed;

use bed::cases::{ALICE, BOB, Case, after_alice, case, check, refused, shown};
use bed::client::Register;

const WORK: &str = "sip:alice0.work@op.example";
const P1: &str = "sip:p1-000@op.example";
const P1_ANON: &str = "sip:p1-001@op.example";
const P2: &str = "sip:p2-000@op.example";

const IDENTITY: &[Case] = &[
    case(
        "trusts-to-header",
        |world| vec![Register::of(WORK).token(&world.alice())],
        403,
        200,
    ),
    case(
        "ignores-from",
        |world| {
            let mut register = Register::of(ALICE).token(&world.alice());
            register.from = format!("<{BOB}>");
            vec![register]
        },
        403,
        // The core compares again, and the pools likewise.
        403,
    ),
    case(
        "username-from-digest",
        |world| {
            let digest = r#"Digest username="alice0@op.example", response="""#;
            shown(&[&format!("Bearer {}", world.alice()), digest], ALICE)
        },
        400,
        200,
    ),
    refused(
        "a second Authorization",
        |world| shown(&["Bearer x", &format!("Bearer {}", world.alice())], ALICE),
        400,
    ),
    case(
        "folds-names",
        |world| vec![Register::of("sip:alice0%40op.example@op.example").token(&world.alice())],
        403,
        403,
    ),
    case(
        "connection-is-credential",
        |world| after_alice(world, Register::of(ALICE)),
        401,
        200,
    ),
    case(
        "refresh-trusts-connection",
        |world| after_alice(world, Register::of(ALICE).token(&world.bob())),
        403,
        200,
    ),
    case(
        "many-identities",
        |world| after_alice(world, Register::of(BOB).token(&world.bob())),
        403,
        200,
    ),
    case(
        "dereg-without-token",
        |world| {
            after_alice(
                world,
                Register {
                    expires: 0,
                    ..Register::of(ALICE)
                },
            )
        },
        401,
        200,
    ),
    case(
        "labels-auth-done-for-digest",
        |_| {
            shown(
                &[
                    r#"Digest username="alice0@op.example", realm="op.example", uri="sip:op.example", nonce="", response="""#,
                ],
                ALICE,
            )
        },
        401,
        403,
    ),
    case(
        "two-to-headers-first",
        |world| {
            vec![Register {
                extra: format!("To: <{BOB}>\r\n"),
                ..Register::of(ALICE).token(&world.alice())
            }]
        },
        400,
        // The core's refusal repeats both, so that the edge cannot read it.
        504,
    ),
];

const POOLS: &[Case] = &[
    case(
        "no-pool-check",
        |world| vec![Register::of(P2).token(&world.of_pool("P1", "p2-000@op.example", P2, false))],
        403,
        403,
    ),
    case(
        "any-pool-member",
        |world| vec![Register::of(P2).token(&world.of_pool("P1", "p2-000@op.example", P2, false))],
        403,
        403,
    ),
    case(
        "anon-to-identified",
        |world| {
            vec![Register::of(P1).token(&world.of_pool("P1", "p1-001@op.example", P1_ANON, true))]
        },
        403,
        403,
    ),
    refused(
        "a member of another class",
        |world| {
            vec![Register::of(P1_ANON).token(&world.of_pool(
                "P1",
                "p1-001@op.example",
                P1_ANON,
                false,
            ))]
        },
        403,
    ),
];

#[tokio::test]
async fn mistakes_about_identities() {
    check(IDENTITY).await;
}

#[tokio::test]
async fn mistakes_about_pools() {
    check(POOLS).await;
}
