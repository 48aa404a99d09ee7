//! Our WAF issues tokens: honest ones, and ones with one flaw.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use evidence::event::Layer;
use jose::{AccessToken, ClaimNames, Flaw, Foreign, Honest, Token};
use script::vocabulary::waf::{Introspection, Issue, Outlive, Revoke};
use serde_json::Value;

use crate::bed::Bed;
use crate::play::{Issued, Play, lock};
use crate::roles::Acted;
use crate::world::{Party, Person};

/// Seconds of life of a token.
const LIFE: u64 = 300;

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// Issues a token and keeps it under its name.
pub(crate) fn issue(bed: &Arc<Bed>, play: &Arc<Play>, step: usize, verb: &Issue) -> Acted {
    let person = play.person(verb.person.as_deref())?;
    let party = play.party(verb.party.as_deref().unwrap_or(&person.party))?;
    let (compact, genuine) = mint(bed, play, verb, &person, &party)?;
    let text = Token::read(&compact).map_or_else(|_| compact.clone(), |token| token.text());
    play.stimulus(step, Layer::Token, text);
    let name = verb.token.clone().unwrap_or_else(|| "token".to_owned());
    keep(
        play,
        step,
        &name,
        compact,
        genuine,
        (person, party),
        verb.life,
    );
    Ok(())
}

/// Issues an honest token to a person through the person's own party, for what no script asks: a first REGISTER, a restore.
pub(crate) fn issue_for(
    bed: &Bed,
    play: &Play,
    step: usize,
    name: &str,
    person: &Person,
) -> Result<(), String> {
    let party = play.party(&person.party)?;
    let (compact, genuine) = mint(bed, play, &Issue::default(), person, &party)?;
    keep(
        play,
        step,
        name,
        compact,
        genuine,
        (person.clone(), party),
        None,
    );
    Ok(())
}

fn keep(
    play: &Play,
    step: usize,
    name: &str,
    compact: String,
    genuine: bool,
    of: (Person, Party),
    life: Option<u64>,
) {
    let (person, party) = of;
    let expires_s = now() + life.unwrap_or(LIFE);
    let issued = Issued {
        compact,
        person: Some(person),
        party: Some(party.id),
        expires_s,
        genuine,
    };
    play.keep_token(step, name, issued);
}

fn mint(
    bed: &Bed,
    play: &Play,
    verb: &Issue,
    person: &Person,
    party: &Party,
) -> Result<(String, bool), String> {
    if bed.answer("token-format", "jws") == "opaque" {
        // As hard to guess as RFC 6749 section 10.10 demands, and too long to stand somewhere by chance.
        let compact = format!("{}{}", play.fresh("token"), crate::world::random_word());
        return Ok((compact, verb.flaw.is_none()));
    }
    let honest = honest(bed, play, verb, person, party)?;
    match &verb.flaw {
        None => Ok((honest.token().compact(), true)),
        Some(name) => {
            let flaw: Flaw = name
                .parse()
                .map_err(|why: jose::UnknownFlaw| why.to_string())?;
            Ok((flaw.forge(&honest), false))
        }
    }
}

/// With the scope that the SUT demands, where it does.
fn scoped(bed: &Bed, token: AccessToken) -> AccessToken {
    match bed.answer("scope-required", "no") {
        "yes" => token.scope(bed.answer("scope", "ims")),
        _ => token,
    }
}

/// An honest token of a person through a party, before it is signed.
pub(crate) fn honest(
    bed: &Bed,
    play: &Play,
    verb: &Issue,
    person: &Person,
    party: &Party,
) -> Result<Honest, String> {
    let key = super::waf_keys::signing(bed, play, party, verb.key.as_deref())?;
    let other = if party.waf == "waf-b" {
        "waf-a"
    } else {
        "waf-b"
    };
    let other_party = play.party(if party.id == "B" { "A" } else { "B" })?;
    let jti = play.fresh("jti");
    let now = now();
    let impus = listed(verb, person);
    let names = claim_names(bed);
    let token = AccessToken::new(
        &party.issuer,
        subject(person),
        audience(bed),
        &party.client_id,
        &jti,
    )
    .life(now, verb.life.unwrap_or(LIFE))
    .identity(&person.impi, &impus)
    .wwsf(&party.wwsf_name)
    .names(names.clone());
    let token = if verb.anonymous.unwrap_or(person.anonymous) {
        token.anonymous(true)
    } else {
        token
    };
    let token = scoped(bed, token);
    let mut claims = token.claims();
    if let Some(confirmation) = bed.confirmation(person)? {
        claims["cnf"] = confirmation;
    }
    for time in ["iat", "exp"] {
        if let Some(value) = claims.get(time).and_then(Value::as_u64) {
            play.masked(time, &value.to_string());
        }
    }
    for (name, value) in verb.claims.iter().flatten() {
        claims[name.as_str()] =
            serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.clone()));
    }
    let victim = play.person(Some(if person.name == "bob" { "alice" } else { "bob" }))?;
    Ok(Honest {
        header: token.header(&key),
        claims,
        names,
        other_key: bed.world.keys[other].clone(),
        attacker_key: bed.world.keys["waf-x"].clone(),
        now,
        skew: bed.answer("skew", "0").parse().unwrap_or(0),
        longest_life: bed.answer("max-life", "3600").parse().unwrap_or(3600),
        algorithms: bed
            .answers("token-algs")
            .iter()
            .filter_map(|name| name.parse().ok())
            .collect(),
        foreign: foreign(bed, &victim, &other_party),
        key,
    })
}

