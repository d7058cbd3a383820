//! The life of one alert.
//!
//! An alert is a value. [`receive`] takes a signal, [`step`] everything else;
//! both give back the alert's next value with the [`Effect`]s that are owed to
//! the world. The caller commits both in one write and performs the effects
//! afterwards, so a crash in between repeats an effect and never loses one.
//!
//! # Invariants
//!
//! - Every event is legal in every state, if only as a no-op. What a human may
//!   ask for is decided earlier, in [`command`].
//! - An alert has exactly one responsible and one accountable team at any time,
//!   with the matrix version and row that chose them.
//! - [`deadline`] says when to send the next [`Event::Tick`]; a tick before that
//!   changes nothing, and a late one is as good as a punctual one.
//! - A signal that was applied before changes nothing.
//!
//! # Not here
//!
//! Who is responsible arrives decided, as a [`Remit`]. How a message reaches a
//! phone is the notifiers'.

pub mod command;
mod ladder;
mod receive;
mod step;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, fmt, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use remit_shared::{AlertId, EndpointId, Function, Party, Severity, Site, Team, Tenant};

pub use crate::alert::{
    ladder::{deadline, next_rung},
    receive::{REOPEN_WITHIN, Received, receive},
    step::step,
};
use crate::{effect::Effect, signal::Origin};

/// Something that somebody must know about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Its identity, through all its reopenings.
    pub id: AlertId,
    /// What it is about; the fingerprint.
    pub about: About,
    /// How much it matters.
    pub severity: Severity,
    /// Where it stands.
    pub state: State,
    /// What is the matter, in one line.
    pub summary: String,
    /// What was seen; bounded.
    pub evidence: String,
    /// When the condition was first told, by the collector's clock.
    pub opened_at: Timestamp,
    /// When it was last told.
    pub last_seen_at: Timestamp,
    /// How often it was told.
    pub occurrences: u32,
    /// How often it came back soon after it was resolved.
    pub reopened: u32,
    /// It was true some time before it could be told.
    pub delayed: bool,
    /// Whose it is, and why.
    pub remit: Remit,
    /// How far escalation has got.
    pub climb: Climb,
    /// What a shift said of it.
    pub disposition: Disposition,
    /// Why.
    pub disposition_note: String,
    /// The newest signal that was applied.
    pub origin: Origin,
    /// What happened to it, oldest first; bounded.
    pub timeline: Vec<Entry>,
    /// The messages about it, oldest first; bounded.
    pub notices: Vec<Notice>,
    /// How many messages there have been.
    pub notices_made: u32,
}

/// What an alert is about. Two signals with the same tenant, endpoint, check
/// and instance are about the same thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// The customer environment.
    pub tenant: Tenant,
    /// Where the endpoint stands.
    pub site: Site,
    /// The endpoint.
    pub endpoint: EndpointId,
    /// Its name when the alert was last told.
    pub hostname: String,
    /// The check.
    pub check: Arc<str>,
    /// Which of several things it watches.
    pub instance: Arc<str>,
    /// Which kind of work it is.
    pub function: Function,
}

/// Where an alert stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Nobody has taken it on.
    Open,
    /// Somebody has.
    Acknowledged(Acknowledgement),
    /// It is over.
    Resolved {
        /// When.
        at: Timestamp,
        /// By whom; `None` if the condition went away by itself.
        by: Option<String>,
    },
}

/// Who took an alert on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    /// Who.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// When it goes back to whoever is responsible then.
    pub expires_at: Timestamp,
    /// What they said.
    pub note: String,
}

/// A person who acts on an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Their name.
    pub name: String,
    /// The team they act for.
    pub team: Team,
    /// That team's side.
    pub party: Party,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.team)
    }
}

/// Whose an alert is: what the matrix said, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remit {
    /// The matrix version that decided.
    pub matrix_version: u64,
    /// Its row.
    pub row: String,
    /// Who acts.
    pub responsible: Team,
    /// Who answers for it.
    pub accountable: Team,
    /// Who is asked.
    pub consulted: Vec<Team>,
    /// Who is told.
    pub informed: Vec<Team>,
    /// The responsible team's side.
    pub party: Party,
    /// What to do: a link, or words.
    pub runbook: String,
    /// In words, with the local time that decided.
    pub reason: String,
    /// When it was decided.
    pub decided_at: Timestamp,
    /// When the matrix will say something else; `None` if it never does.
    pub until: Option<Timestamp>,
    /// Somebody decided otherwise than the matrix: it is not asked again.
    pub by_hand: bool,
    /// Rows that matched and lost, each with why.
    pub rejected: Vec<String>,
    /// Who is told if nobody acts.
    pub ladder: Vec<Rung>,
}

/// One step of an escalation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rung {
    /// How long after the alert was given to the responsible team.
    pub after: SignedDuration,
    /// Who is told then.
    pub team: Team,
}

/// How far escalation has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Climb {
    /// When the responsible team got it; all rungs count from here.
    pub since: Timestamp,
    /// The rung that comes next. 0 is the responsible team itself.
    pub next: u32,
}

/// What a shift says of an alert when it ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Disposition {
    /// Nothing yet.
    #[default]
    None,
    /// It was dealt with.
    Resolved,
    /// It is known, and documented.
    KnownIssue,
    /// Both teams must look at it.
    JointReview,
}

