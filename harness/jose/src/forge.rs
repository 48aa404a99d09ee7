//! The forger's bench: an honest token taken apart, changed, and put together under a signature of choice.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::json::Members;
use crate::key::halves;
use crate::signature::hmac_of;
use crate::{Algorithm, ClaimNames, Key, Token};

/// An honest token before it is signed, and all that a forger has at hand.
#[derive(Clone, Debug)]
pub struct Honest {
    /// The genuine WAF's key.
    pub key: Key,
    /// The honest header, an object.
    pub header: Value,
    /// The honest claims, an object.
    pub claims: Value,
    /// What the identity claims are called.
    pub names: ClaimNames,
    /// The key of another WAF that is enrolled too.
    pub other_key: Key,
    /// A key that is enrolled nowhere. Give it the genuine `kid` where the attacker publishes it under that name.
    pub attacker_key: Key,
    /// Seconds since 1970.
    pub now: u64,
    /// Clock skew that the edge declares to tolerate, seconds.
    pub skew: u64,
    /// Longest life of a token that the edge declares to accept, seconds.
    pub longest_life: u64,
    /// The algorithms that the edge declares to accept.
    pub algorithms: Vec<Algorithm>,
    /// Names of others.
    pub foreign: Foreign,
}

/// What the forger puts in place of the honest values.
#[derive(Clone, Debug, Default)]
pub struct Foreign {
    /// Another subscriber's private identity.
    pub impi: String,
    /// Another subscriber's public identity.
    pub impu: String,
    /// The issuer that [`Honest::other_key`] belongs to.
    pub issuer: String,
    /// An issuer that nobody enrolled.
    pub unknown_issuer: String,
    /// The audience of another operator's edge.
    pub audience: String,
    /// Another WWSF's domain name.
    pub wwsf: String,
    /// An `https:` URL of the attacker, where he publishes his keys.
    pub attacker_url: String,
    /// A URL on the genuine WAF's host that redirects to the attacker.
    pub redirect_url: String,
    /// Chain of the attacker's key that he signed himself, DER, leaf first; empty if there is none.
    pub self_signed_chain: Vec<Vec<u8>>,
    /// Chain of the attacker's key under a public-style authority, DER, leaf first; empty if there is none.
    pub public_chain: Vec<Vec<u8>>,
    /// Certificate of the genuine key, DER; empty if there is none.
    pub genuine_certificate: Vec<u8>,
}

impl Honest {
    /// The honest token itself.
    pub fn token(&self) -> Token {
        Token::mint(&self.key, &self.header, &self.claims)
    }

    /// Header and claims laid out for changes.
    pub(crate) fn draft(&self) -> Draft<'_> {
        Draft {
            honest: self,
            header: Members::of(&self.header),
            claims: Members::of(&self.claims),
        }
    }

    /// A claim's text, the first item of a list of texts; empty if the claim is neither.
    pub(crate) fn text(&self, claim: &str) -> &str {
        let claim = self.claims.get(claim);
        let first = claim
            .and_then(Value::as_array)
            .and_then(|items| items.first());
        first.or(claim).and_then(Value::as_str).unwrap_or_default()
    }

    /// The private identity of the honest token.
    pub(crate) fn impi(&self) -> &str {
        self.text(&self.names.impi)
    }

    /// A public-identity claim of the same shape as the honest one that names the other subscriber.
    pub(crate) fn foreign_impu(&self) -> Value {
        let list = self
            .claims
            .get(&self.names.impu)
            .is_none_or(Value::is_array);
        if list {
            json!([self.foreign.impu])
        } else {
            json!(self.foreign.impu)
        }
    }

    /// An hour past whatever the edge tolerates: no clock difference explains it.
    pub(crate) fn far(&self) -> u64 {
        self.skew.saturating_add(3600)
    }

    /// The first algorithm of the genuine key's family that the edge did not declare; `PS256` leads.
    pub(crate) fn undeclared_algorithm(&self) -> Option<Algorithm> {
        let order = [
            Algorithm::PS256,
            Algorithm::RS384,
            Algorithm::PS384,
            Algorithm::RS512,
            Algorithm::PS512,
            Algorithm::RS256,
            Algorithm::HS384,
            Algorithm::HS512,
            Algorithm::HS256,
        ];
        let family = self.key.algorithm().family();
        order
            .into_iter()
            .find(|one| one.family() == family && !self.algorithms.contains(one))
    }
}

