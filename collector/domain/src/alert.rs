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

mod blocked;
mod climb;
pub mod command;
mod event;
mod flap;
mod hush;
mod notice;
mod promise;
mod reach;
mod receive;
mod remit;
mod route;
mod step;
mod tell;
#[cfg(test)]
pub(crate) mod tests;
mod timeline;
mod verdict;
mod work;

use std::{fmt, sync::Arc};

use jiff::Timestamp;
use remit_shared::{AlertId, EndpointId, Function, Party, Severity, Site, Team, Tenant};

pub use crate::alert::{
    blocked::{Blocked, HandOverReason, Trigger, USUAL_PATIENCE, trigger},
    climb::{Climb, Timer, next_step, next_targets},
    event::Event,
    hush::{Suppressor, must_be_watched},
    notice::{Delivery, Notice, NoticeId, Told, Topic},
    promise::TermsRef,
    reach::{Reach, Reached},
    receive::{REOPEN_WITHIN, Received, receive},
    remit::{Ladder, Owners, Remit, Rung},
    route::RefusedOwner,
    step::{deadline, delivered, passing, step},
    timeline::{Entry, EntryKind},
    verdict::{Disposed, Disposition, NoiseMark, NoiseReason},
};
use crate::{
    calendar::Calendar, effect::Effect, flapping, letter, signal::Origin, sla,
    suppression::Suppression,
};

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
    /// What the check holds against: its thresholds, in words; may be empty.
    pub rule: String,
    /// What is the matter, in one line.
    pub summary: String,
    /// What was seen; bounded.
    pub evidence: String,
    /// When the newest of it was true, by the collector's clock.
    pub observed_at: Timestamp,
    /// When the condition was first told, by the collector's clock.
    pub opened_at: Timestamp,
    /// When it was opened or reopened last.
    pub raised_at: Timestamp,
    /// When it was last told.
    pub last_seen_at: Timestamp,
    /// When people first were told since it was opened or reopened last;
    /// `None` while nobody was, because something keeps it quiet.
    pub announced_at: Option<Timestamp>,
    /// How often it was told.
    pub occurrences: u32,
    /// How often it came back soon after it was resolved.
    pub reopened: u32,
    /// The alert about the same thing that was over when this one opened.
    pub follows: Option<AlertId>,
    /// It was true some time before it could be told.
    pub delayed: bool,
    /// Whose it is, and why. It is shared with what is told of the alert.
    pub remit: Arc<Remit>,
    /// Whom the matrix names, while somebody else holds on to it.
    pub owner_differs: Option<Team>,
    /// Whom the matrix named and who could not be given it.
    pub refused_owner: Option<RefusedOwner>,
    /// How far escalation has got.
    pub climb: Climb,
    /// The wall that somebody ran into.
    pub blocked: Option<Blocked>,
    /// Why it is quiet, if anything makes it so.
    pub suppressors: Vec<Suppressor>,
    /// How often it changed of late.
    pub flap: flapping::History,
    /// Which promise it is under.
    pub terms: TermsRef,
    /// How its time was spent.
    pub clocks: sla::Clocks,
    /// When the clocks must be looked at next. Derived from the clocks, the
    /// severity and the terms by every step, so that [`deadline`] needs no
    /// terms. Whoever comes to know other rules of a time zone ticks the alert
    /// once, also for the sake of its [`Climb`].
    pub clocks_due: Option<Timestamp>,
    /// Since when the condition is gone, if it may come back any moment.
    pub cleared_at: Option<Timestamp>,
    /// What a shift said of it.
    pub disposed: Option<Disposed>,
    /// Who called it noise last, and why.
    pub noise: Option<NoiseMark>,
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

/// What an alert must know of the world when something happens.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// What the matrix says now.
    pub remit: &'a Arc<Remit>,
    /// What it says of other times.
    pub owners: &'a dyn Owners,
    /// How people are reached now.
    pub reach: &'a dyn Reach,
    /// What the matrix promises about it now.
    pub terms: &'a sla::Terms,
    /// What the alert's own [`TermsRef`] names; the same as `terms` for a new
    /// alert, and as long as the matrix has promised nothing else.
    pub terms_then: &'a sla::Terms,
    /// The calendars that ladders count in.
    pub calendars: &'a [Calendar],
    /// What keeps it quiet now.
    pub suppressors: &'a [Suppression],
    /// What the check holds against, in words; asked when it speaks.
    pub rule: &'a str,
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
    /// Who must hear of what is wrong around the alert.
    pub letters: Vec<letter::Notice>,
}

impl Alert {
    /// The alert without what grows: what watchers are shown.
    pub fn brief(&self) -> Self {
        Self { timeline: Vec::new(), notices: Vec::new(), ..self.clone() }
    }

    /// Whether this is another one in [brief](Self::brief).
    pub fn is_brief_of(&self, whole: &Self) -> bool {
        macro_rules! is_same {
            ($($field:ident)*, but $($left_out:ident)*) => {{
                // A new field does not compile until it is decided upon.
                let Self { $($field,)* $($left_out,)* } = self;
                $(*$field == whole.$field)&&* && $($left_out.is_empty())&&*
            }};
        }
        is_same!(
            id about severity state rule summary evidence observed_at opened_at raised_at
            last_seen_at announced_at occurrences reopened follows delayed remit owner_differs
            refused_owner climb blocked suppressors flap terms clocks clocks_due cleared_at
            disposed noise origin notices_made, but timeline notices
        )
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
        let Remit { responsible, others, accountable, consulted, informed, .. } = &*self.remit;
        team == responsible
            || team == accountable
            || others.contains(team)
            || consulted.contains(team)
            || informed.contains(team)
    }

    /// What a shift said of it.
    pub fn disposition(&self) -> Disposition {
        self.disposed.as_ref().map_or(Disposition::None, |it| it.what)
    }

    /// Whether nobody is told of it at present.
    pub fn is_quiet(&self) -> bool {
        self.suppressors.iter().any(|it| it.mutes)
    }

    /// One of its messages.
    pub fn notice(&self, number: u32) -> Option<&Notice> {
        self.notices.iter().find(|it| it.number == number)
    }
}
