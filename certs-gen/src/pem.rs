//! PEM text out and in (RFC 7468).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::pem::{PemObject, SectionKind};
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};

use crate::Error;

/// Characters of a line; RFC 7468 2 demands exactly these.
const LINE_LENGTH: usize = 64;

/// A certificate as PEM text.
pub(crate) fn certificate(der: &[u8]) -> String {
    section("CERTIFICATE", der)
}

/// Certificates as PEM text, one after the other.
pub(crate) fn chain(chain: &[CertificateDer<'_>]) -> String {
    chain.iter().map(|der| certificate(der)).collect()
}

/// A PKCS #8 private key as PEM text.
pub(crate) fn private_key(key: &PrivatePkcs8KeyDer<'_>) -> String {
    section("PRIVATE KEY", key.secret_pkcs8_der())
}

/// A list of revoked certificates as PEM text.
pub(crate) fn revocation_list(der: &[u8]) -> String {
    section("X509 CRL", der)
}

fn section(label: &str, der: &[u8]) -> String {
    let mut text = format!("-----BEGIN {label}-----\n");
    for (index, character) in STANDARD.encode(der).chars().enumerate() {
        if index > 0 && index % LINE_LENGTH == 0 {
            text.push('\n');
        }
        text.push(character);
    }
    text.push_str(&format!("\n-----END {label}-----\n"));
    text
}

/// The certificates and the PKCS #8 keys of a text, each in their order.
pub(crate) fn read(text: &str) -> Result<Sections, Error> {
    let mut sections = Sections::default();
    for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(text.as_bytes()) {
        match section.map_err(|error| Error::Saved(error.to_string()))? {
            (SectionKind::Certificate, der) => sections.certificates.push(der.into()),
            (SectionKind::PrivateKey, der) => sections.keys.push(der.into()),
            (kind, _) => return Err(Error::Saved(format!("unexpected section {kind:?}"))),
        }
    }
    Ok(sections)
}

/// What a PEM text holds.
#[derive(Default)]
pub(crate) struct Sections {
    pub(crate) certificates: Vec<CertificateDer<'static>>,
    pub(crate) keys: Vec<PrivatePkcs8KeyDer<'static>>,
}
