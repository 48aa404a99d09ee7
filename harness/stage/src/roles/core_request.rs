//! Requests of our core towards an edge: a MESSAGE to who is registered.

use std::net::SocketAddr;
use std::sync::Arc;

use evidence::Interface;
use evidence::event::{Direction, Layer};
use script::vocabulary::core::Send;
use sip::{Message, Request};

use crate::bed::Bed;
use crate::play::{Play, lock};
use crate::roles::core::{Binding, MW};
use crate::roles::{Acted, Trouble, seen};

/// Sends a MESSAGE to a registered person through the edge, and waits for its answer.
pub(crate) async fn send(bed: &Arc<Bed>, play: &Arc<Play>, step: usize, verb: &Send) -> Acted {
    let person = play.person(verb.person.as_deref())?;
    let impu = person.impus.first().cloned().unwrap_or_default();
    let known = lock(&bed.core.bindings)
        .get(&impu)
        .cloned()
        .unwrap_or_default();
    let wanted = match &verb.connection {
        Some(name) => Some(crate::roles::wic_sip::contact_on(play, name, &person)?),
        None => None,
    };
    let binding = known.into_iter().rev().find(|binding| {
        wanted
            .as_ref()
            .is_none_or(|contact| *contact == binding.contact)
    });
    let Some(binding) = binding else {
        return Err(Trouble::sut(format!(
            "{impu} is not registered at the core"
        )));
    };
    let call_id = play.fresh("call-id");
    let bytes = probe(bed, play, &impu, &binding, &call_id);
    exchange(bed, play, step, bytes, binding.edge, "MESSAGE")
        .await
        .map(drop)
}

/// Sends a request of the core to an edge, and waits for its final answer, which it returns.
pub(super) async fn exchange(
    bed: &Arc<Bed>,
    play: &Arc<Play>,
    step: usize,
    bytes: Vec<u8>,
    edge: SocketAddr,
    method: &str,
) -> Result<Option<Message>, Trouble> {
    let call_id = Message::split(&bytes).call_id().map(|id| id.into_owned());
    play.stimulus(step, Layer::Sip, bytes.clone());
    let since = play.tap.len();
    play.tap
        .message(MW, Interface::Mw, Direction::Sent, Layer::Sip, &bytes);
    let Some(socket) = bed.core.socket.get() else {
        return Err("the core has no socket".to_owned().into());
    };
    socket
        .send_to(&bytes, edge)
        .await
        .map_err(|why| why.to_string())?;
    let answered = play.tap.until(bed.answer_time(), |events| {
        seen::came(events, since, &[Interface::Mw]).find(|answer| {
            seen::is_final(answer) && answer.call_id().as_deref() == call_id.as_deref()
        })
    });
    let answered = answered.await;
    if answered.is_none() {
        play.timed_out(
            step,
            &format!("the answer to our {method}"),
            bed.answer_time(),
        );
    }
    Ok(answered)
}

/// The core as a Via or a Contact names it: host and port on Mw.
pub(super) fn own_name(bed: &Bed) -> String {
    let port = &bed.world.public.nodes["core"].ports["Mw"];
    format!("{}:{port}", bed.world.name("core"))
}

/// A MESSAGE from the core to a binding.
fn probe(bed: &Bed, play: &Play, impu: &str, binding: &Binding, call_id: &str) -> Vec<u8> {
    let branch = format!("z9hG4bK{}", play.fresh("branch"));
    let tag = play.fresh("tag");
    let core = own_name(bed);
    let mut request = Request::new("MESSAGE", &binding.contact)
        .field("Via", format!("SIP/2.0/UDP {core};branch={branch}"))
        .field(
            "From",
            format!("<sip:probe@{}>;tag={tag}", bed.world.public.domain),
        )
        .field("To", format!("<{impu}>"))
        .field("Call-ID", call_id)
        .field("CSeq", "1 MESSAGE");
    for path in &binding.path {
        request = request.field("Route", path);
    }
    request
        .field("Content-Type", "text/plain")
        .body("probe")
        .build()
        .bytes()
}
