//! What a connection keeps of a registration that the core accepted.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::connection::{Bound, Connection};
use super::super::{Edge, reg_event};
use super::{Plan, Right, contacts, identity};
use crate::Defect;
use crate::sip::Message;
use crate::sip::credentials::Credentials;
use crate::sip::uri::{self, Address, Spelling, Uri};

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
    let granted = if contacts::check(request).unwrap_or(false) {
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
    remember(edge, connection, request, &impi, by_digest);
    let associated = Address::read_all(answer.values("P-Associated-URI")).unwrap_or_default();
    connection.implicit = associated
        .iter()
        .filter_map(|address| uri::identity(&address.uri, Spelling::Canonical))
        .collect();
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
    let session = &connection.client.session;
    edge.sessions.keep(session, &connection.bound);
}

/// Whether this edge keeps a registration that the core has not accepted.
pub(super) fn binds_all_the_same(edge: &Edge, plan: &Plan) -> bool {
    let Right::Digest { credentials, .. } = &plan.right else {
        return false;
    };
    let answered = credentials
        .get("response")
        .is_some_and(|response| !response.is_empty());
    answered && edge.shared.has(Defect::BindsRefusedResponse)
}

/// Keeps beyond the connection whose a Contact is, and which connection is a device's. An honest edge never asks for it.
fn remember(edge: &Edge, connection: &Connection, request: &Message, impi: &str, by_digest: bool) {
    let contacts = Address::read_all(request.values("Contact")).unwrap_or_default();
    let Some(contact) = contacts.first() else {
        return;
    };
    let flow = connection.flow_id.clone();
    let mut remembered = edge.remembered();
    if by_digest {
        remembered.insert(contact.uri.clone(), impi.to_owned());
    }
    if let Some(user) = Uri::read(&contact.uri).and_then(|uri| uri.user) {
        remembered.insert(user.to_owned(), flow.clone());
    }
    if let Some(device) = contact.parameter("+sip.instance") {
        remembered.insert(flow.clone(), device.to_owned());
        remembered.insert(device.to_owned(), flow);
    }
}

/// The label of a registration that the same IMPI has proven on whichever connection, by its Contact.
pub(super) fn known_again(
    edge: &Edge,
    request: &Message,
    credentials: &Credentials,
) -> Option<&'static str> {
    let contacts = Address::read_all(request.values("Contact")).unwrap_or_default();
    let remembered = edge.remembered();
    let impi = credentials.get("username");
    contacts
        .iter()
        .any(|contact| remembered.get(&contact.uri).map(String::as_str) == impi)
        .then_some("tls-yes")
        .filter(|_| edge.shared.has(Defect::LabelsByContact))
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
