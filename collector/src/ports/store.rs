//! Where records, what they owe, and their history are kept.
//!
//! # Contract
//!
//! - [`Store::commit`] is the only way to change a record. It replaces **one**
//!   record and appends the effects it comes to owe, both or neither, and only
//!   if nobody has committed it since it was loaded (`expected` is 0 for a
//!   record that must not exist yet). Revisions count from 1.
//! - Once `commit` returns, the record and its effects survive the loss of
//!   power. An adapter may gather many commits into one durable write.
//! - An effect stays owed until it is settled, alone or by the commit that
//!   performs it. Effects of one record are owed in the order of their keys;
//!   across records in the order of commits.
//! - What a commit owes to the feed and to the audit trail is there with it, in
//!   the same write, and is not owed any more. Cursors count upwards from 1 and
//!   are never reused.
//! - The audit trail is a chain ([`audit`](remit_collector_domain::audit)): each
//!   entry is sealed as it is written, in the same write as where the chain ends
//!   then. What is forgotten of it leaves behind where the rest begins.
//! - History is kept in milliseconds and as changes: a value holds until the
//!   next point, and a series can be gone. What becomes too old for that is
//!   summed up by the hour ([`rollup`](remit_collector_domain::rollup)): every
//!   report is in the changes or in the hours, and never in both.
//! - Reads see every commit that has returned. They are served without waiting
//!   for writes.
//! - Nothing here needs two records to change together; an adapter for a
//!   distributed engine passes the same [`conformance`] suite.
//!
//! An adapter that passes [`conformance`] keeps these promises; one that does
//! not is not used.

pub mod conformance;
mod record;

