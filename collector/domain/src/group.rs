//! Which messages travel together.
//!
//! What is critical or high goes out by itself and at once. Everything else
//! waits half a minute for its like and then goes in one message, at most once
//! in five minutes per [`Key`]; what stays as it is, is told again every four
//! hours. Groups that are due at the same moment for the same recipient share
//! one [`Digest`].
//!
//! # Invariants
//!
//! - What is over before it was told is not told: people hear of nothing that
//!   they did not have to know.
//! - Who was told that something is the matter is told that it is over.
//! - Every message that was offered is settled exactly once: sent by itself, in
//!   one digest, or dropped.
//! - [`Groups::deadline`] says when to ask [`Groups::due`]; asking before that
//!   gives nothing, and a late question is as good as a punctual one.
//!
//! # Not here
//!
//! Groups are in memory only: after a restart, the outbox offers again whatever
//! it still owes. How a digest reaches somebody is the notifiers' business.

mod backlog;
mod cause;
mod digest;
mod item;
#[cfg(test)]
mod tests;
mod words;

use std::{collections::BTreeMap, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use remit_shared::{AlertId, EndpointId, Severity, Site, Team, Tenant};

pub use crate::group::{
    backlog::{BACKLOG, backlog},
    cause::Cause,
    digest::Digest,
};
use crate::{alert::NoticeId, group::digest::Group, people::Target};

/// So many messages may wait; beyond that, they go out one by one.
pub const MOST_WAITING: usize = 10_000;

/// Messages with equal keys travel together.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The customer environment.
    pub tenant: Tenant,
    /// Who is told.
    pub to: Target,
    /// The way it is told.
    pub channel: String,
    /// The team whose alerts they are.
    pub owner: Team,
    /// Where the endpoints stand.
    pub site: Site,
    /// What kind of alerts: their check.
    pub class: Arc<str>,
}

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Matter {
    /// An alert.
    Alert(AlertId),
    /// What an endpoint brought along when it came back: bad while nobody
    /// could be told, and over. It is told once and leaves nothing open.
    Backlog(EndpointId),
}

/// The latest word on one matter for one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What it is about.
    pub about: Matter,
    /// The messages that it stands for.
    pub notices: Vec<NoticeId>,
    /// The endpoint.
    pub endpoint: EndpointId,
    /// What the endpoint is called.
    pub hostname: String,
    /// How much it matters.
    pub severity: Severity,
    /// What is the matter, in one line.
    pub summary: String,
    /// Whether it is over.
    pub over: bool,
    /// Whether the recipient has heard of it before, by any way.
    pub told_before: bool,
}

/// How long messages wait for their like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waits {
    /// The first of a group.
    pub first: SignedDuration,
    /// Between two messages of one group.
    pub between: SignedDuration,
    /// Until what has not changed is told again, rounded up to a multiple of
    /// `between`.
    pub repeat: SignedDuration,
}

impl Default for Waits {
    fn default() -> Self {
        Self {
            first: SignedDuration::from_secs(30),
            between: SignedDuration::from_mins(5),
            repeat: SignedDuration::from_hours(4),
        }
    }
}

/// What becomes of a message that is offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Offered {
    /// It must not wait: send it by itself. It stands for these messages,
    /// which waited and are settled.
    Now(Vec<NoticeId>),
    /// It travels with others.
    Waits {
        /// When.
        until: Timestamp,
    },
    /// There is nothing left to tell. These messages are settled.
    Dropped(Vec<NoticeId>),
}

/// The messages that wait, and what was told before.
#[derive(Clone, Debug, Default)]
pub struct Groups {
    waits: Waits,
    groups: BTreeMap<Key, Group>,
    waiting: usize,
}

impl Groups {
    /// Nothing waits yet.
    pub fn new(waits: Waits) -> Self {
        Self { waits, ..Self::default() }
    }

    /// Offers a message.
    pub fn offer(&mut self, key: Key, item: Item, now: Timestamp) -> Offered {
        if item.severity >= Severity::High || self.waiting >= MOST_WAITING {
            return self.let_pass(&key, item.about);
        }
        let group = self.groups.entry(key).or_default();
        let before = group.waiting.len();
        let dropped = group.take(item, now);
        self.waiting = self.waiting.saturating_sub(before) + group.waiting.len();
        match (dropped, group.due(&self.waits)) {
            (None, Some(until)) => Offered::Waits { until },
            (dropped, _) => {
                self.tidy(Some(now));
                Offered::Dropped(dropped.unwrap_or_default())
            }
        }
    }

    /// An alert is not to be told of any more, for now: somebody has taken it
    /// on, it is suppressed, or it went to somebody else. Gives the messages
    /// that are settled by that.
    pub fn withdraw(&mut self, alert: AlertId) -> Vec<NoticeId> {
        let mut settled = Vec::new();
        for group in self.groups.values_mut() {
            settled.extend(group.withdraw(Matter::Alert(alert)));
        }
        self.tidy(None);
        settled
    }

    /// What must go out by now.
    pub fn due(&mut self, now: Timestamp) -> Vec<Digest> {
        let mut digests: BTreeMap<(Tenant, Target, String), Digest> = BTreeMap::new();
        for (key, group) in &mut self.groups {
            if group.deadline(&self.waits).is_none_or(|it| it > now) {
                continue;
            }
            let recipient = (key.tenant.clone(), key.to.clone(), key.channel.clone());
            let digest = digests.entry(recipient).or_insert_with(|| Digest::empty(key, now));
            group.move_to(digest, key, now);
        }
        self.tidy(Some(now));
        digests.into_values().collect()
    }

    /// When something is due next, if ever.
    pub fn deadline(&self) -> Option<Timestamp> {
        self.groups.values().filter_map(|it| it.deadline(&self.waits)).min()
    }

    /// What goes by itself stands for whatever waited of the same matter.
    fn let_pass(&mut self, key: &Key, about: Matter) -> Offered {
        let settled = self.groups.get_mut(key).map_or_else(Vec::new, |it| it.withdraw(about));
        self.tidy(None);
        Offered::Now(settled)
    }

    /// Forgets groups that have nothing to say and nothing to wait for.
    fn tidy(&mut self, now: Option<Timestamp>) {
        let between = self.waits.between;
        self.groups.retain(|_, it| !it.is_spent(between, now));
        self.waiting = self.groups.values().map(|it| it.waiting.len()).sum();
    }
}
