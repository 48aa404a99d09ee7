//! Our WIC on W2: the WebSocket to an eP-CSCF under test, and the SIP on it.

use std::collections::HashMap;
use std::sync::Arc;

use evidence::event::{Direction, Layer, Side};
use evidence::{Interface, What};
use script::vocabulary::wic::{Close, Connect};
use sip::{Message, response_to};
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;
use wire::http::{Head, Reader};
use wire::tls::{ClientSettings, Sessions};
use wire::websocket::{Incoming, Socket};
use wire::{Stream, tls, transport};

use crate::bed::{Bed, Target};
use crate::play::{Play, lock};
use crate::roles::{Acted, Trouble};
use crate::world::Person;

/// The name of the connection of a step that names none.
pub(super) const MAIN: &str = "main";

/// How long the other side of a WebSocket may take to close it after we did.
const GOODBYE: std::time::Duration = std::time::Duration::from_millis(500);

/// An open WebSocket: a task owns it, and this sends to the task.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    pub(super) number: u32,
    pub(super) orders: mpsc::Sender<Order>,
    pub(super) sessions: Sessions,
    pub(crate) dialogs: Arc<std::sync::Mutex<HashMap<String, Dialog>>>,
    /// The token in the cookie of its handshake, where tokens travel there.
    pub(super) cookie: Option<String>,
    /// Frames that wait for the next message, to be written together with it.
    pub(super) held: Arc<std::sync::Mutex<Vec<u8>>>,
}

#[derive(Debug)]
pub(super) enum Order {
    Send(Vec<u8>),
    Raw(Vec<u8>),
    Close,
    /// Close, and hear the other side's goodbye.
    Leave,
}

/// What a user agent remembers of its registration on one connection.
#[derive(Clone, Debug)]
pub(crate) struct Dialog {
    pub(super) call_id: String,
    pub(super) from_tag: String,
    pub(crate) contact: String,
    pub(crate) instance: String,
    pub(super) cseq: u32,
}

/// Opens W2. `cookie` is the token that the handshake carries, where tokens travel there.
pub(crate) async fn connect(
    bed: &Arc<Bed>,
    play: &Arc<Play>,
    step: usize,
    verb: &Connect,
    cookie: Option<String>,
) -> Acted {
    let person = play.person(verb.person.as_deref())?;
    connect_as(bed, play, step, verb, (&person, cookie)).await
}

/// Opens W2 as somebody's device, also of another lane's.
pub(super) async fn connect_as(
    bed: &Arc<Bed>,
    play: &Arc<Play>,
    step: usize,
    verb: &Connect,
    (person, cookie): (&Person, Option<String>),
) -> Acted {
    let target = bed.target(Interface::W2, "ep-cscf")?;
    let name = verb.connection.clone().unwrap_or_else(|| MAIN.to_owned());
    let head = handshake(bed, play, &target, (person, cookie.as_deref()), verb)?;
    let sessions = match &verb.resume {
        Some(earlier) => lock(&play.sessions).get(earlier).cloned(),
        None => None,
    };
    let resumes = sessions.is_some();
    let sessions = sessions.unwrap_or_default();
    let clear = verb.clear.unwrap_or(target.clear);
    let mut settings = settings(verb, &target, &sessions);
    settings.identity = certificate(bed, play, person, verb.device.as_deref())?;
    let security = if clear {
        "no TLS".to_owned()
    } else {
        told(&settings, resumes)
    };
    play.stimulus(step, Layer::Tls, security);
    play.stimulus(step, Layer::Http, head.bytes());
    let from = Some(bed.device(verb.address.as_ref().unwrap_or(&person.name)));
    let opened = transport::connect(&play.tap, Interface::W2, from, target.address).await;
    let (number, stream) = opened
        .map_err(|why| Trouble::sut(format!("{} refused the connection: {why}", target.address)))?;
    let mut stream = if clear {
        Stream::Clear(stream)
    } else {
        let shaken = tls::client(&play.tap, number, stream, &settings);
        let shaken = tokio::time::timeout(bed.answer_time(), shaken).await;
        shaken
            .map_err(|_| Trouble::sut("the TLS handshake was not answered"))?
            .map_err(Trouble::sut)?
    };
    let (orders, received) = mpsc::channel(16);
    let connection = Connection {
        number,
        orders,
        sessions,
        dialogs: Arc::default(),
        cookie,
        held: Arc::default(),
    };
    let behind = behind(bed, play, step, &connection, verb)?;
    let rest = upgrade(bed, play, (step, number), &mut stream, &head, &behind).await?;
    let socket = Socket::open(stream, true, rest).await;
    tokio::spawn(serve(play.clone(), number, socket, received));
    // The session outlives its connection.
    lock(&play.sessions).insert(name.clone(), connection.sessions.clone());
    lock(&play.w2).insert(name, connection);
    Ok(())
}

