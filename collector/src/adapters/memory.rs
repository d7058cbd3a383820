//! A store that lives as long as its process. For tests, and for trying
//! things out: what is forgotten is not shown, but it stays in memory.

use std::{
    collections::BTreeMap,
    sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use jiff::{SignedDuration, Timestamp};
use remit_collector_domain::{
    alert::Alert,
    audit::{Chains, Sealed},
    effect::{AuditEntry, EffectKey, FeedEvent, RecordKey},
    endpoint::{Endpoint, Frame},
    rollup::{Rollups, Span, Step, spans},
    storeroom::Room,
};
use remit_shared::{AlertId, EndpointId, Series};

use crate::{
    adapters::{
        points::{Points, between, from_milliseconds, in_milliseconds, index, summed},
        tables::{Change, Operation, Overlay, Tables},
    },
    ports::store::{Commit, Horizon, Owed, Point, Record, Store, StoreError, Stored, Summed},
};

/// Keeps everything in memory.
#[derive(Debug, Default)]
pub struct MemoryStore {
    inner: RwLock<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    tables: Tables,
    history: BTreeMap<EndpointId, Vec<Frame>>,
    /// Days from before this time are forgotten.
    hours_since: Option<Timestamp>,
}

impl Inner {
    fn write(&mut self, operation: Operation) -> Result<u64, StoreError> {
        let mut overlay = Overlay::default();
        let revision = self.tables.stage(&mut overlay, operation)?;
        for change in overlay.changes {
            if let Change::Put { key: RecordKey::Endpoint(id), frames, .. } = &change {
                self.history.entry(*id).or_default().extend(frames.iter().map(rounded));
            }
            self.tables.apply(change);
        }
        Ok(revision)
    }
}

fn rounded(frame: &Frame) -> Frame {
    Frame { at: from_milliseconds(in_milliseconds(frame.at)), changed: frame.changed.clone() }
}

impl MemoryStore {
    fn read(&self) -> RwLockReadGuard<'_, Inner> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Inner> {
        self.inner.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    async fn load<R: Record>(&self, key: &R::Key) -> Result<Option<Stored<R>>, StoreError> {
        Ok(self.read().tables.load(key))
    }

    async fn all<R: Record>(&self) -> Result<Vec<Stored<R>>, StoreError> {
        Ok(self.read().tables.all())
    }

    async fn endpoints_named(&self, hostname: &str) -> Result<Vec<Stored<Endpoint>>, StoreError> {
        Ok(self.read().tables.endpoints_named(hostname))
    }

    async fn newest_alert(
        &self,
        endpoint: EndpointId,
        check: &str,
        instance: &str,
    ) -> Result<Option<Stored<Alert>>, StoreError> {
        Ok(self.read().tables.newest_alert(endpoint, check, instance))
    }

    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<AlertId>, StoreError> {
        Ok(self.read().tables.due(now, limit))
    }

    async fn commit<R: Record>(&self, commit: Commit<R>) -> Result<u64, StoreError> {
        self.write().write(Operation::commit(commit))
    }

    async fn owed(&self, after: u64, limit: usize) -> Result<Vec<(u64, Owed)>, StoreError> {
        Ok(self.read().tables.owed(after, limit))
    }

    async fn settle(&self, effects: Vec<EffectKey>) -> Result<(), StoreError> {
        self.write().write(Operation::Settle(effects)).map(|_| ())
    }

    async fn feed(&self, after: u64, limit: usize) -> Result<Vec<(u64, FeedEvent)>, StoreError> {
        Ok(self.read().tables.feed.after(after, limit).unwrap_or_default())
    }

    async fn feed_end(&self) -> Result<u64, StoreError> {
        Ok(self.read().tables.feed.end())
    }

    async fn audit(&self, after: u64, limit: usize) -> Result<Vec<(u64, Sealed)>, StoreError> {
        Ok(self.read().tables.audit.after(after, limit).unwrap_or_default())
    }

    async fn audit_span(&self) -> Result<(Chains, Chains), StoreError> {
        let inner = self.read();
        Ok((inner.tables.audit_begin.clone(), inner.tables.audit_end.clone()))
    }

    async fn note_denied(&self, entry: AuditEntry) -> Result<(), StoreError> {
        self.write().write(Operation::Denied(Box::new(entry))).map(|_| ())
    }

    async fn history(
        &self,
        endpoint: EndpointId,
        series: &Series,
        from: Timestamp,
        to: Timestamp,
        limit: usize,
    ) -> Result<Vec<Point>, StoreError> {
        let inner = self.read();
        let known = inner.tables.load::<Endpoint>(&endpoint);
        let Some(index) = known.and_then(|it| index(&it.record.layout, series)) else {
            return Ok(Vec::new());
        };
        let mut points = Points::between(from.max(inner.tables.history_since), to, limit);
        for frame in inner.history.get(&endpoint).into_iter().flatten() {
            for (_, value) in frame.changed.iter().filter(|it| it.0 as usize == index) {
                points.push(frame.at, *value);
            }
        }
        Ok(points.finish())
    }

    async fn rollups(
        &self,
        endpoint: EndpointId,
        series: &[Series],
        from: Timestamp,
        to: Timestamp,
        step: Step,
    ) -> Result<Vec<Vec<Summed>>, StoreError> {
        let inner = self.read();
        let known = inner.tables.load::<Endpoint>(&endpoint);
        let number = |it: &Series| known.as_ref().and_then(|of| index(&of.record.layout, it));
        let numbers: Vec<_> = series.iter().map(number).collect();
        let frames = inner.history.get(&endpoint).into_iter().flatten();
        let mut rows: Vec<_> = frames.map(|it| (it.at, it.changed.as_slice())).collect();
        rows.sort_by_key(|it| it.0);
        let mut rollups = Rollups::default();
        rollups.gather(rows, to, step, |it| numbers.contains(&Some(it as usize)));
        let since = match step {
            Step::FiveMinutes => Some(inner.tables.history_since),
            Step::Hour | Step::Day => inner.hours_since.map(|it| Step::Day.begin(it)),
        };
        let begin = step.begin(from).max(since.unwrap_or(Timestamp::MIN));
        rollups.0.retain(|(_, at), _| begin <= *at && *at <= to);
        Ok(summed(&rollups, &numbers))
    }

    async fn heard(
        &self,
        endpoint: EndpointId,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Span>, StoreError> {
        let inner = self.read();
        let frames = inner.history.get(&endpoint).into_iter().flatten();
        let mut times: Vec<_> = frames.map(|it| it.at).collect();
        times.sort_unstable();
        Ok(between(spans(times, to), from.max(inner.tables.history_since), to))
    }

    async fn history_since(&self) -> Result<Timestamp, StoreError> {
        Ok(self.read().tables.history_since)
    }

    async fn prune(&self, horizon: Horizon) -> Result<(), StoreError> {
        let mut inner = self.write();
        inner.write(Operation::ForgetHistory(horizon.history))?;
        inner.hours_since = inner.hours_since.max(Some(horizon.hours));
        inner.tables.feed.forget(|it| it.entry.at < horizon.feed);
        let mut begin = inner.tables.audit_begin.clone();
        let trail = inner.tables.audit.after(begin.whole.seq, usize::MAX).unwrap_or_default();
        let old = trail.iter().take_while(|it| it.1.entry.at < horizon.audit);
        old.for_each(|it| begin.reach(&it.1));
        inner.write(Operation::ForgetAudit(begin))?;
        let old = inner.tables.forgettable(horizon.alerts);
        inner.write(Operation::Forget(old)).map(|_| ())
    }

    fn room(&self) -> Option<Room> {
        None
    }

    async fn listened(&self) -> Result<SignedDuration, StoreError> {
        Ok(self.read().tables.listened)
    }

    async fn note_listened(&self, listened: SignedDuration) -> Result<(), StoreError> {
        self.write().write(Operation::Listened(listened)).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::store::conformance;

    #[tokio::test]
    async fn conforms() {
        conformance::check(async || MemoryStore::default()).await;
    }
}
