//! A refusal of a client's request: its status, and what the record of it says.

use crate::sip::{Message, reason};
use crate::world::World;

/// Why a request is not served.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub(super) code: u16,
    /// Words for the record, with nothing of the token in them.
    pub(super) why: &'static str,
    /// The party, once a signature told it.
    pub(super) party: Option<String>,
}

impl Refusal {
    /// 400: the request is not well formed.
    pub(super) fn malformed(why: &'static str) -> Self {
        Self {
            code: 400,
            why,
            party: None,
        }
    }

    /// 401: no token, or none that is valid.
    pub(super) fn token(why: &'static str) -> Self {
        Self {
            code: 401,
            why,
            party: None,
        }
    }

    /// 403: the token, or the subscriber, does not entitle to this.
    pub(super) fn forbidden(why: &'static str) -> Self {
        Self {
            code: 403,
            why,
            party: None,
        }
    }

    /// 503: keys or introspection are out of reach.
    pub(super) fn unavailable(why: &'static str) -> Self {
        Self {
            code: 503,
            why,
            party: None,
        }
    }

    /// The same refusal, with the party that it concerns.
    pub(super) fn of(mut self, party: &str) -> Self {
        self.party = Some(party.to_owned());
        self
    }

    /// The answer to the client.
    pub(super) fn answer(&self, request: &Message, world: &World) -> Message {
        let mut answer = request.answer(self.code, reason(self.code));
        if self.code == 401 {
            answer.push("WWW-Authenticate", challenge(world));
        }
        answer
    }
}

/// The Bearer challenge; it names the authorisation server of the first enrolled party.
fn challenge(world: &World) -> String {
    let server = world
        .parties
        .first()
        .map_or("", |party| party.issuer.as_str());
    format!(
        r#"Bearer realm="{}", authz_server="{server}", error="invalid_token""#,
        world.domain
    )
}
