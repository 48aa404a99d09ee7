//! The tap: the log of one play, written as things happen, and the place where roles wait for them.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use evidence::event::{Direction, Layer, Side};
use evidence::{Bytes, Event, Interface, Log, ReadLog, What};
use tokio::sync::Notify;
use tokio::time::Instant;

/// The run's clock: microseconds since it began.
#[derive(Clone, Copy, Debug)]
pub struct Clock(Instant);

impl Clock {
    /// A clock that begins now.
    #[must_use]
    pub fn begin() -> Self {
        Self(Instant::now())
    }

    /// Microseconds since the run began.
    #[must_use]
    pub fn now_us(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

/// Longer bytes stand in a blob of their own, cut in the log.
const LONGEST_IN_LOG: usize = 64 * 1024;
/// A SUT that does more in one play floods it: what else it does is not kept, and the log says so. What we do ourselves is
/// bounded by the script.
const MOST_FOREIGN_EVENTS: usize = 100_000;
/// The same for the bytes that it sends, as they stand in the log.
const MOST_FOREIGN_BYTES: usize = 64 * 1024 * 1024;

/// The log of one play. Clones write to the same log.
#[derive(Clone, Debug)]
pub struct Tap(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    clock: Clock,
    state: Mutex<State>,
    changed: Notify,
    connections: AtomicU32,
    blobs: PathBuf,
}

#[derive(Debug, Default)]
struct State {
    /// None while it is not known yet whose log this is.
    log: Option<Log>,
    /// Long bodies of a tap without a log, for whoever adopts it.
    long: Vec<Vec<u8>>,
    events: Vec<Event>,
    failed: Option<String>,
    foreign: Foreign,
}

/// What a play holds that the SUT has caused.
#[derive(Debug, Default)]
struct Foreign {
    events: usize,
    bytes: usize,
    flooded: bool,
}

impl Foreign {
    /// Whether an event is kept; counts it if it is the SUT's doing.
    fn keeps(&mut self, what: &What) -> bool {
        let bytes = match what {
            What::Message {
                direction: Direction::Received,
                bytes,
                ..
            } => bytes.0.len(),
            What::Opened { by: Side::Sut, .. } | What::Closed { by: Side::Sut, .. } => 0,
            _ => return true,
        };
        self.events += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        self.events <= MOST_FOREIGN_EVENTS && self.bytes <= MOST_FOREIGN_BYTES
    }
}

impl Tap {
    /// Begins the log of a play at `path`; long bodies go to files below `blobs`.
    ///
    /// # Errors
    /// The system's, when the file cannot be made.
    pub fn create(path: &Path, blobs: &Path, clock: Clock) -> std::io::Result<Self> {
        let state = State {
            log: Some(Log::create(path)?),
            ..State::default()
        };
        Ok(Self::over(state, blobs, clock))
    }

    /// A tap that belongs to no play yet: it keeps what happens until a play adopts it.
    #[must_use]
    pub fn detached(clock: Clock) -> Self {
        Self::over(State::default(), Path::new(""), clock)
    }

    fn over(state: State, blobs: &Path, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            clock,
            state: Mutex::new(state),
            changed: Notify::new(),
            connections: AtomicU32::new(0),
            blobs: blobs.to_owned(),
        }))
    }

    /// Takes over what happened on one connection of a detached tap, its long bodies with it; returns the connection's number
    /// here.
    pub fn adopt(&self, detached: &Self) -> u32 {
        let here = self.connection();
        let long = std::mem::take(&mut detached.state().long);
        for body in &long {
            self.blob(body);
        }
        for event in detached.look(<[Event]>::to_vec) {
            self.record(renumbered(event.what, here));
        }
        here
    }

    /// Appends an event.
    pub fn record(&self, what: What) {
        let at_us = self.0.clock.now_us();
        let mut state = self.state();
        let what = if state.foreign.keeps(&what) {
            what
        } else if std::mem::replace(&mut state.foreign.flooded, true) {
            return;
        } else {
            What::Flooded
        };
        let count = u32::try_from(state.events.len()).unwrap_or(u32::MAX);
        let written = match state.log.as_mut() {
            Some(log) => log.write(at_us, what),
            None => Ok(Event {
                n: count,
                at_us,
                what,
            }),
        };
        match written {
            Ok(event) => state.events.push(event),
            Err(why) => {
                state.failed.get_or_insert_with(|| why.to_string());
            }
        }
        drop(state);
        self.0.changed.notify_waiters();
    }

    /// Appends a message, cut at 64 KiB with the whole in a blob.
    pub fn message(
        &self,
        connection: u32,
        interface: Interface,
        direction: Direction,
        layer: Layer,
        bytes: &[u8],
    ) {
        let cut_from = (bytes.len() > LONGEST_IN_LOG).then(|| {
            self.blob(bytes);
            bytes.len() as u64
        });
        let kept = Bytes(bytes[..bytes.len().min(LONGEST_IN_LOG)].to_vec());
        self.record(What::Message {
            connection,
            interface,
            direction,
            layer,
            bytes: kept,
            cut_from,
            late: false,
        });
    }

    fn blob(&self, bytes: &[u8]) {
        let mut state = self.state();
        if state.log.is_none() {
            if !state.foreign.flooded {
                state.long.push(bytes.to_vec());
            }
            return;
        }
        drop(state);
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
        let name: String = digest
            .as_ref()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let written = std::fs::create_dir_all(&self.0.blobs)
            .and_then(|()| write_private(&self.0.blobs.join(name), bytes));
        if let Err(why) = written {
            self.state().failed.get_or_insert_with(|| why.to_string());
        }
    }

    /// The number of a new connection.
    #[must_use]
    pub fn connection(&self) -> u32 {
        self.0.connections.fetch_add(1, Ordering::Relaxed)
    }

    /// Waits until `find` finds something in the log, or the time is up.
    pub async fn until<T>(
        &self,
        within: Duration,
        mut find: impl FnMut(&[Event]) -> Option<T>,
    ) -> Option<T> {
        let deadline = Instant::now() + within;
        loop {
            let changed = self.0.changed.notified();
            tokio::pin!(changed);
            // Registered before the look, so that an event between look and wait is not missed.
            changed.as_mut().enable();
            if let Some(found) = find(&self.state().events) {
                return Some(found);
            }
            if tokio::time::timeout_at(deadline, changed).await.is_err() {
                return find(&self.state().events);
            }
        }
    }

    /// A look at the log as it is now.
    pub fn look<T>(&self, look: impl FnOnce(&[Event]) -> T) -> T {
        look(&self.state().events)
    }

    /// How many events there are.
    #[must_use]
    pub fn len(&self) -> usize {
        let state = self.state();
        state
            .log
            .as_ref()
            .map_or(state.events.len(), |log| log.len() as usize)
    }

    /// Whether nothing happened yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The log as the judge reads it.
    #[must_use]
    pub fn read(&self) -> ReadLog {
        ReadLog {
            events: self.state().events.clone(),
            torn: false,
        }
    }

    /// The log of a play that is over, given away: what comes after this is on disk only.
    #[must_use]
    pub fn take(&self) -> ReadLog {
        ReadLog {
            events: std::mem::take(&mut self.state().events),
            torn: false,
        }
    }

    /// Hands everything to the system.
    ///
    /// # Errors
    /// The first reason why something could not be written: a full disk.
    pub fn flush(&self) -> Result<(), String> {
        let mut state = self.state();
        if let Some(why) = &state.failed {
            return Err(why.clone());
        }
        state
            .log
            .as_mut()
            .map_or(Ok(()), Log::flush)
            .map_err(|why| why.to_string())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes a file that only its owner may read, as the log itself.
fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    std::io::Write::write_all(&mut options.open(path)?, bytes)
}

/// The event with the number that its connection has in another tap.
fn renumbered(mut what: What, here: u32) -> What {
    match &mut what {
        What::Opened { connection, .. }
        | What::Secured { connection, .. }
        | What::NotSecured { connection, .. }
        | What::Message { connection, .. }
        | What::Closed { connection, .. } => *connection = here,
        _ => {}
    }
    what
}
