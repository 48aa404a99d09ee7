//! A REGISTER on Mw has one Authorization: the edge's, in place of whatever the WIC sent.

use crate::context::Context;
use crate::ruling::Ruling;

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    Ruling::unless(context.registers_on_mw().find_map(|(message, register)| {
        let lines: Vec<String> = register
            .fields("Authorization")
            .map(|value| crate::play::shortened(&value, 120))
            .collect();
        let credentials = register.credentials("Authorization").len().max(lines.len());
        (credentials > 1).then(|| {
            let came = format!(
                "{credentials} of them in {}: {}",
                message.summary(),
                lines.join(" | ")
            );
            Ruling::broken("one Authorization in a REGISTER on Mw", came, [message.n])
        })
    }))
}
