//! SIP Digest as a client (RFC 3261 22, RFC 7616, RFC 8760), and AKA over it (RFC 3310, RFC 4169).

use md5::Md5;
use sha2::{Digest as _, Sha256, Sha512_256};

use crate::Shared;
use crate::aka::{self, Card, Verdict};
use crate::defect::Defect;
use crate::net::{hex, random_hex};
use crate::sip::Message;
use crate::sip::credentials::Credentials;

/// What a client of this operator answers with.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) impi: String,
    pub(super) secret: String,
    /// The ISIM, in place of the secret.
    pub(super) card: Option<Card>,
    pub(super) realm: String,
    pub(super) uri: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Algorithm {
    Md5,
    Sha256,
    Sha512With256,
    AkaV1Md5,
    AkaV1Sha256,
    AkaV2Sha256,
}

impl Algorithm {
    fn named(name: Option<&str>) -> Option<Self> {
        match name.unwrap_or("MD5").to_ascii_uppercase().as_str() {
            "MD5" => Some(Self::Md5),
            "SHA-256" => Some(Self::Sha256),
            "SHA-512-256" => Some(Self::Sha512With256),
            "AKAV1-MD5" => Some(Self::AkaV1Md5),
            "AKAV1-SHA-256" => Some(Self::AkaV1Sha256),
            "AKAV2-SHA-256" => Some(Self::AkaV2Sha256),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha256 => "SHA-256",
            Self::Sha512With256 => "SHA-512-256",
            Self::AkaV1Md5 => "AKAv1-MD5",
            Self::AkaV1Sha256 => "AKAv1-SHA-256",
            Self::AkaV2Sha256 => "AKAv2-SHA-256",
        }
    }

    fn is_aka(self) -> bool {
        matches!(self, Self::AkaV1Md5 | Self::AkaV1Sha256 | Self::AkaV2Sha256)
    }

    /// Whether this client has it, by its declaration.
    fn is_listed(self, shared: &Shared) -> bool {
        let word = self.name().to_ascii_lowercase();
        if self.is_aka() {
            return shared.model.lists("ims-mechanisms", "aka", &["digest"])
                && shared.model.lists("aka-algs", &word, &["akav2-sha-256"]);
        }
        let weak = self == Self::Md5 && shared.model.answer("digest-min", "md5") != "md5";
        shared
            .model
            .lists("digest-algs", &word, &["sha-256", "md5"])
            && (!weak || shared.has(Defect::AnswersWeakDigest))
    }

    fn hash(self, text: &[u8]) -> String {
        match self {
            Self::Md5 | Self::AkaV1Md5 => hex(&Md5::digest(text)),
            Self::Sha256 | Self::AkaV1Sha256 | Self::AkaV2Sha256 => hex(&Sha256::digest(text)),
            Self::Sha512With256 => hex(&Sha512_256::digest(text)),
        }
    }
}

/// The hash of user, realm and password by MD5 (RFC 7616 3.4.2): whoever has it can answer as the user.
pub(super) fn ha1(user: &str, realm: &str, password: &str) -> String {
    Algorithm::Md5.hash(format!("{user}:{realm}:{password}").as_bytes())
}

/// What the responses to a challenge come from.
#[derive(Clone, Debug)]
struct Key {
    password: Vec<u8>,
    /// Where the ISIM is out of step with the challenge: its word for that, and no password.
    auts: Option<String>,
}

