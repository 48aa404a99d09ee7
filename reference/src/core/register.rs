//! REGISTER at the core: who is it, by whose word, and what becomes of the bindings.

use std::net::SocketAddr;

use super::registrar::{Demand, Lenience, Refused};
use super::{Core, State, authorise, digest, registrar};
use crate::sip::credentials::Credentials;
use crate::sip::uri::{self, Address, Spelling, Uri};
use crate::sip::{Message, reason};
use crate::{Defect, Shared, aka};

/// What a REGISTER comes to.
struct Outcome {
    code: u16,
    headers: Vec<(&'static str, String)>,
    impi: Option<String>,
}

impl Outcome {
    fn refused(code: u16) -> Self {
        Self {
            code,
            headers: Vec::new(),
            impi: None,
        }
    }
}

/// Serves a REGISTER.
pub(super) fn serve(core: &Core, request: &Message, from: SocketAddr) -> Message {
    let shared = &core.shared;
    let mut state = core.state();
    let credentials = read_credentials(request, shared);
    let outcome = match &credentials {
        Ok(credentials) => decide(shared, &mut state, request, credentials.as_ref(), from),
        Err(code) => Outcome::refused(*code),
    };
    let party = credentials
        .ok()
        .flatten()
        .and_then(|shown| shown.get("authorization-entity").map(str::to_owned));
    let to = request
        .value("To")
        .and_then(Address::read)
        .map(|to| to.uri)
        .unwrap_or_default();
    let call_id = request.value("Call-ID").unwrap_or_default();
    let first = shared.world.parties.first();
    let party = match party {
        Some(_) if shared.has(Defect::CoreRecordsFirstParty) => {
            first.map(|party| party.entity.clone())
        }
        party => party,
    };
    if outcome.code < 300 || !shared.has(Defect::CoreRecordsNoRefusals) {
        state.provisioning.keep(
            call_id,
            &to,
            outcome.impi.as_deref(),
            party.as_deref(),
            outcome.code,
        );
    }
    let mut answer = request.answer(outcome.code, reason(outcome.code));
    for (name, value) in outcome.headers {
        answer.push(name, value);
    }
    answer
}

/// The one Authorization header.
fn read_credentials(request: &Message, shared: &Shared) -> Result<Option<Credentials>, u16> {
    let lines: Vec<&str> = request.values("Authorization").collect();
    let line = match lines.as_slice() {
        [] => return Ok(None),
        [line] => line,
        _ => return Err(400),
    };
    let credentials = Credentials::read(line).ok_or(400_u16)?;
    if credentials.is("Digest") || (credentials.is("Basic") && shared.has(Defect::AcceptsBasic)) {
        return Ok(Some(credentials));
    }
    Ok(None)
}

fn decide(
    shared: &Shared,
    state: &mut State,
    request: &Message,
    shown: Option<&Credentials>,
    from: SocketAddr,
) -> Outcome {
    let lenience = Lenience {
        star_with_expires: shared.has(Defect::StarWithExpires),
        any_order: shared.has(Defect::CseqNotChecked),
        first_contact_kept: shared.has(Defect::FirstContactKept),
    };
    if !Uri::read(request.request_uri())
        .is_some_and(|uri| uri.host.eq_ignore_ascii_case(&shared.world.domain))
    {
        return Outcome::refused(404);
    }
    if let Some(tag) = unknown_extension(request) {
        let headers = vec![("Unsupported", tag)];
        return Outcome {
            headers,
            ..Outcome::refused(420)
        };
    }
    let Ok(wish) = registrar::wish(request, lenience) else {
        return Outcome::refused(400);
    };
    let (impu, sender) = match (identity(request, "To"), identity(request, "From")) {
        (Err(code), _) | (_, Err(code)) => return Outcome::refused(code),
        (Ok(to), Ok(from)) => (to, from),
    };
    let Some(impu) = impu else {
        return Outcome::refused(403);
    };
    let ignored = shared.model.answer("from-mismatch", "reject") == "ignore"
        || shared.has(Defect::FromNotChecked);
    if sender.as_ref() != Some(&impu) && !ignored {
        return Outcome::refused(403);
    }
    let allowed = match shared.has(Defect::DeregWithoutCheck) && wish.ends() {
        true => Ok(Vec::new()),
        false => authenticate(shared, state, request, shown, &impu, from),
    };
    let impi = shown.and_then(|shown| shown.get("username").map(str::to_owned));
    let entity = shown.and_then(|shown| shown.get("authorization-entity"));
    let demand = Demand {
        request,
        wish: &wish,
        entity,
        lenience,
    };
    match allowed {
        Err(outcome) => Outcome { impi, ..outcome },
        Ok(headers) => {
            let outcome = apply(shared, state, &impu, impi.as_deref(), &demand, headers);
            Outcome { impi, ..outcome }
        }
    }
}

/// The identity of To or From, `None` when it is no address-of-record of ours.
fn identity(request: &Message, header: &str) -> Result<Option<String>, u16> {
    let address = request
        .value(header)
        .and_then(Address::read)
        .ok_or(400_u16)?;
    Ok(uri::identity(&address.uri, Spelling::Canonical))
}

fn unknown_extension(request: &Message) -> Option<String> {
    let known = |tag: &str| ["path", "outbound", "gruu", "sec-agree"].contains(&tag);
    let tags = request
        .values("Require")
        .flat_map(|line| line.split(','))
        .map(str::trim);
    tags.filter(|tag| !tag.is_empty())
        .find(|tag| !known(tag))
        .map(str::to_owned)
}

/// By an edge's word, by Digest, or not at all; the headers go into the 200.
fn authenticate(
    shared: &Shared,
    state: &mut State,
    request: &Message,
    shown: Option<&Credentials>,
    impu: &str,
    from: SocketAddr,
) -> Result<Vec<(&'static str, String)>, Outcome> {
    let Some(credentials) = shown else {
        return Err(challenge(state, false, shared, None, impu));
    };
    if credentials.is("Basic") {
        return Ok(Vec::new());
    }
    let impi = credentials.get("username").unwrap_or_default();
    let label = credentials.get("integrity-protected").unwrap_or_default();
    let node = authorise::trusted_node(&state.provisioning, request, from, shared);
    if label == "auth-done" {
        let vouched =
            node.and_then(|()| authorise::vouched(&state.provisioning, credentials, impu, shared));
        return vouched
            .map(|()| Vec::new())
            .map_err(|_| Outcome::refused(403));
    }
    let response = credentials.get("response").unwrap_or_default().trim();
    if label == "tls-yes" && node.is_ok() && response.is_empty() {
        let registered = !state.bindings.of(impu).is_empty();
        let trusts = shared.model.answer("tls-yes-unregistered", "challenge") == "trust"
            || shared.has(Defect::TrustsTlsYes);
        let owner = state
            .provisioning
            .subscription(impi)
            .is_some_and(|owner| owner.has(impu) && !owner.bars(impu));
        if owner && (registered || trusts) {
            return Ok(Vec::new());
        }
    }
    if let Some(auts) = credentials.get("auts") {
        resynchronise(shared, state, credentials, auts, impu);
        return Err(challenge(state, false, shared, Some(impi), impu));
    }
    // A first REGISTER names the user and has no nonce yet; an empty response to a challenge is a wrong one. Both are challenged.
    if credentials
        .get("response")
        .is_none_or(|response| response.is_empty())
        && !shared.has(Defect::AcceptsEmptyDigest)
        || credentials.get("nonce").is_none_or(str::is_empty)
    {
        return Err(challenge(state, false, shared, Some(impi), impu));
    }
    by_digest(shared, state, request, credentials, impu)
}

fn by_digest(
    shared: &Shared,
    state: &mut State,
    request: &Message,
    credentials: &Credentials,
    impu: &str,
) -> Result<Vec<(&'static str, String)>, Outcome> {
    let impi = credentials.get("username").unwrap_or_default();
    let Some(subscription) = state.provisioning.subscription(impi).cloned() else {
        return Err(Outcome::refused(403));
    };
    if shared.has(Defect::LocksOut) && state.nonces.wrong(impi) >= 3 {
        return Err(Outcome::refused(403));
    }
    match digest::check(
        &mut state.nonces,
        credentials,
        request.request_uri(),
        &subscription,
        shared,
    ) {
        Err(digest::Fault::Malformed) => Err(Outcome::refused(400)),
        Err(digest::Fault::Challenge { stale }) => {
            if shared.has(Defect::LocksOut) {
                state.nonces.count_wrong(impi);
            }
            Err(challenge(state, stale, shared, Some(impi), impu))
        }
        Ok(_)
            if authorise::owns(&subscription, impu, shared).is_err()
                && !shared.has(Defect::IgnoresDigestUsername) =>
        {
            Err(Outcome::refused(403))
        }
        Ok(info) => Ok(vec![("Authentication-Info", info)]),
    }
}

/// Takes the sequence number that an ISIM tells for a challenge of its own.
fn resynchronise(
    shared: &Shared,
    state: &mut State,
    credentials: &Credentials,
    auts: &str,
    impu: &str,
) {
    let get = |name: &str| credentials.get(name).unwrap_or_default();
    let random = state.nonces.random(get("nonce"), get("username"));
    let card = state.provisioning.card(credentials.get("username"), impu);
    if let (Some(random), Some((_, card))) = (random, card) {
        card.resynchronise(random, auts, shared.has(Defect::TakesAnyAuts));
    }
}

/// A challenge: by AKA for who has an ISIM, where AKA is declared, else by Digest.
fn challenge(
    state: &mut State,
    stale: bool,
    shared: &Shared,
    impi: Option<&str>,
    impu: &str,
) -> Outcome {
    let card = state.provisioning.card(impi, impu);
    let challenges = match aka::declared(shared).zip(card) {
        Some((algorithm, card)) => {
            vec![digest::challenge_by_aka(
                &mut state.nonces,
                card,
                algorithm,
                shared,
            )]
        }
        None => digest::challenges(&mut state.nonces, stale, shared),
    };
    let headers = challenges
        .into_iter()
        .map(|value| ("WWW-Authenticate", value))
        .collect();
    Outcome {
        headers,
        ..Outcome::refused(401)
    }
}

/// Changes the bindings and tells them.
fn apply(
    shared: &Shared,
    state: &mut State,
    impu: &str,
    impi: Option<&str>,
    demand: &Demand<'_>,
    mut headers: Vec<(&'static str, String)>,
) -> Outcome {
    let request = demand.request;
    let key = match shared.has(Defect::SplitsEquivalentNames) {
        true => request
            .value("To")
            .and_then(Address::read)
            .map_or_else(|| impu.to_owned(), |to| to.uri),
        false => impu.to_owned(),
    };
    match state.bindings.apply(&key, demand) {
        Err(Refused::Malformed) => return Outcome::refused(400),
        Err(Refused::OutOfOrder) => return Outcome::refused(500),
        Ok(()) => {}
    }
    for binding in state.bindings.of(&key) {
        let mut contact = binding.contact.clone();
        contact
            .parameters
            .retain(|(name, _)| !name.eq_ignore_ascii_case("expires"));
        contact
            .parameters
            .push(("expires".to_owned(), Some(binding.remaining().to_string())));
        headers.push(("Contact", contact.with_uri(&contact.uri)));
    }
    for path in request.values("Path") {
        headers.push(("Path", path.to_owned()));
    }
    if let Some(subscription) = impi.and_then(|impi| state.provisioning.subscription(impi).cloned())
    {
        let listed = subscription
            .impus
            .iter()
            .map(|impu| format!("<{impu}>"))
            .collect::<Vec<_>>()
            .join(", ");
        headers.push(("P-Associated-URI", listed));
    }
    if !demand.wish.ends()
        && let Some(node) = shared.world.nodes.get("core")
    {
        let port = node.ports.get("Mw").copied().unwrap_or_default();
        headers.push((
            "Service-Route",
            format!("<sip:orig@{}:{port};lr>", node.name),
        ));
    }
    Outcome {
        headers,
        ..Outcome::refused(200)
    }
}
