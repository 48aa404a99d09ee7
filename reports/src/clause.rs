//! The order of clauses: as in the seed, REQ x, 1 to 5, y, 6, 7, z grouped as x, 1..7, y, z, then the protocol clauses by name.

use std::cmp::Ordering;

use evidence::Role;

/// A key of the record's requirements, `REQ-4.f1@ep-cscf`, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClauseKey<'a> {
    /// The clause, `REQ-4.f1`.
    pub(crate) id: &'a str,
    /// Its family, `REQ-4`.
    pub(crate) family: &'a str,
    /// The rest, `f1`.
    pub(crate) item: &'a str,
    /// The role it is asked of.
    pub(crate) role: &'a str,
}

impl<'a> ClauseKey<'a> {
    pub(crate) fn new(key: &'a str) -> Self {
        let (id, role) = key.rsplit_once('@').unwrap_or((key, ""));
        let (family, item) = id.rsplit_once('.').unwrap_or((id, ""));
        Self {
            id,
            family,
            item,
            role,
        }
    }

    fn rank(&self) -> (usize, &'a str) {
        const SEED: [&str; 10] = [
            "REQ-x", "REQ-1", "REQ-2", "REQ-3", "REQ-4", "REQ-5", "REQ-6", "REQ-7", "REQ-y",
            "REQ-z",
        ];
        (
            SEED.iter()
                .position(|family| *family == self.family)
                .unwrap_or(SEED.len()),
            self.family,
        )
    }

    pub(crate) fn order(&self, other: &Self) -> Ordering {
        self.rank()
            .cmp(&other.rank())
            .then_with(|| natural(self.item, other.item))
            .then_with(|| role_rank(self.role).cmp(&role_rank(other.role)))
            .then_with(|| self.role.cmp(other.role))
    }
}

/// Place of a role in the order of the source document; unknown words come last.
pub(crate) fn role_rank(role: &str) -> usize {
    Role::ALL
        .iter()
        .position(|known| known.word() == role)
        .unwrap_or(Role::ALL.len())
}

/// `2` before `10`, `f2` before `f10`.
fn natural(left: &str, right: &str) -> Ordering {
    let split = |text: &str| {
        let letters = text.trim_end_matches(|letter: char| letter.is_ascii_digit());
        let number = text[letters.len()..].parse::<u64>().unwrap_or_default();
        (letters.to_owned(), number)
    };
    split(left).cmp(&split(right)).then_with(|| left.cmp(right))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clauses_come_in_the_order_of_the_seed() {
        let mut keys = [
            "PRO-TLS.1@wic",
            "REQ-z.a@waf",
            "REQ-4.f10@core",
            "REQ-4.f2@core",
            "REQ-4.b@core",
            "REQ-y.a@waf",
            "REQ-4.b@ep-cscf",
            "PRO-OA.10@waf",
            "PRO-OA.9@waf",
            "REQ-x.a@wic",
            "odd",
            "REQ-7.a@core",
        ];
        keys.sort_by(|left, right| ClauseKey::new(left).order(&ClauseKey::new(right)));
        assert_eq!(
            keys,
            [
                "REQ-x.a@wic",
                "REQ-4.b@ep-cscf",
                "REQ-4.b@core",
                "REQ-4.f2@core",
                "REQ-4.f10@core",
                "REQ-7.a@core",
                "REQ-y.a@waf",
                "REQ-z.a@waf",
                "PRO-OA.9@waf",
                "PRO-OA.10@waf",
                "PRO-TLS.1@wic",
                "odd",
            ]
        );
    }
}
