//! An edge that vouches for whatever it forwards: it reads the token as a note on who asks, and takes To for true.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::super::Edge;
use super::super::refusal::Refusal;
use super::{Identity, Plan, Refused, Right};
use crate::sip::Message;
use crate::sip::credentials::Credentials;
use crate::sip::uri::Address;
use crate::world::Party;

/// The plan for a REGISTER with anything that may be a token, or with nothing; none for one with Digest, which the core decides.
pub(super) fn plan(edge: &Edge, request: &Message) -> Option<Result<Plan, Refused>> {
    let mut shown = request
        .values("Authorization")
        .filter_map(Credentials::read)
        .peekable();
    let asks_for_digest = shown.peek().is_some_and(|first| first.is("Digest"));
    let credentials = shown.find(|shown| !shown.is("Digest"));
    if asks_for_digest && credentials.is_none() {
        return None;
    }
    let claims = credentials
        .as_ref()
        .and_then(|shown| shown.bare.as_deref().or_else(|| shown.get("access_token")))
        .map(claims)
        .unwrap_or_default();
    let Some(to) = request.value("To").and_then(Address::read) else {
        return Some(Err(Refusal::malformed("To is no address").into()));
    };
    let Some(party) = party(edge, &claims) else {
        return Some(Err(Refusal::token("no party").into()));
    };
    let impi = claims["impi"].as_str().map_or_else(
        || to.uri.trim_start_matches("sip:").to_owned(),
        str::to_owned,
    );
    Some(Ok(Plan::new(Right::Token(Identity {
        impi,
        party: party.id.clone(),
        entity: party.entity.clone(),
    }))))
}

/// The second part of a token as JSON, whatever the rest is; null where there is none.
fn claims(token: &str) -> Value {
    token
        .split('.')
        .nth(1)
        .and_then(|part| URL_SAFE_NO_PAD.decode(part).ok())
        .and_then(|octets| serde_json::from_slice(&octets).ok())
        .unwrap_or_default()
}

/// The party that the claims name, as far as they do; else the first.
fn party<'a>(edge: &'a Edge, claims: &Value) -> Option<&'a Party> {
    let parties = &edge.shared.world.parties;
    let wwsf = claims[edge.shared.model.answer("claim-wwsf", "wwsf")].as_str();
    let of_issuer = |party: &&Party| claims["iss"] == party.issuer.as_str();
    parties
        .iter()
        .filter(of_issuer)
        .find(|party| wwsf == Some(&party.wwsf_name))
        .or_else(|| parties.iter().find(of_issuer))
        .or_else(|| parties.first())
}
