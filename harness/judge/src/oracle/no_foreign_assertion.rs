//! Asserted, served and preferred identities on Mw are the sender's own (TS 24.229 clause 4.4: trust-domain information of a
//! WIC does not cross the edge).

use crate::context::Context;
use crate::identity;
use crate::ruling::Ruling;

/// The headers by which a network says who somebody is.
pub(super) const ASSERTING: &[&str] = &[
    "P-Asserted-Identity",
    "P-Served-User",
    "P-Preferred-Identity",
];

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    Ruling::all(context.on_mw().filter_map(|message| {
        let request = message.request()?;
        let person = context
            .cause_of(message)
            .and_then(|cause| cause.step)
            .map_or("alice", |step| identity::person_of(context.play, step));
        // In REGISTER a preferred identity means nothing (RFC 3325 9.2): whoever hands it on asserts nobody.
        let hint = |header: &&&str| {
            **header == "P-Preferred-Identity" && request.method() == Some("REGISTER")
        };
        let asserting = ASSERTING.iter().filter(|header| !hint(header));
        let foreign = asserting.into_iter().find_map(|header| {
            let all = request.addresses(header);
            let found = all
                .into_iter()
                .find(|address| !identity::is_of(context.play, person, &address.uri))?;
            Some((header, found.uri))
        });
        let (header, uri) = foreign?;
        if identity::impus(context.play, person).next().is_none() {
            return Some(Ruling::undecided(
                "unknown_owner",
                format!("the plan does not tell the identities of {person}"),
            ));
        }
        Some(Ruling::broken(
            format!("in {header} on Mw nobody but {person}"),
            format!("<{uri}> in {}", message.summary()),
            [message.n],
        ))
    }))
}
