//! Requests of the core for a client: delivered on the connection that its Path names, nowhere else.

use std::sync::PoisonError;

use super::{Edge, Flow};
use crate::Defect;
use crate::sip::link::{Incoming, Reply};
use crate::sip::uri::{Address, Uri};
use crate::sip::{Message, Start, reason};

/// Requests on one connection that wait for the client's answer.
const MAX_UNANSWERED: usize = 128;

/// Takes a request that came in over Mw.
pub(super) fn deliver(edge: &Edge, incoming: Incoming) {
    let Incoming {
        message,
        from,
        reply,
    } = incoming;
    let Ok(request) = message else { return };
    // Whoever is not the core has no business on Mw; silence tells nothing.
    if from.ip() != edge.core.ip() {
        return;
    }
    let answer = |code| {
        if request.method() != "ACK" {
            reply.send(&request.answer(code, reason(code)));
        }
    };
    if let Some(code) = super::reg_event::notified(edge, &request) {
        return answer(code);
    }
    let mut message = request.clone();
    let route = message.pop_front("Route");
    let id = route.as_deref().and_then(Address::read).and_then(|route| {
        let uri = Uri::read(&route.uri)?;
        uri.user.map(str::to_owned)
    });
    let id = taken_over(edge, request.request_uri(), id);
    let flow = match id {
        Some(id) => edge.flows().get(&id).cloned(),
        None => None,
    };
    let Some(flow) = flow else { return answer(430) };
    let hops = request
        .value("Max-Forwards")
        .map_or(Some(70), |hops| hops.parse::<u32>().ok());
    let Some(hops) = hops.and_then(|hops| hops.checked_sub(1)) else {
        return answer(483);
    };
    message.replace("Max-Forwards", hops.to_string());
    for name in [
        "P-Charging-Vector",
        "P-Charging-Function-Addresses",
        "P-Visited-Network-ID",
        "P-Served-User",
    ] {
        message.remove(name);
    }
    let branch = format!("z9hG4bK{}", crate::net::random_hex(12));
    message.push_front(
        "Via",
        format!("SIP/2.0/WSS {};branch={branch}", edge.link.local),
    );
    if request.method() != "ACK" && !await_answer(&flow, branch, reply.clone()) {
        return answer(503);
    }
    if flow.outbox.try_send(message.print()).is_err() {
        answer(480);
    }
}

/// The connection by which an edge of some mistakes reaches a client, in place of the one in its Path.
fn taken_over(edge: &Edge, uri: &str, id: Option<String>) -> Option<String> {
    let remembered = edge.remembered();
    let user = Uri::read(uri).and_then(|uri| uri.user);
    let of_user = user.and_then(|user| remembered.get(user).cloned());
    let device = id.as_ref().and_then(|id| remembered.get(id));
    let of_device = device.and_then(|device| remembered.get(device).cloned());
    let shared = &edge.shared;
    let by_contact = of_user.or_else(|| id.clone());
    let by_device = of_device.or_else(|| id.clone());
    let id = shared.misreads(Defect::FindsConnectionByContact, id, by_contact);
    shared.misreads(Defect::OneConnectionPerDevice, id, by_device)
}

fn await_answer(flow: &Flow, branch: String, reply: Reply) -> bool {
    let mut unanswered = flow
        .unanswered
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    if unanswered.len() >= MAX_UNANSWERED {
        return false;
    }
    unanswered.insert(branch, reply);
    true
}

/// Takes the client's answer back to where the request came from; an answer to nothing is dropped.
pub(super) fn relay_answer(flow: &Flow, message: Message) {
    let Start::Response { code, .. } = message.start else {
        return;
    };
    let Some(branch) = message.branch().map(str::to_owned) else {
        return;
    };
    let mut unanswered = flow
        .unanswered
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let reply = if code < 200 {
        unanswered.get(&branch).cloned()
    } else {
        unanswered.remove(&branch)
    };
    drop(unanswered);
    let Some(reply) = reply else { return };
    let mut answer = message;
    answer.pop_front("Via");
    for name in [
        "P-Asserted-Identity",
        "P-Preferred-Identity",
        "P-Charging-Vector",
        "Authorization",
    ] {
        answer.remove(name);
    }
    reply.send(&answer);
}
