//! Whether a token covers the identities of a REGISTER, and whether its party may vouch for them.

use super::super::Edge;
use super::super::connection::{Bound, Connection};
use super::super::lenient;
use super::super::operator::Operator;
use super::super::refusal::Refusal;
use super::super::validation::Admission;
use super::{Identity, Plan, Refused, Right, spelled};
use crate::sip::Message;
use crate::sip::credentials::Credentials;
use crate::sip::uri::{self, Address, Spelling};
use crate::world::{Member, Party};
use crate::{Defect, token};

/// An identity that a header names.
#[derive(Clone, Debug)]
pub(in super::super) struct Named {
    /// The URI as written.
    pub(in super::super) written: String,
    /// Its one spelling as a public identity, if it is one.
    pub(in super::super) known: Option<String>,
}

/// The URI of To or From.
pub(in super::super) fn named(
    edge: &Edge,
    request: &Message,
    header: &str,
) -> Result<Named, Refusal> {
    let shared = &edge.shared;
    let uri = |address: Address| address.uri;
    let read = |value| {
        let honest = Address::read(value).map(uri);
        let between = lenient::between_brackets(value).map(uri);
        shared.misreads(Defect::LooksForBracketsOnly, honest, between)
    };
    let mut values: Vec<&str> = request.values(header).collect();
    if values.len() > 1 && shared.has(Defect::TwoToHeadersLast) {
        values.reverse();
    }
    let written = match &request.as_it_came.first_line {
        Some(line) if header == "To" => lenient::between_brackets(line).map(uri),
        _ => values.first().copied().and_then(read),
    };
    let Some(written) = written else {
        return Err(Refusal::malformed("To or From is no address"));
    };
    let last = request.value(header).and_then(spelled::in_last_brackets);
    let last = last.unwrap_or_else(|| written.clone());
    let written = shared.misreads(Defect::LastAngleBracket, written, last);
    Ok(Named {
        known: known(edge, &spelled::read(edge, &written)),
        written,
    })
}

/// The one spelling of a public identity, if it is one.
fn known(edge: &Edge, uri: &str) -> Option<String> {
    let as_of = |spelling| uri::identity(uri, spelling);
    let known = edge.shared.misreads(
        Defect::FoldsNames,
        as_of(Spelling::Canonical),
        as_of(Spelling::Folded),
    );
    edge.shared
        .misreads(Defect::CutsUserAtSemicolon, known, as_of(Spelling::Cut))
}

/// Whether a URI is the identity of a token, in the spellings that are declared equal.
pub(in super::super) fn same(edge: &Edge, named: &Named, impu: &str) -> bool {
    let as_text = named.known.is_some() && named.written == impu;
    let as_identity = named.known.is_some() && named.known == known(edge, impu);
    let shared = &edge.shared;
    if shared.model.answer("uri-equivalence", "canonical") != "exact" {
        return shared.misreads(Defect::ComparesUrisAsText, as_identity, as_text);
    }
    let folds = [Defect::FoldsNames, Defect::CutsUserAtSemicolon];
    match as_identity == as_text || shared.among(&folds).is_none() {
        true => as_text,
        false => as_identity,
    }
}

/// Whether a URI is a public identity of any subscriber.
fn of_a_subscriber(edge: &Edge, named: &Named) -> bool {
    let mut impus = edge
        .shared
        .world
        .subscribers
        .iter()
        .flat_map(|subscriber| &subscriber.impus);
    impus.any(|impu| same(edge, named, impu))
}

