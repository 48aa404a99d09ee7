//! HTTPS as a client: one connection, dialled to an address that the caller resolved, no redirect, no cookie, no retry.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::SendRequest;
use hyper::header::HeaderMap;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::legacy::send_unprotected;

/// The longest answer that a client reads, octets.
const LONGEST_ANSWER: usize = 4 * 1024 * 1024;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    /// The host is no name and no address.
    #[error("{0:?} is no host name")]
    Name(String),
    /// No TCP connection.
    #[error("cannot reach {0}: {1}")]
    Connect(SocketAddr, io::Error),
    /// The other side is not who it should be, or speaks no TLS that we take.
    #[error("no secure connection: {0}")]
    Tls(io::Error),
    /// The connection is secure, and what came over it is no answer.
    #[error("no answer: {0}")]
    Http(#[from] hyper::Error),
    /// The answer has no end within the limit.
    #[error("the answer is longer than {LONGEST_ANSWER} octets or was cut")]
    Body,
}

/// Whom to call, and how.
pub(crate) struct Dial<'a> {
    /// The name that the certificate must have.
    pub(crate) name: &'a str,
    pub(crate) address: SocketAddr,
    /// The address to call from; `None`: whatever the system takes.
    pub(crate) from: Option<IpAddr>,
    pub(crate) tls: Arc<ClientConfig>,
    /// Goes on with a server that answers with a version before TLS 1.2.
    pub(crate) takes_legacy: bool,
}

impl Dial<'_> {
    /// Connects and shakes hands.
    pub(crate) async fn secure(self) -> Result<TlsStream<Watched>, ClientError> {
        let name = ServerName::try_from(self.name.trim_end_matches('.').to_owned())
            .map_err(|_| ClientError::Name(self.name.to_owned()))?;
        let stream = self.plain().await?;
        let watched = Watched {
            stream,
            watches: self.takes_legacy,
            legacy: false,
        };
        let handshake = TlsConnector::from(Arc::clone(&self.tls))
            .connect(name, watched)
            .into_fallible();
        match handshake.await {
            Ok(stream) => Ok(stream),
            Err((why, mut watched)) => {
                if watched.legacy {
                    let request = format!("GET / HTTP/1.1\r\nHost: {}\r\n\r\n", self.name);
                    send_unprotected(&mut watched.stream, request.as_bytes())
                        .await
                        .map_err(ClientError::Tls)?;
                }
                Err(ClientError::Tls(why))
            }
        }
    }

    /// Connects without TLS.
    pub(crate) async fn plain(&self) -> Result<TcpStream, ClientError> {
        let open = async {
            let socket = if self.address.is_ipv4() {
                TcpSocket::new_v4()?
            } else {
                TcpSocket::new_v6()?
            };
            if let Some(from) = self.from {
                socket.set_reuseaddr(true)?;
                socket.bind(SocketAddr::new(from, 0))?;
            }
            socket.set_nodelay(true)?;
            socket.connect(self.address).await
        };
        open.await
            .map_err(|why| ClientError::Connect(self.address, why))
    }
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Received {
    /// A header field as text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// An open connection for requests one after the other. Dropped, it is closed in good order.
pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
}

impl Connection {
    /// HTTP/1.1 over a stream that is connected already.
    pub(crate) async fn over<S>(stream: S) -> Result<Self, ClientError>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let (sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        // Ends with the sender. Its error is told to the request that waits.
        tokio::spawn(async move {
            let _ = connection.await;
        });
        Ok(Self { sender })
    }

    /// Sends one request and reads the whole answer.
    pub(crate) async fn send(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<Received, ClientError> {
        self.sender.ready().await?;
        let (head, body) = self.sender.send_request(request).await?.into_parts();
        let body = Limited::new(body, LONGEST_ANSWER)
            .collect()
            .await
            .map_err(|_| ClientError::Body)?;
        Ok(Received {
            status: head.status,
            headers: head.headers,
            body: body.to_bytes(),
        })
    }

    /// Whether the other side has closed it, so that the next request needs a new one.
    pub(crate) fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }
}

/// A TCP stream whose first answer can be looked at before TLS sees it.
#[derive(Debug)]
pub(crate) struct Watched {
    stream: TcpStream,
    watches: bool,
    legacy: bool,
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.stream).poll_read(context, buffer);
        if self.watches && outcome.is_ready() {
            self.watches = false;
            // Record of a handshake, server hello, version below 3.3.
            let first = buffer.filled().get(before..).unwrap_or_default();
            if matches!(first, [22, _, _, _, _, 2, _, _, _, 3, 0..=2, ..]) {
                self.legacy = true;
                return Poll::Ready(Err(io::Error::new(
                    io::ErrorKind::Unsupported,
                    "an old version",
                )));
            }
        }
        outcome
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
