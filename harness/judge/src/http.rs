//! HTTP messages as the log has them, read for the judge: head, body, form fields, JSON members, targets.

use serde_json::Value;

/// One HTTP message, as far as it can be read.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Http<'a> {
    /// Method and target of a request.
    pub(crate) request: Option<(&'a str, &'a str)>,
    /// Status of an answer.
    pub(crate) status: Option<u16>,
    headers: Vec<(&'a str, &'a str)>,
    /// What follows the head.
    pub(crate) body: &'a [u8],
}

impl<'a> Http<'a> {
    /// Reads a message; `None` when the first line is none of HTTP.
    pub(crate) fn read(bytes: &'a [u8]) -> Option<Self> {
        let (head, body) = split_head(bytes);
        let head = std::str::from_utf8(head).ok().or_else(|| readable(head))?;
        let mut lines = head.lines();
        let first = lines.next()?;
        let mut http = Self {
            body,
            ..Self::default()
        };
        if first.starts_with("HTTP/") {
            http.status = first.split(' ').nth(1)?.parse().ok();
            http.status?;
        } else {
            let mut words = first.split(' ').filter(|word| !word.is_empty());
            let (method, target) = (words.next()?, words.next()?);
            if !words
                .next()
                .is_some_and(|version| version.starts_with("HTTP/"))
            {
                return None;
            }
            http.request = Some((method, target));
        }
        http.headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.trim(), value.trim()))
            .collect();
        Some(http)
    }

    /// The value of the first header field of a name, in any case.
    pub(crate) fn header(&self, name: &str) -> Option<&'a str> {
        self.all(name).next()
    }

    /// The values of all header fields of a name.
    pub(crate) fn all<'n>(&self, name: &'n str) -> impl Iterator<Item = &'a str> + use<'_, 'a, 'n> {
        self.headers
            .iter()
            .filter(move |(own, _)| own.eq_ignore_ascii_case(name))
            .map(|(_, value)| *value)
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_slice(self.body).ok()
    }

    /// The fields of a form in the body.
    pub(crate) fn form(&self) -> Vec<(String, String)> {
        std::str::from_utf8(self.body)
            .map(fields)
            .unwrap_or_default()
    }

    /// The fields of the target's query.
    pub(crate) fn query(&self) -> Vec<(String, String)> {
        self.request
            .and_then(|(_, target)| target.split_once('?'))
            .map(|(_, query)| fields(query))
            .unwrap_or_default()
    }
}

/// The head without its empty line, and what follows.
fn split_head(bytes: &[u8]) -> (&[u8], &[u8]) {
    for (end, skip) in [(&b"\r\n\r\n"[..], 4), (&b"\n\n"[..], 2)] {
        if let Some(at) = bytes.windows(end.len()).position(|window| window == end) {
            return (&bytes[..at], &bytes[at + skip..]);
        }
    }
    (bytes, &[])
}

/// The part of a head before the first byte that is no text.
fn readable(head: &[u8]) -> Option<&str> {
    let error = std::str::from_utf8(head).err()?;
    std::str::from_utf8(&head[..error.valid_up_to()]).ok()
}

/// The fields of a form or query: pairs, decoded, in their order.
pub(crate) fn fields(text: &str) -> Vec<(String, String)> {
    text.trim()
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), decoded(value))
        })
        .collect()
}

/// A text with its percent escapes and pluses resolved.
pub(crate) fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => match after
                .get(..2)
                .and_then(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
            {
                Some(byte) => {
                    bytes.push(byte);
                    rest = &after[2..];
                }
                None => bytes.push(b'%'),
            },
            other => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The fields behind `?` and `#` of a URL.
pub(crate) fn url_fields(url: &str) -> Vec<(String, String)> {
    url.split(['?', '#']).skip(1).flat_map(fields).collect()
}

/// The text of a JSON member anywhere in a value, the first one found.
pub(crate) fn member<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    match value {
        Value::Object(members) => members
            .get(name)
            .or_else(|| members.values().find_map(|value| member(value, name))),
        Value::Array(list) => list.iter().find_map(|value| member(value, name)),
        _ => None,
    }
}

/// Every text in a JSON value.
pub(crate) fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(list) => list.iter().flat_map(texts).collect(),
        Value::Object(members) => members.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_and_its_form_are_read() {
        let http = Http::read(b"POST /token?a=b HTTP/1.1\r\nhost: waf\r\nCookie: x\r\n\r\nlogin_hint=bob%40op&scope=a+b").unwrap();
        assert_eq!(http.request, Some(("POST", "/token?a=b")));
        assert_eq!(http.header("HOST"), Some("waf"));
        assert_eq!(http.query(), [("a".to_owned(), "b".to_owned())]);
        assert_eq!(http.form()[0].1, "bob@op");
        assert_eq!(http.form()[1].1, "a b");
    }

    #[test]
    fn an_answer_has_a_status_and_sip_is_no_http() {
        assert_eq!(
            Http::read(b"HTTP/1.1 101 Switching\r\n\r\n")
                .unwrap()
                .status,
            Some(101)
        );
        assert!(Http::read(b"SIP/2.0 200 OK\r\n\r\n").is_none());
        assert!(Http::read(b"REGISTER sip:op.example SIP/2.0\r\n\r\n").is_none());
        assert!(Http::read(b"").is_none());
    }

    #[test]
    fn half_an_escape_stays_as_it_is() {
        assert_eq!(decoded("100%"), "100%");
        assert_eq!(decoded("%4"), "%4");
        assert_eq!(decoded("%zz%41"), "%zzA");
    }

    #[test]
    fn a_redirect_has_fields_behind_both_marks() {
        let found = url_fields("https://portal/cb?code=1#access_token=2");
        assert_eq!(found.len(), 2);
        assert_eq!(found[1].0, "access_token");
    }
}
