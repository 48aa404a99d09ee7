//! Our WWSF towards a WAF under test, the user's browser there, and our eP-CSCF that asks after a token.

use std::collections::HashMap;
use std::sync::Arc;

use evidence::Interface;
use script::vocabulary::ep_cscf::Introspect;
use script::vocabulary::wwsf::{Expect, Fetch, Request, Revoke};
use serde_json::Value;
use wire::http::Message;
use wire::tls::Sessions;

use crate::bed::{Bed, Target};
use crate::play::{Issued, Play, lock};
use crate::roles::w4_browser::Jar;
use crate::roles::w4_client::{
    Form, METADATA, Paths, address_of, certificate_text, identity, pairs_of, paths, plain, put_all,
    sessions,
};
use crate::roles::w4_code::{Code, by_code, code_form};
use crate::roles::w4_http::{self, Ask};
use crate::roles::waf::now;
use crate::roles::{Acted, Trouble};
use crate::world::{Party, Person};

pub(crate) use crate::roles::w4_code::{authorize, exchange};

/// What a play remembers of its code flow.
#[derive(Default)]
pub(crate) struct Flow {
    /// Cookies at the WAF, by person.
    pub(super) jars: HashMap<String, Jar>,
    pub(super) code: Option<Code>,
    /// TLS sessions of the last token request.
    pub(super) sessions: Option<Sessions>,
    pub(super) paths: Option<Paths>,
}

/// Asks for a token.
pub(crate) async fn request(
    bed: &Arc<Bed>,
    play: &Arc<Play>,
    step: usize,
    verb: &Request,
) -> Acted {
    let target = bed.target(Interface::W4, "waf")?;
    let paths = paths(bed, play, &target).await?;
    let person = play.person(verb.person.as_deref())?;
    let party = play.party(verb.party.as_deref().unwrap_or("A"))?;
    for _ in 0..verb.times.unwrap_or(1) {
        let mut pairs = token_form(bed, play, &person, &party)?;
        put_all(&mut pairs, verb.form.as_ref());
        for line in &verb.add_form {
            let (name, value) = line.split_once('=').unwrap_or((line, ""));
            pairs.push((name.to_owned(), value.to_owned()));
        }
        let body = verb
            .raw
            .clone()
            .unwrap_or_else(|| w4_http::form(&pairs))
            .into_bytes();
        let path = verb.query.as_ref().map_or_else(
            || paths.token.clone(),
            |query| format!("{}?{query}", paths.token),
        );
        let mut message = w4_http::post(&target, &path, body);
        message.head.edit(&verb.set, &verb.add, &[]);
        let mut identity = identity(bed, &party, verb.certificate.as_deref())?;
        if let Some(name) = &verb.certificate_header {
            message
                .head
                .fields
                .push((name.clone(), certificate_text(bed, &party)?));
            identity = None;
        }
        let ask = Ask {
            identity,
            versions: verb.versions.as_deref().unwrap_or_default(),
            sessions: Some(sessions(play, verb.resume == Some(true))),
            ..plain(
                Interface::W4,
                Some(step),
                address_of(bed, &party.wwsf),
                message,
            )
        };
        let name = verb.token.as_deref().unwrap_or("token");
        let answers = if verb.clear == Some(true) {
            in_clear(bed, play, &target, &ask).await?
        } else {
            let answer = w4_http::ask(bed, play, &target, &ask).await?;
            answer.into_iter().collect()
        };
        for answer in &answers {
            keep(play, step, name, answer, &person, &party);
        }
    }
    Ok(())
}

/// Asks at every address where the WAF could answer in clear: the declared one, then that of its TLS port.
async fn in_clear(
    bed: &Bed,
    play: &Play,
    target: &Target,
    ask: &Ask<'_>,
) -> Result<Vec<Message>, Trouble> {
    let declared = bed.answer("cleartext-address", ":80");
    let (host, port) = declared.rsplit_once(':').unwrap_or((declared, "80"));
    let host = if host.is_empty() { &target.host } else { host };
    let declared = port
        .parse::<u16>()
        .ok()
        .zip(bed.resolve(host))
        .map(|(port, address)| std::net::SocketAddr::new(address, port));
    let mut answers = Vec::new();
    for address in declared.into_iter().chain([target.address]) {
        answers.extend(w4_http::ask_in_clear(bed, play, address, ask).await?);
    }
    Ok(answers)
}

/// The honest fields of a token request, as the WAF declares how the user is named. A code is the last one that came.
fn token_form(bed: &Bed, play: &Play, person: &Person, party: &Party) -> Result<Form, Trouble> {
    if by_code(bed, party) {
        return code_form(play, party);
    }
    let mut pairs: Form = pairs_of(&[
        ("grant_type", "client_credentials"),
        ("client_id", &party.client_id),
        ("scope", "ims"),
    ]);
    if party.pool.is_some() {
        pairs.push(("login_hint".to_owned(), person.impi.clone()));
        if person.anonymous {
            pairs.push(("anonymous".to_owned(), "true".to_owned()));
        }
        return Ok(pairs);
    }
    let impu = person.impus.first().cloned().unwrap_or_default();
    let named = match bed.answer("w4-user", "login_hint") {
        "none" => None,
        "impi" => Some(("impi", person.impi.clone())),
        "impu" => Some(("impu", impu)),
        _ => Some(("login_hint", person.user.clone())),
    };
    pairs.extend(named.map(|(name, value)| (name.to_owned(), value)));
    Ok(pairs)
}

