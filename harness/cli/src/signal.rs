//! SIGINT and SIGTERM: both ask for an end that loses nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::Failure;

/// Signals from now on.
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Listens, in a runtime.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let of = |kind| {
            signal(kind).map_err(|why| Failure::ours(format!("cannot listen for signals: {why}")))
        };
        Ok(Self {
            interrupt: of(SignalKind::interrupt())?,
            terminate: of(SignalKind::terminate())?,
        })
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// A word that is said when one comes: a thread of its own listens, for whoever works in no runtime.
pub(crate) fn flag() -> Result<Arc<AtomicBool>, Failure> {
    let told = Arc::new(AtomicBool::new(false));
    let tell = Arc::clone(&told);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|why| Failure::ours(format!("cannot start: {why}")))?;
    let entered = runtime.enter();
    let mut signals = Signals::listen()?;
    drop(entered);
    std::thread::spawn(move || {
        runtime.block_on(signals.next());
        tell.store(true, Ordering::Relaxed);
    });
    Ok(told)
}
