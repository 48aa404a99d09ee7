//! AKA as IMS carries it (RFC 3310, RFC 4169, TS 33.102 6.3), for the network's side and the client's, over a Milenage of others.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use milenage::Milenage;
use serde::Deserialize;

use crate::Shared;

/// The distance of two sequence numbers that differ in more than their index (TS 33.102 C.1.1).
pub(crate) const STEP: u64 = 32;

/// The algorithms, in the order in which a network that has them all prefers them.
pub(crate) const ALGORITHMS: [(&str, &str); 3] = [
    ("akav2-sha-256", "AKAv2-SHA-256"),
    ("akav1-sha-256", "AKAv1-SHA-256"),
    ("akav1-md5", "AKAv1-MD5"),
];

/// An ISIM, or what the home network knows of one: hexadecimal digits.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Isim {
    k: String,
    opc: String,
    amf: String,
    /// The highest sequence number that was given or accepted.
    sqn: String,
}

/// The same as numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Card {
    k: [u8; 16],
    opc: [u8; 16],
    amf: [u8; 2],
    /// The highest sequence number that was given or accepted.
    pub(crate) sqn: u64,
}

/// What a network challenges with and waits for.
pub(crate) struct Vector {
    /// RAND and AUTN in base64.
    pub(crate) nonce: String,
    pub(crate) random: [u8; 16],
    answer: Answer,
}

/// What an ISIM computes from RAND.
#[derive(Clone)]
pub(crate) struct Answer {
    res: [u8; 8],
    ck: [u8; 16],
    ik: [u8; 16],
}

/// What a challenge is to an ISIM.
pub(crate) enum Verdict {
    /// It comes from the home network and is new.
    Fresh { answer: Answer, sqn: u64 },
    /// It comes from the home network and was used, or is older than what was; AUTS in base64.
    OutOfStep { answer: Answer, auts: String },
    /// Its MAC is wrong.
    Foreign { answer: Answer, random: [u8; 16] },
}

impl Isim {
    /// `None` if a value has another length or other digits.
    pub(crate) fn card(&self) -> Option<Card> {
        Some(Card {
            k: digits(&self.k)?,
            opc: digits(&self.opc)?,
            amf: digits(&self.amf)?,
            sqn: u64::from_str_radix(&self.sqn, 16).ok()?,
        })
    }
}

fn digits<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != 2 * N || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut out = [0; N];
    for (at, byte) in out.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).ok()?;
    }
    Some(out)
}

fn low_six(number: u64) -> [u8; 6] {
    let mut out = [0; 6];
    out.copy_from_slice(&number.to_be_bytes()[2..]);
    out
}

fn as_number(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0, |sum, byte| sum * 256 + u64::from(*byte))
}

fn mixed(one: &[u8], other: [u8; 6]) -> [u8; 6] {
    let mut out = other;
    out.iter_mut().zip(one).for_each(|(out, one)| *out ^= one);
    out
}

impl Card {
    fn functions(&self) -> Milenage {
        Milenage::new_with_opc(self.k, self.opc)
    }

    /// The next vector for a random number.
    pub(crate) fn next(&mut self, random: [u8; 16]) -> Vector {
        self.sqn += STEP;
        let (mut functions, sqn) = (self.functions(), low_six(self.sqn));
        let mac = functions.f1(&random, &sqn, &self.amf);
        let (res, ck, ik, ak) = functions.f2345(&random);
        let nonce = [&random[..], &mixed(&sqn, ak), &self.amf, &mac].concat();
        Vector {
            nonce: STANDARD.encode(nonce),
            random,
            answer: Answer { res, ck, ik },
        }
    }

    /// Takes the number of an AUTS for a challenge: one that is proven, or any if `unproven`.
    pub(crate) fn resynchronise(&mut self, random: [u8; 16], auts: &str, unproven: bool) {
        let Some(auts) = STANDARD.decode(auts).ok().filter(|auts| auts.len() == 14) else {
            return;
        };
        let mut functions = self.functions();
        let sqn = mixed(&auts[..6], functions.f5star(&random));
        if functions.f1star(&random, &sqn, &[0; 2])[..] == auts[6..] || unproven {
            self.sqn = as_number(&sqn).next_multiple_of(STEP);
        }
    }

