//! The tokens that a WAF under test gave us, with the answer that brought each.

use evidence::{Interface, Role};
use serde_json::Value;

use crate::context::Context;
use crate::identity;
use crate::play::Message;

/// A token as it came.
pub(super) struct Issued<'p, 'a> {
    pub(super) compact: String,
    pub(super) answer: Value,
    pub(super) message: &'p Message<'a>,
}

/// Every token in an answer of the SUT on W4 that honest steps asked for.
pub(super) fn issued<'p, 'a>(context: &'p Context<'a, 'p>) -> Vec<Issued<'p, 'a>> {
    let play = context.play;
    if !matches!(play.plan.sut, Some(Role::Waf | Role::Network)) {
        return Vec::new();
    }
    let answers = play
        .received()
        .filter(|message| message.interface == Interface::W4 && message.http_status().is_some());
    answers
        .filter_map(|message| {
            let answer = message.http()?.json()?;
            let compact = identity::access_token(play, &answer)?;
            Some(Issued {
                compact,
                answer,
                message,
            })
        })
        .collect()
}
