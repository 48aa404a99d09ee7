//! Answers of the web nodes, and what their pages have in common.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION,
    PRAGMA, REFERRER_POLICY, SET_COOKIE, X_FRAME_OPTIONS,
};
use hyper::{Response, StatusCode};
use serde_json::Value;

/// A whole answer.
pub(crate) type Answer = Response<Full<Bytes>>;

/// JSON that no cache may keep.
pub(crate) fn json(status: StatusCode, value: &Value) -> Answer {
    let mut answer = body(status, "application/json", value.to_string());
    with(&mut answer, CACHE_CONTROL, "no-store");
    with(&mut answer, PRAGMA, "no-cache");
    answer
}

/// A page of our own that no other site may frame, and whose address no link tells.
pub(crate) fn page(status: StatusCode, title: &str, content: &str) -> Answer {
    let text = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head><body>{content}</body></html>"
    );
    let mut answer = body(status, "text/html; charset=utf-8", text);
    with(&mut answer, CACHE_CONTROL, "no-store");
    with(&mut answer, X_FRAME_OPTIONS, "DENY");
    with(
        &mut answer,
        CONTENT_SECURITY_POLICY,
        "frame-ancestors 'none'",
    );
    with(&mut answer, REFERRER_POLICY, "no-referrer");
    answer
}

/// A text of some type.
pub(crate) fn body(status: StatusCode, content_type: &'static str, text: String) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(text)));
    *answer.status_mut() = status;
    with(&mut answer, CONTENT_TYPE, content_type);
    answer
}

/// 303: whatever the method was, the browser goes on with GET and without the body.
pub(crate) fn see_other(location: &str) -> Answer {
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = StatusCode::SEE_OTHER;
    with(&mut answer, LOCATION, location);
    with(&mut answer, CACHE_CONTROL, "no-store");
    answer
}

/// A status and one word.
pub(crate) fn plain(status: StatusCode, word: &str) -> Answer {
    body(status, "text/plain; charset=utf-8", word.to_owned())
}

/// Sets a header field; a value that no header can hold is left out.
pub(crate) fn with(answer: &mut Answer, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
}

/// Sets a session cookie of this host alone. `flags` is what keeps scripts, clear text and other sites from it.
pub(crate) fn set_cookie(answer: &mut Answer, name: &str, value: &str, flags: &str) {
    if let Ok(value) = HeaderValue::from_str(&format!("{name}={value}; Path=/{flags}")) {
        answer.headers_mut().append(SET_COOKIE, value);
    }
}

/// The flags of every session cookie.
pub(crate) const COOKIE_FLAGS: &str = "; Secure; HttpOnly; SameSite=Lax";

/// Text for an HTML page or attribute.
pub(crate) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_markup() {
        assert_eq!(
            escape("<a href=\"x\">'&"),
            "&lt;a href=&quot;x&quot;&gt;&#39;&amp;"
        );
    }

    #[test]
    fn a_token_answer_is_not_cacheable() {
        let answer = json(StatusCode::OK, &serde_json::json!({"access_token": "t"}));
        assert_eq!(answer.headers()[CACHE_CONTROL], "no-store");
    }

    #[test]
    fn a_line_break_in_a_location_is_dropped() {
        assert!(
            see_other("/\r\nSet-Cookie: a=b")
                .headers()
                .get(LOCATION)
                .is_none()
        );
    }
}
