//! A test bed for the web nodes and the client: a whole world, and the roles of it that a test wants.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file uses its own part of the bed, as one would a crate"
)]

pub mod client;
pub mod oauth;
pub mod pki;
pub mod world;

use std::net::SocketAddr;

use reference::{Defect, Model, Options, Role, Running};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use self::world::World;

pub struct Bed {
    pub world: World,
    pub running: Running,
}

/// Answers of a SUT file.
pub type Answers<'a> = &'a [(&'a str, &'a [&'a str])];

impl Bed {
    /// Conforming roles.
    pub async fn honest(roles: &[Role]) -> Self {
        Self::start(roles, None, &[]).await
    }

    /// Roles of which one makes a mistake.
    pub async fn with(roles: &[Role], defect: &str) -> Self {
        Self::start(roles, Some(defect), &[]).await
    }

    pub async fn start(roles: &[Role], defect: Option<&str>, answers: Answers<'_>) -> Self {
        Self::start_in(World::make(), roles, defect, answers).await
    }

    pub async fn start_in(
        world: World,
        roles: &[Role],
        defect: Option<&str>,
        answers: Answers<'_>,
    ) -> Self {
        let running = start(&world, roles, defect, answers).await;
        Self { world, running }
    }

    /// Another process in the same world.
    pub async fn beside(
        &self,
        roles: &[Role],
        defect: Option<&str>,
        answers: Answers<'_>,
    ) -> Running {
        start(&self.world, roles, defect, answers).await
    }

    /// Asks a hook at the control address.
    pub async fn hook(&self, asked: Value) -> Value {
        hook_at(self.running.control, asked).await
    }
}

async fn start(
    world: &World,
    roles: &[Role],
    defect: Option<&str>,
    answers: Answers<'_>,
) -> Running {
    let words = |words: &[&str]| {
        words
            .iter()
            .map(|word| (*word).to_owned())
            .collect::<Vec<_>>()
    };
    let answers = answers
        .iter()
        .map(|(item, list)| ((*item).to_owned(), words(list)));
    let options = Options {
        roles: roles.to_vec(),
        except: Vec::new(),
        world: world.path().to_owned(),
        defect: defect.map(|name| name.parse::<Defect>().expect("a defect of this name")),
        model: Model::new(answers.collect()),
    };
    reference::start(options).await.expect("the roles start")
}

/// Asks a hook at some control address.
pub async fn hook_at(control: SocketAddr, asked: Value) -> Value {
    let body = asked.to_string();
    let mut stream = tokio::net::TcpStream::connect(control)
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
