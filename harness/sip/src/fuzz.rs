//! Fuzz targets: what must hold for any bytes. They panic when it does not.

use crate::aka::{read_auts, read_nonce, write_auts};
use crate::digest::Challenge;
use crate::{
    Credentials, Field, Message, NameAddr, Uri, Via, canonical, frame, same_identity, same_uri,
};

/// All targets, one after the other.
pub fn all(data: &[u8]) {
    message(data);
    let text = String::from_utf8_lossy(data);
    address(&text);
    uri(&text);
    credentials(&text);
    vector(&text);
}

/// Splitting loses nothing, and every reading ends.
pub fn message(data: &[u8]) {
    let message = Message::split(data);
    assert_eq!(message.bytes(), data, "a split lost bytes");
    let _ = (
        message.method(),
        message.request_uri(),
        message.status(),
        message.reason(),
        message.cseq(),
        message.call_id(),
    );
    let _ = (
        message.vias(),
        message.top_branch(),
        message.from_tag(),
        message.to_tag(),
        frame(data),
    );
    for name in message.all_fields().iter().filter_map(Field::name) {
        assert!(
            message.field(name).is_some(),
            "a field that its own name does not find"
        );
    }
    let problems = message.problems();
    let shown: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert!(
        shown.iter().all(|text| !text.is_empty()),
        "a problem without words"
    );
    if problems.is_empty() {
        assert!(
            message.method().is_some() != message.status().is_some(),
            "well-formed, but neither request nor response"
        );
        assert!(
            message.cseq().is_some() && message.call_id().is_some(),
            "well-formed, but unreadable"
        );
    }
}

/// An address always has a URI.
pub fn address(text: &str) {
    for address in NameAddr::list(text)
        .into_iter()
        .chain(NameAddr::parse(text))
    {
        assert!(!address.uri.is_empty(), "an address without a URI");
        uri(&address.uri);
    }
    let _ = Via::parse(text);
}

/// A URI's parts are parts of it; a canonical form is a URI and its own canonical form.
pub fn uri(text: &str) {
    let Some(uri) = Uri::parse(text) else {
        assert_eq!(canonical(text), None);
        return;
    };
    let parts = [uri.user, uri.password, uri.host]
        .into_iter()
        .flatten()
        .map(str::len)
        .sum::<usize>();
    assert!(
        uri.scheme.len() + parts < text.len(),
        "parts longer than the whole"
    );
    assert!(
        same_identity(text, text) && same_uri(text, text),
        "a URI differs from itself"
    );
    if let Some(form) = canonical(text) {
        assert_eq!(
            canonical(&form).as_deref(),
            Some(form.as_str()),
            "a canonical form has another"
        );
    }
}

/// What is written again reads the same.
pub fn credentials(text: &str) {
    for read in Credentials::parse_all(text) {
        let _ = Challenge::read(&read);
        let again = Credentials::parse(&read.to_string());
        assert_eq!(
            again.map(|again| again.scheme),
            Some(read.scheme),
            "the scheme changed"
        );
    }
}

/// What is read of an AKA nonce or AUTS stands in it.
pub fn vector(text: &str) {
    if let Some(auts) = read_auts(text) {
        assert_eq!(write_auts(auts), text, "an AUTS changed");
    }
    let _ = read_nonce(text);
}
