//! SIP of our WIC on W2: the messages that it composes, sends and waits for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use evidence::event::{Direction, Layer};
use evidence::{Interface, What};
use script::vocabulary::wic::{Expect, Send};
use sip::{Edit, Message};
use wire::websocket::{Framing, raw_frames};

use crate::bed::Bed;
use crate::play::{Play, Undo, lock};
use crate::roles::wic_requests::{call, instance, registration};
use crate::roles::wic_w2::{Connection, Dialog, MAIN, Order};
use crate::roles::{Acted, Trouble, seen};
use crate::world::Person;

/// What a user agent remembers of its dialogs on one connection, by person and kind.
type Dialogs = HashMap<String, Dialog>;

/// Sends a SIP message and waits for its final answer, or for the end of the connection.
pub(crate) async fn send(bed: &Arc<Bed>, play: &Arc<Play>, step: usize, verb: &Send) -> Acted {
    let person = play.person(verb.person.as_deref())?;
    send_as(bed, play, step, verb, person).await.map(drop)
}

/// Sends a SIP message as somebody, also of another lane, and returns the status of the final answer, if there was one.
pub(super) async fn send_as(
    bed: &Arc<Bed>,
    play: &Arc<Play>,
    step: usize,
    verb: &Send,
    person: Person,
) -> Result<Option<u16>, Trouble> {
    let name = verb.connection.clone().unwrap_or_else(|| MAIN.to_owned());
    let connection = lock(&play.w2).get(&name).cloned();
    let Some(connection) = connection else {
        return Err(Trouble::sut(format!("no connection {name} is open")));
    };
    if let Some(to) = verb.bare.as_deref() {
        let composed = || message(bed, play, &connection, &person, verb);
        return super::wic_bare::send(bed, play, step, (&person, to), composed).await;
    }
    let answers = verb.digest.as_deref().is_some_and(|kind| kind != "none");
    if answers {
        let challenge = super::digest::challenge(play, connection.number);
        let challenge = challenge
            .ok_or_else(|| Trouble::sut("the SUT has sent no Digest challenge to answer"))?;
        super::isim::check(bed, play, &person.impi, &challenge).map_err(Trouble::sut)?;
    }
    let mut message = message(bed, play, &connection, &person, verb)?;
    if verb.oversize == Some(true) {
        message.set_body(vec![b'a'; bed.oversize()]);
    }
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
) -> Result<Option<u16>, Trouble> {
    let number = connection.number;
    let since = play.tap.len();
    play.tap
        .message(number, Interface::W2, Direction::Sent, Layer::Sip, &bytes);
    if verb.held == Some(true) {
        lock(&connection.held).extend(raw_frames(&bytes, Framing::Text));
        return Ok(None);
    }
    let held = std::mem::take(&mut *lock(&connection.held));
    let order = match verb.frame.as_deref() {
        _ if !held.is_empty() => Order::Raw([held, raw_frames(&bytes, Framing::Text)].concat()),
        None => Order::Send(bytes),
        Some(name) => {
            let framing =
                Framing::named(name).ok_or_else(|| format!("no framing is called {name}"))?;
            Order::Raw(raw_frames(&bytes, framing))
        }
    };
    if connection.orders.send(order).await.is_err() {
        return Err(Trouble::sut("the connection has ended"));
    }
    if verb.unanswered == Some(true) || message.method() == Some("ACK") {
        return Ok(None);
    }
    let (call_id, cseq) = (
        message.call_id().map(|id| id.into_owned()),
        message.cseq().map(|(number, _)| number),
    );
    let answered = final_answer(
        play,
        number,
        since,
        call_id.as_deref(),
        cseq,
        bed.answer_time(),
    );
    let answered = answered.await;
    if answered.is_none() {
        play.timed_out(step, "the final answer", bed.answer_time());
    }
    Ok(answered.flatten())
}

