//! Certificates of the bed: a root, an authority below it, leaves below that; and leaves with one thing wrong.

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use time::{Duration, OffsetDateTime};

pub struct Authority {
    pub root: String,
    intermediate: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A chain and its key, PEM.
pub struct Leaf {
    pub chain: String,
    pub key: String,
}

pub enum Usage {
    Server,
    Client,
}

impl Authority {
    pub fn make() -> Self {
        let root_key = KeyPair::generate().expect("a key");
        let root = authority("root", BasicConstraints::Unconstrained);
        let root_certificate = root.self_signed(&root_key).expect("a root");
        let root_issuer = Issuer::new(root, root_key);
        let key = KeyPair::generate().expect("a key");
        let between = authority("between", BasicConstraints::Constrained(0));
        let certificate = between.signed_by(&key, &root_issuer).expect("an authority");
        Self {
            root: root_certificate.pem(),
            intermediate: certificate.pem(),
            issuer: Issuer::new(between, key),
        }
    }

    pub fn leaf(&self, name: &str, usage: Usage) -> Leaf {
        self.signed(parameters(&[name, &format!("*.{name}")], usage))
    }

    /// A leaf that ended yesterday.
    pub fn expired(&self, name: &str, usage: Usage) -> Leaf {
        let mut wanted = parameters(&[name], usage);
        wanted.not_before = OffsetDateTime::now_utc() - Duration::days(30);
        wanted.not_after = OffsetDateTime::now_utc() - Duration::days(1);
        self.signed(wanted)
    }

    /// A server's leaf whose name stands in its subject alone.
    pub fn common_name(&self, name: &str) -> Leaf {
        let mut wanted = parameters(&[], Usage::Server);
        wanted.distinguished_name.push(DnType::CommonName, name);
        self.signed(wanted)
    }

    fn signed(&self, wanted: CertificateParams) -> Leaf {
        let key = KeyPair::generate().expect("a key");
        let leaf = wanted.signed_by(&key, &self.issuer).expect("a leaf");
        Leaf {
            chain: leaf.pem() + &self.intermediate,
            key: key.serialize_pem(),
        }
    }
}

/// A leaf signed by its own key.
pub fn self_signed(name: &str, usage: Usage) -> Leaf {
    let key = KeyPair::generate().expect("a key");
    let leaf = parameters(&[name], usage)
        .self_signed(&key)
        .expect("a leaf");
    Leaf {
        chain: leaf.pem(),
        key: key.serialize_pem(),
    }
}

impl Leaf {
    pub fn certificates(&self) -> Vec<CertificateDer<'static>> {
        CertificateDer::pem_slice_iter(self.chain.as_bytes())
            .collect::<Result<_, _>>()
            .expect("a chain")
    }

    pub fn private_key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::from_pem_slice(self.key.as_bytes()).expect("a key")
    }
}

fn authority(name: &str, constraints: BasicConstraints) -> CertificateParams {
    let mut wanted = CertificateParams::new(Vec::new()).expect("parameters");
    wanted.distinguished_name = DistinguishedName::new();
    wanted.distinguished_name.push(DnType::CommonName, name);
    wanted.is_ca = IsCa::Ca(constraints);
    wanted.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    wanted
}

fn parameters(names: &[&str], usage: Usage) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut wanted = CertificateParams::new(names).expect("parameters");
    wanted.distinguished_name = DistinguishedName::new();
    wanted
        .distinguished_name
        .push(DnType::OrganizationName, "leaf");
    wanted.extended_key_usages = vec![match usage {
        Usage::Server => ExtendedKeyUsagePurpose::ServerAuth,
        Usage::Client => ExtendedKeyUsagePurpose::ClientAuth,
    }];
    wanted
}
