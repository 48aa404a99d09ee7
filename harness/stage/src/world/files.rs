//! The world folder: one sub-folder per role, holding what that role's operator would have.

use std::collections::BTreeMap;
use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use certs_gen::{Authority, LeafKey, LeafRequest, Usage};
use jose::{Algorithm, Key};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::isim::Written;
use super::{Isim, Node, Party, Public, World};

/// Why a world could not be made or read.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// A key or certificate could not be made.
    #[error("cannot make a key or certificate: {0}")]
    Pki(String),
    /// No port is free.
    #[error("no port is free on {0}: is loopback up? (`ip addr show lo`)")]
    NoPort(IpAddr),
    /// A file could not be written or read.
    #[error("{path}: {why}")]
    File {
        /// The file.
        path: PathBuf,
        /// The reason.
        why: String,
    },
}

/// What only we keep, `harness/private.json`.
#[derive(Serialize, Deserialize)]
struct Private {
    stranger: Party,
    foes: BTreeMap<String, Node>,
    secrets: BTreeMap<String, String>,
    /// None in a world that was made before there were any.
    #[serde(default)]
    isims: BTreeMap<String, Written>,
    passwords: BTreeMap<String, String>,
}

impl World {
    /// Reads a world that was made before.
    ///
    /// # Errors
    /// When a file is missing or not as `docs/world.md` says.
    pub fn open(folder: &Path) -> Result<Self, WorldError> {
        let public: Public = read_json(&folder.join("world.json"))?;
        let private: Private = read_json(&folder.join("harness/private.json"))?;
        let authority = |name: &str| {
            let path = folder.join("harness").join(name);
            Authority::from_pem(&read(&path)?).map_err(|why| failed(&path, &why))
        };
        let mut keys = BTreeMap::new();
        for node in ["waf", "waf-a", "waf-b"]
            .into_iter()
            .map(|node| (node, folder.join(node).join("signing.pem")))
            .chain([("waf-x", folder.join("harness/waf-x.pem"))])
        {
            let text = read(&node.1)?;
            let key = Key::from_pkcs8(Algorithm::ES256, text.as_bytes())
                .map_err(|why| failed(&node.1, &why))?;
            keys.insert(node.0.to_owned(), key);
        }
        let isims = private.isims.iter().map(|(impi, written)| {
            let isim = Isim::read(written).ok_or_else(|| {
                failed(
                    &folder.join("harness/private.json"),
                    &"an ISIM that cannot be read",
                )
            })?;
            Ok((impi.clone(), isim))
        });
        let isims = isims.collect::<Result<_, WorldError>>()?;
        let world = Self {
            folder: folder.to_owned(),
            authority: authority("authority.pem")?,
            unknown_authority: authority("unknown-authority.pem")?,
            leaf_key: LeafKey::generate().map_err(|why| WorldError::Pki(why.to_string()))?,
            keys,
            public,
            stranger: private.stranger,
            foes: private.foes,
            secrets: private.secrets,
            isims,
            passwords: private.passwords,
        };
        world.write_leaves(OffsetDateTime::now_utc())?;
        Ok(world)
    }

    pub(super) fn write(&self, now: OffsetDateTime) -> Result<(), WorldError> {
        write(&self.folder.join("world.json"), &pretty(&self.public))?;
        write(&self.folder.join("roots.pem"), &self.authority.root_pem())?;
        self.write_leaves(now)?;
        self.write_core()?;
        for waf in ["waf", "waf-a", "waf-b"] {
            self.write_waf(waf)?;
        }
        for party in &self.public.parties {
            self.write_portal(party)?;
        }
        self.write_own()
    }

