//! SIP outside WebSocket and TLS, from phones: served as on W2, but that no token is taken from it.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::JoinSet;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::connection::{self, Client};
use super::{Edge, legacy_tls};
use crate::sip::Message;
use crate::sip::read::{Framing, head_end};
use crate::{StartError, net};

/// The most of one message.
const MAX_MESSAGE: usize = 64 * 1024;
/// Phones that are served at a time.
const MAX_PHONES: usize = 256;
/// How long the answer to a datagram is waited for.
const ANSWER: Duration = Duration::from_secs(5);

/// Listens on the port for phones by the declared transports.
pub(super) async fn listen(edge: &Arc<Edge>, tasks: &mut JoinSet<()>) -> Result<(), StartError> {
    let shared = &edge.shared;
    if shared.model.answer("edge-sip-ports", "none") != "some" {
        return Ok(());
    }
    let declared = |transport| shared.model.lists("edge-sip-addresses", transport, &[]);
    if declared("tcp") {
        let listener = net::listen_tcp(&shared.world, "ep-cscf", "Gm")?;
        tasks.spawn(streams(Arc::clone(edge), listener));
    }
    if declared("udp") {
        let socket = net::listen_udp(&shared.world, "ep-cscf", "Gm").await?;
        tasks.spawn(datagrams(Arc::clone(edge), Arc::new(socket)));
    }
    Ok(())
}

async fn streams(edge: Arc<Edge>, listener: TcpListener) {
    let mut phones = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, from)) = accepted else { continue };
                if phones.len() < MAX_PHONES {
                    let client = Client::bare(from.ip());
                    phones.spawn(talk(Arc::clone(&edge), stream, client, Arc::default()));
                }
            }
            Some(_) = phones.join_next() => {}
        }
    }
}

async fn datagrams(edge: Arc<Edge>, socket: Arc<UdpSocket>) {
    let mut phones = JoinSet::new();
    let mut buffer = vec![0; MAX_MESSAGE];
    loop {
        tokio::select! {
            received = socket.recv_from(&mut buffer) => {
                let Ok((count, from)) = received else { continue };
                let message = buffer.get(..count).unwrap_or_default().to_vec();
                if phones.len() < MAX_PHONES {
                    let (edge, socket) = (Arc::clone(&edge), Arc::clone(&socket));
                    phones.spawn(async move {
                        let client = Client::bare(from.ip());
                        let (mut phone, served) = connected(edge, client, Arc::default()).await;
                        let answers = async {
                            let _ = phone.send(Frame::binary(message)).await;
                            while let Some(Ok(frame)) = phone.next().await {
                                if frame.is_text() || frame.is_binary() {
                                    let _ = socket.send_to(&frame.into_data(), from).await;
                                }
                            }
                        };
                        let both = async { tokio::select! { () = served => {}, () = answers => {} } };
                        let _ = tokio::time::timeout(ANSWER, both).await;
                    });
                }
            }
            Some(_) = phones.join_next() => {}
        }
    }
}

/// The phone's end of a connection, and the serving of it: inside the edge a message is a frame, wherever it came from.
async fn connected(
    edge: Arc<Edge>,
    client: Client,
    dead: Arc<AtomicBool>,
) -> (WebSocketStream<DuplexStream>, impl Future<Output = ()>) {
    let (ours, theirs) = tokio::io::duplex(MAX_MESSAGE);
    let served = async move {
        let socket = WebSocketStream::from_raw_socket(ours, Role::Server, None).await;
        connection::serve(edge, socket, client, dead).await;
    };
    let phone = WebSocketStream::from_raw_socket(theirs, Role::Client, None).await;
    (phone, served)
}

/// Whether the first bytes are a REGISTER in clear.
pub(super) async fn is_register(stream: &TcpStream) -> bool {
    legacy_tls::begins(stream, b"REGISTER ").await
}

/// Serves bare SIP on a stream until it ends.
pub(super) async fn talk(
    edge: Arc<Edge>,
    mut stream: TcpStream,
    client: Client,
    dead: Arc<AtomicBool>,
) {
    let (mut phone, served) = connected(edge, client, dead).await;
    let carried = async {
        let mut read = Vec::new();
        loop {
            tokio::select! {
                count = stream.read_buf(&mut read) => {
                    if !matches!(count, Ok(1..)) || read.len() > MAX_MESSAGE {
                        return;
                    }
                    while let Some(whole) = whole_message(&read) {
                        let message: Vec<u8> = read.drain(..whole).collect();
                        if phone.send(Frame::binary(message)).await.is_err() {
                            return;
                        }
                    }
                }
                frame = phone.next() => match frame {
                    Some(Ok(frame)) if frame.is_text() || frame.is_binary() => {
                        if stream.write_all(&frame.into_data()).await.is_err() {
                            return;
                        }
                    }
                    Some(Ok(_)) => {}
                    _ => return,
                },
            }
        }
    };
    tokio::select! {
        () = served => {}
        () = carried => {}
    }
}

/// How long the first message of a stream is, if all of it is there: on a stream Content-Length tells (RFC 3261 section 18.3).
fn whole_message(bytes: &[u8]) -> Option<usize> {
    let end = head_end(bytes)?;
    let length = match Message::read(bytes.get(..end)?, Framing::Datagram) {
        Ok(message) => message.value("Content-Length")?.trim().parse().ok()?,
        Err(malformed) => malformed
            .message
            .and_then(|message| message.value("Content-Length")?.trim().parse().ok())
            .unwrap_or(0),
    };
    Some(end.checked_add(length)?).filter(|whole| *whole <= bytes.len())
}
