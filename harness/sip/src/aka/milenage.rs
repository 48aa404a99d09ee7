//! Milenage, TS 35.206: the functions f1 to f5*, over one AES block.

use aws_lc_rs::cipher::{AES_128, EncryptingKey, UnboundCipherKey};

/// 128 bits: K, OPc, RAND, AUTN, IK, CK.
pub type Block = [u8; 16];

/// The functions of one subscriber.
#[derive(Debug, Clone, Copy)]
pub struct Milenage {
    key: Block,
    opc: Block,
}

/// What the functions f2 to f5* give for one RAND.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// RES, by f2.
    pub res: [u8; 8],
    /// CK, by f3.
    pub cipher_key: Block,
    /// IK, by f4.
    pub integrity_key: Block,
    /// AK, by f5: conceals the sequence number in AUTN.
    pub anonymity_key: [u8; 6],
    /// AK, by f5*: conceals the sequence number in AUTS.
    pub resynchronisation_key: [u8; 6],
}

impl Milenage {
    /// The functions under K and OPc.
    #[must_use]
    pub const fn new(key: Block, opc: Block) -> Self {
        Self { key, opc }
    }

    /// OPc of an operator's OP under K.
    #[must_use]
    pub fn opc(key: Block, op: Block) -> Block {
        xor(encrypted(key, op), op)
    }

    /// MAC-A and MAC-S, by f1 and f1*.
    #[must_use]
    pub fn macs(
        &self,
        random: Block,
        sequence: [u8; 6],
        management: [u8; 2],
    ) -> ([u8; 8], [u8; 8]) {
        let half = [&sequence[..], &management[..]].concat();
        let twice: Block = std::array::from_fn(|at| half[at % 8]);
        let input = xor(self.first(random), turned(xor(twice, self.opc), 8));
        let out = xor(encrypted(self.key, input), self.opc);
        (eight(out, 0), eight(out, 8))
    }

    /// What f2 to f5* give.
    #[must_use]
    pub fn open(&self, random: Block) -> Opened {
        let first = xor(self.first(random), self.opc);
        // The rotations r2 to r5 in bytes and the constants c2 to c5, which stand in the last byte.
        let out = |rotation: usize, constant: u8| {
            let mut input = turned(first, rotation);
            input[15] ^= constant;
            xor(encrypted(self.key, input), self.opc)
        };
        let second = out(0, 1);
        Opened {
            res: eight(second, 8),
            cipher_key: out(4, 2),
            integrity_key: out(8, 4),
            anonymity_key: six(second),
            resynchronisation_key: six(out(12, 8)),
        }
    }

    /// TEMP, which all functions begin with.
    fn first(&self, random: Block) -> Block {
        encrypted(self.key, xor(random, self.opc))
    }
}

fn encrypted(key: Block, mut block: Block) -> Block {
    let cipher = UnboundCipherKey::new(&AES_128, &key).and_then(EncryptingKey::ecb);
    // A key of 16 bytes and one whole block are what AES-128 is made for: neither step can fail.
    let done = cipher.and_then(|cipher| cipher.encrypt(&mut block).map(drop));
    debug_assert!(done.is_ok(), "AES-128 takes any key and block of 16 bytes");
    block
}

fn xor(left: Block, right: Block) -> Block {
    std::array::from_fn(|at| left[at] ^ right[at])
}

/// Rotated towards the most significant byte.
fn turned(block: Block, bytes: usize) -> Block {
    std::array::from_fn(|at| block[(at + bytes) % 16])
}

fn eight(block: Block, from: usize) -> [u8; 8] {
    std::array::from_fn(|at| block[from + at])
}

fn six(block: Block) -> [u8; 6] {
    std::array::from_fn(|at| block[at])
}
