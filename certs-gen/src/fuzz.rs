//! Entry points for fuzzers: each takes any bytes and must not panic.

use crate::{Authority, surgery};

/// The saved form of an authority.
pub fn authority_pem(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(authority) = Authority::from_pem(text)
    {
        assert!(
            Authority::from_pem(&authority.to_pem()).is_ok(),
            "what was loaded can be saved"
        );
    }
}

/// What is read of a certificate.
pub fn certificate(data: &[u8]) {
    let _ = surgery::common_name(data);
    let _ = surgery::public_key(data);
}
