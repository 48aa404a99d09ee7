//! Authorization on Mw: the edge's word that it authenticated a client, or the client's own answer to a Digest challenge.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine;
use script::vocabulary::ep_cscf::Send;
use sip::digest::{Algorithm, Computation, Quality, Secret};
use sip::{Credentials, Parameter};

use crate::bed::Bed;
use crate::play::{Play, lock};
use crate::roles::{Acted, Trouble, isim};
use crate::world::Person;

/// Where the third party is told.
enum Carrier<'a> {
    Parameter(&'a str),
    Field(&'a str),
    /// Nowhere on Mw: the SUT keeps it as evidence only.
    Unseen,
}

/// By convention of field names, which begin with a capital letter, and parameter names, which do not.
fn carrier(bed: &Bed) -> Carrier<'_> {
    match bed.answer("party-carrier", "authorization-entity") {
        "evidence" => Carrier::Unseen,
        name if name.starts_with(|first: char| first.is_ascii_uppercase()) => Carrier::Field(name),
        name => Carrier::Parameter(name),
    }
}

/// The third party of a step as the core knows it. A Digest registration has none unless the step names one.
fn entity(play: &Play, person: &Person, verb: &Send) -> Result<Option<String>, String> {
    let named = match verb.party.as_deref() {
        Some("none") => return Ok(None),
        Some(named) => named,
        None if verb.digest.is_some() => return Ok(None),
        None => &person.party,
    };
    let known = play.party(named).ok().map(|party| party.entity);
    Ok(Some(known.unwrap_or_else(|| named.to_owned())))
}

/// The header field that tells the third party, where the SUT wants one.
pub(super) fn party_field(
    bed: &Bed,
    play: &Play,
    person: &Person,
    verb: &Send,
) -> Result<Option<(String, String)>, String> {
    let Carrier::Field(name) = carrier(bed) else {
        return Ok(None);
    };
    let entity = entity(play, person, verb)?;
    Ok(entity.map(|entity| (name.to_owned(), entity)))
}

/// Whether a challenge is Digest with an algorithm that we have.
pub(super) fn answerable(challenge: &Credentials) -> bool {
    challenge.is("Digest") && Algorithm::named(algorithm(challenge)).is_some()
}

fn algorithm(challenge: &Credentials) -> &str {
    challenge.param("algorithm").unwrap_or("MD5")
}

/// Waits until a step can be played: its challenge is there, its ISIM takes it, and it is as old as the step wants it.
pub(super) async fn ready(bed: &Bed, play: &Play, person: &Person, verb: &Send) -> Acted {
    let kind = verb.digest.as_deref();
    if kind.is_none_or(|kind| matches!(kind, "none" | "basic")) {
        return Ok(());
    }
    let challenge = lock(&play.mw).challenges.get(&person.name).cloned();
    let challenge =
        challenge.ok_or_else(|| Trouble::sut("the SUT has sent no Digest challenge to answer"))?;
    if verb.aged == Some(true) {
        // Nothing tells when a nonce dies; the SUT declares how long it lives, in seconds.
        let life = bed.seconds("nonce-life", 60.0);
        tokio::time::sleep(life + Duration::from_secs(1)).await;
    }
    isim::check(bed, play, &person.impi, &challenge).map_err(Trouble::sut)
}

/// The value of Authorization, or none.
pub(super) fn authorization(
    bed: &Bed,
    play: &Play,
    person: &Person,
    verb: &Send,
) -> Result<Option<String>, String> {
    let impi = verb.impi.as_deref().unwrap_or(&person.impi);
    let mut parameters = match verb.digest.as_deref() {
        Some("replay") => {
            let last = lock(&play.mw).answered.get(&person.name).cloned();
            return last
                .map(Some)
                .ok_or_else(|| format!("{} has answered no challenge yet", person.name));
        }
        Some("basic") => return Ok(Some(basic(bed, impi))),
        None => unanswered(bed, impi, None, verb.digest_set.as_ref()),
        Some("none") => {
            let aka = isim::algorithm_of(bed, impi);
            unanswered(bed, impi, aka, verb.digest_set.as_ref())
        }
        Some(kind) => answered(bed, play, person, impi, kind, verb.digest_set.as_ref())?,
    };
    let usual = match verb.digest.as_deref() {
        None => "auth-done",
        Some("none") => "none",
        Some(_) => "tls-pending",
    };
    // AKA by the algorithm of TS 24.229 5.4.1.1 item 2A goes over TLS in both legs.
    let over_tls = isim::algorithm_of(bed, impi) == Some(Algorithm::AkaV2Sha256);
    let usual = if over_tls && verb.digest.is_some() {
        "tls-connected"
    } else {
        usual
    };
    let label = verb.label.as_deref().unwrap_or(usual);
    if label != "none" {
        parameters.push(Parameter::quoted("integrity-protected", label));
    }
    if let (Carrier::Parameter(name), Some(entity)) = (carrier(bed), entity(play, person, verb)?) {
        parameters.push(Parameter::quoted(name, entity));
    }
    let value = Credentials::new("Digest", parameters).to_string();
    if !matches!(verb.digest.as_deref(), None | Some("none")) {
        lock(&play.mw)
            .answered
            .insert(person.name.clone(), value.clone());
    }
    Ok(Some(value))
}

/// The password itself, as RFC 7617 has it: what no IMS core takes.
fn basic(bed: &Bed, impi: &str) -> String {
    let secret = bed.world.secrets.get(impi).map_or("", String::as_str);
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("{impi}:{secret}"));
    format!("Basic {pair}")
}

