//! Who asks: client authentication at the endpoints of a WAF.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::Jwk;
use rustls::pki_types::CertificateDer;
use serde::Deserialize;
use x509_parser::extensions::GeneralName;

use super::Waf;
use super::refusal::Refusal;
use crate::defect::Defect;
use crate::web::form::Form;
use crate::web::serve::Asked;

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A registered client (`clients.json`).
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Client {
    pub(super) client_id: String,
    /// The third party that it is; the edge is none.
    #[serde(default)]
    pub(super) party: Option<String>,
    #[serde(default)]
    tls_client_auth_san_dns: Option<String>,
    #[serde(default)]
    pub(super) redirect_uris: Vec<String>,
    #[serde(default)]
    pub(super) pool: Option<String>,
    #[serde(default)]
    pub(super) introspection: bool,
    /// The resource server that it is, where it is another than the IMS network.
    #[serde(default)]
    pub(super) audience: Option<String>,
    #[serde(default)]
    pub(super) jwk: Option<Jwk>,
    #[serde(default)]
    secret: Option<String>,
}

impl Waf {
    /// The client that made this request, proven by one of the methods that this WAF takes.
    pub(super) fn authenticate(&self, asked: &Asked, form: &Form) -> Result<&Client, Refusal> {
        if self.shared.has(Defect::RefusesEveryClient) {
            return Err(Refusal::InvalidClient);
        }
        let takes = |method| {
            self.shared
                .model
                .lists("w4-auth", method, &["tls_client_auth"])
        };
        if let Some(credentials) = asked.header("authorization") {
            return self
                .by_basic(credentials)
                .filter(|_| takes("client_secret_basic"))
                .ok_or(Refusal::InvalidClient);
        }
        if let Some(assertion) = form.first("client_assertion") {
            let kind = form.first("client_assertion_type");
            let known = takes("private_key_jwt") && kind == Some(ASSERTION_TYPE);
            return self
                .by_assertion(assertion, form)
                .filter(|_| known)
                .ok_or(Refusal::InvalidClient);
        }
        let client = form
            .first("client_id")
            .and_then(|id| self.client(id))
            .ok_or(Refusal::InvalidClient)?;
        if let Some(secret) = form.first("client_secret") {
            let right = takes("client_secret_post") && client.has_secret(secret);
            return right.then_some(client).ok_or(Refusal::InvalidClient);
        }
        let proven = takes("tls_client_auth") && self.by_certificate(asked, client);
        (proven || self.shared.has(Defect::AcceptsNoClientAuthentication))
            .then_some(client)
            .ok_or(Refusal::InvalidClient)
    }

    pub(super) fn client(&self, id: &str) -> Option<&Client> {
        self.clients.iter().find(|client| client.client_id == id)
    }

    /// RFC 8705 2.1: the certificate of the handshake has the DNS name that is registered for this client.
    fn by_certificate(&self, asked: &Asked, client: &Client) -> bool {
        if let Some(certificate) = &asked.certificate {
            let names = dns_names(certificate);
            if self.shared.has(Defect::ClientIdNotBound)
                || (asked.resumed && self.shared.has(Defect::TrustsResumedSession))
            {
                return self.clients.iter().any(|any| any.fits(&names));
            }
            return client.fits(&names);
        }
        // What a proxy in front would have written, and anybody else can write as well.
        self.shared.has(Defect::CertificateFromHeader)
            && [
                "x-ssl-client-cert",
                "ssl-client-cert",
                "x-client-cert",
                "x-forwarded-client-cert",
                "client-cert",
                "x-ssl-client-s-dn",
            ]
            .iter()
            .any(|name| asked.headers.contains_key(*name))
    }

    fn by_basic(&self, credentials: &str) -> Option<&Client> {
        let (scheme, value) = credentials.split_once(' ')?;
        let text = String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()?;
        let (id, secret) = text.split_once(':')?;
        let client = self.client(&decoded(id)?)?;
        let right = scheme.eq_ignore_ascii_case("basic") && client.has_secret(&decoded(secret)?);
        right.then_some(client)
    }
}

impl Client {
    fn fits(&self, names: &[String]) -> bool {
        self.tls_client_auth_san_dns
            .as_ref()
            .is_some_and(|wanted| names.iter().any(|name| name.eq_ignore_ascii_case(wanted)))
    }

    fn has_secret(&self, secret: &str) -> bool {
        let same = |known: &String| {
            aws_lc_rs::constant_time::verify_slices_are_equal(known.as_bytes(), secret.as_bytes())
                .is_ok()
        };
        self.secret
            .as_ref()
            .is_some_and(|known| !known.is_empty() && same(known))
    }
}

/// RFC 6749 2.3.1: name and secret are form-encoded inside Basic.
fn decoded(text: &str) -> Option<String> {
    let form = Form::read(format!("v={text}").as_bytes())?;
    form.first("v").map(str::to_owned)
}

/// The dNSName entries of a certificate's subjectAltName.
fn dns_names(certificate: &CertificateDer<'_>) -> Vec<String> {
    let Ok((_, parsed)) = x509_parser::parse_x509_certificate(certificate) else {
        return Vec::new();
    };
    let Ok(Some(names)) = parsed.subject_alternative_name() else {
        return Vec::new();
    };
    names
        .value
        .general_names
        .iter()
        .filter_map(|name| match name {
            GeneralName::DNSName(name) => Some((*name).to_owned()),
            _ => None,
        })
        .collect()
}
