//! A token of the WAF tells exactly one IMPI, the user's, and at least one IMPU, all of that IMPI: in its claims, beside it, or by
//! introspection.

use evidence::Interface;
use evidence::record::Kind;
use serde_json::Value;

use super::issued::{Issued, issued};
use crate::context::Context;
use crate::identity;
use crate::play::Play;
use crate::ruling::Ruling;

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    let tokens = issued(context);
    if tokens.is_empty() && context.case.kind == Kind::Attack {
        // An attack that is refused altogether brings nobody's identity.
        return Ruling::Holds;
    }
    if tokens.is_empty() {
        return Ruling::undecided(
            "no_token_seen",
            "no answer of the WAF in this play has a token",
        );
    }
    Ruling::all(tokens.iter().map(|token| one(context.play, token)))
}

fn one(play: &Play<'_>, token: &Issued<'_, '_>) -> Ruling {
    let claims = identity::claims(&token.compact);
    let introspected = introspected(play);
    let told = |item: &str, default: &str| {
        let name = play.answer(item).unwrap_or(default);
        let value: Option<&Value> = claims
            .as_ref()
            .and_then(|claims| claims.get(name))
            .or_else(|| token.answer.get(default))
            .or_else(|| introspected.as_ref()?.get(name));
        value.map(identity::strings).unwrap_or_default()
    };
    let broken = |expected: String, came: String| Ruling::broken(expected, came, [token.message.n]);
    let impis = told("claim-impi", "impi");
    if impis.is_empty() && claims.is_none() && introspected.is_none() {
        return Ruling::undecided(
            "opaque_token",
            "the token says nothing by itself, its answer names nobody, and it was not introspected",
        );
    }
    let [impi] = impis.as_slice() else {
        return broken(
            "exactly one IMPI with the token".to_owned(),
            format!("{} of them {}", impis.len(), impis.join(", ")),
        );
    };
    let user = token.message.step.map(|step| user_of(play, step));
    if play.plan.registration != 3
        && let Some(wanted) = user.and_then(|user| identity::impi(play, user))
        && impi != wanted
    {
        return broken(format!("IMPI {wanted}, the user's"), format!("IMPI {impi}"));
    }
    let impus = told("claim-impu", "impu");
    if impus.is_empty() && play.answer("token-impu") != Some("impi-only") {
        return broken("an IMPU with the token".to_owned(), "none".to_owned());
    }
    let owner = identity::people(play)
        .into_iter()
        .find(|person| identity::impi(play, person) == Some(impi));
    let foreign = owner.and_then(|owner| {
        impus
            .iter()
            .find(|impu| !identity::is_of(play, owner, impu))
    });
    foreign.map_or(Ruling::Holds, |impu| {
        broken(format!("only IMPUs of {impi}"), format!("IMPU {impu}"))
    })
}

/// What the last question after an active token was answered by.
fn introspected(play: &Play<'_>) -> Option<Value> {
    let answers = play.received().filter(|message| {
        message.interface == Interface::Introspection && message.http_status().is_some()
    });
    let told = answers.filter_map(|message| message.http()?.json());
    told.filter(|json| json.get("active") == Some(&Value::Bool(true)))
        .last()
}

/// The user whom a request is for: the person of its step, or of the last authorisation before it.
fn user_of<'a>(play: &Play<'a>, step: usize) -> &'a str {
    let named = (0..=step).rev().find_map(|at| play.field(at, "person"));
    named.unwrap_or("alice")
}
