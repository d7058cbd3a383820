//! What somebody may ask of a change, and when the answer is no.

use std::collections::BTreeSet;

use jiff::Timestamp;
use remit_shared::{ChangeId, Tenant};

use crate::{
    authority::{Action, Scope, may},
    change::{
        Approval, Change, Event, Facts, LONGEST_WHY, MOST_APPROVALS, Refusal, Requirement,
        Signatory, State, Subject, VALID_FOR, risk,
        standing::{approvals, could_have_made, covers, requester},
        weigh::weigh,
    },
    operator::{Operator, Role},
};

/// A change to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Its identity.
    pub id: ChangeId,
    /// The customer environment.
    pub tenant: Tenant,
    /// What kind of thing would change.
    pub subject: Subject,
    /// In one line.
    pub title: String,
    /// Why.
    pub why: String,
    /// What would hold from then on.
    pub text: String,
    /// SHA-256 of the text, lower-case hexadecimal.
    pub sha256: String,
    /// Not before; `None` for as soon as somebody applies it.
    pub effective_from: Option<Timestamp>,
}

/// The world, as far as a change depends on it.
#[derive(Clone, Copy, Debug)]
pub struct Present<'a> {
    /// Every operator that there is or was.
    pub operators: &'a [Operator],
    /// What the change would do.
    pub facts: &'a Facts,
    /// The newest version of the tenant's matrix; 0 if there is none.
    pub newest_matrix: u64,
    /// What time it is.
    pub now: Timestamp,
}

/// Asks for a change. If nobody else must agree, it is approved from the start.
pub fn propose(draft: Draft, by: &Operator, present: Present<'_>) -> Result<Change, Refusal> {
    let now = present.now;
    may(by, Action::ProposeChange, &Scope::tenant(&draft.tenant))?;
    let (facts, required) = weigh(&draft, by, present)?;
    let state = if required.is_empty() { State::Approved { at: now } } else { State::Open };
    let Draft { id, tenant, subject, title, why, text, sha256, effective_from } = draft;
    Ok(Change {
        id,
        tenant,
        risk: risk(&subject, &facts),
        subject,
        title: title.trim().to_owned(),
        why: why.trim().to_owned(),
        text,
        sha256,
        requested_by: Signatory::of(by),
        requested_at: now,
        expires_at: lasts_until(&state, effective_from, now),
        required,
        touches: facts.touches,
        approvals: Vec::new(),
        effective_from,
        state,
        window: None,
        break_glass: None,
    })
}

/// Asks for something else instead. Whoever agreed has not agreed to that.
pub fn amend(
    change: &Change,
    by: &Operator,
    draft: Draft,
    present: Present<'_>,
) -> Result<Event, Refusal> {
    let (id, tenant) = (change.id, change.tenant.clone());
    let draft = Draft { id, tenant, ..draft };
    may(by, Action::ProposeChange, &Scope::tenant(&change.tenant))?;
    live(change, present.now)?;
    // Else somebody could amend what another asked for, and approve it.
    if by.id != change.requested_by.operator {
        let by = change.requested_by.name.clone();
        return Err(Refusal::NotTheirs { change: id, by, what: "amend" });
    }
    propose(draft, by, present).map(|it| Event::Amended(Box::new(it)))
}

/// Agrees to a text.
pub fn approve(
    change: &Change,
    by: &Operator,
    sha256: &str,
    signature: Option<String>,
    now: Timestamp,
) -> Result<Event, Refusal> {
    approval(change, by, sha256, signature, now).map(Event::Approved)
}

/// The agreement to a text, before it is given.
pub fn approval(
    change: &Change,
    by: &Operator,
    sha256: &str,
    signature: Option<String>,
    now: Timestamp,
) -> Result<Approval, Refusal> {
    let id = change.id;
    may(by, Action::ApproveChange, &Scope::tenant(&change.tenant))?;
    live(change, now)?;
    if sha256 != change.sha256 {
        let (expected, got) = (change.sha256.clone(), sha256.escape_default().to_string());
        return Err(Refusal::OtherText { change: id, expected, got });
    }
    let missing = || change.missing().cloned().collect::<Vec<_>>();
    let who = Signatory::of(by);
    if who.is_same_person(&change.requested_by) {
        return Err(Refusal::OwnChange { change: id, missing: missing() });
    }
    if could_have_made(&who, &change.requested_by) {
        return Err(Refusal::Maker(id));
    }
    if change.approvals.iter().any(|it| it.by.is_same_person(&who)) {
        return Err(Refusal::AlreadyApproved { change: id, by: who.name });
    }
    if change.approvals.len() >= MOST_APPROVALS {
        return Err(Refusal::Enough(id));
    }
    if !change.missing().any(|it| it.could_be_met_by(by)) {
        return Err(Refusal::NotAsked { change: id, party: by.party, missing: missing() });
    }
    if !covers(by, change) {
        return Err(Refusal::MoreTenants(id));
    }
    let (teams, sha256) = (by.teams.clone(), sha256.to_owned());
    let note = String::new();
    Ok(Approval { by: who, teams, at: now, sha256, signature, note })
}

