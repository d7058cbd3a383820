//! What an alert keeps of its time.
//!
//! # Invariants
//!
//! - Stretches are contiguous from [`Clocks::opened_at`] (or the end of
//!   [`Earlier`]) to [`Clocks::since`], where the present stretch begins.
//! - There are at most [`Clocks::MOST_STRETCHES`] of them: the oldest are folded
//!   into [`Earlier`], which knows who spent how much, and no longer when.
//! - Every fact that starts, stops or hands on a clock ends a stretch.

use jiff::{SignedDuration, Timestamp};
use remit_shared::{Party, Severity, Team};

use crate::sla::PauseReason;

/// An alert's time: how it was spent so far, and the clocks that read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clocks {
    /// When it began.
    pub opened_at: Timestamp,
    /// Whose it is.
    pub holder: Holder,
    /// Stretches so old that only their sums are known.
    pub earlier: Option<Earlier>,
    /// Stretches that are over, oldest first.
    pub stretches: Vec<Stretch>,
    /// When the present stretch began; if the alert is over, when it ended.
    pub since: Timestamp,
    /// Who began the present stretch.
    pub by: String,
    /// Why the clocks are stopped, if somebody stopped them.
    pub pause: Option<Pause>,
    /// Why nobody need act at present, if so.
    pub suspended: Option<String>,
    /// It is over.
    pub is_over: bool,
    /// The clocks: one of each kind, in their order.
    pub clocks: Vec<Clock>,
    /// What became of the clocks of earlier holders, as far as it counts;
    /// bounded, oldest first.
    pub handed_on: Vec<Clock>,
}

/// Who has an alert.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Holder {
    /// The team.
    pub team: Team,
    /// Its side.
    pub party: Party,
}

/// Somebody stopped the clocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    /// What for.
    pub reason: PauseReason,
    /// When they go on by themselves.
    pub until: Timestamp,
}

/// A stretch of time that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// How it was spent.
    pub spending: Spending,
    /// Who had the alert.
    pub holder: Holder,
    /// Who began it.
    pub by: String,
    /// Its first instant.
    pub from: Timestamp,
    /// The first instant after it.
    pub to: Timestamp,
    /// How much of it was in hours that count.
    pub counted: SignedDuration,
    /// The matrix version whose calendar said so.
    pub matrix_version: u64,
}

/// How time is spent.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spending {
    /// The holder must act.
    Running,
    /// Somebody stopped the clocks.
    Paused(PauseReason),
    /// Nobody need act: a window is open, or a parent says it already.
    Suspended(String),
    /// It was over, and came back later.
    Over,
}

/// The sums of what is no longer known in full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier {
    /// Its first instant.
    pub from: Timestamp,
    /// The first instant after it.
    pub to: Timestamp,
    /// Who spent how much of it; bounded.
    pub shares: Vec<Share>,
}

/// How much time that counts a team spent in one way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// How it was spent.
    pub spending: Spending,
    /// Who had the alert.
    pub holder: Holder,
    /// How much.
    pub counted: SignedDuration,
}

/// One thing that was promised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clock {
    /// What.
    pub kind: ClockKind,
    /// Who keeps the promise, or kept it.
    pub holder: Holder,
    /// When it began.
    pub since: Timestamp,
    /// How much was spent in stretches that are over.
    pub spent: SignedDuration,
    /// How much of the contract's own clock was gone when a team's began; `None`
    /// if that clock had come to its end.
    pub gone: Option<SignedDuration>,
    /// How it ended, if it did.
    pub end: Option<End>,
    /// When the target was missed, if it was. It stays missed.
    pub breached_at: Option<Timestamp>,
    /// The crossings that were told, one bit each.
    pub told: u32,
}

/// What a clock measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ClockKind {
    /// Until somebody of the holder's side takes notice.
    Response,
    /// Until it is over.
    Resolution,
    /// Until somebody of the holder's side says how it stands, again and again.
    Update,
    /// Until the holder takes notice, from when they got it.
    TeamResponse,
    /// Until the holder is done, from when they got it.
    TeamResolution,
}

/// How a clock ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// When.
    pub at: Timestamp,
    /// How.
    pub outcome: Outcome,
    /// How much the alert mattered then.
    pub severity: Severity,
}

/// How a clock can end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// What was promised was done, in time or late.
    Done,
    /// It is no longer owed: the alert was over first, or somebody else has it.
    Cancelled,
}

impl Clocks {
    /// So many stretches are kept.
    pub const MOST_STRETCHES: usize = 48;
    /// So many clocks of earlier holders are kept.
    pub const MOST_HANDED_ON: usize = 16;
    /// So many sums of older stretches are kept.
    pub const MOST_SHARES: usize = 32;

    /// The clocks of an alert that begins.
    pub fn open(holder: Holder, at: Timestamp) -> Self {
        let at = whole(at);
        let clocks = ClockKind::ALL.map(|kind| Clock::start(kind, &holder, at));
        Self {
            opened_at: at,
            holder,
            earlier: None,
            stretches: Vec::new(),
            since: at,
            by: "remit".to_owned(),
            pause: None,
            suspended: None,
            is_over: false,
            clocks: clocks.into(),
            handed_on: Vec::new(),
        }
    }

    /// How the present stretch is spent.
    pub fn spending(&self) -> Spending {
        if self.is_over {
            return Spending::Over;
        }
        match (&self.suspended, &self.pause) {
            (Some(why), _) => Spending::Suspended(why.clone()),
            (None, Some(pause)) => Spending::Paused(pause.reason),
            (None, None) => Spending::Running,
        }
    }
}

impl Clock {
    pub(super) fn start(kind: ClockKind, holder: &Holder, at: Timestamp) -> Self {
        Self {
            kind,
            holder: holder.clone(),
            since: at,
            spent: SignedDuration::ZERO,
            gone: Some(SignedDuration::ZERO),
            end: None,
            breached_at: None,
            told: 0,
        }
    }

    /// Whether it is still owed.
    pub fn is_owed(&self) -> bool {
        self.end.is_none()
    }
}

impl ClockKind {
    /// Every kind.
    pub const ALL: [Self; 5] =
        [Self::Response, Self::Resolution, Self::Update, Self::TeamResponse, Self::TeamResolution];

    /// The one spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Response => "response",
            Self::Resolution => "resolution",
            Self::Update => "update",
            Self::TeamResponse => "team_response",
            Self::TeamResolution => "team_resolution",
        }
    }

    /// Whether it is the holder's own, and no part of the contract.
    pub const fn is_teams(self) -> bool {
        match self {
            Self::TeamResponse | Self::TeamResolution => true,
            Self::Response | Self::Resolution | Self::Update => false,
        }
    }
}

impl Spending {
    /// The one spelling, without the reason.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused(_) => "paused",
            Self::Suspended(_) => "suspended",
            Self::Over => "over",
        }
    }
}

/// An instant in whole milliseconds.
pub(super) fn whole(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}