use std::{error::Error, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use remit_collector_domain::{
    alert::Alert,
    audit::{Chains, Sealed},
    effect::{AuditEntry, Effect, EffectKey, FeedEvent, RecordKey},
    endpoint::{Endpoint, Frame},
    rollup::{Rollup, Span, Step},
    storeroom::Room,
};
use remit_shared::{AlertId, EndpointId, Series};
use sha2::{Digest as _, Sha256};

pub use self::record::{AnyRecord, Kind, Record};

/// Keeps everything that the collector must not forget.
pub trait Store: Send + Sync + 'static {
    /// The record as of its last commit, if there is one.
    fn load<R: Record>(
        &self,
        key: &R::Key,
    ) -> impl Future<Output = Result<Option<Stored<R>>, StoreError>> + Send;

    /// Every record of a kind, in the order of their keys.
    fn all<R: Record>(&self) -> impl Future<Output = Result<Vec<Stored<R>>, StoreError>> + Send;

    /// The endpoints with this host name, in whatever case, in the order of their
    /// ids.
    fn endpoints_named(
        &self,
        hostname: &str,
    ) -> impl Future<Output = Result<Vec<Stored<Endpoint>>, StoreError>> + Send;

    /// The newest alert about this endpoint, check and instance.
    fn newest_alert(
        &self,
        endpoint: EndpointId,
        check: &str,
        instance: &str,
    ) -> impl Future<Output = Result<Option<Stored<Alert>>, StoreError>> + Send;

    /// Alerts whose deadline is `now` or earlier, most overdue first.
    fn due(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<AlertId>, StoreError>> + Send;

    /// Replaces one record and notes what it owes. Gives the new revision.
    fn commit<R: Record>(
        &self,
        commit: Commit<R>,
    ) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// Owed effects, oldest first, each with its place: those behind the place
    /// `after`. Places count upwards from 1, and stay what they are as long as
    /// the store is open.
    fn owed(
        &self,
        after: u64,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<(u64, Owed)>, StoreError>> + Send;

    /// Forgets effects that have been performed. Unknown ones are ignored.
    fn settle(
        &self,
        effects: Vec<EffectKey>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The feed after a cursor, oldest first.
    fn feed(
        &self,
        after: u64,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<(u64, FeedEvent)>, StoreError>> + Send;

    /// The newest cursor of the feed, 0 if it is empty.
    fn feed_end(&self) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// The audit trail after a position, oldest first.
    fn audit(
        &self,
        after: u64,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<(u64, Sealed)>, StoreError>> + Send;

    /// Where the audit trail begins, after what was forgotten of it, and where
    /// it ends.
    fn audit_span(&self) -> impl Future<Output = Result<(Chains, Chains), StoreError>> + Send;

    /// Writes down what somebody was not allowed to do. Nothing else goes into
    /// the audit trail without a record that owes it.
    fn note_denied(&self, entry: AuditEntry)
    -> impl Future<Output = Result<(), StoreError>> + Send;

    /// How one series changed between two times, oldest first. The first point
    /// is what held at `from`, unless nothing was known of the series yet.
    fn history(
        &self,
        endpoint: EndpointId,
        series: &Series,
        from: Timestamp,
        to: Timestamp,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Point>, StoreError>> + Send;

    /// What series of an endpoint were like, by spans of time that begin between
    /// two times, oldest first; one list per series that was asked for. Nothing
    /// is known of spans in which nothing was heard, and nothing by less than
    /// the hour of what is older than [`Store::history_since`].
    fn rollups(
        &self,
        endpoint: EndpointId,
        series: &[Series],
        from: Timestamp,
        to: Timestamp,
        step: Step,
    ) -> impl Future<Output = Result<Vec<Vec<Summed>>, StoreError>> + Send;

    /// When an endpoint was heard between two times, oldest first.
    fn heard(
        &self,
        endpoint: EndpointId,
        from: Timestamp,
        to: Timestamp,
    ) -> impl Future<Output = Result<Vec<Span>, StoreError>> + Send;

    /// Since when history is kept as changes.
    fn history_since(&self) -> impl Future<Output = Result<Timestamp, StoreError>> + Send;

    /// Forgets what is older than the horizon. What still held then stays
    /// known, and an alert that owes something stays until it is settled.
    fn prune(&self, horizon: Horizon) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// How much room there is for more, if the store can tell.
    fn room(&self) -> Option<Room>;

    /// How long the collector has been listening in all its lives.
    fn listened(&self) -> impl Future<Output = Result<SignedDuration, StoreError>> + Send;

    /// Notes how long the collector has been listening.
    fn note_listened(
        &self,
        listened: SignedDuration,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// The hash of the audit trail.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// A record and how often it has been committed.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored<R> {
    /// The record.
    pub record: Arc<R>,
    /// How many commits led here.
    pub revision: u64,
}

/// One step, ready to be written.
#[derive(Clone, Debug)]
pub struct Commit<R> {
    /// The record's next value.
    pub record: Arc<R>,
    /// The revision that was loaded; 0 if there must be none.
    pub expected: u64,
    /// What it comes to owe, in order.
    pub owes: Vec<Effect>,
    /// What it performs: this is owed no more.
    pub settles: Vec<EffectKey>,
    /// History that becomes durable with it; endpoints only.
    pub frames: Vec<Frame>,
    /// It tells of what is long over: when there is more than can be written,
    /// whatever is not goes first.
    pub late: bool,
}

impl<R> Commit<R> {
    /// A step that owes something.
    pub fn new(record: R, expected: u64, owes: Vec<Effect>) -> Self {
        Self::of(Arc::new(record), expected, owes)
    }

    /// The same, of a value that others hold, too.
    pub fn of(record: Arc<R>, expected: u64, owes: Vec<Effect>) -> Self {
        Self { record, expected, owes, settles: Vec::new(), frames: Vec::new(), late: false }
    }

    /// The same, performing effects.
    pub fn settling(self, settles: Vec<EffectKey>) -> Self {
        Self { settles, ..self }
    }
}

/// An effect that is not settled.
#[derive(Clone, Debug, PartialEq)]
pub struct Owed {
    /// Names it.
    pub key: EffectKey,
    /// What must happen.
    pub effect: Effect,
}

/// The value of a series from a time on; `None` if the series was gone.
pub type Point = (Timestamp, Option<i64>);

/// What a series was like in the span that begins then.
pub type Summed = (Timestamp, Rollup);

/// What is older than this may be forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Horizon {
    /// History from before this time, which is summed up first.
    pub history: Timestamp,
    /// What was summed up, of days before this time.
    pub hours: Timestamp,
    /// Feed entries from before this time.
    pub feed: Timestamp,
    /// Entries of the audit trail from before this time.
    pub audit: Timestamp,
    /// Alerts that were resolved before this time.
    pub alerts: Timestamp,
}

/// Why the store did not do as told.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else committed first; load, step and commit again.
    #[error("{record} has moved past revision {expected}")]
    Conflict {
        /// The record.
        record: RecordKey,
        /// The revision that was loaded.
        expected: u64,
    },
    /// The disk is full. Nothing was written.
    #[error("{backend} has no space left to {attempt}")]
    Full {
        /// Which adapter speaks.
        backend: &'static str,
        /// What it was doing.
        attempt: &'static str,
    },
    /// The store is out of reach. Trying later may help.
    #[error("{backend} failed to {attempt}")]
    Unavailable {
        /// Which adapter speaks.
        backend: &'static str,
        /// What it was doing, as in "failed to …".
        attempt: &'static str,
        /// What went wrong below.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}
