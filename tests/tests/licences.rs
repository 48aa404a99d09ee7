//! Licences, sources and bans over all that we build, tests included.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use proof::tree::root;

/// Licences that we build with.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Crates that must not even stand in the lock file, and why.
const BANNED: &[(&str, &str)] = &[
    (
        "openssl",
        "a second TLS stack, and one that is linked from the machine",
    ),
    (
        "openssl-sys",
        "a second TLS stack, and one that is linked from the machine",
    ),
    ("native-tls", "whatever TLS the machine has"),
    ("boring", "a second TLS stack"),
];

/// Crates that may stand in the lock file as an unused option of another, and must not be built.
const UNBUILT: &[(&str, &str)] = &[(
    "ring",
    "a second provider of primitives; rustls-webpki has it as an option",
)];

/// Crates of which there must be one version, so that there is one TLS stack and one runtime.
const ONCE: &[&str] = &[
    "rustls",
    "tokio-rustls",
    "rustls-webpki",
    "rustls-pki-types",
    "aws-lc-rs",
    "aws-lc-sys",
    "tokio",
    "hyper",
    "http",
];

/// Advisories against crates that we build all the same: crate, version series, advisory, and why it does not matter here.
const ADVISORIES: &[(&str, &str, &str, &str)] = &[(
    "rsa",
    "0.9.",
    "RUSTSEC-2023-0071",
    "private-key operations tell the key by their time; certs-gen makes keys with it that are weak on purpose, belong to no one and sign on this machine alone",
)];

/// Who may use a crate that has an advisory.
const USERS_OF_ADVISED: &[(&str, &[&str])] = &[("rsa", &["certs-gen"])];

fn cargo(arguments: &[&str]) -> String {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args(arguments)
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("text")
}

/// A crate that is built on this machine, for the product or its tests.
struct Built {
    name: String,
    version: String,
    licence: String,
}

/// All that is built of others.
fn built() -> Vec<Built> {
    let tree = cargo(&[
        "tree",
        "--workspace",
        "--offline",
        "--locked",
        "--edges",
        "normal,build,dev",
        "--prefix",
        "none",
        "--no-dedupe",
        "--format",
        "{p}|{l}",
    ]);
    let lines: BTreeSet<&str> = tree
        .lines()
        .filter(|line| !line.contains(" (/") && !line.is_empty())
        .collect();
    let built: Vec<Built> = lines
        .into_iter()
        .map(|line| {
            let (package, licence) = line.split_once('|').expect("two fields");
            let mut words = package.split(' ');
            let (name, version) = (
                words.next().unwrap_or_default(),
                words.next().unwrap_or_default(),
            );
            Built {
                name: name.to_owned(),
                version: version.trim_start_matches('v').to_owned(),
                licence: licence.to_owned(),
            }
        })
        .collect();
    assert!(built.len() > 150, "more is built than {}", built.len());
    built
}

/// Whether an SPDX expression can be met with allowed licences. A slash is how `OR` was written once.
fn allowed(expression: &str) -> bool {
    let spaced = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    any_of(&mut words).is_some_and(|met| met && words.next().is_none())
}

type Words<'w> = std::iter::Peekable<std::str::SplitWhitespace<'w>>;

/// `None` where the words are no expression.
fn any_of(words: &mut Words<'_>) -> Option<bool> {
    let mut met = all_of(words)?;
    while words.next_if_eq(&"OR").is_some() {
        met |= all_of(words)?;
    }
    Some(met)
}

fn all_of(words: &mut Words<'_>) -> Option<bool> {
    let mut met = one(words)?;
    while words.next_if_eq(&"AND").is_some() {
        met &= one(words)?;
    }
    Some(met)
}

fn one(words: &mut Words<'_>) -> Option<bool> {
    let word = words.next()?;
    if word == "(" {
        let met = any_of(words)?;
        return words.next_if_eq(&")").map(|_| met);
    }
    if ["OR", "AND", "WITH", ")"].contains(&word) {
        return None;
    }
    let licence = match words.next_if_eq(&"WITH") {
        Some(_) => format!("{word} WITH {}", words.next()?),
        None => word.to_owned(),
    };
    Some(ALLOWED.contains(&licence.as_str()))
}

