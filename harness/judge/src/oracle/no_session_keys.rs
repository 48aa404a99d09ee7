//! IK and CK that a challenge of the core has stay in the network (TS 24.229 5.2.2): the WIC sees neither the parameters nor the keys.

use evidence::Interface;

use crate::context::Context;
use crate::play::{Message, Play};
use crate::ruling::Ruling;

/// Their names in a challenge.
const NAMES: [&str; 2] = ["ik", "ck"];

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    let play = context.play;
    let keys: Vec<String> = play
        .sent()
        .filter(|message| message.interface == Interface::Mw)
        .flat_map(keys)
        .collect();
    if keys.is_empty() {
        return Ruling::undecided("no_keys", "no challenge of the core had session keys");
    }
    if !relayed(play) {
        return Ruling::undecided("not_reached", "no challenge came to the WIC");
    }
    Ruling::unless(
        play.received()
            .filter(|message| message.interface == Interface::W2)
            .find_map(|message| {
                let place = place(message, &keys)?;
                Some(Ruling::broken(
                    "a challenge without the session keys",
                    format!("{place} in {}", message.summary()),
                    [message.n],
                ))
            }),
    )
}

/// The keys in the challenges of a message.
fn keys(message: &Message<'_>) -> Vec<String> {
    let challenges = message.sip().map(|sip| sip.credentials("WWW-Authenticate"));
    let parameter = |challenge: &sip::Credentials| -> Vec<String> {
        let values = NAMES.iter().filter_map(|name| challenge.param(name));
        values.map(str::to_owned).collect()
    };
    challenges.iter().flatten().flat_map(parameter).collect()
}

/// Whether a challenge came to the WIC, so that what is missing in it was left out.
fn relayed(play: &Play<'_>) -> bool {
    play.received()
        .any(|message| message.interface == Interface::W2 && message.status() == Some(401))
}

fn place(message: &Message<'_>, keys: &[String]) -> Option<&'static str> {
    if !self::keys(message).is_empty() {
        return Some("a parameter ik or ck");
    }
    let text = String::from_utf8_lossy(message.bytes).to_ascii_lowercase();
    let shown = keys
        .iter()
        .any(|key| text.contains(&key.to_ascii_lowercase()));
    shown.then_some("the digits of a session key")
}
