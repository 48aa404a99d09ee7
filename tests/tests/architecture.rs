//! Who may use whom, and what no source may hold. The drawing is in `docs/architecture.md`; this is what keeps it true.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

use proof::tree::{SourceFile, root, rust};

/// Each crate of ours and those of ours that it may use.
const MAY_USE: &[(&str, &[&str])] = &[
    (
        "cli",
        &[
            "campaign",
            "certs-gen",
            "evidence",
            "reference",
            "reports",
            "script",
        ],
    ),
    ("campaign", &["evidence", "judge", "script", "stage"]),
    (
        "stage",
        &["certs-gen", "evidence", "jose", "script", "sip", "wire"],
    ),
    ("judge", &["evidence", "jose", "script", "sip"]),
    ("reports", &["evidence", "sip"]),
    ("wire", &["evidence"]),
    ("script", &["evidence"]),
    ("certs-gen", &[]),
    ("evidence", &[]),
    ("jose", &[]),
    ("reference", &[]),
    ("sip", &[]),
];

/// The crate that proves things about all the others.
const PROOF: &str = "proof";

/// Crates that decide or write from what they are given: no socket, no runtime.
const WITHOUT_NETWORK: &[&str] = &[
    "judge",
    "evidence",
    "sip",
    "jose",
    "script",
    "certs-gen",
    "reports",
];
const NETWORK: &[&str] = &[
    "tokio",
    "reqwest",
    "hyper",
    "rustls",
    "tokio-rustls",
    "tokio-tungstenite",
    "axum",
    "hyper-util",
];

/// Who may name rustls, and why.
const MAY_NAME_RUSTLS: &[(&str, &str)] = &[
    ("wire", "the sockets under the tap"),
    ("reference", "a SUT of its own"),
    (
        "stage",
        "reads the hello of who it answers by hand as an old server, and chooses the provider of the client that asks hooks",
    ),
];

/// Source files that are longer than [`LONGEST_FILE`], and why.
const LONG_FILES: &[(&str, &str)] = &[(
    "reference/src/defect/edge.rs",
    "a list: a line for what a mistake does and a line for its name",
)];
const LONGEST_FILE: usize = 450;

/// What prints: the command does, and its build script talks to cargo.
const MAY_PRINT: &str = "harness/cli/";

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .other_options(["--offline".to_owned()])
        .exec()
        .expect("cargo describes the workspace")
}

/// Names of a package's direct dependencies of these kinds.
fn direct(package: &Package, kinds: &[DependencyKind]) -> BTreeSet<String> {
    package
        .dependencies
        .iter()
        .filter(|dependency| kinds.contains(&dependency.kind))
        .map(|dependency| dependency.name.clone())
        .collect()
}

const BUILT_IN: &[DependencyKind] = &[DependencyKind::Normal, DependencyKind::Build];
const ANY: &[DependencyKind] = &[
    DependencyKind::Normal,
    DependencyKind::Build,
    DependencyKind::Development,
];

#[test]
fn our_crates_use_only_those_of_ours_that_they_may() {
    let metadata = metadata();
    let ours: BTreeSet<String> = metadata
        .packages
        .iter()
        .map(|package| package.name.to_string())
        .collect();
    let named: BTreeSet<String> = MAY_USE
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .chain([PROOF.to_owned()])
        .collect();
    assert_eq!(
        ours, named,
        "every crate of the workspace stands in the table, and no other"
    );
    let may_use: BTreeMap<&str, &[&str]> = MAY_USE.iter().copied().collect();
    let mut wrong = Vec::new();
    for package in metadata
        .packages
        .iter()
        .filter(|package| *package.name != PROOF)
    {
        let allowed = may_use[package.name.as_str()];
        for used in direct(package, ANY).intersection(&ours) {
            if !allowed.contains(&used.as_str()) {
                wrong.push(format!("{} -> {used}", package.name));
            }
        }
    }
    assert!(wrong.is_empty(), "not allowed: {wrong:?}");
}

#[test]
fn the_table_allows_no_circle() {
    let may_use: BTreeMap<&str, &[&str]> = MAY_USE.iter().copied().collect();
    let mut left: BTreeSet<&str> = may_use.keys().copied().collect();
    while let Some(name) = left
        .iter()
        .copied()
        .find(|name| may_use[name].iter().all(|used| !left.contains(used)))
    {
        left.remove(name);
    }
    assert!(left.is_empty(), "a circle among {left:?}");
}

#[test]
fn what_decides_and_writes_has_no_network() {
    for package in &metadata().packages {
        if WITHOUT_NETWORK.contains(&package.name.as_str()) {
            let direct = direct(package, BUILT_IN);
            let network: Vec<_> = NETWORK
                .iter()
                .filter(|name| direct.contains(**name))
                .collect();
            assert!(network.is_empty(), "{} uses {network:?}", package.name);
        }
    }
}

#[test]
fn rustls_is_named_only_where_it_is_needed() {
    let named: BTreeSet<String> = metadata()
        .packages
        .iter()
        .filter(|package| {
            direct(package, BUILT_IN)
                .iter()
                .any(|name| name == "rustls" || name == "tokio-rustls")
        })
        .map(|package| package.name.to_string())
        .collect();
    let allowed: BTreeSet<String> = MAY_NAME_RUSTLS
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    assert_eq!(named, allowed);
}

/// A dependency of the root manifest and the comment that stands above its group.
struct Entry {
    name: String,
    group: usize,
    reason: String,
    line: String,
}

