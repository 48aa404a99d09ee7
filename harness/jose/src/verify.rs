//! An audit of somebody else's token: independent named checks, all of them reported.

use std::fmt;

use serde_json::Value;

use crate::signature;
use crate::{Algorithm, ReadError, Token};

/// What the token should say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// The issuer, compared octet for octet.
    pub issuer: String,
    /// The resource server.
    pub audience: String,
    /// Seconds since 1970.
    pub now: u64,
    /// Tolerated clock difference, seconds.
    pub skew: u64,
}

/// One question to a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Check {
    /// Three parts of base64url, header and claims one JSON object each, no member twice (RFC 7515 section 5.2).
    Structure,
    /// `alg` is a registered signature algorithm and not `none` (RFC 9068 section 2.1).
    Algorithm,
    /// `kid` names exactly one of the keys (RFC 7515 section 4.1.4).
    Kid,
    /// The signature verifies: with the keys that `kid` names, or with any if it names none.
    Signature,
    /// No `crit`: no extension is agreed (RFC 7515 section 4.1.11).
    Critical,
    /// `typ` is `at+jwt` (RFC 9068 section 2.1).
    Type,
    /// `iss` is the one expected.
    Issuer,
    /// `aud` is, or lists, the one expected.
    Audience,
    /// `exp` is a number and not past.
    Expiry,
    /// `nbf`, if present, is a number and not in the future.
    NotBefore,
    /// `iat` is a number and not in the future.
    IssuedAt,
    /// `sub` is a text.
    Subject,
    /// `client_id` is a text.
    ClientId,
    /// `jti` is a text.
    TokenId,
}

/// The answer to one check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As it should be.
    Passed,
    /// Not as it should be, and why.
    Failed(String),
    /// The part that the question is about cannot be read, and why.
    Unanswered(String),
}

/// A check with its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The question.
    pub check: Check,
    /// The answer.
    pub outcome: Outcome,
}

impl Check {
    /// All of them, in the order of the report.
    pub const ALL: &'static [Self] = &[
        Self::Structure,
        Self::Algorithm,
        Self::Kid,
        Self::Signature,
        Self::Critical,
        Self::Type,
        Self::Issuer,
        Self::Audience,
        Self::Expiry,
        Self::NotBefore,
        Self::IssuedAt,
        Self::Subject,
        Self::ClientId,
        Self::TokenId,
    ];

    /// The name in findings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Structure => "structure",
            Self::Algorithm => "algorithm",
            Self::Kid => "kid",
            Self::Signature => "signature",
            Self::Critical => "critical",
            Self::Type => "type",
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::Expiry => "expiry",
            Self::NotBefore => "not-before",
            Self::IssuedAt => "issued-at",
            Self::Subject => "subject",
            Self::ClientId => "client-id",
            Self::TokenId => "token-id",
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Checked {
    /// Whether the answer is [`Outcome::Passed`].
    pub fn passed(&self) -> bool {
        self.outcome == Outcome::Passed
    }
}

/// Puts every check to a token in compact form, under the public keys that its issuer published (JWKs; of a shared
/// secret one with `k`). One answer for each of [`Check::ALL`], in that order; no answer depends on another.
pub fn verify(token: &str, keys: &[Value], expect: &Expectation) -> Vec<Checked> {
    let read = Token::read(token);
    let audit = Audit {
        header: read
            .as_ref()
            .map_err(ReadError::clone)
            .and_then(Token::header_value),
        claims: read
            .as_ref()
            .map_err(ReadError::clone)
            .and_then(Token::claims_value),
        token: read,
        keys,
        expect,
    };
    Check::ALL
        .iter()
        .map(|&check| Checked {
            check,
            outcome: audit.answer(check).into(),
        })
        .collect()
}

struct Audit<'a> {
    token: Result<Token, ReadError>,
    header: Result<Value, ReadError>,
    claims: Result<Value, ReadError>,
    keys: &'a [Value],
    expect: &'a Expectation,
}

/// Why a check has not passed.
enum No {
    Because(String),
    Unread(ReadError),
}

type Answer = Result<(), No>;