/// What is to stand behind the handshake: an unframed REGISTER, told as such.
fn behind(
    bed: &Bed,
    play: &Play,
    step: usize,
    connection: &Connection,
    verb: &Connect,
) -> Result<Vec<u8>, String> {
    let Some(person) = &verb.behind else {
        return Ok(Vec::new());
    };
    let bytes = super::wic_sip::proper_register(bed, play, connection, person)?;
    play.stimulus(step, Layer::Sip, bytes.clone());
    Ok(bytes)
}

/// Says the handshake and reads its answer; what came behind a 101 is handed on.
async fn upgrade(
    bed: &Bed,
    play: &Play,
    (step, number): (usize, u32),
    stream: &mut Stream,
    head: &Head,
    behind: &[u8],
) -> Result<Vec<u8>, Trouble> {
    let mut bytes = head.bytes();
    let say = |direction, bytes: &[u8]| {
        play.tap
            .message(number, Interface::W2, direction, Layer::Http, bytes)
    };
    let closed = |by, why: &str| {
        play.tap.record(What::Closed {
            connection: number,
            by,
            why: why.to_owned(),
        })
    };
    say(Direction::Sent, &bytes);
    if !behind.is_empty() {
        play.tap
            .message(number, Interface::W2, Direction::Sent, Layer::Sip, behind);
        bytes.extend_from_slice(behind);
    }
    let mut reader = Reader::default();
    let answer = tokio::time::timeout(bed.answer_time(), async {
        // Who is told too much may answer and end before all was written.
        let _ = stream.write_all(&bytes).await;
        reader.head(stream).await
    });
    let answer = answer.await;
    let Ok(answer) = answer else {
        play.timed_out(step, "the answer to the handshake", bed.answer_time());
        return Err(Trouble::sut("the handshake was not answered"));
    };
    let Some(answer) = answer.ok().flatten() else {
        closed(Side::Sut, "end of stream");
        return Err(Trouble::sut(
            "the connection ended without an answer to the handshake",
        ));
    };
    say(Direction::Received, &answer.bytes());
    if answer.status() != Some(101) {
        closed(Side::Us, "no 101");
        return Err(Trouble::sut(format!(
            "the handshake was answered by {}",
            answer.start
        )));
    }
    Ok(reader.rest())
}

fn settings(verb: &Connect, target: &Target, sessions: &Sessions) -> ClientSettings {
    let server_name = match verb.server_name.as_deref() {
        Some("none") => None,
        Some(other) => Some(other.to_owned()),
        None => Some(target.host.clone()),
    };
    ClientSettings {
        versions: verb.versions.clone().unwrap_or_default(),
        server_name,
        alpn: verb
            .alpn
            .clone()
            .unwrap_or_else(|| vec!["http/1.1".to_owned()]),
        identity: None,
        sessions: Some(sessions.clone()),
    }
}

/// The client certificate of a device, where the SUT declares that tokens are bound to one.
fn certificate(
    bed: &Bed,
    play: &Play,
    person: &Person,
    told: Option<&str>,
) -> Result<Option<tls::Identity>, String> {
    if bed.answer("pop", "none") != "mtls" {
        return Ok(None);
    }
    match told {
        Some("none") => Ok(None),
        Some(other) => bed.device_identity(&play.person(Some(other))?).map(Some),
        None => bed.device_identity(person).map(Some),
    }
}

/// What the hello offers, a line a fact.
fn told(settings: &ClientSettings, resumes: bool) -> String {
    let versions = if settings.versions.is_empty() {
        "1.2, 1.3".to_owned()
    } else {
        settings.versions.join(", ")
    };
    let certificate = settings.identity.as_ref().map(|shown| shown.name.as_str());
    format!(
        "versions: {versions}\nserver name: {}\nALPN: {}\nresumes: {resumes}\nclient certificate: {}",
        settings.server_name.as_deref().unwrap_or("(none)"),
        settings.alpn.join(", "),
        certificate.unwrap_or("(none)"),
    )
}

fn handshake(
    bed: &Bed,
    play: &Play,
    target: &Target,
    (person, cookie): (&Person, Option<&str>),
    verb: &Connect,
) -> Result<Head, String> {
    let key = wire::websocket::fresh_key();
    play.masked("websocket key", &key);
    let mut path = verb
        .target
        .clone()
        .unwrap_or_else(|| match bed.answer("w2-path", "/") {
            "/" => target.path.clone(),
            declared => declared.to_owned(),
        });
    if let Some(query) = &verb.query {
        path = format!("{path}?{query}");
    }
    let method = verb.method.as_deref().unwrap_or("GET");
    let mut head = Head {
        start: format!("{method} {path} HTTP/1.1"),
        fields: Vec::new(),
    };
    for (name, value) in [
        ("Host", target.authority()),
        ("Upgrade", "websocket".to_owned()),
        ("Connection", "Upgrade".to_owned()),
        ("Sec-WebSocket-Key", key),
        ("Sec-WebSocket-Version", "13".to_owned()),
        ("Sec-WebSocket-Protocol", "sip".to_owned()),
        ("Origin", play.party(&person.party)?.origin),
    ] {
        head.fields.push((name.to_owned(), value));
    }
    if let Some(token) = cookie {
        head.fields
            .push(("Cookie".to_owned(), super::wic_cookie::line(bed, token)));
    }
    head.edit(&verb.set, &verb.add, &verb.drop);
    if let Some(kind) = &verb.oversize {
        swell(&mut head, kind, bed.oversize())?;
    }
    Ok(head)
}

