//! REGISTER of a client: what it shows, what that entitles to, and what the core says.

mod binding;
mod contacts;
pub(super) mod identity;
mod record;
mod shown;
mod spelled;
mod vouching;

use std::sync::Arc;
use std::time::Duration;

use self::shown::Shown;
use super::connection::Connection;
use super::refusal::Refusal;
use super::{Edge, hygiene, validation};
use crate::Defect;
use crate::sip::credentials::Credentials;
use crate::sip::uri::{Address, Uri};
use crate::sip::{Message, reason};

/// With what right a REGISTER goes to the core.
#[derive(Clone, Debug)]
pub(super) enum Right {
    /// A token: the edge vouches for the identity.
    Token(Identity),
    /// Digest credentials, with the label that the edge gives them.
    Digest {
        credentials: Credentials,
        label: Option<&'static str>,
    },
    /// Neither: the core challenges.
    Nothing,
}

/// Whom the edge vouches for.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    pub(super) impi: String,
    /// The party's id in the world.
    pub(super) party: String,
    /// What names the party towards the core.
    pub(super) entity: String,
}

/// How a REGISTER is forwarded.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) right: Right,
    /// The public identity that takes the place of the one in To and From.
    pub(super) rewritten: Option<String>,
    /// The longest interval that may be asked for, in seconds.
    pub(super) expires_cap: Option<u64>,
}

impl Plan {
    fn new(right: Right) -> Self {
        Self {
            right,
            rewritten: None,
            expires_cap: None,
        }
    }

    /// What names the granting party towards the core, when somebody was granted something.
    fn party(&self) -> Option<&str> {
        match &self.right {
            Right::Token(identity) => Some(&identity.entity),
            _ => None,
        }
    }
}

/// A refusal, and the plan by which an edge that does not act on its own refusals goes on.
pub(super) struct Refused {
    pub(super) refusal: Refusal,
    pub(super) all_the_same: Option<Box<Plan>>,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self {
            refusal,
            all_the_same: None,
        }
    }
}

/// Serves a REGISTER and returns the answer to the client.
pub(super) async fn serve(
    edge: &Arc<Edge>,
    connection: &mut Connection,
    request: &Message,
) -> Message {
    let impu = identity::named(edge, request, "To").ok();
    let impu = impu.and_then(|named| named.known);
    let (shared, from) = (&edge.shared, connection.client.from);
    if edge.lockout.holds(shared, impu.as_deref(), from) {
        return request.answer(403, reason(403));
    }
    let decided = decide(edge, connection, request).await;
    match decided.and_then(|plan| served_at_all(edge, plan)) {
        Ok(plan) => forward(edge, connection, request, &plan).await,
        Err(refused) => {
            let refusal = &refused.refusal;
            edge.lockout.count(shared, impu.as_deref(), from);
            record::keep(
                edge,
                request,
                None,
                refusal.party.clone(),
                false,
                refusal.why,
            );
            if let Some(plan) = &refused.all_the_same {
                forward_all_the_same(edge, connection, request, plan);
            }
            refusal.answer(request, &edge.shared.world)
        }
    }
}

/// An edge that serves nobody still knows, and records, who it was.
fn served_at_all(edge: &Edge, plan: Plan) -> Result<Plan, Refused> {
    if !edge.shared.has(Defect::RefusesEverybody) {
        return Ok(plan);
    }
    let refusal = Refusal::forbidden("nobody is served");
    Err(match plan.party() {
        Some(party) => refusal.of(party),
        None => refusal,
    }
    .into())
}

async fn decide(edge: &Edge, connection: &Connection, request: &Message) -> Result<Plan, Refused> {
    if edge.shared.has(Defect::VouchesForEverybody)
        && let Some(plan) = vouching::plan(edge, request)
    {
        return plan;
    }
    if !is_for_here(edge, request) {
        return Err(Refusal::forbidden("the request is for another domain").into());
    }
    let leaving = contacts::check(request)?;
    let to = identity::named(edge, request, "To")?;
    let from = match request.value("From") {
        None if edge.shared.has(Defect::IgnoresMissingFields) => to.clone(),
        _ => identity::named(edge, request, "From")?,
    };
    let shown = shown::of(edge, request, &connection.client)?;
    match shown {
        Shown::Token { token, username } => {
            let origin = connection.client.origin.as_deref();
            let known = to.known.as_deref();
            let refreshes = connection.bound_to(known).is_some();
            let admission = validation::validate(edge, &token, origin, known, refreshes).await?;
            let shown = connection.client.thumbprint.as_deref();
            validation::check_confirmation(edge, &admission, shown)?;
            if to.known.is_none() && edge.shared.has(Defect::OtherUrisUnvouched) {
                return Ok(Plan::new(Right::Nothing));
            }
            let mut plan = identity::admit(edge, connection, request, admission, &to, &from)?;
            edge.move_flow(&token, &connection.flow_id);
            if let (Right::Token(identity), Some(username)) = (&mut plan.right, username) {
                identity.impi = username;
            }
            plan.rewritten = user_of_request_uri(request).or(plan.rewritten);
            Ok(plan)
        }
        Shown::Unchecked(token) => {
            let admission = validation::unchecked(edge, &token, to.known.as_deref())?;
            identity::admit(edge, connection, request, admission, &to, &from)
        }
        Shown::Guessed => identity::guessed(edge, &to),
        Shown::Digest(credentials) => Ok(labelled(edge, connection, request, credentials, &to)?),
        Shown::Nothing
            if is_emergency(request) && edge.shared.has(Defect::EmergencyNeedsNoToken) =>
        {
            identity::guessed(edge, &to)
        }
        Shown::Nothing => Ok(without_credentials(edge, connection, &to, leaving)?),
    }
}

