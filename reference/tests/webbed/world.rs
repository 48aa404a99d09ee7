//! A world folder with every node of `docs/world.md`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::atomic::{AtomicU8, Ordering};

use rcgen::KeyPair;
use serde_json::{Value, json};

use super::pki::{Authority, Usage};

/// Each bed of the process has an address block of its own.
static NEXT: AtomicU8 = AtomicU8::new(1);

/// Node, name, last number of its address, ports by interface.
type Node = (
    &'static str,
    &'static str,
    u8,
    &'static [(&'static str, u16)],
);

const NODES: [Node; 9] = [
    ("wwsf-a", "portal-a.localhost", 11, &[("W1", 40_021)]),
    ("wwsf-b", "portal-b.localhost", 12, &[("W1", 40_022)]),
    ("wwsf-p1", "portal-p1.localhost", 13, &[("W1", 40_023)]),
    ("wwsf-p2", "portal-p2.localhost", 14, &[("W1", 40_024)]),
    ("waf", "waf.localhost", 20, &[("W4", 40_010)]),
    ("waf-a", "waf-a.localhost", 21, &[("W4", 40_011)]),
    ("waf-b", "waf-b.localhost", 22, &[("W4", 40_012)]),
    (
        "ep-cscf",
        "edge.localhost",
        31,
        &[("W2", 40_005), ("Mw", 40_006)],
    ),
    ("core", "core.localhost", 32, &[("Mw", 40_007)]),
];

pub struct World {
    pub folder: tempfile::TempDir,
    pub authority: Authority,
    block: [u8; 2],
}

impl World {
    pub fn make() -> Self {
        let block = [
            u8::try_from(std::process::id() % 100).expect("small") + 120,
            NEXT.fetch_add(1, Ordering::Relaxed),
        ];
        let world = Self {
            folder: tempfile::tempdir().expect("a folder"),
            authority: Authority::make(),
            block,
        };
        world.write();
        world
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn address(&self, node: &str, interface: &str) -> SocketAddr {
        let (_, _, host, ports) = find(node);
        let (_, port) = ports
            .iter()
            .find(|(name, _)| *name == interface)
            .expect("an interface");
        SocketAddr::new(self.host(*host), *port)
    }

    pub fn ip(&self, node: &str) -> IpAddr {
        self.host(find(node).2)
    }

    pub fn name(&self, node: &str) -> &'static str {
        find(node).1
    }

    /// `https://NAME:PORT` of a node.
    pub fn origin(&self, node: &str) -> String {
        let (_, name, _, ports) = find(node);
        format!("https://{name}:{}", ports[0].1)
    }

    fn host(&self, last: u8) -> IpAddr {
        Ipv4Addr::new(127, self.block[0], self.block[1], last).into()
    }

    fn put(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }

    fn write(&self) {
        self.put("roots.pem", &self.authority.root);
        self.put("world.json", &self.description().to_string());
        for (node, name, ..) in NODES.iter().filter(|(node, ..)| *node != "core") {
            let server = self.authority.leaf(name, Usage::Server);
            self.put(&format!("{node}/cert.pem"), &server.chain);
            self.put(&format!("{node}/key.pem"), &server.key);
            let client = self.authority.leaf(name, Usage::Client);
            self.put(&format!("{node}/client.pem"), &client.chain);
            self.put(&format!("{node}/client-key.pem"), &client.key);
        }
        self.write_core();
        for waf in ["waf", "waf-a", "waf-b"] {
            self.write_waf(waf);
        }
        for party in self.parties() {
            self.write_portal(&party);
        }
    }

    fn write_core(&self) {
        let individuals = self.subscribers().into_iter().map(|each| {
            let grants = each["grants"].as_array().expect("grants").clone();
            let allowed: Vec<Value> = self.parties().iter().filter(|party| grants.contains(&party["id"])).map(|party| party["entity"].clone()).collect();
            json!({ "impi": each["impi"], "impus": each["impus"], "barred": [], "secret": "the ims secret", "allowed": allowed, "pool": null })
        });
        let pools = self.pools();
        let members = pools.iter().flat_map(|pool| {
            let members = pool["members"].as_array().expect("members").clone();
            members.into_iter().map(move |member| {
                json!({ "impi": member["impi"], "impus": member["impus"], "barred": [], "secret": "none",
                        "allowed": [pool["wwsf"]], "pool": pool["id"] })
            })
        });
        let all: Vec<Value> = individuals.chain(members).collect();
        self.put("core/subscribers.json", &Value::Array(all).to_string());
        let trusted =
            json!({ "addresses": [self.ip("ep-cscf")], "visited_networks": ["op.example"] });
        self.put("core/trusted.json", &trusted.to_string());
    }

