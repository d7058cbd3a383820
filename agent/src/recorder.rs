//! Writes answers to the spool as they come.
//!
//! Whoever has answers sends them as one list per record; the answers of a
//! list belong to one stream. What has piled up by the time the disk is ready
//! goes into one durable write. Whoever must know that it is durable sends a
//! [`Delivery`] and is told.

use jiff::Timestamp;
use remit_agent_domain::{spool::Marks, thin::Thinner};
use remit_shared::{Answer, Clock};
use tokio::sync::{mpsc, watch};

use crate::{
    inbox::Delivery,
    spool::{Draft, Spool, SpoolError, handle::SpoolHandle},
    telemetry::RecordsLost,
};

/// The most records of one durable write.
const BATCH: usize = 256;

/// Where answers come from.
#[derive(Debug)]
pub struct Inlets {
    /// From the probes.
    pub answers: mpsc::Receiver<Vec<Answer>>,
    /// From those who wait until they are stored.
    pub deliveries: mpsc::Receiver<Delivery>,
}

/// Writes until the last sender is gone, and tells the newest numbers each
/// time. Ends early only if the spool fails for good.
pub async fn record<S: Spool>(
    spool: SpoolHandle<S>,
    inlets: Inlets,
    spooled: watch::Sender<Marks>,
    clock: impl Clock,
) -> Result<(), SpoolError> {
    let Inlets { mut answers, mut deliveries } = inlets;
    let mut thinner = Thinner::default();
    let (mut lists, mut letters) = (Vec::<Vec<Answer>>::new(), Vec::new());
    loop {
        // A closed inlet gives 0, and then only the other one counts.
        let more = tokio::select! {
            count = answers.recv_many(&mut lists, BATCH), if !answers.is_closed() || !answers.is_empty() => count,
            count = deliveries.recv_many(&mut letters, BATCH), if !deliveries.is_closed() || !deliveries.is_empty() => count,
            else => return Ok(()),
        };
        if more == 0 {
            continue;
        }
        let now = clock.now();
        for answers in &mut lists {
            answers.retain(|it| thinner.keeps(it));
        }
        let mut receipts = Vec::new();
        for Delivery { answers, stored } in letters.drain(..) {
            lists.push(answers);
            receipts.push(stored);
        }
        let drafts: Vec<_> = lists.drain(..).filter_map(|it| draft(it, now)).collect();
        if append(&spool, drafts, now, &spooled).await? {
            for receipt in receipts {
                // Whoever has stopped waiting will send it again; nobody minds.
                let _ = receipt.send(());
            }
        }
    }
}

/// Writes these, and tells the newest numbers. Gives whether the disk took
/// them.
pub async fn append<S: Spool>(
    spool: &SpoolHandle<S>,
    drafts: Vec<Draft>,
    now: Timestamp,
    spooled: &watch::Sender<Marks>,
) -> Result<bool, SpoolError> {
    let done = spool.with(move |it| {
        it.expire(now)?;
        let done = it.append(&drafts);
        match done {
            Err(err) if !err.is_fatal() => Ok((Some(err), it.state().last)),
            done => done.map(|()| (None, it.state().last)),
        }
    });
    let (lost, last) = done.await?;
    spooled.send_replace(last);
    match lost {
        Some(err) => {
            RecordsLost { err: &err }.emit();
            Ok(false)
        }
        None => Ok(true),
    }
}

/// A list of answers as a record of this moment. What was measured at one time
/// is written with that time, which is how it travels best.
pub fn draft(answers: Vec<Answer>, now: Timestamp) -> Option<Draft> {
    let first = answers.first()?;
    let stream = first.stream();
    let same = answers.iter().all(|it| it.observed_at == first.observed_at);
    let at = if same { first.observed_at } else { now };
    Some(Draft { at, stream, answers })
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use remit_agent_domain::spool::Limits;
    use remit_runtime::clock::SystemClock;
    use remit_shared::Stream;
    use tokio::sync::oneshot;

    use super::*;
    use crate::spool::{
        conformance::{all, draft as a_draft},
        memory::{Medium, MemorySpool},
    };

    const LIMITS: Limits = Limits { max_bytes: 1 << 20, max_age: SignedDuration::MAX };

    #[tokio::test]
    async fn a_letter_is_receipted_once_it_is_stored_and_the_end_comes_with_the_last_sender() {
        let medium = Medium::new(LIMITS, 1);
        let spool = SpoolHandle::new(MemorySpool::open(&medium));
        let (probes, answers) = mpsc::channel(4);
        let (letters, deliveries) = mpsc::channel(4);
        let (spooled, mut seen) = watch::channel(Marks::default());
        let inlets = Inlets { answers, deliveries };
        let (stored, receipt) = oneshot::channel();
        let work = async {
            probes.send(a_draft(Stream::Metrics, 1).answers).await.unwrap();
            let answers = a_draft(Stream::Events, 2).answers;
            letters.send(Delivery { answers, stored }).await.unwrap();
            receipt.await.unwrap();
            drop((probes, letters));
        };
        let (recorded, ()) = tokio::join!(record(spool, inlets, spooled, SystemClock), work);
        recorded.unwrap();
        let lines = all(&mut MemorySpool::open(&medium));
        assert_eq!(lines, ["events 1 @2", "metrics 1 @1"]);
        assert_eq!(*seen.borrow_and_update(), Marks { events: 1, metrics: 1 });
    }
}
