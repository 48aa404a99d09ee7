//! Requests of a client other than REGISTER: only for an identity that is registered on the connection.

use std::sync::Arc;

use super::connection::Connection;
use super::register::identity;
use super::{Edge, hygiene};
use crate::Defect;
use crate::sip::uri::{self, Address, Spelling};
use crate::sip::{Message, reason};

/// Forwards a request to the core with the asserted identity, or refuses it. Answers come back by themselves.
pub(super) fn serve(edge: &Arc<Edge>, connection: &Connection, request: &Message) {
    let method = request.method().to_owned();
    let Some(impu) = asserted(edge, connection, request) else {
        if method != "ACK" {
            connection.send(&request.answer(403, reason(403)));
        }
        return;
    };
    let Some(mut message) = hygiene::cleaned(edge, &connection.flow_id, request) else {
        connection.send(&request.answer(483, reason(483)));
        return;
    };
    message.push("P-Asserted-Identity", format!("<{impu}>"));
    let icid = crate::net::random_hex(12);
    message.push("P-Charging-Vector", format!("icid-value={icid}"));
    if method == "ACK" {
        edge.link.send(&message, edge.core);
        return;
    }
    if method == "INVITE" || method == "SUBSCRIBE" {
        let name = edge
            .shared
            .world
            .nodes
            .get("ep-cscf")
            .map_or("", |node| node.name.as_str());
        let port = edge.link.local.port();
        message.push_front(
            "Record-Route",
            format!("<sip:{}@{name}:{port};lr>", connection.flow_id),
        );
    }
    let mut transaction = edge.link.request(&message, edge.core);
    let (request, outbox) = (request.clone(), connection.outbox.clone());
    tokio::spawn(async move {
        loop {
            let Some(answer) = transaction.answer().await else {
                let _ = outbox.try_send(request.answer(504, reason(504)).print());
                return;
            };
            let last = answer.code() >= 200;
            if answer.code() != 100
                && outbox
                    .try_send(hygiene::answer(&request, answer, || false).print())
                    .is_err()
            {
                return;
            }
            if last {
                return;
            }
        }
    });
}

/// The registered identity that the edge asserts: the preferred one, else that of From.
fn asserted(edge: &Edge, connection: &Connection, request: &Message) -> Option<String> {
    let shared = &edge.shared;
    if shared.has(Defect::RefusesEverybody) {
        return None;
    }
    let from = identity::named(edge, request, "From").ok()?;
    if shared.has(Defect::VouchesForEverybody) {
        return from.known;
    }
    if connection.bound.is_empty() && shared.has(Defect::InviteBeforeRegister) {
        return from.known;
    }
    let preferred: Vec<&str> = request.values("P-Preferred-Identity").collect();
    let preferred = Address::read_all(preferred.into_iter())?;
    if let Some(address) = preferred.first()
        && shared.has(Defect::IgnoresInviteIdentity)
    {
        return Some(address.uri.clone());
    }
    let registered = |uri: Option<String>| {
        connection
            .bound_to(uri.as_deref())
            .map(|bound| bound.impu.clone())
    };
    if connection.had(from.known.as_deref()) && shared.has(Defect::ServesAfterDeregistration) {
        return from.known;
    }
    if let Some(address) = preferred.first() {
        return registered(uri::identity(&address.uri, Spelling::Canonical));
    }
    let of_from = registered(from.known);
    match shared.model.answer("from-mismatch", "reject") {
        "ignore" => of_from.or_else(|| connection.alive().next().map(|bound| bound.impu.clone())),
        _ => of_from,
    }
}
