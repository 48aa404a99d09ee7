//! The client on W1: pages and forms over TLS, with cookies for the time of one visit.

use std::collections::BTreeMap;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, COOKIE, HOST, ORIGIN, SET_COOKIE, USER_AGENT};
use hyper::{Method, Request};
use url::Url;

use super::secure::{Leg, Secure};
use crate::Shared;
use crate::defect::Defect;
use crate::web::client::{ClientError, Connection, Received};

/// The most redirects that are followed in a row.
const MOST_REDIRECTS: usize = 10;

/// Connections and cookies of one visit.
pub(super) struct Browser<'a> {
    shared: &'a Shared,
    secure: &'a Secure,
    home: url::Origin,
    /// By scheme, host and port.
    connections: BTreeMap<String, Connection>,
    /// By host, then by name.
    cookies: BTreeMap<String, BTreeMap<String, String>>,
}

/// An answer and the address that it came from after redirects.
pub(super) struct Page {
    pub(super) url: Url,
    pub(super) answer: Received,
}

impl<'a> Browser<'a> {
    pub(super) fn new(shared: &'a Shared, secure: &'a Secure, home: &Url) -> Self {
        let home = home.origin();
        Self {
            shared,
            secure,
            home,
            connections: BTreeMap::new(),
            cookies: BTreeMap::new(),
        }
    }

    /// Fetches an address and follows redirects.
    pub(super) async fn get(&mut self, url: &Url) -> Result<Page, String> {
        let answer = self.send(Method::GET, url, None).await?;
        self.follow(url.clone(), answer).await
    }

    /// Sends a form and follows redirects.
    pub(super) async fn post(&mut self, url: &Url, form: String) -> Result<Page, String> {
        let answer = self.send(Method::POST, url, Some(form)).await?;
        self.follow(url.clone(), answer).await
    }

    async fn follow(&mut self, mut url: Url, mut answer: Received) -> Result<Page, String> {
        for _ in 0..MOST_REDIRECTS {
            if !matches!(answer.status.as_u16(), 301..=303) {
                return Ok(Page { url, answer });
            }
            let location = answer
                .header("location")
                .ok_or("a redirect without address")?;
            url = url
                .join(location)
                .map_err(|why| format!("a redirect to no address: {why}"))?;
            if url.scheme() != "https" && !self.shared.has(Defect::FollowsHttpRedirect) {
                return Err(format!(
                    "a redirect to {}, which is not https",
                    url.scheme()
                ));
            }
            answer = self.send(Method::GET, &url, None).await?;
        }
        Err("too many redirects".to_owned())
    }

    async fn send(
        &mut self,
        method: Method,
        url: &Url,
        form: Option<String>,
    ) -> Result<Received, String> {
        let failed = |why: ClientError| format!("{}: {why}", url.host_str().unwrap_or_default());
        let key = url.origin().ascii_serialization();
        let kept = self
            .connections
            .remove(&key)
            .filter(|connection| !connection.is_closed());
        let mut connection = match kept {
            Some(kept) => kept,
            None => self.open(url).await.map_err(failed)?,
        };
        let request = self
            .request(method, url, form)
            .ok_or("no request can be made of that")?;
        let answer = connection.send(request).await.map_err(failed)?;
        self.take_cookies(url, &answer);
        self.connections.insert(key, connection);
        Ok(answer)
    }

    async fn open(&self, url: &Url) -> Result<Connection, ClientError> {
        let leg = if url.origin() == self.home {
            Leg::W1
        } else {
            Leg::Login
        };
        if url.scheme() == "https" {
            return Connection::over(self.secure.connect(url, leg).await?).await;
        }
        Connection::over(self.secure.connect_in_clear(url, leg).await?).await
    }

    fn request(
        &self,
        method: Method,
        url: &Url,
        form: Option<String>,
    ) -> Option<Request<Full<Bytes>>> {
        let host = url.host_str()?;
        let authority = url
            .port()
            .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let target = url.query().map_or_else(
            || url.path().to_owned(),
            |query| format!("{}?{query}", url.path()),
        );
        let mut request = Request::builder()
            .method(method)
            .uri(target)
            .header(HOST, authority)
            .header(USER_AGENT, "wic");
        if let Some(cookies) = self.cookies.get(host).filter(|cookies| !cookies.is_empty()) {
            let line: Vec<String> = cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            request = request.header(COOKIE, line.join("; "));
        }
        if form.is_some() {
            request = request
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header(ORIGIN, url.origin().ascii_serialization());
        }
        request
            .body(Full::new(Bytes::from(form.unwrap_or_default())))
            .ok()
    }

    fn take_cookies(&mut self, url: &Url, answer: &Received) {
        let Some(host) = url.host_str() else { return };
        let cookies = self.cookies.entry(host.to_owned()).or_default();
        for line in answer.headers.get_all(SET_COOKIE) {
            let Ok(line) = line.to_str() else { continue };
            let (pair, attributes) = line.split_once(';').unwrap_or((line, ""));
            let Some((name, value)) = pair.trim().split_once('=') else {
                continue;
            };
            let ended = attributes
                .split(';')
                .any(|each| each.trim().eq_ignore_ascii_case("max-age=0"));
            if ended {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}
