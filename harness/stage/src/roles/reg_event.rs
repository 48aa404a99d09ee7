//! The reg event (RFC 3680) on the side of our core: who has subscribed, and how such a one is told that a registration has ended.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use evidence::event::Direction;
use evidence::{Interface, What};
use script::vocabulary::core::End;
use sip::{Message, Request};

use crate::bed::Bed;
use crate::play::{Play, lock};
use crate::roles::{Acted, Trouble};

/// NOTIFYs that are sent before an edge is believed not to know its own subscription.
const MOST_NOTIFICATIONS: usize = 5;

/// The latest subscription to each identity.
#[derive(Default)]
pub(crate) struct Watchers(Mutex<HashMap<String, Watcher>>);

#[derive(Clone, Debug)]
struct Watcher {
    call_id: String,
    /// From of the SUBSCRIBE: the edge.
    edge_name: String,
    /// To of our answer: the identity with our tag.
    identity: String,
    contact: String,
    address: SocketAddr,
    /// CSeq of the last NOTIFY.
    cseq: u32,
}

impl Watchers {
    /// Keeps a subscription by its SUBSCRIBE and our answer to it.
    pub(crate) fn keep(&self, request: &Message, answer: &[u8], from: SocketAddr) {
        if !is_reg_event(request) {
            return;
        }
        let field =
            |message: &Message, name: &str| message.field(name).map(|value| value.into_owned());
        let answer = Message::split(answer);
        let (Some(impu), Some(call_id), Some(edge_name), Some(identity)) = (
            request.address("To").map(|to| to.uri),
            field(request, "Call-ID"),
            field(request, "From"),
            field(&answer, "To"),
        ) else {
            return;
        };
        let contact = request
            .address("Contact")
            .map_or_else(|| format!("sip:{from}"), |contact| contact.uri);
        let watcher = Watcher {
            call_id,
            edge_name,
            identity,
            contact,
            address: from,
            cseq: 0,
        };
        lock(&self.0).insert(impu, watcher);
    }

    /// The subscription to an identity, its CSeq counted on.
    fn next(&self, impu: &str) -> Option<Watcher> {
        let mut all = lock(&self.0);
        let (_, watcher) = all
            .iter_mut()
            .find(|(own, _)| sip::same_identity(own, impu))?;
        watcher.cseq += 1;
        Some(watcher.clone())
    }
}

fn is_reg_event(request: &Message) -> bool {
    request.method() == Some("SUBSCRIBE")
        && request
            .field("Event")
            .is_some_and(|event| event.split(';').next().map(str::trim) == Some("reg"))
}

/// Tells the edge that the registration of a person has ended, once the edge has subscribed to be told.
pub(crate) async fn end(bed: &Arc<Bed>, play: &Arc<Play>, step: usize, verb: &End) -> Acted {
    let person = play.person(verb.person.as_deref())?;
    let impu = person.impus.first().cloned().unwrap_or_default();
    let subscribed = play.tap.until(bed.answer_time(), |events| {
        events.iter().find_map(|event| match &event.what {
            What::Message {
                interface: Interface::Mw,
                direction: Direction::Sent,
                bytes,
                ..
            } => accepts_subscription(&Message::split(&bytes.0)).then_some(()),
            _ => None,
        })
    });
    let subscribed = subscribed.await;
    for _ in 0..MOST_NOTIFICATIONS {
        let watcher = subscribed.and_then(|()| bed.core.watchers.next(&impu));
        let Some(watcher) = watcher else {
            return Err(Trouble::sut(format!(
                "the edge has not subscribed to the reg event of {impu}"
            )));
        };
        let since = play.tap.len();
        let bytes = notification(bed, play, &impu, &watcher);
        super::core_request::exchange(bed, play, step, bytes, watcher.address, "NOTIFY").await?;
        if !knows_no_subscription(play, since) {
            return Ok(());
        }
    }
    Err(Trouble::sut(format!(
        "the edge does not know its subscription to the reg event of {impu}: 481"
    )))
}

/// Our 200 to a SUBSCRIBE. A NOTIFY that overtakes it meets an edge that has no subscription yet.
fn accepts_subscription(message: &Message) -> bool {
    let of_subscribe = message
        .cseq()
        .is_some_and(|(_, method)| method == "SUBSCRIBE");
    message.status() == Some(200) && of_subscribe
}

/// Whether a NOTIFY was answered 481: over UDP it may still have overtaken the 200.
fn knows_no_subscription(play: &Play, since: usize) -> bool {
    play.tap.look(|events| {
        events.iter().skip(since).any(|event| match &event.what {
            What::Message {
                interface: Interface::Mw,
                direction: Direction::Received,
                bytes,
                ..
            } => Message::split(&bytes.0).status() == Some(481),
            _ => false,
        })
    })
}

/// A NOTIFY with the whole state: the registration is terminated, by the network.
fn notification(bed: &Bed, play: &Play, impu: &str, watcher: &Watcher) -> Vec<u8> {
    let core = format!(
        "{}:{}",
        bed.world.name("core"),
        bed.world.public.nodes["core"].ports["Mw"]
    );
    let branch = format!("z9hG4bK{}", play.fresh("branch"));
    let body = format!(
        "<?xml version=\"1.0\"?>\n<reginfo xmlns=\"urn:ietf:params:xml:ns:reginfo\" version=\"{}\" state=\"full\">\n\
         <registration aor=\"{impu}\" id=\"r1\" state=\"terminated\"/>\n</reginfo>\n",
        watcher.cseq - 1
    );
    Request::new("NOTIFY", &watcher.contact)
        .field("Via", format!("SIP/2.0/UDP {core};branch={branch}"))
        .field("From", &watcher.identity)
        .field("To", &watcher.edge_name)
        .field("Call-ID", &watcher.call_id)
        .field("CSeq", format!("{} NOTIFY", watcher.cseq))
        .field("Contact", format!("<sip:{core}>"))
        .field("Event", "reg")
        .field("Subscription-State", "terminated;reason=noresource")
        .field("Content-Type", "application/reginfo+xml")
        .body(body)
        .build()
        .bytes()
}
