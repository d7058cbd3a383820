//! What a human may ask of the clocks, and when the answer is no.

use jiff::{SignedDuration, Timestamp};
use remit_shared::{ChangeId, WordError};

use crate::{
    calendar::Segment,
    sla::{Clocks, Fact, PauseReason, Terms, clocks::whole},
};

/// A pause that begins so little ago begins now: it was asked for then.
const JUST_NOW: SignedDuration = SignedDuration::from_mins(1);

/// Somebody wants to stop the clocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PauseRequest {
    /// What for.
    pub reason: PauseReason,
    /// Who.
    pub by: String,
    /// Why, in words.
    pub note: String,
    /// Since when, if not from now on.
    pub from: Option<Timestamp>,
    /// Until when at most.
    pub until: Option<Timestamp>,
    /// The change that both parties approved, for a time that has passed.
    pub approval: Option<ChangeId>,
}

/// Why the clocks are not stopped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PauseRefusal {
    /// There is nothing to stop.
    #[error("the clocks have stopped: the alert is over")]
    Over,
    /// They are stopped already.
    #[error("the clocks are already stopped, {reason}, until {until}")]
    AlreadyPaused {
        /// What for.
        reason: PauseReason,
        /// Until when.
        until: Timestamp,
    },
    /// The parties did not agree on it.
    #[error("the agreement does not stop the clocks for this")]
    Reason(#[source] WordError),
    /// The reason must be written down.
    #[error("a pause needs a note that says why")]
    NoteNeeded,
    /// Time that has passed belongs to both parties.
    #[error("a pause from {0} on, which has passed, needs a change that both parties approved")]
    Retroactive(Timestamp),
    /// It would end before it begins.
    #[error("a pause until {0} would end before it begins")]
    Backwards(Timestamp),
    /// The ledger no longer says how that time was spent, or never did.
    #[error("the ledger begins at {0}: what was before cannot be paused")]
    TooEarly(Timestamp),
}

/// Stops the clocks, or says that they should have been stopped.
pub fn pause(
    terms: &Terms,
    clocks: &Clocks,
    request: PauseRequest,
    now: Timestamp,
) -> Result<Fact, PauseRefusal> {
    let PauseRequest { reason, by, note, from, until, approval } = request;
    let allowed = &terms.agreement.pause_reasons;
    if !allowed.contains(&reason) {
        let known: Vec<&str> = allowed.iter().map(|it| it.as_str()).collect();
        let got = reason.as_str().to_owned();
        let kind = "pause reason of the agreement";
        return Err(PauseRefusal::Reason(WordError { kind, got, known: known.join(", ") }));
    }
    if note.trim().is_empty() {
        return Err(PauseRefusal::NoteNeeded);
    }
    if let Some(until) = until.filter(|it| *it <= from.unwrap_or(now)) {
        return Err(PauseRefusal::Backwards(until));
    }
    match from.filter(|it| now.duration_since(*it) > JUST_NOW) {
        Some(from) => {
            let approval = approval.ok_or(PauseRefusal::Retroactive(from))?;
            let known = clocks.earlier.as_ref().map_or(clocks.opened_at, |it| it.to);
            if from < known {
                return Err(PauseRefusal::TooEarly(known));
            }
            let during = Segment { from: whole(from), to: whole(until.unwrap_or(now).min(now)) };
            Ok(Fact::PausedBefore { during, reason, by, approval })
        }
        None if clocks.is_over => Err(PauseRefusal::Over),
        None => match &clocks.pause {
            Some(it) => Err(PauseRefusal::AlreadyPaused { reason: it.reason, until: it.until }),
            None => Ok(Fact::Paused { reason, by, until }),
        },
    }
}
