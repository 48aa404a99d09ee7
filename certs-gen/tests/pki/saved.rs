//! Authorities saved and loaded; foreign bytes do not panic.

use certs_gen::{Authority, Flaw, LeafKey, Usage, fuzz};
use proptest::prelude::*;

use crate::judges::{Findings, openssl, webpki};
use crate::table::{Answer, ROWS};
use crate::world::{HOST, TRUSTED, UNKNOWN, others, question, request};

#[test]
fn a_loaded_authority_issues_below_the_same_root() {
    let loaded = Authority::from_pem(&TRUSTED.to_pem()).unwrap();
    assert_eq!(loaded.name(), "operator");
    assert_eq!(loaded.root_der(), TRUSTED.root_der());
    assert_eq!(loaded.intermediate_der(), TRUSTED.intermediate_der());
    assert_eq!(loaded.to_pem(), TRUSTED.to_pem());
    assert!(loaded.to_pem().starts_with(&loaded.root_pem()));

    let leaf = loaded.issue(&request(Usage::Server, HOST)).unwrap();
    let asked = question(&leaf.chain, Usage::Server, HOST);
    assert_eq!((webpki(&asked), openssl(&asked)), Default::default());
}

#[test]
fn a_loaded_authority_makes_the_same_flaws() {
    let loaded = Authority::from_pem(&TRUSTED.to_pem()).unwrap();
    for row in &ROWS {
        let flawed = loaded
            .issue_flawed(&request(row.usage, row.host), row.flaw, &others())
            .unwrap();
        let expected: Findings = match row.webpki {
            Answer::Refuses(errors) => errors.iter().map(ToString::to_string).collect(),
            Answer::DoesNotLook(_) => Findings::new(),
        };
        assert_eq!(
            webpki(&row.asked(&flawed, &loaded)),
            expected,
            "{}",
            row.flaw
        );
    }
}

/// The four PEM sections of an authority.
fn sections(authority: &Authority) -> Vec<String> {
    let text = authority.to_pem();
    let sections = text.split_inclusive("-----\n").collect::<Vec<_>>();
    sections.chunks(2).map(<[_]>::concat).collect()
}

#[test]
fn text_that_is_no_saved_authority_is_refused() {
    let own = sections(&TRUSTED);
    let foreign = sections(&UNKNOWN);
    let leaf = TRUSTED.issue(&request(Usage::Server, HOST)).unwrap();
    let [root, root_key, intermediate, key] = [0, 1, 2, 3].map(|index| own[index].as_str());
    for (why, text) in [
        ("empty", String::new()),
        (
            "no key of the intermediate",
            [root, root_key, intermediate].concat(),
        ),
        (
            "three keys",
            [root, root_key, intermediate, key, key].concat(),
        ),
        (
            "intermediate first",
            [intermediate, key, root, root_key].concat(),
        ),
        (
            "keys exchanged",
            [root, key, intermediate, root_key].concat(),
        ),
        (
            "another's key",
            [root, root_key, intermediate, &foreign[3]].concat(),
        ),
        (
            "another's intermediate",
            [root, root_key, &foreign[2], &foreign[3]].concat(),
        ),
        (
            "a leaf for the intermediate",
            [
                root,
                root_key,
                &leaf.chain_pem()[..leaf.chain_pem().len() / 2],
                &leaf.key_pem(),
            ]
            .concat(),
        ),
        (
            "a section of another kind",
            TRUSTED.to_pem().replace("PRIVATE KEY", "EC PRIVATE KEY"),
        ),
        ("cut", TRUSTED.to_pem()[..900].to_owned()),
    ] {
        assert!(Authority::from_pem(&text).is_err(), "{why}");
    }
    let exchanged = Authority::from_pem(&[root, key, intermediate, root_key].concat()).unwrap_err();
    assert_eq!(
        exchanged.to_string(),
        "saved authority: a key is not that of its certificate"
    );
}

#[test]
fn a_key_of_another_kind_is_refused() {
    let weak = TRUSTED
        .issue_flawed(&request(Usage::Server, HOST), Flaw::Rsa1024, &others())
        .unwrap();
    assert!(LeafKey::from_pkcs8(&weak.key).is_err());
}

/// A small generator of its own, so that a failing run can be repeated (SplitMix64).
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % bound as u64).unwrap()
    }

    /// The bytes with one to four of them changed, taken out, or doubled.
    fn mutate(&mut self, seed: &[u8]) -> Vec<u8> {
        let mut bytes = seed.to_vec();
        for _ in 0..=self.below(4) {
            let place = self.below(bytes.len());
            match self.below(4) {
                0 => bytes[place] = u8::try_from(self.below(256)).unwrap(),
                1 => bytes[place] ^= 1 << self.below(8),
                2 if bytes.len() > 1 => drop(bytes.remove(place)),
                _ => bytes.insert(place, bytes[place]),
            }
        }
        bytes
    }
}

#[test]
fn mutated_authorities_do_not_panic() {
    let seed = TRUSTED.to_pem().into_bytes();
    let mut seeded = Seeded(33871);
    fuzz::authority_pem(&seed);
    (0..20_000).for_each(|_| fuzz::authority_pem(&seeded.mutate(&seed)));
}

#[test]
fn mutated_certificates_do_not_panic() {
    let corpus = [TRUSTED.root_der(), TRUSTED.intermediate_der()];
    let mut seeded = Seeded(33871);
    for seed in corpus {
        (0..10_000).for_each(|_| fuzz::certificate(&seeded.mutate(seed)));
    }
}

proptest! {
    #[test]
    fn any_text_is_refused_without_panic(text in "(?s).{0,200}") {
        prop_assert!(Authority::from_pem(&text).is_err());
    }

    #[test]
    fn any_sections_are_refused_without_panic(ders in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..80), 4)) {
        use base64::Engine;
        let text: String = ["CERTIFICATE", "PRIVATE KEY", "CERTIFICATE", "PRIVATE KEY"].iter().zip(&ders).map(|(label, der)| {
            let encoded = base64::engine::general_purpose::STANDARD.encode(der);
            format!("-----BEGIN {label}-----\n{encoded}\n-----END {label}-----\n")
        }).collect();
        prop_assert!(Authority::from_pem(&text).is_err());
    }

    #[test]
    fn any_name_of_an_authority_survives(name in "\\PC{0,40}") {
        let made = Authority::generate(&name, crate::world::NOW).unwrap();
        let loaded = Authority::from_pem(&made.to_pem()).unwrap();
        prop_assert_eq!(loaded.name(), name);
    }
}