/// A token on the bench. Methods that take `self` and give it back change it; the others put it together.
pub(crate) struct Draft<'a> {
    honest: &'a Honest,
    header: Members,
    claims: Members,
}

impl Draft<'_> {
    pub(crate) fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header.set(name, value.into());
        self
    }

    pub(crate) fn no_header(mut self, name: &str) -> Self {
        self.header.remove(name);
        self
    }

    /// Adds the header member a second time, at the end.
    pub(crate) fn header_last(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header.0.push((name.to_owned(), value.into()));
        self
    }

    /// Adds the header member a second time, at the beginning.
    pub(crate) fn header_first(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header.0.insert(0, (name.to_owned(), value.into()));
        self
    }

    pub(crate) fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.set(name, value.into());
        self
    }

    pub(crate) fn no_claim(mut self, name: &str) -> Self {
        self.claims.remove(name);
        self
    }

    /// Adds the claim a second time, at the end.
    pub(crate) fn claim_last(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.0.push((name.to_owned(), value.into()));
        self
    }

    /// Adds the claim a second time, at the beginning.
    pub(crate) fn claim_first(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.0.insert(0, (name.to_owned(), value.into()));
        self
    }

    /// Replaces the private identity.
    pub(crate) fn impi(self, value: impl Into<Value>) -> Self {
        let name = self.honest.names.impi.clone();
        self.claim(&name, value)
    }

    /// Signed by the genuine key.
    pub(crate) fn signed(self) -> String {
        let key = &self.honest.key;
        self.signed_by(key)
    }

    pub(crate) fn signed_by(&self, key: &Key) -> String {
        Token::sign(key, self.header.bytes(), self.claims.bytes()).compact()
    }

    /// Signed by the genuine key, with claims that are no longer what the members say.
    pub(crate) fn signed_claims(self, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> String {
        Token::sign(
            &self.honest.key,
            self.header.bytes(),
            change(self.claims.bytes()),
        )
        .compact()
    }

    /// Labelled HS256 and keyed with octets that an attacker can know.
    pub(crate) fn hs256(self, secret: &[u8]) -> String {
        let draft = self.header("alg", "HS256");
        draft.with_signature(|input| hmac_of(Algorithm::HS256, secret, input).unwrap_or_default())
    }

    /// Signed by the genuine key with an algorithm that the edge did not declare. A key whose family has none left
    /// signs as ever, and only the label is changed.
    pub(crate) fn undeclared(self) -> String {
        let honest = self.honest;
        let algorithm = honest.undeclared_algorithm().unwrap_or(Algorithm::PS256);
        let sign = |input: &[u8]| {
            honest
                .key
                .sign_as(algorithm, input)
                .unwrap_or_else(|| honest.key.sign(input))
        };
        self.header("alg", algorithm.name()).with_signature(sign)
    }

    /// Without a signature.
    pub(crate) fn unsigned(self) -> String {
        self.with_signature(|_| Vec::new())
    }

    /// With the signature that the honest token has.
    pub(crate) fn stale(self) -> String {
        let signature = self.honest.token().signature;
        self.with_signature(|_| signature)
    }

    /// With the genuine signature of just this token, changed.
    pub(crate) fn bent(self, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> String {
        let key = self.honest.key.clone();
        self.with_signature(|input| change(key.sign(input)))
    }

    fn with_signature(self, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
        let mut token = Token {
            header: self.header.bytes(),
            claims: self.claims.bytes(),
            signature: Vec::new(),
        };
        token.signature = sign(token.signing_input().as_bytes());
        token.compact()
    }
}

/// `text` with one bit changed so that a letter or digit becomes another; as it was if it has neither.
pub(crate) fn flip_text_bit(text: &str) -> String {
    let mut octets = text.as_bytes().to_vec();
    if let Some(letter) = octets
        .iter_mut()
        .find(|octet| octet.is_ascii_alphanumeric())
    {
        let flipped = (0..5)
            .map(|bit| *letter ^ (1 << bit))
            .find(u8::is_ascii_alphanumeric);
        *letter = flipped.unwrap_or(*letter);
    }
    String::from_utf8(octets).unwrap_or_default()
}

/// One bit changed in the middle.
pub(crate) fn flip_bit(mut octets: Vec<u8>) -> Vec<u8> {
    let middle = octets.len() / 2;
    if let Some(octet) = octets.get_mut(middle) {
        *octet ^= 1;
    }
    octets
}

/// r and s both equal to the order of the curve, that is 0 modulo the order; all ones for a key without a curve.
pub(crate) fn curve_order(algorithm: Algorithm, length: usize) -> Vec<u8> {
    let order: Vec<u8> = match algorithm {
        Algorithm::ES256 => hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"),
        Algorithm::ES384 => hex(
            "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
        ),
        Algorithm::ES512 => hex(concat!(
            "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa",
            "51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409"
        )),
        _ => return vec![0xff; length],
    };
    order.repeat(2)
}

fn hex(digits: &str) -> Vec<u8> {
    let octets = (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16));
    octets.map(Result::unwrap_or_default).collect()
}