/// Who asks to be registered, with no response: the first leg of Digest, or the place where an edge puts its word.
fn unanswered(
    bed: &Bed,
    impi: &str,
    aka: Option<Algorithm>,
    set: Option<&BTreeMap<String, String>>,
) -> Vec<Parameter> {
    let realm = bed.answer("realm", &bed.world.public.domain);
    let mut parameters = vec![
        Parameter::quoted("username", impi),
        Parameter::quoted("realm", realm),
        Parameter::quoted("uri", format!("sip:{}", bed.world.public.domain)),
        Parameter::quoted("nonce", ""),
        Parameter::quoted("response", ""),
    ];
    if let Some(aka) = aka {
        parameters.push(Parameter::plain("algorithm", aka.name()));
    }
    for (name, value) in set.into_iter().flatten() {
        put(&mut parameters, name, value);
    }
    parameters
}

/// An answer to the last challenge of a person: right, or wrong in one point.
fn answered(
    bed: &Bed,
    play: &Play,
    person: &Person,
    impi: &str,
    kind: &str,
    set: Option<&BTreeMap<String, String>>,
) -> Result<Vec<Parameter>, String> {
    let challenge = lock(&play.mw).challenges.get(&person.name).cloned();
    let challenge =
        challenge.ok_or_else(|| format!("no Digest challenge came for {}", person.name))?;
    let set = |name: &str| set.and_then(|set| set.get(name)).map(String::as_str);
    let shown = |name: &str| set(name).or_else(|| challenge.param(name)).unwrap_or("");
    let nonce = shown("nonce");
    // A nonce that the script invents is the lie, not a fresh value.
    if set("nonce").is_none() {
        play.masked("nonce", nonce);
    }
    let cnonce = set("cnonce").map_or_else(|| play.fresh("cnonce"), str::to_owned);
    let count = set("nc").map_or_else(
        || format!("{:08x}", counted(play, &challenge)),
        str::to_owned,
    );
    let uri = set("uri").map_or_else(|| format!("sip:{}", bed.world.public.domain), str::to_owned);
    let name = set("algorithm").unwrap_or_else(|| algorithm(&challenge));
    let by = Algorithm::named(name).ok_or_else(|| format!("no algorithm is called {name}"))?;
    let secret = secret(bed, impi, kind, &challenge, by)?;
    let quality = match shown("qop") {
        "" => None,
        "auth-int" => Some(Quality::AuthInt),
        _ => Some(Quality::Auth),
    };
    let computation = Computation {
        algorithm: by,
        username: impi,
        realm: shown("realm"),
        secret: Secret::Password(&secret),
        nonce,
        cnonce: &cnonce,
        nonce_count: &count,
        quality,
        method: "REGISTER",
        uri: &uri,
        body: b"",
    };
    let response = computation.response();
    play.masked("digest response", &response);
    if let Some(opaque) = challenge.param("opaque") {
        play.masked("opaque", opaque);
    }
    let opaque = set("opaque").or_else(|| challenge.param("opaque"));
    let mut parameters = computation.credentials(opaque).parameters().to_vec();
    match kind {
        "right" | "wrong" | "password" => {
            if let Some(response) = set("response") {
                put(&mut parameters, "response", response);
            }
        }
        "empty" => write(&mut parameters, "response", ""),
        "spaces" => write(&mut parameters, "response", "    "),
        "auts" | "auts-forged" => {
            let auts = isim::auts(bed, play, impi, &challenge, kind == "auts-forged")?;
            write(&mut parameters, "auts", &auts);
        }
        "absent" => parameters.retain(|each| !each.is("response")),
        other => return Err(format!("no Digest answer is called {other}")),
    }
    Ok(parameters)
}

/// What a response comes from: the password of Digest or of AKA, another one, or none where an ISIM is out of step.
fn secret(
    bed: &Bed,
    impi: &str,
    kind: &str,
    challenge: &Credentials,
    by: Algorithm,
) -> Result<Vec<u8>, String> {
    if kind == "wrong" {
        return Ok(b"not the secret".to_vec());
    }
    if kind.starts_with("auts") {
        return Ok(Vec::new());
    }
    let aka = match kind {
        "password" => None,
        _ => isim::password(bed, impi, challenge, by)?,
    };
    Ok(aka.unwrap_or_else(|| {
        let secret = bed.world.secrets.get(impi);
        secret.map_or_else(Vec::new, |secret| secret.clone().into_bytes())
    }))
}

/// How often the nonce of a challenge has been used, with this time.
fn counted(play: &Play, challenge: &Credentials) -> u32 {
    let mut dialogs = lock(&play.mw);
    let nonce = challenge.param("nonce").unwrap_or_default().to_owned();
    let count = dialogs.counts.entry(nonce).or_default();
    *count += 1;
    *count
}

/// Puts a value into a parameter; an empty value leaves the parameter out.
fn put(parameters: &mut Vec<Parameter>, name: &str, value: &str) {
    if value.is_empty() {
        parameters.retain(|each| !each.is(name));
    } else {
        write(parameters, name, value);
    }
}

fn write(parameters: &mut Vec<Parameter>, name: &str, value: &str) {
    match parameters.iter_mut().find(|each| each.is(name)) {
        Some(parameter) => parameter.value = Some(value.to_owned()),
        None => parameters.push(Parameter::quoted(name, value)),
    }
}
