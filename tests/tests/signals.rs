//! What a signal ends: everything at once, with a word on what that means.

mod support;

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::support::{PATIENCE, Scratch};

/// A selftest is many runs: the signal ends them all, not only those that it meets.
#[test]
fn a_selftest_ends_when_it_is_asked_to() {
    let scratch = Scratch::new();
    let running = scratch.begin(&["selftest", "--only", "epc-*"]);
    let folder = std::env::temp_dir().join(format!("wicheck-selftest-{}/run-0", running.id()));
    let begun = Instant::now();
    while !folder.join("cases").exists() {
        assert!(begun.elapsed() < PATIENCE, "no run has begun");
        std::thread::sleep(Duration::from_millis(10));
    }
    running
        .ends_on(Signal::SIGTERM)
        .exits(130)
        .tells(&["a signal ended it", "nothing is decided"]);
}