impl Key {
    /// From the secret; from the ISIM, if it takes the challenge for one of its home network.
    fn of(
        algorithm: Algorithm,
        nonce: &str,
        account: &mut Account,
        shared: &Shared,
    ) -> Option<Self> {
        let password = |password: Vec<u8>| Self {
            password,
            auts: None,
        };
        let Some(card) = &mut account.card else {
            return (!algorithm.is_aka()).then(|| password(account.secret.clone().into_bytes()));
        };
        if !algorithm.is_aka() {
            return None;
        }
        let out_of_step = |auts: String| Self {
            password: Vec::new(),
            auts: Some(auts),
        };
        match card.read(nonce)? {
            Verdict::Fresh { answer, sqn } => {
                card.sqn = sqn;
                Some(password(answer.password(algorithm.name())))
            }
            Verdict::OutOfStep { answer, .. } if shared.has(Defect::AnswersUsedVector) => {
                Some(password(answer.password(algorithm.name())))
            }
            Verdict::OutOfStep { auts, .. } => Some(out_of_step(auts)),
            Verdict::Foreign { answer, .. } if shared.has(Defect::AnswersForeignVector) => {
                Some(password(answer.password(algorithm.name())))
            }
            Verdict::Foreign { random, .. } if shared.has(Defect::ResynchronisesWithAnybody) => {
                Some(out_of_step(card.auts(random)))
            }
            Verdict::Foreign { .. } => None,
        }
    }
}

/// A challenge that is being answered, request by request.
#[derive(Clone, Debug)]
pub(super) struct Answering {
    algorithm: Algorithm,
    key: Key,
    realm: String,
    nonce: String,
    opaque: Option<String>,
    with_qop: bool,
    count: u32,
    cnonce: String,
}

impl Answering {
    /// The topmost challenge that this client answers: Digest, the home realm, qop=auth, an algorithm that it has.
    pub(super) fn choose(
        challenge: &Message,
        account: &mut Account,
        shared: &Shared,
    ) -> Option<Self> {
        let mut all: Vec<Credentials> = challenge
            .values("WWW-Authenticate")
            .filter_map(Credentials::read)
            .collect();
        if shared.has(Defect::AnswersLastChallenge) {
            all.reverse();
        }
        all.iter().find_map(|line| Self::of(line, account, shared))
    }

    /// Whether the answer says that the ISIM is out of step: then another challenge is to come.
    pub(super) fn asks_again(&self) -> bool {
        self.key.auts.is_some()
    }

    fn of(line: &Credentials, account: &mut Account, shared: &Shared) -> Option<Self> {
        let realm = line.get("realm")?;
        let home = realm == account.realm
            || shared.model.answer("digest-realm", "home-only") == "any"
            || shared.has(Defect::AnswersAnyRealm);
        if !line.is("Digest") || !home {
            return None;
        }
        let algorithm = Algorithm::named(line.get("algorithm"))?;
        if !algorithm.is_listed(shared) {
            return None;
        }
        let with_qop = line
            .get("qop")
            .is_some_and(|list| list.split(',').any(|each| each.trim() == "auth"));
        let without_taken = line.get("qop").is_none()
            && (shared.model.answer("qop-optional", "no") == "yes"
                || shared.has(Defect::AnswersWithoutQop));
        if !with_qop && !without_taken {
            return None;
        }
        let nonce = line.get("nonce").unwrap_or_default();
        Some(Self {
            algorithm,
            key: Key::of(algorithm, nonce, account, shared)?,
            realm: realm.to_owned(),
            nonce: nonce.to_owned(),
            opaque: line.get("opaque").map(str::to_owned),
            with_qop,
            count: 0,
            cnonce: random_hex(8),
        })
    }

    /// The credentials of the next request.
    pub(super) fn credentials(&mut self, account: &Account) -> String {
        self.count += 1;
        let response = self.response(account, "REGISTER");
        let mut parameters = vec![
            ("username", account.impi.clone()),
            ("realm", self.realm.clone()),
            ("nonce", self.nonce.clone()),
            ("uri", account.uri.clone()),
            ("response", response),
            ("algorithm", self.algorithm.name().to_owned()),
        ];
        if self.with_qop {
            parameters.push(("qop", "auth".to_owned()));
            parameters.push(("nc", self.nc()));
            parameters.push(("cnonce", self.cnonce.clone()));
        }
        if let Some(opaque) = &self.opaque {
            parameters.push(("opaque", opaque.clone()));
        }
        if let Some(auts) = &self.key.auts {
            parameters.push(("auts", auts.clone()));
        }
        print(parameters)
    }

