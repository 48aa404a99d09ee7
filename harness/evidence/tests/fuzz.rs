//! Feeds the fuzz targets a small corpus and seeded mutations of it.

mod common;

use evidence::{Event, fuzz};

const MUTATIONS: u32 = 20_000;

/// Pieces that are put into the corpus's entries: what JSON readers and ours trip over.
const PIECES: [&str; 14] = [
    "\n",
    "{",
    "}",
    "[",
    "\"",
    "\\u0000",
    "\\ud800",
    "null",
    "-1",
    "1e400",
    "18446744073709551616",
    "\"event\":\"ended\",",
    "{\"base64\":\"A\"}",
    "\u{1b}",
];

/// Numbers that look random and are the same in every run (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

fn mutated(data: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut data = data.to_vec();
    for _ in 0..=numbers.below(3) {
        let from = numbers.below(data.len() + 1);
        let to = (from + numbers.below(12)).min(data.len());
        match numbers.below(4) {
            0 => drop(data.drain(from..to)),
            1 => data.truncate(from),
            2 => drop(data.splice(from..to, PIECES[numbers.below(PIECES.len())].bytes())),
            _ => {
                if let Some(byte) = data.get_mut(from) {
                    *byte ^= 1 << numbers.below(8);
                }
            }
        }
    }
    data
}

fn feed(corpus: &[Vec<u8>], target: fn(&[u8])) {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    corpus.iter().for_each(|entry| target(entry));
    for _ in 0..MUTATIONS {
        let entry = &corpus[numbers.below(corpus.len())];
        target(&mutated(entry, &mut numbers));
    }
}

#[test]
fn logs() {
    let line = |(n, what)| serde_json::to_string(&Event { n, at_us: 5, what }).unwrap() + "\n";
    let lines: Vec<String> = (0..).zip(common::events()).map(line).collect();
    let mut corpus: Vec<Vec<u8>> = lines.iter().map(|line| line.clone().into_bytes()).collect();
    corpus.extend([
        lines.concat().into_bytes(),
        Vec::new(),
        b"\n\n".to_vec(),
        b"{\"n\":0}".to_vec(),
    ]);
    feed(&corpus, fuzz::log);
}

#[test]
fn records() {
    let corpus = [
        serde_json::to_vec(&common::case()).unwrap(),
        serde_json::to_vec(&common::run()).unwrap(),
        serde_json::to_vec(&common::run().planned).unwrap(),
        b"{}".to_vec(),
    ];
    feed(&corpus, fuzz::records);
}

/// Nesting without end must not end the program.
#[test]
fn deep_nesting() {
    for open in [
        "[",
        "{\"n\":",
        "{\"n\":0,\"at_us\":0,\"event\":\"hook\",\"name\":\"\",\"answer\":null,\"request\":[",
    ] {
        let deep = open.repeat(100_000) + "\n";
        fuzz::log(deep.as_bytes());
        fuzz::records(deep.as_bytes());
    }
}
