//! Feeds the fuzz targets a small corpus and seeded mutations of it.

use std::path::Path;

const MUTATIONS: u32 = 20_000;

/// Pieces that are put into the corpus's entries: what parsers trip over.
const PIECES: [&[u8]; 16] = [
    b"\r\n",
    b"\r\n\r\n",
    b"\n ",
    b"\r",
    b"\"",
    b"\\",
    b"<",
    b">",
    b",",
    b";",
    b"=",
    b"@",
    b"%",
    b":",
    b"\0",
    b"\xff\xc3",
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

fn corpus() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rfc4475");
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "dat"))
        .collect();
    paths.sort();
    let mut corpus: Vec<Vec<u8>> = paths
        .into_iter()
        .map(|path| std::fs::read(path).unwrap())
        .collect();
    let values = [
        r#"Digest username="a\"b", realm="x, y", nonce="n", uri="sip:h", qop=auth, nc=00000001, cnonce="c", response="00""#,
        "Di,=\"n\", uri=\"sip:h\"",
        "Bearer eyJhbGciOiJFUzI1NiJ9.e30.AA==",
        r#""J <\"R\">" <sip:%61:p@[::1]:5060;lr;x=%41?a=b&c>;tag=9;q="1,0", <tel:+1-2;phone-context=+3>, sip:c;d"#,
        "sips:a%3bb;c=1?:pw@H.example:5061;transport=tcp?subject=%20",
        "tel:+1-(201).555;ext=1-2;isub=%41",
        "SIP / 2.0 / WSS [::1] : 443 ; branch = z9hG4bK1 ; received=\"a;b\"",
        "\r\n\r\n",
        "",
    ];
    corpus.extend(values.map(|value| value.as_bytes().to_vec()));
    corpus
}

fn mutate(entry: &mut Vec<u8>, numbers: &mut Numbers) {
    let at = numbers.below(entry.len() + 1);
    match numbers.below(4) {
        0 => entry.truncate(at),
        1 => {
            let piece = PIECES[numbers.below(PIECES.len())];
            entry.splice(at..at, piece.iter().copied());
        }
        2 => {
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
    let corpus = corpus();
    for entry in &corpus {
        sip::fuzz::all(entry);
    }
    let mut numbers = Numbers(0x5EED_0F51_9CAF_E000);
    for _ in 0..MUTATIONS {
        let mut entry = corpus[numbers.below(corpus.len())].clone();
        for _ in 0..=numbers.below(6) {
            mutate(&mut entry, &mut numbers);
        }
        if let Err(panic) = std::panic::catch_unwind(|| sip::fuzz::all(&entry)) {
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
    for piece in [
        "\"",
        "\\\"",
        "<",
        ",",
        ";",
        "\r\n ",
        "a:\r\n",
        "a,",
        "%",
        "Digest a=b,",
        "a b,",
        "<>,",
        "\"a\";",
    ] {
        let mut data = b"INVITE a SIP/2.0\r\nContact: ".to_vec();
        data.extend(piece.repeat(20_000 / piece.len()).bytes());
        sip::fuzz::all(&data);
        sip::fuzz::all(&data[27..]);
    }
}
