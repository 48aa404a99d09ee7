//! Who has an ISIM: those whom the home network authenticates by AKA where AKA is declared, and by Digest elsewhere.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use sip::aka::{Block, Keys, Sequence, Vector};

/// The person of each lane who has one.
pub(super) const HOLDER: &str = "erin";

/// From one sequence number to the next: the last five bits are an index that is not used here (TS 33.102 C.1.1).
const STEP: Sequence = 32;

/// The sequence number that an ISIM has accepted when it is handed out.
const FIRST: Sequence = 32 * STEP;

/// An ISIM as its home network knows it.
#[derive(Debug)]
pub struct Isim {
    /// K, OPc, AMF.
    pub keys: Keys,
    /// The highest sequence number that was given away.
    given: AtomicU64,
}

/// An ISIM in a file, in hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Written {
    k: String,
    opc: String,
    amf: String,
    /// The highest sequence number that it has accepted.
    sqn: String,
}

impl Isim {
    /// With fresh keys.
    pub(super) fn fresh() -> Self {
        let keys = Keys {
            key: random(),
            opc: random(),
            // The bit that separates access to EPS is no business of IMS (TS 33.102 annex H).
            management: [0; 2],
        };
        Self::new(keys)
    }

    fn new(keys: Keys) -> Self {
        Self {
            keys,
            given: AtomicU64::new(FIRST),
        }
    }

    /// The highest sequence number that was given away.
    pub(crate) fn given(&self) -> Sequence {
        self.given.load(Ordering::SeqCst)
    }

    /// A vector that was never given.
    pub(crate) fn next(&self) -> Vector {
        let last = self.given.fetch_add(STEP, Ordering::SeqCst);
        self.keys.vector(random(), last + STEP)
    }

    /// Goes on behind the sequence number that the ISIM tells in a proven AUTS.
    pub(crate) fn resynchronise(&self, accepted: Sequence) {
        self.given
            .store(accepted.next_multiple_of(STEP), Ordering::SeqCst);
    }

    pub(super) fn written(&self) -> Written {
        Written {
            k: hexadecimal(&self.keys.key),
            opc: hexadecimal(&self.keys.opc),
            amf: hexadecimal(&self.keys.management),
            sqn: format!("{:012x}", self.given()),
        }
    }

    pub(super) fn read(written: &Written) -> Option<Self> {
        let isim = Self::new(Keys {
            key: bytes(&written.k)?,
            opc: bytes(&written.opc)?,
            management: bytes(&written.amf)?,
        });
        let given = u64::from_str_radix(&written.sqn, 16).ok()?;
        isim.given.store(given, Ordering::SeqCst);
        Some(isim)
    }

    /// Puts a vendor's value in place of one of ours: `k`, `opc`, `amf`, in hexadecimal digits. `false` if it is none.
    pub(super) fn fix(&mut self, name: &str, value: &str) -> bool {
        let done = match name {
            "k" => bytes(value).map(|key| self.keys.key = key),
            "opc" => bytes(value).map(|opc| self.keys.opc = opc),
            _ => bytes(value).map(|amf| self.keys.management = amf),
        };
        done.is_some()
    }

    /// What the driver of a WIC is told to put into its ISIM.
    pub(crate) fn told(&self) -> serde_json::Value {
        serde_json::to_value(self.written()).unwrap_or_default()
    }
}

fn random() -> Block {
    let mut block = [0; 16];
    // The system's random source does not fail once it is seeded; a fixed key would only make the world guessable.
    let _ = aws_lc_rs::rand::fill(&mut block);
    block
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes<const N: usize>(digits: &str) -> Option<[u8; N]> {
    if digits.len() != 2 * N || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; N];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sip::aka::Checked;

    #[test]
    fn vectors_rise_and_go_on_behind_what_the_isim_tells() {
        let isim = Isim::fresh();
        let number = |vector: Vector| match isim.keys.check(vector.random, vector.autn) {
            Checked::Sequence(number) => number,
            Checked::WrongMac => panic!("our own vector has a wrong MAC"),
        };
        let (first, second) = (number(isim.next()), number(isim.next()));
        assert!(first < second && FIRST < first);
        isim.resynchronise(1_000_001);
        assert!(number(isim.next()) > 1_000_001);
    }

    #[test]
    fn what_is_written_reads_the_same() {
        let mut isim = Isim::fresh();
        isim.next();
        let read = Isim::read(&isim.written()).unwrap();
        assert_eq!((read.keys, read.given()), (isim.keys, isim.given()));
        assert!(isim.fix("amf", "b9b9") && isim.keys.management == [0xb9; 2]);
        for wrong in ["", "b9", "b9b", "b9b9b9", "+9b9", "ä9b"] {
            assert!(!isim.fix("amf", wrong), "{wrong}");
        }
    }
}
