//! The plays that decide a case.

use evidence::ReadLog;

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
