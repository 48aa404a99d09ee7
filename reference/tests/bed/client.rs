//! A WebRTC IMS client of the test's own: a WebSocket over TLS, and SIP as text.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use super::world::World;

static NUMBER: AtomicU32 = AtomicU32::new(1);

pub(crate) struct Client {
    socket: WebSocketStream<TlsStream<TcpStream>>,
}

/// A REGISTER as text, to be changed by a test before it is sent.
#[derive(Clone)]
pub(crate) struct Register {
    pub(crate) to: String,
    pub(crate) from: String,
    pub(crate) authorization: Vec<String>,
    pub(crate) expires: u32,
    pub(crate) call_id: String,
    pub(crate) cseq: u32,
    pub(crate) extra: String,
    /// What stands in Contact in place of the honest address.
    pub(crate) contact: Option<String>,
}

impl Register {
    /// An honest REGISTER of an identity.
    pub(crate) fn of(impu: &str) -> Self {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        Self {
            to: format!("<{impu}>"),
            from: format!("<{impu}>"),
            authorization: Vec::new(),
            expires: 600,
            call_id: format!("call-{number}"),
            cseq: 1,
            extra: String::new(),
            contact: None,
        }
    }

    pub(crate) fn token(mut self, token: &str) -> Self {
        self.authorization.push(format!("Bearer {token}"));
        self
    }

    pub(crate) fn text(&self) -> String {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let authorization: String = self
            .authorization
            .iter()
            .map(|value| format!("Authorization: {value}\r\n"))
            .collect();
        let own = "<sip:wic@host.invalid;transport=ws>;+sip.instance=\"<urn:uuid:0-1>\";reg-id=1";
        let contact = self
            .contact
            .clone()
            .unwrap_or_else(|| format!("{own};expires={}", self.expires));
        format!(
            "REGISTER sip:op.example SIP/2.0\r\nVia: SIP/2.0/WSS wic.invalid;branch=z9hG4bK{number}x\r\nMax-Forwards: 70\r\n\
             From: {};tag=t{number}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: {} REGISTER\r\n\
             Contact: {contact}\r\n{authorization}{}Content-Length: 0\r\n\r\n",
            self.from, self.to, self.call_id, self.cseq, self.extra
        )
    }
}

impl Client {
    /// Connects from the page of party A.
    pub(crate) async fn connect(world: &World) -> Self {
        Self::try_connect(world, Some("https://portal-a.localhost:40021"), Some("sip"))
            .await
            .expect("an upgrade")
    }

    /// Connects with an Origin and a subprotocol, or tells that the edge refused.
    pub(crate) async fn try_connect(
        world: &World,
        origin: Option<&str>,
        protocol: Option<&str>,
    ) -> Option<Self> {
        Self::connect_with(world, origin, protocol, None).await
    }

    /// Connects with Origin, subprotocol and Cookie, or tells that the edge refused.
    pub(crate) async fn connect_with(
        world: &World,
        origin: Option<&str>,
        protocol: Option<&str>,
        cookie: Option<&str>,
    ) -> Option<Self> {
        let stream = TcpStream::connect(world.address("ep-cscf", "W2"))
            .await
            .ok()?;
        stream.set_nodelay(true).ok()?;
        let connector = TlsConnector::from(Arc::new(world.client_tls()));
        let stream = connector
            .connect("edge.localhost".try_into().expect("a name"), stream)
            .await
            .ok()?;
        let mut request = "wss://edge.localhost:40005/"
            .into_client_request()
            .expect("a request");
        if let Some(origin) = origin {
            request
                .headers_mut()
                .insert("Origin", origin.parse().expect("a value"));
        }
        if let Some(cookie) = cookie {
            request
                .headers_mut()
                .insert("Cookie", cookie.parse().expect("a value"));
        }
        if let Some(protocol) = protocol {
            request
                .headers_mut()
                .insert("Sec-WebSocket-Protocol", protocol.parse().expect("a value"));
        }
        let (socket, _) = tokio_tungstenite::client_async(request, stream)
            .await
            .ok()?;
        Some(Self { socket })
    }

    pub(crate) async fn send(&mut self, text: &str) {
        self.socket
            .send(Frame::text(text))
            .await
            .expect("a message is sent");
    }

    /// The next SIP message, `None` at the end or after a while.
    pub(crate) async fn receive(&mut self) -> Option<String> {
        self.receive_within(Duration::from_secs(3)).await
    }

    pub(crate) async fn receive_within(&mut self, deadline: Duration) -> Option<String> {
        match tokio::time::timeout(deadline, self.socket.next()).await {
            Ok(Some(Ok(frame))) if frame.is_text() || frame.is_binary() => {
                Some(frame.to_text().expect("text").to_owned())
            }
            _ => None,
        }
    }

    /// Sends a REGISTER and returns the status of the answer, 0 for none.
    pub(crate) async fn register(&mut self, register: &Register) -> u16 {
        self.send(&register.text()).await;
        status(&self.receive().await.unwrap_or_default())
    }
}

/// The status of an answer, 0 for anything else.
pub(crate) fn status(answer: &str) -> u16 {
    answer
        .strip_prefix("SIP/2.0 ")
        .and_then(|rest| rest.get(..3))
        .and_then(|code| code.parse().ok())
        .unwrap_or(0)
}
