//! The WAF over real sockets: who gets a token for whom, and who does not.

mod webbed;

use reference::Role;
use serde_json::{Value, json};
use webbed::Bed;
use webbed::client::{Answer, Client};
use webbed::pki::{self, Authority, Usage};

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

async fn waf() -> Bed {
    Bed::honest(&[Role::Waf]).await
}

fn ask<'a>(client: &'a str, hint: &'a str) -> [(&'a str, &'a str); 4] {
    [
        ("grant_type", "client_credentials"),
        ("scope", "ims"),
        ("client_id", client),
        ("login_hint", hint),
    ]
}

async fn token(bed: &Bed, node: &str, client: &str, hint: &str) -> Answer {
    Client::of_node(&bed.world, client)
        .post(node, "/token", &ask(client, hint))
        .await
}

/// The claims of a token, read without looking at its signature.
fn claims(answer: &Answer) -> Value {
    use base64::Engine;
    let token = answer.json()["access_token"]
        .as_str()
        .expect("a token")
        .to_owned();
    let part = token.split('.').nth(1).expect("a payload");
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(part)
        .expect("base64url");
    serde_json::from_slice(&bytes).expect("claims")
}

#[tokio::test]
async fn a_wwsf_gets_a_token_for_who_granted() {
    let bed = waf().await;
    let answer = token(&bed, "waf-a", "wwsf-a", "alice0").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let claims = claims(&answer);
    assert_eq!(claims["iss"], bed.world.origin("waf-a"));
    assert_eq!(claims["impi"], "alice0@op.example");
    assert_eq!(
        claims["impu"],
        json!(["sip:alice0@op.example", "sip:alice0.work@op.example"])
    );
    assert_eq!(claims["wwsf"], "portal-a.localhost");
    assert_eq!(claims["client_id"], "wwsf-a");
    assert_eq!(
        claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(),
        300
    );
    assert_eq!(claims.get("anon"), None);
}

#[tokio::test]
async fn the_token_verifies_with_the_published_key() {
    let bed = waf().await;
    let answer = token(&bed, "waf-a", "wwsf-a", "alice0").await.json();
    let keys = Client::new(&bed.world).get("waf-a", "/jwks").await.json();
    let key: jsonwebtoken::jwk::Jwk =
        serde_json::from_value(keys["keys"][0].clone()).expect("a key");
    let mut wanted = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::ES256);
    wanted.set_audience(&["https://ims.op.example"]);
    let key_of = jsonwebtoken::DecodingKey::from_jwk(&key).expect("a key");
    let token =
        jsonwebtoken::decode::<Value>(answer["access_token"].as_str().unwrap(), &key_of, &wanted)
            .expect("a right token");
    assert_eq!(token.header.typ.as_deref(), Some("at+jwt"));
    assert_eq!(token.header.kid, key.common.key_id);
}

#[tokio::test]
async fn nobody_gets_a_token_for_who_did_not_grant() {
    let bed = waf().await;
    for hint in ["carol0", "dave0", "nobody"] {
        let answer = token(&bed, "waf-a", "wwsf-a", hint).await;
        assert_eq!(
            (answer.status, answer.json()["error"].as_str()),
            (400, Some("access_denied")),
            "{hint}"
        );
    }
}

#[tokio::test]
async fn a_client_without_its_certificate_is_nobody() {
    let bed = waf().await;
    let mut nobody = Client::new(&bed.world);
    let answer = nobody
        .post("waf-a", "/token", &ask("wwsf-a", "alice0"))
        .await;
    assert_eq!(
        (answer.status, answer.json()["error"].as_str()),
        (401, Some("invalid_client"))
    );
    let mut other = Client::of_node(&bed.world, "wwsf-b");
    assert_eq!(
        other
            .post("waf-a", "/token", &ask("wwsf-a", "alice0"))
            .await
            .status,
        401
    );
}

#[tokio::test]
async fn bad_client_certificates_end_the_handshake() {
    let bed = waf().await;
    let name = "portal-a.localhost";
    let foreign = Authority::make();
    for (what, leaf) in [
        ("self-signed", pki::self_signed(name, Usage::Client)),
        ("foreign", foreign.leaf(name, Usage::Client)),
        ("expired", bed.world.authority.expired(name, Usage::Client)),
        ("for servers", bed.world.authority.leaf(name, Usage::Server)),
    ] {
        let mut client = Client::shows(&bed.world, Some(&leaf));
        assert!(
            client
                .try_post("waf-a", "/token", &ask("wwsf-a", "alice0"))
                .await
                .is_none(),
            "{what}"
        );
    }
    assert_eq!(token(&bed, "waf-a", "wwsf-a", "alice0").await.status, 200);
}

