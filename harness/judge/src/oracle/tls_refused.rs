//! A TLS server refuses the hello: an alert or an end, and no ServerHello that takes what was offered.

use evidence::event::{Layer, Side};

use super::tls_record::ServerHello;
use crate::context::Context;
use crate::play::{Message, Play};
use crate::ruling::Ruling;

/// TLS 1.2 (RFC 5246); what is below it must be refused (RFC 8996).
const TLS_1_2: u16 = 0x0303;

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    let play = context.play;
    let judged = |step: Option<usize>| step.is_some_and(|step| context.is_judged(step));
    let hellos: Vec<&Message<'_>> = play
        .sent()
        .filter(|message| message.layer == Layer::Tls && judged(message.step))
        .collect();
    let by_hand = hellos.iter().map(|hello| answer(play, hello));
    let secured = play
        .connections
        .values()
        // The SUT may fetch keys meanwhile; that handshake is its own.
        .filter(|connection| connection.by != Some(Side::Sut) && judged(connection.step))
        .filter_map(|connection| {
            let tls = connection.secured?;
            let came = format!(
                "the handshake finished: {} {}",
                tls.version.as_deref().unwrap_or("?"),
                tls.suite.as_deref().unwrap_or("")
            );
            Some(Ruling::broken(
                "a handshake that does not finish",
                came,
                play.events.get(connection.opened).map(|event| event.n),
            ))
        });
    Ruling::all(by_hand.chain(secured))
}

fn answer(play: &Play<'_>, hello: &Message<'_>) -> Ruling {
    let came: Vec<&Message<'_>> = play
        .received()
        .filter(|message| message.connection == hello.connection && message.layer == Layer::Tls)
        .collect();
    let bytes: Vec<u8> = came
        .iter()
        .flat_map(|message| message.bytes.iter().copied())
        .collect();
    match ServerHello::read(&bytes) {
        Some(answer) if answer.version < TLS_1_2 || is_weak(answer.suite) => {
            let text = format!(
                "a ServerHello that selects version 0x{:04x} and suite 0x{:04x}",
                answer.version, answer.suite
            );
            Ruling::broken(
                "an alert or an end, no ServerHello",
                text,
                came.first().map(|message| message.n),
            )
        }
        _ => Ruling::Holds,
    }
}

/// Suites without encryption or authentication, of export strength, or with RC4 (RFC 7465, RFC 9325 section 4.1).
pub(super) fn is_weak(suite: u16) -> bool {
    matches!(
        suite,
        0x0000..=0x0006 | 0x0008 | 0x000b | 0x000e | 0x0011 | 0x0014 | 0x0017..=0x001b | 0x0020 | 0x0024 | 0x0026..=0x002e | 0x0034
            | 0x003a | 0x003b | 0x0046 | 0x0060..=0x0066 | 0x006c | 0x006d | 0x0089 | 0x008a | 0x008e | 0x0092 | 0x009b | 0x00a6 | 0x00a7
            | 0x00b0 | 0x00b1 | 0x00b4 | 0x00b5 | 0x00b8 | 0x00b9 | 0x00bf | 0x00c5 | 0xc001 | 0xc002 | 0xc006 | 0xc007 | 0xc00b | 0xc00c
            | 0xc010 | 0xc011 | 0xc015..=0xc019 | 0xc033 | 0xc039..=0xc03b
    )
}
