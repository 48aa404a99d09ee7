//! Registrations through edge and core over real sockets: what succeeds, what is refused, and what one mistake lets through.

mod bed;

use bed::Bed;
use bed::client::{Client, Register, status};
use reference::Role;
use serde_json::json;

const ALICE: &str = "sip:alice0@op.example";
const BOB: &str = "sip:bob0@op.example";

#[tokio::test]
async fn a_token_registers_its_identity_and_nobody_else() {
    let bed = Bed::honest().await;
    let mut client = Client::connect(&bed.world).await;
    assert_eq!(
        client
            .register(&Register::of(ALICE).token(&bed.world.alice()))
            .await,
        200
    );
    let bindings = bed.hook(json!({ "hook": "bindings", "impu": ALICE })).await;
    assert_eq!(
        bindings["bindings"],
        json!(["sip:wic@host.invalid;transport=ws"])
    );
    let mut other = Client::connect(&bed.world).await;
    assert_eq!(
        other
            .register(&Register::of(BOB).token(&bed.world.alice()))
            .await,
        403
    );
    assert_eq!(
        bed.hook(json!({ "hook": "bindings", "impu": BOB })).await["bindings"],
        json!([])
    );
}

#[tokio::test]
async fn a_refresh_needs_a_token_and_a_deregistration_ends_the_right_to_call() {
    let bed = Bed::honest().await;
    let mut client = Client::connect(&bed.world).await;
    let mut register = Register::of(ALICE).token(&bed.world.alice());
    assert_eq!(client.register(&register).await, 200);
    register.cseq = 2;
    assert_eq!(
        client.register(&register).await,
        200,
        "a refresh with a token"
    );
    let bare = Register {
        authorization: Vec::new(),
        cseq: 3,
        ..register.clone()
    };
    assert_eq!(client.register(&bare).await, 401, "a refresh without one");
    client.send(&message(BOB, ALICE, "m1")).await;
    assert_eq!(
        status(&client.receive().await.expect("an answer")),
        480,
        "bob is not there"
    );
    let leave = Register {
        expires: 0,
        cseq: 4,
        ..register
    };
    assert_eq!(client.register(&leave).await, 200);
    client.send(&message(BOB, ALICE, "m2")).await;
    assert_eq!(status(&client.receive().await.expect("an answer")), 403);
    assert_eq!(
        bed.hook(json!({ "hook": "bindings", "impu": ALICE })).await["bindings"],
        json!([])
    );
}

#[tokio::test]
async fn a_message_arrives_on_the_connection_of_its_identity_only() {
    let bed = Bed::honest().await;
    let mut bob = Client::connect(&bed.world).await;
    assert_eq!(
        bob.register(&Register::of(BOB).token(&bed.world.bob()))
            .await,
        200
    );
    let mut alice = Client::connect(&bed.world).await;
    assert_eq!(
        alice
            .register(&Register::of(ALICE).token(&bed.world.alice()))
            .await,
        200
    );
    alice.send(&message(BOB, ALICE, "m3")).await;
    let delivered = bob.receive().await.expect("a MESSAGE");
    assert!(
        delivered.starts_with("MESSAGE sip:wic@host.invalid;transport=ws SIP/2.0\r\n"),
        "{delivered}"
    );
    assert!(
        delivered.contains(&format!("P-Asserted-Identity: <{ALICE}>\r\n")),
        "{delivered}"
    );
    let answer = answer_to(&delivered);
    bob.send(&answer).await;
    assert_eq!(
        status(&alice.receive().await.expect("the relayed answer")),
        200
    );
}