#[tokio::test]
async fn a_pool_client_gets_its_own_pool_in_the_right_class() {
    let bed = waf().await;
    let mut pool = Client::of_node(&bed.world, "wwsf-p1");
    let with = |hint: &'static str, anonymous: bool| {
        let mut form = ask("wwsf-p1", hint).to_vec();
        if anonymous {
            form.push(("anonymous", "true"));
        }
        form
    };
    let answer = pool
        .post("waf", "/token", &with("p1-000@op.example", false))
        .await;
    assert_eq!(claims(&answer)["impi"], "p1-000@op.example");
    let answer = pool
        .post("waf", "/token", &with("p1-002@op.example", true))
        .await;
    assert_eq!(claims(&answer)["anon"], true);
    for (hint, anonymous) in [
        ("p2-000@op.example", false),
        ("alice0@op.example", false),
        ("alice0", false),
        ("p1-000@op.example", true),
        ("p1-002@op.example", false),
    ] {
        let answer = pool.post("waf", "/token", &with(hint, anonymous)).await;
        assert_eq!(
            (answer.status, answer.json()["error"].as_str()),
            (400, Some("access_denied")),
            "{hint} {anonymous}"
        );
    }
}

#[tokio::test]
async fn a_repeated_parameter_is_refused() {
    let bed = waf().await;
    let mut client = Client::of_node(&bed.world, "wwsf-a");
    let mut form = ask("wwsf-a", "alice0").to_vec();
    form.push(("client_id", "wwsf-b"));
    assert_eq!(
        client.post("waf-a", "/token", &form).await.json()["error"],
        "invalid_request"
    );
    let form = ask("wwsf-a", "alice0");
    assert_eq!(
        client
            .post("waf-a", "/token?client_id=wwsf-b", &form)
            .await
            .json()["error"],
        "invalid_request"
    );
    assert_eq!(
        client
            .send("waf-a", "POST", "/token", "grant_type=%zz")
            .await
            .unwrap()
            .status,
        400
    );
}

#[tokio::test]
async fn a_party_that_is_off_gets_nothing_and_its_tokens_are_inactive() {
    let bed = waf().await;
    let before = token(&bed, "waf-a", "wwsf-a", "alice0").await.json();
    bed.hook(json!({ "hook": "party-switch", "party": "A", "on": false }))
        .await;
    assert_eq!(
        token(&bed, "waf-a", "wwsf-a", "alice0").await.json()["error"],
        "access_denied"
    );
    assert_eq!(token(&bed, "waf-b", "wwsf-b", "carol0").await.status, 200);
    assert_eq!(introspect(&bed, &before).await, json!({ "active": false }));
    bed.hook(json!({ "hook": "party-switch", "party": "A", "on": true }))
        .await;
    assert_eq!(token(&bed, "waf-a", "wwsf-a", "alice0").await.status, 200);
}

async fn introspect(bed: &Bed, answer: &Value) -> Value {
    let token = answer["access_token"].as_str().expect("a token");
    let form = [("client_id", "ep-cscf"), ("token", token)];
    Client::of_node(&bed.world, "ep-cscf")
        .post("waf-a", "/introspect", &form)
        .await
        .json()
}

#[tokio::test]
async fn introspection_tells_the_edge_alone() {
    let bed = waf().await;
    let answer = token(&bed, "waf-a", "wwsf-a", "alice0").await.json();
    let told = introspect(&bed, &answer).await;
    assert_eq!(told["active"], true);
    assert_eq!(told["impi"], "alice0@op.example");
    assert_eq!(told["client_id"], "wwsf-a");
    assert_eq!(told["wwsf"], "portal-a.localhost");
    let form = [
        ("client_id", "wwsf-a"),
        ("token", answer["access_token"].as_str().unwrap()),
    ];
    assert_eq!(
        Client::of_node(&bed.world, "wwsf-a")
            .post("waf-a", "/introspect", &form)
            .await
            .status,
        400
    );
    assert_eq!(
        Client::new(&bed.world)
            .post("waf-a", "/introspect", &form)
            .await
            .status,
        401
    );
    assert_eq!(
        introspect(&bed, &json!({ "access_token": "rubbish" })).await,
        json!({ "active": false })
    );
    let text = answer["access_token"].as_str().unwrap();
    let forged = format!("{}A{}", &text[..text.len() - 10], &text[text.len() - 9..]);
    assert_ne!(forged, text);
    assert_eq!(
        introspect(&bed, &json!({ "access_token": forged })).await,
        json!({ "active": false })
    );
}

