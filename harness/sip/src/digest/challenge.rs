//! Both sides of a challenge: what a registrar asks, and whether an answer satisfies it.

use super::{Algorithm, Computation, Quality, Secret};
use crate::credentials::Credentials;
use crate::parameter::Parameter;

/// A Digest challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// The realm; in IMS the home domain.
    pub realm: String,
    /// The nonce.
    pub nonce: String,
    /// The algorithm; MD5 where a challenge names none.
    pub algorithm: Algorithm,
    /// The qualities on offer; none of them is the form of RFC 2069.
    pub qualities: Vec<Quality>,
    /// What the client returns unchanged.
    pub opaque: Option<String>,
    /// Whether only the nonce was too old.
    pub stale: bool,
}

impl Challenge {
    /// Reads a challenge. `None` unless it is Digest with a realm, a nonce and an algorithm known here. Unknown
    /// qualities are left out.
    #[must_use]
    pub fn read(challenge: &Credentials) -> Option<Self> {
        if !challenge.is("Digest") {
            return None;
        }
        let qualities = challenge.param("qop").unwrap_or_default().split(',');
        Some(Self {
            realm: challenge.param("realm")?.to_owned(),
            nonce: challenge.param("nonce")?.to_owned(),
            algorithm: Algorithm::named(challenge.param("algorithm").unwrap_or("MD5"))?,
            qualities: qualities
                .filter_map(|name| Quality::named(name.trim()))
                .collect(),
            opaque: challenge.param("opaque").map(str::to_owned),
            stale: challenge
                .param("stale")
                .is_some_and(|value| value.eq_ignore_ascii_case("true")),
        })
    }

    /// The value of the WWW-Authenticate or Proxy-Authenticate field.
    #[must_use]
    pub fn credentials(&self) -> Credentials {
        let mut parameters = vec![
            Parameter::quoted("realm", &self.realm),
            Parameter::quoted("nonce", &self.nonce),
            Parameter::plain("algorithm", self.algorithm.name()),
        ];
        if !self.qualities.is_empty() {
            let names: Vec<&str> = self
                .qualities
                .iter()
                .map(|quality| quality.name())
                .collect();
            parameters.push(Parameter::quoted("qop", names.join(",")));
        }
        parameters.extend(
            self.opaque
                .as_ref()
                .map(|opaque| Parameter::quoted("opaque", opaque)),
        );
        if self.stale {
            parameters.push(Parameter::plain("stale", "true"));
        }
        Credentials::new("Digest", parameters)
    }
}

/// What a registrar expects of the credentials that answer its challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected<'a> {
    /// The challenge that was sent.
    pub challenge: &'a Challenge,
    /// The user that is known by the secret.
    pub username: &'a str,
    /// Password or hash.
    pub secret: Secret<'a>,
    /// The request's method.
    pub method: &'a str,
    /// The URI that the credentials must name, compared as text; `None` where a proxy may have changed the Request-URI.
    pub uri: Option<&'a str>,
    /// The request's body.
    pub body: &'a [u8],
    /// The highest nonce count seen with this nonce, 0 at first; the answer's must be above it.
    pub last_nonce_count: u32,
}

/// Why credentials do not satisfy a challenge.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The scheme is another, or a token follows it.
    #[error("the credentials are not Digest parameters")]
    NotDigest,
    /// A parameter is missing.
    #[error("parameter {0} is missing")]
    Missing(&'static str),
    /// A parameter stands more than once, so that readers may differ in which one they take.
    #[error("parameter {0} stands more than once")]
    Repeated(String),
    /// A parameter is not what the challenge or the request says.
    #[error("parameter {name} is {given:?}")]
    Different {
        /// The parameter's name.
        name: &'static str,
        /// The value in the credentials.
        given: String,
    },
    /// The nonce count is not above the last one, or not eight hexadecimal digits.
    #[error("nonce count {0:?} is used up or malformed")]
    NonceCount(String),
    /// The response is not the one that the secret gives.
    #[error("the response is wrong")]
    Response,
}

