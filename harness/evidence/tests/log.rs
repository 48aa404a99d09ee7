//! The log of a play: written as events come, read back whole, and honest about what it cannot read.

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use evidence::event::{Direction, Layer};
use evidence::log::{LONGEST_LINE, ReadLogError};
use evidence::{Bytes, Event, Interface, Log, ReadLog, What};
use proptest::prelude::*;

/// A log in a folder that does not exist yet.
fn path(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("cases/a@2/1.ndjson")
}

fn write(path: &Path, events: &[What]) {
    let mut log = Log::create(path).unwrap();
    assert!(log.is_empty());
    for (n, what) in (0..).zip(events) {
        assert_eq!(log.write(u64::from(n) * 10, what.clone()).unwrap().n, n);
    }
    assert_eq!(log.len() as usize, events.len());
    log.flush().unwrap();
}

fn read(text: impl BufRead) -> Result<ReadLog, ReadLogError> {
    ReadLog::read_from(text, Path::new("1.ndjson"))
}

/// The line that an error names, and its words.
fn named_line(read: Result<ReadLog, ReadLogError>) -> (usize, String) {
    match read {
        Err(error @ ReadLogError::Line { line, .. }) => (line, error.to_string()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_kind_of_event_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = path(&folder);
    let written = common::events();
    write(&path, &written);
    let log = ReadLog::read(&path).unwrap();
    assert!(!log.torn);
    for (n, (event, what)) in (0..).zip(log.events.iter().zip(&written)) {
        assert_eq!(
            event,
            &Event {
                n,
                at_us: u64::from(n) * 10,
                what: what.clone()
            }
        );
    }
    assert_eq!(log.events.len(), written.len());
}

#[test]
fn a_log_is_never_overwritten_and_its_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = path(&folder);
    write(&path, &[What::Ended]);
    assert_eq!(
        Log::create(&path).unwrap_err().kind(),
        std::io::ErrorKind::AlreadyExists
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
}

#[test]
fn what_comes_late_goes_on_in_the_same_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = path(&folder);
    write(&path, &[What::Ended]);
    let mut late = Log::append(&path, 1).unwrap();
    assert_eq!(late.write(99, What::WatchEnded).unwrap().n, 1);
    drop(late);
    let log = ReadLog::read(&path).unwrap();
    assert_eq!(
        log.events.iter().map(|event| event.n).collect::<Vec<_>>(),
        [0, 1]
    );
    assert!(Log::append(&folder.path().join("gone"), 0).is_err());
}

/// The play's own writer may still have something to say when another appends.
#[test]
fn what_comes_late_is_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = path(&folder);
    let mut own = Log::create(&path).unwrap();
    own.write(1, What::Ended).unwrap();
    own.flush().unwrap();
    let mut late = Log::append(&path, 1).unwrap();
    late.write(2, What::WatchEnded).unwrap();
    drop(late);
    own.write(3, What::Ended).unwrap();
    drop(own);
    let kinds: Vec<_> = ReadLog::read(&path)
        .unwrap()
        .events
        .into_iter()
        .map(|event| event.what)
        .collect();
    assert_eq!(kinds, [What::Ended, What::WatchEnded, What::Ended]);
}

/// A kill can cut the last line anywhere, also just before its end.
#[test]
fn a_torn_last_line_is_left_out_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = path(&folder);
    write(&path, &common::events());
    let whole = std::fs::read(&path).unwrap();
    let last = whole[..whole.len() - 1]
        .iter()
        .rposition(|byte| *byte == b'\n')
        .unwrap()
        + 1;
    let events = common::events().len();
    for end in last + 1..whole.len() {
        let log = read(&whole[..end]).unwrap();
        assert!(log.torn, "cut at {end}");
        assert_eq!(log.events.len(), events - 1);
    }
    assert!(!read(&whole[..last]).unwrap().torn);
    assert_eq!(read(&b""[..]).unwrap(), ReadLog::default());
}

