//! Writes answers to the spool as they come.
//!
//! Whoever has answers sends them as one list per record; the answers of a
//! list belong to one stream. What has piled up by the time the disk is ready
//! goes into one durable write.

use jiff::Timestamp;
use remit_agent_domain::{spool::Marks, thin::Thinner};
use remit_shared::{Answer, Clock};
use tokio::sync::{mpsc, watch};

use crate::{
    spool::{Draft, Spool, SpoolError, handle::SpoolHandle},
    telemetry::RecordsLost,
};

/// The most records of one durable write.
const BATCH: usize = 256;

/// Writes until the last sender is gone, and tells the newest numbers each
/// time. Ends early only if the spool fails for good.
pub async fn record<S: Spool>(
    spool: SpoolHandle<S>,
    mut answers: mpsc::Receiver<Vec<Answer>>,
    spooled: watch::Sender<Marks>,
    clock: impl Clock,
) -> Result<(), SpoolError> {
    let mut thinner = Thinner::default();
    let mut batch = Vec::new();
    while answers.recv_many(&mut batch, BATCH).await > 0 {
        let now = clock.now();
        let news = batch.drain(..).map(|mut answers: Vec<Answer>| {
            answers.retain(|it| thinner.keeps(it));
            answers
        });
        let drafts: Vec<_> = news.filter_map(|it| draft(it, now)).collect();
        append(&spool, drafts, now, &spooled).await?;
    }
    Ok(())
}

/// Writes these, and tells the newest numbers.
pub async fn append<S: Spool>(
    spool: &SpoolHandle<S>,
    drafts: Vec<Draft>,
    now: Timestamp,
    spooled: &watch::Sender<Marks>,
) -> Result<(), SpoolError> {
    let done = spool.with(move |it| {
        it.expire(now)?;
        let done = it.append(&drafts);
        match done {
            Err(err) if !err.is_fatal() => Ok((Some(err), it.state().last)),
            done => done.map(|()| (None, it.state().last)),
        }
    });
    let (lost, last) = done.await?;
    if let Some(err) = lost {
        RecordsLost { err: &err }.emit();
    }
    spooled.send_replace(last);
    Ok(())
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
