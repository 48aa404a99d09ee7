//! Whose message is it: the open plays, and how a message on a shared listener finds its own.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use evidence::event::{Direction, Layer};
use evidence::{Bytes, Interface, Log, What};
use wire::Clock;

use crate::play::{Play, lock, marked};
use crate::world::World;

/// The plays of a run that are open, and where the logs of the others are.
pub(crate) struct Board {
    clock: Clock,
    /// Lane of every identity of the world.
    lanes: HashMap<String, usize>,
    open: Mutex<HashMap<u64, Arc<Play>>>,
    /// Open plays by lane, the newest last.
    by_lane: Vec<Mutex<Vec<u64>>>,
    closed: Mutex<HashMap<u64, Closed>>,
    /// Plays that got something after their end.
    late: Mutex<BTreeSet<String>>,
}

/// A play whose log is written; what comes late is appended.
struct Closed {
    id: String,
    path: PathBuf,
    events: u32,
}

impl Board {
    pub(crate) fn new(world: &World, clock: Clock) -> Self {
        let mut lanes = HashMap::new();
        for subscriber in &world.public.subscribers {
            let public = subscriber.impus.iter().chain(&subscriber.barred);
            for identity in public.chain([&subscriber.impi, &subscriber.user]) {
                lanes.insert(identity.to_ascii_lowercase(), subscriber.lane);
            }
        }
        for member in world.public.pools.iter().flat_map(|pool| &pool.members) {
            for identity in member.impus.iter().chain([&member.impi]) {
                lanes.insert(identity.to_ascii_lowercase(), member.lane);
            }
            lanes.insert(format!("{}{}", member.person, member.lane), member.lane);
        }
        Self {
            clock,
            lanes,
            open: Mutex::default(),
            by_lane: (0..world.public.lanes).map(|_| Mutex::default()).collect(),
            closed: Mutex::default(),
            late: Mutex::default(),
        }
    }

    pub(crate) fn open(&self, play: &Arc<Play>) {
        lock(&self.open).insert(play.number, play.clone());
        if let Some(lane) = self.by_lane.get(play.lane) {
            lock(lane).push(play.number);
        }
    }

    /// Ends a play; its log is watched on until the end of the run.
    pub(crate) fn close(&self, play: &Play, id: String, path: PathBuf) {
        lock(&self.open).remove(&play.number);
        if let Some(lane) = self.by_lane.get(play.lane) {
            lock(lane).retain(|number| *number != play.number);
        }
        let events = u32::try_from(play.tap.len()).unwrap_or(u32::MAX);
        lock(&self.closed).insert(play.number, Closed { id, path, events });
    }

    /// The open play with this number.
    pub(crate) fn play(&self, number: u64) -> Option<Arc<Play>> {
        lock(&self.open).get(&number).cloned()
    }

    /// The newest open play of the lane that an identity belongs to.
    pub(crate) fn by_identity(&self, identity: &str) -> Option<Arc<Play>> {
        let lane = *self.lanes.get(&identity.to_ascii_lowercase())?;
        let number = *lock(self.by_lane.get(lane)?).last()?;
        self.play(number)
    }

    /// The play that bytes belong to by their mark: an open one, or the number of one that has ended.
    pub(crate) fn by_mark(&self, bytes: &[u8]) -> Option<Result<Arc<Play>, u64>> {
        let number = marked(bytes)?;
        Some(self.play(number).ok_or(number))
    }

    /// Whether a name has the mark of a play, open or over.
    pub(crate) fn has_mark(&self, name: Option<&str>) -> bool {
        name.is_some_and(|name| marked(name.as_bytes()).is_some())
    }

    /// Every open play.
    pub(crate) fn all(&self) -> Vec<Arc<Play>> {
        lock(&self.open).values().cloned().collect()
    }

    /// A message that came after the end of its play: appended to its log, and its case is judged again.
    pub(crate) fn late(&self, number: u64, interface: Interface, layer: Layer, bytes: &[u8]) {
        let mut closed = lock(&self.closed);
        let Some(play) = closed.get_mut(&number) else {
            return;
        };
        let message = What::Message {
            connection: u32::MAX,
            interface,
            direction: Direction::Received,
            layer,
            bytes: Bytes(bytes.to_vec()),
            cut_from: None,
            late: true,
        };
        let appended = Log::append(&play.path, play.events).and_then(|mut log| {
            log.write(self.clock.now_us(), message)
                .and_then(|_| log.flush())
        });
        if appended.is_ok() {
            play.events += 1;
            lock(&self.late).insert(play.id.clone());
        }
    }

    /// Writes into the log of every play that has ended that it was watched until now, the end of the run.
    ///
    /// # Errors
    /// The system's: a full disk.
    pub(crate) fn watch_ended(&self) -> std::io::Result<()> {
        for play in lock(&self.closed).values_mut() {
            let mut log = Log::append(&play.path, play.events)?;
            log.write(self.clock.now_us(), What::WatchEnded)?;
            log.flush()?;
            play.events += 1;
        }
        Ok(())
    }

    /// The plays that got something late.
    pub(crate) fn take_late(&self) -> BTreeSet<String> {
        std::mem::take(&mut lock(&self.late))
    }
}