    /// Whether the registrar proved that it knows the secret too (`rspauth`); a nonce for the next request is taken from there.
    pub(super) fn is_proven(
        &mut self,
        answer: &Message,
        account: &Account,
        shared: &Shared,
    ) -> bool {
        let told = answer
            .value("Authentication-Info")
            .and_then(|value| Credentials::read(&format!("Digest {value}")));
        let expected = self.response(account, "");
        let proven = told.as_ref().is_some_and(|told| {
            told.get("rspauth") == Some(&expected)
                && told.get("nc").is_none_or(|count| count == self.nc())
                && told
                    .get("cnonce")
                    .is_none_or(|cnonce| cnonce == self.cnonce)
        });
        if let Some(next) = told
            .as_ref()
            .and_then(|told| told.get("nextnonce"))
            .filter(|next| !next.is_empty())
        {
            next.clone_into(&mut self.nonce);
            self.count = 0;
        }
        proven
            || shared.model.answer("rspauth", "yes") != "yes"
            || shared.has(Defect::IgnoresRspauth)
    }

    fn nc(&self) -> String {
        format!("{:08x}", self.count)
    }

    fn response(&self, account: &Account, method: &str) -> String {
        let hash = |text: String| self.algorithm.hash(text.as_bytes());
        let who = format!("{}:{}:", account.impi, self.realm);
        let first = self
            .algorithm
            .hash(&[who.as_bytes(), &self.key.password].concat());
        let second = hash(format!("{method}:{}", account.uri));
        if self.with_qop {
            return hash(format!(
                "{first}:{}:{}:{}:auth:{second}",
                self.nonce,
                self.nc(),
                self.cnonce
            ));
        }
        hash(format!("{first}:{}:{second}", self.nonce))
    }
}

/// The credentials of a first request: who it is, and nothing that comes from the secret.
pub(super) fn before_challenge(account: &Account, shared: &Shared) -> String {
    let parts = [account.impi.as_str(), &account.realm, &account.secret];
    let early = Algorithm::Md5.hash(parts.join(":").as_bytes());
    let mut parameters = vec![
        ("username", account.impi.clone()),
        ("realm", account.realm.clone()),
        ("nonce", String::new()),
        ("uri", account.uri.clone()),
        (
            "response",
            if shared.has(Defect::AnswersBeforeChallenge) {
                early
            } else {
                String::new()
            },
        ),
    ];
    if let Some(algorithm) = aka::declared(shared).filter(|_| account.card.is_some()) {
        parameters.push(("algorithm", algorithm.to_owned()));
    }
    print(parameters)
}

fn print(parameters: Vec<(&str, String)>) -> String {
    let parameters = parameters
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    Credentials {
        scheme: "Digest".to_owned(),
        bare: None,
        parameters,
    }
    .print(&["algorithm", "qop", "nc"])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> Account {
        Account {
            impi: "Mufasa".to_owned(),
            secret: "Circle of Life".to_owned(),
            card: None,
            realm: "http-auth@example.org".to_owned(),
            uri: "/dir/index.html".to_owned(),
        }
    }

    fn answering(algorithm: Algorithm) -> Answering {
        Answering {
            algorithm,
            key: Key {
                password: b"Circle of Life".to_vec(),
                auts: None,
            },
            realm: "http-auth@example.org".to_owned(),
            nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v".to_owned(),
            opaque: None,
            with_qop: true,
            count: 1,
            cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ".to_owned(),
        }
    }

    /// The example of RFC 7616 3.9.1.
    #[test]
    fn responses_of_the_rfc() {
        assert_eq!(
            answering(Algorithm::Md5).response(&account(), "GET"),
            "8ca523f5e9506fed4657c9700eebdbec"
        );
        assert_eq!(
            answering(Algorithm::Sha256).response(&account(), "GET"),
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
        );
    }

    #[test]
    fn the_count_rises_with_every_request() {
        let mut answering = Answering {
            count: 0,
            ..answering(Algorithm::Md5)
        };
        assert!(answering.credentials(&account()).contains("nc=00000001"));
        assert!(answering.credentials(&account()).contains("nc=00000002"));
    }
}
