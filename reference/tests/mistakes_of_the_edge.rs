//! Each mistake of the edge lets through one thing that the honest edge refuses, and leaves an honest registration working.

mod bed;

use bed::Bed;
use bed::client::{Client, Register};
use bed::world::World;
use serde_json::{Value, json};

const ALICE: &str = "sip:alice0@op.example";
const WORK: &str = "sip:alice0.work@op.example";
const BOB: &str = "sip:bob0@op.example";
const P1: &str = "sip:p1-000@op.example";
const P1_ANON: &str = "sip:p1-001@op.example";
const P2: &str = "sip:p2-000@op.example";

/// A mistake, the SUT file it is made under, the REGISTERs that show it (on one connection), and the last answer of the honest edge
/// and of the mistaken one.
struct Case {
    defect: &'static str,
    answers: &'static [(&'static str, &'static str)],
    registers: fn(&World) -> Vec<Register>,
    honest: u16,
    mistaken: u16,
}

const fn case(
    defect: &'static str,
    registers: fn(&World) -> Vec<Register>,
    honest: u16,
    mistaken: u16,
) -> Case {
    Case {
        defect,
        answers: &[],
        registers,
        honest,
        mistaken,
    }
}

const fn declared(answers: &'static [(&'static str, &'static str)], case: Case) -> Case {
    Case { answers, ..case }
}

fn alice(token: &str) -> Vec<Register> {
    vec![Register::of(ALICE).token(token)]
}

fn shown(lines: &[&str], impu: &str) -> Vec<Register> {
    let mut register = Register::of(impu);
    register.authorization = lines.iter().map(|line| (*line).to_owned()).collect();
    vec![register]
}

fn claims(world: &World) -> Value {
    world.claims("A", "alice0@op.example", &[ALICE])
}

fn now(world: &World) -> u64 {
    claims(world)["iat"].as_u64().expect("a number")
}

/// Alice's registration, then another REGISTER on her connection.
fn after_alice(world: &World, next: Register) -> Vec<Register> {
    vec![Register::of(ALICE).token(&world.alice()), next]
}

