//! HTTP/1.1 over TLS for one node: accept, handshake, read a whole request, answer.

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::header::{COOKIE, HOST, HeaderMap};
use hyper::service::service_fn;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::HandshakeKind;
use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::answer::{Answer, plain};
use super::form::Form;
use super::listen::{Quirks, Server};

/// The longest body that a web node reads, octets.
const LONGEST_BODY: usize = 64 * 1024;

/// A request that was read to its end, and who sent it.
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) path: String,
    /// `None`: there is one, and it cannot be decoded.
    pub(crate) query: Option<Form>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The certificate that the client proved in the handshake.
    pub(crate) certificate: Option<CertificateDer<'static>>,
    /// The handshake resumed an earlier session.
    pub(crate) resumed: bool,
}

impl Asked {
    /// A header field as text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The value of a cookie; the first one where it comes twice.
    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        self.headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(each, _)| *each == name)
            .map(|(_, value)| value)
    }

    /// The body as a form, if it is one.
    pub(crate) fn form(&self) -> Option<Form> {
        let kind = self.header("content-type").unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return None;
        }
        Form::read(&self.body)
    }

    /// Whether a browser says that another site made this request (`Origin`; a browser sends it with every POST).
    pub(crate) fn is_cross_site(&self) -> bool {
        let own = self.header("host").map(|host| format!("https://{host}"));
        let origin = self
            .headers
            .get("origin")
            .map(|origin| origin.to_str().ok());
        origin.is_some_and(|origin| origin != own.as_deref())
    }
}

/// What a node answers.
pub(crate) trait Site: Send + Sync + 'static {
    /// Answers one request; `None`: the node dies of it.
    fn answer(&self, asked: Asked) -> impl Future<Output = Option<Answer>> + Send;
}

/// Serves `site` until the task set ends.
pub(crate) fn serve<S: Site>(server: Server, site: Arc<S>, tasks: &mut JoinSet<()>) {
    tasks.spawn(async move {
        let acceptor = TlsAcceptor::from(Arc::new(server.tls));
        let dead = Arc::new(Notify::new());
        // Dropped with this task, it closes every connection.
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                () = dead.notified() => return,
                Some(_) = connections.join_next(), if !connections.is_empty() => {}
                accepted = server.listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        let (acceptor, site, dead) = (acceptor.clone(), Arc::clone(&site), Arc::clone(&dead));
                        connections.spawn(connection(stream, acceptor, server.quirks, site, dead));
                    }
                    // A connection that was gone before we took it, or no descriptor left: others end meanwhile.
                    Err(_) => tokio::task::yield_now().await,
                },
            }
        }
    });
}

async fn connection<S: Site>(
    stream: TcpStream,
    acceptor: TlsAcceptor,
    quirks: Quirks,
    site: Arc<S>,
    dead: Arc<Notify>,
) {
    // Without it the answer may wait for the other side's delayed acknowledgement.
    let _ = stream.set_nodelay(true);
    if let Some(legacy) = quirks.legacy
        && legacy.answers(&stream).await
    {
        return;
    }
    if quirks.clear_text && starts_with_a_letter(&stream).await {
        return requests(stream, Sender::default(), site, dead).await;
    }
    // A failed handshake was told to the client by an alert; nobody else needs to know.
    let Ok(tls) = acceptor.accept(stream).await else {
        return;
    };
    let session = tls.get_ref().1;
    let leaf = session.peer_certificates().and_then(|chain| chain.first());
    let sender = Sender {
        certificate: leaf.map(|leaf| leaf.clone().into_owned()),
        resumed: session.handshake_kind() == Some(HandshakeKind::Resumed),
    };
    requests(tls, sender, site, dead).await;
}

/// A request line begins with a letter, a TLS record does not.
async fn starts_with_a_letter(stream: &TcpStream) -> bool {
    let mut first = [0];
    matches!(stream.peek(&mut first).await, Ok(1)) && first[0].is_ascii_alphabetic()
}

/// Who is at the other end of a connection.
#[derive(Clone, Default)]
struct Sender {
    certificate: Option<CertificateDer<'static>>,
    resumed: bool,
}

async fn requests<S: Site, T>(stream: T, sender: Sender, site: Arc<S>, dead: Arc<Notify>)
where
    T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let service = service_fn(|request| {
        let (site, dead, sender) = (Arc::clone(&site), Arc::clone(&dead), sender.clone());
        async move {
            let answer = match read(request, sender).await {
                Ok(asked) => site.answer(asked).await,
                Err(status) => Some(plain(status, "unreadable request")),
            };
            if answer.is_none() {
                dead.notify_one();
            }
            Ok::<Answer, Infallible>(answer.unwrap_or_default())
        }
    });
    // An HTTP error ends this connection alone.
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn read(request: Request<Incoming>, sender: Sender) -> Result<Asked, StatusCode> {
    let (head, body) = request.into_parts();
    if head.headers.get_all(HOST).iter().count() != 1 {
        return Err(StatusCode::BAD_REQUEST);
    }
    let body = match Limited::new(body, LONGEST_BODY).collect().await {
        Ok(whole) => whole.to_bytes(),
        Err(why) if why.is::<http_body_util::LengthLimitError>() => {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        Err(_) => return Err(StatusCode::BAD_REQUEST),
    };
    Ok(Asked {
        method: head.method,
        path: head.uri.path().to_owned(),
        query: Form::read(head.uri.query().unwrap_or_default().as_bytes()),
        headers: head.headers,
        body,
        certificate: sender.certificate,
        resumed: sender.resumed,
    })
}
