//! One WebSocket connection of a client: its messages in order, its identities, its way out.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Notify, mpsc};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Error, Message as Frame};

use super::register::Identity;
use super::register::identity::Named;
use super::sessions::Resumed;
use super::{Edge, Flow, lenient, register, request, terminating};
use crate::sip::read::{Framing, Malformed, head_end};
use crate::sip::{Message, Start, reason};
use crate::{Defect, net};

/// Answers and requests that may wait for a client that does not read.
const MAX_WAITING: usize = 256;
/// A message whose head is longer than this never ends.
const MAX_BEGUN: usize = 64 * 1024;
/// How long a connection that ends may take for what is still queued.
const LINGER: Duration = Duration::from_millis(500);

/// An identity that the core registered by way of this connection.
#[derive(Clone, Debug)]
pub(super) struct Bound {
    /// The public identity in its one spelling.
    pub(super) impu: String,
    pub(super) impi: String,
    /// Whom the edge vouched for, if a token registered it.
    pub(super) by_token: Option<Identity>,
    pub(super) by_digest: bool,
    pub(super) until: Instant,
}

/// What the handshakes told of a client.
pub(super) struct Client {
    /// The page that opened the connection, if it told.
    pub(super) origin: Option<String>,
    /// A token in the target or a cookie of the upgrade, for those who take it from there.
    pub(super) token: Option<String>,
    /// The SHA-256 of the certificate that the other side showed, in base64url.
    pub(super) thumbprint: Option<String>,
    pub(super) from: IpAddr,
    pub(super) session: Resumed,
    /// Whether it came without WebSocket and TLS.
    pub(super) bare: bool,
}

impl Client {
    /// Somebody of whom nothing is known but the address.
    pub(super) fn new(from: IpAddr) -> Self {
        Self {
            origin: None,
            token: None,
            thumbprint: None,
            from,
            session: Resumed::new(),
            bare: false,
        }
    }

    /// Somebody who came without WebSocket and TLS.
    pub(super) fn bare(from: IpAddr) -> Self {
        Self {
            bare: true,
            ..Self::new(from)
        }
    }
}

/// What the edge knows of a connection. Nothing of it outlives the connection.
pub(super) struct Connection {
    /// The user part of our Path; it cannot be guessed.
    pub(super) flow_id: String,
    pub(super) client: Client,
    /// Who was registered in the TLS session that this one resumed; nobody for an honest edge.
    pub(super) resumed: Vec<Bound>,
    /// The beginning of a message, for those who wait for its rest.
    begun: Vec<u8>,
    pub(super) bound: Vec<Bound>,
    /// Public identities that were registered here and are no more.
    pub(super) former: Vec<String>,
    /// What the core associated with the last registration here, each in its one spelling.
    pub(super) implicit: Vec<String>,
    /// Whether the last challenge that was relayed here was by AKA version 2.
    pub(super) challenged_by_aka: bool,
    /// With whose right a request goes that waited behind a REGISTER, for an edge that does not keep them apart.
    pub(super) inherited: Option<Identity>,
    pub(super) outbox: mpsc::Sender<Vec<u8>>,
    identities: Arc<Mutex<Vec<String>>>,
    ended: Arc<Mutex<Vec<String>>>,
    parties: Arc<Mutex<Vec<String>>>,
}

impl Connection {
    /// The live registration of a public identity.
    pub(super) fn bound_to(&self, impu: Option<&str>) -> Option<&Bound> {
        self.alive().find(|bound| Some(bound.impu.as_str()) == impu)
    }

    /// Registrations that have not run out, and that the core has not ended.
    pub(super) fn alive(&self) -> impl Iterator<Item = &Bound> {
        let now = Instant::now();
        let ended = self.ended().clone();
        self.bound
            .iter()
            .filter(move |bound| bound.until > now && !ended.contains(&bound.impu))
    }

    /// Public identities whose registration the core has ended.
    pub(super) fn ended(&self) -> MutexGuard<'_, Vec<String>> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a public identity was ever registered here.
    pub(super) fn had(&self, impu: Option<&str>) -> bool {
        self.former.iter().any(|each| Some(each.as_str()) == impu)
    }

    /// Whether the core associated a public identity with the last registration here.
    pub(super) fn associated(&self, named: &Named) -> bool {
        let known = named.known.as_deref();
        self.implicit
            .iter()
            .any(|each| Some(each.as_str()) == known)
    }

    /// Whether an IMPI may not register here because another one has.
    pub(super) fn other_identity(&self, impi: &str, edge: &Edge) -> bool {
        let open = [
            Defect::ManyIdentities,
            Defect::RefreshTrustsConnection,
            Defect::LabelsByConnection,
        ];
        self.alive().any(|bound| bound.impi != impi)
            && edge.shared.model.answer("multi-id", "no") == "no"
            && edge.shared.among(&open).is_none()
    }

