//! What a store answers from: every record in memory, with its indexes.
//!
//! A write is decided first ([`Tables::stage`]), which changes nothing and
//! yields [`Change`]s, and becomes visible later ([`Tables::apply`]), once the
//! adapter has made the changes durable. In between an [`Overlay`] remembers
//! what is on its way, so that many writes can be gathered into one.
//!
//! # Invariants
//!
//! - An index entry exists exactly as long as what it points to.
//! - Applying never fails: whatever can be refused is refused when staged.
//!
//! # Not here
//!
//! History: it is too large for memory, and each adapter keeps its own.

mod journal;
mod rows;
mod stage;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::Bound,
};

use jiff::{SignedDuration, Timestamp};
use remit_collector_domain::{
    alert::Alert,
    audit::{Chains, Sealed},
    effect::{Effect, EffectKey, FeedEvent, RecordKey},
    endpoint::Endpoint,
};
use remit_shared::{AlertId, EndpointId};

use self::rows::{AlertIndex, HostNames, Rows};
pub(crate) use self::{
    journal::Journal,
    stage::{Change, Operation, Overlay},
};
use crate::ports::store::{AnyRecord, Kind, Owed, Record, Stored};

/// A record, and how often it has been committed.
pub(crate) type Row = (AnyRecord, u64);

/// Everything but history.
#[derive(Debug)]
pub(crate) struct Tables {
    rows: Rows,
    alerts: AlertIndex,
    names: HostNames,
    /// What is owed, in the order of commits.
    owed: BTreeMap<u64, Owed>,
    orders: HashMap<EffectKey, u64>,
    /// The order of the newest effect ever owed.
    newest_order: u64,
    /// What watchers see.
    pub(crate) feed: Journal<FeedEvent>,
    /// Who did what.
    pub(crate) audit: Journal<Sealed>,
    /// Where that begins, and where it ends.
    pub(crate) audit_begin: Chains,
    pub(crate) audit_end: Chains,
    /// There is no history from before this time.
    pub(crate) history_since: Timestamp,
    /// How long the collector has been listening.
    pub(crate) listened: SignedDuration,
}

impl Default for Tables {
    fn default() -> Self {
        Self {
            rows: Rows::default(),
            alerts: AlertIndex::default(),
            names: HostNames::default(),
            owed: BTreeMap::new(),
            orders: HashMap::new(),
            newest_order: 0,
            feed: Journal::default(),
            audit: Journal::default(),
            audit_begin: Chains::default(),
            audit_end: Chains::default(),
            history_since: Timestamp::MIN,
            listened: SignedDuration::ZERO,
        }
    }
}

impl Tables {
    /// A record.
    pub(crate) fn load<R: Record>(&self, key: &R::Key) -> Option<Stored<R>> {
        self.rows.get(&R::record_key(key)).and_then(stored)
    }

    /// Every record of a kind.
    pub(crate) fn all<R: Record>(&self) -> Vec<Stored<R>> {
        self.rows.of(R::KIND).values().filter_map(stored).collect()
    }

    /// The records of a kind, as they are kept.
    pub(crate) fn rows(&self, kind: Kind) -> impl Iterator<Item = (&RecordKey, &Row)> {
        self.rows.of(kind).iter()
    }

    /// The endpoints with this host name, in whatever case.
    pub(crate) fn endpoints_named(&self, hostname: &str) -> Vec<Stored<Endpoint>> {
        self.names.of(hostname).filter_map(|it| self.load(&it)).collect()
    }

    /// The newest alert about this endpoint, check and instance.
    pub(crate) fn newest_alert(
        &self,
        endpoint: EndpointId,
        check: &str,
        instance: &str,
    ) -> Option<Stored<Alert>> {
        self.alerts.newest(endpoint, check, instance).and_then(|it| self.load(&it))
    }

    /// Alerts whose deadline is `now` or earlier, most overdue first.
    pub(crate) fn due(&self, now: Timestamp, limit: usize) -> Vec<AlertId> {
        self.alerts.due(now).take(limit).collect()
    }

    /// Owed effects behind a place, oldest first, each with its own.
    pub(crate) fn owed(&self, after: u64, limit: usize) -> Vec<(u64, Owed)> {
        let behind = (Bound::Excluded(after), Bound::Unbounded);
        let owed = self.owed.range(behind).take(limit);
        owed.map(|(order, it)| (*order, it.clone())).collect()
    }

    /// What an earlier version left owed to the feed and to the audit trail.
    pub(crate) fn unpublished(&self) -> Vec<EffectKey> {
        let is_news = |it: &&Owed| matches!(it.effect, Effect::Publish(_) | Effect::Audit(_));
        self.owed.values().filter(is_news).map(|it| it.key.clone()).collect()
    }

    /// Alerts that were resolved before a time and owe nothing.
    pub(crate) fn forgettable(&self, before: Timestamp) -> Vec<AlertId> {
        let owing: BTreeSet<&RecordKey> = self.owed.values().map(|it| &it.key.record).collect();
        let resolved = self.alerts.resolved_before(before);
        resolved.filter(|it| !owing.contains(&RecordKey::Alert(*it))).collect()
    }

    /// Makes a change visible.
    pub(crate) fn apply(&mut self, change: Change) {
        match change {
            Change::Put { key, record, revision, .. } => self.put(key, record, revision),
            Change::Owe(order, owed) => {
                self.newest_order = self.newest_order.max(order);
                self.orders.insert(owed.key.clone(), order);
                self.owed.insert(order, owed);
            }
            Change::Settle(order) => {
                if let Some(owed) = self.owed.remove(&order) {
                    self.orders.remove(&owed.key);
                }
            }
            Change::Feed(cursor, event) => self.feed.append(cursor, event),
            Change::Audit(sealed) => {
                self.audit_end.reach(&sealed);
                self.audit.append(self.audit_end.whole.seq, *sealed);
            }
            Change::ForgetAudit(_, begin) => {
                self.audit.forget_through(begin.whole.seq);
                self.audit_begin = begin;
            }
            Change::Forget(key) => match self.rows.remove(&key) {
                Some((AnyRecord::Alert(alert), _)) => self.alerts.remove(&alert),
                Some((AnyRecord::Endpoint(endpoint), _)) => self.names.remove(&endpoint),
                _ => {}
            },
            Change::ForgetHistory(time) => self.history_since = time,
            Change::Listened(listened) => self.listened = listened,
        }
    }

    fn put(&mut self, key: RecordKey, record: AnyRecord, revision: u64) {
        let new = record.clone();
        let old = self.rows.put(key, (record, revision)).map(|it| it.0);
        match (new, old) {
            (AnyRecord::Alert(new), Some(AnyRecord::Alert(old))) => self.alerts.replace(&old, &new),
            (AnyRecord::Alert(new), _) => self.alerts.insert(&new),
            (AnyRecord::Endpoint(new), Some(AnyRecord::Endpoint(old))) => {
                self.names.replace(&old, &new);
            }
            (AnyRecord::Endpoint(new), _) => self.names.insert(&new),
            _ => {}
        }
    }
}

fn stored<R: Record>((record, revision): &Row) -> Option<Stored<R>> {
    let record = R::unwrap(record.clone())?;
    Some(Stored { record, revision: *revision })
}
