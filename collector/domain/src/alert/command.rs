//! What a human may ask of an alert, and when the answer is no.
//!
//! Whether *this* human may is the authority module's question; here
//! it is whether the alert is in a state that allows it.

use jiff::{SignedDuration, Timestamp};
use remit_shared::{AlertId, KnownIssueId, Party, Severity, Team};

use crate::{
    alert::{
        Acknowledgement, Actor, Alert, Blocked, Disposed, Disposition, Event, HandOverReason,
        NoiseMark, NoiseReason, State, Trigger, climb::later, trigger,
    },
    sla::{self, PauseRequest},
};

/// The longest an acknowledgement may hold.
pub const LONGEST_HOLD: SignedDuration = SignedDuration::from_hours(24 * 7);
/// The longest note, in bytes.
pub const LONGEST_NOTE: usize = 4_000;

/// Why an alert does not allow it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is nothing left to do.
    #[error("alert {0} is already resolved")]
    AlreadyResolved(AlertId),
    /// Somebody else has it.
    #[error("alert {alert} is already acknowledged by {by} until {until}")]
    AlreadyAcknowledged {
        /// The alert.
        alert: AlertId,
        /// Who has it.
        by: String,
        /// Until when.
        until: Timestamp,
    },
    /// Nobody may hold an alert for so long.
    #[error("an acknowledgement holds for 1 minute to 7 days")]
    HoldOutOfRange,
    /// The team has it already.
    #[error("alert {alert} is already with {team}")]
    SameTeam {
        /// The alert.
        alert: AlertId,
        /// The team.
        team: Team,
    },
    /// The matrix has no such team.
    #[error("the matrix has no team `{0}`")]
    UnknownTeam(Team),
    /// Whom the matrix names for the reason has it.
    #[error(
        "alert {alert} is already with {team}, whom the matrix names for {}; `remit alert handover --to TEAM` gives it to another team",
        reason.as_str()
    )]
    AlreadyThere {
        /// The alert.
        alert: AlertId,
        /// The reason.
        reason: HandOverReason,
        /// The team.
        team: Team,
    },
    /// The matrix has no team of another party.
    #[error(
        "the matrix has no team of another party for alert {0}; `remit alert handover --to TEAM` gives it to another team"
    )]
    NoCounterpart(AlertId),
    /// The reason must be written down.
    #[error("{0} needs a note that says why")]
    NoteNeeded(&'static str),
    /// Nobody has run into a wall.
    #[error("alert {0} is not blocked")]
    NotBlocked(AlertId),
    /// The clocks run.
    #[error("the clocks of alert {0} are not stopped")]
    NotPaused(AlertId),
    /// The clocks do not stop.
    #[error(transparent)]
    Pause(#[from] sla::PauseRefusal),
    /// The note is too long.
    #[error("a note has at most {LONGEST_NOTE} bytes")]
    NoteTooLong,
}

/// Takes an alert on. Whoever has it may extend their hold.
pub fn acknowledge(
    alert: &Alert,
    by: Actor,
    hold: Option<SignedDuration>,
    note: &str,
    now: Timestamp,
) -> Result<Event, Refusal> {
    match &alert.state {
        State::Open => {}
        State::Acknowledged(ack) if ack.by.name == by.name || ack.expires_at <= now => {}
        State::Acknowledged(ack) => {
            return Err(Refusal::AlreadyAcknowledged {
                alert: alert.id,
                by: ack.by.to_string(),
                until: ack.expires_at,
            });
        }
        State::Resolved { .. } => return Err(Refusal::AlreadyResolved(alert.id)),
    }
    let hold = hold.unwrap_or_else(|| usual_hold(alert.severity));
    if hold < SignedDuration::from_mins(1) || hold > LONGEST_HOLD {
        return Err(Refusal::HoldOutOfRange);
    }
    let expires_at = now.checked_add(hold).map_err(|_| Refusal::HoldOutOfRange)?;
    let note = checked(note)?;
    Ok(Event::Acknowledged(Acknowledgement { by, at: now, expires_at, note }))
}

fn usual_hold(severity: Severity) -> SignedDuration {
    if severity == Severity::Critical {
        SignedDuration::from_mins(30)
    } else {
        SignedDuration::from_hours(4)
    }
}

/// Says that an alert is over.
pub fn resolve(alert: &Alert, by: Actor, note: &str) -> Result<Event, Refusal> {
    if !alert.is_unresolved() {
        return Err(Refusal::AlreadyResolved(alert.id));
    }
    Ok(Event::Resolved { by, note: checked(note)? })
}

/// Gives an alert to another team; `to` and its party come from the matrix.
pub fn hand_over(
    alert: &Alert,
    by: Actor,
    to: (Team, Party),
    reason: HandOverReason,
    note: &str,
) -> Result<Event, Refusal> {
    if !alert.is_unresolved() {
        return Err(Refusal::AlreadyResolved(alert.id));
    }
    let (to, party) = to;
    if to == alert.remit.responsible {
        return Err(Refusal::SameTeam { alert: alert.id, team: to });
    }
    if reason == HandOverReason::Manual && note.trim().is_empty() {
        return Err(Refusal::NoteNeeded("a hand-over without one of the named reasons"));
    }
    Ok(Event::HandedOver { by, to, party, reason, note: checked(note)? })
}

/// Says that somebody ran into a wall. Whoever the matrix names for it gets
/// the alert when its time is over: at once if they ask for it `now`, or if it
/// may be an attack.
pub fn block(
    alert: &Alert,
    by: Actor,
    reason: HandOverReason,
    at_once: bool,
    note: &str,
    triggers: &[Trigger],
    now: Timestamp,
) -> Result<Event, Refusal> {
    if !alert.is_unresolved() {
        return Err(Refusal::AlreadyResolved(alert.id));
    }
    if reason == HandOverReason::Manual && note.trim().is_empty() {
        return Err(Refusal::NoteNeeded("a wall without one of the named reasons"));
    }
    let Trigger { after, to, party, .. } = destination(alert, reason, triggers)?.clone();
    let at_once = at_once || reason == HandOverReason::SecuritySuspicion;
    let transfer_at = Some(if at_once { now } else { later(now, after) });
    let note = checked(note)?;
    Ok(Event::Blocked(Blocked { reason, by, since: now, to, party, transfer_at, note }))
}

/// Says that a wall is gone.
pub fn unblock(alert: &Alert, by: Actor, note: &str) -> Result<Event, Refusal> {
    match alert.blocked {
        Some(_) => Ok(Event::Unblocked { by, note: checked(note)? }),
        None => Err(Refusal::NotBlocked(alert.id)),
    }
}

/// Whither a reason sends an alert, if its team is not there already.
pub fn destination<'a>(
    alert: &Alert,
    reason: HandOverReason,
    triggers: &'a [Trigger],
) -> Result<&'a Trigger, Refusal> {
    let found = trigger(triggers, reason, &alert.remit.responsible);
    found.ok_or_else(|| match triggers.iter().find(|it| it.reason == reason) {
        Some(it) => Refusal::AlreadyThere { alert: alert.id, reason, team: it.to.clone() },
        None => Refusal::NoCounterpart(alert.id),
    })
}