/// Waits until a final answer to this request came on the connection, and tells its status, or until it ended.
async fn final_answer(
    play: &Play,
    number: u32,
    since: usize,
    call_id: Option<&str>,
    cseq: Option<u32>,
    within: Duration,
) -> Option<Option<u16>> {
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
                        answer
                            .status()
                            .filter(|status| *status >= 200 && (ours || call_id.is_none()))
                            .map(Some)
                    }
                    What::Closed { connection, .. } if *connection == number => Some(None),
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
    let dialog = match &verb.registered_on {
        None => dialog(play, &connection.dialogs, person, kind),
        Some(name) => {
            let other = lock(&play.w2).get(name).map(|open| open.dialogs.clone());
            let other = other.ok_or_else(|| format!("no connection {name} is open"))?;
            dialog(play, &other, person, kind)
        }
    };
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
    let tagged = |lines: &[String]| {
        lines
            .iter()
            .map(|line| line.replace("{tag}", &dialog.from_tag))
            .collect::<Vec<_>>()
    };
    edit(
        &mut message,
        &tagged(&verb.set),
        &tagged(&verb.add),
        &verb.drop,
    )?;
    if let Some(line) = &verb.start {
        message.set_start_line(line);
    }
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
fn dialog(play: &Play, dialogs: &Mutex<Dialogs>, person: &Person, kind: &str) -> Dialog {
    let mut dialogs = lock(dialogs);
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

/// The credentials of a message: the token as declared, or an answer to the last Digest challenge.
fn authorization(
    bed: &Bed,
    play: &Play,
    connection: &Connection,
    person: &Person,
    verb: &Send,
) -> Result<Option<String>, String> {
    let asks = verb.token.is_some() || verb.credential.is_some();
    if asks && verb.bare.is_none() && super::wic_cookie::carries(bed, play) {
        return super::wic_cookie::shown(play, connection, verb).map(|()| None);
    }
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
        let declared = bed.answer("token-syntax", "b64") == "param";
        let parameter = declared != (verb.syntax.as_deref() == Some("other"));
        return Ok(Some(match parameter {
            true => format!("{scheme} access_token=\"{}\"", issued.compact),
            false => format!("{scheme} {}", issued.compact),
        }));
    }
    let Some(kind) = verb.digest.as_deref() else {
        return Ok(None);
    };
    let user = match &verb.digest_person {
        Some(name) => play.person(Some(name))?,
        None => person.clone(),
    };
    let algorithm = verb.digest_algorithm.as_deref();
    super::digest::answer(bed, play, connection.number, &user, kind, algorithm).map(Some)
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

/// The Contact that a person has registered, or tried to, on a connection.
pub(crate) fn contact_on(play: &Play, name: &str, person: &Person) -> Result<String, String> {
    let open = lock(&play.w2).get(name).map(|open| open.dialogs.clone());
    let dialogs = open.ok_or_else(|| format!("no connection {name} is open"))?;
    let contact = lock(&dialogs)
        .get(&person.name)
        .map(|dialog| dialog.contact.clone());
    contact.ok_or_else(|| format!("{} has registered nothing on {name}", person.name))
}

/// A first REGISTER of a person with the proper credential, as bytes.
pub(super) fn proper_register(
    bed: &Bed,
    play: &Play,
    connection: &Connection,
    person: &str,
) -> Result<Vec<u8>, String> {
    let verb = Send {
        credential: Some("proper".to_owned()),
        ..Send::default()
    };
    let person = play.person(Some(person))?;
    message(bed, play, connection, &person, &verb).map(|message| message.bytes())
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
        seen::came(events, since, &[Interface::W2])
            .any(|request| request.method() == Some(method.as_str()))
            .then_some(())
    });
    if came.await.is_none() {
        play.timed_out(step, method, bed.answer_time());
    }
    Ok(())
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
    } else if !super::wic_cookie::carries(bed, play) {
        let name = "restore".to_owned();
        super::waf::issue_for(bed, play, usize::MAX, &name, person)?;
        verb.token = Some(name);
    }
    let message = message(bed, play, &open, person, &verb)?;
    let bytes = message.bytes();
    exchange(bed, play, usize::MAX, &open, &message, bytes, &verb)
        .await
        .map(drop)
        .map_err(|trouble| trouble.why)
}
