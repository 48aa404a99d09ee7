//! Digest access authentication as SIP uses it: RFC 3261 22.4, RFC 7616, RFC 8760.
//!
//! The computation takes every input as it is given and refuses none, so that wrong responses can be made as easily as
//! right ones. Nonces, client nonces and counts come from the caller.

use crate::credentials::Credentials;
use crate::parameter::Parameter;
use md5::Md5;
use sha2::{Digest as _, Sha256, Sha512_256};
use std::fmt::Write as _;

/// A hash algorithm, plain or bound to the session's nonces (`-sess`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// `MD5`
    Md5,
    /// `MD5-sess`
    Md5Session,
    /// `AKAv1-MD5`: MD5 with the RES of the AKA run as password (RFC 3310).
    AkaV1Md5,
    /// `AKAv1-SHA-256`: the same by SHA-256.
    AkaV1Sha256,
    /// `AKAv2-MD5`: MD5 with a password that RES, IK and CK give together (RFC 4169).
    AkaV2Md5,
    /// `AKAv2-SHA-256`: the same by SHA-256 (TS 24.229, TS 33.203).
    AkaV2Sha256,
    /// `SHA-256`
    Sha256,
    /// `SHA-256-sess`
    Sha256Session,
    /// `SHA-512-256`
    Sha512With256,
    /// `SHA-512-256-sess`
    Sha512With256Session,
}

impl Algorithm {
    /// All algorithms.
    pub const ALL: [Self; 10] = [
        Self::Md5,
        Self::Md5Session,
        Self::AkaV1Md5,
        Self::AkaV1Sha256,
        Self::AkaV2Md5,
        Self::AkaV2Sha256,
        Self::Sha256,
        Self::Sha256Session,
        Self::Sha512With256,
        Self::Sha512With256Session,
    ];

    /// The algorithm called `name`, in any case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.name().eq_ignore_ascii_case(name))
    }

    /// The name in challenges and credentials.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Md5Session => "MD5-sess",
            Self::AkaV1Md5 => "AKAv1-MD5",
            Self::AkaV1Sha256 => "AKAv1-SHA-256",
            Self::AkaV2Md5 => "AKAv2-MD5",
            Self::AkaV2Sha256 => "AKAv2-SHA-256",
            Self::Sha256 => "SHA-256",
            Self::Sha256Session => "SHA-256-sess",
            Self::Sha512With256 => "SHA-512-256",
            Self::Sha512With256Session => "SHA-512-256-sess",
        }
    }

    /// Whether the password comes from an authentication vector.
    #[must_use]
    pub const fn is_aka(self) -> bool {
        matches!(
            self,
            Self::AkaV1Md5 | Self::AkaV1Sha256 | Self::AkaV2Md5 | Self::AkaV2Sha256
        )
    }

    const fn is_session(self) -> bool {
        matches!(
            self,
            Self::Md5Session | Self::Sha256Session | Self::Sha512With256Session
        )
    }

    /// The hash over `parts` joined with colons, as lower-case hexadecimal digits.
    #[must_use]
    pub fn hash(self, parts: &[&[u8]]) -> String {
        let input = parts.join(&b':');
        match self {
            Self::Md5 | Self::Md5Session | Self::AkaV1Md5 | Self::AkaV2Md5 => {
                hexadecimal(&Md5::digest(input))
            }
            Self::Sha256 | Self::Sha256Session | Self::AkaV1Sha256 | Self::AkaV2Sha256 => {
                hexadecimal(&Sha256::digest(input))
            }
            Self::Sha512With256 | Self::Sha512With256Session => {
                hexadecimal(&Sha512_256::digest(input))
            }
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(
        String::with_capacity(bytes.len() * 2),
        |mut digits, byte| {
            // Writing to a String cannot fail.
            let _ = write!(digits, "{byte:02x}");
            digits
        },
    )
}

/// The quality of protection; where there is none, `Option<Quality>` is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quality {
    /// `auth`
    Auth,
    /// `auth-int`: the body is covered too.
    AuthInt,
}

impl Quality {
    /// The quality called `name`, in any case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Auth, Self::AuthInt]
            .into_iter()
            .find(|quality| quality.name().eq_ignore_ascii_case(name))
    }

    /// The name in challenges and credentials.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::AuthInt => "auth-int",
        }
    }
}