    /// The certificates of every role, and what has been revoked: fresh each time a world is opened, since a world is kept longer
    /// than they live.
    fn write_leaves(&self, now: OffsetDateTime) -> Result<(), WorldError> {
        let lists = self.authority.revocation_lists(now);
        let lists = lists.map_err(|why| WorldError::Pki(why.to_string()))?;
        write(&self.folder.join("crl.pem"), &lists)?;
        for (node, found) in &self.public.nodes {
            if node == "core" {
                continue;
            }
            self.write_leaf(node, "cert.pem", "key.pem", &found.name, Usage::Server, now)?;
            if node == "ep-cscf" || node.starts_with("wwsf") {
                self.write_leaf(
                    node,
                    "client.pem",
                    "client-key.pem",
                    &found.name,
                    Usage::Client,
                    now,
                )?;
            }
        }
        Ok(())
    }

    fn write_leaf(
        &self,
        node: &str,
        chain: &str,
        key: &str,
        name: &str,
        usage: Usage,
        now: OffsetDateTime,
    ) -> Result<(), WorldError> {
        // A WWSF is visited by names below its own, one a visit, so that a browser carries nothing over.
        let mut names = vec![name.to_owned()];
        if usage == Usage::Server {
            names.push(format!("*.{name}"));
        }
        let request = LeafRequest {
            names,
            addresses: Vec::new(),
            usage,
            subject_cn: None,
            now,
        };
        let leaf = self
            .authority
            .issue(&request)
            .map_err(|why| WorldError::Pki(why.to_string()))?;
        let folder = self.folder.join(node);
        write(&folder.join(chain), &leaf.chain_pem())?;
        write_private(&folder.join(key), &leaf.key_pem())
    }

    fn write_core(&self) -> Result<(), WorldError> {
        let entity = |id: &String| {
            self.public
                .parties
                .iter()
                .find(|party| party.id == *id)
                .map(|party| &party.entity)
        };
        let individuals = self.public.subscribers.iter().map(|each| {
            let allowed: Vec<_> = each.grants.iter().filter_map(entity).collect();
            json!({ "impi": each.impi, "impus": each.impus, "barred": each.barred, "secret": self.secrets[&each.impi],
                    "isim": self.isims.get(&each.impi).map(Isim::written), "allowed": allowed, "trusted_node": each.person != super::isim::HOLDER, "pool": null })
        });
        let members = self
            .public
            .pools
            .iter()
            .flat_map(|pool| pool.members.iter().map(move |member| (pool, member)));
        let members = members.map(|(pool, member)| {
            json!({ "impi": member.impi, "impus": member.impus, "barred": [], "secret": self.secrets[&member.impi],
                    "allowed": [pool.wwsf], "trusted_node": true, "pool": pool.id })
        });
        let subscribers: Vec<Value> = individuals.chain(members).collect();
        write_private(
            &self.folder.join("core/subscribers.json"),
            &pretty(&subscribers),
        )?;
        let edge = self.public.nodes["ep-cscf"].address;
        let trusted =
            json!({ "addresses": [edge], "visited_networks": [self.public.visited_network] });
        write(&self.folder.join("core/trusted.json"), &pretty(&trusted))
    }

    fn write_waf(&self, node: &str) -> Result<(), WorldError> {
        let folder = self.folder.join(node);
        let pem = self.keys[node]
            .to_pkcs8_pem()
            .map_err(|why| failed(&folder.join("signing.pem"), &why))?;
        write_private(&folder.join("signing.pem"), &pem)?;
        let own = self
            .public
            .parties
            .iter()
            .filter(|party| node == "waf" || party.waf == node);
        let mut clients: Vec<Value> = own
            .map(|party| {
                json!({ "client_id": party.client_id, "party": party.id, "name": party.wwsf_name,
                        "tls_client_auth_san_dns": party.wwsf_name, "redirect_uris": [format!("{}/callback", party.origin)],
                        "pool": party.pool, "introspection": false })
            })
            .collect();
        clients.push(json!({ "client_id": "ep-cscf", "party": null, "name": self.name("ep-cscf"),
            "tls_client_auth_san_dns": self.name("ep-cscf"), "redirect_uris": [], "pool": null, "introspection": true }));
        write(&folder.join("clients.json"), &pretty(&clients))?;
        let users: Vec<Value> = self
            .public
            .subscribers
            .iter()
            .map(|each| {
                json!({ "user": each.user, "password": self.passwords[&each.user], "impi": each.impi, "impus": each.impus,
                        "grants": each.grants })
            })
            .collect();
        write_private(&folder.join("users.json"), &pretty(&users))
    }

