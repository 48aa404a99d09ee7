//! Our core towards an eP-CSCF under test: SIP on Mw over UDP and TCP.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock};

use evidence::event::{Direction, Layer, Side};
use evidence::{Interface, What};
use script::vocabulary::core::{Answer, Expect};
use sip::{Framing, Message, response_to};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

use crate::bed::{Bed, BedError};
use crate::play::{Play, lock};
use crate::roles::reg_event::Watchers;
use crate::roles::registrar::{Decision, Offer, Registrar};
use crate::roles::{Acted, seen};

/// The status of a core that does not answer.
const SILENT: &str = "none";

/// What the core of a bed remembers.
#[derive(Default)]
pub(crate) struct Core {
    registrar: Registrar,
    /// Where a registered identity is reached: its Contacts and the Paths to them, by IMPU, the latest last.
    pub(super) bindings: Mutex<HashMap<String, Vec<Binding>>>,
    pub(super) socket: OnceLock<Arc<UdpSocket>>,
    pub(super) watchers: Watchers,
}

#[derive(Clone, Debug)]
pub(super) struct Binding {
    pub(super) contact: String,
    pub(super) path: Vec<String>,
    pub(super) edge: SocketAddr,
}

/// The number that Mw has in every play's log: UDP has no connections.
pub(super) const MW: u32 = 1_000_000;
/// Bindings of one identity that are kept.
const MOST_BINDINGS: usize = 16;
/// A stream that brings no whole message within this many bytes is no SIP.
const LONGEST_MESSAGE: usize = 256 * 1024;

/// Listens on Mw.
pub(crate) async fn serve(bed: &Arc<Bed>) -> Result<(), BedError> {
    let Some(address) = bed.world.address("core", "Mw") else {
        return Ok(());
    };
    let busy = |why| BedError::Listen {
        address,
        node: "core".to_owned(),
        why,
    };
    let socket = Arc::new(wire::transport::datagrams(address).await.map_err(busy)?);
    let _ = bed.core.socket.set(socket.clone());
    let served = bed.clone();
    bed.spawn(async move {
        let mut buffer = vec![0; 65_536];
        loop {
            // An error of a UDP socket is about one datagram; the next is read.
            let Ok((read, from)) = socket.recv_from(&mut buffer).await else {
                continue;
            };
            if let Some(answer) = received(&served, &buffer[..read], from) {
                let _ = socket.send_to(&answer, from).await;
            }
        }
    });
    let listener = wire::transport::listen(address).map_err(busy)?;
    let served = bed.clone();
    bed.spawn(async move {
        let mut streams = tokio::task::JoinSet::new();
        while let Ok((stream, from)) = listener.accept().await {
            streams.spawn(stream_of(served.clone(), stream, from));
        }
    });
    Ok(())
}

async fn stream_of(bed: Arc<Bed>, mut stream: TcpStream, from: SocketAddr) {
    let mut buffer = Vec::new();
    let mut chunk = [0; 8192];
    while let Ok(read) = stream.read(&mut chunk).await {
        if read == 0 || buffer.len() > LONGEST_MESSAGE {
            return;
        }
        buffer.extend_from_slice(&chunk[..read]);
        while let Some(message) = taken(&mut buffer) {
            if let Some(answer) = received(&bed, &message, from)
                && stream.write_all(&answer).await.is_err()
            {
                return;
            }
        }
    }
}

/// The first whole message of a stream, taken off its buffer.
pub(super) fn taken(buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
    loop {
        match sip::frame(buffer) {
            Framing::Whole(length) => return Some(buffer.drain(..length).collect()),
            Framing::EmptyLines(length) => drop(buffer.drain(..length)),
            Framing::Endless(length) => return Some(buffer.drain(..length).collect()),
            Framing::Partial => return None,
        }
    }
}

