//! The keys that our WAFs publish, and which of them signs.

use std::sync::Arc;

use evidence::event::Layer;
use jose::{Algorithm, Key};
use script::vocabulary::waf::Keys;
use serde_json::{Value, json};

use crate::bed::Bed;
use crate::play::{Play, lock};
use crate::roles::Acted;
use crate::world::Party;

/// What one WAF publishes in this case instead of its own keys.
#[derive(Clone, Debug)]
pub(crate) struct Published {
    node: String,
    key: Key,
    /// The own key stays beside it.
    beside: bool,
    answer: Option<String>,
}

/// What a request for keys is answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Where a redirect leads.
    pub(crate) location: Option<String>,
    /// `text/html` or `application/json`.
    pub(crate) kind: &'static str,
    pub(crate) body: String,
    /// No answer at all.
    pub(crate) silent: bool,
}

/// Publishes other keys, and waits until the SUT must have looked for them by what it declares.
pub(crate) async fn publish(bed: &Arc<Bed>, play: &Arc<Play>, step: usize, verb: &Keys) -> Acted {
    let party = play.party(verb.party.as_deref().unwrap_or("A"))?;
    let own = bed
        .world
        .keys
        .get(&party.waf)
        .ok_or_else(|| format!("no key of {}", party.waf))?;
    let kind = verb.keys.as_deref().unwrap_or("replaced");
    let key = match kind {
        "second" => {
            let undeclared =
                undeclared(bed).ok_or_else(|| "the SUT declares every algorithm".to_owned())?;
            Key::generate(undeclared).map_err(|why| why.to_string())?
        }
        "replaced" => Key::generate(Algorithm::ES256).map_err(|why| why.to_string())?,
        "as-other" => {
            let other = play.party(if party.id == "B" { "A" } else { "B" })?;
            let named = bed.world.keys.get(&other.waf);
            own.clone().with_kid(named.map_or("", Key::kid))
        }
        other => return Err(format!("no keys are called {other}").into()),
    };
    play.masked("kid", key.kid());
    let told = match &verb.answer {
        Some(answer) => format!("keys of {}: {kind}; served: {answer}", party.waf),
        None => format!("keys of {}: {kind}", party.waf),
    };
    play.stimulus(step, Layer::State, told);
    lock(&play.scene).keys = Some(Published {
        node: party.waf,
        key,
        beside: kind == "second",
        answer: verb.answer.clone(),
    });
    settled(bed).await;
    Ok(())
}

/// The first algorithm that a WAF may sign with and the SUT does not declare.
fn undeclared(bed: &Bed) -> Option<Algorithm> {
    let declared = bed.answers("token-algs");
    let known = [
        Algorithm::PS256,
        Algorithm::RS384,
        Algorithm::PS384,
        Algorithm::RS512,
        Algorithm::ES384,
    ];
    known
        .into_iter()
        .find(|each| declared.iter().all(|name| name != each.name()))
}

/// Waits until keys that were fetched before are too old for the SUT.
pub(crate) async fn settled(bed: &Bed) {
    // A cache runs out unseen: nothing tells.
    tokio::time::sleep(bed.seconds("key-refetch", 1.0)).await;
}

/// The key that signs a token of a party.
pub(crate) fn signing(
    bed: &Bed,
    play: &Play,
    party: &Party,
    which: Option<&str>,
) -> Result<Key, String> {
    let published = lock(&play.scene).keys.clone();
    let published = published.filter(|keys| keys.node == party.waf && which != Some("former"));
    published
        .map(|keys| keys.key)
        .or_else(|| bed.world.keys.get(&party.waf).cloned())
        .ok_or_else(|| format!("no key of {}", party.waf))
}

/// Answers a request for the keys of a node.
pub(crate) fn served(bed: &Bed, node: &str) -> Answer {
    let all = bed.board.all();
    let told = all.iter().find_map(|play| lock(&play.scene).keys.clone());
    let own = told.as_ref().filter(|keys| keys.node == node);
    let mut answer = Answer {
        status: 200,
        location: None,
        kind: "application/json",
        body: document(bed, node, told.as_ref()).to_string(),
        silent: false,
    };
    match own.and_then(|keys| keys.answer.as_deref()) {
        // The body is one that an edge would take if it did not look at the status.
        Some("error") => answer.status = 500,
        Some("html") => {
            answer.kind = "text/html";
            answer.body = "<!DOCTYPE html><title>Maintenance</title>".to_owned();
        }
        Some("empty") => answer.body = json!({ "keys": [] }).to_string(),
        Some("redirect") => {
            answer.status = 302;
            answer.location = Some(bed.world.stranger.jwks_uri.clone());
        }
        Some("none") => answer.silent = true,
        _ => {}
    }
    answer
}

fn document(bed: &Bed, node: &str, told: Option<&Published>) -> Value {
    let Some(own) = bed.world.keys.get(node) else {
        return json!({ "keys": [] });
    };
    if node == "waf-x" {
        return of_foe(bed, own, told);
    }
    match told.filter(|keys| keys.node == node) {
        Some(keys) if keys.beside => jose::jwks(&[own, &keys.key]),
        Some(keys) => jose::jwks(&[&keys.key]),
        None => jose::jwks(&[own]),
    }
}

/// The enemy publishes its key under everybody's name: a token that points here still names the genuine one. It has the
/// new key of whoever redirects to it, too.
fn of_foe(bed: &Bed, own: &Key, told: Option<&Published>) -> Value {
    let mut named: Vec<Key> = bed
        .world
        .keys
        .values()
        .map(|key| own.clone().with_kid(key.kid()))
        .collect();
    let redirected = told.filter(|keys| keys.answer.as_deref() == Some("redirect"));
    named.extend(redirected.map(|keys| keys.key.clone()));
    jose::jwks(&named.iter().collect::<Vec<_>>())
}
