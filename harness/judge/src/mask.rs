//! What is fresh in every play is no difference: the log says which values are, and what follows from them is known.

use evidence::What;

use crate::play::Play;

/// The fresh values of a play, longest first, so that no value is masked inside another.
pub(crate) struct Mask {
    values: Vec<(String, String)>,
}

/// What follows from a fresh nonce: told as fresh, and yet where a lie about a response can be seen.
const RESPONSE: &str = "<digest response>";

impl Mask {
    pub(crate) fn of(play: &Play<'_>) -> Self {
        let mut values: Vec<(String, String)> = play
            .events
            .iter()
            .filter_map(|event| match &event.what {
                What::Fresh { name, value } if !value.is_empty() => {
                    Some((value.clone(), format!("<{name}>")))
                }
                What::Token { name, compact, .. } if !compact.is_empty() => {
                    Some((compact.clone(), format!("<token {name}>")))
                }
                _ => None,
            })
            .collect();
        values.sort_by(|one, other| other.0.len().cmp(&one.0.len()).then_with(|| one.cmp(other)));
        values.dedup_by(|one, other| one.0 == other.0);
        Self { values }
    }

    /// A text with every fresh value replaced by its name. Numbers are replaced only where they stand alone.
    pub(crate) fn fresh(&self, text: &str) -> String {
        self.replaced(text, |_| true)
    }

    /// The same, but responses stay.
    pub(crate) fn fresh_but_responses(&self, text: &str) -> String {
        self.replaced(text, |name| name != RESPONSE)
    }

    fn replaced(&self, text: &str, also: impl Fn(&str) -> bool) -> String {
        let mut masked = text.to_owned();
        for (value, name) in self.values.iter().filter(|(_, name)| also(name)) {
            if masked.contains(value.as_str()) {
                masked = replace(&masked, value, name);
            }
        }
        masked
    }
}

/// Replaces a value where it does not go on as the same word on either side.
fn replace(text: &str, value: &str, name: &str) -> String {
    let short = value.len() < 12 || value.bytes().all(|byte| byte.is_ascii_digit());
    let goes_on = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(value) {
        let (before, after) = (&rest[..at], &rest[at + value.len()..]);
        masked.push_str(before);
        if short && (goes_on(before.as_bytes().last()) || goes_on(after.as_bytes().first())) {
            masked.push_str(value);
        } else {
            masked.push_str(name);
        }
        rest = after;
    }
    masked.push_str(rest);
    masked
}

/// A line with what follows from fresh values masked: lengths, digest responses, WebSocket accept values, signatures.
pub(crate) fn derived(line: &str) -> String {
    let name = line
        .split(':')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    match name.as_str() {
        "content-length" | "l" | "sec-websocket-accept" => format!("{name}: <derived>"),
        "authorization" | "proxy-authorization" => ["response", "rspauth"]
            .iter()
            .fold(line.to_owned(), |line, name| parameter(&line, name)),
        "signature" => "signature <derived>".to_owned(),
        _ => line.to_owned(),
    }
}

/// Masks the value of a digest parameter that has one of hexadecimal digits.
fn parameter(line: &str, name: &str) -> String {
    let begin = format!("{name}=\"");
    let Some(at) = line.find(&begin) else {
        return line.to_owned();
    };
    let from = at + begin.len();
    let Some(length) = line[from..].find('"') else {
        return line.to_owned();
    };
    let value = &line[from..from + length];
    if value.len() < 32 || !value.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return line.to_owned();
    }
    format!("{}<derived>{}", &line[..from], &line[from + length..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_value_is_masked_only_as_a_word() {
        assert_eq!(
            replace("CSeq: 1 REGISTER 10", "1", "<cseq>"),
            "CSeq: <cseq> REGISTER 10"
        );
        assert_eq!(
            replace(
                "branch=z9hG4bKabcdefghij;x",
                "z9hG4bKabcdefghij",
                "<branch>"
            ),
            "branch=<branch>;x"
        );
    }

    #[test]
    fn a_right_response_is_derived_and_an_empty_one_is_not() {
        let right = format!(
            "Authorization: Digest username=\"a\", response=\"{}\"",
            "0f".repeat(16)
        );
        assert_eq!(
            derived(&right),
            "Authorization: Digest username=\"a\", response=\"<derived>\""
        );
        let empty = "Authorization: Digest username=\"a\", response=\"\"";
        assert_eq!(derived(empty), empty);
        assert_eq!(derived("Content-Length: 12"), "content-length: <derived>");
    }
}
