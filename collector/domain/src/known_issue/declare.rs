//! What somebody may ask of a known issue, and when the answer is no.

use jiff::Timestamp;
use remit_shared::KnownIssueId;

use crate::{
    authority::{self, Action, Scope, may},
    change::{
        Change, Facts, Requirement, Signatory, Spec, State as ChangeState, Subject, required,
    },
    known_issue::{
        Event, IssueSpec, Kind, KnownIssue, LONGEST_TITLE, LONGEST_WHY, MOST_CONDITIONS,
        MOST_EVIDENCE, State, Tally,
    },
    operator::Operator,
};

/// Why there is no such known issue.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// They may not ask for such a thing at all.
    #[error(transparent)]
    Forbidden(#[from] authority::Refusal),
    /// There is no title, or no end of it.
    #[error("it needs a title of 1 to {LONGEST_TITLE} characters in one line")]
    Title,
    /// Nobody says why.
    #[error("it needs a reason, of at most {LONGEST_WHY} bytes")]
    ReasonNeeded,
    /// It would be about everything.
    #[error("it must name a check, a site or an endpoint: nothing keeps everything quiet")]
    TooWide,
    /// It names more than anybody would read.
    #[error("{0}")]
    TooMuch(&'static str),
    /// It would be over already, or last too long.
    #[error("a {} ends within {} days, not at {at}", kind.as_str(), kind.longest().as_hours() / 24)]
    Expiry {
        /// What it is.
        kind: Kind,
        /// When it would end.
        at: Timestamp,
    },
    /// Nobody would look at it before it is over.
    #[error("it is looked at again from now on and before it ends, not at {0}")]
    Review(Timestamp),
    /// It is not theirs alone.
    #[error("this must be proposed as a change: it takes {}", sides(required))]
    NeedsChange {
        /// Who must agree.
        required: Vec<Requirement>,
    },
    /// It is over.
    #[error("known issue {issue} is {state}")]
    Over {
        /// Which.
        issue: KnownIssueId,
        /// Where it stands.
        state: &'static str,
    },
    /// The change does not say so, or not yet.
    #[error("change {0} is no known issue that was applied")]
    NotApplied(remit_shared::ChangeId),
}

fn sides(required: &[Requirement]) -> String {
    let one = |it: &Requirement| format!("a {} ({}), because {}", it.role, it.party, it.because);
    required.iter().map(one).collect::<Vec<_>>().join("; ")
}

impl IssueSpec {
    /// Whether it says all that it must, and has an end.
    pub fn check(&self, now: Timestamp) -> Result<(), Refusal> {
        let length = self.title.chars().count();
        let blank = self.title.trim().is_empty();
        if blank || LONGEST_TITLE < length || self.title.chars().any(char::is_control) {
            return Err(Refusal::Title);
        }
        if self.why.trim().is_empty() || LONGEST_WHY < self.why.len() {
            return Err(Refusal::ReasonNeeded);
        }
        if !self.matcher.is_narrow() {
            return Err(Refusal::TooWide);
        }
        if !self.matcher.is_bounded() {
            return Err(Refusal::TooMuch(
                "a pattern has at most 200 bytes, and there are at most 1000 endpoints",
            ));
        }
        let long = |it: &String| it.is_empty() || it.len() > 1_000;
        if self.evidence.len() > MOST_EVIDENCE || self.evidence.iter().any(long) {
            return Err(Refusal::TooMuch("there are at most 20 pieces of evidence of 1000 bytes"));
        }
        if self.ticket.len() > 200 {
            return Err(Refusal::TooMuch("a ticket has at most 200 bytes"));
        }
        if self.breaks_when.len() > MOST_CONDITIONS {
            return Err(Refusal::TooMuch("there are at most 8 conditions"));
        }
        let latest = now.saturating_add(self.kind.longest()).unwrap_or(Timestamp::MAX);
        if self.expires_at <= now || latest < self.expires_at {
            return Err(Refusal::Expiry { kind: self.kind, at: self.expires_at });
        }
        match self.review_at {
            Some(at) if at < now || self.expires_at < at => Err(Refusal::Review(at)),
            Some(_) | None => Ok(()),
        }
    }

    fn subject(&self) -> Subject {
        match self.kind {
            Kind::KnownIssue => Subject::KnownIssue,
            Kind::Silence => Subject::Silence,
        }
    }
}

/// For how much longer something is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// Until when.
    pub expires_at: Timestamp,
    /// When its owner looks at it again.
    pub review_at: Option<Timestamp>,
    /// Why.
    pub why: String,
}