    /// What the nonce of a challenge is to this ISIM; `None` if it is no RAND and AUTN.
    pub(crate) fn read(&self, nonce: &str) -> Option<Verdict> {
        let bytes = STANDARD.decode(nonce).ok()?;
        let random: [u8; 16] = bytes.get(..16)?.try_into().ok()?;
        let autn = bytes.get(16..32)?;
        let mut functions = self.functions();
        let (res, ck, ik, ak) = functions.f2345(&random);
        let answer = Answer { res, ck, ik };
        let sqn = mixed(&autn[..6], ak);
        if functions.f1(&random, &sqn, &[autn[6], autn[7]])[..] != autn[8..] {
            return Some(Verdict::Foreign { answer, random });
        }
        let sqn = as_number(&sqn);
        if sqn > self.sqn {
            return Some(Verdict::Fresh { answer, sqn });
        }
        Some(Verdict::OutOfStep {
            answer,
            auts: self.auts(random),
        })
    }

    /// AUTS with the highest number that was accepted, in base64.
    pub(crate) fn auts(&self, random: [u8; 16]) -> String {
        let (mut functions, sqn) = (self.functions(), low_six(self.sqn));
        let mac = functions.f1star(&random, &sqn, &[0; 2]);
        let hidden = mixed(&sqn, functions.f5star(&random));
        STANDARD.encode([&hidden[..], &mac].concat())
    }
}

impl Vector {
    /// What a response must be computed from.
    pub(crate) fn password(&self, algorithm: &str) -> Vec<u8> {
        self.answer.password(algorithm)
    }
}

impl Answer {
    /// RES; by version 2 an HMAC under RES, IK and CK.
    pub(crate) fn password(&self, algorithm: &str) -> Vec<u8> {
        if !algorithm.eq_ignore_ascii_case("AKAv2-SHA-256") {
            return self.res.to_vec();
        }
        let key = [&self.res[..], &self.ik, &self.ck].concat();
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        let tag = hmac::sign(&key, b"http-digest-akav2-password");
        STANDARD.encode(tag).into_bytes()
    }
}

/// The algorithm that is declared first; none where AKA is not declared.
pub(crate) fn declared(shared: &Shared) -> Option<&'static str> {
    if !shared.model.lists("ims-mechanisms", "aka", &["digest"]) {
        return None;
    }
    let first = shared.model.answer("aka-algs", "akav2-sha-256");
    let found = ALGORITHMS.iter().find(|(item, _)| *item == first);
    found.map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card() -> Card {
        let isim = Isim {
            k: "465b5ce8b199b49faa5f0a2ee238a6bc".to_owned(),
            opc: "cd63cb71954a9f4e48a5994e37a02baf".to_owned(),
            amf: "b9b9".to_owned(),
            sqn: "ff9bb4d0b5e7".to_owned(),
        };
        isim.card().expect("digits")
    }

    /// The first test set of TS 35.208, whose sequence number is the next one of `card`.
    #[test]
    fn a_vector_of_the_specification() {
        let random = digits("23553cbe9637a89d218ae64dae47bf35").expect("digits");
        let vector = card().next(random);
        let nonce = STANDARD.decode(&vector.nonce).expect("base64");
        let printed: [u8; 16] = digits("55f328b43577b9b94a9ffac354dfafb3").expect("digits");
        assert_eq!((&nonce[..16], &nonce[16..]), (&random[..], &printed[..]));
        assert_eq!(
            vector.password("AKAv1-MD5"),
            [0xa5, 0x42, 0x11, 0xd5, 0xe3, 0xba, 0x50, 0xbf]
        );
        assert_eq!(vector.password("AKAv2-SHA-256").len(), 44);
    }

    #[test]
    fn an_isim_takes_each_number_once_and_says_where_it_is() {
        let (mut network, mut own) = (card(), card());
        let vector = network.next([7; 16]);
        match own.read(&vector.nonce) {
            Some(Verdict::Fresh { sqn, .. }) => own.sqn = sqn,
            _ => panic!("a new vector is fresh"),
        }
        own.sqn += 640;
        let Some(Verdict::OutOfStep { auts, .. }) = own.read(&vector.nonce) else {
            panic!("a used vector is out of step");
        };
        let before = network.sqn;
        network.resynchronise([8; 16], &auts, false);
        assert_eq!(network.sqn, before);
        network.resynchronise(vector.random, &auts, false);
        assert!(network.sqn >= own.sqn);
        let next = network.next([9; 16]);
        assert!(matches!(own.read(&next.nonce), Some(Verdict::Fresh { .. })));
    }

    #[test]
    fn what_is_no_challenge_of_the_home_network_is_foreign() {
        let mut other = card();
        other.k[0] ^= 1;
        let vector = other.next([7; 16]);
        assert!(matches!(
            card().read(&vector.nonce),
            Some(Verdict::Foreign { .. })
        ));
        assert!(card().read("AAAA").is_none() && card().read("?").is_none());
    }
}