/// The public identities that a token lists: those of the script, or the person's usual one.
fn listed<'a>(verb: &'a Issue, person: &'a Person) -> Vec<&'a str> {
    match verb.impu.as_deref() {
        Some(listed) => listed.iter().map(String::as_str).collect(),
        None => vec![person.impus.first().map_or("", String::as_str)],
    }
}

fn foreign(bed: &Bed, victim: &Person, other: &Party) -> Foreign {
    let stranger = &bed.world.stranger;
    Foreign {
        impi: victim.impi.clone(),
        impu: victim.impus.first().cloned().unwrap_or_default(),
        issuer: other.issuer.clone(),
        unknown_issuer: stranger.issuer.clone(),
        audience: "https://ims.other.example".to_owned(),
        wwsf: other.wwsf_name.clone(),
        attacker_url: stranger.jwks_uri.clone(),
        redirect_url: format!("{}/redirect", other.issuer),
        self_signed_chain: own_certificate(bed).unwrap_or_default(),
        ..Foreign::default()
    }
}

/// A certificate of the enemy's signing key that it has signed itself. Without one, flaws that show one do not fit.
fn own_certificate(bed: &Bed) -> Option<Vec<Vec<u8>>> {
    let key = bed.world.keys.get("waf-x")?.to_pkcs8().ok()?;
    let key = certs_gen::LeafKey::from_pkcs8(&key.as_slice().into()).ok()?;
    bed.self_signed(&key).ok()
}

fn subject(person: &Person) -> &str {
    if person.user.is_empty() {
        &person.impi
    } else {
        &person.user
    }
}

fn audience(bed: &Bed) -> &str {
    bed.answer("audience", &bed.world.public.audience)
}

fn claim_names(bed: &Bed) -> ClaimNames {
    ClaimNames {
        impi: bed.answer("claim-impi", "impi").to_owned(),
        impu: bed.answer("claim-impu", "impu").to_owned(),
        party: bed.answer("claim-party", "iss").to_owned(),
        wwsf: bed.answer("claim-wwsf", "wwsf").to_owned(),
    }
}

/// Ends a token, and waits until the SUT must know by what it declares.
pub(crate) async fn revoke(bed: &Arc<Bed>, play: &Arc<Play>, step: usize, verb: &Revoke) -> Acted {
    let name = verb.token.as_deref().unwrap_or("token");
    match lock(&play.tokens).get_mut(name) {
        Some(issued) => issued.genuine = false,
        None => return Err(format!("no token is called {name}").into()),
    }
    play.stimulus(step, Layer::State, format!("token {name} is revoked"));
    // What a SUT keeps of an answer runs out unseen: nothing tells.
    tokio::time::sleep(bed.seconds("t-revoke", 0.0)).await;
    Ok(())
}

/// Waits until a token has run out for every SUT that keeps to the skew which it declares.
pub(crate) async fn outlive(
    bed: &Arc<Bed>,
    play: &Arc<Play>,
    step: usize,
    verb: &Outlive,
) -> Acted {
    let name = verb.token.as_deref().unwrap_or("token");
    let end = play.token(name)?.expires_s;
    play.stimulus(step, Layer::State, format!("token {name} runs out"));
    let end = Duration::from_secs(end) + bed.seconds("skew", 0.0);
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let left = end.saturating_sub(since.unwrap_or_default());
    // The end of a token is a time and nothing else.
    tokio::time::sleep(left).await;
    Ok(())
}

/// Says to the tap how introspection will be answered.
pub(crate) fn introspection_told(play: &Play, step: usize, verb: &Introspection) -> Acted {
    play.stimulus(
        step,
        Layer::State,
        format!(
            "introspection answers {}",
            verb.answer.as_deref().unwrap_or("honest")
        ),
    );
    Ok(())
}
