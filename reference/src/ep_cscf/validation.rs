//! From the token of a REGISTER to the identities and the party that it stands for.

use serde_json::{Map, Value};

use super::Edge;
use super::introspection::Outcome;
use super::refusal::Refusal;
use super::signature;
use crate::Defect;
use crate::token::{self, Entitlement, Jws};
use crate::world::Party;

/// What a good token entitles to, and which party vouched for it.
#[derive(Clone, Debug)]
pub(super) struct Admission {
    pub(super) entitlement: Entitlement,
    pub(super) party: Party,
}

/// Validates a token as the model says: by its signature, by asking the authorisation function, or both. `origin` is that of the
/// connection, `to` the identity in To (of which an honest edge takes nothing), `refreshes` whether that is registered there.
pub(super) async fn validate(
    edge: &Edge,
    token: &str,
    origin: Option<&str>,
    to: Option<&str>,
    refreshes: bool,
) -> Result<Admission, Refusal> {
    let model = &edge.shared.model;
    let local = model.lists("token-validation", "local", &["local"]);
    let admission = if local && model.lists("token-format", "jws", &["jws"]) && token.contains('.')
    {
        let admission = by_signature(edge, token, to, refreshes).await?;
        if edge.introspection.is_some() {
            confirm(edge, token, &admission).await?;
        }
        admission
    } else {
        by_introspection(edge, token, origin, to).await?
    };
    check_use(edge, &admission).map_err(|refusal| refusal.of(&admission.party.entity))?;
    Ok(admission)
}

/// What the claims of a signed token say, for those who do not check its signature.
pub(super) fn unchecked(edge: &Edge, token: &str, to: Option<&str>) -> Result<Admission, Refusal> {
    let shared = &edge.shared;
    let jws = Jws::read(token, shared).map_err(Refusal::token)?;
    let party = party_of(edge, enrolled(edge, jws.claim_text("iss")), &jws.claims)?;
    token::check_claims(&jws.claims, token::now(), shared).map_err(Refusal::token)?;
    let entitlement = token::entitlement(&jws.claims, to, shared).map_err(Refusal::token)?;
    Ok(Admission { entitlement, party })
}

async fn by_signature(
    edge: &Edge,
    token: &str,
    to: Option<&str>,
    refreshes: bool,
) -> Result<Admission, Refusal> {
    let shared = &edge.shared;
    let jws = Jws::read(token, shared).map_err(Refusal::token)?;
    jws.check_header(shared).map_err(Refusal::token)?;
    let mut issuer = jws.claim_text("iss");
    if issuer.is_none() && shared.has(Defect::FirstOfSeveralIssuers) {
        issuer = jws.claims.get("iss").and_then(|all| all.get(0)?.as_str());
    }
    let mut vouching = enrolled(edge, issuer);
    if vouching.is_empty() {
        vouching.extend(learned(edge, &jws));
    }
    let Some(first) = vouching.first() else {
        return Err(Refusal::token("the issuer is not enrolled"));
    };
    signature::check(edge, &jws, &first.jwks_uri).await?;
    let of_issuer = first.entity.clone();
    let party = party_of(edge, vouching, &jws.claims)?;
    let of_party = |refusal: Refusal| refusal.of(&party.entity);
    let issued = jws.claims.get("iat").and_then(Value::as_f64);
    token::check_claims(&jws.claims, token::now(), shared)
        .or_else(|why| {
            let then = issued.map(|issued| issued.min(token::now() - 86_400.0));
            match then.filter(|_| refreshes && shared.has(Defect::IgnoresExpiryOfRefresh)) {
                Some(then) => token::check_claims(&jws.claims, then, shared),
                None => Err(why),
            }
        })
        .map_err(|why| Refusal::token(why).of(&of_issuer))
        .map_err(of_party)?;
    check_scope(edge, &jws.claims).map_err(of_party)?;
    let entitlement =
        token::entitlement(&jws.claims, to, shared).map_err(|why| of_party(Refusal::token(why)))?;
    Ok(Admission { entitlement, party })
}

/// The enrolled parties behind an issuer: one, or all WWSFs of the operator's own authorisation function.
fn enrolled(edge: &Edge, issuer: Option<&str>) -> Vec<Party> {
    let shared = &edge.shared;
    let Some(issuer) = issuer else {
        let first = shared
            .world
            .parties
            .first()
            .filter(|_| shared.has(Defect::RequiresNoIssuer));
        return first.cloned().into_iter().collect();
    };
    let same = |party: &&Party| {
        party.issuer == issuer
            || (party.issuer.eq_ignore_ascii_case(issuer) && shared.has(Defect::IgnoresIssuerCase))
    };
    shared.world.parties.iter().filter(same).cloned().collect()
}

