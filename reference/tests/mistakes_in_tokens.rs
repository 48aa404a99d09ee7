//! Each mistake about tokens lets through one thing that the honest edge refuses, and leaves an honest registration working.

mod bed;

use bed::cases::{ALICE, Case, alice, case, check, claims, declared, now, refused, shown};
use bed::client::Register;
use serde_json::json;

const P1: &str = "sip:p1-000@op.example";

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
        "first-duplicate-member-wins",
        |world| {
            let mut text = claims(world).to_string();
            text.pop();
            text.push_str(r#","impi":"bob0@op.example"}"#);
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
    refused(
        "a client that is not enrolled",
        |world| alice(&world.alice_with(&json!({ "client_id": "another" }))),
        403,
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
        refused(
            "a life above the limit",
            |world| alice(&world.alice_with(&json!({ "exp": now(world) + 7200 }))),
            401,
        ),
    ),
    declared(
        &[("scope-required", "yes")],
        refused(
            "no scope",
            |world| alice(&world.alice_with(&json!({}))),
            403,
        ),
    ),
    declared(
        &[("token-once", "yes")],
        refused(
            "a token used before",
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

#[tokio::test]
async fn mistakes_about_the_form_of_a_token() {
    check(FORM).await;
}

#[tokio::test]
async fn mistakes_about_the_claims_of_a_token() {
    check(CLAIMS).await;
}
