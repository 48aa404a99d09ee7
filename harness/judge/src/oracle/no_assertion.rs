//! No request of the attack but REGISTER is on Mw with an asserted or served identity: nobody is asserted who is not registered.

use crate::context::Context;
use crate::ruling::Ruling;

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    Ruling::unless(
        context
            .on_mw()
            .filter(|message| message.request_of("REGISTER").is_none())
            .find_map(|message| {
                let request = message.request()?;
                let (header, value) = ["P-Asserted-Identity", "P-Served-User"]
                    .iter()
                    .find_map(|header| Some((header, request.field(header)?)))?;
                let came = format!(
                    "{header}: {} in {}",
                    crate::play::shortened(&value, 120),
                    message.summary()
                );
                Some(Ruling::broken(
                    "no request on Mw that asserts an identity which is not registered here",
                    came,
                    [message.n],
                ))
            }),
    )
}
