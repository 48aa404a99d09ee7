//! A token without readable content: the edge asks the authorisation function over mutual TLS, and goes on only when it says yes.

mod bed;

use std::sync::Arc;

use bed::Bed;
use bed::client::{Client, Register};
use bed::world::World;
use reference::{Defect, Model, Options, Role};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

const ALICE: &str = "sip:alice0@op.example";

/// What the authorisation function says of a token, by the token itself.
fn told(world: &World, token: &str) -> (u16, Value) {
    let mut claims = world.claims("A", "alice0@op.example", &[ALICE]);
    claims["active"] = json!(true);
    match token {
        "good" => {}
        "gone" => claims["active"] = json!(false),
        "odd" => claims["active"] = json!("yes"),
        "foreign" => {
            for name in ["iss", "client_id", "wwsf"] {
                claims[name] = world.claims("B", "x@y", &[ALICE])[name].clone();
            }
        }
        "expired" => claims["exp"] = json!(1),
        "refused" => return (401, claims),
        _ => return (500, json!({})),
    }
    (200, claims)
}

/// Answers one introspection request.
async fn tell(mut stream: TlsStream<TcpStream>, answers: &[(&str, (u16, Value))]) {
    let mut buffer = vec![0; 8192];
    let mut asked = String::new();
    while !asked.contains("token=") {
        let length = stream.read(&mut buffer).await.unwrap_or(0);
        assert!(length > 0, "a whole request");
        asked.push_str(&String::from_utf8_lossy(&buffer[..length]));
    }
    assert!(
        asked.starts_with("POST /introspect HTTP/1.1\r\n"),
        "the token is in the body only"
    );
    let of_token = |(token, _): &&(&str, _)| asked.contains(&format!("token={token}"));
    let (_, (code, body)) = answers.iter().find(of_token).expect("a token");
    let body = body.to_string();
    let answer = format!(
        "HTTP/1.1 {code} X\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// Edge and core, and an authorisation function that asks for the edge's certificate.
async fn start(defect: Option<&str>) -> (Bed, tokio::task::JoinSet<()>) {
    let world = World::make();
    let address = world.address("waf-a", "W4");
    let acceptor = TlsAcceptor::from(Arc::new(world.mutual_tls("waf-a")));
    let answers: Vec<(&str, (u16, Value))> = [
        "good", "gone", "odd", "foreign", "expired", "refused", "broken",
    ]
    .iter()
    .map(|token| (*token, told(&world, token)))
    .collect();
    let mut tasks = tokio::task::JoinSet::new();
    let listener = TcpListener::bind(address)
        .await
        .expect("an authorisation function");
    tasks.spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            if let Ok(stream) = acceptor.accept(stream).await {
                tell(stream, &answers).await;
            }
        }
    });
    let model = [
        ("token-validation", "introspection"),
        ("token-format", "opaque"),
    ];
    let model = Model::new(
        model
            .map(|(item, word)| (item.to_owned(), vec![word.to_owned()]))
            .into(),
    );
    let defect = defect.map(|name| name.parse::<Defect>().expect("a defect of this name"));
    let roles = vec![Role::EpCscf, Role::Core];
    let options = Options {
        roles,
        except: Vec::new(),
        world: world.folder(),
        defect,
        model,
    };
    let running = reference::start(options).await.expect("edge and core");
    (Bed::of(world, running), tasks)
}

#[tokio::test]
async fn only_an_active_token_of_the_asked_party_registers() {
    let cases = [
        ("good", None, 200),
        ("gone", Some("ignores-active-false"), 401),
        ("odd", Some("any-active-value"), 503),
        ("refused", Some("ignores-introspection-status"), 503),
        ("broken", None, 503),
        ("expired", Some("ignores-expiry"), 401),
        ("foreign", None, 401),
    ];
    for (token, defect, honest) in cases {
        for (made, expected) in [(None, honest)]
            .into_iter()
            .chain(defect.map(|name| (Some(name), 200)))
        {
            let (bed, _tasks) = start(made).await;
            let mut client = Client::connect(&bed.world).await;
            let answer = client.register(&Register::of(ALICE).token(token)).await;
            assert_eq!(answer, expected, "{token}, {made:?}");
        }
    }
}
