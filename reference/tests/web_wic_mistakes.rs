//! Mistakes of the client that show on its connections.

mod webbed;

use reference::Role;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use webbed::Bed;
use webbed::pki::{self, Authority, Usage};
use webbed::world::World;

const ALL: [Role; 5] = [Role::Wic, Role::Wwsf, Role::Waf, Role::EpCscf, Role::Core];

fn visit(bed: &Bed, url: &str, addresses: &[(&str, std::net::IpAddr)]) -> Value {
    let mut resolve = json!({});
    for node in ["wwsf-a", "waf-a", "ep-cscf"] {
        resolve[bed.world.name(node)] = json!(bed.world.ip(node));
    }
    for (name, address) in addresses {
        resolve[*name] = json!(address);
    }
    json!({ "hook": "visit", "registration": 2, "url": url, "user": { "name": "alice0", "password": "password of alice0" },
            "ims": null, "w2": null, "domain": "op.example", "roots": bed.world.path().join("roots.pem"), "resolve": resolve,
            "deadline_ms": 3000 })
}

/// Visits a listener that takes the first bytes of a connection, answers with `answer`, and tells both ends' bytes.
async fn bytes_at_the_portal(defect: Option<&str>, answer: &'static [u8]) -> (Vec<u8>, Vec<u8>) {
    let bed = Bed::start(&[Role::Wic], defect, &[]).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let address = listener.local_addr().expect("an address");
    let heard = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut hello = vec![0; 4096];
        let length = stream.read(&mut hello).await.expect("a hello");
        hello.truncate(length);
        stream.write_all(answer).await.expect("an answer");
        let mut rest = Vec::new();
        // The client may cut the connection; what came before counts.
        let _ = stream.read_to_end(&mut rest).await;
        (hello, rest)
    });
    let url = format!("https://portal-a.localhost:{}/", address.port());
    let told = bed
        .hook(visit(&bed, &url, &[("portal-a.localhost", address.ip())]))
        .await;
    assert_eq!(told["registered"], false);
    heard.await.expect("what was heard")
}

/// A server hello of TLS 1.1 with ECDHE_RSA_WITH_AES_128_CBC_SHA.
const OLD: &[u8] = &[
    22, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17,
    18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 0, 0xc0, 0x13, 0,
];

#[tokio::test]
async fn an_old_server_gets_no_byte_of_data() {
    let (_, rest) = bytes_at_the_portal(None, OLD).await;
    assert!(
        rest.first().is_none_or(|kind| *kind == 21),
        "an alert or nothing: {rest:?}"
    );
    let (_, rest) = bytes_at_the_portal(Some("accepts-legacy-tls"), OLD).await;
    assert_eq!(rest.first(), Some(&23), "a record of application data");
    assert!(rest[5..].starts_with(b"GET / "), "{rest:?}");
}

#[tokio::test]
async fn weak_suites_are_not_offered() {
    let offers = |hello: &[u8]| {
        let after_session = 44 + usize::from(hello[43]);
        let length = usize::from(u16::from_be_bytes([
            hello[after_session],
            hello[after_session + 1],
        ]));
        let suites = &hello[after_session + 2..after_session + 2 + length];
        suites
            .chunks(2)
            .any(|suite| suite == [0x00, 0x3b] || suite == [0xc0, 0x11])
    };
    let (hello, _) = bytes_at_the_portal(None, OLD).await;
    assert!(!offers(&hello));
    let (hello, _) = bytes_at_the_portal(Some("offers-weak-suites"), OLD).await;
    assert!(offers(&hello));
}

#[tokio::test]
async fn a_client_that_offers_weak_suites_registers_all_the_same() {
    let bed = Bed::with(&ALL, "offers-weak-suites").await;
    let told = bed
        .hook(visit(
            &bed,
            &format!("{}/", bed.world.origin("wwsf-a")),
            &[],
        ))
        .await;
    assert_eq!(told["registered"], true, "{told}");
}

/// A visit with a login at a WAF that shows some certificate; the portal is told to trust it, whatever it is.
async fn logs_in_at(make: fn(&World) -> pki::Leaf, portal_trusts: &str) -> bool {
    let world = World::make();
    let leaf = make(&world);
    std::fs::write(world.path().join("waf-a/cert.pem"), &leaf.chain).expect("a file");
    std::fs::write(world.path().join("waf-a/key.pem"), &leaf.key).expect("a file");
    // Portal and client are two processes in the field, and here: the mistake is the portal's alone.
    let answers: &[(&str, &[&str])] = &[("user-auth-at", &["waf"]), ("authz-iss", &["checked"])];
    let servers = [Role::Wwsf, Role::Waf, Role::EpCscf, Role::Core];
    let bed = Bed::start_in(world, &servers, Some(portal_trusts), answers).await;
    let told = bed.beside(&[Role::Wic], None, answers).await;
    let asked = visit(&bed, &format!("{}/", bed.world.origin("wwsf-a")), &[]);
    let outcome = webbed::hook_at(told.control, asked).await;
    told.stop().await;
    bed.running.stop().await;
    // The edge takes no key of such a WAF; how far the client went is told by who refused.
    outcome["registered"] == true || outcome["status"] != 0
}

#[tokio::test]
async fn a_login_host_that_proves_itself_badly_gets_no_password() {
    type Make = fn(&World) -> pki::Leaf;
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
    for (make, portal_trusts) in cases {
        assert!(!logs_in_at(make, portal_trusts).await, "{portal_trusts}");
    }
}