#[test]
fn a_line_that_is_no_event_is_named_by_its_number() {
    let good = serde_json::to_string(&Event {
        n: 0,
        at_us: 0,
        what: What::Ended,
    })
    .unwrap();
    for bad in [
        "garbage",
        "",
        "{}",
        "[1]",
        "\u{0}",
        r#"{"n":1,"at_us":0,"event":"unheard_of"}"#,
        r#"{"n":-1,"at_us":0,"event":"ended"}"#,
    ] {
        let text = format!("{good}\n{good}\n{bad}\n{good}\n");
        let (line, words) = named_line(read(text.as_bytes()));
        assert_eq!(line, 3, "{bad}");
        assert!(words.starts_with("1.ndjson:3 is not an event: "), "{words}");
    }
}

#[test]
fn an_error_repeats_no_control_character_of_the_line() {
    let text = "{\"n\":0,\"at_us\":0,\"event\":\"\\u001b[2J\\u0007\\u009b\"}\n";
    let (_, words) = named_line(read(text.as_bytes()));
    assert!(
        words.contains("[2J") && !words.contains(char::is_control),
        "{words:?}"
    );
}

/// Not taken for a torn line: what follows it would silently be lost.
#[test]
fn an_oversized_line_is_an_error_wherever_it_stands() {
    let good = serde_json::to_string(&Event {
        n: 0,
        at_us: 0,
        what: What::Ended,
    })
    .unwrap();
    let long = LONGEST_LINE;
    let endless = || std::io::repeat(b'x').take(long);
    let begin = format!("{good}\n");
    for rest in [format!("\n{good}\n"), String::new()] {
        let text = begin.as_bytes().chain(endless()).chain(rest.as_bytes());
        let (line, words) = named_line(read(BufReader::new(text)));
        let told = format!("1.ndjson:2 is not an event: it is longer than {long} bytes");
        assert_eq!((line, words), (2, told));
    }
}

/// An attack may send as much as an edge declares to be too much, 64 MiB by default.
#[test]
fn what_an_attack_sends_is_read_back() {
    let event = Event {
        n: 0,
        at_us: 0,
        what: What::Stimulus {
            step: 0,
            layer: Layer::Sip,
            text: Bytes(vec![b'x'; 64 * 1024 * 1024]),
        },
    };
    let line = serde_json::to_string(&event).unwrap() + "\n";
    assert_eq!(read(line.as_bytes()).unwrap().events, [event]);
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let words = ReadLog::read(Path::new("/nowhere/1.ndjson"))
        .unwrap_err()
        .to_string();
    assert!(
        words.starts_with("cannot read /nowhere/1.ndjson: "),
        "{words}"
    );
}

/// A disk that fails while it is read is no short log.
#[test]
fn a_failing_source_is_an_error() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("bad sector"))
        }
    }
    let result = ReadLog::read_from(BufReader::new(Failing), Path::new("1.ndjson"));
    assert!(
        matches!(result, Err(ReadLogError::File { .. })),
        "{result:?}"
    );
}

proptest! {
    #[test]
    fn every_message_comes_back_to_the_byte(bytes: Vec<u8>, name: String, at_us: u64, cut_from: Option<u64>, late: bool) {
        let message = What::Message {
            connection: 0,
            interface: Interface::W1,
            direction: Direction::Received,
            layer: Layer::Http,
            bytes: bytes.into(),
            cut_from,
            late,
        };
        let written = [message, What::Fresh { name, value: String::new() }];
        let mut text = Vec::new();
        for (n, what) in (0..).zip(written) {
            let event = Event { n, at_us, what };
            let line = serde_json::to_vec(&event).unwrap();
            prop_assert!(!line.contains(&b'\n'));
            text.write_all(&line).unwrap();
            text.push(b'\n');
            let log = read(&text[..]).unwrap();
            prop_assert_eq!(log.events.last(), Some(&event));
        }
    }
}
