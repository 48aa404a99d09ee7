//! A world folder with the least that edge and core need.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};

/// Each bed of the process has an address block of its own.
static NEXT: AtomicU8 = AtomicU8::new(1);

pub(crate) struct World {
    folder: tempfile::TempDir,
    block: [u8; 2],
    roots: String,
    leaves: HashMap<String, (String, String)>,
    signing: HashMap<String, KeyPair>,
}

/// Node, name, last number of the address, ports by interface.
type Node = (
    &'static str,
    &'static str,
    u8,
    &'static [(&'static str, u16)],
);

const NODES: [Node; 5] = [
    (
        "ep-cscf",
        "edge.localhost",
        31,
        &[("W2", 40_005), ("Mw", 40_006), ("Gm", 40_008)],
    ),
    ("core", "core.localhost", 32, &[("Mw", 40_007)]),
    ("waf", "waf.localhost", 11, &[("W4", 40_010)]),
    ("waf-a", "waf-a.localhost", 12, &[("W4", 40_011)]),
    ("waf-b", "waf-b.localhost", 13, &[("W4", 40_012)]),
];

impl World {
    pub(crate) fn make() -> Self {
        let authority_key = KeyPair::generate().expect("a key");
        let mut authority = CertificateParams::new(Vec::new()).expect("parameters");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = authority.self_signed(&authority_key).expect("a root");
        let issuer = Issuer::new(authority, authority_key);
        let mut leaves = HashMap::new();
        for (node, name, _, _) in NODES {
            let key = KeyPair::generate().expect("a key");
            let parameters = CertificateParams::new(vec![name.to_owned()]).expect("parameters");
            let leaf = parameters.signed_by(&key, &issuer).expect("a leaf");
            leaves.insert(node.to_owned(), (leaf.pem(), key.serialize_pem()));
        }
        let signing = ["waf", "waf-a", "waf-b"]
            .map(|node| (node.to_owned(), KeyPair::generate().expect("a key")));
        let block = [
            u8::try_from(std::process::id() % 200).expect("small") + 20,
            NEXT.fetch_add(1, Ordering::Relaxed),
        ];
        let folder = tempfile::tempdir().expect("a folder");
        let world = Self {
            folder,
            block,
            roots: root.pem(),
            leaves,
            signing: signing.into(),
        };
        world.write();
        world
    }

    fn write(&self) {
        let put = |name: &str, text: &str| {
            let path = self.folder.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            std::fs::write(path, text).expect("a file");
        };
        let (certificate, key) = &self.leaves["ep-cscf"];
        put("roots.pem", &self.roots);
        put("ep-cscf/cert.pem", certificate);
        put("ep-cscf/key.pem", key);
        put("ep-cscf/client.pem", certificate);
        put("ep-cscf/client-key.pem", key);
        put("world.json", &self.description().to_string());
        put("core/subscribers.json", &self.subscribers().to_string());
        let edge = self.address("ep-cscf", "Mw").ip();
        let trusted = json!({ "addresses": [edge], "visited_networks": ["op.example"] });
        put("core/trusted.json", &trusted.to_string());
    }

