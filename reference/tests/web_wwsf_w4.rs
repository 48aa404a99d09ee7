//! The portals towards their WAF over real sockets: whom they trust, how they prove themselves, users who log in there.

mod webbed;

use reference::Role;
use serde_json::json;
use webbed::Bed;
use webbed::client::{Answer, Client};
use webbed::pki::{self, Authority, Usage};
use webbed::world::World;

const BOTH: [Role; 2] = [Role::Wwsf, Role::Waf];

async fn log_in(browser: &mut Client<'_>, node: &str, user: &str) -> Answer {
    let password = format!("password of {user}");
    browser
        .post(
            node,
            "/login",
            &[("username", user), ("password", &password)],
        )
        .await
}

/// The IMPI of a session's token, or the status of the refusal.
async fn impi(browser: &mut Client<'_>, node: &str) -> Result<String, u16> {
    let answer = browser.get(node, "/session").await;
    if answer.status == 200 {
        Ok(answer.json()["impi"]
            .as_str()
            .expect("an identity")
            .to_owned())
    } else {
        Err(answer.status)
    }
}

/// A WAF with another certificate, on the address of the honest one.
async fn with_waf_certificate(
    make: impl Fn(&World) -> pki::Leaf,
    defect: Option<&str>,
) -> Result<String, u16> {
    let world = World::make();
    let leaf = make(&world);
    std::fs::write(world.path().join("waf-a/cert.pem"), &leaf.chain).expect("a file");
    std::fs::write(world.path().join("waf-a/key.pem"), &leaf.key).expect("a file");
    let bed = Bed::start_in(world, &BOTH, defect, &[]).await;
    let mut browser = Client::new(&bed.world);
    log_in(&mut browser, "wwsf-a", "alice0").await;
    let outcome = impi(&mut browser, "wwsf-a").await;
    bed.running.stop().await;
    outcome
}

#[tokio::test]
async fn a_waf_that_proves_itself_badly_is_not_asked() {
    type Make = fn(&World) -> pki::Leaf;
    let name = "waf-a.localhost";
    let cases: [(Make, &str); 4] = [
        (
            |_| pki::self_signed("waf-a.localhost", Usage::Server),
            "waf-self-signed-accepted",
        ),
        (
            |_| Authority::make().leaf("waf-a.localhost", Usage::Server),
            "waf-unknown-authority-accepted",
        ),
        (
            |world| world.authority.expired("waf-a.localhost", Usage::Server),
            "waf-expired-accepted",
        ),
        (
            |world| world.authority.leaf("other.localhost", Usage::Server),
            "waf-wrong-name-accepted",
        ),
    ];
    assert!(
        with_waf_certificate(|world| world.authority.leaf(name, Usage::Server), None)
            .await
            .is_ok()
    );
    for (make, defect) in cases {
        assert_eq!(with_waf_certificate(make, None).await, Err(502), "{defect}");
        for (other, _) in cases.iter().filter(|(_, other)| *other != defect) {
            assert_eq!(
                with_waf_certificate(other, Some(defect)).await,
                Err(502),
                "{defect} lets one class through"
            );
        }
        assert!(
            with_waf_certificate(make, Some(defect)).await.is_ok(),
            "{defect}"
        );
    }
}

