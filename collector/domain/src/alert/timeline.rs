//! What happened to an alert.

use jiff::Timestamp;

/// One line of an alert's timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When, by the collector's clock.
    pub at: Timestamp,
    /// The climb that was under way; see [`Climb`](crate::alert::Climb).
    pub generation: u32,
    /// What happened.
    pub kind: EntryKind,
    /// Who did it; `remit` for the collector itself.
    pub actor: String,
    /// The rest, in words.
    pub detail: String,
}

/// What can happen to an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// It was told for the first time.
    Created,
    /// It was told once more.
    Repeated,
    /// It matters more, or less.
    SeverityChanged,
    /// The matrix gave it to a team.
    Routed,
    /// The matrix gave it to another team.
    Rerouted,
    /// The matrix named a team that nobody can reach; it stays where it was.
    RouteRefused,
    /// The zone's rules have changed, and with them when steps are due.
    Rescheduled,
    /// A message arrived.
    Notified,
    /// A message did not.
    DeliveryFailed,
    /// A team has nobody to tell.
    NoRecipient,
    /// Somebody took it on.
    Acknowledged,
    /// They did not finish in time.
    AckExpired,
    /// The next rung was told.
    Escalated,
    /// Somebody gave it to another team.
    HandedOff,
    /// Somebody ran into a wall.
    Blocked,
    /// The wall is gone.
    Unblocked,
    /// A promised time waits for somebody else.
    Paused,
    /// It runs again.
    Resumed,
    /// A promised time is nearly used up.
    AtRisk,
    /// A promised time is over.
    Breached,
    /// Something keeps it quiet.
    Suppressed,
    /// That is over.
    Unsuppressed,
    /// It is over.
    Resolved,
    /// It came back soon after.
    Reopened,
    /// A shift said something of it.
    DispositionSet,
    /// Somebody found it not worth telling.
    NoiseMarked,
    /// Somebody said something.
    NoteAdded,
}
