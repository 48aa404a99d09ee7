//! The fuzz targets over a small corpus, seeded mutations of it, and text of any kind; whole real files with a piece gone wrong.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use proptest::prelude::*;

const MUTATIONS: u32 = 20_000;

/// Pieces that readers of TOML and of scripts trip over.
const PIECES: &[&str] = &[
    "\"",
    "\"\"\"",
    "'",
    "[",
    "]",
    "[[",
    "{",
    "}",
    "=",
    ".",
    ",",
    "\n",
    "\\",
    "\\u00",
    "#",
    "\0",
    "\u{feff}",
    "é",
    "𝄞",
    "=[",
    "={",
    "{variant}",
    "{x",
    "1e999",
    "-1",
    "0x",
    "nan",
    "1979-05-27",
    "true",
    "[[attack]]\n",
    "[[control]]\n",
    "[sut]\n",
    "[[expectation]]\n",
    "sut = \"ep-cscf\"\n",
    "steps = [",
    "change = { ",
    "wic.send = { ",
    "registration = 99999999999999999999\n",
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

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files_below(&path, found);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            found.push(path);
        }
    }
}

/// Every scenario and SUT file of the tree, and those of the bed.
fn real_files() -> &'static [String] {
    static FILES: OnceLock<Vec<String>> = OnceLock::new();
    FILES.get_or_init(|| {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut found = Vec::new();
        for folder in ["tests/it/bed", "../../scenarios", "../../examples"] {
            files_below(&here.join(folder), &mut found);
        }
        assert!(found.len() > 20, "the tree has more files than {found:?}");
        found
            .iter()
            .map(|path| fs::read_to_string(path).unwrap())
            .collect()
    })
}

/// Real files, taken apart at empty lines so that each entry is small; a script keeps the role above it.
fn corpus() -> Vec<String> {
    let mut corpus: Vec<String> = real_files()
        .iter()
        .flat_map(|text| text.split("\n\n"))
        .map(str::to_owned)
        .collect();
    let scripts: Vec<String> = corpus
        .iter()
        .filter(|text| text.contains("[[attack]]") || text.contains("[[control]]"))
        .map(|text| format!("sut = \"ep-cscf\"\n{text}"))
        .collect();
    corpus.extend(scripts);
    corpus.extend(
        [
            "",
            "a = 1",
            "sut = 'ep-cscf'",
            "[sut]\nroles = ['waf']\nname = 'n'\nversion = '1'",
            "a,b&c:d",
        ]
        .map(str::to_owned),
    );
    corpus
}

fn mutate(entry: &mut Vec<u8>, numbers: &mut Numbers) {
    let at = numbers.below(entry.len() + 1);
    match numbers.below(4) {
        0 => entry.truncate(at),
        1 => {
            let piece = PIECES[numbers.below(PIECES.len())];
            entry.splice(at..at, piece.bytes());
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
        script::fuzz::all(entry.as_bytes());
    }
    let mut numbers = Numbers(0x5EED_0F5C_4197_0001);
    for _ in 0..MUTATIONS {
        let mut entry = corpus[numbers.below(corpus.len())].clone().into_bytes();
        for _ in 0..=numbers.below(4) {
            mutate(&mut entry, &mut numbers);
        }
        if let Err(panic) = std::panic::catch_unwind(|| script::fuzz::all(&entry)) {
            panic!(
                "a target fails for b\"{}\": {panic:?}",
                entry.escape_ascii()
            );
        }
    }
}

/// What takes more than linear time, or a stack frame a byte, shows here as a hang or an overflow.
#[test]
fn large_hostile_files_end_in_time() {
    for piece in [
        "[",
        "{",
        "a=[",
        "a={b=",
        "[[a]]\n",
        "a.",
        "\"",
        "#\n",
        "a=1\n",
        "\n[[attack]]\n",
        "{variant}",
    ] {
        script::fuzz::all(piece.repeat(20_000 / piece.len()).as_bytes());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC*", lines in proptest::collection::vec("[a-z\\[\\]{}=\"'.,# \n-]{0,30}", 0..20)) {
        script::fuzz::all(text.as_bytes());
        script::fuzz::all(lines.join("\n").as_bytes());
    }

    #[test]
    fn a_real_file_with_a_piece_cut_out_or_put_in_is_read_or_refused(file in 0..10_000_usize, at in 0.0..1.0, length in 0..200_usize, piece in 0..PIECES.len()) {
        let files = real_files();
        let text = &files[file % files.len()];
        let boundary = |at: usize| (at..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place somewhere in the file")]
        let from = boundary((text.len() as f64 * at) as usize);
        let to = boundary((from + length).min(text.len()));
        let broken = format!("{}{}{}", &text[..from], PIECES[piece], &text[to..]);
        script::fuzz::all(broken.as_bytes());
    }
}
