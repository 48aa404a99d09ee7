//! The world folder as a vendor would read it: types of our own over `docs/world.md`.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::StartError;

/// `world.json`, and the folder it came from.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct World {
    #[serde(skip)]
    pub(crate) folder: PathBuf,
    pub(crate) domain: String,
    pub(crate) visited_network: String,
    pub(crate) audience: String,
    pub(crate) nodes: BTreeMap<String, Node>,
    pub(crate) parties: Vec<Party>,
    pub(crate) pools: Vec<Pool>,
    pub(crate) subscribers: Vec<Subscriber>,
}

/// A node's name, address and ports by interface.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) address: IpAddr,
    pub(crate) ports: BTreeMap<String, u16>,
}

/// An enrolled third party.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Party {
    pub(crate) id: String,
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    pub(crate) wwsf_name: String,
    pub(crate) origin: String,
    pub(crate) jwks_uri: String,
    pub(crate) introspection_endpoint: String,
    pub(crate) entity: String,
    pub(crate) pool: Option<String>,
    pub(crate) registration: u8,
}

/// The identities set aside for one WWSF.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Pool {
    pub(crate) id: String,
    pub(crate) members: Vec<Member>,
}

/// One subscription of a pool.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Member {
    pub(crate) class: String,
    pub(crate) impi: String,
    pub(crate) impus: Vec<String>,
}

/// An individual subscriber and the third parties that the subscriber granted.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Subscriber {
    pub(crate) user: String,
    pub(crate) impi: String,
    pub(crate) impus: Vec<String>,
    pub(crate) grants: Vec<String>,
}

impl World {
    /// Reads `world.json` of a folder.
    pub(crate) fn read(folder: &Path) -> Result<Self, StartError> {
        let mut world: Self = read_json(&folder.join("world.json"))?;
        folder.clone_into(&mut world.folder);
        Ok(world)
    }

    /// A JSON file of a role's sub-folder.
    pub(crate) fn json<T: DeserializeOwned>(&self, path: &str) -> Result<T, StartError> {
        read_json(&self.folder.join(path))
    }

    /// A PEM or other text file of a role's sub-folder.
    pub(crate) fn text(&self, path: &str) -> Result<String, StartError> {
        read(&self.folder.join(path))
    }

    /// Where a node listens for an interface.
    pub(crate) fn address(&self, node: &str, interface: &str) -> Result<SocketAddr, StartError> {
        self.nodes
            .get(node)
            .and_then(|found| Some(SocketAddr::new(found.address, *found.ports.get(interface)?)))
            .ok_or_else(|| StartError::World {
                path: self.folder.join("world.json"),
                why: format!("no port {interface} of node {node}"),
            })
    }

    /// The address of a host name, by the list of nodes; a name below a node's is the node's too.
    pub(crate) fn resolve(&self, name: &str) -> Option<IpAddr> {
        self.nodes
            .values()
            .find(|node| {
                name == node.name
                    || name
                        .strip_suffix(&node.name)
                        .is_some_and(|rest| rest.ends_with('.'))
            })
            .map(|node| node.address)
    }
}

fn read(path: &Path) -> Result<String, StartError> {
    std::fs::read_to_string(path).map_err(|why| StartError::World {
        path: path.to_owned(),
        why: why.to_string(),
    })
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, StartError> {
    serde_json::from_str(&read(path)?).map_err(|why| StartError::World {
        path: path.to_owned(),
        why: why.to_string(),
    })
}
