//! A small test bed of its own: a world with an authority, an authorisation function that publishes its key, and a client.
//! It shares nothing with the crate under test but the published format of the world.
#![allow(dead_code, reason = "each test file uses its own part of the bed")]

pub(crate) mod cases;
pub(crate) mod client;
pub(crate) mod core;
pub(crate) mod world;

use std::collections::BTreeMap;
use std::sync::Arc;

use reference::{Defect, Model, Options, Role, Running};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use self::world::World;

/// A started edge and core, and the key server of the parties.
pub(crate) struct Bed {
    pub(crate) world: World,
    pub(crate) running: Running,
    jwks: tokio::task::JoinSet<()>,
}

impl Bed {
    /// A conforming edge and core.
    pub(crate) async fn honest() -> Self {
        Self::start(None, &[]).await
    }

    /// An edge and core that make one mistake.
    pub(crate) async fn with(defect: &str) -> Self {
        Self::start(Some(defect), &[]).await
    }

    /// An edge and core with a mistake and answers of a SUT file.
    pub(crate) async fn start(defect: Option<&str>, answers: &[(&str, &str)]) -> Self {
        let world = World::make();
        let mut jwks = tokio::task::JoinSet::new();
        for node in ["waf", "waf-a", "waf-b"] {
            jwks.spawn(serve_keys(&world, node));
        }
        let defect = defect.map(|name| name.parse::<Defect>().expect("a defect of this name"));
        let answers = answers
            .iter()
            .map(|(item, word)| ((*item).to_owned(), vec![(*word).to_owned()]));
        let model = Model::new(answers.collect::<BTreeMap<_, _>>());
        let roles = vec![Role::EpCscf, Role::Core];
        let options = Options {
            roles,
            except: Vec::new(),
            world: world.folder(),
            defect,
            model,
        };
        let running = reference::start(options)
            .await
            .expect("edge and core start");
        Self {
            world,
            running,
            jwks,
        }
    }

    /// A bed around what a test started by itself.
    pub(crate) fn of(world: World, running: Running) -> Self {
        Self {
            world,
            running,
            jwks: tokio::task::JoinSet::new(),
        }
    }

    /// Asks a hook at the control address.
    pub(crate) async fn hook(&self, asked: serde_json::Value) -> serde_json::Value {
        let body = asked.to_string();
        let mut stream = tokio::net::TcpStream::connect(self.running.control)
            .await
            .expect("control address");
        let head = format!(
            "POST /hook HTTP/1.1\r\nHost: control\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream
            .write_all((head + &body).as_bytes())
            .await
            .expect("hook is asked");
        let mut answer = String::new();
        stream
            .read_to_string(&mut answer)
            .await
            .expect("hook is answered");
        let body = answer.split_once("\r\n\r\n").expect("an HTTP answer").1;
        serde_json::from_str(body).expect("JSON of a hook")
    }
}

/// Serves the key set of an authorisation function to whoever asks.
pub(crate) fn serve_keys(world: &World, node: &str) -> impl Future<Output = ()> + Send + 'static {
    let acceptor = TlsAcceptor::from(Arc::new(world.server_tls(node)));
    let address = world.address(node, "W4");
    let body = world.jwks(node).to_string();
    async move {
        let listener = TcpListener::bind(address)
            .await
            .expect("key server listens");
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let mut buffer = [0; 4096];
            let _ = stream.read(&mut buffer).await;
            let answer = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    }
}
