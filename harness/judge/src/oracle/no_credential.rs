//! After the lie the WIC sends no credential: no digest response, no Basic, no Bearer, no token.

use super::told::told_at;
use crate::context::Context;
use crate::identity;
use crate::play::Message;
use crate::ruling::Ruling;

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    let Some(told) = told_at(context) else {
        return Ruling::undecided(
            "not_reached",
            "the WIC never came so far that the lie was told",
        );
    };
    Ruling::unless(
        context
            .play
            .received()
            .filter(|message| message.at > told)
            .find_map(|message| {
                let what = credential(message).or_else(|| {
                    identity::token_in(context.play, message.bytes).map(|_| "a token".to_owned())
                })?;
                Some(Ruling::broken(
                    "no credential of the WIC after the lie",
                    format!("{what} in {}", message.summary()),
                    [message.n],
                ))
            }),
    )
}

/// A credential in a message: Digest counts only with a response.
fn credential(message: &Message<'_>) -> Option<String> {
    let found = if let Some(sip) = message.request() {
        ["Authorization", "Proxy-Authorization"]
            .iter()
            .flat_map(|header| sip.credentials(header))
            .collect()
    } else {
        let values: Vec<&str> = message.http()?.all("Authorization").collect();
        values
            .into_iter()
            .flat_map(sip::Credentials::parse_all)
            .collect::<Vec<_>>()
    };
    found
        .into_iter()
        .find(|credentials| {
            !credentials.is("Digest")
                || credentials
                    .param("response")
                    .is_some_and(|response| !response.is_empty())
        })
        .map(|credentials| format!("{} credentials", credentials.scheme))
}
