//! What a SUT keeps on record has no token in it, and no signature of one: whoever reads records could register with the one, and
//! complete known claims with the other.

use evidence::What;

use crate::context::Context;
use crate::identity;
use crate::play::{Play, Token};
use crate::ruling::Ruling;

use super::right_party::records;

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    let play = context.play;
    let answers: Vec<(u32, String)> = play
        .events
        .iter()
        .filter_map(|event| match &event.what {
            What::Hook { name, answer, .. } if name == "evidence" => {
                let some = records(answer).next().is_some();
                some.then(|| (event.n, answer.to_string()))
            }
            _ => None,
        })
        .collect();
    if answers.is_empty() {
        return Ruling::undecided("no_records", "the SUT told no records of this play");
    }
    Ruling::unless(answers.iter().find_map(|(n, text)| {
        let place = kept(play, text)?;
        Some(Ruling::broken(
            "records without a token",
            format!("{place} in what the hook evidence answered"),
            [*n],
        ))
    }))
}

/// What of a token stands in a text.
fn kept(play: &Play<'_>, text: &str) -> Option<&'static str> {
    if identity::token_in(play, text.as_bytes()).is_some() {
        return Some("a token");
    }
    let signature = |token: &Token<'_>| {
        token
            .compact
            .rsplit_once('.')
            .is_some_and(|(_, signature)| identity::place(text.as_bytes(), signature).is_some())
    };
    play.tokens
        .iter()
        .any(signature)
        .then_some("the signature of a token")
}