    fn description(&self) -> Value {
        let nodes: serde_json::Map<String, Value> = NODES
            .iter()
            .map(|(node, name, host, ports)| {
                let ports: serde_json::Map<String, Value> = ports
                    .iter()
                    .map(|(interface, port)| ((*interface).to_owned(), json!(port)))
                    .collect();
                (
                    (*node).to_owned(),
                    json!({ "name": name, "address": self.host(*host), "ports": ports }),
                )
            })
            .collect();
        let party = |id: &str, waf: &str, wwsf: &str, port: u16, pool: Option<&str>| {
            let issuer = format!("https://{waf}.localhost:{port}");
            let name = format!("portal-{}.localhost", id.to_lowercase());
            json!({ "id": id, "waf": waf, "wwsf": wwsf, "issuer": issuer, "client_id": wwsf, "wwsf_name": name,
                "origin": format!("https://{name}:40021"), "jwks_uri": format!("{issuer}/jwks"),
                "introspection_endpoint": format!("{issuer}/introspect"),
                "entity": if pool.is_some() { name } else { issuer }, "pool": pool,
                "registration": if pool.is_some() { 3 } else { 2 } })
        };
        let pools = ["P1", "P2"].map(|pool| {
                let (user, anonymous) = (format!("{}-000", pool.to_lowercase()), format!("{}-001", pool.to_lowercase()));
                json!({ "id": pool, "wwsf": format!("portal-{}.localhost", pool.to_lowercase()), "members": [
                    { "lane": 0, "person": "pat", "class": "identified", "impi": format!("{user}@op.example"),
                      "impus": [format!("sip:{user}@op.example"), format!("sip:{user}.b@op.example")] },
                    { "lane": 0, "person": "nobody", "class": "anonymous", "impi": format!("{anonymous}@op.example"),
                      "impus": [format!("sip:{anonymous}@op.example")] },
                ] })
            });
        json!({
            "format": "wicheck-world/1", "domain": "op.example", "visited_network": "op.example",
            "audience": "https://ims.op.example", "lanes": 1, "nodes": nodes,
            "parties": [
                party("A", "waf-a", "wwsf-a", 40_011, None), party("B", "waf-b", "wwsf-b", 40_012, None),
                party("P1", "waf", "wwsf-p1", 40_010, Some("P1")), party("P2", "waf", "wwsf-p2", 40_010, Some("P2")),
            ],
            "pools": pools,
            "subscribers": [
                { "person": "alice", "lane": 0, "user": "alice0", "impi": "alice0@op.example",
                  "impus": ["sip:alice0@op.example", "sip:alice0.work@op.example"], "barred": ["sip:alice0.barred@op.example"], "grants": ["A"] },
                { "person": "bob", "lane": 0, "user": "bob0", "impi": "bob0@op.example", "impus": ["sip:bob0@op.example"], "barred": [], "grants": ["A"] },
                { "person": "carol", "lane": 0, "user": "carol0", "impi": "carol0@op.example", "impus": ["sip:carol0@op.example"], "barred": [], "grants": ["B"] },
            ],
        })
    }

    fn subscribers(&self) -> Value {
        let world = self.description();
        let entity = |id: &str| {
            let parties = world["parties"].as_array().expect("parties");
            parties
                .iter()
                .find(|party| party["id"] == id)
                .map(|party| party["entity"].clone())
                .expect("a party")
        };
        let individuals = world["subscribers"].as_array().expect("subscribers").iter().map(|each| {
            let allowed: Vec<Value> = each["grants"].as_array().expect("grants").iter().map(|id| entity(id.as_str().expect("id"))).collect();
            json!({ "impi": each["impi"], "impus": each["impus"], "barred": each["barred"],
                "secret": format!("secret of {}", each["person"].as_str().expect("a name")), "allowed": allowed, "pool": null })
        });
        let members = world["pools"].as_array().expect("pools").iter().flat_map(|pool| {
            let entity = entity(pool["id"].as_str().expect("id"));
            let members = pool["members"].as_array().expect("members").clone();
            members.into_iter().map(move |member| {
                json!({ "impi": member["impi"], "impus": member["impus"], "barred": [], "secret": "none", "allowed": [entity], "pool": pool["id"] })
            })
        });
        Value::Array(individuals.chain(members).collect())
    }

    fn host(&self, last: u8) -> IpAddr {
        Ipv4Addr::new(127, self.block[0], self.block[1], last).into()
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    pub(crate) fn address(&self, node: &str, interface: &str) -> SocketAddr {
        let (_, _, host, ports) = NODES
            .iter()
            .find(|(name, ..)| *name == node)
            .expect("a node");
        let (_, port) = ports
            .iter()
            .find(|(name, _)| *name == interface)
            .expect("an interface");
        SocketAddr::new(self.host(*host), *port)
    }

    pub(crate) fn server_tls(&self, node: &str) -> rustls::ServerConfig {
        let (certificate, key) = &self.leaves[node];
        let chain =
            vec![CertificateDer::from_pem_slice(certificate.as_bytes()).expect("a certificate")];
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("a key");
        rustls::ServerConfig::builder_with_provider(Arc::new(
            rustls::crypto::aws_lc_rs::default_provider(),
        ))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("a server")
    }

    /// A server that demands a certificate of the authority from its client.
    pub(crate) fn mutual_tls(&self, node: &str) -> rustls::ServerConfig {
        let (certificate, key) = &self.leaves[node];
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let verifier = rustls::server::WebPkiClientVerifier::builder_with_provider(
            Arc::new(self.anchors()),
            Arc::clone(&provider),
        );
        rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_client_cert_verifier(verifier.build().expect("a verifier"))
            .with_single_cert(
                vec![
                    CertificateDer::from_pem_slice(certificate.as_bytes()).expect("a certificate"),
                ],
                PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("a key"),
            )
            .expect("a server")
    }

    fn anchors(&self) -> rustls::RootCertStore {
        let mut roots = rustls::RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_slice(self.roots.as_bytes()).expect("a root"))
            .expect("a root");
        roots
    }