#[tokio::test]
async fn a_user_can_log_in_at_the_waf() {
    let answers: &[(&str, &[&str])] = &[
        ("user-auth-at", &["waf"]),
        ("waf-grants", &["authorization_code", "client_credentials"]),
        ("waf-metadata", &["discovery"]),
        ("authz-iss", &["checked"]),
    ];
    let bed = Bed::start(&BOTH, None, answers).await;
    let mut portal = Client::new(&bed.world);
    assert_eq!(impi(&mut portal, "wwsf-a").await, Err(401));
    let out = portal.get("wwsf-a", "/login").await;
    let target = out.header("location").expect("the WAF").to_owned();
    assert!(
        target.starts_with(&format!("{}/authorize?", bed.world.origin("waf-a"))),
        "{target}"
    );
    assert_eq!(
        impi(&mut portal, "wwsf-a").await,
        Err(401),
        "begun is not logged in"
    );
    let mut front = Client::new(&bed.world);
    let page = front
        .get("waf-a", &target[bed.world.origin("waf-a").len()..])
        .await;
    let form = [
        ("csrf", page.hidden()),
        ("username", "alice0".to_owned()),
        ("password", "password of alice0".to_owned()),
    ];
    let form: Vec<(&str, &str)> = form
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let back = front.post("waf-a", "/authorize", &form).await;
    let callback =
        back.header("location").expect("the portal")[bed.world.origin("wwsf-a").len()..].to_owned();
    let mut other = Client::new(&bed.world);
    other.get("wwsf-a", "/login").await;
    assert_eq!(
        other.get("wwsf-a", &callback).await.status,
        403,
        "another browser"
    );
    let evil = callback.replace("iss=https", "iss=http");
    assert_ne!(evil, callback);
    assert_eq!(portal.get("wwsf-a", &callback).await.status, 303);
    assert_eq!(
        impi(&mut portal, "wwsf-a").await,
        Ok("alice0@op.example".to_owned())
    );
    assert_eq!(
        portal.get("wwsf-a", &callback).await.status,
        403,
        "used once"
    );
}

#[tokio::test]
async fn a_foreign_issuer_in_the_answer_is_refused() {
    let answers: &[(&str, &[&str])] = &[("user-auth-at", &["waf"]), ("authz-iss", &["checked"])];
    let bed = Bed::start(&BOTH, None, answers).await;
    for iss in ["&iss=https://evil.example", ""] {
        let mut portal = Client::new(&bed.world);
        let out = portal.get("wwsf-a", "/login").await;
        let state = out.location_parameter("state").expect("a state");
        assert_eq!(
            portal
                .get("wwsf-a", &format!("/callback?code=x&state={state}{iss}"))
                .await
                .status,
            403,
            "{iss:?}"
        );
    }
}

#[tokio::test]
async fn assertions_and_secrets_prove_a_portal_where_they_are_declared() {
    for methods in [
        &["client_secret_basic"][..],
        &["client_secret_post"],
        &["private_key_jwt"],
    ] {
        let world = World::make();
        register_keys(&world);
        let bed = Bed::start_in(
            world,
            &BOTH,
            None,
            &[("w4-auth", methods), ("assertion-reuse", &["refused"])],
        )
        .await;
        let mut browser = Client::new(&bed.world);
        log_in(&mut browser, "wwsf-a", "alice0").await;
        assert_eq!(
            impi(&mut browser, "wwsf-a").await,
            Ok("alice0@op.example".to_owned()),
            "{methods:?}"
        );
        bed.running.stop().await;
    }
}

/// Adds the public keys of the portals to the client lists of the WAFs.
fn register_keys(world: &World) {
    for waf in ["waf-a"] {
        let path = world.path().join(waf).join("clients.json");
        let mut clients: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(&path).expect("a file")).expect("JSON");
        for client in clients.as_array_mut().expect("clients") {
            let node = client["client_id"].as_str().expect("a node").to_owned();
            let pem = std::fs::read(world.path().join(node).join("client-key.pem")).expect("a key");
            let key = jsonwebtoken::EncodingKey::from_ec_pem(&pem).expect("a key");
            let jwk =
                jsonwebtoken::jwk::Jwk::from_encoding_key(&key, jsonwebtoken::Algorithm::ES256)
                    .expect("a key");
            client["jwk"] = serde_json::to_value(jwk).expect("JSON");
        }
        std::fs::write(path, clients.to_string()).expect("a file");
    }
}

#[tokio::test]
async fn a_party_that_is_off_is_refused_and_comes_back() {
    let bed = Bed::honest(&BOTH).await;
    let mut browser = Client::new(&bed.world);
    log_in(&mut browser, "wwsf-a", "alice0").await;
    bed.hook(json!({ "hook": "party-switch", "party": "A", "on": false }))
        .await;
    assert_eq!(impi(&mut browser, "wwsf-a").await, Err(403));
    bed.hook(json!({ "hook": "party-switch", "party": "A", "on": true }))
        .await;
    assert!(impi(&mut browser, "wwsf-a").await.is_ok());
}
