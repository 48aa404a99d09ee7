//! What leaves on Mw, seen by a core of the test's own: the honest edge writes it clean, each mistake shows.

mod bed;

use std::collections::BTreeMap;
use std::time::Duration;

use bed::client::{Client, Register};
use bed::world::World;
use reference::{Defect, Model, Options, Role, Running};
use tokio::net::UdpSocket;

const ALICE: &str = "sip:alice0@op.example";
const BOB: &str = "sip:bob0@op.example";
const FIRST_LEG: &str = r#"Digest username="alice0@op.example", realm="op.example", uri="sip:op.example", nonce="", response="""#;

/// An edge alone, with a core that the test plays.
struct Edge {
    world: World,
    core: UdpSocket,
    _running: Running,
    _keys: tokio::task::JoinSet<()>,
}

impl Edge {
    async fn start(defect: Option<&str>, answers: &[(&str, &str)]) -> Self {
        let world = World::make();
        let mut keys = tokio::task::JoinSet::new();
        for node in ["waf", "waf-a", "waf-b"] {
            keys.spawn(bed::serve_keys(&world, node));
        }
        let core = UdpSocket::bind(world.address("core", "Mw"))
            .await
            .expect("the core's address");
        let model = Model::new(
            answers
                .iter()
                .map(|(item, word)| ((*item).to_owned(), vec![(*word).to_owned()]))
                .collect::<BTreeMap<_, _>>(),
        );
        let defect = defect.map(|name| name.parse::<Defect>().expect("a defect of this name"));
        let options = Options {
            roles: vec![Role::EpCscf],
            except: Vec::new(),
            world: world.folder(),
            defect,
            model,
        };
        let running = reference::start(options).await.expect("an edge");
        Self {
            world,
            core,
            _running: running,
            _keys: keys,
        }
    }

    /// The next message on Mw, which is answered with a status unless that is 0.
    async fn seen(&self, code: u16, within: Duration) -> Option<String> {
        let mut buffer = vec![0; 65_536];
        let (length, from) = tokio::time::timeout(within, self.core.recv_from(&mut buffer))
            .await
            .ok()?
            .expect("a datagram");
        let text = String::from_utf8(buffer[..length].to_vec()).expect("text");
        let kept = |line: &&str| {
            ["Via:", "From:", "To:", "Call-ID:", "CSeq:", "Contact:"]
                .iter()
                .any(|name| line.starts_with(name))
        };
        if code > 0 {
            let lines: Vec<&str> = text.split("\r\n").filter(kept).collect();
            let answer = format!(
                "SIP/2.0 {code} Whatever\r\n{}\r\nContent-Length: 0\r\n\r\n",
                lines.join("\r\n")
            );
            self.core
                .send_to(answer.as_bytes(), from)
                .await
                .expect("an answer");
        }
        Some(text)
    }

    /// What of some REGISTERs arrives at the core, each answered with 200.
    async fn arriving(&self, registers: &[Register]) -> String {
        let mut client = Client::connect(&self.world).await;
        let mut all = String::new();
        for register in registers {
            client.send(&register.text()).await;
            let mut patience = Duration::from_millis(300);
            while let Some(text) = self.seen(200, patience).await {
                all.push_str(&text);
                patience = Duration::from_millis(20);
                client.receive().await.expect("the relayed answer");
            }
        }
        all
    }
}

fn alice(world: &World) -> Register {
    Register::of(ALICE).token(&world.alice())
}

