//! The WIC sends nothing on W2 behind a handshake that it must not take (RFC 6455 section 4.1).

use evidence::Interface;
use evidence::event::Layer;

use crate::context::Context;
use crate::ruling::Ruling;

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    let play = context.play;
    let frame = play.received().find(|message| {
        message.at >= play.lie_at()
            && message.interface == Interface::W2
            && matches!(message.layer, Layer::Sip | Layer::Websocket)
    });
    Ruling::unless(frame.map(|frame| {
        Ruling::broken(
            "no frame of the WIC behind this handshake",
            frame.summary(),
            [frame.n],
        )
    }))
}
