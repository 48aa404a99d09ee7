//! The world: operator, test PKI, third parties, subscribers, pools. Made once, kept in a folder, see `docs/world.md`.

mod files;
mod isim;
mod make;
mod ports;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use files::WorldError;
pub use isim::Isim;
pub(crate) use make::random_word;

/// `world.json`: what every operator in the bed may read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Public {
    /// The format's name and version.
    pub format: String,
    /// Home domain and Digest realm.
    pub domain: String,
    /// P-Visited-Network-ID of the enrolled edge.
    pub visited_network: String,
    /// `aud` of a token for IMS.
    pub audience: String,
    /// How many disjoint sets of subscribers there are.
    pub lanes: usize,
    /// Nodes by id.
    pub nodes: BTreeMap<String, Node>,
    /// Enrolled third parties.
    pub parties: Vec<Party>,
    /// Identities set aside for WWSFs.
    pub pools: Vec<Pool>,
    /// Individual subscribers.
    pub subscribers: Vec<Subscriber>,
}

/// A node's name, address, and ports by interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Host name.
    pub name: String,
    /// Address, on loopback.
    pub address: IpAddr,
    /// Ports by interface.
    pub ports: BTreeMap<String, u16>,
}

/// A third party that authorises.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// `A`, `B`, `P1`, `P2`; `X` was never enrolled and stands in no file of an operator.
    pub id: String,
    /// Node of its WAF.
    pub waf: String,
    /// Node of its WWSF.
    pub wwsf: String,
    /// `iss` of its tokens.
    pub issuer: String,
    /// Its WWSF as OAuth client.
    pub client_id: String,
    /// Name of its WWSF.
    pub wwsf_name: String,
    /// Origin of its portal.
    pub origin: String,
    /// Where its keys are.
    pub jwks_uri: String,
    /// Where its tokens are asked after.
    pub introspection_endpoint: String,
    /// What identifies it towards the core.
    pub entity: String,
    /// Its pool.
    pub pool: Option<String>,
    /// 2 or 3.
    pub registration: u8,
}

/// Identities set aside for one WWSF.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {
    /// `P1`, `P2`.
    pub id: String,
    /// Name of the WWSF.
    pub wwsf: String,
    /// The subscriptions.
    pub members: Vec<Member>,
}

/// A subscription of a pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The set that it belongs to.
    pub lane: usize,
    /// Its holder's name in scripts of registration 3.
    pub person: String,
    /// `identified` or `anonymous`.
    pub class: String,
    /// Private identity.
    pub impi: String,
    /// Public identities.
    pub impus: Vec<String>,
}

/// An individual subscriber.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscriber {
    /// Name in scripts.
    pub person: String,
    /// The set that it belongs to.
    pub lane: usize,
    /// Web user name.
    pub user: String,
    /// Private identity.
    pub impi: String,
    /// Public identities.
    pub impus: Vec<String>,
    /// A public identity that is barred.
    pub barred: Vec<String>,
    /// Parties that it granted the right to authorise.
    pub grants: Vec<String>,
}

/// What we know beside the public part: keys and secrets. Only parts of it stand in an operator's folder.
pub struct World {
    /// The folder.
    pub folder: PathBuf,
    /// `world.json`.
    pub public: Public,
    /// The party that was never enrolled.
    pub stranger: Party,
    /// Nodes of our enemies.
    pub foes: BTreeMap<String, Node>,
    /// The authority that everybody trusts.
    pub authority: certs_gen::Authority,
    /// An authority that nobody trusts.
    pub unknown_authority: certs_gen::Authority,
    /// The TLS key of every leaf that we show.
    pub leaf_key: certs_gen::LeafKey,
    /// Signing keys by WAF node.
    pub keys: BTreeMap<String, jose::Key>,
    /// Digest secrets by IMPI.
    pub secrets: BTreeMap<String, String>,
    /// ISIMs by IMPI, of the subscribers that have one.
    pub isims: BTreeMap<String, Isim>,
    /// Web passwords by user name.
    pub passwords: BTreeMap<String, String>,
}

/// A person of a script, in one lane and registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Name in scripts.
    pub name: String,
    /// Web user name; empty for the anonymous.
    pub user: String,
    /// Private identity.
    pub impi: String,
    /// Public identities; the first is the usual one.
    pub impus: Vec<String>,
    /// A barred one.
    pub barred: String,
    /// The party that authorises.
    pub party: String,
    /// Whether the identity is set aside for anonymous use.
    pub anonymous: bool,
}

impl Person {
    /// The public identity that is a telephone number, of whoever has one.
    #[must_use]
    pub fn phone(&self) -> Option<&String> {
        self.impus.iter().find(|impu| impu.contains("user=phone"))
    }
}

impl World {
    /// The person whom a script calls `name`. In registration 3 the names of registration 2 stand for pool users.
    #[must_use]
    pub fn person(&self, lane: usize, registration: u8, name: &str) -> Option<Person> {
        let pooled = match (registration, name) {
            (3, "alice") | (_, "pooled") => Some(("P1", "pat")),
            (3, "bob") => Some(("P1", "quinn")),
            (3, "carol") => Some(("P2", "petra")),
            (_, "anonymous") => Some(("P1", "anna")),
            _ => None,
        };
        match pooled {
            Some((pool, member)) => self.member(lane, pool, member, name),
            None => self.subscriber(
                lane,
                if name == "individual" { "alice" } else { name },
                name,
            ),
        }
    }

