//! No token request of the portal names somebody else than its logged-in user.

use evidence::Interface;

use super::session::{identities_in_lie, logged_in};
use crate::context::Context;
use crate::identity;
use crate::play::Message;
use crate::ruling::Ruling;

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    let play = context.play;
    let smuggled = identities_in_lie(context);
    Ruling::unless(
        play.received()
            .filter(|message| message.at >= play.lie_at() && message.interface == Interface::W4)
            .find_map(|message| {
                let named = named(message);
                let users = logged_in(play, message.at);
                let own = |value: &str| users.iter().any(|user| is_name_of(context, user, value));
                // The members of a pool are nobody's: there only what the lie named counts.
                let foreign = |value: &str| {
                    play.plan.registration != 3
                        && identity::people(play)
                            .iter()
                            .any(|person| is_name_of(context, person, value))
                };
                let other = named
                    .iter()
                    .find(|value| !own(value) && (smuggled.contains(value) || foreign(value)))?;
                Some(Ruling::broken(
                    "a token request for the logged-in user",
                    format!("{other:?} in {}", message.summary()),
                    [message.n],
                ))
            }),
    )
}

/// The values of a request's form and query.
fn named(message: &Message<'_>) -> Vec<String> {
    let Some(http) = message.http().filter(|http| http.request.is_some()) else {
        return Vec::new();
    };
    http.form()
        .into_iter()
        .chain(http.query())
        .map(|(_, value)| value)
        .collect()
}

fn is_name_of(context: &Context<'_, '_>, person: &str, value: &str) -> bool {
    identity::names_of(context.play, person).contains(&value)
        || identity::is_of(context.play, person, value)
}