    fn write_waf(&self, node: &str) {
        self.put(
            &format!("{node}/signing.pem"),
            &KeyPair::generate().expect("a key").serialize_pem(),
        );
        let own = self
            .parties()
            .into_iter()
            .filter(|party| node == "waf" || party["waf"] == node);
        let mut clients: Vec<Value> = own
            .map(|party| {
                let origin = party["origin"].as_str().expect("an origin");
                json!({ "client_id": party["client_id"], "party": party["id"], "name": party["wwsf_name"],
                        "tls_client_auth_san_dns": party["wwsf_name"], "redirect_uris": [format!("{origin}/callback")],
                        "pool": party["pool"], "introspection": false, "secret": format!("secret of {}", party["id"].as_str().expect("id")) })
            })
            .collect();
        clients.push(json!({ "client_id": "ep-cscf", "party": null, "name": "edge.localhost",
            "tls_client_auth_san_dns": "edge.localhost", "redirect_uris": [], "pool": null, "introspection": true }));
        self.put(
            &format!("{node}/clients.json"),
            &Value::Array(clients).to_string(),
        );
        let users: Vec<Value> = self
            .subscribers()
            .iter()
            .map(|each| {
                json!({ "user": each["user"], "password": password(&each["user"]), "impi": each["impi"],
                        "impus": each["impus"], "grants": each["grants"] })
            })
            .collect();
        self.put(
            &format!("{node}/users.json"),
            &Value::Array(users).to_string(),
        );
    }

    fn write_portal(&self, party: &Value) {
        let node = party["wwsf"].as_str().expect("a node");
        let pool = party["pool"].as_str();
        let portal = json!({ "party": party["id"], "waf": party["waf"], "client_id": party["client_id"], "issuer": party["issuer"],
            "w2": "wss://edge.localhost:40005/", "pool": pool, "anonymous": pool.is_some(), "secret": format!("secret of {}", party["id"].as_str().expect("id")) });
        self.put(&format!("{node}/portal.json"), &portal.to_string());
        let users: Vec<Value> = match pool {
            None => self
                .subscribers()
                .iter()
                .map(|each| json!({ "user": each["user"], "password": password(&each["user"]), "impi": each["impi"], "impu": each["impus"][0] }))
                .collect(),
            Some(_) => ["pat0", "quinn0"].iter().map(|user| json!({ "user": user, "password": password(&json!(user)) })).collect(),
        };
        self.put(
            &format!("{node}/users.json"),
            &Value::Array(users).to_string(),
        );
    }

    fn description(&self) -> Value {
        let nodes: serde_json::Map<String, Value> = NODES
            .iter()
            .map(|(node, name, host, ports)| {
                let ports: serde_json::Map<String, Value> = ports
                    .iter()
                    .map(|(name, port)| ((*name).to_owned(), json!(port)))
                    .collect();
                (
                    (*node).to_owned(),
                    json!({ "name": name, "address": self.host(*host), "ports": ports }),
                )
            })
            .collect();
        json!({ "format": "wicheck-world/1", "domain": "op.example", "visited_network": "op.example",
            "audience": "https://ims.op.example", "lanes": 1, "nodes": nodes, "parties": self.parties(),
            "pools": self.pools(), "subscribers": self.subscribers() })
    }

    fn parties(&self) -> Vec<Value> {
        [("A", "waf-a", "wwsf-a", None), ("B", "waf-b", "wwsf-b", None), ("P1", "waf", "wwsf-p1", Some("P1")), ("P2", "waf", "wwsf-p2", Some("P2"))]
            .into_iter()
            .map(|(id, waf, wwsf, pool)| {
                let issuer = self.origin(waf);
                json!({ "id": id, "waf": waf, "wwsf": wwsf, "issuer": issuer, "client_id": wwsf, "wwsf_name": self.name(wwsf),
                    "origin": self.origin(wwsf), "jwks_uri": format!("{issuer}/jwks"), "introspection_endpoint": format!("{issuer}/introspect"),
                    "entity": if pool.is_some() { self.name(wwsf).to_owned() } else { issuer }, "pool": pool,
                    "registration": if pool.is_some() { 3 } else { 2 } })
            })
            .collect()
    }

    fn pools(&self) -> Vec<Value> {
        ["P1", "P2"]
            .iter()
            .map(|pool| {
                let member = |person: &str, class: &str, number: u8| {
                    let user = format!("{}-{number:03}", pool.to_lowercase());
                    json!({ "lane": 0, "person": person, "class": class, "impi": format!("{user}@op.example"),
                            "impus": [format!("sip:{user}@op.example"), format!("sip:{user}.b@op.example")] })
                };
                json!({ "id": pool, "wwsf": format!("portal-{}.localhost", pool.to_lowercase()),
                        "members": [member("pat", "identified", 0), member("quinn", "identified", 1), member("anna", "anonymous", 2)] })
            })
            .collect()
    }

    fn subscribers(&self) -> Vec<Value> {
        [("alice", vec!["A"]), ("bob", vec!["A"]), ("carol", vec!["B"]), ("dave", vec![])]
            .into_iter()
            .map(|(person, grants)| {
                json!({ "person": person, "lane": 0, "user": format!("{person}0"), "impi": format!("{person}0@op.example"),
                    "impus": [format!("sip:{person}0@op.example"), format!("sip:{person}0.work@op.example")], "barred": [], "grants": grants })
            })
            .collect()
    }
}

/// The web password of a user.
pub fn password(user: &Value) -> String {
    format!("password of {}", user.as_str().expect("a name"))
}

fn find(node: &str) -> &'static Node {
    NODES
        .iter()
        .find(|(name, ..)| *name == node)
        .expect("a node")
}