/// Whether the Request-URI is that of the home network's registrar.
fn is_for_here(edge: &Edge, request: &Message) -> bool {
    let shared = &edge.shared;
    Uri::read(request.request_uri()).is_some_and(|uri| {
        let bare = uri.headers.is_none() || shared.has(Defect::UnpacksRequestUriHeaders);
        let user = uri.user.is_some() && !shared.has(Defect::RegistersRequestUriUser);
        let home = uri.host.eq_ignore_ascii_case(&shared.world.domain)
            || shared.has(Defect::FollowsRequestUri);
        !user && bare && home
    })
}

/// The identity that a Request-URI names; the honest edge has refused one that names any.
fn user_of_request_uri(request: &Message) -> Option<String> {
    let uri = Uri::read(request.request_uri())?;
    Some(format!("sip:{}@{}", uri.user?, uri.host))
}

/// The plan for Digest credentials, with the label that an edge of some mistakes gives them for another reason than the connection.
fn labelled(
    edge: &Edge,
    connection: &Connection,
    request: &Message,
    credentials: Credentials,
    to: &identity::Named,
) -> Result<Plan, Refusal> {
    let told = if shown::vouched(edge, request) {
        Some("auth-done")
    } else {
        binding::known_again(edge, request, &credentials)
    };
    let mut plan = digest(edge, connection, credentials, to)?;
    if let Right::Digest { label, .. } = &mut plan.right {
        *label = told.or(*label);
    }
    Ok(plan)
}

/// Digest credentials: labelled by what this connection has proven, never by what the client writes.
fn digest(
    edge: &Edge,
    connection: &Connection,
    credentials: Credentials,
    to: &identity::Named,
) -> Result<Plan, Refusal> {
    let impi = credentials.get("username").unwrap_or_default();
    let bound = connection.bound_to(to.known.as_deref());
    if connection.other_identity(impi, edge) {
        return Err(Refusal::forbidden(
            "another identity is registered on this connection",
        ));
    }
    let answered = credentials
        .get("response")
        .is_some_and(|response| !response.is_empty());
    let proven = bound.is_some_and(|bound| bound.by_digest && bound.impi == impi)
        || connection.alive().any(|bound| bound.by_digest)
            && edge.shared.has(Defect::LabelsByConnection);
    let aka = credentials.get("algorithm").is_some_and(is_aka_over_tls)
        || connection.challenged_by_aka && edge.shared.has(Defect::LabelsByChallenge);
    let resumed = !connection.resumed.is_empty() && edge.shared.has(Defect::LabelsResumedSession);
    let label = match (proven, answered) {
        _ if edge.shared.has(Defect::LabelsAuthDoneForDigest) => Some("auth-done"),
        _ if edge.shared.has(Defect::LabelsTlsYesAlways) => Some("tls-yes"),
        (_, true) if resumed => Some("tls-yes"),
        // What is known of a phone is its address, not a TLS session (TS 24.229 7.2A.2).
        (true, _) if connection.client.bare => Some("ip-assoc-yes"),
        (false, true) if connection.client.bare => Some("ip-assoc-pending"),
        // By this algorithm the answer is bound to TLS itself (TS 24.229 5.4.1.1).
        _ if aka => Some("tls-connected"),
        (true, _) => Some("tls-yes"),
        (false, true) => Some("tls-pending"),
        (false, false) => None,
    };
    Ok(Plan::new(Right::Digest { credentials, label }))
}

/// Whether a registration is for emergency calls (TS 24.229 7.2A.13).
fn is_emergency(request: &Message) -> bool {
    let contacts = Address::read_all(request.values("Contact")).unwrap_or_default();
    contacts.iter().any(|contact| {
        Uri::read(&contact.uri).is_some_and(|uri| {
            uri.parameters
                .iter()
                .any(|(name, _)| name.eq_ignore_ascii_case("sos"))
        })
    })
}

