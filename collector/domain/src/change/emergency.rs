//! Breaking the glass: one person alone, when there is nobody to ask.
//!
//! # Invariants
//!
//! - Only what keeps quiet, tells of work or shuts out can be done so. What
//!   diverts alerts, forgets records or lets somebody in never is: it could not
//!   be taken back.
//! - It takes a sealed code, except for shutting out, which only contains.
//! - What keeps quiet ends by itself after [`BREAK_GLASS_FOR`].
//! - Managers of both sides are paged within [`PAGE_WITHIN`], and somebody of
//!   the other side reviews it within [`REVIEW_WITHIN`]; if nobody has, both
//!   sides are told, once.
//!
//! # Not here
//!
//! Whether the sealed code was right: whoever holds its hash says so.

use jiff::{SignedDuration, Timestamp};

use crate::{
    authority::{Action, Scope, may},
    calendar,
    change::{
        Change, Event, Refusal, Signatory, State, Subject,
        command::{live, reason},
    },
    operator::Operator,
    window::{self, Timing},
};

/// How long an emergency lasts.
pub const BREAK_GLASS_FOR: SignedDuration = SignedDuration::from_hours(4);
/// Within which time somebody of the other side looks at it.
pub const REVIEW_WITHIN: SignedDuration = SignedDuration::from_hours(24);
/// Within which time managers of both sides are paged.
pub const PAGE_WITHIN: SignedDuration = SignedDuration::from_secs(60);

/// That a change was applied alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakGlass {
    /// By whom.
    pub by: Signatory,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub why: String,
    /// When it ends by itself; `None` if it does not.
    pub reverts_at: Option<Timestamp>,
    /// When it did.
    pub reverted_at: Option<Timestamp>,
    /// Who has looked at it, and when.
    pub reviewed: Option<(Signatory, Timestamp)>,
    /// When it was told that nobody had in time.
    pub review_missed_at: Option<Timestamp>,
}

impl BreakGlass {
    /// When something is to happen by itself: it is to be taken back, or to be
    /// told that nobody has looked at it.
    pub fn deadline(&self) -> Option<Timestamp> {
        [self.reverts_at(), self.review_due()].into_iter().flatten().min()
    }

    /// When it is to be taken back, if that is still to come.
    pub(super) fn reverts_at(&self) -> Option<Timestamp> {
        self.reverts_at.filter(|_| self.reverted_at.is_none())
    }

    /// Until when somebody must look at it, if that is still to come.
    pub(super) fn review_due(&self) -> Option<Timestamp> {
        let is_open = self.reviewed.is_none() && self.review_missed_at.is_none();
        is_open.then(|| self.at.saturating_add(REVIEW_WITHIN).unwrap_or(Timestamp::MAX))
    }
}

/// Whether such a change could be applied alone.
pub fn may_break_glass(subject: &Subject) -> bool {
    match subject {
        Subject::Window
        | Subject::KnownIssue
        | Subject::Silence
        | Subject::Work
        | Subject::Revocation => true,
        Subject::Matrix { .. } | Subject::Role | Subject::Token | Subject::Retention => false,
    }
}

/// Whether it ends by itself.
pub(super) fn reverts(subject: &Subject) -> bool {
    may_break_glass(subject) && !contains(subject)
}

/// Whether it only shuts out. What was shut out stays out until somebody has
/// looked.
fn contains(subject: &Subject) -> bool {
    *subject == Subject::Revocation
}

/// Applies a change alone.
pub fn break_glass(
    change: &Change,
    by: &Operator,
    sealed_ok: bool,
    why: &str,
    now: Timestamp,
) -> Result<Event, Refusal> {
    may(by, Action::ApplyChange, &Scope::tenant(&change.tenant))?;
    live(change, now)?;
    if !may_break_glass(&change.subject) {
        return Err(Refusal::NoEmergency(change.subject.as_str()));
    }
    if !sealed_ok && !contains(&change.subject) {
        return Err(Refusal::SealedCode);
    }
    let why = reason("an emergency", why)?;
    Ok(Event::GlassBroken { by: Signatory::of(by), why })
}

/// A window as an emergency allows it: one that is shut by the emergency's end.
pub fn within(spec: window::Spec, end: Timestamp) -> Result<window::Spec, Refusal> {
    let Timing::Once { start } = spec.timing else { return Err(Refusal::RepeatedEmergency) };
    let opens = calendar::instant(&spec.zone, start.date(), start.time());
    if end <= opens {
        return Err(Refusal::LateEmergency(end));
    }
    Ok(window::Spec { duration: spec.duration.min(end.duration_since(opens)), ..spec })
}

/// Says that an emergency was looked at: a manager of another side does.
pub fn review(change: &Change, by: &Operator, note: &str) -> Result<Event, Refusal> {
    may(by, Action::ApproveChange, &Scope::tenant(&change.tenant))?;
    let glass = change.break_glass.as_ref().filter(|_| change.needs_review());
    let glass = glass.ok_or(Refusal::NothingToReview(change.id))?;
    let who = Signatory::of(by);
    if glass.by.party == who.party || glass.by.is_same_person(&who) {
        return Err(Refusal::OwnChange { change: change.id, missing: change.required.clone() });
    }
    let note = reason("a review", note)?;
    Ok(Event::Reviewed { by: who, note })
}

impl Change {
    /// Whether somebody must still look at an emergency: for the agenda.
    pub fn needs_review(&self) -> bool {
        let applied = matches!(self.state, State::Applied { .. });
        applied && self.break_glass.as_ref().is_some_and(|it| it.reviewed.is_none())
    }
}