#[tokio::test]
async fn an_honest_register_leaves_as_the_profile_says() {
    let edge = Edge::start(None, &[]).await;
    let token = edge.world.alice();
    let mut register = Register::of(ALICE).token(&token);
    register.extra = "X-Unknown: kept\r\nRoute: <sip:evil.example;lr>\r\nP-Asserted-Identity: <sip:bob0@op.example>\r\n".to_owned();
    let text = edge.arriving(&[register]).await;
    let expected = r#"Authorization: Digest username="alice0@op.example", realm="op.example", uri="sip:op.example", nonce="", response="", integrity-protected="auth-done", authorization-entity="https://waf-a.localhost:40011""#;
    assert_eq!(text.matches("Authorization:").count(), 1, "{text}");
    assert!(text.contains(expected), "{text}");
    assert!(
        text.starts_with("REGISTER sip:op.example SIP/2.0\r\nVia: SIP/2.0/UDP 127."),
        "{text}"
    );
    for line in [
        "X-Unknown: kept",
        "Require: path",
        "P-Visited-Network-ID: op.example",
        "Max-Forwards: 69",
        "@edge.localhost:40006;lr>",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    for gone in ["Route:", "P-Asserted-Identity", token.as_str(), "Bearer"] {
        assert!(!text.contains(gone), "no {gone} in {text}");
    }
}

/// A mistake, the REGISTERs that show it, and a text that is on Mw only with it.
type Case = (&'static str, fn(&World) -> Vec<Register>, &'static str);

const CASES: &[Case] = &[
    ("passes-token", |world| vec![alice(world)], "Bearer "),
    (
        "passes-pai",
        |world| {
            vec![Register {
                extra: "P-Asserted-Identity: <sip:x@y>\r\n".to_owned(),
                ..alice(world)
            }]
        },
        "sip:x@y",
    ),
    (
        "passes-served-user",
        |world| {
            vec![Register {
                extra: "P-Served-User: <sip:x@y>\r\n".to_owned(),
                ..alice(world)
            }]
        },
        "sip:x@y",
    ),
    (
        "passes-td-headers",
        |world| {
            vec![Register {
                extra: "P-Charging-Vector: icid-value=x\r\n".to_owned(),
                ..alice(world)
            }]
        },
        "icid-value=x\r\n",
    ),
    (
        "passes-route",
        |world| {
            vec![Register {
                extra: "Route: <sip:evil.example;lr>\r\n".to_owned(),
                ..alice(world)
            }]
        },
        "Route: <sip:evil",
    ),
    (
        "passes-integrity-protected",
        |_| {
            vec![Register {
                authorization: vec![format!("{FIRST_LEG}, integrity-protected=\"auth-done\"")],
                ..Register::of(ALICE)
            }]
        },
        "auth-done",
    ),
    (
        "labels-auth-done-for-digest",
        |_| {
            vec![Register {
                authorization: vec![FIRST_LEG.to_owned()],
                ..Register::of(ALICE)
            }]
        },
        "auth-done",
    ),
    (
        "labels-tls-yes-always",
        |_| {
            vec![Register {
                authorization: vec![FIRST_LEG.to_owned()],
                ..Register::of(ALICE)
            }]
        },
        "tls-yes",
    ),
    (
        "party-always-a",
        |world| {
            let token = world.sign(
                "waf-b",
                &world.claims("B", "carol0@op.example", &["sip:carol0@op.example"]),
            );
            vec![Register::of("sip:carol0@op.example").token(&token)]
        },
        "authorization-entity=\"https://waf-a",
    ),
    (
        "party-from-header",
        |world| {
            let line = format!(
                r#"Bearer access_token="{}", authorization-entity="B""#,
                world.alice()
            );
            vec![Register {
                authorization: vec![line],
                ..Register::of(ALICE)
            }]
        },
        "authorization-entity=\"B\"",
    ),
    (
        "splits-two-messages",
        |world| {
            let second = Register {
                call_id: "second".to_owned(),
                ..alice(world)
            }
            .text();
            vec![
                Register {
                    extra: String::new(),
                    ..alice(world)
                },
                Register {
                    extra: format!("Content-Length: 0\r\n\r\n{second}"),
                    ..alice(world)
                },
            ]
        },
        "Call-ID: second",
    ),
    (
        "forwards-and-refuses",
        |world| vec![Register::of(BOB).token(&world.alice())],
        BOB,
    ),
    (
        "forwards-late",
        |world| vec![Register::of(BOB).token(&world.alice())],
        BOB,
    ),
    (
        "impu-outside-pool-member",
        |world| {
            vec![Register::of(ALICE).token(&world.of_pool("P1", "p1-000@op.example", ALICE, false))]
        },
        "p1-000@op.example",
    ),
];

#[tokio::test]
async fn every_mistake_shows_on_mw_and_only_then() {
    for (defect, registers, text) in CASES {
        let honest = Edge::start(None, &[]).await;
        let seen = honest.arriving(&registers(&honest.world)).await;
        assert!(!seen.contains(text), "the honest edge, {defect}: {seen}");
        let mistaken = Edge::start(Some(defect), &[]).await;
        let seen = mistaken.arriving(&registers(&mistaken.world)).await;
        assert!(seen.contains(text), "the mistaken edge, {defect}: {seen}");
    }
}

#[tokio::test]
async fn a_refresh_by_another_party_names_that_party() {
    let edge = Edge::start(None, &[]).await;
    let token = edge.world.sign(
        "waf-b",
        &edge.world.claims("B", "alice0@op.example", &[ALICE]),
    );
    let refresh = Register {
        cseq: 2,
        ..Register::of(ALICE)
    }
    .token(&token);
    let seen = edge.arriving(&[alice(&edge.world), refresh]).await;
    let named: Vec<&str> = seen
        .split("authorization-entity=\"https://")
        .skip(1)
        .map(|rest| &rest[..5])
        .collect();
    assert_eq!(named, ["waf-a", "waf-b"]);
}

#[tokio::test]
async fn a_silent_core_is_asked_again_and_then_given_up() {
    let edge = Edge::start(None, &[]).await;
    let mut client = Client::connect(&edge.world).await;
    client.send(&alice(&edge.world).text()).await;
    let first = edge
        .seen(0, Duration::from_millis(300))
        .await
        .expect("a REGISTER");
    assert_eq!(
        edge.seen(0, Duration::from_millis(400)).await.as_deref(),
        Some(first.as_str()),
        "the same bytes again"
    );
    let answer = client.receive().await.expect("an answer");
    assert!(answer.starts_with("SIP/2.0 504 "), "{answer}");
    client.send(&invite(ALICE)).await;
    let answer = client.receive().await.expect("an answer");
    assert!(
        answer.starts_with("SIP/2.0 403 "),
        "nobody is registered: {answer}"
    );
}

#[tokio::test]
async fn a_call_is_asserted_for_the_registered_identity_only() {
    let edge = Edge::start(None, &[]).await;
    let mut client = Client::connect(&edge.world).await;
    client.send(&alice(&edge.world).text()).await;
    edge.seen(200, Duration::from_secs(1))
        .await
        .expect("a REGISTER");
    client.receive().await.expect("an answer");
    client.send(&invite(ALICE)).await;
    let seen = edge
        .seen(200, Duration::from_secs(1))
        .await
        .expect("an INVITE");
    assert!(
        seen.contains(&format!("P-Asserted-Identity: <{ALICE}>\r\n"))
            && !seen.contains("P-Preferred"),
        "{seen}"
    );
    assert!(
        client
            .receive()
            .await
            .expect("an answer")
            .starts_with("SIP/2.0 200 ")
    );
    client.send(&invite(BOB)).await;
    assert!(
        client
            .receive()
            .await
            .expect("an answer")
            .starts_with("SIP/2.0 403 ")
    );
    assert_eq!(
        edge.seen(0, Duration::from_millis(50)).await,
        None,
        "nothing of bob on Mw"
    );
}

fn invite(preferred: &str) -> String {
    format!(
        "INVITE sip:carol0@op.example SIP/2.0\r\nVia: SIP/2.0/WSS wic.invalid;branch=z9hG4bK{}\r\nMax-Forwards: 70\r\n\
         From: <{ALICE}>;tag=1\r\nTo: <sip:carol0@op.example>\r\nCall-ID: call-of-{preferred}\r\nCSeq: 1 INVITE\r\n\
         P-Preferred-Identity: <{preferred}>\r\nContact: <sip:wic@host.invalid;transport=ws>\r\nContent-Length: 0\r\n\r\n",
        preferred.len()
    )
}