impl Expected<'_> {
    /// Verifies credentials and returns their nonce count, 0 if the answer has no quality.
    ///
    /// # Errors
    /// The first reason for which they do not satisfy the challenge.
    pub fn verify(&self, given: &Credentials) -> Result<u32, Refusal> {
        if !given.is("Digest") || given.token().is_some() {
            return Err(Refusal::NotDigest);
        }
        check_repeated(given)?;
        let challenge = self.challenge;
        check_same("username", self.username, required(given, "username")?)?;
        check_same("realm", &challenge.realm, required(given, "realm")?)?;
        check_same("nonce", &challenge.nonce, required(given, "nonce")?)?;
        let uri = required(given, "uri")?;
        check_same("uri", self.uri.unwrap_or(uri), uri)?;
        if let Some(opaque) = &challenge.opaque {
            check_same("opaque", opaque, required(given, "opaque")?)?;
        }
        self.check_algorithm(given)?;
        let quality = self.quality(given)?;
        let needs_cnonce = quality.is_some() || challenge.algorithm.is_session();
        let nonce_count = if quality.is_some() {
            required(given, "nc")?
        } else {
            ""
        };
        let count = if quality.is_some() {
            self.count(nonce_count)?
        } else {
            0
        };
        let computation = Computation {
            algorithm: challenge.algorithm,
            username: self.username,
            realm: &challenge.realm,
            secret: self.secret,
            nonce: &challenge.nonce,
            cnonce: if needs_cnonce {
                required(given, "cnonce")?
            } else {
                ""
            },
            nonce_count,
            quality,
            method: self.method,
            uri,
            body: self.body,
        };
        if required(given, "response")? == computation.response() {
            Ok(count)
        } else {
            Err(Refusal::Response)
        }
    }

    /// Credentials that name no algorithm mean MD5.
    fn check_algorithm(&self, given: &Credentials) -> Result<(), Refusal> {
        let name = given.param("algorithm").unwrap_or("MD5");
        let is_same = Algorithm::named(name) == Some(self.challenge.algorithm);
        if is_same {
            Ok(())
        } else {
            Err(different("algorithm", name))
        }
    }

    fn quality(&self, given: &Credentials) -> Result<Option<Quality>, Refusal> {
        let offered = &self.challenge.qualities;
        match given.param("qop") {
            None if offered.is_empty() => Ok(None),
            None => Err(Refusal::Missing("qop")),
            Some(name) => match Quality::named(name).filter(|quality| offered.contains(quality)) {
                Some(quality) => Ok(Some(quality)),
                None => Err(different("qop", name)),
            },
        }
    }

    fn count(&self, digits: &str) -> Result<u32, Refusal> {
        let is_well_formed =
            digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let count = u32::from_str_radix(digits, 16)
            .ok()
            .filter(|_| is_well_formed);
        count
            .filter(|count| *count > self.last_nonce_count)
            .ok_or_else(|| Refusal::NonceCount(digits.to_owned()))
    }
}

fn required<'a>(given: &'a Credentials, name: &'static str) -> Result<&'a str, Refusal> {
    given.param(name).ok_or(Refusal::Missing(name))
}

fn check_same(name: &'static str, expected: &str, given: &str) -> Result<(), Refusal> {
    if expected == given {
        Ok(())
    } else {
        Err(different(name, given))
    }
}

fn different(name: &'static str, given: &str) -> Refusal {
    Refusal::Different {
        name,
        given: given.to_owned(),
    }
}

fn check_repeated(given: &Credentials) -> Result<(), Refusal> {
    let parameters = given.parameters();
    let mut indexed = parameters.iter().enumerate();
    match indexed.find(|(index, parameter)| {
        parameters[..*index]
            .iter()
            .any(|earlier| earlier.is(&parameter.name))
    }) {
        Some((_, parameter)) => Err(Refusal::Repeated(parameter.name.clone())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
