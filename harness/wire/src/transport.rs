//! TCP and UDP, opened from an address of choice, and one stream type for clear and encrypted connections.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};

use evidence::event::Side;
use evidence::{Interface, What};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpSocket, TcpStream, UdpSocket};

use crate::Tap;

/// A connection, in clear or under TLS. One size fits: it lives behind a pointer where it is kept.
#[derive(Debug)]
pub enum Stream {
    /// In clear.
    Clear(TcpStream),
    /// We are the TLS client.
    Client(Box<tokio_rustls::client::TlsStream<TcpStream>>),
    /// We are the TLS server.
    Server(Box<tokio_rustls::server::TlsStream<TcpStream>>),
}

macro_rules! each {
    ($self:ident, $stream:ident => $call:expr) => {
        match $self.get_mut() {
            Self::Clear($stream) => $call,
            Self::Client($stream) => $call,
            Self::Server($stream) => $call,
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        each!(self, stream => Pin::new(stream).poll_read(context, buffer))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        each!(self, stream => Pin::new(stream).poll_write(context, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, stream => Pin::new(stream).poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, stream => Pin::new(stream).poll_shutdown(context))
    }
}

/// Opens a TCP connection from `from` and tells the tap.
///
/// # Errors
/// The system's; the tap knows it as `NotOpened`.
pub async fn connect(
    tap: &Tap,
    interface: Interface,
    from: Option<IpAddr>,
    to: SocketAddr,
) -> io::Result<(u32, TcpStream)> {
    let connection = tap.connection();
    match dial(from, to).await {
        Ok(stream) => {
            tap.record(What::Opened {
                connection,
                interface,
                transport: "tcp".to_owned(),
                from: stream
                    .local_addr()
                    .map(|address| address.to_string())
                    .unwrap_or_default(),
                to: to.to_string(),
                by: Side::Us,
            });
            Ok((connection, stream))
        }
        Err(why) => {
            tap.record(What::NotOpened {
                interface,
                to: to.to_string(),
                why: why.to_string(),
            });
            Err(why)
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is where sockets are opened: `connect` tells the tap"
)]
async fn dial(from: Option<IpAddr>, to: SocketAddr) -> io::Result<TcpStream> {
    let socket = if to.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    if let Some(from) = from.filter(|from| from.is_ipv4() == to.is_ipv4() && to.ip().is_loopback())
    {
        socket.set_reuseaddr(true)?;
        socket.bind(SocketAddr::new(from, 0))?;
    }
    let stream = socket.connect(to).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Listens for TCP connections.
///
/// # Errors
/// The system's, a busy port among them.
#[expect(
    clippy::disallowed_methods,
    reason = "this is where sockets are opened: what is accepted and read is told by whoever serves"
)]
pub fn listen(at: SocketAddr) -> io::Result<TcpListener> {
    let socket = if at.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    socket.set_reuseaddr(true)?;
    socket.bind(at)?;
    socket.listen(1024)
}

/// Opens a UDP socket.
///
/// # Errors
/// The system's, a busy port among them.
#[expect(
    clippy::disallowed_methods,
    reason = "this is where sockets are opened: what comes and leaves is told by whoever serves"
)]
pub async fn datagrams(at: SocketAddr) -> io::Result<UdpSocket> {
    UdpSocket::bind(at).await
}