    pub(crate) fn client_tls(&self) -> rustls::ClientConfig {
        rustls::ClientConfig::builder_with_provider(Arc::new(
            rustls::crypto::aws_lc_rs::default_provider(),
        ))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(self.anchors())
        .with_no_client_auth()
    }

    /// The public key of an authorisation function as it publishes it.
    pub(crate) fn jwks(&self, node: &str) -> Value {
        let point = self.signing[node].public_key_raw();
        json!({ "keys": [{ "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": format!("key-of-{node}"),
            "x": URL_SAFE_NO_PAD.encode(&point[1..33]), "y": URL_SAFE_NO_PAD.encode(&point[33..65]) }] })
    }

    /// The claims of an honest token of a party for a pair of identities.
    pub(crate) fn claims(&self, party: &str, impi: &str, impus: &[&str]) -> Value {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .expect("a clock")
            .as_secs();
        let world = self.description();
        let parties = world["parties"].as_array().expect("parties");
        let party = parties
            .iter()
            .find(|each| each["id"] == party)
            .expect("a party");
        json!({ "iss": party["issuer"], "sub": impi, "aud": "https://ims.op.example", "iat": now, "exp": now + 300,
            "jti": format!("{impi}-{}", NEXT.load(Ordering::Relaxed)), "client_id": party["client_id"], "impi": impi,
            "impu": impus, "wwsf": party["wwsf_name"] })
    }

    /// Signs claims with the key of an authorisation function.
    pub(crate) fn sign(&self, node: &str, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some("at+jwt".to_owned());
        header.kid = Some(format!("key-of-{node}"));
        let key =
            EncodingKey::from_ec_pem(self.signing[node].serialize_pem().as_bytes()).expect("a key");
        jsonwebtoken::encode(&header, claims, &key).expect("a token")
    }

    /// An honest token of party A for alice.
    pub(crate) fn alice(&self) -> String {
        self.sign(
            "waf-a",
            &self.claims("A", "alice0@op.example", &["sip:alice0@op.example"]),
        )
    }

    /// An honest token of party A for bob.
    pub(crate) fn bob(&self) -> String {
        self.sign(
            "waf-a",
            &self.claims("A", "bob0@op.example", &["sip:bob0@op.example"]),
        )
    }

    /// An honest token's header as text.
    pub(crate) fn header(&self, node: &str) -> String {
        format!(r#"{{"alg":"ES256","typ":"at+jwt","kid":"key-of-{node}"}}"#)
    }

    /// A token of this header and these claims as written, signed by the key of an authorisation function.
    pub(crate) fn forge(&self, node: &str, header: &str, claims: &str) -> String {
        let signed = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header),
            URL_SAFE_NO_PAD.encode(claims)
        );
        let key =
            EncodingKey::from_ec_pem(self.signing[node].serialize_pem().as_bytes()).expect("a key");
        let signature = jsonwebtoken::crypto::sign(signed.as_bytes(), &key, Algorithm::ES256)
            .expect("a signature");
        format!("{signed}.{signature}")
    }

    /// A token of this header and these claims with a MAC in the place of the signature.
    pub(crate) fn forge_mac(&self, header: &str, claims: &str, secret: &[u8]) -> String {
        let signed = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header),
            URL_SAFE_NO_PAD.encode(claims)
        );
        let key = EncodingKey::from_secret(secret);
        let signature =
            jsonwebtoken::crypto::sign(signed.as_bytes(), &key, Algorithm::HS256).expect("a MAC");
        format!("{signed}.{signature}")
    }

    /// Alice's honest claims with some members changed; `null` takes one away.
    pub(crate) fn alice_with(&self, changes: &Value) -> String {
        let mut claims = self.claims("A", "alice0@op.example", &["sip:alice0@op.example"]);
        for (name, value) in changes.as_object().expect("changes") {
            match value {
                Value::Null => claims.as_object_mut().expect("claims").remove(name),
                _ => claims
                    .as_object_mut()
                    .expect("claims")
                    .insert(name.clone(), value.clone()),
            };
        }
        self.sign("waf-a", &claims)
    }

    /// A token of a WWSF with a pool.
    pub(crate) fn of_pool(&self, party: &str, impi: &str, impu: &str, anonymous: bool) -> String {
        let mut claims = self.claims(party, impi, &[impu]);
        if anonymous {
            claims["anon"] = json!(true);
        }
        self.sign("waf", &claims)
    }

    /// The public key of an authorisation function in PEM.
    pub(crate) fn public_pem(&self, node: &str) -> String {
        self.signing[node].public_key_pem().replace("\r\n", "\n")
    }
}
