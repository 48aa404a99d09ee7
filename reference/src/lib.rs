//! A conforming system under test for every role, and the named mistakes ([`Defect`]) that prove the scenarios.
//!
//! It stands on the ecosystem's libraries for SIP, JWT and HTTP and shares no protocol code with the harness: two
//! implementations that agree are evidence, one that is tested by itself is not. It knows of a test bed only the world folder
//! (`docs/world.md`) and the answers of its own SUT file ([`Model`]).

mod aka;
mod control;
mod core;
mod defect;
mod ep_cscf;
#[doc(hidden)]
pub mod fuzz;
mod model;
mod net;
mod shared;
mod sip;
mod token;
mod trust;
mod waf;
mod web;
mod wic;
mod world;
mod wwsf;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

pub use defect::{Defect, UnknownDefect};
pub use model::Model;
pub use shared::Asked;
pub(crate) use shared::Shared;

/// A node that the reference can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// WebRTC IMS Client.
    Wic,
    /// WebRTC Web Server Function, all portals of the world.
    Wwsf,
    /// WebRTC Authorisation Function: the operator's own, and those of the third parties.
    Waf,
    /// The edge of the IMS network for WebRTC clients.
    EpCscf,
    /// Registrar and HSS view in one.
    Core,
}

/// What to start.
#[derive(Clone, Debug)]
pub struct Options {
    /// The roles of this process; names of nodes follow from the world.
    pub roles: Vec<Role>,
    /// Nodes of the roles that somebody else plays, by their name in the world (`waf-b`).
    pub except: Vec<String>,
    /// The world folder.
    pub world: PathBuf,
    /// The one mistake to make, if any.
    pub defect: Option<Defect>,
    /// The answers of the SUT file that this process obeys.
    pub model: Model,
}

/// A running reference. Dropped, it stops.
#[derive(Debug)]
pub struct Running {
    /// Where hooks and visits are asked for, see `docs/profile.md`.
    pub control: SocketAddr,
    /// Which mistakes were asked for.
    pub asked: Arc<Asked>,
    tasks: tokio::task::JoinSet<()>,
}

impl Running {
    /// Ends every listener and waits until all sockets are closed, so that the addresses are free again.
    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
    }
}

/// Why the reference did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A file of the world is missing or not as `docs/world.md` says.
    #[error("cannot read {path} of the world: {why}")]
    World {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A socket could not be opened.
    #[error("cannot listen on {address} for {node}: {why}")]
    Listen {
        /// The address of the world.
        address: SocketAddr,
        /// The node of the world.
        node: String,
        /// The system's reason.
        why: std::io::Error,
    },
}

/// Starts the nodes of `options` and returns when all of them listen.
///
/// # Errors
/// [`StartError`] when the world cannot be read or an address of it cannot be bound.
pub async fn start(options: Options) -> Result<Running, StartError> {
    let world = world::World::read(&options.world)?;
    let shared = Arc::new(Shared::new(world, options.model, options.defect));
    let mut tasks = tokio::task::JoinSet::new();
    let mut hooks = control::Hooks::default();
    for role in &options.roles {
        match role {
            Role::Core => core::start(&shared, &mut tasks, &mut hooks).await?,
            Role::EpCscf => ep_cscf::start(&shared, &mut tasks, &mut hooks).await?,
            Role::Waf => waf::start(&shared, &options.except, &mut tasks, &mut hooks).await?,
            Role::Wwsf => wwsf::start(&shared, &options.except, &mut tasks, &mut hooks).await?,
            Role::Wic => wic::start(&shared, &mut tasks, &mut hooks).await?,
        }
    }
    let control = control::serve(hooks, &mut tasks).await?;
    Ok(Running {
        control,
        asked: shared.asked(),
        tasks,
    })
}
