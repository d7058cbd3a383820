//! Why nobody is told, although something is the matter.
//!
//! Suppression is orthogonal to an alert's state: it is evaluated, counted and
//! resolved underneath as if nothing were suppressed. When the last suppressor
//! is gone, people are told if and only if the state differs from the one that
//! they were told last.

use std::fmt;

use jiff::Timestamp;

/// One reason why nobody is told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Suppression {
    /// What kind of reason.
    pub kind: SuppressionKind,
    /// What it refers to: a window, a known issue, a parent alert.
    pub reference: String,
    /// In one line, for whoever asks why it is quiet.
    pub why: String,
    /// Since when it holds for this alert.
    pub since: Timestamp,
    /// Until when at most; `None` until what it refers to ends.
    pub until: Option<Timestamp>,
    /// Whether it also covers what was open, and told, before it began. A
    /// window does not unless it says so: what was broken before the work
    /// began is not the work's doing.
    pub covers_open: bool,
}

/// What can make an alert quiet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SuppressionKind {
    /// A maintenance window is open.
    Window,
    /// It is known, and documented.
    KnownIssue,
    /// Another alert says it already.
    Dependency,
    /// Somebody does not want to hear of it for a while.
    Snooze,
    /// It is one of very many that went at once.
    MassLoss,
    /// It changes too often to be told each time.
    Flapping,
}

impl SuppressionKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::Window,
        Self::KnownIssue,
        Self::Dependency,
        Self::Snooze,
        Self::MassLoss,
        Self::Flapping,
    ];

    /// Whether a reason of this kind covers what was open before it began,
    /// unless it says otherwise.
    pub const fn covers_open(self) -> bool {
        match self {
            Self::Window => false,
            Self::KnownIssue
            | Self::Dependency
            | Self::Snooze
            | Self::MassLoss
            | Self::Flapping => true,
        }
    }

    /// Whether the promised times begin only when it ends, for what opens
    /// under it: nobody could have acted earlier. Otherwise they run on.
    pub const fn holds_clocks(self) -> bool {
        match self {
            Self::Window | Self::KnownIssue | Self::Dependency | Self::MassLoss => true,
            Self::Snooze | Self::Flapping => false,
        }
    }

    /// The one spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Window => "window",
            Self::KnownIssue => "known_issue",
            Self::Dependency => "dependency",
            Self::Snooze => "snooze",
            Self::MassLoss => "mass_loss",
            Self::Flapping => "flapping",
        }
    }
}

impl Suppression {
    /// What keeps it quiet, in few words: `window mnt_1`.
    pub fn label(&self) -> String {
        if self.reference.is_empty() {
            self.kind.to_string()
        } else {
            format!("{} {}", self.kind, self.reference)
        }
    }
}

impl fmt::Display for SuppressionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
