//! Our WIC on W2: the WebSocket to an eP-CSCF under test, and the SIP on it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use evidence::event::{Direction, Layer, Side};
use evidence::{Interface, What};
use script::vocabulary::wic::{Close, Connect, Expect, Send};
use sip::{Edit, Message, Request, response_to};
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;
use wire::http::{Head, Reader};
use wire::tls::{ClientSettings, Sessions};
use wire::websocket::{Framing, Incoming, Socket, raw_frames};
use wire::{Stream, tls, transport};

use crate::bed::{Bed, Target};
use crate::play::{Play, Undo, lock};
use crate::roles::{Acted, Trouble};
use crate::world::Person;

/// Seconds in Expires of a registration.
const INTERVAL: u64 = 600;
/// The name of the connection of a step that names none.
const MAIN: &str = "main";

/// An open WebSocket: a task owns it, and this sends to the task.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    number: u32,
    orders: mpsc::Sender<Order>,
    sessions: Sessions,
    dialogs: Arc<std::sync::Mutex<HashMap<String, Dialog>>>,
}

#[derive(Debug)]
enum Order {
    Send(Vec<u8>),
    Raw(Vec<u8>),
    Close,
}

/// What a user agent remembers of its registration on one connection.
#[derive(Clone, Debug)]
struct Dialog {
    call_id: String,
    from_tag: String,
    contact: String,
    instance: String,
    cseq: u32,
}

