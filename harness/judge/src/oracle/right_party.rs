//! The third party that is named is the one that issued the token: on Mw in the declared carrier, or in the token of a WAF.

use evidence::{Role, What};
use script::vocabulary::{Verb, wwsf};
use serde_json::Value;

use crate::context::Context;
use crate::identity;
use crate::play::{Message, Play, Token};
use crate::ruling::Ruling;

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    if context.play.plan.sut == Some(Role::Waf) {
        return Ruling::all(
            context
                .play
                .tokens
                .iter()
                .map(|token| in_token(context.play, token)),
        );
    }
    if identity::carrier(context.play) == "evidence" {
        return in_records(context);
    }
    Ruling::all(
        context
            .registers_on_mw()
            .map(|(message, register)| on_mw(context, message, register)),
    )
}

fn on_mw(context: &Context<'_, '_>, message: &Message<'_>, register: &sip::Message) -> Ruling {
    let Some(cause) = context.cause_of(message) else {
        return Ruling::undecided(
            "unknown_cause",
            format!("nothing tells which request led to {}", message.summary()),
        );
    };
    let named = identity::parties(context.play, register);
    let own = identity::own(context.play, cause);
    let carrier = identity::carrier(context.play);
    let Some(expected) = own.entity else {
        // Without a token there is no party; none may be named then.
        return Ruling::unless(named.first().map(|party| {
            Ruling::broken(
                "no third party on Mw without a token",
                format!("{carrier}={party:?} in {}", message.summary()),
                [message.n],
            )
        }));
    };
    if named.len() == 1 && named[0] == expected {
        return Ruling::Holds;
    }
    let came = if named.is_empty() {
        "none".to_owned()
    } else {
        named.join(" and ")
    };
    Ruling::broken(
        format!("{carrier}={expected:?}, once"),
        format!("{came} in {}", message.summary()),
        [cause.n, message.n],
    )
}

/// A token of a WAF under test names the third party: the issuer, the client that asked, and the WWSF where a claim for it is declared.
fn in_token(play: &Play<'_>, token: &Token<'_>) -> Ruling {
    let party = match play.verb(token.step) {
        Some(Verb::Wwsf(wwsf::Verb::Request(request))) => request.party.as_deref(),
        Some(Verb::Wwsf(wwsf::Verb::Exchange(exchange))) => exchange.party.as_deref(),
        _ => return Ruling::Holds,
    };
    let Some(claims) = identity::claims(token.compact) else {
        return Ruling::undecided(
            "unreadable_token",
            "the token has no claims that could be read",
        );
    };
    let party = party.unwrap_or("A");
    let wwsf = identity::entity(play, party).filter(|_| play.plan.registration == 3);
    let asked = [
        (play.answer("claim-party").unwrap_or("iss"), None, true),
        (
            "client_id",
            identity::of_party(play, party, "client-id"),
            false,
        ),
        (play.answer("claim-wwsf").unwrap_or_default(), wwsf, true),
    ];
    Ruling::unless(
        asked
            .into_iter()
            .filter(|(claim, ..)| !claim.is_empty())
            .find_map(|(claim, wanted, must)| {
                let found = claims.get(claim).map(identity::strings).unwrap_or_default();
                let fits = match (found.as_slice(), wanted) {
                    ([], _) => !must,
                    (_, None) => true,
                    (found, Some(wanted)) => found.iter().any(|value| value == wanted),
                };
                let came = claims.get(claim).map_or_else(
                    || format!("no {claim}"),
                    |value| format!("{claim} = {value}"),
                );
                let expected = wanted.map_or_else(
                    || format!("{claim} in the token"),
                    |wanted| format!("{claim} = {wanted:?} in the token"),
                );
                (!fits).then(|| {
                    Ruling::broken(
                        expected,
                        came,
                        play.events.get(token.at).map(|event| event.n),
                    )
                })
            }),
    )
}

/// Where only the operator's records tell the party.
fn in_records(context: &Context<'_, '_>) -> Ruling {
    let mut expected = context
        .requests()
        .filter_map(|request| identity::own(context.play, request).entity);
    let Some(expected) = expected.next() else {
        return Ruling::undecided(
            "unknown_party",
            "no request of the attack has a token that names a party",
        );
    };
    let asked = context
        .play
        .events
        .iter()
        .filter_map(|event| match &event.what {
            What::Hook { name, answer, .. } if name == "evidence" => Some((event.n, answer)),
            _ => None,
        });
    let records: Vec<(u32, &Value)> = asked
        .flat_map(|(n, answer)| records(answer).map(move |record| (n, record)))
        .collect();
    if records.is_empty() {
        return Ruling::undecided(
            "no_evidence_hook",
            "the records of the SUT were not asked, and nothing on Mw tells the party",
        );
    }
    Ruling::unless(records.into_iter().find_map(|(n, record)| {
        let party = record.get("party")?;
        (party.as_str() != Some(&expected)).then(|| {
            Ruling::broken(
                format!("party {expected:?} in the records"),
                party.to_string(),
                [n],
            )
        })
    }))
}

/// The records in a hook's answer: the list itself, or its member `records`.
pub(super) fn records(answer: &Value) -> impl Iterator<Item = &Value> {
    answer
        .as_array()
        .or_else(|| answer.get("records")?.as_array())
        .into_iter()
        .flatten()
}
