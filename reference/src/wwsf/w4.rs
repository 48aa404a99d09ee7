//! A portal's requests to its WAF: each over a connection of its own, with a full handshake and proof of both ends.

use std::net::SocketAddr;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rustls::ClientConfig;
use rustls::client::danger::ServerCertVerifier;
use serde_json::{Value, json};
use url::Url;

use super::Settings;
use super::ask::{Ask, Told, Unserved};
use crate::defect::Defect;
use crate::net::{self, Identity};
use crate::trust::{self, Fault, Tolerance};
use crate::web::client::{ClientError, Connection, Dial, Received};
use crate::web::{form, now, secret};
use crate::{Shared, StartError};

/// Where the WAF's endpoints are.
struct Endpoints {
    token: Url,
    revocation: Url,
    authorization: Url,
}

/// The portal's side of W4.
pub(super) struct W4 {
    shared: Arc<Shared>,
    issuer: String,
    client_id: String,
    secret: Option<String>,
    /// Signs client assertions.
    key: Option<EncodingKey>,
    tls: Arc<ClientConfig>,
}

impl W4 {
    pub(super) fn new(
        shared: &Arc<Shared>,
        node: &str,
        settings: &Settings,
    ) -> Result<Self, StartError> {
        let identity = Identity::of_client(&shared.world, node)?;
        let key = (!identity.key.secret_der().is_empty())
            .then(|| EncodingKey::from_ec_der(identity.key.secret_der()));
        let shown = Some(identity).filter(|_| !shared.has(Defect::NoClientCertificate));
        let mut tls = net::client_tls(&shared.world, shown)?;
        tls.dangerous().set_certificate_verifier(trusted(shared)?);
        Ok(Self {
            shared: Arc::clone(shared),
            issuer: settings.issuer.clone(),
            client_id: settings.client_id.clone(),
            secret: settings.secret.clone(),
            key,
            tls: Arc::new(tls),
        })
    }

    /// A token for a visitor of this portal (`client_credentials`).
    pub(super) async fn token(&self, ask: &Ask) -> Result<Told, Unserved> {
        let mut members = vec![("grant_type", "client_credentials"), ("scope", "ims")];
        if let Some((name, value)) = &ask.hint {
            members.push((*name, value));
        }
        if ask.anonymous {
            members.push(("anonymous", "true"));
        }
        self.asked(&members).await
    }

