//! The identities of a pool WWSF: one holder at a time.

use crate::world::Member;

/// Seconds within which the WAF has answered or never will.
const LONGEST_WAIT: u64 = 30;

/// One identity and who holds it.
#[derive(Debug)]
struct Place {
    member: Member,
    /// The session that holds it.
    holder: Option<String>,
    /// The second at which the last token for it ends; until then nobody else may have it.
    taken_until: u64,
}

/// The pool of one portal.
#[derive(Debug, Default)]
pub(super) struct Assignments(Vec<Place>);

impl Assignments {
    pub(super) fn new(members: Vec<Member>) -> Self {
        Self(
            members
                .into_iter()
                .map(|member| Place {
                    member,
                    holder: None,
                    taken_until: 0,
                })
                .collect(),
        )
    }

    /// Gives the session an identity of the class: the one that it holds, else the first free one.
    pub(super) fn assign(&mut self, session: &str, class: &str, now: u64) -> Option<Member> {
        if let Some(held) = self.held_by(session) {
            return Some(held);
        }
        let free = |place: &&mut Place| place.member.class == class && place.taken_until <= now;
        let place = self.0.iter_mut().find(free)?;
        place.holder = Some(session.to_owned());
        // Nobody else gets it while the token is on its way; the token then says how long.
        place.taken_until = now + LONGEST_WAIT;
        Some(place.member.clone())
    }

    pub(super) fn held_by(&self, session: &str) -> Option<Member> {
        let held = self
            .0
            .iter()
            .find(|place| place.holder.as_deref() == Some(session))?;
        Some(held.member.clone())
    }

    /// A token for the session's identity lives until then.
    pub(super) fn extend(&mut self, session: &str, until: u64) {
        for place in self
            .0
            .iter_mut()
            .filter(|place| place.holder.as_deref() == Some(session))
        {
            place.taken_until = place.taken_until.max(until);
        }
    }

    /// The session gives its identity back. With `at_once` no token for it lives any more; otherwise it rests until the last one ends.
    pub(super) fn release(&mut self, session: &str, at_once: bool) {
        for place in self
            .0
            .iter_mut()
            .filter(|place| place.holder.as_deref() == Some(session))
        {
            place.holder = None;
            if at_once {
                place.taken_until = 0;
            }
        }
    }

    /// The identity with that IMPI or IMPU, held or not.
    pub(super) fn named(&self, name: &str) -> Option<Member> {
        let fits = |place: &&Place| {
            place.member.impi == name || place.member.impus.iter().any(|impu| impu == name)
        };
        self.0.iter().find(fits).map(|place| place.member.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool() -> Assignments {
        let member = |impi: &str, class: &str| Member {
            class: class.to_owned(),
            impi: impi.to_owned(),
            impus: vec![format!("sip:{impi}")],
        };
        Assignments::new(vec![
            member("a", "identified"),
            member("b", "identified"),
            member("c", "anonymous"),
        ])
    }

    #[test]
    fn two_sessions_get_two_identities_and_a_third_none() {
        let mut pool = pool();
        assert_eq!(pool.assign("one", "identified", 10).unwrap().impi, "a");
        assert_eq!(pool.assign("two", "identified", 10).unwrap().impi, "b");
        assert_eq!(pool.assign("one", "identified", 10).unwrap().impi, "a");
        assert!(pool.assign("three", "identified", 10).is_none());
    }

    #[test]
    fn an_anonymous_visitor_gets_no_identified_member() {
        let mut pool = pool();
        assert_eq!(pool.assign("one", "anonymous", 10).unwrap().impi, "c");
        assert!(pool.assign("two", "anonymous", 10).is_none());
    }

    #[test]
    fn a_released_identity_rests_while_its_token_lives() {
        let mut pool = pool();
        pool.assign("one", "anonymous", 10).unwrap();
        pool.extend("one", 310);
        pool.release("one", false);
        assert!(pool.assign("two", "anonymous", 309).is_none());
        assert!(pool.assign("two", "anonymous", 310).is_some());
    }

    #[test]
    fn a_revoked_identity_is_free_at_once() {
        let mut pool = pool();
        pool.assign("one", "anonymous", 10).unwrap();
        pool.extend("one", 310);
        pool.release("one", true);
        assert_eq!(pool.assign("two", "anonymous", 11).unwrap().impi, "c");
    }
}
