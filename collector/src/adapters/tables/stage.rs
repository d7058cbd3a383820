//! From what was asked to what must be written.

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use remit_collector_domain::{
    audit::{Chains, Sealed},
    effect::{AuditEntry, Effect, EffectKey, FeedEvent, RecordKey},
    endpoint::Frame,
};
use remit_shared::AlertId;

use crate::{
    adapters::tables::{Row, Tables},
    ports::store::{AnyRecord, Commit, Owed, Record, StoreError, sha256},
};

/// What a caller wants written.
#[derive(Debug)]
pub(crate) enum Operation {
    /// Replace a record.
    Commit {
        /// Its key.
        key: RecordKey,
        /// Its next value.
        record: AnyRecord,
        /// The revision it must have.
        expected: u64,
        /// What it comes to owe.
        owes: Vec<Effect>,
        /// What it performs.
        settles: Vec<EffectKey>,
        /// History that goes with it.
        frames: Vec<Frame>,
        /// Whether it tells of what is long over.
        late: bool,
    },
    /// Forget effects.
    Settle(Vec<EffectKey>),
    /// Move effects into the feed or the audit trail: those that an earlier
    /// version left owed.
    Publish(Vec<EffectKey>),
    /// Write down what somebody was not allowed to do.
    Denied(Box<AuditEntry>),
    /// Forget the audit trail up to here.
    ForgetAudit(Chains),
    /// Forget alerts.
    Forget(Vec<AlertId>),
    /// Forget history from before a time.
    ForgetHistory(Timestamp),
    /// Note the listening time.
    Listened(SignedDuration),
}

impl Operation {
    /// A commit, without its type.
    pub(crate) fn commit<R: Record>(commit: Commit<R>) -> Self {
        let Commit { record, expected, owes, settles, frames, late } = commit;
        let key = R::record_key(&record.key());
        let record = R::wrap(record);
        Self::Commit { key, record, expected, owes, settles, frames, late }
    }
}

/// One thing that is written.
#[derive(Debug)]
pub(crate) enum Change {
    /// A record has a new value.
    Put {
        /// Its key.
        key: RecordKey,
        /// The value.
        record: AnyRecord,
        /// Its revision.
        revision: u64,
        /// The value before.
        before: Option<AnyRecord>,
        /// History that goes with it.
        frames: Vec<Frame>,
    },
    /// An effect is owed.
    Owe(u64, Owed),
    /// An effect is owed no more.
    Settle(u64),
    /// The feed has a new entry.
    Feed(u64, FeedEvent),
    /// The audit trail has a new entry.
    Audit(Box<Sealed>),
    /// It begins here, and not after this position any more.
    ForgetAudit(u64, Chains),
    /// A record is gone.
    Forget(RecordKey),
    /// There is no history from before this time.
    ForgetHistory(Timestamp),
    /// The collector has been listening for so long.
    Listened(SignedDuration),
}

/// What is decided and not yet visible.
#[derive(Debug, Default)]
pub(crate) struct Overlay {
    rows: HashMap<RecordKey, Option<Row>>,
    settled: HashSet<u64>,
    orders: u64,
    fed: u64,
    audited: Option<Chains>,
    /// What must be written, in order.
    pub(crate) changes: Vec<Change>,
}