    /// The tokens of an authorization code.
    pub(super) async fn exchange(
        &self,
        code: &str,
        verifier: &str,
        redirect_uri: &str,
    ) -> Result<Told, Unserved> {
        self.asked(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect_uri),
            ("code_verifier", verifier),
        ])
        .await
    }

    /// A fresh token for a refresh token.
    pub(super) async fn refresh(&self, token: &str) -> Result<Told, Unserved> {
        self.asked(&[("grant_type", "refresh_token"), ("refresh_token", token)])
            .await
    }

    /// Ends a token. Whether the WAF says that it has.
    pub(super) async fn revoke(&self, token: &str) -> bool {
        let revoked = async {
            let (endpoints, kept) = self.endpoints().await?;
            self.post(&endpoints.revocation, kept, &[("token", token)])
                .await
        };
        matches!(revoked.await, Ok(answer) if answer.status.is_success())
    }

    /// The address to send a browser to for a login.
    pub(super) async fn authorization_endpoint(&self) -> Result<Url, Unserved> {
        Ok(self.endpoints().await?.0.authorization)
    }

    async fn asked(&self, members: &[(&str, &str)]) -> Result<Told, Unserved> {
        let (endpoints, kept) = self.endpoints().await?;
        let answer = self.post(&endpoints.token, kept, members).await?;
        match answer.status.as_u16() {
            200 => Told::read(&answer.body).ok_or(Unserved::Unreachable),
            400..500 => Err(Unserved::Refused),
            _ => Err(Unserved::Unreachable),
        }
    }

    /// The endpoints, as configured or as the WAF publishes them; with the connection that they came over.
    async fn endpoints(&self) -> Result<(Endpoints, Option<Connection>), Unserved> {
        let base = Url::parse(&self.issuer).map_err(|_| Unserved::Unreachable)?;
        let at = |path: &str| base.join(path).map_err(|_| Unserved::Unreachable);
        if self.shared.model.answer("waf-metadata", "static") != "discovery" {
            let endpoints = Endpoints {
                token: at("/token")?,
                revocation: at("/revoke")?,
                authorization: at("/authorize")?,
            };
            return Ok((endpoints, None));
        }
        let mut connection = self.connect(&base).await?;
        let request =
            head("GET", &at("/.well-known/oauth-authorization-server")?).body(Full::default());
        let answer = connection
            .send(request.map_err(|_| Unserved::Unreachable)?)
            .await?;
        let endpoints = self.published(&answer).ok_or(Unserved::Unreachable)?;
        Ok((endpoints, Some(connection)))
    }

    /// RFC 8414 3.3: metadata count only when they name the issuer that they were asked for; an endpoint is reached by TLS alone.
    fn published(&self, answer: &Received) -> Option<Endpoints> {
        let members: Value = serde_json::from_slice(&answer.body)
            .ok()
            .filter(|_| answer.status.is_success())?;
        if members["issuer"].as_str() != Some(&self.issuer) {
            return None;
        }
        let endpoint = |name: &str| {
            let url = Url::parse(members[name].as_str()?).ok()?;
            (url.scheme() == "https").then_some(url)
        };
        let token = endpoint("token_endpoint")?;
        let revocation = endpoint("revocation_endpoint").unwrap_or_else(|| token.clone());
        let authorization = endpoint("authorization_endpoint").unwrap_or_else(|| token.clone());
        Some(Endpoints {
            token,
            revocation,
            authorization,
        })
    }

    async fn post(
        &self,
        url: &Url,
        kept: Option<Connection>,
        members: &[(&str, &str)],
    ) -> Result<Received, Unserved> {
        let request = self.request(url, members).ok_or(Unserved::Unreachable)?;
        let at_home = url.as_str().starts_with(&format!("{}/", self.issuer));
        let mut connection = match kept.filter(|kept| at_home && !kept.is_closed()) {
            Some(kept) => kept,
            None => self.connect(url).await?,
        };
        Ok(connection.send(request).await?)
    }

    /// A request with the proof of who asks that is declared: the certificate of the connection, an assertion or a secret.
    fn request(&self, url: &Url, members: &[(&str, &str)]) -> Option<Request<Full<Bytes>>> {
        let takes = |method| {
            self.shared
                .model
                .lists("w4-auth", method, &["tls_client_auth"])
        };
        let mut members = members.to_vec();
        let mut request =
            head("POST", url).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let assertion = self.assertion().unwrap_or_default();
        match &self.secret {
            _ if takes("tls_client_auth") => members.push(("client_id", &self.client_id)),
            _ if takes("private_key_jwt") => {
                members.push(("client_id", &self.client_id));
                members.push((
                    "client_assertion_type",
                    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                ));
                members.push(("client_assertion", &assertion));
            }
            Some(secret) if takes("client_secret_basic") => {
                let pair =
                    form::write([(self.client_id.as_str(), secret.as_str())]).replacen('=', ":", 1);
                request = request.header(AUTHORIZATION, format!("Basic {}", STANDARD.encode(pair)));
            }
            Some(secret) => {
                members.push(("client_id", &self.client_id));
                members.push(("client_secret", secret));
            }
            None => members.push(("client_id", &self.client_id)),
        }
        request
            .body(Full::new(Bytes::from(form::write(members))))
            .ok()
    }

    /// RFC 7523: this client says who it is, to this WAF, once, for a minute.
    fn assertion(&self) -> Option<String> {
        if !self.shared.model.lists("w4-auth", "private_key_jwt", &[]) {
            return None;
        }
        let claims = json!({ "iss": self.client_id, "sub": self.client_id, "aud": self.issuer, "jti": secret(),
                             "iat": now(), "exp": now() + 60 });
        jsonwebtoken::encode(&Header::new(Algorithm::ES256), &claims, self.key.as_ref()?).ok()
    }

    async fn connect(&self, url: &Url) -> Result<Connection, ClientError> {
        let name = url.host_str().unwrap_or_default();
        let address = self
            .shared
            .world
            .resolve(name)
            .ok_or_else(|| ClientError::Name(name.to_owned()))?;
        let port = url.port_or_known_default().unwrap_or(443);
        let dial = Dial {
            name,
            address: SocketAddr::new(address, port),
            from: None,
            tls: Arc::clone(&self.tls),
            takes_legacy: self.shared.has(Defect::WafLegacyTlsAccepted),
        };
        Connection::over(dial.secure().await?).await
    }
}

/// Trust in the WAF: the world's roots, its certificate without fault.
fn trusted(shared: &Arc<Shared>) -> Result<Arc<dyn ServerCertVerifier>, StartError> {
    let tolerated = Tolerance::by_mistake(
        shared,
        &[
            (Defect::WafExpiredAccepted, Fault::Expired),
            (Defect::WafNotYetValidAccepted, Fault::NotYetValid),
            (Defect::WafUnknownAuthorityAccepted, Fault::UnknownAuthority),
            (Defect::WafSelfSignedAccepted, Fault::SelfSigned),
            (Defect::WafWrongNameAccepted, Fault::WrongName),
            (Defect::WafCommonNameAccepted, Fault::CommonNameOnly),
            (Defect::WafRevokedAccepted, Fault::Revoked),
        ],
    );
    trust::of_servers(shared, tolerated)
}

fn head(method: &str, url: &Url) -> hyper::http::request::Builder {
    let host = url.host_str().unwrap_or_default();
    let host = url
        .port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let target = url.query().map_or_else(
        || url.path().to_owned(),
        |query| format!("{}?{query}", url.path()),
    );
    Request::builder()
        .method(method)
        .uri(target)
        .header(HOST, host)
        .header(ACCEPT, "application/json")
}