/// The plan for a good token: identity, grant, pool, party and connection must agree.
pub(super) fn admit(
    edge: &Edge,
    connection: &Connection,
    request: &Message,
    admission: Admission,
    to: &Named,
    from: &Named,
) -> Result<Plan, Refused> {
    let Admission {
        entitlement,
        mut party,
    } = admission;
    let bound = connection.bound_to(to.known.as_deref());
    if let Some(other) = other_party(edge, connection, bound, &entitlement.impi, &party) {
        party = other;
    }
    let of_party = |refusal: Refusal| refusal.of(&party.entity);
    check_party(edge, &party, &entitlement.impi).map_err(of_party)?;
    check_origin(edge, connection, &party).map_err(of_party)?;
    check_pool(edge, &party, &entitlement).map_err(of_party)?;
    check_grant(edge, &party, &entitlement.impi).map_err(of_party)?;
    let (mut impi, covered) = coverage(edge, connection, request, &entitlement, &party, to, bound);
    if connection.other_identity(&impi, edge) {
        return Err(of_party(Refusal::forbidden(
            "another identity is registered on this connection",
        ))
        .into());
    }
    impi = told_by_header(edge, request).unwrap_or(impi);
    let identity = Identity {
        impi,
        party: party.id.clone(),
        entity: entity(edge, connection, request, &party),
    };
    let mut plan = Plan::new(Right::Token(identity));
    if edge.shared.model.answer("expires-cap", "no") == "yes"
        && !edge.shared.has(Defect::IgnoresExpiresCap)
    {
        plan.expires_cap = Some((entitlement.expires - token::now()).clamp(0.0, 1e9) as u64);
    }
    if !covered {
        let only = entitlement.impus.first().cloned();
        return mismatched(edge, plan, "to-mismatch", only).map_err(|refused| of(refused, &party));
    }
    // Whoever takes To as it is looks for the token's identity in From.
    let trusted = || {
        entitlement.impus.iter().any(|impu| same(edge, from, impu))
            && edge.shared.has(Defect::TrustsToHeader)
    };
    let sender = from.known.is_some() && (from.known == to.known || trusted());
    let ignored = || {
        edge.shared.model.answer("from-mismatch", "reject") == "ignore"
            || edge.shared.has(Defect::IgnoresFrom)
    };
    if !sender && !ignored() {
        return mismatched(edge, plan, "from-mismatch", None)
            .map_err(|refused| of(refused, &party));
    }
    Ok(plan)
}

/// The private identity of a REGISTER, and whether the token covers To.
fn coverage(
    edge: &Edge,
    connection: &Connection,
    request: &Message,
    entitlement: &token::Entitlement,
    party: &Party,
    to: &Named,
    bound: Option<&Bound>,
) -> (String, bool) {
    let mut impi = entitlement.impi.clone();
    let mut covered = entitlement.impus.iter().any(|impu| same(edge, to, impu))
        || edge.shared.has(Defect::TrustsToHeader);
    covered = covered
        || (super::contacts::check(request).unwrap_or(false)
            && edge.shared.has(Defect::EndsAnybodysRegistration));
    if let Some(bound) = bound
        && (!covered || bound.impi != impi)
        && edge.shared.has(Defect::RefreshTrustsConnection)
    {
        impi.clone_from(&bound.impi);
        covered = true;
    }
    covered = covered
        || (connection.client.token.is_some()
            && of_a_subscriber(edge, to)
            && edge.shared.has(Defect::CookieOpensAnyIdentity))
        || (connection.associated(to) && edge.shared.has(Defect::AcceptsImplicitSet))
        || (entitlement.anonymous
            && in_pool(edge, party, to)
            && edge.shared.has(Defect::AnonToIdentified));
    (impi, covered)
}

/// The party must be on; whom it vouched for while it was off is as welcome as before, unless the edge bears a grudge.
fn check_party(edge: &Edge, party: &Party, impi: &str) -> Result<(), Refusal> {
    check_switch(edge, &party.id).inspect_err(|_| edge.operator().bar(impi))?;
    if edge.operator().bars(impi) && edge.shared.has(Defect::SwitchOffBarsIdentities) {
        return Err(Refusal::forbidden("the identity was refused before"));
    }
    Ok(())
}

/// The party in place of the token's, for an edge that asks the connection after it.
fn other_party(
    edge: &Edge,
    connection: &Connection,
    bound: Option<&Bound>,
    impi: &str,
    own: &Party,
) -> Option<Party> {
    let shared = &edge.shared;
    let parties = &shared.world.parties;
    let first = bound.and_then(|bound| bound.by_token.as_ref());
    let of_connection = || {
        parties
            .iter()
            .find(|each| first.is_some_and(|first| each.id == first.party))
    };
    let operator = edge.operator();
    let of_subscriber = || parties.iter().find(|each| operator.granted(impi, each));
    let of_origin = || {
        parties
            .iter()
            .find(|each| Some(&each.origin) == connection.client.origin.as_ref())
    };
    let asked = |found: Option<&Party>, mistake| {
        found
            .filter(|other| other.id != own.id && shared.has(mistake))
            .cloned()
    };
    asked(of_connection(), Defect::PartyOfConnection)
        .or_else(|| asked(of_subscriber(), Defect::PartyOfSubscriber))
        .or_else(|| asked(of_origin(), Defect::PoolByOrigin))
}

