//! The fuzz entries under a small corpus and seeded mutations of it.

use jose::{Algorithm, Flaw, Key, fuzz};

use crate::fixture::{NOW, honest};

const ROUNDS: usize = 20_000;

/// A generator of numbers that are the same in every run (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) as usize
    }
}

fn run(corpus: &[Vec<u8>], entry: fn(&[u8])) {
    corpus.iter().for_each(|seed| entry(seed));
    let mut numbers = Numbers(15);
    for _ in 0..ROUNDS {
        let mut data = corpus[numbers.next() % corpus.len()].clone();
        for _ in 0..=numbers.next() % 4 {
            mutate(&mut data, corpus, &mut numbers);
        }
        entry(&data);
    }
}

fn mutate(data: &mut Vec<u8>, corpus: &[Vec<u8>], numbers: &mut Numbers) {
    const TELLING: &[u8] = b".=-_{}[]\",:\\AZ09 \0\n\x7f\xc3";
    let at = numbers.next() % (data.len() + 1);
    match numbers.next() % 5 {
        0 if at < data.len() => data[at] ^= 1 << (numbers.next() % 8),
        1 => data.insert(at, TELLING[numbers.next() % TELLING.len()]),
        2 => drop(data.drain(at..data.len().min(at + numbers.next() % 8))),
        3 => data.truncate(at),
        _ => {
            let other = &corpus[numbers.next() % corpus.len()];
            data.truncate(at);
            data.extend_from_slice(&other[numbers.next() % (other.len() + 1)..]);
        }
    }
}

/// Honest and forged tokens, but for the 3 MiB one, which would make the mutations slow.
fn tokens() -> Vec<String> {
    let honest = honest(Algorithm::ES256, NOW);
    let flaws = Flaw::ALL
        .iter()
        .filter(|flaw| !matches!(flaw, Flaw::Oversized | Flaw::KidLong));
    flaws
        .map(|flaw| flaw.forge(&honest))
        .chain([honest.token().compact(), "..".to_owned()])
        .collect()
}

#[test]
fn reading_withstands_mutations() {
    let corpus: Vec<Vec<u8>> = tokens().into_iter().map(String::into_bytes).collect();
    run(&corpus, fuzz::read);
}

#[test]
fn verifying_withstands_mutations() {
    let mut corpus = Vec::new();
    for algorithm in [
        Algorithm::ES256,
        Algorithm::RS256,
        Algorithm::EdDSA,
        Algorithm::HS256,
    ] {
        let honest = honest(algorithm, NOW);
        corpus.push(
            format!(
                "{}\n{}",
                honest.token().compact(),
                honest.key.verifying_jwk()
            )
            .into_bytes(),
        );
    }
    corpus.extend(tokens().into_iter().map(String::into_bytes));
    run(&corpus, fuzz::verify);
}

#[test]
fn reading_keys_withstands_mutations() {
    let mut corpus = Vec::new();
    for algorithm in [Algorithm::ES256, Algorithm::EdDSA] {
        let key = Key::generate(algorithm).unwrap();
        corpus.extend([
            key.to_pkcs8().unwrap(),
            key.to_pkcs8_pem().unwrap().into_bytes(),
        ]);
    }
    run(&corpus, fuzz::pkcs8);
}