/// One line of an alert's timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When, by the collector's clock.
    pub at: Timestamp,
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
    /// It is over.
    Resolved,
    /// It came back soon after.
    Reopened,
    /// A shift said something of it.
    DispositionSet,
    /// Somebody said something.
    NoteAdded,
}

/// Names a message; the same on every attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NoticeId {
    /// The alert.
    pub alert: AlertId,
    /// Its place among the alert's messages, counted from 1.
    pub number: u32,
}

impl fmt::Display for NoticeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.alert, self.number)
    }
}

/// One message to one recipient, and how far it got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Its place among the alert's messages, counted from 1.
    pub number: u32,
    /// The team it is for.
    pub team: Team,
    /// The way it takes: `webhook:noc`, `email:noc@example.org`.
    pub channel: String,
    /// What it is about.
    pub topic: Topic,
    /// When it was owed.
    pub made_at: Timestamp,
    /// How far it got.
    pub delivery: Delivery,
}

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// The alert is the team's to act on.
    Assigned,
    /// The alert exists; the team need not act.
    Informed,
    /// Nobody has acted in time.
    Escalated,
    /// It matters more than before.
    Worse,
    /// It is over.
    Resolved,
}

/// How far a message got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Not tried yet.
    Pending,
    /// It arrived.
    Delivered {
        /// When.
        at: Timestamp,
        /// After how many attempts.
        attempts: u32,
    },
    /// It did not arrive yet.
    Failing {
        /// When it was last tried.
        at: Timestamp,
        /// How often.
        attempts: u32,
        /// Why not.
        error: String,
    },
    /// It was given up.
    Failed {
        /// When.
        at: Timestamp,
        /// After how many attempts.
        attempts: u32,
        /// Why.
        error: String,
    },
}

/// Why an alert is handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandOverReason {
    /// The other side has the password.
    NeedsCredential,
    /// Somebody must stand before the machine.
    NeedsOnSite,
    /// Somebody must know the business.
    BusinessContext,
    /// It may be an attack.
    SecuritySuspicion,
    /// A third company must act.
    VendorWait,
    /// Another reason; the note says which.
    Manual,
}

/// What happens to an alert, apart from signals. Facts; they cannot be refused.
#[derive(Clone, Debug)]
pub enum Event {
    /// Somebody took it on.
    Acknowledged(Acknowledgement),
    /// Somebody says that it is over.
    Resolved {
        /// Who.
        by: Actor,
        /// What they said.
        note: String,
    },
    /// Somebody gave it to another team.
    HandedOver {
        /// Who.
        by: Actor,
        /// The team that has it now.
        to: Team,
        /// That team's side.
        party: Party,
        /// Why.
        reason: HandOverReason,
        /// What they said.
        note: String,
    },
    /// A shift said something of it.
    Disposed {
        /// Who.
        by: Actor,
        /// What.
        disposition: Disposition,
        /// Why.
        note: String,
    },
    /// Somebody said something.
    Noted {
        /// Who.
        by: Actor,
        /// What.
        note: String,
    },
    /// A message got somewhere, or did not.
    Delivery {
        /// Which message.
        number: u32,
        /// How far it got.
        delivery: Delivery,
    },
    /// Time passed, or the matrix changed.
    Tick,
}

/// What an alert must know of the world when something happens.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// What the matrix says now.
    pub remit: &'a Remit,
    /// How each team is reached now.
    pub channels: &'a BTreeMap<Team, Vec<String>>,
    /// What time it is.
    pub now: Timestamp,
}

/// An alert's next value, and what it owes.
#[derive(Clone, Debug)]
pub struct Step {
    /// The alert.
    pub alert: Alert,
    /// What is owed, in order.
    pub effects: Vec<Effect>,
}

impl Alert {
    /// The alert without what grows: what watchers are shown.
    pub fn brief(&self) -> Self {
        Self { timeline: Vec::new(), notices: Vec::new(), ..self.clone() }
    }

    /// Whether it is not over.
    pub fn is_unresolved(&self) -> bool {
        match self.state {
            State::Open | State::Acknowledged(_) => true,
            State::Resolved { .. } => false,
        }
    }

    /// Whether a team has a part in it.
    pub fn concerns(&self, team: &Team) -> bool {
        let Remit { responsible, accountable, consulted, informed, .. } = &self.remit;
        team == responsible
            || team == accountable
            || consulted.contains(team)
            || informed.contains(team)
    }

    /// One of its messages.
    pub fn notice(&self, number: u32) -> Option<&Notice> {
        self.notices.iter().find(|it| it.number == number)
    }
}

impl Disposition {
    /// The one spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Resolved => "resolved",
            Self::KnownIssue => "known_issue",
            Self::JointReview => "joint_review",
        }
    }
}

impl HandOverReason {
    /// The one spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NeedsCredential => "needs_credential",
            Self::NeedsOnSite => "needs_on_site",
            Self::BusinessContext => "business_context",
            Self::SecuritySuspicion => "security_suspicion",
            Self::VendorWait => "vendor_wait",
            Self::Manual => "manual",
        }
    }
}
