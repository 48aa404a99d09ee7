//! Our WWSF towards a WAF under test, the user's browser there, and our eP-CSCF that asks after a token.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use evidence::Interface;
use script::vocabulary::ep_cscf::Introspect;
use script::vocabulary::wwsf::{Authorize, Exchange, Expect, Fetch, Request, Revoke};
use serde_json::Value;
use wire::http::Message;
use wire::tls::{Identity, Sessions};

use crate::bed::{Bed, Target};
use crate::play::{Issued, Play, Undo, lock};
use crate::roles::w4_browser::{End, Jar, Told, Walk};
use crate::roles::w4_http::{self, Ask};
use crate::roles::waf::now;
use crate::roles::{Acted, Trouble};
use crate::world::{Party, Person};

/// Pairs of a form, in their order.
type Form = Vec<(String, String)>;

/// Words of a `certificate` field that name a party.
const PARTIES: &[&str] = &["A", "B", "P1", "P2"];

/// What a play remembers of its code flow.
#[derive(Default)]
pub(crate) struct Flow {
    /// Cookies at the WAF, by person.
    pub(super) jars: HashMap<String, Jar>,
    code: Option<Code>,
    /// TLS sessions of the last token request.
    sessions: Option<Sessions>,
    paths: Option<Paths>,
}

/// What is needed to exchange a code.
#[derive(Clone, Debug)]
struct Code {
    code: String,
    verifier: String,
    redirect_uri: String,
}

/// Where the endpoints of a WAF are, by path.
#[derive(Clone, Debug)]
struct Paths {
    token: String,
    authorize: String,
    introspect: String,
    revoke: String,
    jwks: String,
}

const METADATA: &str = "/.well-known/oauth-authorization-server";

/// The default profile's paths for a WAF of the world's layout; what its metadata say for any other.
async fn paths(bed: &Bed, play: &Play, target: &Target) -> Result<Paths, Trouble> {
    if let Some(known) = lock(&play.w4).paths.clone() {
        return Ok(known);
    }
    let mut told = Value::Null;
    if bed.sut.addresses.contains_key(&Interface::W4) {
        let request = w4_http::get(target, METADATA, "application/json");
        let ask = plain(Interface::W4, None, None, request);
        let answer = w4_http::ask(bed, play, target, ask).await?;
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

fn plain<'a>(
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
fn address_of(bed: &Bed, node: &str) -> Option<IpAddr> {
    bed.world.public.nodes.get(node).map(|node| node.address)
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
        let mut pairs = token_form(bed, play, step, &person, &party).await?;
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
        let answer = if verb.clear == Some(true) {
            in_clear(bed, play, &target, ask).await?
        } else {
            w4_http::ask(bed, play, &target, ask).await?
        };
        keep(play, step, name, answer.as_ref(), &person, &party);
    }
    Ok(())
}

/// Every address where the WAF could answer in clear: the declared one, then that of its TLS port.
async fn in_clear(
    bed: &Bed,
    play: &Play,
    target: &Target,
    ask: Ask<'_>,
) -> Result<Option<Message>, Trouble> {
    let declared = bed.answer("cleartext-address", ":80");
    let (host, port) = declared.rsplit_once(':').unwrap_or((declared, "80"));
    let host = if host.is_empty() { &target.host } else { host };
    let address = port
        .parse::<u16>()
        .ok()
        .zip(bed.resolve(host))
        .map(|(port, address)| std::net::SocketAddr::new(address, port));
    let again = Ask {
        identity: None,
        sessions: None,
        request: ask.request.clone(),
        ..ask
    };
    let mut answer = None;
    if let Some(address) = address {
        let first = Ask {
            identity: None,
            sessions: None,
            request: again.request.clone(),
            ..again
        };
        answer = w4_http::ask_in_clear(bed, play, address, first).await?;
    }
    let other = w4_http::ask_in_clear(bed, play, target.address, again).await?;
    Ok(other
        .filter(|answer| answer.head.status() == Some(200))
        .or(answer))
}

/// The honest fields of a token request, as the WAF declares how the user is named.
async fn token_form(
    bed: &Arc<Bed>,
    play: &Arc<Play>,
    step: usize,
    person: &Person,
    party: &Party,
) -> Result<Form, Trouble> {
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
        "impi" => Some(("impi", person.impi.clone())),
        "impu" => Some(("impu", impu)),
        "none" => None,
        "code" => {
            let verb = Authorize {
                party: Some(party.id.clone()),
                person: Some(person.name.clone()),
                ..Authorize::default()
            };
            authorize(bed, play, step, &verb).await?;
            return Ok(code_form(play, party)?);
        }
        _ => Some(("login_hint", person.user.clone())),
    };
    pairs.extend(named.map(|(name, value)| (name.to_owned(), value)));
    Ok(pairs)
}

