//! The opening of W2: a WebSocket with subprotocol `sip` (RFC 6455 4.1, RFC 7118 4.1), every answer checked.

use bytes::Bytes;
use http_body_util::Empty;
use hyper::header::{
    CONNECTION, HOST, ORIGIN, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE, USER_AGENT,
};
use hyper::upgrade::Upgraded;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;
use url::Url;

use super::secure::{Leg, Secure};
use crate::Shared;
use crate::defect::Defect;
use crate::web::form;

/// An open W2.
pub(super) type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// Opens W2 at an address, as a page of `origin`.
pub(super) async fn open(
    shared: &Shared,
    secure: &Secure,
    w2: &Url,
    origin: &Url,
    token: Option<&str>,
    leg: Leg,
) -> Result<Socket, String> {
    let mut url = w2.clone();
    if let Some(token) = token.filter(|_| shared.has(Defect::TokenInWebsocketUrl)) {
        url.set_query(Some(&form::write([("access_token", token)])));
    }
    match once(shared, secure, &url, origin, leg).await? {
        Opened::Socket(socket) => Ok(*socket),
        Opened::Redirect(location) => {
            let next = followed(shared, &url, &location)?;
            match once(shared, secure, &next, origin, leg).await? {
                Opened::Socket(socket) => Ok(*socket),
                Opened::Redirect(_) => Err("the edge sends the client elsewhere twice".to_owned()),
            }
        }
    }
}

/// Where a redirect of the upgrade leads. An honest client does not follow one: the token is for the host that it was told.
fn followed(shared: &Shared, from: &Url, location: &str) -> Result<Url, String> {
    let next = from
        .join(location)
        .map_err(|why| format!("the edge sends the client to no address: {why}"))?;
    let secure = matches!(next.scheme(), "https" | "wss");
    let follows = if secure {
        Defect::FollowsWebsocketRedirect
    } else {
        Defect::FollowsRedirectToClear
    };
    if !shared.has(follows) {
        return Err("the edge sends the client elsewhere".to_owned());
    }
    Ok(next)
}

enum Opened {
    Socket(Box<Socket>),
    Redirect(String),
}

async fn once(
    shared: &Shared,
    secure: &Secure,
    url: &Url,
    origin: &Url,
    leg: Leg,
) -> Result<Opened, String> {
    let failed = |why: crate::web::client::ClientError| format!("W2: {why}");
    if matches!(url.scheme(), "wss" | "https") {
        return upgrade(
            shared,
            secure.connect(url, leg).await.map_err(failed)?,
            url,
            origin,
        )
        .await;
    }
    upgrade(
        shared,
        secure.connect_in_clear(url, leg).await.map_err(failed)?,
        url,
        origin,
    )
    .await
}

async fn upgrade<S>(shared: &Shared, stream: S, url: &Url, origin: &Url) -> Result<Opened, String>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let failed = |why: hyper::Error| format!("W2: {why}");
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(failed)?;
    // Ends when the upgraded stream is handed over, or with the sender.
    tokio::spawn(async move {
        let _ = connection.with_upgrades().await;
    });
    let key = generate_key();
    let request =
        request(url, origin, &key).ok_or("no upgrade can be asked for at that address")?;
    let answer = sender.send_request(request).await.map_err(failed)?;
    if answer.status().is_redirection() {
        let location = answer
            .headers()
            .get("location")
            .and_then(|location| location.to_str().ok());
        return Ok(Opened::Redirect(location.unwrap_or_default().to_owned()));
    }
    check(shared, &answer, &key)?;
    let stream = hyper::upgrade::on(answer).await.map_err(failed)?;
    let socket = WebSocketStream::from_raw_socket(TokioIo::new(stream), Role::Client, None).await;
    Ok(Opened::Socket(Box::new(socket)))
}

fn request(url: &Url, origin: &Url, key: &str) -> Option<Request<Empty<Bytes>>> {
    let host = url.host_str()?;
    let authority = url
        .port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let target = url.query().map_or_else(
        || url.path().to_owned(),
        |query| format!("{}?{query}", url.path()),
    );
    Request::get(target)
        .header(HOST, authority)
        .header(USER_AGENT, "wic")
        .header(UPGRADE, "websocket")
        .header(CONNECTION, "Upgrade")
        .header(SEC_WEBSOCKET_KEY, key)
        .header(SEC_WEBSOCKET_VERSION, "13")
        .header(SEC_WEBSOCKET_PROTOCOL, "sip")
        .header(ORIGIN, origin.origin().ascii_serialization())
        .body(Empty::new())
        .ok()
}

/// RFC 6455 4.1: what the server must have answered before a byte of data is sent.
fn check<B>(shared: &Shared, answer: &Response<B>, key: &str) -> Result<(), String> {
    if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
        return Err(format!("the upgrade was answered by {}", answer.status()));
    }
    let header = |name| {
        answer
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    if !header(UPGRADE).is_some_and(|to| to.eq_ignore_ascii_case("websocket")) {
        return Err("the upgrade is to something else".to_owned());
    }
    let upgraded = |value: &str| {
        value
            .split(',')
            .any(|each| each.trim().eq_ignore_ascii_case("upgrade"))
    };
    if !header(CONNECTION).is_some_and(upgraded) {
        return Err("the connection is not upgraded".to_owned());
    }
    let proof = header(SEC_WEBSOCKET_ACCEPT).map(str::trim);
    if proof != Some(derive_accept_key(key.as_bytes()).as_str())
        && !shared.has(Defect::AcceptsBadAcceptKey)
    {
        return Err("the upgrade is not proven".to_owned());
    }
    let taken = match header(SEC_WEBSOCKET_PROTOCOL).map(str::trim) {
        Some("sip") => true,
        Some(_) => shared.has(Defect::AcceptsOtherSubprotocol),
        None => shared.has(Defect::AcceptsMissingSubprotocol),
    };
    if !taken {
        return Err("the edge does not speak SIP here".to_owned());
    }
    if answer.headers().contains_key(SEC_WEBSOCKET_EXTENSIONS) {
        return Err("the edge takes an extension that was not offered".to_owned());
    }
    Ok(())
}