const FORM: &[Case] = &[
    case("refuses-everybody", |world| alice(&world.alice()), 200, 403),
    case("accepts-no-token", |_| vec![Register::of(ALICE)], 401, 200),
    case(
        "accepts-empty-token",
        |_| shown(&["Bearer"], ALICE),
        401,
        200,
    ),
    case(
        "any-scheme-as-bearer",
        |world| shown(&[&format!("Token {}", world.alice())], ALICE),
        401,
        200,
    ),
    case(
        "accepts-alg-none",
        |world| {
            let token = world.forge(
                "waf-a",
                r#"{"alg":"nOnE","typ":"at+jwt"}"#,
                &claims(world).to_string(),
            );
            alice(&format!("{}.", token.rsplit_once('.').expect("parts").0))
        },
        401,
        200,
    ),
    case(
        "accepts-unsigned-token",
        |world| {
            alice(&format!(
                "{}.",
                world.alice().rsplit_once('.').expect("parts").0
            ))
        },
        401,
        200,
    ),
    case(
        "skips-signature",
        |world| alice(&world.forge("waf-b", &world.header("waf-a"), &claims(world).to_string())),
        401,
        200,
    ),
    case(
        "accepts-hs256-with-public-key",
        |world| {
            let header = r#"{"alg":"HS256","typ":"at+jwt","kid":"key-of-waf-a"}"#;
            alice(&world.forge_mac(
                header,
                &claims(world).to_string(),
                world.public_pem("waf-a").as_bytes(),
            ))
        },
        401,
        200,
    ),
    case(
        "accepts-guessable-secret",
        |world| {
            alice(&world.forge_mac(
                r#"{"alg":"HS256","typ":"at+jwt"}"#,
                &claims(world).to_string(),
                b"secret",
            ))
        },
        401,
        200,
    ),
    case(
        "kid-is-a-file-name",
        |world| {
            let header = r#"{"alg":"HS256","typ":"at+jwt","kid":"../../dev/null"}"#;
            alice(&world.forge_mac(header, &claims(world).to_string(), b""))
        },
        401,
        200,
    ),
    case(
        "accepts-zero-ecdsa-signature",
        |world| {
            alice(&format!(
                "{}.{}",
                world.alice().rsplit_once('.').expect("parts").0,
                "A".repeat(86)
            ))
        },
        401,
        200,
    ),
    case(
        "uses-embedded-jwk",
        |world| {
            let key = &world.jwks("waf-b")["keys"][0];
            let header = json!({ "alg": "ES256", "typ": "at+jwt", "kid": "x", "jwk": key });
            alice(&world.forge("waf-b", &header.to_string(), &claims(world).to_string()))
        },
        401,
        200,
    ),
    case(
        "uses-jku",
        |world| {
            let header = json!({ "alg": "ES256", "typ": "at+jwt", "kid": "key-of-waf-b", "jku": "https://waf-b.localhost:40012/jwks" });
            alice(&world.forge("waf-b", &header.to_string(), &claims(world).to_string()))
        },
        401,
        200,
    ),
    case(
        "tries-all-keys",
        |world| alice(&world.sign("waf-b", &claims(world))),
        401,
        200,
    ),
    case(
        "ignores-crit",
        |world| {
            let header =
                r#"{"alg":"ES256","typ":"at+jwt","kid":"key-of-waf-a","crit":["x"],"x":1}"#;
            alice(&world.forge("waf-a", header, &claims(world).to_string()))
        },
        401,
        200,
    ),
    case(
        "last-duplicate-claim-wins",
        |world| {
            let text = claims(world)
                .to_string()
                .replacen('{', r#"{"impi":"bob0@op.example","#, 1);
            alice(&world.forge("waf-a", &world.header("waf-a"), &text))
        },
        401,
        200,
    ),
    case(
        "any-token-type",
        |world| {
            alice(&world.forge(
                "waf-a",
                r#"{"alg":"ES256","typ":"JWT","kid":"key-of-waf-a"}"#,
                &claims(world).to_string(),
            ))
        },
        401,
        200,
    ),
];

const CLAIMS: &[Case] = &[
    case(
        "ignores-expiry",
        |world| alice(&world.alice_with(&json!({ "exp": now(world) - 1 }))),
        401,
        200,
    ),
    case(
        "requires-no-expiry",
        |world| alice(&world.alice_with(&json!({ "exp": null }))),
        401,
        200,
    ),
    case(
        "ignores-not-before",
        |world| alice(&world.alice_with(&json!({ "nbf": now(world) + 60 }))),
        401,
        200,
    ),
    case(
        "ignores-audience",
        |world| alice(&world.alice_with(&json!({ "aud": ["https://other.example"] }))),
        401,
        200,
    ),
    case(
        "requires-no-audience",
        |world| alice(&world.alice_with(&json!({ "aud": null }))),
        401,
        200,
    ),
    case(
        "prefix-audience",
        |world| alice(&world.alice_with(&json!({ "aud": "https://ims.op.example.evil" }))),
        401,
        200,
    ),
    case(
        "requires-no-issuer",
        |world| alice(&world.alice_with(&json!({ "iss": null }))),
        401,
        200,
    ),
    case(
        "ignores-issuer-case",
        |world| alice(&world.alice_with(&json!({ "iss": "https://WAF-A.localhost:40011" }))),
        401,
        200,
    ),
    case(
        "ignores-client",
        |world| alice(&world.alice_with(&json!({ "client_id": "another" }))),
        403,
        200,
    ),
    case(
        "impi-from-to",
        |world| alice(&world.alice_with(&json!({ "impi": null }))),
        401,
        200,
    ),
    case(
        "impu-from-to",
        |world| alice(&world.alice_with(&json!({ "impu": null }))),
        401,
        200,
    ),
    declared(
        &[("token-life-limit", "yes"), ("max-life", "3600")],
        case(
            "ignores-life-limit",
            |world| alice(&world.alice_with(&json!({ "exp": now(world) + 7200 }))),
            401,
            200,
        ),
    ),
    declared(
        &[("scope-required", "yes")],
        case(
            "ignores-scope",
            |world| alice(&world.alice_with(&json!({}))),
            403,
            200,
        ),
    ),
    declared(
        &[("token-once", "yes")],
        case(
            "takes-token-twice",
            |world| {
                vec![Register::of(ALICE).token(&world.alice()); 2]
                    .into_iter()
                    .enumerate()
                    .map(|(n, mut each)| {
                        each.cseq += n as u32;
                        each
                    })
                    .collect()
            },
            401,
            200,
        ),
    ),
    case(
        "guesses-wwsf",
        |world| {
            let mut claims = world.claims("P1", "p1-000@op.example", &[P1]);
            claims.as_object_mut().expect("claims").remove("wwsf");
            vec![Register::of(P1).token(&world.sign("waf", &claims))]
        },
        401,
        200,
    ),
];

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
    case(
        "adopts-second-authorization",
        |world| shown(&["Bearer x", &format!("Bearer {}", world.alice())], ALICE),
        400,
        200,
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
    case(
        "ignores-member-class",
        |world| {
            vec![Register::of(P1_ANON).token(&world.of_pool(
                "P1",
                "p1-001@op.example",
                P1_ANON,
                false,
            ))]
        },
        403,
        200,
    ),
];

/// The last answer, and whether the last REGISTER reached the core.
async fn last_answer(bed: &Bed, registers: &[Register]) -> (u16, bool) {
    let mut client = Client::connect(&bed.world).await;
    let mut last = 0;
    let mut reached = false;
    for register in registers {
        last = client.register(register).await;
        let asked = json!({ "hook": "evidence", "call_id": register.call_id });
        let records = bed.hook(asked).await["records"].clone();
        let here = |record: &&Value| record["code"].is_number();
        reached = records
            .as_array()
            .expect("records")
            .iter()
            .filter(here)
            .count()
            > 0;
    }
    (last, reached)
}

async fn check(cases: &[Case]) {
    for case in cases {
        let honest = Bed::start(None, case.answers).await;
        let (answer, before) = last_answer(&honest, &(case.registers)(&honest.world)).await;
        assert_eq!(answer, case.honest, "the honest edge, {}", case.defect);
        let mistaken = Bed::start(Some(case.defect), case.answers).await;
        let (answer, after) = last_answer(&mistaken, &(case.registers)(&mistaken.world)).await;
        assert_eq!(answer, case.mistaken, "the mistaken edge, {}", case.defect);
        if case.honest == case.mistaken {
            assert!(
                !before && after,
                "only the mistaken edge forwards, {}",
                case.defect
            );
        }
        if case.defect != "refuses-everybody" {
            let token = mistaken
                .world
                .alice_with(&json!({ "scope": "ims", "jti": "9" }));
            assert_eq!(
                last_answer(&mistaken, &alice(&token)).await,
                (200, true),
                "an honest client, {}",
                case.defect
            );
        }
    }
}

#[tokio::test]
async fn mistakes_about_the_form_of_a_token() {
    check(FORM).await;
}

#[tokio::test]
async fn mistakes_about_the_claims_of_a_token() {
    check(CLAIMS).await;
}

#[tokio::test]
async fn mistakes_about_identities() {
    check(IDENTITY).await;
}

#[tokio::test]
async fn mistakes_about_pools() {
    check(POOLS).await;
}
