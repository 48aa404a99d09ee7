//! A TLS client ends every connection to the bad listener of the case and sends not one application byte. Which alert it sends,
//! if any, is evidence and no condition.

use evidence::Interface;
use evidence::event::{Layer, Side};
use script::vocabulary::{Verb, ep_cscf, waf, wwsf};

use super::tls_record::went_on;
use crate::context::Context;
use crate::play::{Connection, Play};
use crate::ruling::Ruling;

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    let play = context.play;
    let Some(on) = context
        .lie_step()
        .and_then(|step| play.verb(step))
        .and_then(listeners)
    else {
        return Ruling::undecided("no_listener", "the departing step is no listener of ours");
    };
    let bad: Vec<(u32, &Connection<'_>)> = bad(play, on).collect();
    if bad.is_empty() {
        return Ruling::undecided("not_reached", "the SUT never connected to the bad listener");
    }
    Ruling::all(
        bad.into_iter()
            .map(|(number, connection)| one(play, number, connection)),
    )
}

/// The interfaces of a listener that shows a bad certificate or an old version.
fn listeners(verb: &Verb) -> Option<&'static [Interface]> {
    match verb {
        Verb::Wwsf(wwsf::Verb::Serve(_)) => Some(&[Interface::W1]),
        Verb::EpCscf(ep_cscf::Verb::Serve(_)) => Some(&[Interface::W2]),
        Verb::Waf(waf::Verb::Serve(_)) => {
            Some(&[Interface::W4, Interface::Introspection, Interface::Jwks])
        }
        _ => None,
    }
}

/// The SUT's connections to it, but for those that were shown the honest certificate: where the lie is told from the second
/// connection on, the first one is none.
fn bad<'p, 'a>(
    play: &'p Play<'a>,
    on: &'static [Interface],
) -> impl Iterator<Item = (u32, &'p Connection<'a>)> {
    let since = play.lie_at();
    let ours = move |connection: &Connection<'_>| {
        connection.by == Some(Side::Sut)
            && connection.opened >= since
            && connection
                .interface
                .is_some_and(|interface| on.contains(&interface))
    };
    play.connections
        .iter()
        .filter(move |(_, connection)| ours(connection) && !connection.was_shown_honest())
        .map(|(number, connection)| (*number, connection))
}

fn one(play: &Play<'_>, number: u32, connection: &Connection<'_>) -> Ruling {
    let expected = "not one application byte to a server that is not who it must be";
    let of_it = || {
        play.received()
            .filter(move |message| message.connection == number)
    };
    if let Some(message) =
        of_it().find(|message| matches!(message.layer, Layer::Http | Layer::Sip | Layer::Websocket))
    {
        return Ruling::broken(expected, message.summary(), [message.n]);
    }
    let records: Vec<u8> = of_it()
        .filter(|message| message.layer == Layer::Tls)
        .flat_map(|message| message.bytes.iter().copied())
        .collect();
    if went_on(&records) {
        let last = of_it().last().map(|message| message.n);
        return Ruling::broken(
            "a handshake that the client does not go on with",
            "a ClientKeyExchange",
            last,
        );
    }
    if connection.ended_by_sut() {
        Ruling::Holds
    } else {
        Ruling::undecided(
            "still_open",
            format!("connection {number} to the bad listener was still open when the case ended"),
        )
    }
}
