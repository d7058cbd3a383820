//! The life of the agent's connection to its collector.
//!
//! A [`Session`] is a value. [`step`] takes it, one [`Event`], the time and a
//! random number, and gives back the session's next value with the [`Effect`]s
//! that must now happen, in their order.
//!
//! ```text
//! Resting ─► Opening ─► (welcome) ─► Keeping ─► Reporting ─► Resting …
//!    ▲          │            └─► Renumbering ─► Opening
//!    └──────────┘ lost, refused, silent
//! ```
//!
//! # Invariants
//!
//! - No report leaves before the collector's new resume token is durable here:
//!   a snapshot of this disk that is restored later has an older token, and
//!   the collector sees that.
//! - What is acknowledged was sent. A collector that knows of numbers which
//!   this spool cannot have sent knows another spool, so the spool takes a new
//!   epoch rather than have its records mistaken for those.
//! - At most a window of bytes waits for acknowledgements.
//! - Behind a backlog, what was measured last is told [`ahead`] of its
//!   turn, once per acknowledgement: no faster than the line carries.
//! - [`deadline`] says when to send the next [`Event::Tick`]; one before that
//!   changes nothing, and a late one is as good as a punctual one.
//!
//! # Not here
//!
//! Which record is next is the spool's to say, what a record is on the wire the
//! uplink's. `now` must not go back: the caller counts on from where it began.

mod allowed;
#[cfg(test)]
mod tests;
mod words;

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use remit_shared::{Backoff, Departure, Stream};

pub use crate::session::{
    allowed::{ahead, may_leave, room},
    words::{Effect, Event, Loss, Policy, Welcome},
};
use crate::spool::Marks;

/// The connection, and what it must remember between connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Where it stands.
    pub phase: Phase,
    /// The newest numbers that may ever have been sent in this epoch.
    known: Marks,
    /// The newest numbers that were sent in this epoch by this process.
    sent: Marks,
    /// Attempts in a row that came to nothing.
    failures: u32,
    /// Renumberings in a row.
    renumbered: u32,
    heartbeat: Option<SignedDuration>,
}

/// Where a session stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Waits before the next attempt.
    Resting {
        /// Until when.
        until: Timestamp,
    },
    /// Connects, says hello and waits for the welcome.
    Opening {
        /// When it gives up.
        until: Timestamp,
    },
    /// Makes the welcome's resume token durable.
    Keeping {
        /// Where the collector stands.
        through: Marks,
        /// Whether it takes what is told ahead of its turn.
        takes_previews: bool,
    },
    /// Gives the spool a new epoch.
    Renumbering,
    /// Sends reports.
    Reporting(Reporting),
    /// Is over.
    Over,
}

/// A session that works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reporting {
    /// The newest numbers that were sent in this session, or were applied before it.
    cursor: Marks,
    /// What was sent and not acknowledged, oldest first: stream, number, bytes.
    in_flight: VecDeque<(Stream, u64, u64)>,
    /// When the next heartbeat is due.
    beat_at: Timestamp,
    /// When a missing acknowledgement ends the session.
    stalled_at: Option<Timestamp>,
    /// The newest measurement that was told ahead of its turn, if the collector
    /// takes such.
    previewed: Option<u64>,
    /// Whether nothing was acknowledged since.
    preview_waits: bool,
    /// Set once the agent stops: why, and when it leaves in any case.
    leaving: Option<(Departure, Timestamp)>,
}

/// A session that has yet to begin, over a spool of which no more than `known`
/// [may have been sent](crate::spool::may_be_sent). The first [`Event::Tick`]
/// opens it.
pub fn begin(known: Marks, now: Timestamp) -> Session {
    Session {
        phase: Phase::Resting { until: now },
        known,
        sent: Marks::default(),
        failures: 0,
        renumbered: 0,
        heartbeat: None,
    }
}