#[test]
fn expressions_are_understood() {
    for good in [
        "MIT",
        "MIT/Apache-2.0",
        "GPL-3.0 OR MIT",
        "(MIT OR GPL-2.0) AND Unicode-3.0",
        "Apache-2.0 WITH LLVM-exception OR GPL-3.0",
        "ISC AND (Apache-2.0 OR ISC)",
    ] {
        assert!(allowed(good), "{good}");
    }
    for bad in [
        "",
        "GPL-3.0",
        "MIT AND GPL-3.0",
        "(MIT OR GPL-2.0) AND LGPL-2.1",
        "MIT OR",
        "(MIT",
        "MIT)",
        "GPL-2.0 WITH Classpath-exception-2.0",
        "OR MIT",
        "MIT Apache-2.0",
    ] {
        assert!(!allowed(bad), "{bad}");
    }
}

#[test]
fn everything_that_we_build_may_be_given_on() {
    let wrong: Vec<String> = built()
        .iter()
        .filter(|built| !allowed(&built.licence))
        .map(|built| format!("{} {}: {:?}", built.name, built.version, built.licence))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The packages of the lock file: name, version and source.
fn locked() -> Vec<(String, String, Option<String>)> {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).expect("a lock file");
    let field = |package: &str, name: &str| {
        let line = package
            .lines()
            .find_map(|line| line.strip_prefix(&format!("{name} = ")))?;
        Some(line.trim_matches('"').to_owned())
    };
    let packages = lock.split("[[package]]\n").skip(1);
    packages
        .map(|package| {
            (
                field(package, "name").unwrap_or_default(),
                field(package, "version").unwrap_or_default(),
                field(package, "source"),
            )
        })
        .collect()
}

#[test]
fn everything_comes_from_crates_io_or_this_tree() {
    let ours: BTreeSet<String> = cargo(&[
        "tree",
        "--workspace",
        "--offline",
        "--locked",
        "--depth",
        "0",
        "--prefix",
        "none",
        "--format",
        "{p}",
    ])
    .lines()
    .filter_map(|line| {
        line.split(' ')
            .next()
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
    })
    .collect();
    for (name, version, source) in locked() {
        match source.as_deref() {
            Some("registry+https://github.com/rust-lang/crates.io-index") => {}
            None => assert!(
                ours.contains(&name),
                "{name} {version} is from some other folder"
            ),
            Some(other) => panic!("{name} {version} is from {other}"),
        }
    }
}

#[test]
fn banned_crates_are_absent_and_unused_options_are_not_built() {
    let locked: BTreeSet<String> = locked().into_iter().map(|(name, ..)| name).collect();
    for (name, why) in BANNED {
        assert!(!locked.contains(*name), "{name} is {why}");
    }
    let built: BTreeSet<String> = built().into_iter().map(|built| built.name).collect();
    for (name, why) in UNBUILT {
        assert!(!built.contains(*name), "{name} is built: {why}");
        assert!(
            locked.contains(*name),
            "{name} is gone from the lock file: ban it"
        );
    }
}

#[test]
fn there_is_one_tls_stack_and_one_runtime() {
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for built in built() {
        versions
            .entry(built.name)
            .or_default()
            .insert(built.version);
    }
    for name in ONCE {
        let found = versions.get(*name).map_or(0, BTreeSet::len);
        assert_eq!(found, 1, "{name}: {:?}", versions.get(*name));
    }
}

#[test]
fn advisories_that_we_live_with_are_noted_and_still_true() {
    let built = built();
    for (name, series, advisory, why) in ADVISORIES {
        assert!(
            advisory.starts_with("RUSTSEC-") && why.split(' ').count() > 5,
            "{name}: a note needs its reason"
        );
        let concerned = built
            .iter()
            .any(|built| built.name == *name && built.version.starts_with(series));
        assert!(
            concerned,
            "{advisory} does not concern us any more: remove the note on {name}"
        );
    }
    for (name, users) in USERS_OF_ADVISED {
        let tree = cargo(&[
            "tree",
            "--workspace",
            "--offline",
            "--locked",
            "--edges",
            "normal,build",
            "--invert",
            name,
            "--depth",
            "1",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ]);
        let found: BTreeSet<&str> = tree
            .lines()
            .skip(1)
            .filter_map(|line| line.split(' ').next())
            .filter(|user| !user.is_empty())
            .collect();
        assert_eq!(found, users.iter().copied().collect(), "who uses {name}");
    }
}
