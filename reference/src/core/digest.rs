//! SIP Digest (RFC 3261, 22; RFC 7616; RFC 8760): challenges, responses, nonces.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use md5::Md5;
use sha2::{Digest, Sha256, Sha512_256};

use crate::net::{hex, random_hex};
use crate::sip::credentials::{Credentials, quote};
use crate::{Defect, Shared};

const MAX_NONCES: usize = 16_384;

/// Nonces that were given and are remembered.
#[derive(Default)]
pub(super) struct Nonces {
    known: HashMap<String, Nonce>,
    order: VecDeque<String>,
    /// Wrong responses in a row by private identity, which an honest core never acts upon.
    wrong: HashMap<String, u32>,
}

struct Nonce {
    given: Instant,
    /// The highest count that a right response had.
    count: u32,
    used: bool,
}

impl Nonces {
    /// How many wrong responses named a private identity.
    pub(super) fn wrong(&self, impi: &str) -> u32 {
        self.wrong.get(impi).copied().unwrap_or_default()
    }

    /// Counts a wrong response.
    pub(super) fn count_wrong(&mut self, impi: &str) {
        *self.wrong.entry(impi.to_owned()).or_default() += 1;
    }

    fn give(&mut self) -> String {
        if self.order.len() >= MAX_NONCES
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        let nonce = random_hex(16);
        self.order.push_back(nonce.clone());
        self.known.insert(
            nonce.clone(),
            Nonce {
                given: Instant::now(),
                count: 0,
                used: false,
            },
        );
        nonce
    }
}

/// Why Digest credentials do not register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Ask again; the nonce was good once if `stale`.
    Challenge { stale: bool },
    /// 400: no credentials of a kind that could ever be right.
    Malformed,
}

const WRONG: Fault = Fault::Challenge { stale: false };

/// The algorithms in the order in which they are offered.
fn offered(shared: &Shared) -> Vec<&'static str> {
    let listed = |name: &str| shared.model.lists("digest-algs", name, &["sha-256", "md5"]);
    let weak = shared.model.answer("digest-min", "md5") == "md5";
    [
        ("sha-512-256", "SHA-512-256"),
        ("sha-256", "SHA-256"),
        ("md5", "MD5"),
    ]
    .into_iter()
    .filter(|(item, _)| listed(item) && (weak || *item != "md5"))
    .map(|(_, name)| name)
    .collect()
}

/// One `WWW-Authenticate` value for each algorithm, all with one fresh nonce each.
pub(super) fn challenges(nonces: &mut Nonces, stale: bool, shared: &Shared) -> Vec<String> {
    let realm = &shared.world.domain;
    let stale = if stale { ", stale=true" } else { "" };
    let of = |algorithm: &str| {
        let (nonce, opaque) = (nonces.give(), random_hex(8));
        format!(
            r#"Digest realm="{realm}", nonce="{nonce}", opaque="{opaque}", algorithm={algorithm}, qop="auth"{stale}"#
        )
    };
    offered(shared).into_iter().map(of).collect()
}

/// Checks a response and returns the value of Authentication-Info.
pub(super) fn check(
    nonces: &mut Nonces,
    credentials: &Credentials,
    request_uri: &str,
    secret: &str,
    shared: &Shared,
) -> Result<String, Fault> {
    let get = |name: &str| credentials.get(name);
    let response = get("response").unwrap_or_default();
    if response.trim().is_empty() && shared.has(Defect::AcceptsEmptyDigest) {
        return Ok("qop=auth".to_owned());
    }
    let (Some(username), Some(realm), Some(nonce), Some(uri)) =
        (get("username"), get("realm"), get("nonce"), get("uri"))
    else {
        return Err(Fault::Malformed);
    };
    if realm != shared.world.domain && !shared.has(Defect::IgnoresRealm) {
        return Err(WRONG);
    }
    if uri != request_uri && !shared.has(Defect::IgnoresDigestUri) {
        return Err(WRONG);
    }
    let algorithm = get("algorithm").unwrap_or("MD5").to_ascii_uppercase();
    let known = shared.has(Defect::AcceptsUnofferedAlgorithm) && hash(&algorithm, "").is_some();
    if !known && !offered(shared).iter().any(|each| *each == algorithm) {
        return Err(WRONG);
    }
    let count = check_nonce(nonces, nonce, get("nc"), shared)?;
    let parts = Parts {
        algorithm: &algorithm,
        username,
        realm,
        nonce,
        uri,
        secret,
    };
    let qop = Qop::read(credentials, shared)?;
    let right = parts.response("REGISTER", &qop).ok_or(WRONG)?;
    let any = shared.has(Defect::AcceptsWrongDigest) && !response.trim().is_empty();
    if !any && !response.eq_ignore_ascii_case(&right) {
        return Err(WRONG);
    }
    if let Some(known) = nonces.known.get_mut(nonce) {
        known.count = known.count.max(count);
        known.used = true;
    }
    let proof = parts.response("", &qop).ok_or(WRONG)?;
    let cnonce = quote(qop.cnonce);
    Ok(format!(
        r#"qop=auth, rspauth="{proof}", cnonce={cnonce}, nc={}"#,
        qop.nc
    ))
}

