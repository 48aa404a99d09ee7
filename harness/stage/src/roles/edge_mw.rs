//! Our eP-CSCF towards a core under test, and a host that is enrolled nowhere: SIP over UDP on Mw.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use evidence::event::{Direction, Layer, Side};
use evidence::{Event, Interface, What};
use script::vocabulary::ep_cscf::{Expect, Send};
use sip::{Message, response_to, same_identity};
use tokio::net::UdpSocket;

use crate::bed::{Bed, BedError};
use crate::play::{Play, Undo, lock};
use crate::roles::mw_digest;
use crate::roles::mw_message::{self, Source};
use crate::roles::{Acted, Trouble, seen};
use crate::world::Person;

pub(crate) use crate::roles::mw_message::Dialogs;

/// The number that Mw has in a play's log; the stranger's is the next one. UDP has no connections.
const MW: u32 = 1_000_000;
/// A lost datagram is no verdict: what is not answered within T1 is sent once more (RFC 3261 17.1.2.2).
const T1: Duration = Duration::from_millis(500);

/// The sockets of the edge and of the stranger.
#[derive(Default)]
pub(crate) struct Sockets {
    edge: OnceLock<Arc<UdpSocket>>,
    stranger: OnceLock<Arc<UdpSocket>>,
}

impl Sockets {
    fn of(&self, source: Source) -> &OnceLock<Arc<UdpSocket>> {
        match source {
            Source::Edge => &self.edge,
            Source::Stranger => &self.stranger,
        }
    }
}

fn connection(source: Source) -> u32 {
    match source {
        Source::Edge => MW,
        Source::Stranger => MW + 1,
    }
}

/// Opens the sockets on Mw.
pub(crate) async fn serve(bed: &Arc<Bed>) -> Result<(), BedError> {
    for source in [Source::Edge, Source::Stranger] {
        let node = source.node();
        let Some(address) = bed.world.address(node, Interface::Mw.word()) else {
            continue;
        };
        let busy = |why| BedError::Listen {
            address,
            node: node.to_owned(),
            why,
        };
        let socket = Arc::new(wire::transport::datagrams(address).await.map_err(busy)?);
        let _ = bed.edge_mw.of(source).set(socket.clone());
        let served = bed.clone();
        bed.spawn(async move {
            let mut buffer = vec![0; 65_536];
            loop {
                // An error of a UDP socket is about one datagram; the next is read.
                let Ok((read, from)) = socket.recv_from(&mut buffer).await else {
                    continue;
                };
                if let Some(answer) = received(&served, source, &buffer[..read], from) {
                    let _ = socket.send_to(&answer, from).await;
                }
            }
        });
    }
    Ok(())
}

/// Tells a message to the play that it belongs to. A request is answered 200, as the WIC behind the edge would.
fn received(bed: &Bed, source: Source, bytes: &[u8], from: SocketAddr) -> Option<Vec<u8>> {
    let message = Message::split(bytes);
    let tell = |play: &Play| {
        opened(play, source, from, Side::Sut);
        let number = connection(source);
        let layer = Layer::Sip;
        play.tap
            .message(number, Interface::Mw, Direction::Received, layer, bytes);
    };
    let owner = owner(bed, &message, bytes);
    match &owner {
        Some(Ok(play)) => tell(play),
        Some(Err(number)) => bed.board.late(*number, Interface::Mw, Layer::Sip, bytes),
        None => bed.board.all().iter().for_each(|play| tell(play)),
    }
    message.method().filter(|method| *method != "ACK")?;
    let tag = crate::world::random_word();
    let answer = response_to(&message, 200, "OK", Some(&tag[..10])).bytes();
    if let Some(Ok(play)) = owner {
        let number = connection(source);
        let layer = Layer::Sip;
        play.tap
            .message(number, Interface::Mw, Direction::Sent, layer, &answer);
    }
    Some(answer)
}

/// By the mark in its Call-ID, then by any other mark (the Contact that it is for), then by its identities.
fn owner(bed: &Bed, message: &Message, bytes: &[u8]) -> Option<Result<Arc<Play>, u64>> {
    let call_id = message.call_id().unwrap_or_default();
    let marked = bed
        .board
        .by_mark(call_id.as_bytes())
        .or_else(|| bed.board.by_mark(bytes));
    marked.or_else(|| {
        ["To", "From"]
            .iter()
            .filter_map(|name| message.address(name))
            .find_map(|address| bed.board.by_identity(&address.uri))
            .map(Ok)
    })
}

