//! After the lie the WIC sends no further REGISTER.

use super::told::told_at;
use crate::context::Context;
use crate::ruling::Ruling;

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    let Some(told) = told_at(context) else {
        return Ruling::undecided(
            "not_reached",
            "the WIC never came so far that the lie was told",
        );
    };
    let again = context
        .play
        .received()
        .find(|message| message.at > told && message.request_of("REGISTER").is_some());
    Ruling::unless(again.map(|again| {
        Ruling::broken(
            "no REGISTER of the WIC after the lie",
            again.summary(),
            [again.n],
        )
    }))
}
