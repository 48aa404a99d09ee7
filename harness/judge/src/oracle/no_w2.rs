//! The WIC says nothing on W2: no upgrade, no SIP.

use evidence::Interface;

use crate::context::Context;
use crate::ruling::Ruling;

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    let play = context.play;
    let said = play.received().find(|message| {
        message.at >= play.lie_at()
            && message.interface == Interface::W2
            && (message.is_http_request() || message.sip().is_some())
    });
    Ruling::unless(
        said.map(|said| Ruling::broken("nothing of the WIC on W2", said.summary(), [said.n])),
    )
}