impl Tables {
    /// Decides what an operation writes. Gives the new revision of a commit,
    /// and 0 for everything else.
    pub(crate) fn stage(
        &self,
        overlay: &mut Overlay,
        operation: Operation,
    ) -> Result<u64, StoreError> {
        match operation {
            Operation::Commit { key, record, expected, owes, settles, frames, .. } => {
                let before = self.current(overlay, &key);
                if before.map_or(0, |it| it.1) != expected {
                    return Err(StoreError::Conflict { record: key, expected });
                }
                let before = before.map(|it| it.0.clone());
                let revision = expected + 1;
                overlay.rows.insert(key.clone(), Some((record.clone(), revision)));
                let put = Change::Put { key: key.clone(), record, revision, before, frames };
                overlay.changes.push(put);
                for (position, effect) in (0..).zip(owes) {
                    let key = EffectKey { record: key.clone(), revision, position };
                    self.owe(overlay, Owed { key, effect });
                }
                self.settle(overlay, &settles);
                return Ok(revision);
            }
            Operation::Settle(effects) => self.settle(overlay, &effects),
            Operation::Publish(effects) => {
                for effect in effects {
                    self.publish(overlay, &effect);
                }
            }
            Operation::Forget(alerts) => {
                for alert in alerts {
                    let key = RecordKey::Alert(alert);
                    // Committed in this very moment: it is not old any more.
                    if !overlay.rows.contains_key(&key) && self.rows.get(&key).is_some() {
                        overlay.rows.insert(key.clone(), None);
                        overlay.changes.push(Change::Forget(key));
                    }
                }
            }
            Operation::Denied(entry) => self.seal(overlay, *entry, true),
            Operation::ForgetAudit(begin) => {
                let before = self.audit_begin.whole.seq;
                if before < begin.whole.seq && begin.whole.seq <= self.audit_end.whole.seq {
                    overlay.changes.push(Change::ForgetAudit(before, begin));
                }
            }
            Operation::ForgetHistory(time) if time <= self.history_since => {}
            Operation::ForgetHistory(time) => overlay.changes.push(Change::ForgetHistory(time)),
            Operation::Listened(listened) => overlay.changes.push(Change::Listened(listened)),
        }
        Ok(0)
    }

    /// What is for the feed or the audit trail is there at once; the rest is
    /// owed.
    fn owe(&self, overlay: &mut Overlay, owed: Owed) {
        match owed.effect {
            Effect::Publish(event) => self.feed(overlay, *event),
            Effect::Audit(entry) => self.seal(overlay, entry, false),
            Effect::Signal(_)
            | Effect::Admit(_)
            | Effect::Notify(_)
            | Effect::Tell(_)
            | Effect::CaughtUp(_) => {
                overlay.orders += 1;
                overlay.changes.push(Change::Owe(self.newest_order + overlay.orders, owed));
            }
        }
    }

    fn settle(&self, overlay: &mut Overlay, effects: &[EffectKey]) {
        for effect in effects {
            if let Some(order) = self.still_owed(overlay, effect) {
                overlay.settle(order);
            }
        }
    }

    fn publish(&self, overlay: &mut Overlay, effect: &EffectKey) {
        let Some(order) = self.still_owed(overlay, effect) else { return };
        match &self.owed[&order].effect {
            Effect::Publish(event) => self.feed(overlay, FeedEvent::clone(event)),
            Effect::Audit(entry) => self.seal(overlay, entry.clone(), false),
            Effect::Signal(_)
            | Effect::Admit(_)
            | Effect::Notify(_)
            | Effect::Tell(_)
            | Effect::CaughtUp(_) => return,
        }
        overlay.settle(order);
    }

    /// Puts an event at the end of the feed.
    fn feed(&self, overlay: &mut Overlay, event: FeedEvent) {
        overlay.fed += 1;
        let cursor = self.feed.end() + overlay.fed;
        overlay.changes.push(Change::Feed(cursor, event));
    }

    /// Puts an entry at the end of the audit trail.
    fn seal(&self, overlay: &mut Overlay, entry: AuditEntry, denied: bool) {
        let chains = overlay.audited.get_or_insert_with(|| self.audit_end.clone());
        let sealed = chains.append(entry, denied, sha256);
        overlay.changes.push(Change::Audit(Box::new(sealed)));
    }

    /// A record as it will be once everything on its way is visible.
    pub(crate) fn current<'a>(&'a self, overlay: &'a Overlay, key: &RecordKey) -> Option<&'a Row> {
        overlay.rows.get(key).map_or_else(|| self.rows.get(key), Option::as_ref)
    }

    /// Only what is visible can be settled: nobody knows of the rest.
    fn still_owed(&self, overlay: &Overlay, effect: &EffectKey) -> Option<u64> {
        self.orders.get(effect).copied().filter(|it| !overlay.settled.contains(it))
    }
}

impl Overlay {
    /// Where the audit trail will end, if it grows.
    pub(crate) fn audit_end(&self) -> Option<&Chains> {
        self.audited.as_ref()
    }

    fn settle(&mut self, order: u64) {
        self.settled.insert(order);
        self.changes.push(Change::Settle(order));
    }
}