/// The private identity in a header of the network's own, for those who believe it whoever writes it.
fn told_by_header(edge: &Edge, request: &Message) -> Option<String> {
    let told = request
        .value("X-IMPI")
        .filter(|_| edge.shared.has(Defect::TrustsInternalHeader))
        .and_then(Address::read)?;
    Some(told.uri.trim_start_matches("sip:").to_owned())
}

fn of(refused: Refused, party: &Party) -> Refused {
    Refused {
        refusal: refused.refusal.of(&party.entity),
        ..refused
    }
}

/// Refuses an identity that the token does not cover, or puts the token's in its place.
fn mismatched(edge: &Edge, plan: Plan, item: &str, impu: Option<String>) -> Result<Plan, Refused> {
    if let Some(impu) = impu.filter(|_| edge.shared.model.answer(item, "reject") == "rewrite") {
        return Ok(Plan {
            rewritten: Some(impu),
            ..plan
        });
    }
    let goes_on =
        edge.shared.has(Defect::ForwardsLate) || edge.shared.has(Defect::ForwardsAndRefuses);
    let refusal = Refusal::forbidden("an identity that the token does not cover");
    Err(Refused {
        refusal,
        all_the_same: goes_on.then(|| Box::new(plan)),
    })
}

/// The plan of an edge that takes the identity of To for granted.
pub(super) fn guessed(edge: &Edge, to: &Named) -> Result<Plan, Refused> {
    let party = edge
        .shared
        .world
        .parties
        .first()
        .ok_or_else(|| Refusal::token("no party"))?;
    let impu = to
        .known
        .as_deref()
        .ok_or_else(|| Refusal::forbidden("To is no identity"))?;
    let impi = impu.trim_start_matches("sip:").to_owned();
    Ok(Plan::new(Right::Token(Identity {
        impi,
        party: party.id.clone(),
        entity: party.entity.clone(),
    })))
}

/// A party that is switched off vouches for nobody.
pub(super) fn check_switch(edge: &Edge, party: &str) -> Result<(), Refusal> {
    let operator = edge.operator();
    let off =
        operator.is_off(party) || (operator.any_off() && edge.shared.has(Defect::SwitchHitsAll));
    if off && !edge.shared.has(Defect::IgnoresPartySwitch) {
        return Err(Refusal::forbidden("the party is switched off"));
    }
    Ok(())
}

/// Where that is declared, a token works only on a connection that the party's own page opened.
fn check_origin(edge: &Edge, connection: &Connection, party: &Party) -> Result<(), Refusal> {
    let bound = edge.shared.model.answer("origin-party", "no") == "yes";
    match &connection.client.origin {
        Some(origin) if bound && *origin != party.origin => {
            Err(Refusal::forbidden("the page is another party's"))
        }
        _ => Ok(()),
    }
}

/// A WWSF with a pool vouches for members of its pool only, any other party for none of any pool.
fn check_pool(edge: &Edge, party: &Party, entitlement: &token::Entitlement) -> Result<(), Refusal> {
    let shared = &edge.shared;
    if !shared
        .model
        .lists("pool-check", "epcscf", &["epcscf", "hss"])
    {
        return Ok(());
    }
    let operator = edge.operator();
    let Some(pool) = &party.pool else {
        let foreign = operator.member_anywhere(&entitlement.impi).is_some();
        return if foreign && !shared.has(Defect::PoolOpenToIndividuals) {
            Err(Refusal::forbidden("the identity belongs to a pool"))
        } else {
            Ok(())
        };
    };
    check_member(edge, &operator, pool, entitlement).or_else(|refusal| {
        match shared.has(Defect::NoPoolCheck) {
            true => Ok(()),
            false => Err(refusal),
        }
    })
}

