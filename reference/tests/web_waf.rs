//! The WAF over real sockets: who gets a token for whom, who does not, and what is told about it.

mod webbed;

use reference::Role;
use serde_json::{Value, json};
use webbed::Bed;
use webbed::client::Client;
use webbed::oauth::{ask, claims, introspect, token, waf};
use webbed::pki::{self, Authority, Usage};

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
