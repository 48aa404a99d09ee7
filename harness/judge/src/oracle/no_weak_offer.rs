//! The SUT's hello, as a TLS client, offers no suite without encryption or authentication, of export strength, or with RC4.

use evidence::event::Side;

use super::tls_refused::is_weak;
use crate::context::Context;
use crate::ruling::Ruling;

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    let play = context.play;
    let offers: Vec<_> = play
        .connections
        .values()
        .filter(|connection| connection.by == Some(Side::Sut))
        .filter_map(|connection| Some((connection.opened, &connection.tls()?.offered)))
        .filter(|(_, offered)| !offered.is_empty())
        .collect();
    if offers.is_empty() {
        return Ruling::undecided("no_hello_seen", "no hello of the SUT is in this play");
    }
    Ruling::unless(offers.into_iter().find_map(|(opened, offered)| {
        let weak = offered
            .iter()
            .find(|word| suite(word).is_some_and(is_weak))?;
        Some(Ruling::broken(
            "a hello without broken suites",
            format!("suite {weak}"),
            play.events.get(opened).map(|event| event.n),
        ))
    }))
}

/// The number of a suite as the log has it, `0xc02b` or `c02b`. The two SCSVs are signals, not suites.
fn suite(word: &str) -> Option<u16> {
    let digits = word.trim_start_matches("0x");
    (digits.len() == 4)
        .then(|| u16::from_str_radix(digits, 16).ok())
        .flatten()
        .filter(|number| !matches!(number, 0x00ff | 0x5600))
}
