//! The reg event (RFC 3680) on the side of our core: who has subscribed, and how such a one is told that a registration has ended.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use evidence::{Event, Interface};
use script::vocabulary::core::End;
use sip::{Message, Request};

use crate::bed::Bed;
use crate::play::{Play, lock};
use crate::roles::core_request::{exchange, own_name};
use crate::roles::{Acted, Trouble, seen};

/// NOTIFYs that are sent before an edge is believed not to know its own subscription.
const MOST_NOTIFICATIONS: usize = 5;
/// An edge that has not taken in our 200 within this time has lost it.
const OVERTAKEN: Duration = Duration::from_millis(200);

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
    let subscribed = newer_subscription(play, 0, bed.answer_time()).await;
    let mut known = subscribed.ok_or_else(|| {
        Trouble::sut(format!(
            "the edge has not subscribed to the reg event of {impu}"
        ))
    })?;
    for _ in 0..MOST_NOTIFICATIONS {
        let Some(watcher) = bed.core.watchers.next(&impu) else {
            break;
        };
        let bytes = notification(bed, play, &impu, &watcher);
        let answer = exchange(bed, play, step, bytes, watcher.address, "NOTIFY").await?;
        if answer.as_ref().and_then(Message::status) != Some(481) {
            return Ok(());
        }
        // It was the subscription of an earlier play, and the edge's own comes behind it; or the NOTIFY overtook our 200.
        known = newer_subscription(play, known, OVERTAKEN)
            .await
            .unwrap_or(known);
    }
    Err(Trouble::sut(format!(
        "the edge does not know its subscription to the reg event of {impu}: 481"
    )))
}

/// Waits until our core has accepted more subscriptions in this play than were known, and tells how many.
async fn newer_subscription(play: &Play, known: usize, within: Duration) -> Option<usize> {
    let newer = play.tap.until(within, |events| {
        let accepted = accepted_subscriptions(events);
        (accepted > known).then_some(accepted)
    });
    newer.await
}

/// How many SUBSCRIBEs our core has answered 200 in this play. A NOTIFY that overtakes that answer meets an edge that has no subscription yet.
fn accepted_subscriptions(events: &[Event]) -> usize {
    let of_subscribe = |message: &Message| {
        message
            .cseq()
            .is_some_and(|(_, method)| method == "SUBSCRIBE")
    };
    seen::said(events, 0, &[Interface::Mw])
        .filter(|message| message.status() == Some(200) && of_subscribe(message))
        .count()
}

/// A NOTIFY with the whole state: the registration is terminated, by the network.
fn notification(bed: &Bed, play: &Play, impu: &str, watcher: &Watcher) -> Vec<u8> {
    let core = own_name(bed);
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
