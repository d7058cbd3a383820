//! Forgetting.
//!
//! What is old is looked for beside the writer, and forgotten by it, in small
//! pieces between other work. Feed and audit entries never change, and sealed
//! history is joined only behind the horizon, which is written first: nothing
//! can happen to what is found in between. What is left in a file that goes can
//! be joined meanwhile, and is looked for once more by the writer.

use jiff::Timestamp;
use remit_collector_domain::{
    audit::{Chains, Sealed},
    effect::FeedEvent,
};

use crate::{
    adapters::{
        sled::{
            SledStore,
            keys::Key,
            log::{LogReader, Worn},
            queue::Work,
            record::{Cold, decode},
            state::{LoadError, checked},
        },
        tables::Operation,
    },
    ports::store::{Horizon, Store as _, StoreError, sha256},
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
        self.sum_up(horizon).await?;
        self.clear_out().await?;
        let look = move |it: &LogReader| {
            old_entries(it, b'f', |it: &FeedEvent| it.entry.at < horizon.feed)
        };
        self.forget_trail(horizon.audit).await?;
        for piece in self.on_disk("look for what is old", look).await?.chunks(PIECE) {
            self.ask(Work::Erase(piece.to_vec())).await?;
        }
        Ok(())
    }

    /// Removes files of history of which hardly anything is kept any more.
    async fn clear_out(&self) -> Result<(), StoreError> {
        let mut after = 0;
        loop {
            let look = move |it: &LogReader| Ok(it.worn(after)?);
            let found = self.on_disk("look for files that can go", look).await?;
            let Some(Worn { number, keys }) = found else { return Ok(()) };
            for piece in keys.chunks(PIECE) {
                self.ask(Work::Refile(piece.to_vec())).await?;
            }
            self.on_disk("remove a file", move |it| Ok(it.discard(number)?)).await?;
            after = number;
        }
    }

    /// Forgets the oldest of the audit trail, and leaves where the rest begins.
    /// What does not verify is left for people to look at.
    async fn forget_trail(&self, horizon: Timestamp) -> Result<(), StoreError> {
        loop {
            let (mut begin, _) = self.audit_span().await?;
            let old = self.audit(begin.whole.seq, PIECE).await?;
            let old: Vec<_> = old.into_iter().filter(|it| it.1.entry.at < horizon).collect();
            let before = begin.clone();
            // In order: an entry that is younger than those after it, which a
            // clock that was set back leaves, waits with them.
            for (position, sealed) in &old {
                if *position != begin.whole.seq + 1 || !follows(&mut begin, sealed) {
                    break;
                }
            }
            if begin == before {
                return Ok(());
            }
            self.ask(Work::Store(Operation::ForgetAudit(begin))).await?;
        }
    }
}

fn follows(begin: &mut Chains, sealed: &Sealed) -> bool {
    match begin.follow(sealed, sha256) {
        Ok(()) => true,
        Err(broken) => {
            tracing::error!(%broken, "the audit trail is broken, and is not forgotten");
            false
        }
    }
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