/// Tells a message to the play that it belongs to, and answers it if it is a request.
fn received(bed: &Arc<Bed>, bytes: &[u8], from: SocketAddr) -> Option<Vec<u8>> {
    let message = Message::split(bytes);
    let play = owner(bed, &message, bytes);
    match &play {
        Some(Ok(play)) => {
            first_contact(play, from);
            play.tap
                .message(MW, Interface::Mw, Direction::Received, Layer::Sip, bytes);
        }
        Some(Err(number)) => bed.board.late(*number, Interface::Mw, Layer::Sip, bytes),
        None => {
            for play in bed.board.all() {
                first_contact(&play, from);
                play.tap
                    .message(MW, Interface::Mw, Direction::Received, Layer::Sip, bytes);
            }
        }
    }
    let method = message.method().filter(|method| *method != "ACK")?;
    let open = play.and_then(Result::ok);
    let decision = answer(bed, open.as_deref(), &message, method, from)?;
    let answer = message_of(&message, &decision);
    bed.core.watchers.keep(&message, &answer, from);
    if let Some(play) = open {
        play.tap
            .message(MW, Interface::Mw, Direction::Sent, Layer::Sip, &answer);
    }
    Some(answer)
}

/// By its mark; else by its identities: an edge may change the Call-ID.
fn owner(bed: &Bed, message: &Message, bytes: &[u8]) -> Option<Result<Arc<Play>, u64>> {
    let call_id = message.call_id().unwrap_or_default();
    if let Some(found) = bed
        .board
        .by_mark(call_id.as_bytes())
        .or_else(|| bed.board.by_mark(bytes))
    {
        return Some(found);
    }
    let names = [message.address("To"), message.address("From")]
        .into_iter()
        .flatten()
        .map(|address| address.uri);
    let users = message
        .credentials("Authorization")
        .into_iter()
        .filter_map(|each| each.param("username").map(str::to_owned));
    names
        .chain(users)
        .find_map(|identity| bed.board.by_identity(&identity))
        .map(Ok)
}

fn first_contact(play: &Play, from: SocketAddr) {
    let known = play.tap.look(|events| {
        events
            .iter()
            .any(|event| matches!(&event.what, What::Opened { connection: MW, .. }))
    });
    if !known {
        play.tap.record(What::Opened {
            connection: MW,
            interface: Interface::Mw,
            transport: "udp".to_owned(),
            from: from.to_string(),
            to: "core".to_owned(),
            by: Side::Sut,
        });
    }
}

fn answer(
    bed: &Bed,
    play: Option<&Play>,
    message: &Message,
    method: &str,
    from: SocketAddr,
) -> Option<Decision> {
    // What an edge asks on its own account, at any time, does not use up what was told for a client's request.
    let of_client = !matches!(method, "SUBSCRIBE" | "OPTIONS");
    let told = play
        .filter(|_| of_client)
        .and_then(|play| next_told(&mut lock(&play.scene).core_answers));
    match told.as_ref().and_then(|told| told.status.as_deref()) {
        Some(SILENT) => return None,
        Some(status) => return Some(told_answer(status)),
        None => {}
    }
    if method != "REGISTER" {
        // A subscription is granted for as long as it is asked for (RFC 6665 section 4.2.1.1).
        let interval = message
            .field("Expires")
            .filter(|_| method == "SUBSCRIBE")
            .map(|interval| ("Expires", interval.into_owned()));
        return Some(Decision {
            status: 200,
            reason: "OK",
            fields: interval.into_iter().collect(),
        });
    }
    let carrier = bed.answer("party-carrier", "authorization-entity");
    let decision = bed
        .core
        .registrar
        .decide(&bed.world, message, carrier, &Offer::of(bed));
    if decision.status == 200 {
        bed.core.bind(message, from);
    }
    if told.is_some_and(|told| told.session_keys == Some(true)) {
        return Some(with_session_keys(bed, decision));
    }
    Some(decision)
}

/// Takes the next answer that was told. Silence stays: what is asked again over UDP is the same request.
fn next_told(told: &mut VecDeque<Answer>) -> Option<Answer> {
    match told.front() {
        Some(front) if front.status.as_deref() == Some(SILENT) => Some(front.clone()),
        _ => told.pop_front(),
    }
}

