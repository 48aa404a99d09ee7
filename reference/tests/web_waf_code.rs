//! The front of the WAF over real sockets: login, consent, codes and refresh tokens.

mod webbed;

use reference::Role;
use serde_json::{Value, json};
use webbed::Bed;
use webbed::client::Client;
use webbed::oauth::{VERIFIER, authorize, claims, exchange, introspect, log_in, token, waf};

#[tokio::test]
async fn a_code_is_for_one_client_one_verifier_and_one_use() {
    let bed = waf().await;
    let mut browser = Client::new(&bed.world);
    let back = log_in(&bed, &mut browser, "waf-a", "wwsf-a", "alice0").await;
    assert_eq!(back.status, 303);
    assert!(
        back.header("location")
            .unwrap()
            .starts_with("https://portal-a.localhost:40021/callback?")
    );
    assert_eq!(back.location_parameter("state").as_deref(), Some("xyz"));
    assert_eq!(
        back.location_parameter("iss"),
        Some(bed.world.origin("waf-a"))
    );
    let code = back.location_parameter("code").expect("a code");
    assert_eq!(
        exchange(&bed, "waf-a", "wwsf-a", &code, &[]).await.json()["error"],
        "invalid_grant"
    );
    let wrong = [(
        "code_verifier",
        "x123456789012345678901234567890123456789012",
    )];
    assert_eq!(
        exchange(&bed, "waf-a", "wwsf-a", &code, &wrong)
            .await
            .json()["error"],
        "invalid_grant"
    );
    let right = [("code_verifier", VERIFIER)];
    let answer = exchange(&bed, "waf-a", "wwsf-a", &code, &right).await;
    assert_eq!(claims(&answer)["impi"], "alice0@op.example");
    assert_eq!(introspect(&bed, &answer.json()).await["active"], true);
    assert_eq!(
        exchange(&bed, "waf-a", "wwsf-a", &code, &right)
            .await
            .json()["error"],
        "invalid_grant"
    );
    assert_eq!(
        introspect(&bed, &answer.json()).await["active"],
        false,
        "the replay ends the first token"
    );
}

#[tokio::test]
async fn an_address_that_is_not_registered_gets_nothing() {
    let bed = waf().await;
    let mut browser = Client::new(&bed.world);
    let good = authorize(&bed, "wwsf-a", &[]);
    for bad in [
        "callback%2Fmore",
        "callback%3Fx%3D1",
        "callback%23x",
        "CALLBACK",
        "callback%2F..%2Fevil",
    ] {
        let target = good.replace("callback", bad);
        let answer = browser.get("waf-a", &target).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (400, None),
            "{bad}"
        );
    }
    let implicit = good.replace("response_type=code", "response_type=token");
    let answer = browser.get("waf-a", &implicit).await;
    assert_eq!(
        answer.location_parameter("error").as_deref(),
        Some("unsupported_response_type")
    );
}

#[tokio::test]
async fn consent_is_asked_once_and_is_the_grant() {
    let bed = waf().await;
    let mut browser = Client::new(&bed.world);
    let page = log_in(&bed, &mut browser, "waf-a", "wwsf-a", "dave0").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("portal-a.localhost"), "{}", page.body);
    assert_eq!(token(&bed, "waf-a", "wwsf-a", "dave0").await.status, 400);
    let mut stranger = Client::new(&bed.world);
    stranger.get("waf-a", &authorize(&bed, "wwsf-a", &[])).await;
    assert_eq!(
        stranger
            .post(
                "waf-a",
                "/authorize",
                &[("csrf", &page.hidden()), ("consent", "yes")]
            )
            .await
            .status,
        403
    );
    let back = browser
        .post(
            "waf-a",
            "/authorize",
            &[("csrf", &page.hidden()), ("consent", "yes")],
        )
        .await;
    assert!(back.location_parameter("code").is_some());
    assert_eq!(token(&bed, "waf-a", "wwsf-a", "dave0").await.status, 200);
    let silent = browser
        .get("waf-a", &authorize(&bed, "wwsf-a", &[("prompt", "none")]))
        .await;
    assert!(
        silent.location_parameter("code").is_some(),
        "the session and the grant are enough now"
    );
    bed.hook(json!({ "hook": "grant", "user": "dave0", "party": "A", "on": false }))
        .await;
    let silent = browser
        .get("waf-a", &authorize(&bed, "wwsf-a", &[("prompt", "none")]))
        .await;
    assert_eq!(
        silent.location_parameter("error").as_deref(),
        Some("consent_required")
    );
}

#[tokio::test]
async fn a_consent_counts_for_who_was_asked() {
    let bed = waf().await;
    let mut browser = Client::new(&bed.world);
    let page = log_in(&bed, &mut browser, "waf-a", "wwsf-a", "dave0").await;
    // The same browser logs somebody else in before the page is answered.
    let target = authorize(&bed, "wwsf-a", &[("prompt", "login")]);
    let login = browser.get("waf-a", &target).await;
    let form = [
        ("csrf", login.hidden()),
        ("username", "carol0".to_owned()),
        ("password", "password of carol0".to_owned()),
    ];
    let form: Vec<(&str, &str)> = form
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    browser.post("waf-a", "/authorize", &form).await;
    let answer = browser
        .post(
            "waf-a",
            "/authorize",
            &[("csrf", &page.hidden()), ("consent", "yes")],
        )
        .await;
    assert_eq!(answer.status, 403);
    assert_eq!(token(&bed, "waf-a", "wwsf-a", "dave0").await.status, 400);
}

#[tokio::test]
async fn refresh_tokens_rotate_and_end_with_the_grant() {
    let answers: &[(&str, &[&str])] = &[
        ("waf-grants", &["authorization_code", "refresh_token"]),
        ("refresh-rotation", &["always"]),
    ];
    let bed = Bed::start(&[Role::Waf], None, answers).await;
    let mut browser = Client::new(&bed.world);
    let back = log_in(&bed, &mut browser, "waf-a", "wwsf-a", "alice0").await;
    let code = back.location_parameter("code").expect("a code");
    let first = exchange(
        &bed,
        "waf-a",
        "wwsf-a",
        &code,
        &[("code_verifier", VERIFIER)],
    )
    .await
    .json();
    let refresh = |token: String| {
        let bed = &bed;
        async move {
            let form = [
                ("grant_type", "refresh_token"),
                ("client_id", "wwsf-a"),
                ("refresh_token", token.as_str()),
            ];
            Client::of_node(&bed.world, "wwsf-a")
                .post("waf-a", "/token", &form)
                .await
                .json()
        }
    };
    let text = |answer: &Value| {
        answer["refresh_token"]
            .as_str()
            .expect("a refresh token")
            .to_owned()
    };
    let second = refresh(text(&first)).await;
    assert_eq!(second["impi"], "alice0@op.example");
    bed.hook(json!({ "hook": "grant", "user": "alice0", "party": "A", "on": false }))
        .await;
    assert_eq!(refresh(text(&second)).await["error"], "invalid_grant");
    bed.hook(json!({ "hook": "grant", "user": "alice0", "party": "A", "on": true }))
        .await;
    assert_eq!(
        refresh(text(&first)).await["error"],
        "invalid_grant",
        "rotated"
    );
    assert_eq!(
        refresh(text(&second)).await["error"],
        "invalid_grant",
        "the reuse ended the family"
    );
}
