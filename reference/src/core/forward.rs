//! Requests for a registered identity: forwarded through the Path to each binding, the best answer relayed.

use std::net::SocketAddr;
use std::sync::Arc;

use super::Core;
use super::registrar::Binding;
use crate::sip::link::Reply;
use crate::sip::uri::{self, Address, Spelling, Uri};
use crate::sip::{Message, reason};

/// Serves a request other than REGISTER.
pub(super) async fn serve(
    core: Arc<Core>,
    request: Message,
    from: SocketAddr,
    reply: Reply,
    key: String,
) {
    let answer = match targets(&core, &request, from) {
        Ok(targets) => relay(&core, &request, targets, &reply).await,
        Err(code) => request.answer(code, reason(code)),
    };
    reply.send(&answer);
    core.state().answered.put(key, answer);
}

/// Forwards an ACK of a call; nothing is answered to it.
pub(super) fn acknowledge(core: &Core, request: &Message) {
    let Ok(targets) = targets(core, request, core.link.local) else {
        return;
    };
    for (message, to) in targets {
        core.link.send(&message, to);
    }
}

/// The copies of a request, one for each binding, and where each goes.
fn targets(
    core: &Core,
    request: &Message,
    from: SocketAddr,
) -> Result<Vec<(Message, SocketAddr)>, u16> {
    let impu = uri::identity(request.request_uri(), Spelling::Canonical).ok_or(404_u16)?;
    let state = core.state();
    if !state.provisioning.knows(&impu) {
        return Err(404);
    }
    let trusted = state.provisioning.trusts_address(from.ip());
    let hops = request
        .value("Max-Forwards")
        .map_or(Some(70), |hops| hops.parse::<u32>().ok());
    let hops = hops.and_then(|hops| hops.checked_sub(1)).ok_or(483_u16)?;
    let bindings = state.bindings.of(&impu);
    let copies = bindings
        .into_iter()
        .filter_map(|binding| copy(core, request, binding, hops, trusted));
    let copies: Vec<_> = copies.collect();
    if copies.is_empty() {
        Err(480)
    } else {
        Ok(copies)
    }
}

fn copy(
    core: &Core,
    request: &Message,
    binding: &Binding,
    hops: u32,
    trusted: bool,
) -> Option<(Message, SocketAddr)> {
    let mut message = request.clone();
    if let crate::sip::Start::Request { uri, .. } = &mut message.start {
        uri.clone_from(&binding.contact.uri);
    }
    message.replace("Max-Forwards", hops.to_string());
    message.remove("Route");
    if !trusted {
        message.remove("P-Asserted-Identity");
    }
    let first = binding.path.first()?;
    let next = Address::read(first)?;
    let hop = Uri::read(&next.uri)?;
    let address = core
        .shared
        .world
        .resolve(&hop.host.to_ascii_lowercase())
        .or_else(|| hop.host.parse().ok())?;
    let port = hop.port.map_or(Some(5060), |port| port.parse().ok())?;
    for (at, route) in binding.path.iter().enumerate() {
        message.headers.insert(
            at,
            crate::sip::Header {
                name: "Route".to_owned(),
                value: route.clone(),
            },
        );
    }
    // One branch for every request of a transaction, so that CANCEL and ACK find theirs (RFC 3261, 9.1).
    let branch = format!(
        "{} {} {}",
        request.branch()?,
        request.cseq()?,
        binding.contact.uri
    );
    let branch = <sha2::Sha256 as sha2::Digest>::digest(branch);
    message.push_front(
        "Via",
        core.link
            .via(&format!("z9hG4bK{}", crate::net::hex(&branch[..12]))),
    );
    Some((message, SocketAddr::new(address, port)))
}

/// Sends all copies and waits for their answers: the first success wins, else the last refusal is told.
async fn relay(
    core: &Core,
    request: &Message,
    targets: Vec<(Message, SocketAddr)>,
    reply: &Reply,
) -> Message {
    let mut transactions: Vec<_> = targets
        .iter()
        .map(|(message, to)| core.link.request(message, *to))
        .collect();
    let mut best: Option<Message> = None;
    for transaction in &mut transactions {
        while let Some(mut answer) = transaction.answer().await {
            answer.pop_front("Via");
            if answer.code() < 200 {
                if answer.code() > 100 {
                    reply.send(&answer);
                }
                continue;
            }
            let better = best.as_ref().is_none_or(|best| best.code() >= 300);
            if better {
                best = Some(answer);
            }
            break;
        }
    }
    match best {
        // The flow of a binding is gone: for the caller the identity is not there.
        Some(answer) if answer.code() == 430 => request.answer(480, reason(480)),
        Some(answer) => answer,
        None => request.answer(480, reason(480)),
    }
}
