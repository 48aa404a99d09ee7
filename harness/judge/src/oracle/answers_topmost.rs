//! Of several challenges the WIC answers the topmost by an algorithm that it declares (RFC 8760 2.4, RFC 7616 3.7).

use evidence::Interface;

use crate::context::Context;
use crate::play::{Message, Play};
use crate::ruling::Ruling;

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    let play = context.play;
    let Some((at, topmost)) = challenged(play) else {
        return Ruling::undecided(
            "not_reached",
            "no challenge by a declared algorithm came to the WIC",
        );
    };
    let answer = play
        .received()
        .filter(|message| message.at > at && message.interface == Interface::W2)
        .find_map(|message| Some((message, answered(message)?)));
    let Some((message, algorithm)) = answer else {
        return Ruling::undecided("no_answer", "the WIC answered no challenge");
    };
    Ruling::unless((algorithm != topmost).then(|| {
        Ruling::broken(
            format!("an answer by {topmost}"),
            format!("one by {algorithm} in {}", message.summary()),
            [message.n],
        )
    }))
}

/// Where the first challenge is, and the topmost algorithm in it that the WIC declares.
fn challenged(play: &Play<'_>) -> Option<(usize, String)> {
    let declared = play.answer_list("digest-algs");
    let challenge = play.sent().find(|message| {
        message.interface == Interface::W2 && matches!(message.status(), Some(401 | 407))
    })?;
    let lines = challenge.sip()?.credentials("WWW-Authenticate");
    let mut offered = lines.iter().filter(|line| line.is("Digest")).map(algorithm);
    let topmost = offered.find(|name| declared.contains(name))?;
    Some((challenge.at, topmost))
}

/// The algorithm of a response in a request.
fn answered(message: &Message<'_>) -> Option<String> {
    let shown = message.request()?.credentials("Authorization");
    let responds = |each: &&sip::Credentials| {
        let response = each.param("response");
        each.is("Digest") && response.is_some_and(|response| !response.is_empty())
    };
    shown.iter().find(responds).map(algorithm)
}

/// As SUT files write it; credentials that name none are by MD5.
fn algorithm(credentials: &sip::Credentials) -> String {
    let name = credentials.param("algorithm").unwrap_or("MD5");
    name.to_ascii_lowercase()
}