/// Says what a shift thinks of an alert.
pub fn dispose(
    alert: &Alert,
    by: Actor,
    what: Disposition,
    known_issue: Option<KnownIssueId>,
    note: &str,
    now: Timestamp,
) -> Result<Event, Refusal> {
    let before = alert.disposed.as_ref().map_or("", |it| it.note.as_str());
    let note = if note.trim().is_empty() { before } else { note };
    let needs_note = match what {
        Disposition::None | Disposition::Resolved => false,
        Disposition::KnownIssue => known_issue.is_none(),
        Disposition::JointReview => true,
    };
    if needs_note && note.trim().is_empty() {
        return Err(Refusal::NoteNeeded("this disposition"));
    }
    let note = checked(note)?;
    Ok(Event::Disposed(Disposed { what, by: Some(by), at: now, note, known_issue }))
}

/// What the collector itself says of an alert that a shift has left unfinished;
/// nothing if it is put down already, or over. What somebody said that did not
/// come true, such as a known issue that broke since, the shift knows of.
pub fn joint_review(alert: &Alert, note: &str, now: Timestamp) -> Option<Event> {
    let is_due = alert.is_unresolved() && alert.disposition() != Disposition::JointReview;
    is_due.then(|| {
        Event::Disposed(Disposed {
            what: Disposition::JointReview,
            by: None,
            at: now,
            note: note.to_owned(),
            known_issue: None,
        })
    })
}

/// Stops an alert's clocks. What may be asked of them is theirs to say; whom it
/// is by and why, they get from here. `terms` are those that the alert's ref
/// names.
pub fn pause(
    alert: &Alert,
    terms: &sla::Terms,
    by: Actor,
    request: PauseRequest,
    now: Timestamp,
) -> Result<Event, Refusal> {
    let note = checked(&request.note)?;
    let request = PauseRequest { by: by.name.clone(), ..request };
    let fact = sla::pause(terms, &alert.clocks, request, now)?;
    Ok(Event::Paused { by, fact, note })
}

/// Lets an alert's clocks go on.
pub fn resume(alert: &Alert, by: Actor, note: &str) -> Result<Event, Refusal> {
    match alert.clocks.pause {
        Some(_) => Ok(Event::Resumed { by, note: checked(note)? }),
        None => Err(Refusal::NotPaused(alert.id)),
    }
}

/// Says that an alert was not worth telling.
pub fn mark_noise(
    by: Actor,
    reason: NoiseReason,
    note: &str,
    now: Timestamp,
) -> Result<Event, Refusal> {
    Ok(Event::MarkedNoise(NoiseMark { by, at: now, reason, note: checked(note)? }))
}

/// Says something about an alert.
pub fn note(by: Actor, note: &str) -> Result<Event, Refusal> {
    if note.trim().is_empty() {
        return Err(Refusal::NoteNeeded("a note"));
    }
    Ok(Event::Noted { by, note: checked(note)? })
}

fn checked(note: &str) -> Result<String, Refusal> {
    if note.len() > LONGEST_NOTE { Err(Refusal::NoteTooLong) } else { Ok(note.trim().to_owned()) }
}
