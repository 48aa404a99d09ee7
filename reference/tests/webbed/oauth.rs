//! What a client of a WAF and a user's browser say to it.

use reference::Role;
use serde_json::Value;

use super::Bed;
use super::client::{Answer, Client};

pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

pub async fn waf() -> Bed {
    Bed::honest(&[Role::Waf]).await
}

pub fn ask<'a>(client: &'a str, hint: &'a str) -> [(&'a str, &'a str); 4] {
    [
        ("grant_type", "client_credentials"),
        ("scope", "ims"),
        ("client_id", client),
        ("login_hint", hint),
    ]
}

pub async fn token(bed: &Bed, node: &str, client: &str, hint: &str) -> Answer {
    Client::of_node(&bed.world, client)
        .post(node, "/token", &ask(client, hint))
        .await
}

/// The claims of a token, read without looking at its signature.
pub fn claims(answer: &Answer) -> Value {
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

pub async fn introspect(bed: &Bed, answer: &Value) -> Value {
    let token = answer["access_token"].as_str().expect("a token");
    let form = [("client_id", "ep-cscf"), ("token", token)];
    Client::of_node(&bed.world, "ep-cscf")
        .post("waf-a", "/introspect", &form)
        .await
        .json()
}

pub fn authorize(bed: &Bed, client: &str, more: &[(&str, &str)]) -> String {
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

pub async fn log_in(
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

pub async fn exchange(
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

/// A token of the pool P1 whose identity the WAF chooses.
pub async fn picked(bed: &Bed) -> Value {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", "wwsf-p1"),
    ];
    Client::of_node(&bed.world, "wwsf-p1")
        .post("waf", "/token", &form)
        .await
        .json()
}

/// Gives a token back at the WAF of A.
pub async fn revoke(bed: &Bed, client: &str, token: &Value) {
    let form = [
        ("client_id", client),
        ("token", token.as_str().expect("a token")),
    ];
    Client::of_node(&bed.world, client)
        .post("waf-a", "/revoke", &form)
        .await;
}

/// The answer to a refresh.
pub async fn refresh(
    bed: &Bed,
    (node, client): (&str, &str),
    former: &Value,
    more: &[(&str, &str)],
) -> Value {
    let token = former["refresh_token"].as_str().expect("a refresh token");
    let mut form = vec![
        ("grant_type", "refresh_token"),
        ("client_id", client),
        ("refresh_token", token),
    ];
    form.extend(more);
    Client::of_node(&bed.world, client)
        .post(node, "/token", &form)
        .await
        .json()
}