/// Makes a handshake of that many bytes.
fn swell(head: &mut Head, kind: &str, bytes: usize) -> Result<(), String> {
    const FIELD: &str = "x-filler-filler-filler-filler";
    match kind {
        "endless-line" => head.fields.push((FIELD.to_owned(), "a".repeat(bytes))),
        "many-fields" => {
            let each = FIELD.len() + "0: a\r\n".len();
            let fields =
                (0..bytes / each).map(|at| (format!("{FIELD}{}", at % 10), "a".to_owned()));
            head.fields.extend(fields);
        }
        other => return Err(format!("no handshake is oversized by {other}")),
    }
    Ok(())
}

/// Owns the WebSocket until it ends: tells what comes, answers requests of the network, sends what it is told to.
async fn serve(
    play: Arc<Play>,
    number: u32,
    mut socket: Socket,
    mut orders: mpsc::Receiver<Order>,
) {
    let closed = loop {
        tokio::select! {
            order = orders.recv() => {
                let sent = match order {
                    Some(Order::Send(bytes)) => socket.send(bytes).await,
                    Some(Order::Raw(raw)) => socket.write_raw(&raw).await,
                    Some(Order::Close) | None => {
                        socket.close().await;
                        break (Side::Us, "close".to_owned());
                    }
                    Some(Order::Leave) => {
                        socket.close().await;
                        let last_words = async {
                            while !matches!(socket.next().await, Incoming::Closed(_)) {}
                        };
                        // One that does not say goodbye has heard ours all the same.
                        let _ = tokio::time::timeout(GOODBYE, last_words).await;
                        break (Side::Us, "close".to_owned());
                    }
                };
                if let Err(why) = sent {
                    break (Side::Sut, why);
                }
            }
            incoming = socket.next() => match incoming {
                Incoming::Closed(why) => break (Side::Sut, why),
                Incoming::Message(bytes) => {
                    play.tap.message(number, Interface::W2, Direction::Received, Layer::Sip, &bytes);
                    if let Some(answer) = answer(&bytes) {
                        play.tap.message(number, Interface::W2, Direction::Sent, Layer::Sip, &answer);
                        if let Err(why) = socket.send(answer).await {
                            break (Side::Sut, why);
                        }
                    }
                }
            },
        }
    };
    play.tap.record(What::Closed {
        connection: number,
        by: closed.0,
        why: closed.1,
    });
}

/// A request of the network is answered 200.
fn answer(bytes: &[u8]) -> Option<Vec<u8>> {
    let message = Message::split(bytes);
    message.method().filter(|method| *method != "ACK")?;
    Some(
        response_to(
            &message,
            200,
            "OK",
            Some(&crate::world::random_word()[..10]),
        )
        .bytes(),
    )
}

/// Closes a connection, and goes on when the other side has closed it too.
pub(crate) async fn close(play: &Arc<Play>, step: usize, verb: &Close) -> Acted {
    let name = verb.connection.clone().unwrap_or_else(|| MAIN.to_owned());
    play.stimulus(step, Layer::Websocket, format!("close {name}"));
    let open = lock(&play.w2).remove(&name);
    let number = open.as_ref().map(|open| open.number);
    if let Some(open) = open {
        // The task may have ended with its connection already.
        let _ = open.orders.send(Order::Leave).await;
    }
    let closed = play.tap.until(GOODBYE * 2, |events| {
        events.iter().rev().find_map(|event| match &event.what {
            What::Closed { connection, .. } if Some(*connection) == number => Some(()),
            _ => None,
        })
    });
    if number.is_some() && closed.await.is_none() {
        play.timed_out(step, "the end of the connection", GOODBYE * 2);
    }
    Ok(())
}

async fn close_named(play: &Play, name: &str) {
    let connection = lock(&play.w2).remove(name);
    if let Some(connection) = connection {
        // The task may have ended with its connection already.
        let _ = connection.orders.send(Order::Close).await;
    }
}

/// Closes every connection of a play.
pub(crate) async fn close_all(play: &Play) {
    let names: Vec<String> = lock(&play.w2).keys().cloned().collect();
    for name in names {
        close_named(play, &name).await;
    }
}