/// Opens W2.
pub(crate) async fn connect(
    bed: &Arc<Bed>,
    play: &Arc<Play>,
    step: usize,
    verb: &Connect,
) -> Acted {
    let target = bed.target(Interface::W2, "ep-cscf")?;
    let person = play.person(verb.person.as_deref())?;
    let name = verb.connection.clone().unwrap_or_else(|| MAIN.to_owned());
    let head = handshake(bed, play, &target, &person, verb)?;
    let sessions = match &verb.resume {
        Some(earlier) => lock(&play.w2)
            .get(earlier)
            .map(|connection| connection.sessions.clone()),
        None => None,
    };
    let resumes = sessions.is_some();
    let sessions = sessions.unwrap_or_default();
    let clear = verb.clear.unwrap_or(target.clear);
    let settings = settings(verb, &target, &sessions);
    let security = if clear {
        "no TLS".to_owned()
    } else {
        told(&settings, resumes)
    };
    play.stimulus(step, Layer::Tls, security);
    play.stimulus(step, Layer::Http, head.bytes());
    let from = Some(bed.device(&person.name));
    let opened = transport::connect(&play.tap, Interface::W2, from, target.address).await;
    let (number, stream) = opened
        .map_err(|why| Trouble::sut(format!("{} refused the connection: {why}", target.address)))?;
    let mut stream = if clear {
        Stream::Clear(stream)
    } else {
        let shaken = tokio::time::timeout(
            bed.answer_time(),
            tls::client(&play.tap, number, stream, &settings),
        )
        .await;
        shaken
            .map_err(|_| Trouble::sut("the TLS handshake was not answered"))?
            .map_err(Trouble::sut)?
    };
    let bytes = head.bytes();
    play.tap
        .message(number, Interface::W2, Direction::Sent, Layer::Http, &bytes);
    stream
        .write_all(&bytes)
        .await
        .map_err(|why| Trouble::sut(why.to_string()))?;
    let mut reader = Reader::default();
    let answer = tokio::time::timeout(bed.answer_time(), reader.head(&mut stream)).await;
    let Ok(answer) = answer else {
        play.timed_out(step, "the answer to the handshake", bed.answer_time());
        return Err(Trouble::sut("the handshake was not answered"));
    };
    let answer = answer.ok().flatten();
    let Some(answer) = answer else {
        play.tap.record(What::Closed {
            connection: number,
            by: Side::Sut,
            why: "end of stream".to_owned(),
        });
        return Err(Trouble::sut(
            "the connection ended without an answer to the handshake",
        ));
    };
    play.tap.message(
        number,
        Interface::W2,
        Direction::Received,
        Layer::Http,
        &answer.bytes(),
    );
    if answer.status() != Some(101) {
        play.tap.record(What::Closed {
            connection: number,
            by: Side::Us,
            why: "no 101".to_owned(),
        });
        return Err(Trouble::sut(format!(
            "the handshake was answered by {}",
            answer.start
        )));
    }
    let socket = Socket::open(stream, true, reader.rest()).await;
    let (orders, received) = mpsc::channel(16);
    tokio::spawn(serve(play.clone(), number, socket, received));
    lock(&play.w2).insert(
        name,
        Connection {
            number,
            orders,
            sessions,
            dialogs: Arc::default(),
        },
    );
    Ok(())
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

/// What the hello offers, a line a fact.
fn told(settings: &ClientSettings, resumes: bool) -> String {
    let versions = if settings.versions.is_empty() {
        "1.2, 1.3".to_owned()
    } else {
        settings.versions.join(", ")
    };
    format!(
        "versions: {versions}\nserver name: {}\nALPN: {}\nresumes: {resumes}",
        settings.server_name.as_deref().unwrap_or("(none)"),
        settings.alpn.join(", "),
    )
}

fn handshake(
    bed: &Bed,
    play: &Play,
    target: &Target,
    person: &Person,
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
    let mut head = Head {
        start: format!("GET {path} HTTP/1.1"),
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
    head.edit(&verb.set, &verb.add, &verb.drop);
    Ok(head)
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

/// Sends a SIP message and waits for its final answer, or for the end of the connection.
pub(crate) async fn send(bed: &Arc<Bed>, play: &Arc<Play>, step: usize, verb: &Send) -> Acted {
    let name = verb.connection.clone().unwrap_or_else(|| MAIN.to_owned());
    let connection = lock(&play.w2).get(&name).cloned();
    let Some(connection) = connection else {
        return Err(Trouble::sut(format!("no connection {name} is open")));
    };
    let person = play.person(verb.person.as_deref())?;
    let message = message(bed, play, &connection, &person, verb)?;
    let mut bytes = message.bytes();
    if let Some(behind) = &verb.behind {
        let hidden = Send {
            person: Some(behind.clone()),
            behind: None,
            ..verb.clone()
        };
        let other = play.person(Some(behind))?;
        bytes.extend(self::message(bed, play, &connection, &other, &hidden)?.bytes());
    }
    if let Some(raw) = &verb.raw {
        bytes = raw
            .replace("{message}", &String::from_utf8_lossy(&bytes))
            .into_bytes();
    }
    play.stimulus(step, Layer::Sip, bytes.clone());
    if let Some(frame) = &verb.frame {
        play.stimulus(step, Layer::Websocket, format!("framed: {frame}"));
    }
    if is_registration(verb) {
        play.undo_later(Undo::W2Registration {
            connection: name,
            person,
        });
    }
    exchange(bed, play, step, &connection, &message, bytes, verb).await
}

fn is_registration(verb: &Send) -> bool {
    matches!(verb.message.as_deref(), None | Some("register" | "refresh")) && verb.raw.is_none()
}

async fn exchange(
    bed: &Arc<Bed>,
    play: &Arc<Play>,
    step: usize,
    connection: &Connection,
    message: &Message,
    bytes: Vec<u8>,
    verb: &Send,
) -> Acted {
    let number = connection.number;
    let since = play.tap.len();
    play.tap
        .message(number, Interface::W2, Direction::Sent, Layer::Sip, &bytes);
    let order = match verb.frame.as_deref() {
        Some("binary") => Order::Raw(raw_frames(&bytes, Framing::Binary)),
        Some("fragmented") => Order::Raw(raw_frames(&bytes, Framing::Fragmented)),
        Some("unmasked") => Order::Raw(raw_frames(&bytes, Framing::Unmasked)),
        Some("reserved-bit") => Order::Raw(raw_frames(&bytes, Framing::ReservedBit)),
        _ => Order::Send(bytes),
    };
    if connection.orders.send(order).await.is_err() {
        return Err(Trouble::sut("the connection has ended"));
    }
    if verb.unanswered == Some(true) || message.method() == Some("ACK") {
        return Ok(());
    }
    let (call_id, cseq) = (
        message.call_id().map(|id| id.into_owned()),
        message.cseq().map(|(number, _)| number),
    );
    if final_answer(
        play,
        number,
        since,
        call_id.as_deref(),
        cseq,
        bed.answer_time(),
    )
    .await
    .is_none()
    {
        play.timed_out(step, "the final answer", bed.answer_time());
    }
    Ok(())
}

/// Waits until a final answer to this request came on the connection, or it ended.
async fn final_answer(
    play: &Play,
    number: u32,
    since: usize,
    call_id: Option<&str>,
    cseq: Option<u32>,
    within: Duration,
) -> Option<()> {
    play.tap
        .until(within, |events| {
            events
                .iter()
                .skip(since)
                .find_map(|event| match &event.what {
                    What::Message {
                        connection,
                        direction: Direction::Received,
                        layer: Layer::Sip,
                        bytes,
                        ..
                    } if *connection == number => {
                        let answer = Message::split(&bytes.0);
                        let ours = answer.call_id().as_deref() == call_id
                            && answer.cseq().map(|(number, _)| number) == cseq;
                        (answer.status().is_some_and(|status| status >= 200)
                            && (ours || call_id.is_none()))
                        .then_some(())
                    }
                    What::Closed { connection, .. } if *connection == number => Some(()),
                    _ => None,
                })
        })
        .await
}

fn message(
    bed: &Bed,
    play: &Play,
    connection: &Connection,
    person: &Person,
    verb: &Send,
) -> Result<Message, String> {
    let kind = verb.message.as_deref().unwrap_or("register");
    let dialog = dialog(play, connection, person, kind);
    let request = match kind {
        "register" | "refresh" | "deregister" => {
            registration(bed, play, &dialog, person, verb, kind)
        }
        "invite" => call(bed, play, &dialog, person, verb, "INVITE")?,
        "message" => call(bed, play, &dialog, person, verb, "MESSAGE")?,
        "subscribe" => call(bed, play, &dialog, person, verb, "SUBSCRIBE")?,
        "options" => call(bed, play, &dialog, person, verb, "OPTIONS")?,
        other => return Err(format!("no message is called {other}")),
    };
    let request = match authorization(bed, play, connection, person, verb)? {
        Some(value) => request.field("Authorization", value),
        None => request,
    };
    let mut message = request.build();
    // An edited From keeps the tag of its dialog: the identity alone is changed.
    let tagged = |lines: &[String]| lines.iter().map(|line| line.replace("{tag}", &dialog.from_tag)).collect::<Vec<_>>();
    edit(&mut message, &tagged(&verb.set), &tagged(&verb.add), &verb.drop)?;
    Ok(message)
}

/// Applies the edits of a script to a message.
pub(crate) fn edit(
    message: &mut Message,
    set: &[String],
    add: &[String],
    drop: &[String],
) -> Result<(), String> {
    for name in drop {
        message.apply(&Edit::drop(name).map_err(|why| why.to_string())?);
    }
    for line in set {
        message.apply(&Edit::set(line).map_err(|why| why.to_string())?);
    }
    for line in add {
        message.apply(&Edit::add(line).map_err(|why| why.to_string())?);
    }
    Ok(())
}

/// A registration goes on in its dialog; anything else has one of its own.
fn dialog(play: &Play, connection: &Connection, person: &Person, kind: &str) -> Dialog {
    let mut dialogs = lock(&connection.dialogs);
    let key = if matches!(kind, "register" | "refresh" | "deregister") {
        person.name.clone()
    } else {
        format!("{}/{kind}", person.name)
    };
    let known = dialogs.get(&key).cloned();
    let mut dialog = known.unwrap_or_else(|| {
        let contact = format!(
            "sip:{}@{}.invalid;transport=ws",
            play.fresh("contact"),
            &crate::world::random_word()[..8]
        );
        play.masked("contact", &contact);
        Dialog {
            call_id: play.fresh("call-id"),
            from_tag: play.fresh("tag"),
            contact,
            instance: instance(play),
            cseq: 0,
        }
    });
    dialog.cseq += 1;
    dialogs.insert(key, dialog.clone());
    dialog
}

fn instance(play: &Play) -> String {
    let word = crate::world::random_word();
    let instance = format!(
        "urn:uuid:{}-{}-4{}-8{}-{}",
        &word[..8],
        &word[8..12],
        &word[12..15],
        &word[15..18],
        &word[..12]
    );
    play.masked("instance", &instance);
    instance
}

fn via(play: &Play) -> String {
    let host = format!("{}.invalid", &crate::world::random_word()[..12]);
    play.masked("via host", &host);
    format!("SIP/2.0/WSS {host};branch=z9hG4bK{}", play.fresh("branch"))
}

fn registration(
    bed: &Bed,
    play: &Play,
    dialog: &Dialog,
    person: &Person,
    verb: &Send,
    kind: &str,
) -> Request {
    let impu = person.impus.first().map_or("", String::as_str);
    let expires = verb
        .expires
        .unwrap_or(if kind == "deregister" { 0 } else { INTERVAL });
    Request::new("REGISTER", &format!("sip:{}", bed.world.public.domain))
        .field("Via", via(play))
        .field("From", format!("<{impu}>;tag={}", dialog.from_tag))
        .field("To", format!("<{impu}>"))
        .field("Call-ID", &dialog.call_id)
        .field("CSeq", format!("{} REGISTER", dialog.cseq))
        .field(
            "Contact",
            format!(
                "<{}>;+sip.instance=\"<{}>\";reg-id=1;expires={expires}",
                dialog.contact, dialog.instance
            ),
        )
        .field("Expires", expires.to_string())
        .field("Supported", "path, outbound")
}

fn call(
    bed: &Bed,
    play: &Play,
    dialog: &Dialog,
    person: &Person,
    verb: &Send,
    method: &str,
) -> Result<Request, String> {
    let impu = person.impus.first().map_or("", String::as_str);
    let callee = match &verb.callee {
        Some(name) => play
            .person(Some(name))?
            .impus
            .first()
            .cloned()
            .unwrap_or_default(),
        None => format!("sip:service@{}", bed.world.public.domain),
    };
    let mut request = Request::new(method, &callee)
        .field("Via", via(play))
        .field("From", format!("<{impu}>;tag={}", dialog.from_tag))
        .field("To", format!("<{callee}>"))
        .field("Call-ID", &dialog.call_id)
        .field("CSeq", format!("{} {method}", dialog.cseq))
        .field("Contact", format!("<{}>", dialog.contact))
        .field("P-Preferred-Identity", format!("<{impu}>"));
    match method {
        "MESSAGE" => request = request.field("Content-Type", "text/plain").body("hello"),
        "SUBSCRIBE" => request = request.field("Event", "reg").field("Expires", "600"),
        _ => {}
    }
    Ok(request)
}

/// The credentials of a message: the token as declared, or an answer to the last Digest challenge.
fn authorization(
    bed: &Bed,
    play: &Play,
    connection: &Connection,
    person: &Person,
    verb: &Send,
) -> Result<Option<String>, String> {
    if verb.credential.as_deref() == Some("proper") {
        let proper = Send {
            credential: None,
            ..proper(bed, play, person)?
        };
        return authorization(bed, play, connection, person, &proper);
    }
    if let Some(name) = &verb.token {
        let issued = play.token(name)?;
        let scheme = verb.scheme.as_deref().unwrap_or("Bearer");
        return Ok(Some(match bed.answer("token-syntax", "b64") {
            "param" => format!("{scheme} access_token=\"{}\"", issued.compact),
            _ => format!("{scheme} {}", issued.compact),
        }));
    }
    let Some(kind) = verb.digest.as_deref() else {
        return Ok(None);
    };
    let user = match &verb.digest_person {
        Some(name) => play.person(Some(name))?,
        None => person.clone(),
    };
    super::digest::answer(bed, play, connection.number, &user, kind).map(Some)
}

/// The credential that the registration wants of a first REGISTER, as a script would write it.
fn proper(bed: &Bed, play: &Play, person: &Person) -> Result<Send, String> {
    if play.registration == 1 {
        return Ok(Send {
            digest: Some("none".to_owned()),
            ..Send::default()
        });
    }
    let name = format!("proper {}", person.name);
    super::waf::issue_for(bed, play, usize::MAX, &name, person)?;
    Ok(Send {
        token: Some(name),
        ..Send::default()
    })
}

/// Waits for what a control expects, where sending did not wait for it already: a request of the network.
pub(crate) async fn expect(
    bed: &Arc<Bed>,
    play: &Arc<Play>,
    step: usize,
    since: usize,
    verb: &Expect,
) -> Acted {
    let Some(method) = &verb.method else {
        return Ok(());
    };
    let came = play.tap.until(bed.answer_time(), |events| {
        events
            .iter()
            .skip(since)
            .find_map(|event| match &event.what {
                What::Message {
                    interface: Interface::W2,
                    direction: Direction::Received,
                    bytes,
                    ..
                } => (Message::split(&bytes.0).method() == Some(method.as_str())).then_some(()),
                _ => None,
            })
    });
    if came.await.is_none() {
        play.timed_out(step, method, bed.answer_time());
    }
    Ok(())
}

/// Closes a connection.
pub(crate) async fn close(play: &Arc<Play>, step: usize, verb: &Close) -> Acted {
    let name = verb.connection.clone().unwrap_or_else(|| MAIN.to_owned());
    play.stimulus(step, Layer::Websocket, format!("close {name}"));
    close_named(play, &name).await;
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

/// De-registers a person on a connection, with a fresh token or an answer to the challenge, as the person registered.
pub(crate) async fn deregister(
    bed: &Arc<Bed>,
    play: &Arc<Play>,
    connection: &str,
    person: &Person,
) -> Result<(), String> {
    let open = lock(&play.w2).get(connection).cloned();
    let Some(open) = open else { return Ok(()) };
    let registered = lock(&open.dialogs).contains_key(&person.name);
    if !registered {
        return Ok(());
    }
    let mut verb = Send {
        message: Some("deregister".to_owned()),
        ..Send::default()
    };
    if play.registration == 1 {
        verb.digest = Some("right".to_owned());
    } else {
        let name = "restore".to_owned();
        super::waf::issue_for(bed, play, usize::MAX, &name, person)?;
        verb.token = Some(name);
    }
    let message = message(bed, play, &open, person, &verb)?;
    let bytes = message.bytes();
    exchange(bed, play, usize::MAX, &open, &message, bytes, &verb)
        .await
        .map_err(|trouble| trouble.why)
}