/// Declares something known, if nobody else must agree.
pub fn declare(
    id: KnownIssueId,
    spec: IssueSpec,
    by: &Operator,
    facts: &Facts,
    now: Timestamp,
) -> Result<KnownIssue, Refusal> {
    // Whose it is, the facts say: there is not one alert to ask about.
    may(by, Action::ProposeChange, &Scope::tenant(&spec.tenant))?;
    spec.check(now)?;
    alone(&spec, by, facts, now)?;
    let (created_by, created_at) = (Signatory::of(by), now);
    let (tally, state) = (Tally::default(), State::Active);
    let (approved_by, change, review_told) = (Vec::new(), None, false);
    Ok(KnownIssue {
        id,
        spec,
        created_by,
        created_at,
        approved_by,
        change,
        tally,
        review_told,
        state,
    })
}

/// What an applied change declares known. One that was applied in an emergency
/// lasts no longer than that.
pub fn born(id: KnownIssueId, change: &Change, now: Timestamp) -> Result<KnownIssue, Refusal> {
    let not_applied = || Refusal::NotApplied(change.id);
    let ChangeState::Applied { .. } = change.state else { return Err(not_applied()) };
    let Ok(Spec::KnownIssue(mut spec)) = change.spec() else { return Err(not_applied()) };
    if let Some(end) = change.break_glass.as_ref().and_then(|it| it.reverts_at) {
        spec.expires_at = spec.expires_at.min(end);
        spec.review_at = spec.review_at.map(|it| it.min(end));
    }
    Ok(KnownIssue {
        id,
        spec,
        created_by: change.requested_by.clone(),
        created_at: now,
        approved_by: change.approvals.iter().map(|it| it.by.clone()).collect(),
        change: Some(change.id),
        tally: Tally::default(),
        review_told: false,
        state: State::Active,
    })
}

/// Lets it hold for longer. That takes what declaring it takes.
pub fn extend(
    issue: &KnownIssue,
    by: &Operator,
    extension: Extension,
    facts: &Facts,
    now: Timestamp,
) -> Result<Event, Refusal> {
    may(by, Action::ProposeChange, &Scope::tenant(&issue.spec.tenant))?;
    active(issue, now)?;
    let Extension { expires_at, review_at, why } = extension;
    let why = said(&why)?;
    let spec = IssueSpec { expires_at, review_at, ..issue.spec.clone() };
    spec.check(now)?;
    alone(&spec, by, facts, now)?;
    Ok(Event::Extended { by: Signatory::of(by), expires_at, review_at, why })
}

/// Ends it: anybody who works for the tenant may, because it hides nothing.
pub fn end(issue: &KnownIssue, by: &Operator, why: &str, now: Timestamp) -> Result<Event, Refusal> {
    may(by, Action::EndKnownIssue, &Scope::tenant(&issue.spec.tenant))?;
    active(issue, now)?;
    Ok(Event::Ended { by: Signatory::of(by), why: said(why)? })
}

fn said(why: &str) -> Result<String, Refusal> {
    match why.trim() {
        why if why.is_empty() || LONGEST_WHY < why.len() => Err(Refusal::ReasonNeeded),
        why => Ok(why.to_owned()),
    }
}

fn alone(spec: &IssueSpec, by: &Operator, facts: &Facts, now: Timestamp) -> Result<(), Refusal> {
    let quiet_for = Some(spec.expires_at.duration_since(now));
    let facts = Facts { quiet_for, ..facts.clone() };
    let required = required(&spec.subject(), &facts, by);
    if required.is_empty() { Ok(()) } else { Err(Refusal::NeedsChange { required }) }
}

fn active(issue: &KnownIssue, now: Timestamp) -> Result<(), Refusal> {
    let state = match &issue.state {
        State::Active if now < issue.spec.expires_at => return Ok(()),
        State::Active => "expired",
        state @ (State::Ended { .. } | State::Expired { .. } | State::Broken { .. }) => {
            state.as_str()
        }
    };
    Err(Refusal::Over { issue: issue.id, state })
}
