//! The audit trail, verified as it grows.

use remit_collector_domain::audit::{Broken, Chains};

use crate::ports::store::{Store, StoreError, sha256};

/// How many entries are read at once.
const PIECE: usize = 1_000;

/// How far the trail was verified.
#[derive(Debug, Default)]
pub(super) struct Trail {
    /// Up to where; `None` before the first look.
    chains: Option<Chains>,
    /// It is broken, and stays so: what comes after proves nothing.
    broken: Option<Broken>,
}

impl Trail {
    /// Goes on, at first to the end and later by so many entries at most. What
    /// is broken once is told each time.
    pub(super) async fn follow<S: Store>(
        &mut self,
        store: &S,
        most: u64,
    ) -> Result<Result<(), Broken>, StoreError> {
        if let Some(broken) = self.broken {
            return Ok(Err(broken));
        }
        let (begin, end) = store.audit_span().await?;
        let is_first = self.chains.is_none();
        // What was forgotten meanwhile was verified by whoever forgot it.
        let known = self.chains.take().filter(|it| begin.whole.seq <= it.whole.seq);
        let mut chains = known.unwrap_or(begin);
        let last = match is_first {
            true => end.whole.seq,
            false => end.whole.seq.min(chains.whole.seq.saturating_add(most)),
        };
        while chains.whole.seq < last {
            let piece = store.audit(chains.whole.seq, PIECE).await?;
            if piece.is_empty() {
                break;
            }
            for (position, sealed) in &piece {
                let expected = chains.whole.seq + 1;
                let followed = match *position == expected {
                    true => chains.follow(sealed, sha256),
                    false => Err(Broken::Order { expected, found: *position }),
                };
                if let Err(broken) = followed {
                    self.broken = Some(broken);
                    return Ok(Err(broken));
                }
                if chains.whole.seq == end.whole.seq {
                    break;
                }
            }
        }
        let is_end = last == end.whole.seq;
        if let Err(broken) = chains.whole.ends_at(&end.whole)
            && is_end
        {
            self.broken = Some(broken);
            return Ok(Err(broken));
        }
        self.chains = Some(chains);
        Ok(Ok(()))
    }
}