    fn write_portal(&self, party: &Party) -> Result<(), WorldError> {
        let edge = &self.public.nodes["ep-cscf"];
        let portal = json!({ "party": party.id, "waf": party.waf, "client_id": party.client_id, "issuer": party.issuer,
            "w2": format!("wss://{}:{}/", edge.name, edge.ports["W2"]), "pool": party.pool, "anonymous": party.pool.is_some() });
        let folder = self.folder.join(&party.wwsf);
        write(&folder.join("portal.json"), &pretty(&portal))?;
        let users: Vec<Value> = match &party.pool {
            None => self
                .public
                .subscribers
                .iter()
                .map(|each| {
                    json!({ "user": each.user, "password": self.passwords[&each.user], "impi": each.impi, "impu": each.impus[0] })
                })
                .collect(),
            Some(pool) => self.public.pools.iter().filter(|each| each.id == *pool).flat_map(|each| &each.members).filter(|member| member.class == "identified").map(|member| {
                let user = format!("{}{}", member.person, member.lane);
                json!({ "password": self.passwords[&user], "user": user })
            }).collect(),
        };
        write_private(&folder.join("users.json"), &pretty(&users))
    }

    fn write_own(&self) -> Result<(), WorldError> {
        let folder = self.folder.join("harness");
        fs::create_dir_all(&folder).map_err(|why| failed(&folder, &why))?;
        only_for_owner(&folder, 0o700)?;
        let private = Private {
            stranger: self.stranger.clone(),
            foes: self.foes.clone(),
            secrets: self.secrets.clone(),
            isims: self
                .isims
                .iter()
                .map(|(impi, isim)| (impi.clone(), isim.written()))
                .collect(),
            passwords: self.passwords.clone(),
        };
        write_private(&folder.join("private.json"), &pretty(&private))?;
        write_private(&folder.join("authority.pem"), &self.authority.to_pem())?;
        write_private(
            &folder.join("unknown-authority.pem"),
            &self.unknown_authority.to_pem(),
        )?;
        let foe = folder.join("waf-x.pem");
        write_private(
            &foe,
            &self.keys["waf-x"]
                .to_pkcs8_pem()
                .map_err(|why| failed(&foe, &why))?,
        )
    }
}

fn pretty<T: Serialize>(value: &T) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}

fn failed(path: &Path, why: &impl ToString) -> WorldError {
    WorldError::File {
        path: path.to_owned(),
        why: why.to_string(),
    }
}

fn read(path: &Path) -> Result<String, WorldError> {
    fs::read_to_string(path).map_err(|why| failed(path, &why))
}

fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, WorldError> {
    serde_json::from_str(&read(path)?).map_err(|why| failed(path, &why))
}

fn write(path: &Path, text: &str) -> Result<(), WorldError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|why| failed(folder, &why))?;
    }
    fs::write(path, text).map_err(|why| failed(path, &why))
}

/// A file that only its owner may read.
fn write_private(path: &Path, text: &str) -> Result<(), WorldError> {
    write(path, text)?;
    only_for_owner(path, 0o600)
}

#[cfg(unix)]
fn only_for_owner(path: &Path, mode: u32) -> Result<(), WorldError> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(|why| failed(path, &why))
}

#[cfg(not(unix))]
fn only_for_owner(_: &Path, _: u32) -> Result<(), WorldError> {
    Ok(())
}
