//! SIP Digest (RFC 3261, 22; RFC 7616; RFC 8760): challenges, responses, nonces.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use md5::Md5;
use sha2::{Digest, Sha256, Sha512_256};

use super::provisioning::Subscription;
use crate::aka::{self, Card, Vector};
use crate::net::{hex, random_block, random_hex};
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
    /// Where the challenge was AKA.
    aka: Option<Aka>,
}

/// A vector that waits for its answer.
#[derive(Clone)]
struct Aka {
    impi: String,
    algorithm: &'static str,
    vector: Arc<Vector>,
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
        let nonce = random_hex(16);
        self.remember(nonce.clone(), None);
        nonce
    }

    fn remember(&mut self, nonce: String, aka: Option<Aka>) {
        if self.order.len() >= MAX_NONCES
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        self.order.push_back(nonce.clone());
        self.known.insert(
            nonce,
            Nonce {
                given: Instant::now(),
                count: 0,
                used: false,
                aka,
            },
        );
    }

    /// RAND of a challenge that was given to a private identity.
    pub(super) fn random(&self, nonce: &str, impi: &str) -> Option<[u8; 16]> {
        let aka = self.known.get(nonce)?.aka.as_ref()?;
        (aka.impi == impi).then_some(aka.vector.random)
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

/// The one challenge for who has an ISIM: the next vector by the algorithm that is declared first.
pub(super) fn challenge_by_aka(
    nonces: &mut Nonces,
    (impi, card): (String, &mut Card),
    algorithm: &'static str,
    shared: &Shared,
) -> String {
    let vector = Arc::new(card.next(random_block()));
    let (realm, nonce) = (&shared.world.domain, vector.nonce.clone());
    let aka = Aka {
        impi,
        algorithm,
        vector,
    };
    nonces.remember(nonce.clone(), Some(aka));
    format!(r#"Digest realm="{realm}", nonce="{nonce}", algorithm={algorithm}, qop="auth""#)
}

/// What a response must be computed from. Who is challenged by AKA has no password beside it, and a vector is for one.
fn secret(
    nonces: &Nonces,
    credentials: &Credentials,
    subscription: &Subscription,
    algorithm: &str,
    shared: &Shared,
) -> Result<Vec<u8>, Fault> {
    let nonce = credentials.get("nonce").unwrap_or_default();
    let aka = nonces.known.get(nonce).and_then(|known| known.aka.as_ref());
    let expects_aka = subscription.has_isim() && aka::declared(shared).is_some();
    match aka {
        Some(_) if shared.has(Defect::TakesPasswordForIsim) && !algorithm.starts_with("AKA") => {
            Ok(subscription.secret.clone().into_bytes())
        }
        Some(aka) if aka.impi == subscription.impi => {
            let same = aka.algorithm.eq_ignore_ascii_case(algorithm);
            if same || shared.has(Defect::AcceptsUnofferedAlgorithm) {
                return Ok(aka.vector.password(algorithm));
            }
            Err(WRONG)
        }
        None if !expects_aka && !algorithm.starts_with("AKA") => {
            Ok(subscription.secret.clone().into_bytes())
        }
        _ => Err(WRONG),
    }
}

/// Checks a response and returns the value of Authentication-Info.
pub(super) fn check(
    nonces: &mut Nonces,
    credentials: &Credentials,
    request_uri: &str,
    subscription: &Subscription,
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
    let by_aka = algorithm.starts_with("AKA");
    let known = shared.has(Defect::AcceptsUnofferedAlgorithm) && hash(&algorithm, b"").is_some();
    if !known && !by_aka && !offered(shared).iter().any(|each| *each == algorithm) {
        return Err(WRONG);
    }
    let secret = secret(nonces, credentials, subscription, &algorithm, shared)?;
    let count = check_nonce(nonces, nonce, get("nc"), shared)?;
    let parts = Parts {
        algorithm: &algorithm,
        username,
        realm,
        nonce,
        uri,
        secret: &secret,
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
    if known.given.elapsed() > life && !shared.has(Defect::IgnoresNonceLife) {
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
    secret: &'a [u8],
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
        let of = |text: String| hash(self.algorithm, text.as_bytes());
        let who = format!("{}:{}:", self.username, self.realm);
        let who = hash(self.algorithm, &[who.as_bytes(), self.secret].concat())?;
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

fn hash(algorithm: &str, text: &[u8]) -> Option<String> {
    match algorithm {
        "MD5" | "AKAV1-MD5" => Some(hex(&Md5::digest(text))),
        "SHA-256" | "AKAV1-SHA-256" | "AKAV2-SHA-256" => Some(hex(&Sha256::digest(text))),
        "SHA-512-256" => Some(hex(&Sha512_256::digest(text))),
        _ => None,
    }
}
