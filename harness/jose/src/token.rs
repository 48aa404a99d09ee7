//! A JWS in its compact serialization (RFC 7515 sections 3.1 and 7.1) as the three octet strings it carries.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::Key;
use crate::json::Members;
use crate::text::lay_out;

/// A token; nothing holds its parts to be JSON or to fit together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The protected header, decoded.
    pub header: Vec<u8>,
    /// The payload, decoded.
    pub claims: Vec<u8>,
    /// The signature, decoded; empty for a token without one.
    pub signature: Vec<u8>,
}

/// Which of the three parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// First.
    Header,
    /// Second.
    Claims,
    /// Third.
    Signature,
}

/// Why a text is no token, or a part of it no JSON object.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// A signed token in compact form has three parts between two dots; an encrypted one has five.
    #[error("parts: {0} instead of 3")]
    Parts(usize),
    /// Alphabet, length, padding or left-over bits are not those of base64url without padding (RFC 7515 section 2).
    #[error("{0} is not base64url without padding")]
    Base64(Part),
    /// Not exactly one JSON object in UTF-8.
    #[error("{0} is not a JSON object: {1}")]
    Json(Part, String),
    /// A member comes twice, so that two readers may see two tokens (RFC 7515 section 4, RFC 7519 section 4).
    #[error("{0} has the member {1:?} twice")]
    Repeated(Part, String),
}

impl Token {
    /// Signs header and claims as they stand. The header's `alg` and `kid` are the caller's business.
    pub fn mint(key: &Key, header: &Value, claims: &Value) -> Self {
        Self::sign(
            key,
            header.to_string().into_bytes(),
            claims.to_string().into_bytes(),
        )
    }

    /// Signs any octets with the key's own algorithm.
    pub fn sign(key: &Key, header: Vec<u8>, claims: Vec<u8>) -> Self {
        let mut token = Self {
            header,
            claims,
            signature: Vec::new(),
        };
        token.signature = key.sign(token.signing_input().as_bytes());
        token
    }

    /// The text that the signature covers: the first two parts, encoded, with the dot between.
    pub fn signing_input(&self) -> String {
        format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(&self.header),
            URL_SAFE_NO_PAD.encode(&self.claims)
        )
    }

    /// The compact serialization.
    pub fn compact(&self) -> String {
        format!(
            "{}.{}",
            self.signing_input(),
            URL_SAFE_NO_PAD.encode(&self.signature)
        )
    }

    /// Reads a compact serialization; whatever is read is written back octet for octet by [`Token::compact`].
    ///
    /// # Errors
    /// [`ReadError::Parts`] and [`ReadError::Base64`]. The parts may still be no JSON: see [`Token::header_value`].
    pub fn read(text: &str) -> Result<Self, ReadError> {
        let parts: Vec<&str> = text.split('.').collect();
        let [header, claims, signature] = parts[..] else {
            return Err(ReadError::Parts(parts.len()));
        };
        Ok(Self {
            header: decode(Part::Header, header)?,
            claims: decode(Part::Claims, claims)?,
            signature: decode(Part::Signature, signature)?,
        })
    }

    /// The header as JSON, read strictly.
    ///
    /// # Errors
    /// Not one JSON object in UTF-8, or a member twice at any depth.
    pub fn header_value(&self) -> Result<Value, ReadError> {
        object(Part::Header, &self.header).map(Value::Object)
    }

    /// The claims as JSON, read strictly.
    ///
    /// # Errors
    /// As of [`Token::header_value`].
    pub fn claims_value(&self) -> Result<Value, ReadError> {
        object(Part::Claims, &self.claims).map(Value::Object)
    }

    /// Header and claims for a report, as they stand and whether or not they are JSON; the signature is left out.
    pub fn text(&self) -> String {
        format!(
            "header {}\nclaims {}\n",
            lay_out(&self.header),
            lay_out(&self.claims)
        )
    }
}

fn decode(part: Part, text: &str) -> Result<Vec<u8>, ReadError> {
    URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|_| ReadError::Base64(part))
}

fn object(part: Part, bytes: &[u8]) -> Result<Map<String, Value>, ReadError> {
    let members = Members::read(bytes).map_err(|error| ReadError::Json(part, error.to_string()))?;
    match members.repeated() {
        Some(name) => Err(ReadError::Repeated(part, name.to_owned())),
        None => Ok(members.into()),
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Claims => "claims",
            Self::Signature => "signature",
        })
    }
}
