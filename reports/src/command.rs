//! The command that repeats a case.

use evidence::record::PlannedRun;

use crate::hostile;

/// How to call wicheck again for one case, ready to be pasted into a shell.
#[must_use]
pub fn repeat_command(planned: &PlannedRun, case: &str) -> String {
    let words = planned
        .command
        .iter()
        .map(String::as_str)
        .chain(["--only", case]);
    words
        .map(|word| quoted(&hostile::line(word)))
        .collect::<Vec<_>>()
        .join(" ")
}

/// A word as a POSIX shell reads it back.
fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:=@,+%".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(words: &[&str], case: &str) -> String {
        let planned = PlannedRun {
            command: words.iter().map(|word| (*word).to_owned()).collect(),
            ..PlannedRun::default()
        };
        repeat_command(&planned, case)
    }

    #[test]
    fn plain_words_stay_and_others_are_quoted() {
        assert_eq!(
            command(&["wicheck", "run", "sut.toml"], "epc-id-to-swap@2"),
            "wicheck run sut.toml --only epc-id-to-swap@2"
        );
        assert_eq!(
            command(&["wicheck", "run", "my sut.toml"], "epc-jwt[alg-none]@2"),
            "wicheck run 'my sut.toml' --only 'epc-jwt[alg-none]@2'"
        );
        assert_eq!(
            command(&["wicheck"], "a'; rm -rf $HOME"),
            r"wicheck --only 'a'\''; rm -rf $HOME'"
        );
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
        #[test]
        fn a_shell_reads_the_word_back(word: String) {
            let shown = hostile::line(&word);
            let output = std::process::Command::new("sh")
                .arg("-c")
                .arg(format!("printf %s {}", quoted(&shown)))
                .output()
                .unwrap();
            proptest::prop_assert_eq!(String::from_utf8(output.stdout).unwrap(), shown);
        }
    }
}
