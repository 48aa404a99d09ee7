//! The portal's answers to the attack have no token and no identity that is not the asking user's.

use evidence::Interface;
use serde_json::Value;

use super::session::{User, contains_word, identities_in_lie, user_of};
use crate::context::Context;
use crate::identity;
use crate::play::{Message, Token};
use crate::ruling::Ruling;

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    let answers = context
        .http_requests()
        .filter(|request| request.interface == Interface::W1)
        .filter_map(|request| {
            let answer = context.play.http_answer(request)?;
            Some((user_of(context, request.step?), answer))
        });
    Ruling::all(answers.map(|(user, answer)| one(context, user, answer)))
}

fn one(context: &Context<'_, '_>, user: User<'_>, answer: &Message<'_>) -> Ruling {
    let broken = |expected: &str, came: String| {
        Ruling::broken(
            expected,
            format!("{came} in {}", answer.summary()),
            [answer.n],
        )
    };
    let released = context
        .play
        .tokens
        .iter()
        .filter(|token| identity::place(answer.bytes, token.compact).is_some());
    for token in released {
        if let Some(why) = not_his(context, user, token) {
            return broken("no token in the answer that is not the asking user's", why);
        }
    }
    if let Some(identity) = foreign_identity(context, user, answer) {
        return broken("no identity of somebody else in the answer", identity);
    }
    if answer.cut {
        return Ruling::undecided(
            "cut_body",
            format!("only the beginning of {} is in the log", answer.summary()),
        );
    }
    Ruling::Holds
}

/// Why a token is not the user's.
fn not_his(context: &Context<'_, '_>, user: User<'_>, token: &Token<'_>) -> Option<String> {
    let claims = identity::claims(token.compact);
    let anonymous =
        claims.as_ref().and_then(|claims| claims.get("anon")) == Some(&Value::Bool(true));
    let own = identity::of_token(context.play, *token);
    match user {
        User::Nobody => Some("a token for nobody who is logged in".to_owned()),
        User::Anonymous => {
            (claims.is_some() && !anonymous).then(|| "a token of an identified user".to_owned())
        }
        User::Person(_) if context.play.plan.registration == 3 => {
            let named = identities_in_lie(context);
            let his = !anonymous
                && !own.impi.as_ref().is_some_and(|impi| named.contains(impi))
                && !own.impus.iter().any(|impu| named.contains(impu));
            (!his).then(|| {
                format!(
                    "a token of {}",
                    own.impi.as_deref().unwrap_or("somebody else")
                )
            })
        }
        User::Person(person) => {
            let wanted = identity::impi(context.play, person)?;
            let found = own.impi?;
            (found != wanted).then(|| format!("a token of {found}"))
        }
    }
}

/// An identity of somebody else in an answer. The members of a pool are nobody's: there only what the lie named counts.
fn foreign_identity(
    context: &Context<'_, '_>,
    user: User<'_>,
    answer: &Message<'_>,
) -> Option<String> {
    let play = context.play;
    let text = String::from_utf8_lossy(answer.http()?.body);
    let own = match user {
        User::Person(person) if play.plan.registration != 3 => Some(person),
        _ => None,
    };
    let others = identity::people(play)
        .into_iter()
        .filter(|person| play.plan.registration != 3 && Some(*person) != own);
    let of_others = others.flat_map(|person| {
        identity::names_of(play, person)
            .into_iter()
            .filter(|name| name.contains('@'))
    });
    let is_own = |value: &str| {
        own.is_some_and(|person| {
            identity::impi(play, person) == Some(value) || identity::is_of(play, person, value)
        })
    };
    let mut forbidden: Vec<String> = of_others.map(str::to_owned).collect();
    // What the attack itself wrote is echoed by many an error page; it counts where the answer is a success.
    if answer.http_status().is_some_and(|status| status < 300) {
        forbidden.extend(
            identities_in_lie(context)
                .into_iter()
                .filter(|value| value.contains('@')),
        );
    }
    forbidden
        .into_iter()
        .find(|value| !is_own(value) && contains_word(&text, value))
}