    /// Clients of every party but `without`, in all lanes: of individual subscribers in 1 and 2, of pools in 3.
    #[must_use]
    pub fn clients(&self, registration: u8, without: &str) -> Vec<Person> {
        let absent = self.party(registration, without).map(|party| &party.id);
        let pools = self.public.pools.iter().filter(|_| registration == 3);
        let pooled = pools.filter_map(|pool| self.member(0, &pool.id, "client", "client"));
        (0..self.public.lanes)
            .flat_map(|lane| {
                ["alice", "bob", "carol"]
                    .into_iter()
                    .map(move |name| (lane, name))
            })
            .filter_map(|(lane, name)| self.person(lane, registration, name))
            .chain(pooled)
            .filter(|person| Some(&person.party) != absent)
            .collect()
    }

    fn member(&self, lane: usize, pool: &str, member: &str, name: &str) -> Option<Person> {
        let found = self.public.pools.iter().find(|each| each.id == pool)?;
        let member = found
            .members
            .iter()
            .find(|each| each.lane == lane && each.person == member)?;
        let anonymous = member.class == "anonymous";
        Some(Person {
            name: name.to_owned(),
            user: if anonymous {
                String::new()
            } else {
                format!("{}{lane}", member.person)
            },
            impi: member.impi.clone(),
            impus: member.impus.clone(),
            barred: String::new(),
            party: pool.to_owned(),
            anonymous,
        })
    }

    fn subscriber(&self, lane: usize, person: &str, name: &str) -> Option<Person> {
        let found = self
            .public
            .subscribers
            .iter()
            .find(|each| each.lane == lane && each.person == person)?;
        Some(Person {
            name: name.to_owned(),
            user: found.user.clone(),
            impi: found.impi.clone(),
            impus: found.impus.clone(),
            barred: found.barred.first().cloned().unwrap_or_default(),
            party: found
                .grants
                .first()
                .cloned()
                .unwrap_or_else(|| "A".to_owned()),
            anonymous: false,
        })
    }

    /// Puts a vendor's fixed data in place of a subscriber's of the first lane: `user`, `password`, `impi`, `impu`, `sibling`,
    /// `phone`, `secret`; and of one who has an ISIM `k`, `opc`, `amf` in hexadecimal digits.
    ///
    /// # Errors
    /// In words, when nobody has that name or a value has another.
    pub fn fix(&mut self, person: &str, values: &BTreeMap<String, String>) -> Result<(), String> {
        let subscriber = self
            .public
            .subscribers
            .iter_mut()
            .find(|each| each.lane == 0 && each.person == person);
        let subscriber = subscriber.ok_or_else(|| format!("no subscriber is called {person}"))?;
        let mut isim = self.isims.remove(&subscriber.impi);
        let holds_isim = isim.is_some();
        for (name, value) in values {
            let place = match name.as_str() {
                "user" => &mut subscriber.user,
                "impi" => &mut subscriber.impi,
                "impu" => &mut subscriber.impus[0],
                "sibling" => &mut subscriber.impus[1],
                "phone" => match subscriber.impus.get_mut(2) {
                    Some(phone) => phone,
                    None => return Err(format!("{person} has no telephone number")),
                },
                "password" | "secret" => continue,
                "k" | "opc" | "amf" if holds_isim => continue,
                _ => {
                    return Err(format!(
                        "{person} has no {name}: write user, password, impi, impu, sibling, phone or secret, and k, opc or amf of {}",
                        isim::HOLDER
                    ));
                }
            };
            place.clone_from(value);
        }
        if let Some(isim) = &mut isim {
            for name in ["k", "opc", "amf"] {
                if let Some(value) = values.get(name).filter(|value| !isim.fix(name, value)) {
                    return Err(format!(
                        "{name} of {person} is {value:?}: write hexadecimal digits, 32 of k and opc, 4 of amf"
                    ));
                }
            }
        }
        if let Some(isim) = isim {
            self.isims.insert(subscriber.impi.clone(), isim);
        }
        if let Some(password) = values.get("password") {
            self.passwords
                .insert(subscriber.user.clone(), password.clone());
        }
        if let Some(secret) = values.get("secret") {
            self.secrets.insert(subscriber.impi.clone(), secret.clone());
        }
        Ok(())
    }

    /// A party by its id. In registration 3 `A` and `B` stand for `P1` and `P2`.
    #[must_use]
    pub fn party(&self, registration: u8, id: &str) -> Option<&Party> {
        let id = match (registration, id) {
            // The third party of individual subscribers, whatever A stands for here.
            (_, "individual") => "A",
            (3, "A") => "P1",
            (3, "B") => "P2",
            (_, id) => id,
        };
        if id == "X" {
            Some(&self.stranger)
        } else {
            self.public.parties.iter().find(|party| party.id == id)
        }
    }

    /// Where a node listens for an interface, in the world's own layout.
    #[must_use]
    pub fn address(&self, node: &str, interface: &str) -> Option<SocketAddr> {
        let node = self
            .public
            .nodes
            .get(node)
            .or_else(|| self.foes.get(node))?;
        Some(SocketAddr::new(node.address, *node.ports.get(interface)?))
    }

    /// A node's host name.
    #[must_use]
    pub fn name(&self, node: &str) -> &str {
        self.public
            .nodes
            .get(node)
            .or_else(|| self.foes.get(node))
            .map_or("", |node| node.name.as_str())
    }

    /// Every name of ours with its address, as /etc/hosts would have them.
    pub fn hosts(&self) -> impl Iterator<Item = (&str, IpAddr)> {
        self.public
            .nodes
            .values()
            .chain(self.foes.values())
            .map(|node| (node.name.as_str(), node.address))
    }
}