fn opened(play: &Play, source: Source, peer: SocketAddr, by: Side) {
    let number = connection(source);
    let known = play.tap.look(|events| {
        events.iter().any(
            |event| matches!(&event.what, What::Opened { connection, .. } if *connection == number),
        )
    });
    if known {
        return;
    }
    let (from, to) = match by {
        Side::Sut => (peer.to_string(), source.node().to_owned()),
        _ => (source.node().to_owned(), peer.to_string()),
    };
    play.tap.record(What::Opened {
        connection: number,
        interface: Interface::Mw,
        transport: "udp".to_owned(),
        from,
        to,
        by,
    });
}

/// Sends a request and waits for its final answer.
pub(crate) async fn send(bed: &Arc<Bed>, play: &Arc<Play>, step: usize, verb: &Send) -> Acted {
    let person = play.person(verb.person.as_deref())?;
    mw_digest::ready(bed, play, &person, verb).await?;
    for _ in 0..verb.times.unwrap_or(1) {
        let message = mw_message::message(bed, play, &person, verb)?;
        let mut bytes = message.bytes();
        if let Some(raw) = &verb.raw {
            bytes = raw
                .replace("{message}", &String::from_utf8_lossy(&bytes))
                .into_bytes();
        }
        play.stimulus(step, Layer::Sip, bytes.clone());
        let request = Message::split(&bytes);
        let answer = exchange(bed, play, Source::of(verb)?, &request, &bytes).await?;
        match answer {
            Some(answer) => learn(bed, play, &person, verb, &request, &answer),
            None => play.timed_out(step, "the final answer", bed.answer_time()),
        }
    }
    Ok(())
}

/// Sends bytes to the core, once more after T1 without any answer, and waits for the final answer.
async fn exchange(
    bed: &Bed,
    play: &Play,
    source: Source,
    request: &Message,
    bytes: &[u8],
) -> Result<Option<Message>, Trouble> {
    let target = bed.target(Interface::Mw, "core")?;
    let socket = bed.edge_mw.of(source).get();
    let socket = socket.ok_or_else(|| format!("{} has no socket", source.node()))?;
    opened(play, source, target.address, Side::Us);
    let since = play.tap.len();
    let number = connection(source);
    let layer = Layer::Sip;
    play.tap
        .message(number, Interface::Mw, Direction::Sent, layer, bytes);
    let failed = |why: std::io::Error| Trouble::sut(why.to_string());
    socket
        .send_to(bytes, target.address)
        .await
        .map_err(failed)?;
    let within = bed.answer_time();
    let any = |events: &[Event]| answer(events, since, request, 100);
    let early = play.tap.until(T1.min(within), any).await;
    if early.is_none() && T1 < within {
        play.tap.record(What::Note {
            text: format!(
                "no answer within {} ms: sent again, byte for byte",
                T1.as_millis()
            ),
        });
        socket
            .send_to(bytes, target.address)
            .await
            .map_err(failed)?;
    }
    let last = |events: &[Event]| answer(events, since, request, 200);
    Ok(play
        .tap
        .until(within.saturating_sub(T1).max(T1), last)
        .await)
}

/// The first answer to a request with at least this status: the same branch, or the same Call-ID and CSeq.
fn answer(events: &[Event], since: usize, request: &Message, least: u16) -> Option<Message> {
    let branch = branch(request);
    seen::came(events, since, &[Interface::Mw]).find(|answer| {
        let called = answer.call_id().is_some() && answer.call_id() == request.call_id();
        let counted = answer.cseq().map(|cseq| cseq.0) == request.cseq().map(|cseq| cseq.0);
        let same = (branch.is_some() && self::branch(answer) == branch)
            || (branch.is_none() && called && counted);
        same && answer.status().is_some_and(|status| status >= least)
    })
}