impl Audit<'_> {
    fn answer(&self, check: Check) -> Answer {
        match check {
            Check::Structure => self.structure(),
            Check::Algorithm => self.algorithm().map(|_| ()),
            Check::Kid => self.kid(),
            Check::Signature => self.signature(),
            Check::Critical => match self.header("crit")? {
                None => Ok(()),
                Some(crit) => no(format!("crit is {crit}")),
            },
            Check::Type => self.typ(),
            Check::Issuer => self.issuer(),
            Check::Audience => self.audience(),
            Check::Expiry => self.expiry(),
            Check::NotBefore => self
                .claim("nbf")?
                .map_or(Ok(()), |_| self.not_future("nbf")),
            Check::IssuedAt => self.not_future("iat"),
            Check::Subject => self.text("sub").map(|_| ()),
            Check::ClientId => self.text("client_id").map(|_| ()),
            Check::TokenId => self.text("jti").map(|_| ()),
        }
    }

    fn structure(&self) -> Answer {
        let parts = [self.header.as_ref().err(), self.claims.as_ref().err()];
        match parts.into_iter().flatten().next() {
            Some(error) => no(error.to_string()),
            None => Ok(()),
        }
    }

    fn algorithm(&self) -> Result<Algorithm, No> {
        let Some(alg) = self.header("alg")? else {
            return no("no alg".to_owned());
        };
        let name = alg
            .as_str()
            .ok_or_else(|| No::Because(format!("alg is {alg}")))?;
        name.parse()
            .map_err(|_| No::Because(format!("alg is {name:?}")))
    }

    fn kid(&self) -> Answer {
        let Some(kid) = self.header("kid")? else {
            return no("no kid".to_owned());
        };
        match self.named_by(kid).count() {
            1 => Ok(()),
            0 => no(format!("kid {kid} names none of {} keys", self.keys.len())),
            many => no(format!("kid {kid} names {many} keys")),
        }
    }

    fn named_by<'k>(&'k self, kid: &'k Value) -> impl Iterator<Item = &'k Value> {
        self.keys
            .iter()
            .filter(move |key| kid.is_string() && key.get("kid") == Some(kid))
    }

    fn signature(&self) -> Answer {
        let token = self
            .token
            .as_ref()
            .map_err(|error| No::Unread(error.clone()))?;
        let algorithm = self.algorithm()?;
        let kid = self.header("kid")?;
        let mut candidates: Vec<&Value> = kid
            .map(|kid| self.named_by(kid).collect())
            .unwrap_or_default();
        if candidates.is_empty() {
            candidates = self.keys.iter().collect();
        }
        let input = token.signing_input();
        let mut reason = "no key to verify with".to_owned();
        for key in candidates {
            match signature::check(algorithm, key, input.as_bytes(), &token.signature) {
                Ok(()) => return Ok(()),
                Err(error) => reason = error.to_string(),
            }
        }
        no(reason)
    }

    /// Media types have no case, and their `application/` may be left out (RFC 7515 section 4.1.9).
    fn typ(&self) -> Answer {
        let Some(typ) = self.header("typ")? else {
            return no("no typ".to_owned());
        };
        let name = typ.as_str().map(str::to_ascii_lowercase);
        let subtype = name
            .as_deref()
            .map(|name| name.strip_prefix("application/").unwrap_or(name));
        if subtype == Some("at+jwt") {
            Ok(())
        } else {
            no(format!("typ is {typ}"))
        }
    }

    fn issuer(&self) -> Answer {
        let issuer = self.text("iss")?;
        if issuer == self.expect.issuer {
            Ok(())
        } else {
            no(format!("iss is {issuer:?}"))
        }
    }

    fn audience(&self) -> Answer {
        let wanted = Some(self.expect.audience.as_str());
        match self.claim("aud")? {
            None => no("no aud".to_owned()),
            Some(aud) if aud.as_str() == wanted => Ok(()),
            Some(Value::Array(list)) if list.iter().any(|one| one.as_str() == wanted) => Ok(()),
            Some(aud) => no(format!("aud is {aud}")),
        }
    }

    /// RFC 7519 section 4.1.4: at `exp` the token is over.
    fn expiry(&self) -> Answer {
        let exp = self.time("exp")?;
        let limit = self.expect.now as f64 - self.expect.skew as f64;
        if exp > limit {
            Ok(())
        } else {
            no(format!("exp {exp} is past: now {}", self.expect.now))
        }
    }

    fn not_future(&self, claim: &'static str) -> Answer {
        let time = self.time(claim)?;
        let limit = self.expect.now as f64 + self.expect.skew as f64;
        if time <= limit {
            Ok(())
        } else {
            no(format!(
                "{claim} {time} is in the future: now {}",
                self.expect.now
            ))
        }
    }

    fn time(&self, claim: &'static str) -> Result<f64, No> {
        match self.claim(claim)? {
            None => no(format!("no {claim}")),
            Some(value) => value
                .as_f64()
                .ok_or_else(|| No::Because(format!("{claim} is {value}, not a number"))),
        }
    }

    fn text(&self, claim: &'static str) -> Result<&str, No> {
        match self.claim(claim)? {
            None => no(format!("no {claim}")),
            Some(Value::String(text)) if !text.is_empty() => Ok(text),
            Some(value) => no(format!("{claim} is {value}")),
        }
    }

    fn header(&self, member: &str) -> Result<Option<&Value>, No> {
        self.header
            .as_ref()
            .map(|header| header.get(member))
            .map_err(|error| No::Unread(error.clone()))
    }

    fn claim(&self, claim: &str) -> Result<Option<&Value>, No> {
        self.claims
            .as_ref()
            .map(|claims| claims.get(claim))
            .map_err(|error| No::Unread(error.clone()))
    }
}

fn no<T>(reason: String) -> Result<T, No> {
    Err(No::Because(reason))
}

impl From<Answer> for Outcome {
    fn from(answer: Answer) -> Self {
        match answer {
            Ok(()) => Self::Passed,
            Err(No::Because(reason)) => Self::Failed(reason),
            Err(No::Unread(error)) => Self::Unanswered(error.to_string()),
        }
    }
}
