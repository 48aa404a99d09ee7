//! What the edge keeps on record of a REGISTER.

use super::super::Edge;
use super::super::operator::Record;
use super::{Plan, Right};
use crate::sip::Message;
use crate::sip::uri::Address;
use crate::token;

/// Keeps what a registration came to, for whoever asks later which party granted it (REQ-2.e, REQ-3.g).
pub(super) fn keep(
    edge: &Edge,
    request: &Message,
    plan: Option<&Plan>,
    party: Option<String>,
    accepted: bool,
    why: &'static str,
) {
    let impi = match plan.map(|plan| &plan.right) {
        Some(Right::Token(identity)) => Some(identity.impi.clone()),
        Some(Right::Digest { credentials, .. }) => credentials.get("username").map(str::to_owned),
        _ => None,
    };
    let to = request
        .value("To")
        .and_then(Address::read)
        .map(|to| to.uri)
        .unwrap_or_default();
    let impu = plan.and_then(|plan| plan.rewritten.clone()).unwrap_or(to);
    let call_id = request.value("Call-ID").unwrap_or_default().to_owned();
    let shown = request.value("Authorization").map(str::to_owned);
    edge.operator().keep(Record {
        call_id,
        impi,
        impu,
        party,
        accepted,
        why,
        shown,
        time: token::now(),
    });
}