fn pairs_of(pairs: &[(&str, &str)]) -> Form {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// Puts values in place of the honest ones; an empty value leaves the field out, a new name comes last.
fn put_all(pairs: &mut Form, changes: Option<&BTreeMap<String, String>>) {
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
fn identity(
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
fn certificate_text(bed: &Bed, party: &Party) -> Result<String, String> {
    let path = bed.world.folder.join(&party.wwsf).join("client.pem");
    let text =
        std::fs::read_to_string(&path).map_err(|why| format!("{}: {why}", path.display()))?;
    let end = text
        .find("-----END CERTIFICATE-----")
        .map_or(text.len(), |at| at + 25);
    Ok(url::form_urlencoded::byte_serialize(&text.as_bytes()[..end])
        .collect::<String>()
        .replace('+', "%20"))
}

/// TLS sessions for a token request: those of the last one if it is to be resumed, else none that anybody knows.
fn sessions(play: &Play, resumes: bool) -> Sessions {
    let mut flow = lock(&play.w4);
    if !resumes {
        flow.sessions = None;
    }
    flow.sessions.get_or_insert_with(Sessions::default).clone()
}

/// Keeps what an answer brought: the access token under the step's name, a refresh token beside it.
fn keep(
    play: &Play,
    step: usize,
    name: &str,
    answer: Option<&Message>,
    person: &Person,
    party: &Party,
) {
    let Some(answer) = answer else { return };
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
        play.keep_token(step, &format!("{name}-refresh"), issued(refresh));
    }
}

/// Takes the user's browser through the code flow, up to the code.
pub(crate) async fn authorize(
    bed: &Arc<Bed>,
    play: &Arc<Play>,
    step: usize,
    verb: &Authorize,
) -> Acted {
    let target = bed.target(Interface::W4, "waf")?;
    let paths = paths(bed, play, &target).await?;
    let person = play.person(verb.person.as_deref())?;
    let party = play.party(verb.party.as_deref().unwrap_or("A"))?;
    // 43 letters or more, as RFC 7636 4.1 wants.
    let verifier = format!("{}{}", play.fresh("verifier"), crate::world::random_word());
    let verifier = format!("{verifier:a<43}");
    play.masked("code verifier", &verifier);
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, verifier.as_bytes());
    let challenge = URL_SAFE_NO_PAD.encode(digest);
    play.masked("code challenge", &challenge);
    let state = play.fresh("state");
    let redirect_uri = format!("{}/callback", party.origin);
    let mut query = pairs_of(&[
        ("response_type", "code"),
        ("client_id", &party.client_id),
        ("redirect_uri", &redirect_uri),
        ("scope", "ims"),
        ("state", &state),
    ]);
    if bed.answer("waf-pkce", "supported") != "no" {
        query.extend(pairs_of(&[
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]));
    }
    put_all(&mut query, verb.query.as_ref());
    for line in &verb.add_query {
        let (name, value) = line.split_once('=').unwrap_or((line, ""));
        query.push((name.to_owned(), value.to_owned()));
    }
    let walk = Walk {
        bed,
        play,
        step,
        target: &target,
        person: &person,
        verb,
    };
    let start = format!("{}?{}", paths.authorize, w4_http::form(&query));
    let (end, told) = walk.go(&start).await?;
    undo_grant(bed, play, &person, &party, &told);
    if let End::Sent(url) = end {
        let code = url
            .query_pairs()
            .find(|(name, _)| name == "code")
            .map(|(_, code)| code.into_owned());
        lock(&play.w4).code = code.map(|code| Code {
            code,
            verifier,
            redirect_uri,
        });
    }
    Ok(())
}

/// A consent that was given is a grant on record, which the person did not have before.
fn undo_grant(bed: &Bed, play: &Play, person: &Person, party: &Party, told: &Told) {
    let granted = bed
        .world
        .public
        .subscribers
        .iter()
        .filter(|each| each.impi == person.impi)
        .any(|each| each.grants.contains(&party.id));
    if !told.consented || granted || bed.answer("consent-is-grant", "yes") != "yes" {
        return;
    }
    let request = serde_json::json!({ "user": person.user, "impi": person.impi, "impu": person.impus.first(),
        "party": party.id, "entity": party.entity, "on": false });
    play.undo_later(Undo::Hook {
        name: "grant",
        request,
    });
}

/// The fields that exchange the last code.
fn code_form(play: &Play, party: &Party) -> Result<Form, Trouble> {
    let code = lock(&play.w4).code.clone();
    let code = code.ok_or_else(|| Trouble::sut("the WAF gave no code"))?;
    Ok(pairs_of(&[
        ("grant_type", "authorization_code"),
        ("client_id", &party.client_id),
        ("code", &code.code),
        ("redirect_uri", &code.redirect_uri),
        ("code_verifier", &code.verifier),
    ]))
}

/// Exchanges the last code.
pub(crate) async fn exchange(
    bed: &Arc<Bed>,
    play: &Arc<Play>,
    step: usize,
    verb: &Exchange,
) -> Acted {
    let target = bed.target(Interface::W4, "waf")?;
    let paths = paths(bed, play, &target).await?;
    let party = play.party(verb.party.as_deref().unwrap_or("A"))?;
    let person = play.person(None)?;
    for _ in 0..verb.times.unwrap_or(1) {
        let mut pairs = code_form(play, &party)?;
        if bed.answer("waf-pkce", "supported") == "no" {
            pairs.retain(|(name, _)| name != "code_verifier");
        }
        put_all(&mut pairs, verb.form.as_ref());
        let body = w4_http::form(&pairs).into_bytes();
        let message = w4_http::post(&target, &paths.token, body);
        let ask = Ask {
            identity: identity(bed, &party, verb.certificate.as_deref())?,
            ..plain(
                Interface::W4,
                Some(step),
                address_of(bed, &party.wwsf),
                message,
            )
        };
        let answer = w4_http::ask(bed, play, &target, ask).await?;
        let name = verb.token.as_deref().unwrap_or("token");
        keep(play, step, name, answer.as_ref(), &person, &party);
    }
    Ok(())
}

/// Revokes a token.
pub(crate) async fn revoke(
    bed: &Arc<Bed>,
    play: &Arc<Play>,
    step: usize,
    verb: &Revoke,
) -> Acted {
    let target = bed.target(Interface::W4, "waf")?;
    let paths = paths(bed, play, &target).await?;
    let party = play.party(verb.party.as_deref().unwrap_or("A"))?;
    let token = play.token(verb.token.as_deref().unwrap_or("token"))?;
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
    w4_http::ask(bed, play, &target, ask).await?;
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
        ..plain(
            interface,
            Some(step),
            address_of(bed, "ep-cscf"),
            request,
        )
    };
    w4_http::ask(bed, play, &target, ask).await?;
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
        None => {
            play.token(verb.token.as_deref().unwrap_or("token"))?
                .compact
        }
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
    w4_http::ask(bed, play, &target, ask).await?;
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
        events.iter().skip(since).find_map(|event| match &event.what {
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