/// A challenge with IK and CK for the edge, as a core gives them that leaves the transport to IPsec (TS 24.229 5.4.1.2.1).
fn with_session_keys(bed: &Bed, mut decision: Decision) -> Decision {
    let digits =
        |key: sip::aka::Block| -> String { key.iter().map(|byte| format!("{byte:02x}")).collect() };
    for (_, value) in decision
        .fields
        .iter_mut()
        .filter(|(name, _)| *name == "WWW-Authenticate")
    {
        let Some(vector) = bed.core.registrar.vector_of(value) else {
            continue;
        };
        let (ik, ck) = (digits(vector.integrity_key), digits(vector.cipher_key));
        *value = format!("{value}, ik=\"{ik}\", ck=\"{ck}\"");
    }
    decision
}

fn told_answer(status: &str) -> Decision {
    Decision {
        status: status.parse().unwrap_or(500),
        reason: "As told",
        fields: Vec::new(),
    }
}

fn message_of(request: &Message, decision: &Decision) -> Vec<u8> {
    let tag = crate::world::random_word();
    let mut answer = response_to(request, decision.status, decision.reason, Some(&tag[..10]));
    for (name, value) in &decision.fields {
        if let Ok(edit) = sip::Edit::add(format!("{name}: {value}")) {
            answer.apply(&edit);
        }
    }
    answer.bytes()
}

impl Core {
    fn bind(&self, message: &Message, edge: SocketAddr) {
        let Some(to) = message.address("To") else {
            return;
        };
        let Some(contact) = message.address("Contact") else {
            return;
        };
        let gone = contact.param("expires") == Some("0")
            || message
                .field("Expires")
                .is_some_and(|value| value.trim() == "0");
        let mut bindings = lock(&self.bindings);
        let of_identity = bindings.entry(to.uri).or_default();
        let all = gone && contact.uri == "*";
        of_identity.retain(|binding| !all && binding.contact != contact.uri);
        if gone {
            return;
        }
        // Edges that let registrations end without a word must not fill the memory of a long run.
        if of_identity.len() >= MOST_BINDINGS {
            of_identity.remove(0);
        }
        let path = message.fields("Path").map(|value| value.into_owned());
        of_identity.push(Binding {
            contact: contact.uri,
            path: path.collect(),
            edge,
        });
    }
}

/// Says to the tap what the core will answer otherwise.
pub(crate) fn told(play: &Play, step: usize, verb: &Answer) -> Acted {
    play.stimulus(
        step,
        Layer::State,
        match verb.status.as_deref() {
            Some(SILENT) => "the core does not answer".to_owned(),
            Some(status) => format!("the core answers {status}"),
            None => "the core tells the session keys in its challenge".to_owned(),
        },
    );
    Ok(())
}

/// Waits for a request on Mw, or for the answer to our MESSAGE.
pub(crate) async fn expect(
    bed: &Arc<Bed>,
    play: &Arc<Play>,
    step: usize,
    since: usize,
    verb: &Expect,
) -> Acted {
    let method = verb.method.as_deref();
    let found = play.tap.until(bed.answer_time(), |events| {
        let awaited = |message: &Message| match method {
            Some(method) => message.method() == Some(method),
            None => seen::is_final(message),
        };
        let came = seen::came(events, since, &[Interface::Mw]).any(|message| awaited(&message));
        let over = || {
            let mut answers = seen::came(events, since, &[Interface::W2]);
            answers.any(|answer| method.is_some_and(|method| settles(&answer, method)))
        };
        (came || over()).then_some(())
    });
    let found = found.await;
    if found.is_none() {
        play.timed_out(
            step,
            verb.method.as_deref().unwrap_or("an answer on Mw"),
            bed.answer_time(),
        );
    }
    Ok(())
}

/// Whether an edge that answered so forwards no request of this method any more: it has refused, or a registration ended without the core.
fn settles(answer: &Message, method: &str) -> bool {
    let of_another = answer.cseq().is_some_and(|(_, asked)| asked != method);
    let least = if method == "REGISTER" { 200 } else { 300 };
    !of_another && answer.status().is_some_and(|status| status >= least)
}
