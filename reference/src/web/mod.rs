//! What the web nodes (WAF, WWSF) and the WIC share of HTTP over TLS: a server loop, forms, cookies, answers, one client.

pub(crate) mod answer;
pub(crate) mod client;
pub(crate) mod form;
mod legacy;
pub(crate) mod listen;
pub(crate) mod serve;

pub(crate) use legacy::Legacy;

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Reads the first bytes of a connection, whatever they are.
pub(crate) fn read_hello(data: &[u8]) {
    legacy::read_hello(data);
}

/// Reads a form, whatever the bytes are; what is read is written and reads the same.
pub(crate) fn read_form(data: &[u8]) {
    if let Some(form) = form::Form::read(data) {
        assert_eq!(
            form::Form::read(form.written().as_bytes()),
            Some(form),
            "a form that was read is written and read again"
        );
    }
}

/// A fresh secret of 128 bits, as text that fits into a URL, a cookie and a form.
pub(crate) fn secret() -> String {
    let mut bytes = [0; 16];
    // The system's generator fails only on a machine that cannot do TLS either; the handshake has failed before.
    if SystemRandom::new().fill(&mut bytes).is_err() {
        return String::new();
    }
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    now_ms() / 1000
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}