    /// Whether somebody is registered here, and not this public identity.
    pub(super) fn serves_other_than(&self, impu: Option<&str>, edge: &Edge) -> bool {
        self.alive().next().is_some()
            && self.bound_to(impu).is_none()
            && edge.shared.model.answer("multi-id", "no") == "no"
            && !edge.shared.has(Defect::ManyIdentities)
    }

    /// Remembers that a party's token registered somebody here.
    pub(super) fn serves_party(&self, party: &str) {
        let mut parties = self.parties.lock().unwrap_or_else(PoisonError::into_inner);
        if !parties.iter().any(|each| each == party) {
            parties.push(party.to_owned());
        }
    }

    /// Tells the flow of the connection which public identities are registered on it.
    pub(super) fn tell_identities(&self) {
        let mut told = self
            .identities
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *told = self.bound.iter().map(|bound| bound.impu.clone()).collect();
    }

    /// Queues a message for the client; one that does not read loses it.
    pub(super) fn send(&self, message: &Message) {
        let _ = self.outbox.try_send(message.print());
    }
}

/// Removes the flow when its connection ends, however that happens.
struct FlowGuard {
    edge: Arc<Edge>,
    id: String,
}

impl Drop for FlowGuard {
    fn drop(&mut self) {
        let mut flows = self.edge.flows();
        let gone = flows.remove(&self.id);
        self.edge
            .subscriptions()
            .retain(|_, about| about.flow != self.id);
        let gone = gone.map(|gone| gone.identities()).unwrap_or_default();
        let shares = |flow: &Flow| flow.identities().iter().any(|each| gone.contains(each));
        if flows.values().any(shares) && self.edge.shared.has(Defect::CloseEndsIdentity) {
            flows.retain(|_, flow| !shares(flow));
        }
    }
}

/// Serves a connection until it ends.
pub(super) async fn serve<S>(
    edge: Arc<Edge>,
    stream: WebSocketStream<S>,
    client: Client,
    dead: Arc<AtomicBool>,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (mut sink, mut source) = stream.split();
    let (outbox, mut queue) = mpsc::channel::<Vec<u8>>(MAX_WAITING);
    let flow_id = net::random_hex(16);
    let close = Arc::new(Notify::new());
    let parties = Arc::<Mutex<Vec<String>>>::default();
    let identities = Arc::<Mutex<Vec<String>>>::default();
    let ended = Arc::<Mutex<Vec<String>>>::default();
    let unanswered = Arc::new(Mutex::new(HashMap::new()));
    let flow = Flow {
        outbox: outbox.clone(),
        unanswered,
        identities: Arc::clone(&identities),
        ended: Arc::clone(&ended),
        parties: Arc::clone(&parties),
        close: Arc::clone(&close),
    };
    edge.flows().insert(flow_id.clone(), flow.clone());
    let guard = FlowGuard {
        edge: Arc::clone(&edge),
        id: flow_id.clone(),
    };
    let mut connection = Connection {
        flow_id,
        resumed: edge.sessions.inherited(&edge.shared, &client.session),
        client,
        begun: Vec::new(),
        bound: Vec::new(),
        former: Vec::new(),
        implicit: Vec::new(),
        challenged_by_aka: false,
        inherited: None,
        outbox,
        identities,
        ended,
        parties,
    };
    tokio::select! {
        () = read(&edge, &mut source, &mut connection, &flow, &dead) => {}
        () = write(&mut sink, &mut queue) => return,
        () = close.notified() => {}
    }
    drop(guard);
    // Answers that are queued already still go out.
    queue.close();
    let _ = tokio::time::timeout(LINGER, async {
        write(&mut sink, &mut queue).await;
        sink.close().await
    })
    .await;
}

async fn read<S: AsyncRead + AsyncWrite + Unpin>(
    edge: &Arc<Edge>,
    source: &mut SplitStream<WebSocketStream<S>>,
    connection: &mut Connection,
    flow: &Flow,
    dead: &AtomicBool,
) {
    let mut waiting = None;
    loop {
        let next = match waiting.take() {
            Some(next) => next,
            None => source.next().await,
        };
        let Some(frame) = next else { return };
        let Ok(frame) = frame else {
            if matches!(frame, Err(Error::Capacity(_)))
                && edge.shared.has(Defect::DiesOfLongMessage)
            {
                dead.store(true, Ordering::Relaxed);
            }
            return;
        };
        let bytes = match frame {
            Frame::Text(text) => text.as_bytes().to_vec(),
            Frame::Binary(bytes) => bytes.to_vec(),
            Frame::Close(_) => return,
            _ => {
                // A pong is queued by the library and leaves with the next flush; an empty write asks for one.
                let _ = connection.outbox.try_send(Vec::new());
                continue;
            }
        };
        if !dead.load(Ordering::Relaxed) && !take(edge, connection, flow, &bytes, dead).await {
            return;
        }
        waiting = source.next().now_or_never();
        let right = connection.bound.last();
        connection.inherited = right
            .and_then(|bound| bound.by_token.clone())
            .filter(|_| waiting.is_some() && edge.shared.has(Defect::PipelinedInheritsRight));
    }
}

