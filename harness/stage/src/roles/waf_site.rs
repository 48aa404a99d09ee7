//! Our WAF as a server: metadata, the token endpoint of W4, and the way to keys and introspection.

use std::sync::Arc;

use bytes::Bytes;
use evidence::event::{Direction, Layer};
use evidence::{Interface, What};
use http_body_util::Full;
use hyper::Response;
use script::vocabulary::waf::{Expect, Issue, Serve};
use serde_json::{Value, json};
use wire::http::Message;

use crate::bed::{Bed, BedError};
use crate::play::{Issued, Play, lock};
use crate::roles::portal_site::stated;
use crate::roles::waf::{honest, now};
use crate::roles::{Acted, waf_introspection};
use crate::serve::{Link, Site, listen, response};
use crate::world::{Party, Person};

/// The form fields by which a WWSF may name the user.
const HINTS: &[&str] = &["login_hint", "impi", "impu"];

/// Listens as these nodes.
pub(crate) fn serve(bed: &Arc<Bed>, nodes: &[&'static str]) -> Result<(), BedError> {
    nodes
        .iter()
        .try_for_each(|node| listen(bed, node, Interface::W4, Site::Waf))
}

/// Says to the tap how the WAF departs.
pub(crate) fn told(play: &Play, step: usize, verb: &Serve) -> Acted {
    let versions = verb.versions.as_ref().map(|versions| versions.join(", "));
    let facts = [
        ("certificate", &verb.certificate),
        ("answer", &verb.answer),
        ("identity of", &verb.person),
        ("TLS versions", &versions),
    ];
    play.stimulus(step, Layer::State, stated("the WAF's", &facts));
    Ok(())
}

/// Answers a request.
pub(crate) async fn answer(
    bed: &Arc<Bed>,
    link: &Link,
    request: &Message,
) -> Response<Full<Bytes>> {
    let (method, target) = request.head.request().unwrap_or_default();
    let path = target.split('?').next().unwrap_or_default();
    let form = form_of(&request.body);
    let interface = interface_of(path);
    let plays = owners(bed, interface, &form);
    for play in &plays {
        link.belongs_to(play);
    }
    link.message(
        interface,
        Direction::Received,
        Layer::Http,
        &request.bytes(),
    );
    let play = plays.first().filter(|_| plays.len() == 1).cloned();
    let (status, body) = match (method, path) {
        ("GET", "/jwks") => return published(bed, link, interface).await,
        ("GET", "/redirect") => return redirect(bed, link, interface),
        (
            "GET",
            "/.well-known/oauth-authorization-server" | "/.well-known/openid-configuration",
        ) => (200, metadata(bed, link.node)),
        ("POST", "/introspect") => {
            if waf_introspection::silent(play.as_deref(), &form) {
                return std::future::pending().await;
            }
            waf_introspection::answer(bed, play.as_deref(), &form)
        }
        ("POST", "/token") => token(bed, play.as_deref(), &form),
        ("POST", "/revoke") => revoke(play.as_deref(), &form),
        _ => (404, json!({ "error": "not_found" })),
    };
    let body = body.to_string();
    let fields = [
        ("content-type", "application/json"),
        ("cache-control", "no-store"),
    ];
    let (answer, bytes) = response(status, &fields, body.as_bytes());
    link.message(interface, Direction::Sent, Layer::Http, &bytes);
    answer
}

/// The keys, or what the script has in their place.
async fn published(bed: &Bed, link: &Link, interface: Interface) -> Response<Full<Bytes>> {
    let answer = super::waf_keys::served(bed, link.node);
    if answer.silent {
        // Whoever asked ends the connection, or the deadline of the connection does.
        return std::future::pending().await;
    }
    let mut fields = vec![("content-type", answer.kind), ("cache-control", "no-store")];
    fields.extend(answer.location.as_deref().map(|to| ("location", to)));
    let (whole, bytes) = response(answer.status, &fields, answer.body.as_bytes());
    link.message(interface, Direction::Sent, Layer::Http, &bytes);
    whole
}

/// A page of the genuine host that leads to the enemy.
fn redirect(bed: &Bed, link: &Link, interface: Interface) -> Response<Full<Bytes>> {
    let fields = [("location", bed.world.stranger.jwks_uri.as_str())];
    let (whole, bytes) = response(302, &fields, b"");
    link.message(interface, Direction::Sent, Layer::Http, &bytes);
    whole
}

fn interface_of(path: &str) -> Interface {
    match path {
        "/jwks" => Interface::Jwks,
        "/introspect" => Interface::Introspection,
        _ => Interface::W4,
    }
}

/// The plays that a request belongs to: by the mark of its token, by the user whom it names; else all that are open.
fn owners(bed: &Bed, interface: Interface, form: &[(String, String)]) -> Vec<Arc<Play>> {
    let value = |name: &str| {
        form.iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    };
    let by_token = value("token").and_then(|token| {
        let claims = jose::Token::read(token).ok().map(|token| token.claims);
        claims
            .and_then(|claims| bed.board.by_mark(&claims))
            .or_else(|| bed.board.by_mark(token.as_bytes()))
    });
    if let Some(Ok(play)) = by_token {
        return vec![play];
    }
    let all = bed.board.all();
    if interface != Interface::W4 {
        return all;
    }
    // The browser that waits for the portal now is the one for which the portal asks, whomever it names.
    let waiting = all.iter().find(|play| lock(&play.web).waiting).cloned();
    let named = || {
        HINTS
            .iter()
            .find_map(|name| bed.board.by_identity(value(name)?))
    };
    waiting
        .or_else(named)
        .or_else(|| all.into_iter().max_by_key(|play| play.number))
        .into_iter()
        .collect()
}

/// The fields of a form.
pub(crate) fn form_of(body: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(body)
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

fn metadata(bed: &Bed, node: &str) -> Value {
    let issuer = format!(
        "https://{}:{}",
        bed.world.name(node),
        bed.world
            .address(node, "W4")
            .map_or(443, |address| address.port())
    );
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/jwks"),
        "introspection_endpoint": format!("{issuer}/introspect"),
        "revocation_endpoint": format!("{issuer}/revoke"),
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", "client_credentials"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["tls_client_auth"],
        "authorization_response_iss_parameter_supported": true,
    })
}

