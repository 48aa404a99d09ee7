//! The files of the workspace.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A file of the tree.
pub struct SourceFile {
    /// Its path from the root.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// The root of the workspace.
///
/// # Panics
/// When this crate stands nowhere.
#[must_use]
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent()
        .expect("this crate stands below the root")
        .to_owned()
}

/// Every text file that belongs to the tree: what git knows or would add; without git, all but build output.
///
/// # Panics
/// When the tree cannot be listed.
#[must_use]
pub fn files() -> Vec<SourceFile> {
    let root = root();
    let mut paths = known_to_git(&root).unwrap_or_else(|| {
        let mut found = Vec::new();
        walk(&root, "", &mut found);
        found
    });
    paths.sort();
    assert!(
        paths.len() > 100,
        "the tree has more than {} files",
        paths.len()
    );
    // A file that git knows may be deleted here; one that is no text has no words.
    let read = |path: String| {
        Some(SourceFile {
            text: std::fs::read_to_string(root.join(&path)).ok()?,
            path,
        })
    };
    paths.into_iter().filter_map(read).collect()
}

/// The Rust sources of the tree.
///
/// # Panics
/// As [`files`].
#[must_use]
pub fn rust() -> Vec<SourceFile> {
    files()
        .into_iter()
        .filter(|file| file.path.ends_with(".rs"))
        .collect()
}

fn known_to_git(root: &Path) -> Option<Vec<String>> {
    let listed = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(root)
        .output()
        .ok()?;
    let text = String::from_utf8(listed.stdout)
        .ok()
        .filter(|text| listed.status.success() && !text.is_empty())?;
    Some(text.split_terminator('\0').map(str::to_owned).collect())
}

fn walk(folder: &Path, prefix: &str, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder)
        .expect("a folder of the tree")
        .flatten()
    {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        if entry.path().is_dir() {
            if name != "target" && name != ".git" {
                walk(&entry.path(), &format!("{path}/"), found);
            }
        } else {
            found.push(path);
        }
    }
}