/// The ASN.1 form of an ECDSA signature, SEQUENCE of r and s, which JWS does not use (RFC 7518 section 3.4).
pub(crate) fn in_der(raw: &[u8]) -> Vec<u8> {
    let (r, s) = halves(raw);
    yasna::construct_der(|writer| {
        writer.write_sequence(|writer| {
            writer.next().write_bigint_bytes(r, true);
            writer.next().write_bigint_bytes(s, true);
        });
    })
}

/// The certificates of a chain as an `x5c` value: base64 of the ordinary alphabet (RFC 7515 section 4.1.6).
pub(crate) fn x5c(chain: &[Vec<u8>]) -> Value {
    chain.iter().map(|der| STANDARD.encode(der)).collect()
}

/// The SHA-1 thumbprint of a certificate as an `x5t` value (RFC 7515 section 4.1.7).
pub(crate) fn x5t(certificate: &[u8]) -> String {
    let sha1 = &aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY;
    URL_SAFE_NO_PAD.encode(aws_lc_rs::digest::digest(sha1, certificate))
}

/// `https:` made `http:` and the other way round.
pub(crate) fn other_scheme(url: &str) -> String {
    match url.split_once("://") {
        Some(("https", rest)) => format!("http://{rest}"),
        Some((_, rest)) => format!("https://{rest}"),
        None => format!("http://{url}"),
    }
}

/// A slash added at the end, or taken away.
pub(crate) fn other_slash(url: &str) -> String {
    url.strip_suffix('/')
        .map_or_else(|| format!("{url}/"), str::to_owned)
}

/// Every ASCII letter in the other case.
pub(crate) fn other_case(text: &str) -> String {
    let swap = |letter: char| {
        if letter.is_ascii_lowercase() {
            letter.to_ascii_uppercase()
        } else {
            letter.to_ascii_lowercase()
        }
    };
    text.chars().map(swap).collect()
}

/// The first Latin letter after the scheme that has a Cyrillic twin, replaced by it; a zero-width space at the end
/// if there is none.
pub(crate) fn look_alike(url: &str) -> String {
    const TWINS: [(char, char); 6] = [
        ('a', '\u{430}'),
        ('c', '\u{441}'),
        ('e', '\u{435}'),
        ('o', '\u{43e}'),
        ('p', '\u{440}'),
        ('x', '\u{445}'),
    ];
    let host = url.find("://").map_or(0, |at| at + 3);
    let found = url[host..].char_indices().find_map(|(at, letter)| {
        TWINS
            .iter()
            .find(|twin| twin.0 == letter)
            .map(|twin| (host + at, twin.1))
    });
    match found {
        Some((at, twin)) => format!("{}{twin}{}", &url[..at], &url[at + 1..]),
        None => format!("{url}\u{200b}"),
    }
}
