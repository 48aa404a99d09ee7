//! Parameters of a query or of a form body (`application/x-www-form-urlencoded`).

use url::form_urlencoded;

/// Name and value pairs in their order, repetitions kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads a query or body. `None` when it is not UTF-8 after decoding or a percent sign stands without two hex digits:
    /// a lenient reading would make one text mean two things.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        if !percent_signs_are_complete(bytes) {
            return None;
        }
        let pairs: Vec<(String, String)> = form_urlencoded::parse(bytes).into_owned().collect();
        // The decoder writes U+FFFD where the bytes are no UTF-8.
        let clean = |text: &String| !text.contains('\u{fffd}');
        pairs
            .iter()
            .all(|(name, value)| clean(name) && clean(value))
            .then_some(Self(pairs))
    }

    /// The first value of a parameter.
    pub(crate) fn first(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(each, _)| each == name)
            .map(|(_, value)| value.as_str())
    }

    /// The name of a parameter that comes more than once (RFC 6749 3.1 and 3.2 forbid it).
    pub(crate) fn repeated(&self) -> Option<&str> {
        let mut seen = std::collections::BTreeSet::new();
        self.0
            .iter()
            .find(|(name, _)| !seen.insert(name.as_str()))
            .map(|(name, _)| name.as_str())
    }

    /// The form as somebody reads it for whom a later value replaces an earlier one.
    pub(crate) fn last_of_each(self) -> Self {
        let last: std::collections::BTreeMap<String, String> = self.0.into_iter().collect();
        Self(last.into_iter().collect())
    }

    /// The form as a body.
    pub(crate) fn written(&self) -> String {
        write(
            self.0
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
        )
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn percent_signs_are_complete(bytes: &[u8]) -> bool {
    bytes
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'%')
        .all(|(at, _)| {
            bytes
                .get(at + 1..at + 3)
                .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
        })
}

/// Writes a form body or query.
pub(crate) fn write<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        let text = write([
            ("scope", "ims"),
            ("login_hint", "p1-000@op.example"),
            ("x", "ä &="),
        ]);
        let form = Form::read(text.as_bytes()).unwrap();
        assert_eq!(form.first("login_hint"), Some("p1-000@op.example"));
        assert_eq!(form.first("x"), Some("ä &="));
        assert_eq!(form.repeated(), None);
    }

    proptest::proptest! {
        #[test]
        fn any_pairs_survive(pairs in proptest::collection::vec(("[^\u{fffd}]{0,12}", "[^\u{fffd}]{0,12}"), 0..6)) {
            let text = write(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
            let form = Form::read(text.as_bytes()).expect("what is written can be read");
            // A pair of two empty texts is no pair in the encoding.
            let kept: Vec<_> = pairs.into_iter().collect();
            proptest::prop_assert_eq!(form.0, kept);
        }
    }

    #[test]
    fn names_a_repeated_parameter() {
        let form = Form::read(b"client_id=a&scope=ims&client_id=b").unwrap();
        assert_eq!(form.repeated(), Some("client_id"));
        assert_eq!(form.first("client_id"), Some("a"));
    }

    #[test]
    fn refuses_broken_escapes_and_foreign_bytes() {
        for bad in [&b"a=%"[..], b"a=%4", b"a=%zz", b"a=%ff", b"\xc3=1"] {
            assert_eq!(Form::read(bad), None, "{bad:?}");
        }
    }
}
