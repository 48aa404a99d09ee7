//! What a connection keeps of a registration that the core accepted.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::connection::{Bound, Connection};
use super::super::{Edge, reg_event};
use super::{Plan, Right, check_contacts, identity};
use crate::sip::Message;
use crate::sip::uri::Address;

/// Remembers on the connection what the core accepted, or forgets what was given up.
pub(super) fn bind(
    edge: &Arc<Edge>,
    connection: &mut Connection,
    request: &Message,
    plan: &Plan,
    answer: &Message,
) {
    let Ok(named) = identity::named(edge, request, "To") else {
        return;
    };
    let Some(impu) = plan.rewritten.clone().or(named.known) else {
        return;
    };
    if request.value("Contact").is_none() {
        return;
    }
    let granted = if check_contacts(request).unwrap_or(false) {
        0
    } else {
        granted(request, answer)
    };
    let known = connection.bound_to(Some(&impu)).is_some();
    connection.ended().retain(|ended| *ended != impu);
    connection.bound.retain(|bound| bound.impu != impu);
    if granted == 0 {
        if connection.former.len() < 64 {
            connection.former.push(impu);
        }
        connection.tell_identities();
        return;
    }
    let (impi, by_token, by_digest) = match &plan.right {
        Right::Token(identity) => (identity.impi.clone(), Some(identity.clone()), false),
        Right::Digest { credentials, .. } => (
            credentials.get("username").unwrap_or_default().to_owned(),
            None,
            true,
        ),
        Right::Nothing => (impu.trim_start_matches("sip:").to_owned(), None, false),
    };
    if let Some(identity) = &by_token {
        connection.serves_party(&identity.party);
    }
    let until = Instant::now() + Duration::from_secs(granted);
    if !known {
        reg_event::subscribe(edge, &connection.flow_id, &impu);
    }
    connection.bound.push(Bound {
        impu,
        impi,
        by_token,
        by_digest,
        until,
    });
    connection.tell_identities();
}

/// For how many seconds the core registered our Contact.
fn granted(request: &Message, answer: &Message) -> u64 {
    let ours = Address::read_all(request.values("Contact")).unwrap_or_default();
    let theirs = Address::read_all(answer.values("Contact")).unwrap_or_default();
    let of_ours = theirs
        .iter()
        .filter(|contact| ours.iter().any(|own| own.uri == contact.uri));
    let seconds = of_ours
        .filter_map(|contact| contact.parameter("expires")?.parse().ok())
        .max();
    let asked = || {
        ours.first()
            .and_then(|own| own.parameter("expires")?.parse().ok())
    };
    let header = |message: &Message| {
        message
            .value("Expires")
            .and_then(|expires| expires.parse().ok())
    };
    seconds
        .or_else(|| header(answer))
        .or_else(asked)
        .or_else(|| header(request))
        .unwrap_or(3600)
}
