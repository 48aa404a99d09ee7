//! One file a play, one event a line. Written as events come and never held in memory; read back whole, one play at a time.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use crate::{Event, What};

/// A log being written: an append-only list of events in one order.
#[derive(Debug)]
pub struct Log {
    file: io::BufWriter<File>,
    next: u32,
}

impl Log {
    /// Begins the log of a play.
    ///
    /// # Errors
    /// The system's, when the file cannot be made (it must not exist yet).
    pub fn create(path: &Path) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut options = std::fs::OpenOptions::new();
        // At the end, wherever that is by then: what comes late is appended by another writer.
        options.append(true).create_new(true);
        private(&mut options);
        Ok(Self {
            file: io::BufWriter::with_capacity(16 * 1024, options.open(path)?),
            next: 0,
        })
    }

    /// Goes on with the log of a play that had ended, for what comes late; `next` is the number that the next event gets.
    ///
    /// # Errors
    /// The system's.
    pub fn append(path: &Path, next: u32) -> io::Result<Self> {
        let file = std::fs::OpenOptions::new().append(true).open(path)?;
        Ok(Self {
            file: io::BufWriter::with_capacity(4096, file),
            next,
        })
    }

    /// Appends an event and gives it back with its number.
    ///
    /// # Errors
    /// The system's, a full disk among them.
    pub fn write(&mut self, at_us: u64, what: What) -> io::Result<Event> {
        let event = Event {
            n: self.next,
            at_us,
            what,
        };
        serde_json::to_writer(&mut self.file, &event)?;
        self.file.write_all(b"\n")?;
        self.next += 1;
        Ok(event)
    }

    /// Hands everything to the system.
    ///
    /// # Errors
    /// The system's.
    pub fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }

    /// How many events were written.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.next
    }

    /// Whether nothing was written yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.next == 0
    }
}

/// Wire bytes are kept as they were, so only their owner may read them.
#[cfg(unix)]
fn private(options: &mut std::fs::OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(0o600);
}

#[cfg(not(unix))]
fn private(_: &mut std::fs::OpenOptions) {}

/// The events of a play, read back.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReadLog {
    /// The events in their order.
    pub events: Vec<Event>,
    /// Whether the last line was cut off, as after a kill.
    pub torn: bool,
}

/// Why a log could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadLogError {
    /// The file could not be read.
    #[error("cannot read {path}: {why}")]
    File {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        why: io::Error,
    },
    /// A line is not an event.
    #[error("{path}:{line} is not an event: {why}")]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
}

/// A longer line than this is no event of ours. Bodies above 64 KiB stand in blobs of their own; what a step is about to send is told
/// whole, and an attack sends as much as the IXIT `oversize` says: four times its default is read.
pub const LONGEST_LINE: u64 = 256 * 1024 * 1024;

impl ReadLog {
    /// Reads the log of a play. A last line without its end is left out and told in `torn`.
    ///
    /// # Errors
    /// [`ReadLogError`] when the file cannot be read or a whole line is not an event.
    pub fn read(path: &Path) -> Result<Self, ReadLogError> {
        let file = File::open(path).map_err(|why| file_error(path, why))?;
        Self::read_from(BufReader::new(file), path)
    }

    /// Reads a log from anywhere; `path` is the name that errors give it.
    ///
    /// # Errors
    /// As [`ReadLog::read`].
    pub fn read_from(mut source: impl BufRead, path: &Path) -> Result<Self, ReadLogError> {
        let mut log = Self::default();
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            let read = source
                .by_ref()
                .take(LONGEST_LINE)
                .read_until(b'\n', &mut line)
                .map_err(|why| file_error(path, why))?;
            if read == 0 {
                break;
            }
            if !line.ends_with(b"\n") {
                if line.len() as u64 == LONGEST_LINE {
                    let why = format!("it is longer than {LONGEST_LINE} bytes");
                    return Err(line_error(path, number, &why));
                }
                log.torn = true;
                break;
            }
            let event = serde_json::from_slice(&line)
                .map_err(|why| line_error(path, number, &why.to_string()))?;
            log.events.push(event);
        }
        Ok(log)
    }
}

fn file_error(path: &Path, why: io::Error) -> ReadLogError {
    ReadLogError::File {
        path: path.to_owned(),
        why,
    }
}

/// The parser's reason may quote the line, which may be anybody's: its control characters are escaped.
fn line_error(path: &Path, line: usize, why: &str) -> ReadLogError {
    let mut printable = String::with_capacity(why.len());
    for letter in why.chars() {
        if letter.is_control() {
            printable.extend(letter.escape_unicode());
        } else {
            printable.push(letter);
        }
    }
    ReadLogError::Line {
        path: path.to_owned(),
        line,
        why: printable,
    }
}
