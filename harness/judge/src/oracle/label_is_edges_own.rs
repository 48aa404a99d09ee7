//! The label of a REGISTER on Mw is the edge's own: absent or pending, and at most one. What a WIC writes there is not passed on.
//! Credentials by AKA version 2 alone may say that they came over TLS (TS 24.229 5.4.1.1): that algorithm needs no IPsec below it.

use sip::digest::Algorithm;

use super::no_authenticated_label_on_mw::PENDING;
use crate::context::Context;
use crate::identity;
use crate::ruling::Ruling;

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    Ruling::unless(context.registers_on_mw().find_map(|(message, register)| {
        let labels = identity::labels(register);
        let expected = "a REGISTER without label, or with one that says pending; tls-connected for AKAv2-SHA-256 alone";
        let is_true = |label: &String| {
            PENDING.contains(&label.as_str()) || label == "tls-connected" && by_aka(register)
        };
        let own = labels.len() <= 1 && labels.iter().all(is_true);
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

/// Whether all credentials of a request are by the algorithm of AKA that TLS may carry.
fn by_aka(register: &sip::Message) -> bool {
    let by_aka = |shown: &sip::Credentials| {
        shown.param("algorithm").and_then(Algorithm::named) == Some(Algorithm::AkaV2Sha256)
    };
    register.credentials("Authorization").iter().all(by_aka)
}