/// A party made up from the issuer of a token, by those who take issuers as they come.
fn learned(edge: &Edge, jws: &Jws<'_>) -> Option<Party> {
    if !edge.shared.has(Defect::LearnsIssuers) {
        return None;
    }
    let issuer = jws.claim_text("iss")?.to_owned();
    let text = |name: &str| jws.claim_text(name).unwrap_or_default().to_owned();
    Some(Party {
        id: issuer.clone(),
        client_id: text("client_id"),
        wwsf_name: text("wwsf"),
        jwks_uri: format!("{}/jwks", issuer.trim_end_matches('/')),
        entity: issuer.clone(),
        issuer,
        ..edge.shared.world.parties.first()?.clone()
    })
}

/// The one party of an issuer that the client and WWSF of the claims are.
fn party_of(
    edge: &Edge,
    vouching: Vec<Party>,
    claims: &Map<String, Value>,
) -> Result<Party, Refusal> {
    let shared = &edge.shared;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let wwsf = text(shared.model.answer("claim-wwsf", "wwsf"));
    let several = vouching.len() > 1;
    let entity = vouching
        .first()
        .map(|party| party.entity.clone())
        .unwrap_or_default();
    if several && wwsf.is_none() && !shared.has(Defect::GuessesWwsf) {
        return Err(Refusal::token("the token does not tell the WWSF"));
    }
    vouching
        .into_iter()
        .find(|party| {
            let named = text("client_id").unwrap_or_default();
            let begins = named.starts_with(&party.client_id);
            (wwsf.is_none() || wwsf == Some(&party.wwsf_name))
                && (named == party.client_id
                    || (begins && shared.has(Defect::ClientByPrefix))
                    || shared.has(Defect::IgnoresClient))
        })
        .ok_or_else(|| Refusal::forbidden("the client of the token is not enrolled"))
        .map_err(|refusal| {
            if several {
                refusal
            } else {
                refusal.of(&entity)
            }
        })
}

fn check_scope(edge: &Edge, claims: &Map<String, Value>) -> Result<(), Refusal> {
    if edge.shared.model.answer("scope-required", "no") == "no"
        || edge.shared.has(Defect::IgnoresScope)
    {
        return Ok(());
    }
    let demanded = edge.shared.model.answer("scope", "ims");
    let scope = claims
        .get("scope")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if scope.split(' ').any(|word| word == demanded) {
        Ok(())
    } else {
        Err(Refusal::forbidden("no scope for IMS"))
    }
}

/// Asks about a token without readable content. The origin of the connection tells whom to ask; without one, each in turn.
async fn by_introspection(
    edge: &Edge,
    token: &str,
    origin: Option<&str>,
    to: Option<&str>,
) -> Result<Admission, Refusal> {
    let shared = &edge.shared;
    let parties = &shared.world.parties;
    let Some(introspection) = &edge.introspection else {
        return Err(Refusal::token("not a signed token"));
    };
    let mut endpoints: Vec<&str> = Vec::new();
    for party in parties
        .iter()
        .filter(|party| origin.is_none_or(|origin| party.origin == origin))
    {
        if !endpoints.contains(&party.introspection_endpoint.as_str()) {
            endpoints.push(&party.introspection_endpoint);
        }
    }
    let mut reached = true;
    for endpoint in endpoints {
        let behind: Vec<Party> = parties
            .iter()
            .filter(|party| party.introspection_endpoint == endpoint)
            .cloned()
            .collect();
        match introspection.ask(endpoint, token).await {
            Outcome::Active(members) => return answered(edge, behind, &members, to),
            Outcome::Inactive => {}
            Outcome::OutOfReach if shared.has(Defect::FailsOpenWithoutIntrospection) => {
                return guessed(behind, to);
            }
            Outcome::OutOfReach => reached = false,
        }
    }
    Err(if reached {
        Refusal::token("not active")
    } else {
        Refusal::unavailable("introspection out of reach")
    })
}