/// Whether it is the algorithm of AKA that needs no IPsec below it.
fn is_aka_over_tls(algorithm: &str) -> bool {
    algorithm.eq_ignore_ascii_case("AKAv2-SHA-256")
}

/// No credentials: by the connection where that is declared enough, else the core challenges.
fn without_credentials(
    edge: &Edge,
    connection: &Connection,
    to: &identity::Named,
    leaving: bool,
) -> Result<Plan, Refused> {
    let shared = &edge.shared;
    if leaving && shared.has(Defect::DeregWithoutToken) {
        return identity::guessed(edge, to);
    }
    if let Some(identity) = connection.inherited.clone() {
        return Ok(Plan::new(Right::Token(identity)));
    }
    if connection.alive().any(|bound| bound.by_token.is_some())
        && shared.has(Defect::AnyIdentityOnConnection)
    {
        return identity::guessed(edge, to);
    }
    let resumed = connection
        .resumed
        .iter()
        .find(|bound| Some(bound.impu.as_str()) == to.known.as_deref());
    if let Some(identity) = resumed.and_then(|bound| bound.by_token.clone())
        && shared.has(Defect::SessionIsCredential)
    {
        return Ok(Plan::new(Right::Token(identity)));
    }
    if let Some(identity) = connection
        .bound_to(to.known.as_deref())
        .and_then(|bound| bound.by_token.clone())
        && (shared.model.answer("rereg", "token") != "token"
            || shared.has(Defect::ConnectionIsCredential))
    {
        identity::check_switch(edge, &identity.party)?;
        return Ok(Plan::new(Right::Token(identity)));
    }
    if shared.model.answer("edge-mechanisms", "both") == "token-only"
        || !shown::digest_offered(edge)
    {
        return Err(Refusal::token("no token").into());
    }
    if connection.serves_other_than(to.known.as_deref(), edge) {
        return Err(Refusal::forbidden("another identity is registered on this connection").into());
    }
    Ok(Plan::new(Right::Nothing))
}

async fn forward(
    edge: &Arc<Edge>,
    connection: &mut Connection,
    request: &Message,
    plan: &Plan,
) -> Message {
    let Some(message) = hygiene::register(edge, &connection.flow_id, request, plan) else {
        return request.answer(483, reason(483));
    };
    let there = Some(request.request_uri())
        .and_then(|uri| uri.strip_prefix("sip:")?.parse().ok())
        .filter(|_| edge.shared.has(Defect::FollowsRequestUri))
        .unwrap_or(edge.core);
    let answer = edge.link.request(&message, there).last_answer().await;
    let party = plan.party().map(str::to_owned);
    let Some(answer) = answer else {
        record::keep(
            edge,
            request,
            Some(plan),
            party,
            false,
            "the core is silent",
        );
        if edge.shared.has(Defect::AnswersForTheCore) {
            return request.answer(200, reason(200));
        }
        return request.answer(504, reason(504));
    };
    let accepted = (200..300).contains(&answer.code());
    if !accepted && edge.shared.has(Defect::BindsWhateverTheCoreSays) {
        binding::bind(edge, connection, request, plan, &answer);
    }
    if !accepted && edge.shared.has(Defect::AnswersForTheCore) {
        return request.answer(200, reason(200));
    }
    record::keep(
        edge,
        request,
        Some(plan),
        party,
        accepted,
        if accepted {
            "accepted"
        } else {
            "refused by the core"
        },
    );
    if accepted || binding::binds_all_the_same(edge, plan) {
        binding::bind(edge, connection, request, plan, &answer);
    }
    connection.challenged_by_aka = answer
        .values("WWW-Authenticate")
        .filter_map(Credentials::read)
        .any(|challenge| challenge.get("algorithm").is_some_and(is_aka_over_tls));
    hygiene::answer(request, answer, || {
        edge.shared.has(Defect::PassesSessionKeys)
    })
}

/// Sends on what was refused: at once, or after a while when nobody looks any more.
fn forward_all_the_same(edge: &Arc<Edge>, connection: &Connection, request: &Message, plan: &Plan) {
    let Some(message) = hygiene::register(edge, &connection.flow_id, request, plan) else {
        return;
    };
    if edge.shared.has(Defect::ForwardsAndRefuses) {
        edge.link.send(&message, edge.core);
    }
    if edge.shared.has(Defect::ForwardsLate) {
        let edge = Arc::clone(edge);
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(150)).await;
            edge.link.send(&message, edge.core);
        });
    }
}
