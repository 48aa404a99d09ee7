//! Published figures and properties.

use super::*;
use proptest::prelude::*;

/// One test set: all that goes in, and all that comes out, in hexadecimal digits.
struct Set {
    key: &'static str,
    op: &'static str,
    random: &'static str,
    sequence: &'static str,
    management: &'static str,
    opc: &'static str,
    mac: &'static str,
    mac_star: &'static str,
    res: &'static str,
    cipher_key: &'static str,
    integrity_key: &'static str,
    anonymity_key: &'static str,
    resynchronisation_key: &'static str,
}

fn bytes<const N: usize>(digits: &str) -> [u8; N] {
    assert_eq!(digits.len(), 2 * N);
    std::array::from_fn(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap())
}

impl Set {
    fn keys(&self) -> Keys {
        Keys {
            key: bytes(self.key),
            opc: bytes(self.opc),
            management: bytes(self.management),
        }
    }

    fn holds(&self) {
        assert_eq!(
            Milenage::opc(bytes(self.key), bytes(self.op)),
            bytes(self.opc)
        );
        let functions = Milenage::new(bytes(self.key), bytes(self.opc));
        let random = bytes(self.random);
        let macs = functions.macs(random, bytes(self.sequence), bytes(self.management));
        assert_eq!(macs, (bytes(self.mac), bytes(self.mac_star)));
        let opened = functions.open(random);
        assert_eq!(opened.res, bytes(self.res));
        assert_eq!(opened.cipher_key, bytes(self.cipher_key));
        assert_eq!(opened.integrity_key, bytes(self.integrity_key));
        assert_eq!(opened.anonymity_key, bytes(self.anonymity_key));
        assert_eq!(
            opened.resynchronisation_key,
            bytes(self.resynchronisation_key)
        );
        let sequence = number(bytes(self.sequence));
        let vector = self.keys().vector(random, sequence);
        assert_eq!(
            self.keys().check(random, vector.autn),
            Checked::Sequence(sequence)
        );
    }
}

const SET_1: Set = Set {
    key: "465b5ce8b199b49faa5f0a2ee238a6bc",
    op: "cdc202d5123e20f62b6d676ac72cb318",
    random: "23553cbe9637a89d218ae64dae47bf35",
    sequence: "ff9bb4d0b607",
    management: "b9b9",
    opc: "cd63cb71954a9f4e48a5994e37a02baf",
    mac: "4a9ffac354dfafb3",
    mac_star: "01cfaf9ec4e871e9",
    res: "a54211d5e3ba50bf",
    cipher_key: "b40ba9a3c58b2a05bbf0d987b21bf8cb",
    integrity_key: "f769bcd751044604127672711c6d3441",
    anonymity_key: "aa689c648370",
    resynchronisation_key: "451e8beca43b",
};

const SET_2: Set = Set {
    key: "0396eb317b6d1c36f19c1c84cd6ffd16",
    op: "ff53bade17df5d4e793073ce9d7579fa",
    random: "c00d603103dcee52c4478119494202e8",
    sequence: "fd8eef40df7d",
    management: "af17",
    opc: "53c15671c60a4b731c55b4a441c0bde2",
    mac: "5df5b31807e258b0",
    mac_star: "a8c016e51ef4a343",
    res: "d3a628ed988620f0",
    cipher_key: "58c433ff7a7082acd424220f2b67c556",
    integrity_key: "21a8c1f929702adb3e738488b9f5c5da",
    anonymity_key: "c47783995f72",
    resynchronisation_key: "30f1197061c1",
};

const SET_3: Set = Set {
    key: "fec86ba6eb707ed08905757b1bb44b8f",
    op: "dbc59adcb6f9a0ef735477b7fadf8374",
    random: "9f7c8d021accf4db213ccff0c7f71a6a",
    sequence: "9d0277595ffc",
    management: "725c",
    opc: "1006020f0a478bf6b699f15c062e42b3",
    mac: "9cabc3e99baf7281",
    mac_star: "95814ba2b3044324",
    res: "8011c48c0c214ed2",
    cipher_key: "5dbdbb2954e8f3cde665b046179a5098",
    integrity_key: "59a92d3b476a0443487055cf88b2307b",
    anonymity_key: "33484dc2136b",
    resynchronisation_key: "deacdd848cc6",
};

const SET_4: Set = Set {
    key: "9e5944aea94b81165c82fbf9f32db751",
    op: "223014c5806694c007ca1eeef57f004f",
    random: "ce83dbc54ac0274a157c17f80d017bd6",
    sequence: "0b604a81eca8",
    management: "9e09",
    opc: "a64a507ae1a2a98bb88eb4210135dc87",
    mac: "74a58220cba84c49",
    mac_star: "ac2cc74a96871837",
    res: "f365cd683cd92e96",
    cipher_key: "e203edb3971574f5a94b0d61b816345d",
    integrity_key: "0c4524adeac041c4dd830d20854fc46b",
    anonymity_key: "f0b9c08ad02e",
    resynchronisation_key: "6085a86c6f63",
};