/// The entries of `[workspace.dependencies]`. A comment speaks for the lines below it, to the next comment or empty line.
fn entries() -> Vec<Entry> {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).expect("the root manifest");
    let (_, section) = manifest
        .split_once("\n[workspace.dependencies]\n")
        .expect("a section of dependencies");
    let mut entries: Vec<Entry> = Vec::new();
    let (mut reason, mut group, mut in_comment) = (String::new(), 0, false);
    for line in section.lines().take_while(|line| !line.starts_with('[')) {
        if let Some(comment) = line.strip_prefix('#') {
            if !in_comment {
                reason.clear();
                group += 1;
            }
            reason.push_str(comment);
            in_comment = true;
            continue;
        }
        in_comment = false;
        match line.split_once(['=', '.']) {
            Some((name, _)) => entries.push(Entry {
                name: name.trim().to_owned(),
                group,
                reason: reason.clone(),
                line: line.to_owned(),
            }),
            None => reason.clear(),
        }
    }
    entries
}

#[test]
fn every_dependency_has_its_reason_above_it_and_is_used() {
    let entries = entries();
    assert!(
        entries.len() > 30,
        "the section was read: {}",
        entries.len()
    );
    let used: BTreeSet<String> = metadata()
        .packages
        .iter()
        .flat_map(|package| direct(package, ANY))
        .collect();
    let mut wrong = Vec::new();
    for entry in entries
        .iter()
        .filter(|entry| !entry.line.contains("path ="))
    {
        if entry.reason.split_whitespace().count() < 2 {
            wrong.push(format!("{}: no reason", entry.name));
        }
        // A comment above half the list is no reason for any of it.
        if entries
            .iter()
            .filter(|other| other.group == entry.group)
            .count()
            > 8
        {
            wrong.push(format!("{}: one of too many under one reason", entry.name));
        }
        if !used.contains(&entry.name) {
            wrong.push(format!("{}: nobody uses it", entry.name));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_crate_takes_its_versions_and_lints_from_the_workspace() {
    let known: BTreeSet<String> = entries().into_iter().map(|entry| entry.name).collect();
    for package in &metadata().packages {
        let manifest = std::fs::read_to_string(&package.manifest_path).expect("a manifest");
        assert!(
            manifest.contains("\n[lints]\nworkspace = true\n"),
            "{} has lints of its own",
            package.name
        );
        let mut section = "";
        for line in manifest.lines() {
            if line.starts_with('[') {
                section = line;
            } else if section.ends_with("dependencies]")
                && !line.trim().is_empty()
                && !line.starts_with('#')
            {
                let name = line.split(['.', ' ', '=']).next().unwrap_or_default();
                let of_workspace =
                    line.contains(".workspace = true") || line.contains("workspace = true");
                assert!(
                    of_workspace && known.contains(name),
                    "{}: {line}",
                    package.name
                );
            }
        }
    }
}

#[test]
fn no_source_file_is_longer_than_it_can_be_read() {
    let sources: Vec<SourceFile> = rust()
        .into_iter()
        .filter(|file| file.path.contains("/src/"))
        .collect();
    let long: Vec<(&str, usize)> = sources
        .iter()
        .map(|file| (file.path.as_str(), file.text.lines().count()))
        .filter(|(_, lines)| *lines > LONGEST_FILE)
        .collect();
    let excused = |path: &str| LONG_FILES.iter().any(|(known, _)| *known == path);
    let wrong: Vec<_> = long.iter().filter(|(path, _)| !excused(path)).collect();
    assert!(
        wrong.is_empty(),
        "longer than {LONGEST_FILE} lines: {wrong:?}"
    );
    for (path, _) in LONG_FILES {
        assert!(
            long.iter().any(|(long, _)| long == path),
            "{path} needs no exception any more"
        );
    }
}

/// The attributes of a source that switch a lint off, whole.
fn switched_off(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for opening in [
        concat!("#[", "allow("),
        concat!("#[", "expect("),
        concat!("#![", "allow("),
        concat!("#![", "expect("),
    ] {
        for (at, _) in text.match_indices(opening) {
            let end = text[at..].find(")]").map_or(text.len(), |end| at + end);
            found.push(&text[at..end]);
        }
    }
    found
}

#[test]
fn a_lint_is_switched_off_only_with_a_reason() {
    let sample = concat!(
        "#[",
        "allow(dead_code)]\n#[",
        "expect(\n    x,\n    reason = \"y\"\n)]"
    );
    assert_eq!(switched_off(sample).len(), 2, "both ways are seen");
    let mut wrong = Vec::new();
    for file in rust() {
        for attribute in switched_off(&file.text) {
            let reason = attribute
                .split_once("reason = \"")
                .map_or("", |(_, reason)| reason);
            if reason.split_whitespace().count() < 3 {
                wrong.push(format!("{}: {attribute}", file.path));
            }
        }
    }
    assert!(wrong.is_empty(), "without a reason: {wrong:#?}");
}

#[test]
fn only_the_command_prints() {
    let mut wrong = Vec::new();
    let words = [
        concat!("println", "!"),
        concat!("print", "!("),
        concat!("dbg", "!("),
        concat!("io::", "stdout("),
        concat!("io::", "stderr("),
    ];
    for file in rust() {
        let of_tests = file.path.contains("/tests/")
            || file.path.contains("/benches/")
            || file.path.starts_with("tests/");
        if of_tests || file.path.starts_with(MAY_PRINT) {
            continue;
        }
        wrong.extend(
            words
                .iter()
                .filter(|word| file.text.contains(**word))
                .map(|word| format!("{}: {word}", file.path)),
        );
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
