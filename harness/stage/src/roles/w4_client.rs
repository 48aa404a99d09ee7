//! What every request to a WAF under test needs: its endpoints, the client certificate, the fields of a form.

use std::collections::BTreeMap;
use std::net::IpAddr;

use evidence::Interface;
use serde_json::Value;
use wire::http::Message;
use wire::tls::{Identity, Sessions};

use crate::bed::{Bed, Target};
use crate::play::{Play, lock};
use crate::roles::Trouble;
use crate::roles::w4_http::{self, Ask};
use crate::world::Party;

/// Pairs of a form, in their order.
pub(super) type Form = Vec<(String, String)>;

/// Words of a `certificate` field that name a party.
const PARTIES: &[&str] = &["A", "B", "P1", "P2"];

/// Where the endpoints of a WAF are, by path.
#[derive(Clone, Debug)]
pub(super) struct Paths {
    pub(super) token: String,
    pub(super) authorize: String,
    pub(super) introspect: String,
    pub(super) revoke: String,
    pub(super) jwks: String,
}

pub(super) const METADATA: &str = "/.well-known/oauth-authorization-server";

/// The default profile's paths for a WAF of the world's layout; what its metadata say for any other.
pub(super) async fn paths(bed: &Bed, play: &Play, target: &Target) -> Result<Paths, Trouble> {
    if let Some(known) = lock(&play.w4).paths.clone() {
        return Ok(known);
    }
    let mut told = Value::Null;
    if bed.sut.addresses.contains_key(&Interface::W4) {
        let request = w4_http::get(target, METADATA, "application/json");
        let ask = plain(Interface::W4, None, None, request);
        let answer = w4_http::ask(bed, play, target, &ask).await?;
        told = answer
            .and_then(|answer| serde_json::from_slice(&answer.body).ok())
            .unwrap_or_default();
    }
    let of = |member: &str, otherwise: &str| {
        let url = told[member]
            .as_str()
            .and_then(|text| url::Url::parse(text).ok());
        url.map_or_else(|| otherwise.to_owned(), |url| url.path().to_owned())
    };
    let found = Paths {
        token: of("token_endpoint", "/token"),
        authorize: of("authorization_endpoint", "/authorize"),
        introspect: of("introspection_endpoint", "/introspect"),
        revoke: of("revocation_endpoint", "/revoke"),
        jwks: of("jwks_uri", "/jwks"),
    };
    lock(&play.w4).paths = Some(found.clone());
    Ok(found)
}

pub(super) fn plain<'a>(
    interface: Interface,
    step: Option<usize>,
    from: Option<IpAddr>,
    request: Message,
) -> Ask<'a> {
    Ask {
        step,
        interface,
        from,
        versions: &[],
        server_name: None,
        identity: None,
        sessions: None,
        request,
    }
}

/// The address that a node calls from.
pub(super) fn address_of(bed: &Bed, node: &str) -> Option<IpAddr> {
    bed.world.public.nodes.get(node).map(|node| node.address)
}

pub(super) fn pairs_of(pairs: &[(&str, &str)]) -> Form {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// Puts values in place of the honest ones; an empty value leaves the field out, a new name comes last.
pub(super) fn put_all(pairs: &mut Form, changes: Option<&BTreeMap<String, String>>) {
    for (name, value) in changes.into_iter().flatten() {
        if value.is_empty() {
            pairs.retain(|(known, _)| known != name);
            continue;
        }
        match pairs.iter_mut().find(|(known, _)| known == name) {
            Some(pair) => pair.1.clone_from(value),
            None => pairs.push((name.clone(), value.clone())),
        }
    }
}

/// The client certificate of a WWSF: its own, another party's, its own with a flaw, or none.
pub(super) fn identity(
    bed: &Bed,
    party: &Party,
    certificate: Option<&str>,
) -> Result<Option<Identity>, String> {
    match certificate {
        Some("none") => Ok(None),
        None | Some("honest") => bed.client_identity(&party.wwsf, None).map(Some),
        Some("edge") => bed.client_identity("ep-cscf", None).map(Some),
        Some(id) if PARTIES.contains(&id) => {
            let registration = party.registration;
            let other = bed.world.party(registration, id);
            let other = other.ok_or_else(|| format!("no party is called {id}"))?;
            bed.client_identity(&other.wwsf, None).map(Some)
        }
        Some(flaw) => bed.client_identity(&party.wwsf, Some(flaw)).map(Some),
    }
}

/// The genuine client certificate of a party as a proxy writes it into a header: PEM, percent-encoded.
pub(super) fn certificate_text(bed: &Bed, party: &Party) -> Result<String, String> {
    let path = bed.world.folder.join(&party.wwsf).join("client.pem");
    let text =
        std::fs::read_to_string(&path).map_err(|why| format!("{}: {why}", path.display()))?;
    let end = text
        .find("-----END CERTIFICATE-----")
        .map_or(text.len(), |at| at + 25);
    Ok(
        url::form_urlencoded::byte_serialize(&text.as_bytes()[..end])
            .collect::<String>()
            .replace('+', "%20"),
    )
}

/// TLS sessions for a token request: those of the last one if it is to be resumed, else none that anybody knows.
pub(super) fn sessions(play: &Play, resumes: bool) -> Sessions {
    let mut flow = lock(&play.w4);
    if !resumes {
        flow.sessions = None;
    }
    flow.sessions.get_or_insert_with(Sessions::default).clone()
}