/// The token's identities are those of one member of the pool, and of its class.
fn check_member(
    edge: &Edge,
    operator: &Operator,
    pool: &str,
    entitlement: &token::Entitlement,
) -> Result<(), Refusal> {
    let (shared, impi) = (&edge.shared, entitlement.impi.as_str());
    let own = operator.member(pool, impi);
    let parts = operator.member_like(pool, |own| impi.contains(own));
    let folded = operator.member_like(pool, |own| impi.eq_ignore_ascii_case(own));
    let taken = |found: Option<&'_ Member>| found.map(|member| member.impi.clone());
    let mut member = own;
    for (mistake, other) in [
        (Defect::AnyPoolMember, operator.member_anywhere(impi)),
        (Defect::PoolByPart, parts),
        (Defect::FoldsPoolNames, folded),
    ] {
        if taken(other) != taken(own) && shared.has(mistake) {
            member = other;
        }
    }
    let Some(member) = member else {
        return Err(Refusal::forbidden(
            "the identity is not in the pool of the WWSF",
        ));
    };
    let own = |impu: &String| member.impus.contains(impu);
    if !entitlement.impus.iter().all(own) && !shared.has(Defect::ImpuOutsidePoolMember) {
        return Err(Refusal::forbidden(
            "a public identity is not of the pool's member",
        ));
    }
    let separate = shared.model.answer("anon", "sub-pool") == "sub-pool";
    if separate && (member.class == "anonymous") != entitlement.anonymous {
        return Err(Refusal::forbidden(
            "the identity is of another class of user",
        ));
    }
    Ok(())
}

/// Where the edge checks grants: the subscriber must have granted the party.
fn check_grant(edge: &Edge, party: &Party, impi: &str) -> Result<(), Refusal> {
    let checks = edge
        .shared
        .model
        .lists("grant-check", "epcscf", &["waf", "scscf"]);
    let impi = match impi.contains(['"', '\r']) && edge.shared.has(Defect::WritesImpiRaw) {
        true => impi.split(['"', '\r']).next().unwrap_or_default(),
        false => impi,
    };
    // Who forgets that pools are not open to everybody asks nobody for a member of one.
    let open = || {
        edge.operator().member_anywhere(impi).is_some()
            && edge.shared.has(Defect::PoolOpenToIndividuals)
    };
    if checks
        && party.registration == 2
        && !edge.operator().granted(impi, party)
        && !open()
        && !edge.shared.has(Defect::NoGrantCheckAtEdge)
    {
        return Err(Refusal::forbidden("the subscriber did not grant the party"));
    }
    Ok(())
}

fn in_pool(edge: &Edge, party: &Party, to: &Named) -> bool {
    let pool = party.pool.as_deref().unwrap_or_default();
    let members = edge
        .shared
        .world
        .pools
        .iter()
        .filter(|each| each.id == pool)
        .flat_map(|pool| &pool.members);
    members
        .flat_map(|member| &member.impus)
        .any(|impu| same(edge, to, impu))
}

/// What names the party towards the core: always of the token.
fn entity(edge: &Edge, connection: &Connection, request: &Message, party: &Party) -> String {
    let shared = &edge.shared;
    let parties = &shared.world.parties;
    let of_page = parties
        .iter()
        .find(|each| Some(&each.origin) == connection.client.origin.as_ref());
    let written = request
        .values("Authorization")
        .filter_map(Credentials::read);
    let named = written
        .into_iter()
        .find_map(|shown| shown.get("authorization-entity").map(str::to_owned));
    let header = request.value("Authorization-Entity").map(str::to_owned);
    let own = &party.entity;
    let entity = |of: Option<&Party>| of.unwrap_or(party).entity.clone();
    let mut told = own.clone();
    for (mistake, other) in [
        (Defect::PartyAlwaysA, entity(parties.first())),
        (Defect::PartyFromOrigin, entity(of_page)),
        (
            Defect::PartyFromHeader,
            named.or(header).unwrap_or_else(|| own.clone()),
        ),
    ] {
        told = shared.misreads(mistake, told, other);
    }
    told
}
