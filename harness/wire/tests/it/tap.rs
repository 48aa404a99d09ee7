//! The log of a play: its order, waiting for it, its limits, and what happens when the disk is full.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use evidence::event::{Direction, Layer, Side};
use evidence::{Bytes, Interface, ReadLog, What};
use wire::{Clock, Tap};

use crate::bed::{LONG, Tapped};

fn note(text: impl Into<String>) -> What {
    What::Note { text: text.into() }
}

fn is_note(what: &What, wanted: &str) -> bool {
    matches!(what, What::Note { text } if text == wanted)
}

fn message(tap: &Tap, connection: u32, bytes: &[u8]) {
    tap.message(
        connection,
        Interface::W2,
        Direction::Received,
        Layer::Sip,
        bytes,
    );
}

/// The digest that names a blob, by another library than the tap's.
fn blob_name(bytes: &[u8]) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[test]
fn events_of_many_writers_have_one_order_in_memory_and_on_disk() {
    let tapped = Tapped::new();
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let tap = tapped.tap.clone();
            scope.spawn(move || {
                for turn in 0..50 {
                    tap.record(note(format!("{writer} {turn}")));
                }
            });
        }
    });
    tapped.tap.flush().unwrap();
    let log = tapped.tap.read();
    assert_eq!(
        log,
        ReadLog::read(&tapped.folder.path().join("1.ndjson")).unwrap()
    );
    assert_eq!(log.events.len(), 400);
    for (at, event) in log.events.iter().enumerate() {
        assert_eq!(usize::try_from(event.n).unwrap(), at);
    }
    for writer in 0..8 {
        let own: Vec<String> = log
            .events
            .iter()
            .filter_map(|event| match &event.what {
                What::Note { text } => text.strip_prefix(&format!("{writer} ")).map(str::to_owned),
                _ => None,
            })
            .collect();
        assert_eq!(
            own,
            (0..50).map(|turn| turn.to_string()).collect::<Vec<_>>(),
            "the order of one writer"
        );
    }
}

#[tokio::test]
async fn waiting_ends_with_what_is_there_and_with_what_comes() {
    let tapped = Tapped::new();
    tapped.tap.record(note("there"));
    let found = |wanted: &'static str| {
        move |events: &[evidence::Event]| {
            events
                .iter()
                .find(|event| is_note(&event.what, wanted))
                .map(|event| event.n)
        }
    };
    assert_eq!(tapped.tap.until(LONG, found("there")).await, Some(0));
    let tap = tapped.tap.clone();
    tokio::spawn(async move {
        for text in ["not this", "comes"] {
            tokio::time::sleep(Duration::from_millis(5)).await;
            tap.record(note(text));
        }
    });
    assert_eq!(tapped.tap.until(LONG, found("comes")).await, Some(2));
    let begun = Instant::now();
    assert_eq!(
        tapped
            .tap
            .until(Duration::from_millis(60), found("never"))
            .await,
        None
    );
    assert!(
        begun.elapsed() >= Duration::from_millis(55),
        "a deadline that came early"
    );
}

/// Another thread wants to record while the look holds the lock, and gets it at once when the look is over: its event falls
/// between look and wait. On one processor it then runs before the wait begins, so the test runs itself once more on one alone.
/// Whoever missed the event would wait for the deadline.
#[test]
fn an_event_between_look_and_wait_is_not_missed() {
    const ON_ONE_PROCESSOR: &str = "WIRE_TEST_ONE_PROCESSOR";
    if std::env::var_os(ON_ONE_PROCESSOR).is_none() {
        let own = std::env::current_exe().unwrap();
        let own = own.to_str().unwrap();
        run_again(
            "exec taskset -c \"$(taskset -cp $$ | sed 's/.*: *//; s/[-,].*//')\" \"$0\" \"$@\"",
            own,
            "an_event_between_look_and_wait_is_not_missed",
            ON_ONE_PROCESSOR,
        );
    }
    const TURNS: u32 = 200;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let tapped = Tapped::new();
    let begun = Instant::now();
    for turn in 0..TURNS {
        let (looked, looking) = mpsc::channel();
        let tap = tapped.tap.clone();
        let writer = std::thread::spawn(move || {
            looking.recv().unwrap();
            tap.record(note(turn.to_string()));
        });
        let found = runtime.block_on(tapped.tap.until(LONG, |events| {
            // The channel is gone after the first look.
            if looked.send(()).is_ok() {
                std::thread::sleep(Duration::from_micros(300));
            }
            events
                .last()
                .filter(|event| is_note(&event.what, &turn.to_string()))
                .map(|_| ())
        }));
        assert_eq!(found, Some(()), "turn {turn}");
        writer.join().unwrap();
    }
    assert!(begun.elapsed() < LONG, "somebody waited for the deadline");
}

/// Runs a test of this module in another process, under what a shell sets up, and with a variable that says so.
fn run_again(shell: &str, own: &str, test: &str, variable: &str) {
    let child = std::process::Command::new("sh")
        .args(["-c", shell, own, "--exact", &format!("tap::{test}")])
        .env(variable, "1")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&child.stdout);
    let errors = String::from_utf8_lossy(&child.stderr);
    assert!(
        child.status.success() && told.contains("1 passed"),
        "{told}{errors}"
    );
}