/// Says no: any manager of the tenant may, because it changes nothing.
pub fn reject(change: &Change, by: &Operator, why: &str, now: Timestamp) -> Result<Event, Refusal> {
    may(by, Action::RejectChange, &Scope::tenant(&change.tenant))?;
    live(change, now)?;
    let why = reason("a rejection", why)?;
    Ok(Event::Rejected { by: Signatory::of(by), why })
}

/// Takes a change back: whoever asked for it may, and their managers.
pub fn withdraw(
    change: &Change,
    by: &Operator,
    why: &str,
    now: Timestamp,
) -> Result<Event, Refusal> {
    may(by, Action::WithdrawChange, &Scope::tenant(&change.tenant))?;
    live(change, now)?;
    let asker = &change.requested_by;
    let managers = by.party == asker.party && by.role.includes(Role::Manager);
    if by.id != asker.operator && !managers {
        let (change, by) = (change.id, asker.name.clone());
        return Err(Refusal::NotTheirs { change, by, what: "and their managers withdraw" });
    }
    let why = reason("taking a change back", why)?;
    Ok(Event::Withdrawn { by: Signatory::of(by), why })
}

/// Puts an approved change into effect, if all who put their names to it still
/// could, and nobody else must agree by now. `by` is `None` for the clock,
/// which applies what was given a time.
pub fn apply(
    change: &Change,
    by: Option<&Operator>,
    present: Present<'_>,
) -> Result<Event, Refusal> {
    let id = change.id;
    if let Some(by) = by {
        may(by, Action::ApplyChange, &Scope::tenant(&change.tenant))?;
    }
    live(change, present.now)?;
    match change.effective_from {
        Some(at) if present.now < at => return Err(Refusal::TooEarly { change: id, at }),
        // What has no time waits for a person.
        None if by.is_none() => {
            return Err(Refusal::TooEarly { change: id, at: change.expires_at });
        }
        Some(_) | None => {}
    }
    let asker = requester(change, present.operators)?;
    let draft = Draft::of(change);
    // When it takes effect, its time has come: it is no longer ahead.
    let (_, required) = weigh(&Draft { effective_from: None, ..draft }, asker, present)?;
    let (valid, void) = approvals(change, present.operators);
    let met = |by: &[Approval], it: &Requirement| by.iter().any(|by| it.is_met_by(by));
    let all: BTreeSet<&Requirement> = change.required.iter().chain(&required).collect();
    let missing: Vec<_> = all.into_iter().filter(|it| !met(&valid, it)).collect();
    if missing.is_empty() {
        return Ok(Event::Applied { by: by.map(Signatory::of) });
    }
    match void.into_iter().next() {
        Some((who, why)) => Err(Refusal::Void { change: id, who, why }),
        None => {
            let missing = missing.into_iter().cloned().collect();
            Err(Refusal::Missing { change: id, missing })
        }
    }
}

/// Weighs a live change anew, in case the world has moved.
pub fn reassess(change: &Change, present: Present<'_>) -> Option<Event> {
    live(change, present.now).ok()?;
    let asker = requester(change, present.operators).ok()?;
    let draft = Draft { effective_from: None, ..Draft::of(change) };
    let (_, required) = weigh(&draft, asker, present).ok()?;
    (required != change.required).then_some(Event::Reassessed { required })
}

impl Draft {
    fn of(change: &Change) -> Self {
        let Change { id, tenant, subject, title, why, text, sha256, effective_from, .. } =
            change.clone();
        Self { id, tenant, subject, title, why, text, sha256, effective_from }
    }
}

/// Until when a change may be approved, or applied.
pub(super) fn lasts_until(
    state: &State,
    effective_from: Option<Timestamp>,
    now: Timestamp,
) -> Timestamp {
    let from = match state {
        State::Approved { .. } => effective_from.map_or(now, |it| it.max(now)),
        State::Open
        | State::Applied { .. }
        | State::Rejected { .. }
        | State::Withdrawn { .. }
        | State::Expired { .. }
        | State::Failed { .. } => now,
    };
    from.saturating_add(VALID_FOR).unwrap_or(Timestamp::MAX)
}

/// Whether anything can still be asked of it.
pub(super) fn live(change: &Change, now: Timestamp) -> Result<(), Refusal> {
    if !change.is_live() {
        return Err(Refusal::Over { change: change.id, state: change.state.as_str() });
    }
    if change.expires_at <= now {
        return Err(Refusal::Expired { change: change.id, at: change.expires_at });
    }
    Ok(())
}

/// A reason that says something.
pub(super) fn reason(what: &'static str, why: &str) -> Result<String, Refusal> {
    let why = why.trim();
    if why.is_empty() || why.len() > LONGEST_WHY {
        return Err(Refusal::ReasonNeeded(what));
    }
    Ok(why.to_owned())
}