/// Keeps what an answer brought: the access token under the step's name, a refresh token beside it.
pub(super) fn keep(
    play: &Play,
    step: usize,
    name: &str,
    answer: &Message,
    person: &Person,
    party: &Party,
) {
    let members: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let Some(compact) = members["access_token"].as_str() else {
        return;
    };
    let life = members["expires_in"].as_u64().unwrap_or_default();
    let issued = |compact: &str| Issued {
        compact: compact.to_owned(),
        person: Some(person.clone()),
        party: Some(party.id.clone()),
        expires_s: now() + life,
        genuine: true,
    };
    play.keep_token(step, name, issued(compact));
    if let Some(refresh) = members["refresh_token"].as_str() {
        // No access token, so it is not told as one; scripts know it by its name all the same.
        let name = format!("{name}-refresh");
        play.masked(&name, refresh);
        lock(&play.tokens).insert(name, issued(refresh));
    }
}

/// A token that the WAF under test has given, by its name. That there is none is its doing: it refused.
fn given(play: &Play, name: Option<&str>) -> Result<Issued, Trouble> {
    let name = name.unwrap_or("token");
    let refused = |_| {
        Trouble::sut(format!(
            "the WAF has given no token that could be called {name}"
        ))
    };
    play.token(name).map_err(refused)
}

/// Revokes a token.
pub(crate) async fn revoke(bed: &Arc<Bed>, play: &Arc<Play>, step: usize, verb: &Revoke) -> Acted {
    let target = bed.target(Interface::W4, "waf")?;
    let paths = paths(bed, play, &target).await?;
    let party = play.party(verb.party.as_deref().unwrap_or("A"))?;
    let token = given(play, verb.token.as_deref())?;
    let pairs = pairs_of(&[("token", &token.compact), ("client_id", &party.client_id)]);
    let body = w4_http::form(&pairs).into_bytes();
    let message = w4_http::post(&target, &paths.revoke, body);
    let ask = Ask {
        identity: identity(bed, &party, verb.certificate.as_deref())?,
        ..plain(
            Interface::W4,
            Some(step),
            address_of(bed, &party.wwsf),
            message,
        )
    };
    w4_http::ask(bed, play, &target, &ask).await?;
    Ok(())
}

/// Fetches the metadata, the keys, or what is at a path.
pub(crate) async fn fetch(bed: &Arc<Bed>, play: &Arc<Play>, step: usize, verb: &Fetch) -> Acted {
    let target = bed.target(Interface::W4, "waf")?;
    let (interface, path) = match verb.path.as_deref() {
        None | Some("metadata") => (Interface::W4, METADATA.to_owned()),
        Some("jwks") => (Interface::Jwks, paths(bed, play, &target).await?.jwks),
        Some(path) => (Interface::W4, path.to_owned()),
    };
    let request = w4_http::get(&target, &path, "application/json");
    let ask = Ask {
        versions: verb.versions.as_deref().unwrap_or_default(),
        server_name: verb.server_name.as_deref(),
        ..plain(interface, Some(step), address_of(bed, "ep-cscf"), request)
    };
    w4_http::ask(bed, play, &target, &ask).await?;
    Ok(())
}

/// Asks after a token as our eP-CSCF.
pub(crate) async fn introspect(
    bed: &Arc<Bed>,
    play: &Arc<Play>,
    step: usize,
    verb: &Introspect,
) -> Acted {
    let declared = bed.sut.addresses.contains_key(&Interface::Introspection);
    let target = bed.target(
        if declared {
            Interface::Introspection
        } else {
            Interface::W4
        },
        "waf",
    )?;
    let path = if declared && target.path != "/" {
        target.path.clone()
    } else {
        paths(bed, play, &target).await?.introspect
    };
    let token = match &verb.value {
        Some(value) => value.clone(),
        None => given(play, verb.token.as_deref())?.compact,
    };
    let identity = match verb.certificate.as_deref() {
        Some("none") => None,
        None | Some("edge") => Some(bed.client_identity("ep-cscf", None)?),
        Some(party) => {
            let party = play.party(party)?;
            Some(bed.client_identity(&party.wwsf, None)?)
        }
    };
    let pairs = pairs_of(&[("token", &token), ("client_id", "ep-cscf")]);
    let body = w4_http::form(&pairs).into_bytes();
    let message = w4_http::post(&target, &path, body);
    let ask = Ask {
        identity,
        ..plain(
            Interface::Introspection,
            Some(step),
            address_of(bed, "ep-cscf"),
            message,
        )
    };
    w4_http::ask(bed, play, &target, &ask).await?;
    Ok(())
}

/// Waits for a request of a WIC on W1; the WAF's answers were waited for where they were asked for.
pub(crate) async fn expect(
    bed: &Arc<Bed>,
    play: &Arc<Play>,
    step: usize,
    since: usize,
    verb: &Expect,
) -> Acted {
    let Some(path) = &verb.path else {
        return Ok(());
    };
    let came = play.tap.until(bed.answer_time(), |events| {
        events
            .iter()
            .skip(since)
            .find_map(|event| match &event.what {
                evidence::What::Message {
                    interface: Interface::W1,
                    direction: evidence::event::Direction::Received,
                    layer: evidence::event::Layer::Http,
                    bytes,
                    ..
                } => wire::http::Head::read(&bytes.0)
                    .request()
                    .is_some_and(|(_, target)| target == path)
                    .then_some(()),
                _ => None,
            })
    });
    if came.await.is_none() {
        play.timed_out(step, path, bed.answer_time());
    }
    Ok(())
}