fn branch(message: &Message) -> Option<String> {
    let via = message.fields("Via").next()?;
    let (_, rest) = via.split_once("branch=")?;
    let end = rest.find([';', ',', ' ']).unwrap_or(rest.len());
    Some(rest[..end].to_owned())
}

/// Remembers what an answer teaches: a challenge, a binding that must be undone, one that is gone.
fn learn(
    bed: &Bed,
    play: &Play,
    person: &Person,
    verb: &Send,
    request: &Message,
    answer: &Message,
) {
    let status = answer.status().unwrap_or_default();
    if matches!(status, 401 | 407) {
        lock(&play.mw).challenged(&person.name, answer);
    }
    let registers =
        request.method() == Some("REGISTER") && request.fields("Contact").next().is_some();
    if !(200..300).contains(&status) || !registers {
        return;
    }
    let Some(to) = request.address("To") else {
        return;
    };
    let ends = request
        .field("Expires")
        .is_some_and(|seconds| seconds.trim() == "0");
    let mut dialogs = lock(&play.mw);
    dialogs
        .bound
        .retain(|bound| !same_identity(&bound.impu, &to.uri));
    if ends {
        return;
    }
    let owner = owner_of(play, &to.uri);
    let accepted = owner.is_none();
    let owner = owner.unwrap_or_else(|| person.clone());
    let first = dialogs.bound.iter().all(|bound| bound.owner != owner.name);
    dialogs.bound.push(mw_message::Bound {
        impu: to.uri,
        owner: owner.name.clone(),
        // What nobody owns is given back by the same word by which it was taken.
        impi: if accepted { verb.impi.clone() } else { None },
        party: if accepted { verb.party.clone() } else { None },
    });
    drop(dialogs);
    if first && bed.role() == evidence::Role::Core {
        play.undo_later(Undo::MwRegistration { person: owner });
    }
}

/// The person of the play's lane whose public identity this is.
fn owner_of(play: &Play, impu: &str) -> Option<Person> {
    script::placeholder::people()
        .filter_map(|name| play.person(Some(name)).ok())
        .find(|person| person.impus.iter().any(|own| same_identity(own, impu)))
}

/// Waits for what a control expects and sending did not wait for: a request that the core sends, or a WIC on W2.
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
        seen::came(events, since, &[Interface::Mw, Interface::W2])
            .any(|request| request.method() == Some(method.as_str()))
            .then_some(())
    });
    if came.await.is_none() {
        play.timed_out(step, method, bed.answer_time());
    }
    Ok(())
}

/// Ends every binding of a person that this play made, as an honest edge or, in registration 1, an honest subscriber does.
pub(crate) async fn deregister(
    bed: &Arc<Bed>,
    play: &Arc<Play>,
    person: &Person,
) -> Result<(), String> {
    let bound: Vec<_> = lock(&play.mw)
        .bound
        .iter()
        .filter(|bound| bound.owner == person.name)
        .cloned()
        .collect();
    for bound in bound {
        let word = Send {
            message: Some("deregister".to_owned()),
            impu: Some(bound.impu.clone()),
            impi: bound.impi,
            party: bound.party,
            contact: Some("*".to_owned()),
            dialog: Some("restore".to_owned()),
            ..Send::default()
        };
        let legs: &[Option<&str>] = if play.registration == 1 {
            &[Some("none"), Some("right")]
        } else {
            &[None]
        };
        let mut status = None;
        for leg in legs {
            let verb = Send {
                digest: leg.map(str::to_owned),
                ..word.clone()
            };
            let message = mw_message::message(bed, play, person, &verb)?;
            let bytes = message.bytes();
            let answer = exchange(bed, play, Source::Edge, &message, &bytes)
                .await
                .map_err(|trouble| trouble.why)?;
            status = answer.as_ref().and_then(Message::status);
            if let Some(answer) = &answer {
                learn(bed, play, person, &verb, &message, answer);
            }
            if status.is_some_and(|status| status < 300) {
                break;
            }
        }
        if !status.is_some_and(|status| (200..300).contains(&status)) {
            let told = status.map_or_else(|| "nothing".to_owned(), |status| status.to_string());
            return Err(format!(
                "the core answered {told} to the end of {}",
                bound.impu
            ));
        }
    }
    Ok(())
}