/// Advances a session by one event. `random` is drawn evenly from all of `u64`.
pub fn step(
    policy: &Policy,
    mut session: Session,
    event: Event,
    now: Timestamp,
    random: u64,
) -> (Session, Vec<Effect>) {
    let effects = match event {
        Event::Tick => tick(policy, &mut session, now, random),
        Event::Welcomed(welcome) => welcomed(policy, &mut session, welcome, now, random),
        Event::Kept => kept(policy, &mut session, now),
        Event::Renumbered => renumbered(policy, &mut session, now),
        Event::Sent { stream, number, bytes } => {
            sent(policy, &mut session, (stream, number, bytes), now);
            vec![]
        }
        Event::Previewed(number) => {
            previewed(policy, &mut session, number, now);
            vec![]
        }
        Event::Acknowledged(through) => acknowledged(policy, &mut session, through, now, random),
        Event::Paced(heartbeat) => {
            session.heartbeat = Some(heartbeat);
            if let Phase::Reporting(it) = &mut session.phase {
                it.beat_at = it.beat_at.min(later(now, heartbeat));
            }
            vec![]
        }
        Event::SentAway(after) => rest(&mut session, later(now, after + share(after / 10, random))),
        Event::Lost(loss) => lost(policy, &mut session, loss, now, random),
        Event::Stop(departure, by) => stop(&mut session, departure, by),
        Event::Drained => drained(&mut session),
    };
    (session, effects)
}

/// When the next [`Event::Tick`] is due, if ever.
pub fn deadline(session: &Session) -> Option<Timestamp> {
    match &session.phase {
        Phase::Resting { until } | Phase::Opening { until } => Some(*until),
        Phase::Reporting(it) => {
            let leaving = it.leaving.map(|(_, by)| by);
            [Some(it.beat_at), it.stalled_at, leaving].into_iter().flatten().min()
        }
        Phase::Keeping { .. } | Phase::Renumbering | Phase::Over => None,
    }
}

fn tick(policy: &Policy, session: &mut Session, now: Timestamp, random: u64) -> Vec<Effect> {
    let heartbeat = session.heartbeat.unwrap_or(policy.heartbeat);
    match &mut session.phase {
        Phase::Resting { until } if *until <= now => open(policy, session, now),
        Phase::Opening { until } if *until <= now => {
            lost(policy, session, Loss::Network, now, random)
        }
        Phase::Reporting(it) if it.leaving.is_some_and(|(_, by)| by <= now) => drained(session),
        Phase::Reporting(it) if it.stalled_at.is_some_and(|at| at <= now) => {
            lost(policy, session, Loss::Network, now, random)
        }
        Phase::Reporting(it) if it.beat_at <= now => {
            it.beat_at = later(now, heartbeat);
            vec![Effect::Beat]
        }
        Phase::Resting { .. }
        | Phase::Opening { .. }
        | Phase::Keeping { .. }
        | Phase::Renumbering
        | Phase::Reporting(_)
        | Phase::Over => vec![],
    }
}

fn open(policy: &Policy, session: &mut Session, now: Timestamp) -> Vec<Effect> {
    session.phase = Phase::Opening { until: later(now, policy.patience) };
    vec![Effect::Open]
}

fn welcomed(
    policy: &Policy,
    session: &mut Session,
    welcome: Welcome,
    now: Timestamp,
    random: u64,
) -> Vec<Effect> {
    if !matches!(session.phase, Phase::Opening { .. }) {
        // A second welcome is a collector that has lost its way.
        return lost(policy, session, Loss::Network, now, random);
    }
    session.heartbeat = welcome.heartbeat.or(session.heartbeat);
    let Welcome { through, resume_token, reset_epoch, takes_previews, .. } = welcome;
    if reset_epoch || through.passes(&session.known) {
        session.phase = Phase::Renumbering;
        // What this process sent is surely what was applied under that number.
        // Of the rest nobody knows; it is sent again rather than lost.
        let applied = through.min(session.sent);
        return vec![Effect::Close, Effect::Renumber { applied }];
    }
    session.phase = Phase::Keeping { through, takes_previews };
    vec![Effect::Keep { resume_token, through }]
}

fn kept(policy: &Policy, session: &mut Session, now: Timestamp) -> Vec<Effect> {
    if let Phase::Keeping { through, takes_previews } = session.phase {
        session.failures = 0;
        session.renumbered = 0;
        let heartbeat = session.heartbeat.unwrap_or(policy.heartbeat);
        session.phase = Phase::Reporting(Reporting {
            cursor: through,
            in_flight: VecDeque::new(),
            beat_at: later(now, heartbeat),
            stalled_at: None,
            previewed: takes_previews.then_some(0),
            preview_waits: false,
            leaving: None,
        });
    }
    vec![]
}

