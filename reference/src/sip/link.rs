//! Mw: one UDP socket and one TCP listener of a node. One task owns the socket, so that it is closed when the node ends.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};

use super::read::{Framing, Malformed, head_end};
use super::{Message, Start};
use crate::world::World;
use crate::{StartError, net};

/// First retransmission of a request; each further one waits twice as long.
const RETRANSMIT: Duration = Duration::from_millis(200);
/// When a request without any answer is given up.
const GIVE_UP: Duration = Duration::from_secs(2);
/// When a request that got a provisional answer is given up.
const GIVE_UP_RINGING: Duration = Duration::from_secs(30);
const MAX_STREAM_MESSAGE: usize = 128 * 1024;

/// A request that came in over Mw, or bytes that are none.
pub(crate) struct Incoming {
    pub(crate) message: Result<Message, Malformed>,
    pub(crate) from: SocketAddr,
    pub(crate) reply: Reply,
}

/// Where the answers to a request go.
#[derive(Clone)]
pub(crate) enum Reply {
    Datagram(mpsc::UnboundedSender<(Vec<u8>, SocketAddr)>, SocketAddr),
    Stream(mpsc::UnboundedSender<Vec<u8>>),
}

impl Reply {
    /// Sends an answer; nothing is told when the other side is gone.
    pub(crate) fn send(&self, message: &Message) {
        let _ = match self {
            Self::Datagram(outbox, to) => outbox.send((message.print(), *to)).is_ok(),
            Self::Stream(outbox) => outbox.send(message.print()).is_ok(),
        };
    }
}

/// The sending half of a node's Mw.
#[derive(Clone)]
pub(crate) struct Link {
    outbox: mpsc::UnboundedSender<(Vec<u8>, SocketAddr)>,
    pending: Arc<Mutex<HashMap<String, mpsc::UnboundedSender<Message>>>>,
    /// Our address, for Via.
    pub(crate) local: SocketAddr,
}

/// Opens the Mw of a node; `handler` gets every request and must not block.
pub(crate) async fn open<F>(
    world: &World,
    node: &str,
    tasks: &mut JoinSet<()>,
    handler: impl FnOnce(Link) -> F,
) -> Result<(), StartError>
where
    F: Fn(Incoming) + Send + Sync + 'static,
{
    let socket = net::listen_udp(world, node, "Mw").await?;
    let listener = net::listen_tcp(world, node, "Mw")?;
    let (outbox, queue) = mpsc::unbounded_channel();
    let link = Link {
        outbox,
        pending: Arc::default(),
        local: world.address(node, "Mw")?,
    };
    let handler = Arc::new(handler(link.clone()));
    tasks.spawn(serve_streams(listener, link.clone(), Arc::clone(&handler)));
    tasks.spawn(serve_datagrams(socket, queue, link, handler));
    Ok(())
}

async fn serve_datagrams<F: Fn(Incoming)>(
    socket: UdpSocket,
    mut queue: mpsc::UnboundedReceiver<(Vec<u8>, SocketAddr)>,
    link: Link,
    handler: Arc<F>,
) {
    let mut buffer = vec![0; 65_536];
    loop {
        tokio::select! {
            // An ICMP error of an earlier datagram surfaces here; the next one is read all the same.
            received = socket.recv_from(&mut buffer) => if let Ok((length, from)) = received {
                let reply = || Reply::Datagram(link.outbox.clone(), from);
                link.take(Message::read(&buffer[..length], Framing::Datagram), from, reply, &*handler);
            },
            next = queue.recv() => match next {
                Some((bytes, to)) => drop(socket.send_to(&bytes, to).await),
                None => return,
            },
        }
    }
}

async fn serve_streams<F: Fn(Incoming) + Send + Sync + 'static>(
    listener: TcpListener,
    link: Link,
    handler: Arc<F>,
) {
    let mut connections = JoinSet::new();
    loop {
        if let Ok((stream, from)) = listener.accept().await {
            while connections.try_join_next().is_some() {}
            if connections.len() < 256 {
                connections.spawn(serve_stream(
                    stream,
                    from,
                    link.clone(),
                    Arc::clone(&handler),
                ));
            }
        }
    }
}

