//! Introspection at our WAF (RFC 7662): the honest answer about a token, and those that a script has in its place.

use script::vocabulary::waf::Introspection;
use serde_json::{Value, json};

use crate::bed::Bed;
use crate::play::{Issued, Play, lock};
use crate::roles::waf::now;
use crate::world::Person;

/// Whether the script has no answer for the token that is asked after.
pub(super) fn silent(play: Option<&Play>, form: &[(String, String)]) -> bool {
    let told = play.and_then(|play| introspection_of(play, shown(form)));
    told.is_some_and(|told| told.answer.as_deref() == Some("none"))
}

fn shown(form: &[(String, String)]) -> &str {
    form.iter()
        .find(|(name, _)| name == "token")
        .map_or("", |(_, value)| value.as_str())
}

/// What the script tells of the introspection of a token.
fn introspection_of(play: &Play, shown: &str) -> Option<Introspection> {
    let tokens = lock(&play.tokens);
    let (name, _) = tokens.iter().find(|(_, issued)| issued.compact == shown)?;
    let scene = lock(&play.scene);
    let of_token = |told: &&Introspection| told.token.as_ref() == Some(name);
    scene.introspection.iter().find(of_token).cloned()
}

/// Judges the token that it is shown: active is only what was honestly issued and has not run out.
pub(super) fn answer(bed: &Bed, play: Option<&Play>, form: &[(String, String)]) -> (u16, Value) {
    let shown = shown(form);
    let Some(play) = play else {
        return (200, json!({ "active": false }));
    };
    let tokens = lock(&play.tokens).clone();
    let known = tokens.iter().find(|(_, issued)| issued.compact == shown);
    let told = introspection_of(play, shown);
    let honest = known
        .filter(|(_, issued)| issued.genuine && issued.expires_s > now())
        .and_then(|(_, issued)| active(bed, play, issued, None));
    match told.as_ref().and_then(|told| told.answer.as_deref()) {
        // The body is one that an edge would take if it did not look at the status.
        Some("error") => (
            500,
            honest.unwrap_or_else(|| json!({ "error": "server_error" })),
        ),
        Some("inactive") => {
            let mut answer = honest.unwrap_or_else(|| json!({}));
            answer["active"] = Value::Bool(false);
            (200, answer)
        }
        Some("not-json") => (200, Value::String("active".to_owned())),
        Some(departs) if departs != "other" => (200, departing(play, departs, honest)),
        Some("other") => {
            let person = told.as_ref().and_then(|told| told.person.as_deref());
            let other =
                known.and_then(|(_, issued)| active(bed, play, issued, play.person(person).ok()));
            (200, other.unwrap_or_else(|| json!({ "active": false })))
        }
        _ => (200, honest.unwrap_or_else(|| json!({ "active": false }))),
    }
}

/// An honest answer with one thing otherwise.
fn departing(play: &Play, departs: &str, honest: Option<Value>) -> Value {
    let mut answer = honest.unwrap_or_else(|| json!({}));
    match departs {
        "active-text" => answer["active"] = json!("false"),
        "active-number" => answer["active"] = json!(1),
        "active-missing" => {
            answer
                .as_object_mut()
                .map(|members| members.remove("active"));
        }
        "foreign" => {
            let own = answer["iss"].as_str().unwrap_or_default().to_owned();
            let others = ["A", "B"].into_iter().filter_map(|id| play.party(id).ok());
            for other in others.filter(|other| other.issuer != own) {
                answer["iss"] = json!(other.issuer);
                answer["client_id"] = json!(other.client_id);
                answer["wwsf"] = json!(other.wwsf_name);
            }
        }
        "expired" => answer["exp"] = json!(now().saturating_sub(7200)),
        "other-audience" => answer["aud"] = json!("https://ims.other.example"),
        _ => {}
    }
    answer
}

fn active(bed: &Bed, play: &Play, issued: &Issued, instead: Option<Person>) -> Option<Value> {
    let person = instead.or_else(|| issued.person.clone())?;
    // By its own id: what a script calls A is another party in registration 3.
    let id = issued.party.as_deref()?;
    let party = play
        .world
        .public
        .parties
        .iter()
        .find(|party| party.id == id)?;
    let mut answer = json!({
        "active": true, "impi": person.impi, "impu": [person.impus.first()?], "iss": party.issuer, "client_id": party.client_id,
        "wwsf": party.wwsf_name, "aud": play.world.public.audience, "exp": issued.expires_s, "token_type": "Bearer",
        "anon": person.anonymous,
    });
    if let Ok(Some(confirmation)) = bed.confirmation(&person) {
        answer["cnf"] = confirmation;
    }
    Some(answer)
}