/// The count of a nonce that may be used now.
fn check_nonce(
    nonces: &Nonces,
    nonce: &str,
    nc: Option<&str>,
    shared: &Shared,
) -> Result<u32, Fault> {
    let count = match nc {
        Some(text) if text.len() == 8 => {
            u32::from_str_radix(text, 16).map_err(|_| Fault::Malformed)?
        }
        Some(_) => return Err(Fault::Malformed),
        // Without a count a nonce works once.
        None => 1,
    };
    let Some(known) = nonces.known.get(nonce) else {
        return if shared.has(Defect::AcceptsAnyNonce) {
            Ok(count)
        } else {
            Err(Fault::Challenge { stale: true })
        };
    };
    let life = Duration::from_secs(shared.model.number("nonce-life", 60));
    if known.given.elapsed() > life {
        return Err(Fault::Challenge { stale: true });
    }
    let again = known.used && count == known.count && shared.has(Defect::AcceptsReplayedNonce);
    let uncounted = count > 0 && shared.has(Defect::IgnoresNonceCount);
    if count <= known.count && !again && !uncounted {
        return Err(Fault::Challenge { stale: true });
    }
    Ok(count)
}

struct Parts<'a> {
    algorithm: &'a str,
    username: &'a str,
    realm: &'a str,
    nonce: &'a str,
    uri: &'a str,
    secret: &'a str,
}

struct Qop<'a> {
    nc: &'a str,
    cnonce: &'a str,
    qop: Option<&'a str>,
}

impl<'a> Qop<'a> {
    /// Quality of protection "auth" with a client nonce, or none where that is declared enough.
    fn read(credentials: &'a Credentials, shared: &Shared) -> Result<Self, Fault> {
        let get = |name: &str| credentials.get(name);
        let (nc, cnonce, qop) = (
            get("nc").unwrap_or_default(),
            get("cnonce").unwrap_or_default(),
            get("qop"),
        );
        let optional =
            shared.model.answer("qop-optional", "no") == "yes" || shared.has(Defect::AcceptsNoQop);
        match qop {
            None if optional => {}
            Some("auth") if !cnonce.is_empty() => {}
            _ => return Err(WRONG),
        }
        Ok(Self { nc, cnonce, qop })
    }
}

impl Parts<'_> {
    /// The response for a method; for none, the proof of the server.
    fn response(&self, method: &str, qop: &Qop<'_>) -> Option<String> {
        let of = |text: String| hash(self.algorithm, &text);
        let who = of(format!("{}:{}:{}", self.username, self.realm, self.secret))?;
        let what = of(format!("{method}:{}", self.uri))?;
        match qop.qop {
            Some(word) => of(format!(
                "{who}:{}:{}:{}:{word}:{what}",
                self.nonce, qop.nc, qop.cnonce
            )),
            None => of(format!("{who}:{}:{what}", self.nonce)),
        }
    }
}

fn hash(algorithm: &str, text: &str) -> Option<String> {
    match algorithm {
        "MD5" => Some(hex(&Md5::digest(text))),
        "SHA-256" => Some(hex(&Sha256::digest(text))),
        "SHA-512-256" => Some(hex(&Sha512_256::digest(text))),
        _ => None,
    }
}
