//! IMS AKA as SIP Digest carries it: RFC 3310 (AKAv1), RFC 4169 (AKAv2), TS 33.203; vectors and AUTS of TS 33.102 6.3.
//!
//! As everywhere in this crate nothing is refused that can be computed, and every input, also what is random, comes from the caller.

mod milenage;

pub use milenage::{Block, Milenage};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use sha2::{Digest, Sha256};

use crate::digest::Algorithm;

/// A sequence number, 48 bits.
pub type Sequence = u64;

/// What an ISIM and its home network share, and the field that the network manages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keys {
    /// K.
    pub key: Block,
    /// OPc, the operator's constant under K.
    pub opc: Block,
    /// AMF.
    pub management: [u8; 2],
}

/// An authentication vector with all that its receiver computes from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vector {
    /// RAND.
    pub random: Block,
    /// AUTN: the concealed sequence number, AMF and MAC.
    pub autn: Block,
    /// RES, which the network calls XRES.
    pub res: [u8; 8],
    /// IK.
    pub integrity_key: Block,
    /// CK.
    pub cipher_key: Block,
}

/// What a challenge is to a receiver that holds K.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checked {
    /// The MAC is not the home network's.
    WrongMac,
    /// The home network made it, with this sequence number.
    Sequence(Sequence),
}

/// The number in the last 48 bits, as AUTN and AUTS have it.
fn six(sequence: Sequence) -> [u8; 6] {
    let [_, _, bytes @ ..] = sequence.to_be_bytes();
    bytes
}

fn number(bytes: [u8; 6]) -> Sequence {
    bytes
        .iter()
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn concealed(sequence: [u8; 6], anonymity: [u8; 6]) -> [u8; 6] {
    std::array::from_fn(|at| sequence[at] ^ anonymity[at])
}

impl Keys {
    fn milenage(&self) -> Milenage {
        Milenage::new(self.key, self.opc)
    }

    /// The vector for a random challenge and a sequence number.
    #[must_use]
    pub fn vector(&self, random: Block, sequence: Sequence) -> Vector {
        let functions = self.milenage();
        let opened = functions.open(random);
        let sequence = six(sequence);
        let (mac, _) = functions.macs(random, sequence, self.management);
        let mut autn = [0; 16];
        autn[..6].copy_from_slice(&concealed(sequence, opened.anonymity_key));
        autn[6..8].copy_from_slice(&self.management);
        autn[8..].copy_from_slice(&mac);
        Vector {
            random,
            autn,
            res: opened.res,
            integrity_key: opened.integrity_key,
            cipher_key: opened.cipher_key,
        }
    }

    /// What an ISIM finds in a challenge; AMF is taken from there, as it may be another than ours.
    #[must_use]
    pub fn check(&self, random: Block, autn: Block) -> Checked {
        let functions = self.milenage();
        let sequence: [u8; 6] = std::array::from_fn(|at| autn[at]);
        let sequence = concealed(sequence, functions.open(random).anonymity_key);
        let (mac, _) = functions.macs(random, sequence, [autn[6], autn[7]]);
        if autn[8..] == mac {
            Checked::Sequence(number(sequence))
        } else {
            Checked::WrongMac
        }
    }

    /// AUTS: the highest sequence number of the ISIM, concealed and proven (TS 33.102 6.3.3; its AMF is zero).
    #[must_use]
    pub fn auts(&self, random: Block, sequence: Sequence) -> [u8; 14] {
        let functions = self.milenage();
        let sequence = six(sequence);
        let (_, mac) = functions.macs(random, sequence, [0; 2]);
        let mut auts = [0; 14];
        let hidden = concealed(sequence, functions.open(random).resynchronisation_key);
        auts[..6].copy_from_slice(&hidden);
        auts[6..].copy_from_slice(&mac);
        auts
    }

    /// The sequence number in an AUTS that answers `random`; `None` if its MAC is wrong.
    #[must_use]
    pub fn resynchronised(&self, random: Block, auts: [u8; 14]) -> Option<Sequence> {
        let functions = self.milenage();
        let hidden: [u8; 6] = std::array::from_fn(|at| auts[at]);
        let sequence = concealed(hidden, functions.open(random).resynchronisation_key);
        let (_, mac) = functions.macs(random, sequence, [0; 2]);
        (auts[6..] == mac).then(|| number(sequence))
    }
}

impl Vector {
    /// The nonce of a challenge: RAND and AUTN in base64 (RFC 3310 3.2).
    #[must_use]
    pub fn nonce(&self) -> String {
        STANDARD.encode([self.random, self.autn].concat())
    }

    /// What stands for the password in a response by an AKA algorithm: RES itself in version 1 (RFC 3310 3.3), in version 2
    /// the base64 of an HMAC under RES, IK and CK (RFC 4169 3), here by the hash that the algorithm names. `None` if
    /// the algorithm is not AKA.
    #[must_use]
    pub fn password(&self, algorithm: Algorithm) -> Option<Vec<u8>> {
        const TEXT: &[u8] = b"http-digest-akav2-password";
        match algorithm {
            Algorithm::AkaV1Md5 | Algorithm::AkaV1Sha256 => Some(self.res.to_vec()),
            Algorithm::AkaV2Md5 | Algorithm::AkaV2Sha256 => {
                let key = [&self.res[..], &self.integrity_key, &self.cipher_key].concat();
                let keyed = match algorithm {
                    Algorithm::AkaV2Md5 => keyed::<Md5>(&key, TEXT),
                    _ => keyed::<Sha256>(&key, TEXT),
                };
                Some(STANDARD.encode(keyed).into_bytes())
            }
            _ => None,
        }
    }
}

/// HMAC (RFC 2104) by a hash with blocks of 64 bytes, under a key of at most one block: RES, IK and CK have 40 bytes.
fn keyed<H: Digest>(key: &[u8], text: &[u8]) -> Vec<u8> {
    let padded = |pad: u8| -> [u8; 64] {
        std::array::from_fn(|at| key.get(at).copied().unwrap_or_default() ^ pad)
    };
    let inner = H::new()
        .chain_update(padded(0x36))
        .chain_update(text)
        .finalize();
    H::new()
        .chain_update(padded(0x5c))
        .chain_update(inner)
        .finalize()
        .to_vec()
}

/// RAND and AUTN of a challenge's nonce; what the server put behind them is left out. `None` if it is no base64 or too short.
#[must_use]
pub fn read_nonce(nonce: &str) -> Option<(Block, Block)> {
    let bytes = STANDARD.decode(nonce).ok()?;
    let random = bytes.get(..16)?.try_into().ok()?;
    let autn = bytes.get(16..32)?.try_into().ok()?;
    Some((random, autn))
}

/// The parameter `auts` of credentials that tell a synchronisation failure (RFC 3310 3.4).
#[must_use]
pub fn write_auts(auts: [u8; 14]) -> String {
    STANDARD.encode(auts)
}

/// AUTS of that parameter. `None` if it is no base64 or not 14 bytes long.
#[must_use]
pub fn read_auts(auts: &str) -> Option<[u8; 14]> {
    STANDARD.decode(auts).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests;
