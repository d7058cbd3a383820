//! What a session lets its caller do now.

use remit_shared::Stream;

use crate::{
    session::{Phase, Policy, Session},
    spool::Marks,
};

/// So many records are looked through for the newest that each probe measured.
const LOOKED_THROUGH: u64 = 64;

/// The numbers to go on after, if another report may be sent now.
pub fn room(policy: &Policy, session: &Session) -> Option<Marks> {
    match &session.phase {
        Phase::Reporting(it) => {
            let bytes: u64 = it.in_flight.iter().map(|(_, _, bytes)| bytes).sum();
            let free = bytes < policy.window_bytes && it.in_flight.len() < policy.window_reports;
            free.then_some(it.cursor)
        }
        Phase::Resting { .. }
        | Phase::Opening { .. }
        | Phase::Keeping { .. }
        | Phase::Renumbering
        | Phase::Over => None,
    }
}

/// The measurement after which to look for what to tell ahead of its turn, if
/// anything should be told so now. `held` are the newest numbers in the spool.
pub fn ahead(policy: &Policy, session: &Session, held: Marks) -> Option<u64> {
    let Phase::Reporting(it) = &session.phase else { return None };
    if it.preview_waits || it.leaving.is_some() {
        return None;
    }
    let waits = |stream| held.of(stream).saturating_sub(it.cursor.of(stream));
    let is_backlog = waits(Stream::Events).saturating_add(waits(Stream::Metrics)) > policy.backlog;
    let known = it.previewed?.max(it.cursor.metrics);
    (is_backlog && held.metrics > known)
        .then(|| known.max(held.metrics.saturating_sub(LOOKED_THROUGH)))
}

/// Whether the collector has acknowledged all that was sent, and the agent
/// waits for no more than that.
pub fn may_leave(session: &Session) -> bool {
    match &session.phase {
        Phase::Reporting(it) => it.leaving.is_some() && it.in_flight.is_empty(),
        Phase::Over => true,
        Phase::Resting { .. }
        | Phase::Opening { .. }
        | Phase::Keeping { .. }
        | Phase::Renumbering => false,
    }
}
