//! The label of a REGISTER on Mw is the edge's own: absent or pending, and at most one. What a WIC writes there is not passed on.

use super::no_authenticated_label_on_mw::PENDING;
use crate::context::Context;
use crate::identity;
use crate::ruling::Ruling;

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    Ruling::unless(context.registers_on_mw().find_map(|(message, register)| {
        let labels = identity::labels(register);
        let expected = "a REGISTER without label, or with one that says pending";
        let own = labels.len() <= 1 && labels.iter().all(|label| PENDING.contains(&label.as_str()));
        (!own).then(|| {
            Ruling::broken(
                expected,
                format!(
                    "integrity-protected={} in {}",
                    labels.join(" and "),
                    message.summary()
                ),
                [message.n],
            )
        })
    }))
}
