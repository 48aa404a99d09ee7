//! One accepted connection, and whose it is.

use std::sync::{Arc, Mutex, Weak};

use evidence::event::{Direction, Layer, Side, TlsFacts};
use evidence::{Interface, What};
use wire::Tap;

use crate::bed::Bed;
use crate::play::{Play, lock};

/// One accepted connection: until its play is known its events wait in a detached tap.
pub(crate) struct Link {
    /// The node that is called.
    pub(crate) node: &'static str,
    bed: Arc<Bed>,
    waiting: Tap,
    /// The plays that have adopted it.
    owners: Mutex<Vec<Owner>>,
}

/// A play that a connection belongs to. The play may be over before the connection is.
struct Owner {
    play: Weak<Play>,
    number: u64,
    /// The connection's number in that play's log.
    connection: u32,
}

/// The connection's number where the play was over before it came.
const NOT_IN_ITS_LOG: u32 = u32::MAX;

impl Link {
    pub(super) fn new(bed: &Arc<Bed>, node: &'static str, opened: What) -> Arc<Self> {
        let waiting = Tap::detached(bed.clock);
        waiting.record(opened);
        Arc::new(Self {
            node,
            bed: bed.clone(),
            waiting,
            owners: Mutex::default(),
        })
    }

    /// Tells a play that this connection is its own; what happened on it so far goes into that play's log.
    pub(crate) fn belongs_to(&self, play: &Arc<Play>) {
        let mut owners = lock(&self.owners);
        if owners.iter().all(|owner| owner.number != play.number) {
            owners.push(Owner {
                play: Arc::downgrade(play),
                number: play.number,
                connection: play.tap.adopt(&self.waiting),
            });
        }
    }

    /// Finds whose it is by a name that has a play's mark, or the mark of none.
    pub(crate) fn is_called(&self, name: Option<&str>) {
        let marked = name.and_then(|name| self.bed.board.by_mark(name.as_bytes()));
        match marked {
            Some(Ok(play)) => self.belongs_to(&play),
            Some(Err(number)) => self.belongs_to_ended(number),
            None => self.belongs_to_all(),
        }
    }

    /// Whoever comes for a play that is over has nothing to do with those that are open. The lie of that play is not told any
    /// more, so that what is said on the connection tells nothing about it either.
    fn belongs_to_ended(&self, number: u64) {
        if self.unclaimed() {
            lock(&self.owners).push(Owner {
                play: Weak::new(),
                number,
                connection: NOT_IN_ITS_LOG,
            });
        }
    }

    /// Whether no play has claimed it yet.
    fn unclaimed(&self) -> bool {
        lock(&self.owners).is_empty()
    }

    /// A connection that names no play may be anybody's: every open play gets to know.
    pub(crate) fn belongs_to_all(&self) {
        if self.unclaimed() {
            for play in self.bed.board.all() {
                self.belongs_to(&play);
            }
        }
    }

    /// Tells a message to every play that owns the connection; what comes for one that is over is late.
    pub(crate) fn message(
        &self,
        interface: Interface,
        direction: Direction,
        layer: Layer,
        bytes: &[u8],
    ) {
        for owner in lock(&self.owners).iter() {
            match owner.play.upgrade() {
                Some(play) => {
                    play.tap
                        .message(owner.connection, interface, direction, layer, bytes);
                }
                None if direction == Direction::Received && owner.connection != NOT_IN_ITS_LOG => {
                    self.bed.board.late(owner.number, interface, layer, bytes);
                }
                None => {}
            }
        }
    }

    /// Tells every play that owns the connection how it ended.
    pub(crate) fn closed(&self, by: Side, why: &str) {
        self.tell(|connection| What::Closed {
            connection,
            by,
            why: why.to_owned(),
        });
    }

    /// Tells why a handshake did not finish.
    pub(crate) fn not_secured(&self, tls: TlsFacts, by: Side, alert: Option<u8>, why: &str) {
        self.tell(|connection| What::NotSecured {
            connection,
            tls: tls.clone(),
            by,
            alert,
            why: why.to_owned(),
        });
    }

    /// Tells what is no event of the connection.
    pub(crate) fn note(&self, text: &str) {
        self.tell(|_| What::Note {
            text: text.to_owned(),
        });
    }

    /// Tells every owner what happened; while there is none, it waits.
    pub(super) fn tell(&self, what: impl Fn(u32) -> What) {
        let owners = lock(&self.owners);
        if owners.is_empty() {
            self.waiting.record(what(0));
        }
        for owner in owners.iter() {
            if let Some(play) = owner.play.upgrade() {
                play.tap.record(what(owner.connection));
            }
        }
    }

    /// Tells what a handshake gave.
    pub(super) fn handshake(&self, shaken: &Tap) {
        for event in shaken.look(<[evidence::Event]>::to_vec) {
            self.tell(|connection| match event.what.clone() {
                What::Secured { tls, .. } => What::Secured { connection, tls },
                What::NotSecured {
                    tls,
                    by,
                    alert,
                    why,
                    ..
                } => What::NotSecured {
                    connection,
                    tls,
                    by,
                    alert,
                    why,
                },
                other => other,
            });
        }
    }

    /// The play that owns the connection, while it is not over.
    pub(crate) fn play(&self) -> Option<Arc<Play>> {
        lock(&self.owners).first()?.play.upgrade()
    }

    /// Returns when the play that owns the connection is over; never while no play does.
    pub(super) async fn over(&self) {
        let watched = self.play().map(|play| lock(&play.visit).over());
        match watched {
            Some(mut over) => while over.changed().await.is_ok() {},
            None => std::future::pending().await,
        }
    }
}
