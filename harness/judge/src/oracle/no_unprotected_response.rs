//! After the lie the WIC sends no Digest response without qop, cnonce and nc, the form of RFC 2069 that anybody may prepare answers
//! for. A response with them is right, also where the challenge does not ask for them: nothing is weaker then.

use evidence::Interface;

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
    let requests = context.play.received().filter(|message| {
        message.at > told && message.interface == Interface::W2 && message.request().is_some()
    });
    let mut requests = requests.filter_map(|message| {
        let shown = message.request()?.credentials("Authorization");
        let missing = shown.iter().find_map(missing)?;
        Some(Ruling::broken(
            "no response without qop, cnonce and nc",
            format!("no {missing} in {}", message.summary()),
            [message.n],
        ))
    });
    Ruling::unless(requests.next())
}

/// What a response lacks.
fn missing(credentials: &sip::Credentials) -> Option<&'static str> {
    let given = |name: &str| {
        credentials
            .param(name)
            .is_some_and(|value| !value.is_empty())
    };
    let responds = credentials.is("Digest") && given("response");
    ["qop", "cnonce", "nc"]
        .into_iter()
        .find(|name| responds && !given(name))
}