async fn write<S: AsyncRead + AsyncWrite + Unpin>(
    sink: &mut SplitSink<WebSocketStream<S>, Frame>,
    queue: &mut mpsc::Receiver<Vec<u8>>,
) {
    while let Some(bytes) = queue.recv().await {
        let sent = match bytes.is_empty() {
            true => sink.flush().await,
            false => match String::from_utf8(bytes) {
                Ok(text) => sink.send(Frame::text(text)).await,
                Err(other) => sink.send(Frame::binary(other.into_bytes())).await,
            },
        };
        if sent.is_err() {
            return;
        }
    }
}

/// Handles one WebSocket message; false ends the connection.
async fn take(
    edge: &Arc<Edge>,
    connection: &mut Connection,
    flow: &Flow,
    bytes: &[u8],
    dead: &AtomicBool,
) -> bool {
    if bytes.starts_with(b"GET ") && edge.shared.has(Defect::AnswersFramedHttp) {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        let _ = connection.outbox.try_send(answer.to_vec());
        return true;
    }
    let joined;
    let in_parts = !connection.begun.is_empty() || head_end(bytes).is_none();
    let bytes = match in_parts && edge.shared.has(Defect::JoinsMessages) {
        true => {
            connection.begun.extend_from_slice(bytes);
            if head_end(&connection.begun).is_none() && connection.begun.len() < MAX_BEGUN {
                return true;
            }
            joined = std::mem::take(&mut connection.begun);
            joined.as_slice()
        }
        false => bytes,
    };
    let rest = second_message(edge, bytes);
    let read = match rest {
        Some(_) => Message::read(bytes, Framing::Datagram),
        None => lenient::read(edge, bytes),
    };
    let message = match read {
        Ok(message) => message,
        Err(Malformed { message, .. }) => {
            if edge.shared.has(Defect::DiesOnMalformed) {
                dead.store(true, Ordering::Relaxed);
            }
            let Some(message) = message else { return false };
            if matches!(message.start, Start::Request { .. }) && message.method() != "ACK" {
                connection.send(&message.answer(400, reason(400)));
            }
            return true;
        }
    };
    handle(edge, connection, flow, message).await;
    if let Some(second) = rest.and_then(|at| Message::read(&bytes[at..], Framing::Datagram).ok()) {
        handle(edge, connection, flow, second).await;
    }
    true
}

async fn handle(edge: &Arc<Edge>, connection: &mut Connection, flow: &Flow, message: Message) {
    if let Some(answer) = unsupported(edge, &message) {
        return connection.send(&answer);
    }
    match &message.start {
        Start::Response { .. } => terminating::relay_answer(flow, message),
        Start::Request { method, .. } if method == "REGISTER" => {
            let answer = register::serve(edge, connection, &message).await;
            match sent_by(edge, &message) {
                Some(there) => edge.link.send(&answer, there),
                None => connection.send(&answer),
            }
        }
        Start::Request { .. } => request::serve(edge, connection, &message),
    }
}

/// The refusal of a request that demands extensions of a proxy (RFC 3261 section 16.3, step 5); this edge has none.
fn unsupported(edge: &Edge, message: &Message) -> Option<Message> {
    let tags: Vec<&str> = message.values("Proxy-Require").collect();
    let exempt = matches!(message.start, Start::Response { .. })
        || matches!(message.method(), "ACK" | "CANCEL");
    if tags.is_empty() || exempt || edge.shared.has(Defect::IgnoresProxyRequire) {
        return None;
    }
    let mut answer = message.answer(420, reason(420));
    answer.push("Unsupported", tags.join(", "));
    Some(answer)
}

/// The address in Via, for those who answer to it instead of to the connection.
fn sent_by(edge: &Edge, request: &Message) -> Option<std::net::SocketAddr> {
    let via = request.value("Via")?.split(';').next()?;
    let there = via.split_ascii_whitespace().nth(1)?.parse().ok();
    there.filter(|_| edge.shared.has(Defect::AnswersToVia))
}

/// Where a second message begins behind the length of the first, for those who split there.
fn second_message(edge: &Edge, bytes: &[u8]) -> Option<usize> {
    let end = head_end(bytes)?;
    let message = Message::read(bytes, Framing::Datagram).ok()?;
    message.value("Content-Length")?;
    Some(end + message.body.len())
        .filter(|at| *at < bytes.len() && edge.shared.has(Defect::SplitsTwoMessages))
}