/// Identities and party of an active answer; an issuer that is not behind the endpoint is not believed.
fn answered(
    edge: &Edge,
    behind: Vec<Party>,
    members: &Map<String, Value>,
    to: Option<&str>,
) -> Result<Admission, Refusal> {
    let shared = &edge.shared;
    let issuer = members.get("iss").and_then(Value::as_str);
    let mut vouching = behind;
    if shared.has(Defect::BelievesForeignIntrospection) {
        vouching = shared
            .world
            .parties
            .iter()
            .filter(|party| issuer.is_none_or(|issuer| party.issuer == issuer))
            .cloned()
            .collect();
    }
    if issuer.is_some_and(|issuer| vouching.iter().all(|party| party.issuer != issuer)) {
        return Err(Refusal::token(
            "the answer is not of this authorisation function",
        ));
    }
    let party = party_of(edge, vouching, members)?;
    let mut claims = members.clone();
    // RFC 7662 leaves audience and expiry to the authorisation function that said "active".
    claims
        .entry("aud")
        .or_insert_with(|| shared.world.audience.clone().into());
    claims
        .entry("exp")
        .or_insert_with(|| (token::now() + 60.0).into());
    let of_party = |refusal: Refusal| refusal.of(&party.entity);
    token::check_claims(&claims, token::now(), shared)
        .map_err(|why| of_party(Refusal::token(why)))?;
    check_scope(edge, &claims).map_err(of_party)?;
    let entitlement =
        token::entitlement(&claims, to, shared).map_err(|why| of_party(Refusal::token(why)))?;
    Ok(Admission { entitlement, party })
}

/// The identity of To, for those who go on without an answer.
fn guessed(behind: Vec<Party>, to: Option<&str>) -> Result<Admission, Refusal> {
    let party = behind
        .into_iter()
        .next()
        .ok_or_else(|| Refusal::unavailable("introspection out of reach"))?;
    let impu = to.unwrap_or_default().to_owned();
    let impi = impu.trim_start_matches("sip:").to_owned();
    let entitlement = Entitlement {
        impi,
        impus: vec![impu],
        expires: token::now() + 300.0,
        anonymous: false,
        confirmation: None,
        token_id: None,
    };
    Ok(Admission { entitlement, party })
}

/// Asks whether a signed token still holds; what the answer says of the IMPI must be what the token says.
async fn confirm(edge: &Edge, token: &str, admission: &Admission) -> Result<(), Refusal> {
    let Some(introspection) = &edge.introspection else {
        return Ok(());
    };
    match introspection
        .ask(&admission.party.introspection_endpoint, token)
        .await
    {
        Outcome::Active(members) => {
            let same = |name: &str, ours: &str| members.get(name).is_none_or(|value| value == ours);
            let agrees =
                same("impi", &admission.entitlement.impi) && same("iss", &admission.party.issuer);
            if agrees {
                Ok(())
            } else {
                Err(Refusal::token("the answer is of another token").of(&admission.party.entity))
            }
        }
        Outcome::Inactive => Err(Refusal::token("not active").of(&admission.party.entity)),
        Outcome::OutOfReach if edge.shared.has(Defect::FailsOpenWithoutIntrospection) => Ok(()),
        Outcome::OutOfReach => {
            Err(Refusal::unavailable("introspection out of reach").of(&admission.party.entity))
        }
    }
}

/// Registrations that are offered, and tokens that work once.
fn check_use(edge: &Edge, admission: &Admission) -> Result<(), Refusal> {
    let model = &edge.shared.model;
    let kind = match (
        admission.party.registration,
        admission.entitlement.anonymous,
    ) {
        (3, false) => "3-identified",
        (3, true) => "3-anonymous",
        _ => "2",
    };
    if !model.lists(
        "registrations",
        kind,
        &["1-digest", "2", "3-identified", "3-anonymous"],
    ) && !edge.shared.has(Defect::TakesTokensUndeclared)
    {
        return Err(Refusal::forbidden("this registration is not offered"));
    }
    if model.answer("token-once", "no") == "no" || edge.shared.has(Defect::TakesTokenTwice) {
        return Ok(());
    }
    let Some(id) = admission.entitlement.token_id.clone() else {
        return Err(Refusal::token("no token id"));
    };
    let now = token::now();
    let mut used = edge
        .used_tokens
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    used.retain(|_, expires| *expires > now);
    let key = format!("{} {id}", admission.party.issuer);
    if used.insert(key, admission.entitlement.expires).is_some() {
        return Err(Refusal::token("the token was used before"));
    }
    Ok(())
}

/// Where tokens are bound to certificates, the connection must have shown the one of the token.
pub(super) fn check_confirmation(
    edge: &Edge,
    admission: &Admission,
    shown: Option<&str>,
) -> Result<(), Refusal> {
    let shared = &edge.shared;
    let bound = shared.model.answer("pop", "none") == "mtls";
    if !bound || shared.has(Defect::IgnoresConfirmation) {
        return Ok(());
    }
    let holds = match shown {
        None => shared.has(Defect::BoundTokenWithoutCertificate),
        Some(_) if shared.has(Defect::BoundTokenByAnyCertificate) => true,
        shown => admission.entitlement.confirmation.as_deref() == shown,
    };
    if holds {
        Ok(())
    } else {
        let why = "the token is bound to another certificate";
        Err(Refusal::token(why).of(&admission.party.entity))
    }
}
