//! A core alone, spoken to over UDP.

use std::collections::BTreeMap;
use std::time::Duration;

use reference::{Defect, Model, Options, Role, Running};
use tokio::net::UdpSocket;

use super::Bed;
use super::client::{Register, status};
use super::world::World;

/// A core alone, spoken to from the address of the enrolled edge, or from another.
pub(crate) struct Core {
    pub(crate) bed: Bed,
    pub(crate) edge: UdpSocket,
    pub(crate) stranger: UdpSocket,
}

impl Core {
    pub(crate) async fn start(defect: Option<&str>, answers: &[(&str, &str)]) -> Self {
        let world = World::make();
        let answers = answers
            .iter()
            .map(|(item, word)| ((*item).to_owned(), vec![(*word).to_owned()]));
        let model = Model::new(answers.collect::<BTreeMap<_, _>>());
        let defect = defect.map(|name| name.parse::<Defect>().expect("a defect of this name"));
        let options = Options {
            roles: vec![Role::Core],
            except: Vec::new(),
            world: world.folder(),
            defect,
            model,
        };
        let running: Running = reference::start(options).await.expect("a core");
        let edge = UdpSocket::bind(world.address("ep-cscf", "Mw"))
            .await
            .expect("the edge's address");
        let stranger = UdpSocket::bind(world.address("waf", "W4"))
            .await
            .expect("another address");
        for socket in [&edge, &stranger] {
            socket
                .connect(world.address("core", "Mw"))
                .await
                .expect("a way");
        }
        Self {
            bed: Bed::of(world, running),
            edge,
            stranger,
        }
    }

    pub(crate) async fn ask(&self, socket: &UdpSocket, text: &str) -> String {
        socket.send(text.as_bytes()).await.expect("a datagram goes");
        let mut buffer = vec![0; 65_536];
        match tokio::time::timeout(Duration::from_millis(500), socket.recv(&mut buffer)).await {
            Ok(Ok(length)) => String::from_utf8(buffer[..length].to_vec()).expect("text"),
            _ => String::new(),
        }
    }

    pub(crate) async fn register(&self, register: &Register) -> u16 {
        status(&self.ask(&self.edge, &register.text()).await)
    }
}