fn renumbered(policy: &Policy, session: &mut Session, now: Timestamp) -> Vec<Effect> {
    if session.phase != Phase::Renumbering {
        return vec![];
    }
    (session.known, session.sent) = (Marks::default(), Marks::default());
    session.renumbered = session.renumbered.saturating_add(1);
    if session.renumbered == 1 {
        return open(policy, session, now);
    }
    // A collector that is never content must not make us write without end.
    rest(session, later(now, policy.backoff.wait(session.renumbered, u64::MAX)))
}

fn sent(
    policy: &Policy,
    session: &mut Session,
    (stream, number, bytes): (Stream, u64, u64),
    now: Timestamp,
) {
    let heartbeat = session.heartbeat.unwrap_or(policy.heartbeat);
    let Phase::Reporting(it) = &mut session.phase else { return };
    it.cursor = it.cursor.with(stream, number);
    it.in_flight.push_back((stream, number, bytes));
    it.beat_at = later(now, heartbeat);
    it.stalled_at.get_or_insert(later(now, policy.patience));
    session.sent = session.sent.with(stream, number.max(session.sent.of(stream)));
    session.known = session.known.with(stream, number.max(session.known.of(stream)));
}

fn previewed(policy: &Policy, session: &mut Session, number: u64, now: Timestamp) {
    let heartbeat = session.heartbeat.unwrap_or(policy.heartbeat);
    let Phase::Reporting(it) = &mut session.phase else { return };
    it.previewed = it.previewed.map(|it| it.max(number));
    it.preview_waits = true;
    it.beat_at = later(now, heartbeat);
}

fn acknowledged(
    policy: &Policy,
    session: &mut Session,
    through: Marks,
    now: Timestamp,
    random: u64,
) -> Vec<Effect> {
    let Phase::Reporting(it) = &mut session.phase else { return vec![] };
    if through.passes(&it.cursor) {
        return lost(policy, session, Loss::Network, now, random);
    }
    it.in_flight.retain(|(stream, number, _)| *number > through.of(*stream));
    it.preview_waits = false;
    it.stalled_at = (!it.in_flight.is_empty()).then(|| later(now, policy.patience));
    vec![Effect::Forget(through)]
}

fn lost(
    policy: &Policy,
    session: &mut Session,
    loss: Loss,
    now: Timestamp,
    random: u64,
) -> Vec<Effect> {
    let worked = match &session.phase {
        Phase::Reporting(it) if it.leaving.is_some() => {
            session.phase = Phase::Over;
            return vec![Effect::Close];
        }
        Phase::Reporting(_) | Phase::Keeping { .. } => true,
        Phase::Opening { .. } | Phase::Renumbering => false,
        // Nothing is open that could be lost.
        Phase::Resting { .. } | Phase::Over => return vec![],
    };
    let wait = match loss {
        Loss::Refused => policy.refused + share(policy.refused / 10, random),
        Loss::Network if worked => share(policy.spread, random),
        Loss::Network => {
            session.failures = session.failures.saturating_add(1);
            policy.backoff.wait(session.failures, random)
        }
    };
    rest(session, later(now, wait))
}

fn rest(session: &mut Session, until: Timestamp) -> Vec<Effect> {
    match session.phase {
        Phase::Over => vec![],
        Phase::Resting { .. }
        | Phase::Opening { .. }
        | Phase::Keeping { .. }
        | Phase::Renumbering
        | Phase::Reporting(_) => {
            session.phase = Phase::Resting { until };
            vec![Effect::Close]
        }
    }
}

fn stop(session: &mut Session, departure: Departure, by: Timestamp) -> Vec<Effect> {
    if let Phase::Reporting(it) = &mut session.phase {
        it.leaving = Some((departure, by));
        return vec![];
    }
    session.phase = Phase::Over;
    vec![Effect::Close]
}

fn drained(session: &mut Session) -> Vec<Effect> {
    let Phase::Reporting(it) = &session.phase else { return vec![] };
    let Some((departure, _)) = it.leaving else { return vec![] };
    session.phase = Phase::Over;
    vec![Effect::SayGoodbye(departure), Effect::Close]
}

/// Anything from nothing to all of `whole`.
fn share(whole: SignedDuration, random: u64) -> SignedDuration {
    Backoff { base: whole, max: whole }.wait(1, random)
}

/// A time ahead; far ahead if the calendar ends before it.
fn later(now: Timestamp, wait: SignedDuration) -> Timestamp {
    now.checked_add(wait).unwrap_or(Timestamp::MAX)
}