const SET_5: Set = Set {
    key: "4ab1deb05ca6ceb051fc98e77d026a84",
    op: "2d16c5cd1fdf6b22383584e3bef2a8d8",
    random: "74b0cd6031a1c8339b2b6ce2b8c4a186",
    sequence: "e880a1b580b6",
    management: "9f07",
    opc: "dcf07cbd51855290b92a07a9891e523e",
    mac: "49e785dd12626ef2",
    mac_star: "9e85790336bb3fa2",
    res: "5860fc1bce351e7e",
    cipher_key: "7657766b373d1c2138f307e3de9242f9",
    integrity_key: "1c42e960d89b8fa99f2744e0708ccb53",
    anonymity_key: "31e11a609118",
    resynchronisation_key: "fe2555e54aa9",
};

const SET_6: Set = Set {
    key: "6c38a116ac280c454f59332ee35c8c4f",
    op: "1ba00a1a7c6700ac8c3ff3e96ad08725",
    random: "ee6466bc96202c5a557abbeff8babf63",
    sequence: "414b98222181",
    management: "4464",
    opc: "3803ef5363b947c6aaa225e58fae3934",
    mac: "078adfb488241a57",
    mac_star: "80246b8d0186bcf1",
    res: "16c8233f05a0ac28",
    cipher_key: "3f8c7587fe8e4b233af676aede30ba3b",
    integrity_key: "a7466cc1e6b2a1337d49d3b66e95d7b4",
    anonymity_key: "45b0f69ab06c",
    resynchronisation_key: "1f53cd2b1113",
};

#[test]
fn ts_35_208_test_set_1() {
    SET_1.holds();
}

#[test]
fn ts_35_208_test_set_2() {
    SET_2.holds();
}

#[test]
fn ts_35_208_test_set_3() {
    SET_3.holds();
}

#[test]
fn ts_35_208_test_set_4() {
    SET_4.holds();
}

#[test]
fn ts_35_208_test_set_5() {
    SET_5.holds();
}

#[test]
fn ts_35_208_test_set_6() {
    SET_6.holds();
}

/// No specification prints these: computed with Python's hmac over RES, IK and CK of test set 1.
#[test]
fn the_password_of_version_2_is_an_hmac_of_res_and_keys() {
    let vector = SET_1.keys().vector(bytes(SET_1.random), 1);
    let text = |algorithm| String::from_utf8(vector.password(algorithm).unwrap()).unwrap();
    assert_eq!(text(Algorithm::AkaV2Md5), "shzt3q8CWaZnCAWqs3WmEQ==");
    assert_eq!(
        text(Algorithm::AkaV2Sha256),
        "wpC+5dv/7kC35JEI2hluv8XcBd+vf8XcfedJBan1buk="
    );
    for algorithm in [Algorithm::AkaV1Md5, Algorithm::AkaV1Sha256] {
        assert_eq!(vector.password(algorithm), Some(vector.res.to_vec()));
    }
    assert_eq!(vector.password(Algorithm::Sha256), None);
}

#[test]
fn a_nonce_is_random_and_autn_and_perhaps_more() {
    let vector = SET_2.keys().vector(bytes(SET_2.random), 7);
    assert_eq!(
        read_nonce(&vector.nonce()),
        Some((vector.random, vector.autn))
    );
    let more = STANDARD.encode([&vector.random[..], &vector.autn, b"server data"].concat());
    assert_eq!(read_nonce(&more), Some((vector.random, vector.autn)));
    let less = STANDARD.encode(&[&vector.random[..], &vector.autn].concat()[..31]);
    assert_eq!(read_nonce(&less), None);
    assert_eq!(read_nonce("no base64!"), None);
}

proptest! {
    #[test]
    fn a_challenge_is_proven_and_any_flipped_bit_is_noticed(
        random: Block, sequence in 0_u64..1 << 48, bit in 0_usize..128,
    ) {
        let keys = SET_3.keys();
        let mut autn = keys.vector(random, sequence).autn;
        prop_assert_eq!(keys.check(random, autn), Checked::Sequence(sequence));
        autn[bit / 8] ^= 1 << (bit % 8);
        prop_assert_eq!(keys.check(random, autn), Checked::WrongMac);
    }

    #[test]
    fn auts_tells_the_sequence_number_to_the_home_network_alone(
        random: Block, sequence in 0_u64..1 << 48, bit in 0_usize..112,
    ) {
        let keys = SET_4.keys();
        let mut auts = keys.auts(random, sequence);
        prop_assert_eq!(read_auts(&write_auts(auts)), Some(auts));
        prop_assert_eq!(keys.resynchronised(random, auts), Some(sequence));
        prop_assert_eq!(SET_5.keys().resynchronised(random, auts), None);
        auts[bit / 8] ^= 1 << (bit % 8);
        prop_assert_eq!(keys.resynchronised(random, auts), None);
    }

    #[test]
    fn foreign_words_are_read_or_refused(word in ".{0,80}") {
        let read = read_nonce(&word);
        prop_assert!(read.is_none() || word.len() >= 43);
        let auts = read_auts(&word);
        prop_assert!(auts.is_none() || word.len() == 20);
    }
}