/// Answers a token request of a WWSF under test as an honest WAF, or as the script tells.
fn token(bed: &Bed, play: Option<&Play>, form: &[(String, String)]) -> (u16, Value) {
    let value = |name: &str| {
        form.iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    };
    let Some(play) = play else {
        return (400, json!({ "error": "invalid_request" }));
    };
    let told = lock(&play.scene).waf.clone().unwrap_or_default();
    match told.answer.as_deref() {
        Some("refuse") => return (400, json!({ "error": "access_denied" })),
        Some("error") => return (500, json!({ "error": "server_error" })),
        Some("none") => return (200, json!({ "token_type": "Bearer", "expires_in": 300 })),
        _ => {}
    }
    let Some(party) = value("client_id").and_then(|id| {
        bed.world
            .public
            .parties
            .iter()
            .find(|party| party.client_id == id)
    }) else {
        return (401, json!({ "error": "invalid_client" }));
    };
    let hint = HINTS.iter().find_map(|name| value(name));
    let anonymous = value("anonymous") == Some("true");
    let Some(asked) = named(bed, play, hint, anonymous, party) else {
        return (400, json!({ "error": "access_denied" }));
    };
    let person = told
        .person
        .as_deref()
        .and_then(|name| play.person(Some(name)).ok())
        .unwrap_or(asked);
    match issue(bed, play, &person, party) {
        Ok(answer) => (200, answer),
        Err(why) => (
            500,
            json!({ "error": "server_error", "error_description": why }),
        ),
    }
}

/// The subscriber or pool member whom a WWSF names; a pool member of this lane where it leaves the choice to us.
fn named(
    bed: &Bed,
    play: &Play,
    hint: Option<&str>,
    anonymous: bool,
    party: &Party,
) -> Option<Person> {
    let world = &bed.world;
    if let Some(pool) = &party.pool {
        let pool = world.public.pools.iter().find(|each| each.id == *pool)?;
        let member = pool.members.iter().find(|member| match hint {
            Some(hint) => member.impi == hint || member.impus.iter().any(|impu| impu == hint),
            None => member.lane == play.lane && (member.class == "anonymous") == anonymous,
        })?;
        return Some(Person {
            name: member.person.clone(),
            user: String::new(),
            impi: member.impi.clone(),
            impus: member.impus.clone(),
            barred: String::new(),
            party: party.id.clone(),
            anonymous: member.class == "anonymous",
        });
    }
    let hint = hint?;
    let subscriber = world.public.subscribers.iter().find(|each| {
        each.user == hint || each.impi == hint || each.impus.iter().any(|impu| impu == hint)
    })?;
    if !subscriber.grants.contains(&party.id) {
        return None;
    }
    let mut person = world.person(subscriber.lane, 2, &subscriber.person)?;
    person.name.clone_from(&subscriber.person);
    Some(person)
}

fn issue(bed: &Bed, play: &Play, person: &Person, party: &Party) -> Result<Value, String> {
    let token = honest(bed, play, &Issue::default(), person, party)?
        .token()
        .compact();
    let count = lock(&play.tokens).len();
    let issued = Issued {
        compact: token.clone(),
        person: Some(person.clone()),
        party: Some(party.id.clone()),
        expires_s: now() + 300,
        genuine: true,
    };
    play.keep_token(usize::MAX, &format!("w4-{count}"), issued);
    Ok(
        json!({ "access_token": token, "token_type": "Bearer", "expires_in": 300, "impi": person.impi, "impu": person.impus.first() }),
    )
}

/// Ends a token, RFC 7009: whether it was one of ours or not, the answer is the same.
fn revoke(play: Option<&Play>, form: &[(String, String)]) -> (u16, Value) {
    let shown = form
        .iter()
        .find(|(name, _)| name == "token")
        .map(|(_, value)| value);
    if let Some(play) = play {
        for issued in lock(&play.tokens).values_mut() {
            issued.genuine &= Some(&issued.compact) != shown;
        }
    }
    (200, json!({}))
}

/// Waits for a request of the SUT.
pub(crate) async fn expect(
    bed: &Arc<Bed>,
    play: &Arc<Play>,
    step: usize,
    since: usize,
    verb: &Expect,
) -> Acted {
    let wanted = match verb.request.as_deref() {
        Some("introspection") => Interface::Introspection,
        Some("jwks") => Interface::Jwks,
        _ => Interface::W4,
    };
    let came = play.tap.until(bed.answer_time(), |events| {
        events
            .iter()
            .skip(since)
            .find_map(|event| match &event.what {
                What::Message {
                    interface,
                    direction: Direction::Received,
                    layer: Layer::Http,
                    ..
                } if *interface == wanted => Some(()),
                _ => None,
            })
    });
    if came.await.is_none() {
        play.timed_out(step, &format!("a request on {wanted}"), bed.answer_time());
    }
    Ok(())
}
