//! Forgetting.
//!
//! What is old is looked for beside the writer, and forgotten by it, in small
//! pieces between other work. Sealed history, feed and audit entries never
//! change, so nothing can happen to them in between.

use jiff::Timestamp;
use remit_collector_domain::effect::{AuditEntry, FeedEvent};
use remit_shared::EndpointId;

use crate::{
    adapters::{
        points::in_milliseconds,
        sled::{
            SledStore,
            keys::Key,
            log::LogReader,
            record::{Cold, decode},
            state::{LoadError, checked},
            writer::Work,
        },
        tables::Operation,
    },
    ports::store::{Horizon, StoreError},
};

/// How much is forgotten at once; sled's readers wait meanwhile.
const PIECE: usize = 100;

impl SledStore {
    /// Forgets what is older than the horizon.
    pub(super) async fn forget(&self, horizon: Horizon) -> Result<(), StoreError> {
        let alerts = self.shared.read().tables.forgettable(horizon.alerts);
        for piece in alerts.chunks(PIECE) {
            self.ask(Work::Store(Operation::Forget(piece.to_vec()))).await?;
        }
        self.ask(Work::Store(Operation::ForgetHistory(horizon.history))).await?;
        let endpoints: Vec<EndpointId> = self.shared.read().tails.keys().copied().collect();
        let look = move |it: &LogReader| old(it, &endpoints, horizon);
        for piece in self.on_disk("look for what is old", look).await?.chunks(PIECE) {
            self.ask(Work::Erase(piece.to_vec())).await?;
        }
        Ok(())
    }
}

fn old(
    reader: &LogReader,
    endpoints: &[EndpointId],
    horizon: Horizon,
) -> Result<Vec<Key>, LoadError> {
    let mut old = old_history(reader, endpoints, horizon.history)?;
    old.extend(old_entries(reader, b'f', |it: &FeedEvent| it.entry.at < horizon.feed)?);
    old.extend(old_entries(reader, b'd', |it: &AuditEntry| it.at < horizon.audit)?);
    Ok(old)
}

fn old_entries<T: Cold>(
    reader: &LogReader,
    kind: u8,
    is_old: impl Fn(&T) -> bool,
) -> Result<Vec<Key>, LoadError> {
    let mut old = Vec::new();
    for found in reader.scan(kind) {
        let (key, (value, _)) = found?;
        let key = Key::from_bytes(&key)?;
        if !is_old(&checked(&key, decode(&value))?) {
            break;
        }
        old.push(key);
    }
    Ok(old)
}

/// The newest piece that begins before the horizon says what held then: it
/// stays, and reads begin at the horizon.
fn old_history(
    reader: &LogReader,
    endpoints: &[EndpointId],
    horizon: Timestamp,
) -> Result<Vec<Key>, LoadError> {
    let horizon = in_milliseconds(horizon);
    let mut old = Vec::new();
    for endpoint in endpoints {
        let key = |start, revision| Key::History { endpoint: *endpoint, start, revision };
        let before = reader.range(&key(i64::MIN, 0), &key(horizon, u64::MAX));
        for found in before.rev().skip(1) {
            old.push(Key::from_bytes(&found?.0)?);
        }
    }
    Ok(old)
}
