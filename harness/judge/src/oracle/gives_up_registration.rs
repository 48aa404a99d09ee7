//! After the lie the WIC sends no further REGISTER, and its driver does not say that it is registered.

use evidence::What;

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
    let again = again.map(|again| {
        Ruling::broken(
            "no REGISTER of the WIC after the lie",
            again.summary(),
            [again.n],
        )
    });
    Ruling::unless(again.or_else(|| claimed(context, told)))
}

/// The driver's word that the WIC is registered: what it takes for a registration is none.
fn claimed(context: &Context<'_, '_>, told: usize) -> Option<Ruling> {
    let behind = context.play.events.iter().skip(told);
    behind
        .filter_map(|event| match &event.what {
            What::Hook { name, answer, .. } if name == "visit" => Some((event.n, answer)),
            _ => None,
        })
        .find(|(_, answer)| answer["registered"] == true)
        .map(|(n, _)| {
            Ruling::broken(
                "a WIC that does not take the lie for a registration",
                "its driver says that it is registered",
                [n],
            )
        })
}
