//! Who is meant: identities, labels and parties in SIP messages, owners of tokens, facts of the world.

use evidence::Interface;
use script::vocabulary::{Verb, waf};
use serde_json::Value;

use crate::http::member;
use crate::play::{Message, Play, Token};

/// A part shorter than this is no token that could be told from chance.
const SHORTEST_TOKEN: usize = 16;

/// The usernames of a request's Authorization fields.
pub(crate) fn usernames(request: &sip::Message) -> Vec<String> {
    parameters(request, "username")
}

/// The values of integrity-protected in a request, in lower case.
pub(crate) fn labels(request: &sip::Message) -> Vec<String> {
    parameters(request, "integrity-protected")
        .into_iter()
        .map(|label| label.to_ascii_lowercase())
        .collect()
}

/// Every value of a parameter in the Authorization fields of a request.
fn parameters(request: &sip::Message, name: &str) -> Vec<String> {
    let all = request.credentials("Authorization");
    let values = all
        .iter()
        .flat_map(sip::Credentials::parameters)
        .filter(|parameter| parameter.is(name));
    values
        .map(|parameter| parameter.value.clone().unwrap_or_default())
        .collect()
}

/// The third parties that the declared carrier names in a request on Mw.
pub(crate) fn parties(play: &Play<'_>, request: &sip::Message) -> Vec<String> {
    let carrier = carrier(play);
    let found = parameters(request, carrier);
    if !found.is_empty() {
        // Where the parameter carries it, a header of the same name is one of the WIC's own that a proxy leaves as it came.
        return found;
    }
    request
        .fields(carrier)
        .map(|value| value.trim_matches(['"', '<', '>']).to_owned())
        .collect()
}

/// The header or parameter that carries the third party on Mw.
pub(crate) fn carrier<'a>(play: &Play<'a>) -> &'a str {
    play.answer("party-carrier")
        .unwrap_or("authorization-entity")
}

/// What identifies a party of a script towards the core.
pub(crate) fn entity<'a>(play: &Play<'a>, party: &str) -> Option<&'a str> {
    of_party(play, party, "entity")
}

/// A fact of a party; in registration 3 scripts may call `A` and `B` by the names of their pools.
pub(crate) fn of_party<'a>(play: &Play<'a>, party: &str, fact: &str) -> Option<&'a str> {
    let id = match (play.plan.registration, party) {
        (3, "P1") => "A",
        (3, "P2") => "B",
        (_, party) => party,
    };
    play.fact(&format!("party.{id}.{fact}"))
}

/// The IMPI of a person.
pub(crate) fn impi<'a>(play: &Play<'a>, person: &str) -> Option<&'a str> {
    play.fact(&format!("{person}.impi"))
}

/// The IMPUs of a person, the usual one first.
pub(crate) fn impus<'a>(play: &Play<'a>, person: &str) -> impl Iterator<Item = &'a str> {
    play.fact(&format!("{person}.impus"))
        .unwrap_or_default()
        .split(' ')
        .filter(|uri| !uri.is_empty())
}

/// Whether a URI is an identity of a person.
pub(crate) fn is_of(play: &Play<'_>, person: &str, uri: &str) -> bool {
    impus(play, person).any(|own| sip::same_identity(own, uri))
}

/// Whether a URI stands for an IMPU as far as an edge is concerned that takes it for the same address-of-record: by `sips`, with the
/// port that goes without saying, or with the dot that ends a host name. Whoever answers for the IMPU answers for these.
pub(crate) fn is_record_of(impu: &str, uri: &str) -> bool {
    let record = |text: &str| {
        let form = sip::canonical(text)?;
        let form = form
            .strip_prefix("sips:")
            .map_or_else(|| form.clone(), |rest| format!("sip:{rest}"));
        let form = form
            .strip_suffix(":5060")
            .or_else(|| form.strip_suffix(":5061"))
            .unwrap_or(&form);
        Some(form.strip_suffix('.').unwrap_or(form).to_owned())
    };
    record(impu).is_some_and(|form| record(uri) == Some(form))
}

/// Whatever a person may be named by: user, IMPI, IMPUs.
pub(crate) fn names_of<'a>(play: &Play<'a>, person: &str) -> Vec<&'a str> {
    let user = play
        .fact(&format!("{person}.user"))
        .filter(|user| !user.is_empty());
    user.into_iter()
        .chain(impi(play, person))
        .chain(impus(play, person))
        .collect()
}

/// Everybody whom the plan knows, by the name in scripts.
pub(crate) fn people<'a>(play: &Play<'a>) -> Vec<&'a str> {
    play.plan
        .facts
        .keys()
        .filter_map(|key| key.strip_suffix(".impi"))
        .collect()
}

/// The person of a step.
pub(crate) fn person_of<'a>(play: &Play<'a>, step: usize) -> &'a str {
    play.field(step, "person").unwrap_or("alice")
}

/// The first token of the log that stands in these bytes, by its place in them.
pub(crate) fn token_in<'a>(play: &Play<'a>, bytes: &[u8]) -> Option<Token<'a>> {
    let found = play
        .tokens
        .iter()
        .filter_map(|token| Some((place(bytes, token.compact)?, *token)));
    found.min_by_key(|(at, _)| *at).map(|(_, token)| token)
}