async fn serve_stream<F: Fn(Incoming)>(
    stream: TcpStream,
    from: SocketAddr,
    link: Link,
    handler: Arc<F>,
) {
    let (mut reader, mut writer) = stream.into_split();
    let (outbox, mut queue) = mpsc::unbounded_channel::<Vec<u8>>();
    let mut buffer = Vec::new();
    loop {
        while let Some(end) = framed(&buffer) {
            let rest = buffer.split_off(end);
            let reply = || Reply::Stream(outbox.clone());
            link.take(
                Message::read(&buffer, Framing::Datagram),
                from,
                reply,
                &*handler,
            );
            buffer = rest;
        }
        if buffer.len() > MAX_STREAM_MESSAGE {
            return;
        }
        tokio::select! {
            read = reader.read_buf(&mut buffer) => if !read.is_ok_and(|count| count > 0) { return },
            Some(bytes) = queue.recv() => if writer.write_all(&bytes).await.is_err() { return },
        }
    }
}

/// The end of the first message of a stream, once it is all there; a length that cannot be read counts as none.
fn framed(buffer: &[u8]) -> Option<usize> {
    let end = head_end(buffer)?;
    let head = String::from_utf8_lossy(&buffer[..end]);
    let length = head.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let name = name.trim();
        let found = name.eq_ignore_ascii_case("Content-Length") || name.eq_ignore_ascii_case("l");
        found.then(|| value.trim().parse::<usize>().unwrap_or(0))
    });
    let whole = end.checked_add(length.unwrap_or(0))?;
    (buffer.len() >= whole).then_some(whole)
}

impl Link {
    /// Gives a response to the request that waits for it and everything else to the node.
    fn take<F: Fn(Incoming)>(
        &self,
        message: Result<Message, Malformed>,
        from: SocketAddr,
        reply: impl Fn() -> Reply,
        handler: &F,
    ) {
        match message {
            Ok(message) if matches!(message.start, Start::Response { .. }) => {
                let waiting = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(waiting) = key(&message).and_then(|key| waiting.get(&key)) {
                    let _ = waiting.send(message);
                }
            }
            Err(Malformed {
                message:
                    Some(Message {
                        start: Start::Response { .. },
                        ..
                    }),
                ..
            }) => {}
            message => handler(Incoming {
                message,
                from,
                reply: reply(),
            }),
        }
    }

    /// A new top Via of ours.
    pub(crate) fn via(&self, branch: &str) -> String {
        format!("SIP/2.0/UDP {};branch={branch};rport", self.local)
    }

    /// Sends a request to which no answer is awaited (ACK).
    pub(crate) fn send(&self, message: &Message, to: SocketAddr) {
        let _ = self.outbox.send((message.print(), to));
    }

    /// Sends a request whose top Via is ours; the answers are read from the result.
    pub(crate) fn request(&self, message: &Message, to: SocketAddr) -> Transaction {
        let (sender, answers) = mpsc::unbounded_channel();
        let key = key(message).unwrap_or_default();
        self.pending
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key.clone(), sender);
        let now = Instant::now();
        let bytes = message.print();
        let _ = self.outbox.send((bytes.clone(), to));
        Transaction {
            link: self.clone(),
            key,
            answers,
            bytes,
            to,
            next: Some((now + RETRANSMIT, RETRANSMIT)),
            until: now + GIVE_UP,
        }
    }
}

/// A transaction is known by the branch of its top Via and its method; CANCEL has those of a transaction of its own.
fn key(message: &Message) -> Option<String> {
    Some(format!("{} {}", message.branch()?, message.method()))
}

/// A request on its way: retransmitted until it is answered, given up when it is not.
pub(crate) struct Transaction {
    link: Link,
    key: String,
    answers: mpsc::UnboundedReceiver<Message>,
    bytes: Vec<u8>,
    to: SocketAddr,
    next: Option<(Instant, Duration)>,
    until: Instant,
}

impl Transaction {
    /// The next answer, `None` when the time is over.
    pub(crate) async fn answer(&mut self) -> Option<Message> {
        while let Some((at, interval)) = self.next.filter(|(at, _)| *at < self.until) {
            if let Ok(answer) = timeout_at(at, self.answers.recv()).await {
                return self.heard(answer?);
            }
            let _ = self.link.outbox.send((self.bytes.clone(), self.to));
            self.next = Some((at + interval * 2, interval * 2));
        }
        let answer = timeout(
            self.until.saturating_duration_since(Instant::now()),
            self.answers.recv(),
        )
        .await;
        self.heard(answer.ok()??)
    }

    /// The final answer, `None` when the time is over.
    pub(crate) async fn last_answer(&mut self) -> Option<Message> {
        loop {
            let answer = self.answer().await?;
            if answer.code() >= 200 {
                return Some(answer);
            }
        }
    }

    fn heard(&mut self, answer: Message) -> Option<Message> {
        self.next = None;
        if answer.code() < 200 && answer.method() == "INVITE" {
            self.until = Instant::now() + GIVE_UP_RINGING;
        }
        Some(answer)
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        self.link
            .pending
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.key);
    }
}
