//! What the ServerHello says that answers a hand-made hello of TLS 1.2.

use evidence::event::Layer;

use super::tls_record::ServerHello;
use crate::context::Context;
use crate::ruling::Ruling;

const TLS_1_2: u16 = 0x0303;
/// The end of the random value of a server that speaks TLS 1.3 and answers a client by TLS 1.2 (RFC 8446 section 4.1.3).
const DOWNGRADED_FROM_1_3: [u8; 8] = *b"DOWNGRD\x01";
/// `renegotiation_info` (RFC 5746 section 3.2).
const RENEGOTIATION_INFO: u16 = 0xff01;

/// A server that speaks TLS 1.3 refuses the hello or marks its answer.
pub(super) fn marked(context: &Context<'_, '_>) -> Ruling {
    each(context, |hello| {
        let unmarked = hello.version == TLS_1_2 && hello.mark != DOWNGRADED_FROM_1_3;
        unmarked.then_some((
            "an alert, an end, or a ServerHello with the mark of a server that speaks TLS 1.3",
            "a ServerHello of TLS 1.2 without the mark",
        ))
    })
}

/// A server refuses the hello or says that a renegotiation would be bound to the first handshake: the extension is there, and
/// empty, for there was no handshake before (RFC 5746 section 3.6).
pub(super) fn renegotiation(context: &Context<'_, '_>) -> Ruling {
    each(context, |hello| {
        let wanted = "an alert, an end, or a ServerHello with an empty renegotiation_info";
        match hello.extension(RENEGOTIATION_INFO) {
            _ if hello.version != TLS_1_2 => None,
            Some([0]) => None,
            Some(_) => Some((wanted, "a renegotiation_info that is not empty")),
            None => Some((wanted, "a ServerHello without renegotiation_info")),
        }
    })
}

type Wrong = Option<(&'static str, &'static str)>;

/// Asks each ServerHello that answers a hand-made hello of the attack.
fn each(context: &Context<'_, '_>, wrong: impl Fn(&ServerHello) -> Wrong) -> Ruling {
    let play = context.play;
    let hellos = play.sent().filter(|message| {
        message.layer == Layer::Tls && message.step.is_some_and(|step| context.is_judged(step))
    });
    let answers = hellos.filter_map(|hello| {
        let came = || {
            play.received().filter(|message| {
                message.connection == hello.connection && message.layer == Layer::Tls
            })
        };
        let bytes: Vec<u8> = came()
            .flat_map(|message| message.bytes.iter().copied())
            .collect();
        let (wanted, found) = wrong(&ServerHello::read(&bytes)?)?;
        Some(Ruling::broken(
            wanted,
            found,
            came().next().map(|message| message.n),
        ))
    });
    Ruling::all(answers)
}
