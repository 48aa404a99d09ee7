//! A client that says just what a test wants: one connection a request, a certificate or none, cookies by hand.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::pki::Leaf;
use super::world::World;

/// A whole answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(each, _)| each.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }

    /// A parameter of the query of the Location.
    pub fn location_parameter(&self, name: &str) -> Option<String> {
        let url = url::Url::parse(self.header("location")?).ok()?;
        url.query_pairs()
            .find(|(each, _)| each == name)
            .map(|(_, value)| value.into_owned())
    }

    /// The value of the hidden field of a form.
    pub fn hidden(&self) -> String {
        let (_, rest) = self
            .body
            .split_once("name=\"csrf\" value=\"")
            .expect("a hidden field");
        rest.split_once('"').expect("its end").0.to_owned()
    }
}

/// A browser, or a service: what it trusts, shows and remembers.
pub struct Client<'a> {
    world: &'a World,
    tls: Arc<ClientConfig>,
    pub cookies: BTreeMap<String, String>,
    pub extra: Vec<(String, String)>,
}

impl<'a> Client<'a> {
    pub fn new(world: &'a World) -> Self {
        Self::shows(world, None)
    }

    /// With the client certificate of a node.
    pub fn of_node(world: &'a World, node: &str) -> Self {
        let read = |name: &str| {
            std::fs::read_to_string(world.path().join(node).join(name)).expect("a file")
        };
        Self::shows(
            world,
            Some(&Leaf {
                chain: read("client.pem"),
                key: read("client-key.pem"),
            }),
        )
    }

    pub fn shows(world: &'a World, leaf: Option<&Leaf>) -> Self {
        let mut roots = rustls::RootCertStore::empty();
        let root = Leaf {
            chain: world.authority.root.clone(),
            key: String::new(),
        };
        roots.add(root.certificates().remove(0)).expect("a root");
        let builder = ClientConfig::builder_with_provider(Arc::new(
            rustls::crypto::aws_lc_rs::default_provider(),
        ))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots);
        let tls = match leaf {
            Some(leaf) => builder
                .with_client_auth_cert(leaf.certificates(), leaf.private_key())
                .expect("a certificate"),
            None => builder.with_no_client_auth(),
        };
        Self {
            world,
            tls: Arc::new(tls),
            cookies: BTreeMap::new(),
            extra: Vec::new(),
        }
    }

    pub async fn get(&mut self, node: &str, target: &str) -> Answer {
        self.send(node, "GET", target, "").await.expect("an answer")
    }

    pub async fn post(&mut self, node: &str, target: &str, form: &[(&str, &str)]) -> Answer {
        self.try_post(node, target, form).await.expect("an answer")
    }

    /// `None`: the connection ended without an answer.
    pub async fn try_post(
        &mut self,
        node: &str,
        target: &str,
        form: &[(&str, &str)],
    ) -> Option<Answer> {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        self.send(node, "POST", target, &body).await
    }

    pub async fn send(
        &mut self,
        node: &str,
        method: &str,
        target: &str,
        body: &str,
    ) -> Option<Answer> {
        let interface = if node.starts_with("waf") { "W4" } else { "W1" };
        let stream = TcpStream::connect(self.world.address(node, interface))
            .await
            .expect("a connection");
        let name = ServerName::try_from(self.world.name(node)).expect("a name");
        let mut stream = TlsConnector::from(Arc::clone(&self.tls))
            .connect(name, stream)
            .await
            .ok()?;
        let origin = self.world.origin(node);
        let mut head = format!(
            "{method} {target} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n",
            &origin["https://".len()..]
        );
        if !self.cookies.is_empty() {
            let line: Vec<String> = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            head += &format!("Cookie: {}\r\n", line.join("; "));
        }
        if method == "POST" {
            head += &format!(
                "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n",
                body.len()
            );
        }
        for (name, value) in &self.extra {
            head += &format!("{name}: {value}\r\n");
        }
        stream
            .write_all(format!("{head}\r\n{body}").as_bytes())
            .await
            .ok()?;
        let mut bytes = Vec::new();
        // The end may come without a farewell; what came before counts.
        let _ = stream.read_to_end(&mut bytes).await;
        let answer = read(&String::from_utf8(bytes).expect("text"))?;
        self.keep(&answer);
        Some(answer)
    }

    fn keep(&mut self, answer: &Answer) {
        for (_, line) in answer
            .headers
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"))
        {
            let (name, rest) = line.split_once('=').expect("a cookie");
            let value = rest.split(';').next().expect("a value");
            if rest.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

fn read(text: &str) -> Option<Answer> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    Some(Answer {
        status,
        headers: headers.collect(),
        body: body.to_owned(),
    })
}
