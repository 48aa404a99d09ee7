//! The native client over real sockets, through the whole network of the reference.

mod webbed;

use reference::Role;
use serde_json::{Value, json};
use webbed::Bed;
use webbed::pki::Authority;

const ALL: [Role; 5] = [Role::Wic, Role::Wwsf, Role::Waf, Role::EpCscf, Role::Core];

/// A visit of somebody to a portal.
fn visit(bed: &Bed, registration: u8, node: &str, user: Value) -> Value {
    let names = [
        "wwsf-a", "wwsf-b", "wwsf-p1", "wwsf-p2", "waf", "waf-a", "waf-b", "ep-cscf",
    ];
    let resolve: serde_json::Map<String, Value> = names
        .iter()
        .map(|node| (bed.world.name(node).to_owned(), json!(bed.world.ip(node))))
        .collect();
    json!({ "hook": "visit", "registration": registration, "url": format!("{}/", bed.world.origin(node)), "user": user,
            "ims": null, "w2": null, "domain": "op.example", "roots": bed.world.path().join("roots.pem"), "resolve": resolve,
            "deadline_ms": 5000 })
}

fn named(user: &str) -> Value {
    json!({ "name": user, "password": format!("password of {user}") })
}

#[tokio::test]
async fn a_user_registers_with_a_token() {
    let bed = Bed::honest(&ALL).await;
    let told = bed.hook(visit(&bed, 2, "wwsf-a", named("alice0"))).await;
    assert_eq!(
        told,
        json!({ "registered": true, "status": 200, "reason": "registered and de-registered" })
    );
    let bindings = bed
        .hook(json!({ "hook": "bindings", "impu": "sip:alice0@op.example" }))
        .await;
    assert_eq!(bindings["bindings"], json!([]));
}

#[tokio::test]
async fn visitors_of_a_pool_register() {
    let bed = Bed::honest(&ALL).await;
    let told = bed.hook(visit(&bed, 3, "wwsf-p1", named("pat0"))).await;
    assert_eq!(told["registered"], true, "{told}");
    let told = bed
        .hook(visit(&bed, 3, "wwsf-p2", json!("anonymous")))
        .await;
    assert_eq!(told["registered"], true, "{told}");
}

#[tokio::test]
async fn a_subscriber_registers_with_a_secret() {
    for item in [
        ("digest-min", "md5"),
        ("digest-min", "sha-256"),
        ("digest-algs", "md5"),
    ] {
        let bed = Bed::start(&ALL, None, &[(item.0, &[item.1])]).await;
        let mut asked = visit(&bed, 1, "wwsf-a", Value::Null);
        asked["ims"] = json!({ "impi": "alice0@op.example", "impu": "sip:alice0@op.example", "secret": "the ims secret" });
        let told = bed.hook(asked.clone()).await;
        assert_eq!(told["registered"], true, "{told}");
        asked["ims"]["secret"] = json!("another secret");
        let told = bed.hook(asked).await;
        assert_eq!(
            (told["registered"].clone(), told["status"].clone()),
            (json!(false), json!(401)),
            "{told}"
        );
        bed.running.stop().await;
    }
}

#[tokio::test]
async fn a_login_at_the_waf_leads_to_a_registration() {
    let answers: &[(&str, &[&str])] = &[
        ("user-auth-at", &["waf"]),
        ("waf-metadata", &["discovery"]),
        ("authz-iss", &["checked"]),
    ];
    let bed = Bed::start(&ALL, None, answers).await;
    let told = bed.hook(visit(&bed, 2, "wwsf-a", named("alice0"))).await;
    assert_eq!(told["registered"], true, "{told}");
}

#[tokio::test]
async fn who_cannot_log_in_does_not_register() {
    let bed = Bed::honest(&ALL).await;
    let told = bed
        .hook(visit(
            &bed,
            2,
            "wwsf-a",
            json!({ "name": "alice0", "password": "wrong" }),
        ))
        .await;
    assert_eq!(told["registered"], false);
    assert_eq!(told["reason"], "the login was answered by 401 Unauthorized");
    let mut clear = visit(&bed, 2, "wwsf-a", named("alice0"));
    clear["url"] = json!("http://portal-a.localhost:40021/");
    assert_eq!(
        bed.hook(clear).await["reason"],
        "the address of the portal is not https"
    );
    let mut unknown = visit(&bed, 2, "wwsf-a", named("alice0"));
    let foreign = bed.world.path().join("foreign.pem");
    std::fs::write(&foreign, Authority::make().root).expect("a file");
    unknown["roots"] = json!(foreign);
    let told = bed.hook(unknown).await;
    assert_eq!(told["registered"], false);
    assert!(
        told["reason"]
            .as_str()
            .unwrap()
            .contains("invalid peer certificate"),
        "{told}"
    );
}

#[tokio::test]
async fn names_below_a_portal_are_the_portal() {
    let bed = Bed::honest(&ALL).await;
    let mut asked = visit(&bed, 2, "wwsf-a", named("alice0"));
    asked["url"] = json!("https://v17.portal-a.localhost:40021/");
    asked["resolve"]["v17.portal-a.localhost"] = json!(bed.world.ip("wwsf-a"));
    let told = bed.hook(asked).await;
    // The edge knows the origins of the parties alone.
    assert_eq!(
        told["reason"], "the upgrade was answered by 403 Forbidden",
        "{told}"
    );
}