/// Where a token stands in bytes.
pub(crate) fn place(bytes: &[u8], compact: &str) -> Option<usize> {
    if compact.len() < SHORTEST_TOKEN {
        return None;
    }
    let first = *compact.as_bytes().first()?;
    let mut from = 0;
    while let Some(at) = bytes.get(from..)?.iter().position(|byte| *byte == first) {
        if bytes[from + at..].starts_with(compact.as_bytes()) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

/// Whose the attack honestly is: the person, and the token that it was given.
pub(crate) struct Own {
    pub(crate) impi: Option<String>,
    /// IMPUs that the token lists, or the person's usual one.
    pub(crate) impus: Vec<String>,
    /// The third party's id towards the core, if a token tells it.
    pub(crate) entity: Option<String>,
}

/// Whose identity a request of ours may claim: that of the token which its step names, else of the first token that it bears,
/// else of the person who sends it.
pub(crate) fn own<'a>(play: &Play<'a>, request: &Message<'a>) -> Own {
    let named = request.step.and_then(|step| play.field(step, "token"));
    let by_name = named
        .and_then(|name| {
            play.tokens
                .iter()
                .rev()
                .find(|token| token.name == name && token.at <= request.at)
        })
        .copied();
    match by_name.or_else(|| token_in(play, request.bytes)) {
        Some(token) => of_token(play, token),
        None => {
            let person = request.step.map_or("alice", |step| person_of(play, step));
            Own {
                impi: impi(play, person).map(str::to_owned),
                impus: impus(play, person).take(1).map(str::to_owned).collect(),
                entity: None,
            }
        }
    }
}

/// What a token honestly stands for: what the step that issued it says, else what its claims say.
pub(crate) fn of_token<'a>(play: &Play<'a>, token: Token<'a>) -> Own {
    let claims = claims(token.compact);
    let claim = |item: &str, default: &str| {
        claims
            .as_ref()
            .and_then(|claims| claims.get(play.answer(item).unwrap_or(default)))
            .cloned()
    };
    let issued = match play.verb(token.step) {
        Some(Verb::Waf(waf::Verb::Issue(issue))) => Some(issue),
        _ => None,
    };
    let person = issued.map(|issue| issue.person.as_deref().unwrap_or("alice"));
    let impi = person
        .and_then(|person| impi(play, person))
        .map(str::to_owned);
    let listed = claim("claim-impu", "impu")
        .as_ref()
        .map(strings)
        .unwrap_or_default();
    let honest: Vec<String> = match person {
        Some(person) => listed
            .iter()
            .filter(|uri| is_of(play, person, uri))
            .cloned()
            .collect(),
        None => listed,
    };
    let usual = || {
        person
            .into_iter()
            .flat_map(|person| impus(play, person).take(1))
            .map(str::to_owned)
            .collect()
    };
    let party = issued
        .and_then(|issue| issue.party.as_deref())
        .and_then(|party| entity(play, party));
    let entity = party
        .or_else(|| play.fact(&format!("{}.entity", person?)))
        .map(str::to_owned);
    Own {
        impi: impi.or_else(|| {
            claim("claim-impi", "impi")
                .as_ref()
                .and_then(Value::as_str)
                .map(str::to_owned)
        }),
        impus: if honest.is_empty() { usual() } else { honest },
        entity: entity.or_else(|| party_claim(play, &claim)),
    }
}

/// The party that a token's own claims name: the WWSF in registration 3, the issuer otherwise.
fn party_claim(play: &Play<'_>, claim: &impl Fn(&str, &str) -> Option<Value>) -> Option<String> {
    let value = if play.plan.registration == 3 {
        claim("claim-wwsf", "wwsf")
    } else {
        claim("claim-party", "iss")
    };
    value.as_ref().and_then(Value::as_str).map(str::to_owned)
}

/// The claims of a token in compact form, verified by nobody.
pub(crate) fn claims(compact: impl AsRef<str>) -> Option<Value> {
    jose::Token::read(compact.as_ref())
        .ok()?
        .claims_value()
        .ok()
}

/// The texts of a claim that is one text or a list.
pub(crate) fn strings(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(list) => list
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        _ => Vec::new(),
    }
}

/// The access token in a JSON answer of a WAF or portal.
pub(crate) fn access_token(play: &Play<'_>, answer: &Value) -> Option<String> {
    let names = [
        play.answer("token-members").unwrap_or("access_token"),
        "access_token",
    ];
    let found = names
        .iter()
        .find_map(|name| member(answer, name)?.as_str())?;
    (!found.is_empty()).then(|| found.to_owned())
}

/// The user of Basic credentials.
pub(crate) fn basic_user(value: &str) -> Option<String> {
    let (user, _) = basic(value)?;
    Some(user)
}

/// User and password of Basic credentials.
pub(crate) fn basic(value: &str) -> Option<(String, String)> {
    let (scheme, rest) = value.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(base64(rest.trim())?).ok()?;
    let (user, password) = text.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

/// Base64 of either alphabet, with or without padding.
pub(crate) fn base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut group, mut bits) = (0_u32, 0);
    for letter in text.trim_end_matches('=').bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        group = (group << 6 | u32::from(value)) & 0xff_ffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((group >> bits) as u8);
        }
    }
    Some(bytes)
}

/// Whether a message crossed the interface between edge and core.
pub(crate) fn on_mw(message: &Message<'_>) -> bool {
    message.interface == Interface::Mw
}
