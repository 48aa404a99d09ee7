//! Refusals of OAuth endpoints.

use hyper::StatusCode;
use serde_json::json;

use crate::web::answer::{self, Answer};

/// Why an endpoint refuses, in the words of RFC 6749 5.2 and 4.1.2.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    InvalidClient,
    InvalidRequest,
    InvalidGrant,
    InvalidScope,
    UnsupportedGrantType,
    UnauthorizedClient,
    AccessDenied,
}

impl Refusal {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::InvalidClient => "invalid_client",
            Self::InvalidRequest => "invalid_request",
            Self::InvalidGrant => "invalid_grant",
            Self::InvalidScope => "invalid_scope",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::AccessDenied => "access_denied",
        }
    }

    /// The answer of an endpoint that speaks JSON.
    pub(super) fn answer(self) -> Answer {
        let status = match self {
            Self::InvalidClient => StatusCode::UNAUTHORIZED,
            _ => StatusCode::BAD_REQUEST,
        };
        answer::json(status, &json!({ "error": self.word() }))
    }
}