/// What the user and the registrar share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secret<'a> {
    /// The password, or what stands for it in AKA ([`Vector::password`](crate::aka::Vector::password)); any bytes.
    Password(&'a [u8]),
    /// The hash over user name, realm and password, in hexadecimal digits, as a subscriber store keeps it.
    Hash(&'a str),
}

/// All that goes into a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Computation<'a> {
    /// The algorithm of the challenge.
    pub algorithm: Algorithm,
    /// The user name; in IMS the IMPI.
    pub username: &'a str,
    /// The realm of the challenge.
    pub realm: &'a str,
    /// Password or hash.
    pub secret: Secret<'a>,
    /// The nonce of the challenge.
    pub nonce: &'a str,
    /// The client's nonce; without a quality only the session algorithms use it.
    pub cnonce: &'a str,
    /// The nonce count as written, eight hexadecimal digits.
    pub nonce_count: &'a str,
    /// The quality that the client chose; `None` if the challenge offered none.
    pub quality: Option<Quality>,
    /// The request's method.
    pub method: &'a str,
    /// The URI as it stands in the credentials.
    pub uri: &'a str,
    /// The body of the request, or of the response for [`rspauth`](Self::rspauth).
    pub body: &'a [u8],
}

impl Computation<'_> {
    /// The `response` of a request's credentials.
    #[must_use]
    pub fn response(&self) -> String {
        self.keyed(self.method)
    }

    /// The `rspauth` with which the server proves that it knows the secret too (RFC 7616 3.5): without a method.
    #[must_use]
    pub fn rspauth(&self) -> String {
        self.keyed("")
    }

    /// Credentials that answer a challenge, with the response just computed.
    #[must_use]
    pub fn credentials(&self, opaque: Option<&str>) -> Credentials {
        let mut parameters = vec![
            Parameter::quoted("username", self.username),
            Parameter::quoted("realm", self.realm),
            Parameter::quoted("nonce", self.nonce),
            Parameter::quoted("uri", self.uri),
            Parameter::quoted("response", self.response()),
            Parameter::plain("algorithm", self.algorithm.name()),
        ];
        if let Some(quality) = self.quality {
            parameters.push(Parameter::plain("qop", quality.name()));
            parameters.push(Parameter::plain("nc", self.nonce_count));
        }
        if self.quality.is_some() || self.algorithm.is_session() {
            parameters.push(Parameter::quoted("cnonce", self.cnonce));
        }
        parameters.extend(opaque.map(|opaque| Parameter::quoted("opaque", opaque)));
        Credentials::new("Digest", parameters)
    }

    fn keyed(&self, method: &str) -> String {
        let (first, second) = (self.first_hash(), self.second_hash(method));
        let (first, nonce, second) = (first.as_bytes(), self.nonce.as_bytes(), second.as_bytes());
        match self.quality {
            None => self.algorithm.hash(&[first, nonce, second]),
            Some(quality) => {
                let (count, cnonce) = (self.nonce_count.as_bytes(), self.cnonce.as_bytes());
                self.algorithm.hash(&[
                    first,
                    nonce,
                    count,
                    cnonce,
                    quality.name().as_bytes(),
                    second,
                ])
            }
        }
    }

    /// H(A1).
    fn first_hash(&self) -> String {
        let user = match self.secret {
            Secret::Hash(hash) => hash.to_owned(),
            Secret::Password(password) => {
                self.algorithm
                    .hash(&[self.username.as_bytes(), self.realm.as_bytes(), password])
            }
        };
        if self.algorithm.is_session() {
            self.algorithm.hash(&[
                user.as_bytes(),
                self.nonce.as_bytes(),
                self.cnonce.as_bytes(),
            ])
        } else {
            user
        }
    }

    /// H(A2).
    fn second_hash(&self, method: &str) -> String {
        let (method, uri) = (method.as_bytes(), self.uri.as_bytes());
        match self.quality {
            Some(Quality::AuthInt) => {
                self.algorithm
                    .hash(&[method, uri, self.algorithm.hash(&[self.body]).as_bytes()])
            }
            Some(Quality::Auth) | None => self.algorithm.hash(&[method, uri]),
        }
    }
}

mod challenge;
pub use challenge::{Challenge, Expected, Refusal};

#[cfg(test)]
mod vectors;
