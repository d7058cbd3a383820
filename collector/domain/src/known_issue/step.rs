//! What happens to a known issue, and what follows.

use jiff::Timestamp;

use crate::{
    change::{PAGE_WITHIN, Signatory, audit::actor},
    effect::{AuditEntry, Effect},
    known_issue::{KnownIssue, Occurrence, State},
    letter::{Audience, Notice},
};

/// A fact about a known issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// It was declared.
    Declared,
    /// It holds for longer.
    Extended {
        /// Who said so.
        by: Signatory,
        /// Until when.
        expires_at: Timestamp,
        /// When its owner looks at it again.
        review_at: Option<Timestamp>,
        /// Why.
        why: String,
    },
    /// Somebody ended it.
    Ended {
        /// Who.
        by: Signatory,
        /// Why.
        why: String,
    },
    /// It happens, told or not. Saying so again counts nothing twice.
    Occurred(Occurrence),
    /// Time has passed.
    Tick,
}

/// A known issue's next value, and what it owes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The known issue.
    pub issue: KnownIssue,
    /// The audit entries that are owed.
    pub effects: Vec<Effect>,
    /// Who must be told.
    pub notices: Vec<Notice>,
}

/// When the next [`Event::Tick`] is due, if ever.
pub fn deadline(issue: &KnownIssue) -> Option<Timestamp> {
    match issue.state {
        State::Active => {
            let review = issue.spec.review_at.filter(|_| !issue.review_told);
            Some(review.map_or(issue.spec.expires_at, |it| it.min(issue.spec.expires_at)))
        }
        State::Ended { .. } | State::Expired { .. } | State::Broken { .. } => None,
    }
}

/// Advances a known issue by one event. What comes when it is over changes
/// nothing.
pub fn step(issue: KnownIssue, event: Event, now: Timestamp) -> Step {
    Step::of(issue).then(event, now)
}

fn active(it: &mut Step, event: Event, now: Timestamp) {
    match event {
        Event::Declared => {
            let (by, spec) = (it.issue.created_by.clone(), &it.issue.spec);
            let detail = format!("{} until {}: {}", spec.title, spec.expires_at, spec.why);
            it.note(&actor(&by), "declare", detail, now);
        }
        Event::Extended { by, expires_at, review_at, why } => {
            it.issue.spec.expires_at = expires_at;
            it.issue.spec.review_at = review_at;
            it.issue.review_told = false;
            it.note(&actor(&by), "extend", format!("until {expires_at}: {why}"), now);
        }
        Event::Ended { by, why } => {
            it.note(&actor(&by), "end", why.clone(), now);
            it.issue.state = State::Ended { at: now, by, why };
        }
        // It is told again from its end on, however late that is noticed.
        Event::Occurred(_) | Event::Tick if it.issue.spec.expires_at <= now => it.expire(now),
        Event::Occurred(occurrence) => it.occurred(&occurrence, now),
        Event::Tick => it.review(now),
    }
}

impl Step {
    /// Nothing happened yet.
    pub fn of(issue: KnownIssue) -> Self {
        Self { issue, effects: Vec::new(), notices: Vec::new() }
    }

    /// The same, and then this.
    pub fn then(mut self, event: Event, now: Timestamp) -> Self {
        match self.issue.state {
            State::Active => active(&mut self, event, now),
            State::Ended { .. } | State::Expired { .. } | State::Broken { .. } => {}
        }
        self
    }

    fn occurred(&mut self, occurrence: &Occurrence, now: Timestamp) {
        let KnownIssue { tally, spec, .. } = &mut self.issue;
        // What matters more is told, so it is not kept quiet.
        if occurrence.severity <= spec.max_severity {
            tally.count(occurrence);
        }
        let Some(broken) = spec.breaks_when.iter().find(|it| it.holds(tally, occurrence)) else {
            return;
        };
        let why = broken.to_string();
        self.note("remit", "break", why.clone(), now);
        let text = format!("Alerts of it are told again, because of what was agreed: {why}.");
        self.tell_owner("is not what it was", text, now);
        self.issue.state = State::Broken { at: now, why };
    }

    fn expire(&mut self, now: Timestamp) {
        let at = self.issue.spec.expires_at;
        let total = self.issue.tally.total;
        self.note("remit", "expire", format!("it has kept {total} quiet"), now);
        let text = format!("It has kept {total} quiet. What still matters is told again.");
        self.tell_owner("has ended by itself", text, now);
        self.issue.state = State::Expired { at };
    }

    fn review(&mut self, now: Timestamp) {
        let due = self.issue.spec.review_at.is_some_and(|it| it <= now);
        if due && !self.issue.review_told {
            self.issue.review_told = true;
            let (end, total) = (self.issue.spec.expires_at, self.issue.tally.total);
            let text = format!("It ends at {end} and has kept {total} quiet. Does it still hold?");
            self.tell_owner("is to be looked at again", text, now);
        }
    }

    fn note(&mut self, actor: &str, action: &str, detail: String, now: Timestamp) {
        let spec = &self.issue.spec;
        self.effects.push(Effect::Audit(AuditEntry {
            at: now,
            tenant: Some(spec.tenant.clone()),
            actor: actor.to_owned(),
            action: format!("{}.{action}", spec.kind.as_str()),
            object: self.issue.id.to_string(),
            detail,
        }));
    }

    fn tell_owner(&mut self, what: &str, text: String, now: Timestamp) {
        let (id, spec) = (self.issue.id, &self.issue.spec);
        self.notices.push(Notice {
            tenant: spec.tenant.clone(),
            to: Audience::Team(spec.owner.clone()),
            by: now.saturating_add(PAGE_WITHIN).unwrap_or(Timestamp::MAX),
            page: false,
            subject: format!("Known issue {id} ({}) {what}", spec.title),
            text,
        });
    }
}
