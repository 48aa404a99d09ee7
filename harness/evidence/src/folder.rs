//! Where each file of a run stands.

use std::path::{Path, PathBuf};

/// The folder of one run.
#[derive(Clone, Debug)]
pub struct RunFolder {
    root: PathBuf,
}

impl RunFolder {
    /// The folder at that path; nothing is read or made.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder itself.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What was planned, [`crate::record::PlannedRun`].
    #[must_use]
    pub fn plan(&self) -> PathBuf {
        self.root.join("plan.json")
    }

    /// What was decided, [`crate::RunRecord`].
    #[must_use]
    pub fn record(&self) -> PathBuf {
        self.root.join("run.json")
    }

    /// One [`crate::CaseRecord`] a line.
    #[must_use]
    pub fn cases(&self) -> PathBuf {
        self.root.join("cases.ndjson")
    }

    /// Cases begun and ended, a line each, while the run goes on.
    #[must_use]
    pub fn events(&self) -> PathBuf {
        self.root.join("events.ndjson")
    }

    /// What the SUT printed.
    #[must_use]
    pub fn sut_output(&self) -> PathBuf {
        self.root.join("sut.log")
    }

    /// The SUT file without its secrets.
    #[must_use]
    pub fn sut_file(&self) -> PathBuf {
        self.root.join("sut.toml")
    }

    /// The scripts and data that were played.
    #[must_use]
    pub fn suite(&self) -> PathBuf {
        self.root.join("suite")
    }

    /// The log of a play, `<case id>#n`.
    #[must_use]
    pub fn play(&self, play: &str) -> PathBuf {
        let (case, number) = play.rsplit_once('#').unwrap_or((play, "1"));
        self.root
            .join("cases")
            .join(file_name(case))
            .join(format!("{}.ndjson", file_name(number)))
    }

    /// A body that is too long for a log, by the hex digest of its bytes.
    #[must_use]
    pub fn blob(&self, digest: &str) -> PathBuf {
        self.root.join("blobs").join(file_name(digest))
    }
}

/// A case id as one path component: letters, digits and `-_.@[]` stay, all else becomes `_`.
fn file_name(id: &str) -> String {
    let safe: String = id
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() || "-_.@[]".contains(letter) {
                letter
            } else {
                '_'
            }
        })
        .collect();
    if safe.is_empty() || safe.starts_with('.') {
        format!("_{safe}")
    } else {
        safe
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_never_leaves_its_folder() {
        let folder = RunFolder::new("/run");
        assert_eq!(
            folder.play("../../etc#1"),
            Path::new("/run/cases/_.._.._etc/1.ndjson")
        );
        assert_eq!(
            folder.play("a#../../../etc/passwd"),
            Path::new("/run/cases/a/_.._.._.._etc_passwd.ndjson")
        );
        assert_eq!(folder.blob("../x"), Path::new("/run/blobs/_.._x"));
        assert_eq!(folder.play("#"), Path::new("/run/cases/_/_.ndjson"));
        assert_eq!(
            folder.play("epc-jwt[alg-none]@2#3"),
            Path::new("/run/cases/epc-jwt[alg-none]@2/3.ndjson")
        );
    }
}