#[tokio::test]
async fn only_the_owner_revokes() {
    let bed = waf().await;
    let answer = token(&bed, "waf-a", "wwsf-a", "alice0").await.json();
    let text = answer["access_token"].as_str().unwrap();
    let mut nobody = Client::new(&bed.world);
    assert_eq!(
        nobody
            .post(
                "waf-a",
                "/revoke",
                &[("client_id", "wwsf-a"), ("token", text)]
            )
            .await
            .status,
        401
    );
    let mut edge = Client::of_node(&bed.world, "ep-cscf");
    assert_eq!(
        edge.post(
            "waf-a",
            "/revoke",
            &[("client_id", "ep-cscf"), ("token", text)]
        )
        .await
        .status,
        200
    );
    assert_eq!(introspect(&bed, &answer).await["active"], true);
    let mut owner = Client::of_node(&bed.world, "wwsf-a");
    assert_eq!(
        owner
            .post(
                "waf-a",
                "/revoke",
                &[("client_id", "wwsf-a"), ("token", text)]
            )
            .await
            .status,
        200
    );
    assert_eq!(introspect(&bed, &answer).await["active"], false);
}

fn authorize(bed: &Bed, client: &str, more: &[(&str, &str)]) -> String {
    let callback = format!("{}/callback", bed.world.origin(client));
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs([
        ("response_type", "code"),
        ("client_id", client),
        ("redirect_uri", &callback),
        ("state", "xyz"),
    ]);
    query.extend_pairs([
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]);
    query.extend_pairs(more);
    format!("/authorize?{}", query.finish())
}

async fn log_in(
    bed: &Bed,
    browser: &mut Client<'_>,
    node: &str,
    client: &str,
    user: &str,
) -> Answer {
    let page = browser.get(node, &authorize(bed, client, &[])).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert_eq!(page.header("x-frame-options"), Some("DENY"));
    let password = format!("password of {user}");
    browser
        .post(
            node,
            "/authorize",
            &[
                ("csrf", &page.hidden()),
                ("username", user),
                ("password", &password),
            ],
        )
        .await
}

async fn exchange(
    bed: &Bed,
    node: &str,
    client: &str,
    code: &str,
    more: &[(&str, &str)],
) -> Answer {
    let callback = format!("{}/callback", bed.world.origin(client));
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("client_id", client),
        ("code", code),
        ("redirect_uri", &callback),
    ];
    form.extend(more);
    Client::of_node(&bed.world, client)
        .post(node, "/token", &form)
        .await
}

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
async fn opaque_tokens_are_introspected() {
    let bed = Bed::start(
        &[Role::Waf],
        None,
        &[
            ("token-format", &["opaque"]),
            ("introspectable", &["opaque"]),
        ],
    )
    .await;
    let answer = token(&bed, "waf-a", "wwsf-a", "alice0").await.json();
    assert!(!answer["access_token"].as_str().unwrap().contains('.'));
    assert_eq!(introspect(&bed, &answer).await["impi"], "alice0@op.example");
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

#[tokio::test]
async fn secrets_and_assertions_where_they_are_declared() {
    use base64::Engine;
    let bed = Bed::start(
        &[Role::Waf],
        None,
        &[("w4-auth", &["client_secret_basic", "client_secret_post"])],
    )
    .await;
    let form = [
        ("grant_type", "client_credentials"),
        ("login_hint", "alice0"),
    ];
    let mut client = Client::new(&bed.world);
    let basic = |pair: &str| {
        format!(
            "Basic {}",
            base64::engine::general_purpose::STANDARD.encode(pair)
        )
    };
    client.extra = vec![("Authorization".to_owned(), basic("wwsf-a:secret+of+A"))];
    assert_eq!(client.post("waf-a", "/token", &form).await.status, 200);
    client.extra = vec![("Authorization".to_owned(), basic("wwsf-a:secret+of+B"))];
    assert_eq!(client.post("waf-a", "/token", &form).await.status, 401);
    client.extra.clear();
    assert_eq!(
        token(&bed, "waf-a", "wwsf-a", "alice0").await.status,
        401,
        "a certificate is not declared"
    );
}

#[tokio::test]
async fn a_rotated_key_is_withdrawn() {
    let bed = waf().await;
    let mut client = Client::new(&bed.world);
    let before = client.get("waf-a", "/jwks").await.json();
    assert_eq!(bed.hook(json!({ "hook": "rotate-keys" })).await["ok"], true);
    let after = client.get("waf-a", "/jwks").await.json();
    assert_eq!(after["keys"].as_array().unwrap().len(), 1);
    assert_ne!(before, after);
}
