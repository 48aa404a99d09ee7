//! The plays that decide a case.

use evidence::{ReadLog, What};

/// The logs of the plays of one case; what was not played is absent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Logs<'a> {
    /// The honest run before the attack. Of a control it is the play that is judged, of an audit the one that is asked.
    pub control_before: Option<&'a ReadLog>,
    /// The attack.
    pub attack: Option<&'a ReadLog>,
    /// The honest run after it.
    pub control_after: Option<&'a ReadLog>,
    /// When that failed: the honest run after the attack was played once more.
    pub after_again: Option<&'a ReadLog>,
}

impl Logs<'_> {
    fn all(&self) -> impl Iterator<Item = &ReadLog> {
        [
            self.control_before,
            self.attack,
            self.control_after,
            self.after_again,
        ]
        .into_iter()
        .flatten()
    }

    /// Whether a log breaks off.
    pub(crate) fn torn(&self) -> bool {
        self.all().any(|log| log.torn)
    }

    /// Whether a log lacks what the SUT did: then nothing that is absent is proven to be.
    pub(crate) fn flooded(&self) -> bool {
        self.all()
            .any(|log| log.events.iter().any(|event| event.what == What::Flooded))
    }
}
