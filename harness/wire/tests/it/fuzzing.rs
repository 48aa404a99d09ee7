//! The fuzz targets over a small corpus, seeded mutations of it, and bytes of any kind.

use proptest::prelude::*;

const MUTATIONS: u32 = 20_000;

const CORPUS: &[&[u8]] = &[
    b"",
    b"\r\n\r\n",
    b"GET /ws HTTP/1.1\r\nHost: edge.localhost\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\nrest",
    b"POST /token HTTP/1.1\r\nContent-Length: 5\r\n\r\na=b&cGET / HTTP/1.0\n\n",
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x00",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n3;a=b\r\nabc\r\n1f\r\n0123456789012345678901234567890\r\n0\r\nT: x\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\nffffffffffffffff\r\nabc",
    b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\nuntil the end",
    b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer realm=\"x:y\"\r\nWWW-Authenticate: Basic\r\n folded\r\nContent-Length:\r\n\r\n",
];

const PIECES: &[&[u8]] = &[
    b"\r\n",
    b"\r\n\r\n",
    b"\n\n",
    b"\r",
    b"\n",
    b":",
    b" ",
    b";",
    b"\0",
    b"\xff\xc3",
    b"0\r\n",
    b"Content-Length: 3\r\n",
    b"Content-Length: 99999999999999999999\r\n",
    b"Content-Length: 700\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"HTTP/1.1 200 OK\r\n",
    b"HTTP/1.1 204 \r\n",
    b"+1",
    b"-1",
    b"7fffffffffffffff\r\n",
];

/// Numbers that look random and are the same in every run (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit.max(1) as u64).unwrap()
    }
}

fn mutate(entry: &mut Vec<u8>, numbers: &mut Numbers) {
    let at = numbers.below(entry.len() + 1);
    match numbers.below(5) {
        0 => entry.truncate(at),
        1 | 2 => {
            let piece = PIECES[numbers.below(PIECES.len())];
            entry.splice(at..at, piece.iter().copied());
        }
        3 => {
            let end = at + numbers.below(entry.len() - at + 1).min(20);
            entry.drain(at..end);
        }
        _ => {
            if let Some(byte) = entry.get_mut(at) {
                *byte = u8::try_from(numbers.below(256)).unwrap();
            }
        }
    }
}

#[test]
fn all_targets_hold_for_the_corpus_and_its_mutations() {
    for entry in CORPUS {
        wire::fuzz::all(entry);
    }
    let mut numbers = Numbers(0x5EED_0F31_7E5A_0003);
    for _ in 0..MUTATIONS {
        let mut entry = CORPUS[numbers.below(CORPUS.len())].to_vec();
        for _ in 0..=numbers.below(6) {
            mutate(&mut entry, &mut numbers);
        }
        if let Err(panic) = std::panic::catch_unwind(|| wire::fuzz::all(&entry)) {
            panic!(
                "a target fails for b\"{}\": {panic:?}",
                entry.escape_ascii()
            );
        }
    }
}

/// What takes more than linear time shows here as a hang.
#[test]
fn large_hostile_inputs_end_in_time() {
    for piece in ["\r\n", "a:\r\n", "x", ":", "1\r\nx\r\n", "0;\r\n"] {
        for head in [
            "HTTP/1.1 200 OK\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\n\r\n",
        ] {
            let data = format!("{head}{}", piece.repeat(20_000 / piece.len()));
            wire::fuzz::all(data.as_bytes());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300), lines in proptest::collection::vec("[ -~]{0,20}", 0..12)) {
        wire::fuzz::all(&bytes);
        wire::fuzz::all(format!("HTTP/1.1 200 OK\r\n{}", lines.join("\r\n")).as_bytes());
    }

    #[test]
    fn a_body_of_any_length_in_any_chunks_comes_out_whole(body in proptest::collection::vec(any::<u8>(), 0..500), size in 1_usize..100, extra in "[a-z]{0,5}") {
        use futures_util::FutureExt;
        let mut sent = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        for chunk in body.chunks(size) {
            sent.extend(format!("{:X};{extra}\r\n", chunk.len()).bytes());
            sent.extend(chunk);
            sent.extend(b"\r\n");
        }
        sent.extend(b"0\r\n\r\n");
        let read = wire::http::Reader::default().message(&mut sent.as_slice(), 500, false).now_or_never();
        prop_assert_eq!(read.unwrap().unwrap().unwrap().body, body);
    }
}