#[tokio::test]
async fn digest_registers_with_a_right_response_only() {
    let bed = Bed::honest().await;
    let mut client = Client::connect(&bed.world).await;
    let mut register = Register::of(ALICE);
    register
        .authorization
        .push(digest("alice0@op.example", "", ""));
    client.send(&register.text()).await;
    let challenge = client.receive().await.expect("a challenge");
    assert_eq!(status(&challenge), 401);
    assert_eq!(
        challenge.matches("WWW-Authenticate: Digest").count(),
        2,
        "{challenge}"
    );
    assert!(
        challenge.find("algorithm=SHA-256") < challenge.find("algorithm=MD5"),
        "{challenge}"
    );
    let nonce = challenge
        .split("nonce=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .expect("a nonce")
        .to_owned();
    register.authorization = vec![digest("alice0@op.example", &nonce, "wrong")];
    register.cseq = 2;
    assert_eq!(client.register(&register).await, 401);
    register.authorization = vec![digest("alice0@op.example", &nonce, "secret of alice")];
    register.cseq = 3;
    client.send(&register.text()).await;
    let accepted = client.receive().await.expect("an answer");
    assert_eq!(status(&accepted), 200, "{accepted}");
    assert!(
        accepted.contains("Authentication-Info: qop=auth, rspauth="),
        "{accepted}"
    );
    register.cseq = 4;
    assert_eq!(
        client.register(&register).await,
        401,
        "the same response again"
    );
}

#[tokio::test]
async fn a_party_that_is_switched_off_registers_nobody_and_others_go_on() {
    let bed = Bed::honest().await;
    bed.hook(json!({ "hook": "party-switch", "party": "A", "on": false }))
        .await;
    let mut client = Client::connect(&bed.world).await;
    assert_eq!(
        client
            .register(&Register::of(ALICE).token(&bed.world.alice()))
            .await,
        403
    );
    let carol = "sip:carol0@op.example";
    let token = bed.world.sign(
        "waf-b",
        &bed.world.claims("B", "carol0@op.example", &[carol]),
    );
    assert_eq!(
        client.register(&Register::of(carol).token(&token)).await,
        200
    );
    bed.hook(json!({ "hook": "party-switch", "party": "A", "on": true }))
        .await;
    let mut client = Client::connect(&bed.world).await;
    let register = Register::of(ALICE).token(&bed.world.alice());
    assert_eq!(client.register(&register).await, 200);
    let records = bed
        .hook(json!({ "hook": "evidence", "mark": register.call_id }))
        .await;
    let records = records["records"].as_array().expect("records");
    assert_eq!(
        records.len(),
        2,
        "one of the edge, one of the core: {records:?}"
    );
    assert!(
        records
            .iter()
            .all(|record| record["party"] == "https://waf-a.localhost:40011"
                && record["outcome"] == "accepted")
    );
}

#[tokio::test]
async fn an_upgrade_needs_an_enrolled_page_and_the_subprotocol() {
    let bed = Bed::honest().await;
    let portal = Some("https://portal-a.localhost:40021");
    assert!(
        Client::try_connect(&bed.world, portal, Some("sip"))
            .await
            .is_some()
    );
    assert!(
        Client::try_connect(&bed.world, None, Some("sip"))
            .await
            .is_some()
    );
    assert!(
        Client::try_connect(&bed.world, Some("https://evil.example"), Some("sip"))
            .await
            .is_none()
    );
    assert!(
        Client::try_connect(&bed.world, Some("null"), Some("sip"))
            .await
            .is_none()
    );
    assert!(
        Client::try_connect(&bed.world, portal, Some("xmpp"))
            .await
            .is_none()
    );
    assert!(
        Client::try_connect(&bed.world, portal, None)
            .await
            .is_none()
    );
    let lax = Bed::with("no-origin-check").await;
    assert!(
        Client::try_connect(&lax.world, Some("https://evil.example"), Some("sip"))
            .await
            .is_some()
    );
    let strict = Bed::start(None, &[("origin", "strict")]).await;
    assert!(
        Client::try_connect(&strict.world, None, Some("sip"))
            .await
            .is_none()
    );
}

#[tokio::test]
async fn malformed_messages_disturb_nobody() {
    let bed = Bed::honest().await;
    let mut victim = Client::connect(&bed.world).await;
    let good = Register::of(ALICE).token(&bed.world.alice()).text();
    for bad in [
        good.replace("Content-Length: 0", "Content-Length: 7"),
        good.replace("Content-Length: 0", "Content-Length: -1"),
        good.replace("CSeq: 1 REGISTER", "CSeq: 1 INVITE"),
        good.replace("To: <", "To: \""),
        good.clone() + &good,
        good.replace("Call-ID", "X-Call-ID"),
        good.replace("Max-Forwards: 70", "Max-Forwards: 70\nX: y"),
    ] {
        let mut client = Client::connect(&bed.world).await;
        client.send(&bad).await;
        assert_eq!(
            status(&client.receive().await.unwrap_or_default()),
            400,
            "{bad}"
        );
    }
    let mut client = Client::connect(&bed.world).await;
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!(client.receive().await, None);
    assert_eq!(
        victim
            .register(&Register::of(ALICE).token(&bed.world.alice()))
            .await,
        200
    );
}

#[tokio::test]
async fn nothing_of_a_stopped_reference_holds_its_addresses() {
    let bed = Bed::honest().await;
    let mut client = Client::connect(&bed.world).await;
    assert_eq!(
        client
            .register(&Register::of(ALICE).token(&bed.world.alice()))
            .await,
        200
    );
    let Bed { world, running, .. } = bed;
    running.stop().await;
    for (node, interface) in [("ep-cscf", "Mw"), ("core", "Mw")] {
        std::net::UdpSocket::bind(world.address(node, interface)).expect("the address is free");
    }
}

fn message(to: &str, from: &str, call: &str) -> String {
    format!(
        "MESSAGE {to} SIP/2.0\r\nVia: SIP/2.0/WSS wic.invalid;branch=z9hG4bK{call}\r\nMax-Forwards: 70\r\nFrom: <{from}>;tag=1\r\n\
         To: <{to}>\r\nCall-ID: {call}\r\nCSeq: 1 MESSAGE\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi"
    )
}

/// A 200 with what an answer repeats of its request.
fn answer_to(request: &str) -> String {
    let kept = |line: &&str| {
        ["Via:", "From:", "To:", "Call-ID:", "CSeq:"]
            .iter()
            .any(|name| line.starts_with(name))
    };
    let lines: Vec<&str> = request.split("\r\n").filter(kept).collect();
    format!(
        "SIP/2.0 200 OK\r\n{}\r\nContent-Length: 0\r\n\r\n",
        lines.join("\r\n")
    )
}

/// Digest credentials with SHA-256; without a nonce the first leg.
fn digest(username: &str, nonce: &str, secret: &str) -> String {
    use sha2::{Digest, Sha256};
    let hash = |text: String| {
        Sha256::digest(text)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    let head = format!(
        r#"Digest username="{username}", realm="op.example", uri="sip:op.example", nonce="{nonce}""#
    );
    if nonce.is_empty() {
        return format!(r#"{head}, response="""#);
    }
    let (who, what) = (
        hash(format!("{username}:op.example:{secret}")),
        hash("REGISTER:sip:op.example".to_owned()),
    );
    let response = hash(format!("{who}:{nonce}:00000001:c0:auth:{what}"));
    format!(
        r#"{head}, response="{response}", algorithm=SHA-256, qop=auth, nc=00000001, cnonce="c0""#
    )
}

#[tokio::test]
async fn no_mistake_stands_in_the_way_of_an_honest_client() {
    let of_bed = |defect: &&reference::Defect| matches!(defect.role(), Role::EpCscf | Role::Core);
    for defect in reference::Defect::ALL
        .iter()
        .filter(of_bed)
        .filter(|defect| defect.name() != "refuses-everybody")
    {
        let bed = Bed::with(defect.name()).await;
        let mut client = Client::connect(&bed.world).await;
        for (cseq, expires) in [(1, 600), (2, 600), (3, 0)] {
            let register = Register {
                cseq,
                expires,
                call_id: "one".to_owned(),
                ..Register::of(ALICE)
            };
            let answer = client.register(&register.token(&bed.world.alice())).await;
            assert_eq!(answer, 200, "{} at CSeq {cseq}", defect.name());
        }
        bed.running.stop().await;
    }
}

#[test]
fn mistakes_have_names_of_their_own_and_words() {
    let names: std::collections::HashSet<&str> = reference::Defect::ALL
        .iter()
        .map(|defect| defect.name())
        .collect();
    assert_eq!(names.len(), reference::Defect::ALL.len());
    for defect in reference::Defect::ALL {
        assert_eq!(
            defect.name().parse::<reference::Defect>().ok(),
            Some(*defect)
        );
        assert!(defect.describe().ends_with('.'), "{}", defect.name());
    }
}