#[test]
fn what_happened_before_a_play_was_known_is_taken_over_under_the_plays_number() {
    let detached = Tap::detached(Clock::begin());
    let theirs = detached.connection();
    detached.record(What::Opened {
        connection: theirs,
        interface: Interface::W2,
        transport: "tcp".to_owned(),
        from: "127.0.0.1:1".to_owned(),
        to: "127.0.0.1:2".to_owned(),
        by: Side::Sut,
    });
    message(&detached, theirs, b"GET / HTTP/1.1\r\n\r\n");
    detached.record(note("no connection"));
    detached.record(What::Closed {
        connection: theirs,
        by: Side::Sut,
        why: "reset".to_owned(),
    });

    let tapped = Tapped::new();
    let own = tapped.tap.connection();
    tapped.tap.record(note("before"));
    let here = tapped.tap.adopt(&detached);
    assert_ne!(here, own);
    let events = tapped.events();
    assert_eq!(events.len(), 5);
    assert!(
        matches!(&events[1], What::Opened { connection, by: Side::Sut, .. } if *connection == here)
    );
    assert!(matches!(&events[2], What::Message { connection, .. } if *connection == here));
    assert!(is_note(&events[3], "no connection"));
    assert!(matches!(&events[4], What::Closed { connection, .. } if *connection == here));
    assert_eq!(
        tapped
            .tap
            .look(|events| events.iter().map(|event| event.n).collect::<Vec<_>>()),
        [0, 1, 2, 3, 4]
    );
}

#[test]
fn a_long_body_stands_whole_in_a_blob_that_only_its_owner_reads() {
    use std::os::unix::fs::PermissionsExt;
    let tapped = Tapped::new();
    let limit = 64 * 1024;
    for length in [limit, limit + 1] {
        let body: Vec<u8> = (0..=250).cycle().take(length).collect();
        message(&tapped.tap, 0, &body);
        let blob = tapped.folder.path().join("blobs").join(blob_name(&body));
        let What::Message {
            bytes, cut_from, ..
        } = tapped.last()
        else {
            panic!("no message")
        };
        assert_eq!(bytes, Bytes(body[..limit].to_vec()));
        if length > limit {
            assert_eq!(cut_from, Some(length as u64));
            assert_eq!(std::fs::read(&blob).unwrap(), body);
            assert_eq!(
                std::fs::metadata(&blob).unwrap().permissions().mode() & 0o777,
                0o600
            );
        } else {
            assert_eq!(cut_from, None);
            assert!(!blob.exists());
        }
    }
    tapped.tap.flush().unwrap();
}

#[test]
fn a_long_body_of_a_detached_tap_is_written_by_who_adopts_it_and_nowhere_else() {
    let body = vec![b'd'; 70_000];
    let detached = Tap::detached(Clock::begin());
    message(&detached, detached.connection(), &body);
    assert!(
        !std::path::Path::new(&blob_name(&body)).exists(),
        "a body in the working directory"
    );
    let tapped = Tapped::new();
    tapped.tap.adopt(&detached);
    assert_eq!(
        std::fs::read(tapped.folder.path().join("blobs").join(blob_name(&body))).unwrap(),
        body
    );
}

#[test]
fn a_flood_is_counted_as_one_and_not_kept() {
    let tapped = Tapped::new();
    for _ in 0..100_000 {
        message(&tapped.tap, 0, b"more");
    }
    assert_eq!(tapped.tap.len(), 100_000);
    for _ in 0..3 {
        message(&tapped.tap, 0, b"too much");
    }
    assert_eq!(tapped.tap.len(), 100_001);
    assert_eq!(tapped.last(), What::Flooded);
    // What we do ourselves goes on.
    tapped.tap.record(note("the next step"));
    assert!(is_note(&tapped.last(), "the next step"));
    tapped.tap.flush().unwrap();
}

#[test]
fn a_flood_of_bytes_is_one_too() {
    let tapped = Tapped::new();
    let body = vec![b'f'; 60_000];
    for _ in 0..64 * 1024 * 1024 / 60_000 {
        message(&tapped.tap, 0, &body);
    }
    assert_ne!(tapped.last(), What::Flooded);
    message(&tapped.tap, 0, &body);
    assert_eq!(tapped.last(), What::Flooded);
}

#[test]
fn a_blob_that_finds_the_disk_full_is_told() {
    let tapped = Tapped::new();
    let body = vec![b'f'; 70_000];
    let blobs = tapped.folder.path().join("blobs");
    std::fs::create_dir(&blobs).unwrap();
    std::os::unix::fs::symlink("/dev/full", blobs.join(blob_name(&body))).unwrap();
    message(&tapped.tap, 0, &body);
    let why = tapped.tap.flush().unwrap_err();
    assert!(why.contains("No space left"), "{why}");
    assert_eq!(tapped.tap.flush().unwrap_err(), why, "and stays told");
}

/// A limit on the size of files stands in for a full disk; it holds for a process, so this test runs itself in another.
#[test]
fn a_log_that_finds_the_disk_full_is_told() {
    const IN_CHILD: &str = "WIRE_TEST_SMALL_DISK";
    if std::env::var_os(IN_CHILD).is_some() {
        let tapped = Tapped::new();
        for turn in 0..2_000 {
            tapped
                .tap
                .record(note(format!("{turn} {}", "x".repeat(100))));
        }
        let why = tapped.tap.flush().unwrap_err();
        assert!(why.contains("too large"), "{why}");
        return;
    }
    let own = std::env::current_exe().unwrap();
    run_again(
        "trap '' XFSZ; ulimit -f 64; exec \"$0\" \"$@\"",
        own.to_str().unwrap(),
        "a_log_that_finds_the_disk_full_is_told",
        IN_CHILD,
    );
}

#[test]
fn a_log_is_never_written_over() {
    let tapped = Tapped::new();
    assert!(
        Tap::create(
            &tapped.folder.path().join("1.ndjson"),
            tapped.folder.path(),
            Clock::begin()
        )
        .is_err()
    );
}
