//! A signal reaches the alert that it is about, or opens one.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use remit_shared::{AlertId, Severity};
use uuid::Uuid;

use crate::{
    alert::{
        About, Alert, Climb, Context, EntryKind, State, Step, Topic,
        promise::{TermsRef, holder},
        tell::{belief, owner_told},
        work::{REMIT, Work},
    },
    flapping,
    people::Target,
    signal::{Origin, Say, Signal, Speaker},
    sla::{Clocks, Fact},
};

/// Within this long after it was resolved, an alert that comes back is the
/// same alert.
pub const REOPEN_WITHIN: SignedDuration = SignedDuration::from_mins(30);

/// What comes of a signal.
#[derive(Clone, Debug)]
pub enum Received {
    /// Nothing: it is known, or there is nothing to clear.
    Nothing,
    /// A new alert.
    Opened(Box<Step>),
    /// The alert that is there changes.
    Changed(Box<Step>),
}

/// Takes a signal to the newest alert about the same thing, or opens one.
///
/// One speaker's signals must come in the order of their origins, each at
/// least once: one that is older than the newest is taken for a repetition.
pub fn receive(
    newest: Option<&Alert>,
    about: About,
    signal: &Signal,
    origin: Origin,
    context: &Context<'_>,
) -> Received {
    if newest.is_some_and(|it| origin <= it.origin || is_reminder(it, signal)) {
        return Received::Nothing;
    }
    match (&signal.say, newest) {
        (Say::Cleared, Some(alert)) if alert.is_unresolved() => {
            Received::Changed(Box::new(clear(alert, signal, origin, context)))
        }
        (Say::Cleared, Some(_) | None) => Received::Nothing,
        (Say::Raised { severity, evidence, delayed }, newest) => {
            let raised = Raised { about, severity: *severity, evidence, delayed: *delayed };
            match newest.filter(|it| !is_long_over(it, context.now)) {
                Some(alert) => {
                    Received::Changed(Box::new(again(alert, raised, signal, origin, context)))
                }
                None => {
                    let follows = newest.map(|it| it.id);
                    Received::Opened(Box::new(open(follows, raised, signal, origin, context)))
                }
            }
        }
    }
}

/// Whether a signal says no more than what the alert, which is there still,
/// says already.
fn is_reminder(alert: &Alert, signal: &Signal) -> bool {
    let says_the_same = match &signal.say {
        Say::Raised { severity, evidence, .. } => {
            *severity == alert.severity && *evidence == alert.evidence
        }
        Say::Cleared => false,
    };
    let is_there = alert.is_unresolved() && alert.cleared_at.is_none();
    let is_same = signal.observed_at == alert.observed_at && signal.summary == alert.summary;
    says_the_same && is_there && is_same
}

/// What a signal says that raises an alert.
struct Raised<'a> {
    about: About,
    severity: Severity,
    evidence: &'a str,
    delayed: bool,
}

fn is_long_over(alert: &Alert, now: Timestamp) -> bool {
    match alert.state {
        State::Resolved { at, .. } => now.duration_since(at) > REOPEN_WITHIN,
        State::Open | State::Acknowledged(_) => false,
    }
}

fn open(
    follows: Option<AlertId>,
    raised: Raised<'_>,
    signal: &Signal,
    origin: Origin,
    context: &Context<'_>,
) -> Step {
    let Raised { about, severity, evidence, delayed } = raised;
    let now = context.now;
    let alert = Alert {
        id: name(&about, origin),
        about,
        severity,
        state: State::Open,
        rule: context.rule.to_owned(),
        summary: signal.summary.clone(),
        evidence: evidence.to_owned(),
        observed_at: signal.observed_at,
        opened_at: now,
        raised_at: now,
        last_seen_at: now,
        announced_at: None,
        occurrences: 1,
        reopened: 0,
        follows,
        delayed,
        remit: Arc::clone(context.remit),
        owner_differs: None,
        refused_owner: None,
        climb: Climb {
            generation: 0,
            since: now,
            matrix_version: context.remit.matrix_version,
            timers: Vec::new(),
            next: 0,
        },
        blocked: None,
        suppressors: Vec::new(),
        flap: flapping::History::default(),
        terms: TermsRef::of(context.terms),
        clocks: Clocks::open(holder(context.remit), now),
        clocks_due: None,
        cleared_at: None,
        disposed: None,
        noise: None,
        origin,
        timeline: Vec::new(),
        notices: Vec::new(),
        notices_made: 0,
    };
    let mut work = Work::new(alert, now);
    let before = follows.map_or(String::new(), |it| format!(", follows {it}"));
    work.note(EntryKind::Created, REMIT, format!("{}{before}", signal.summary));
    work.turn(true);
    work.hush(context);
    work.route_first(context);
    work.finish(context)
}

/// A repeated delivery of the signal that opens an alert opens the same one.
fn name(about: &About, origin: Origin) -> AlertId {
    let Origin { from, revision, position } = origin;
    let text = format!("{}/{}/{}/{revision}/{position}", about.tenant, about.check, about.instance);
    let speaker = match &from {
        Speaker::Endpoint(id) => id.as_uuid(),
        Speaker::Source(id) => id.as_uuid(),
    };
    AlertId::from_uuid(Uuid::new_v5(speaker, text.as_bytes()))
}

/// It is raised once more: it is open still, or comes back soon after.
fn again(
    alert: &Alert,
    raised: Raised<'_>,
    signal: &Signal,
    origin: Origin,
    context: &Context<'_>,
) -> Step {
    let mut work = Work::new(alert.clone(), context.now);
    if alert.is_unresolved() {
        work.hush(context);
        work.catch_up(context);
    }
    let it = &mut work.alert;
    it.about.hostname = raised.about.hostname;
    it.origin = origin;
    it.occurrences = it.occurrences.saturating_add(1);
    it.last_seen_at = context.now;
    it.observed_at = signal.observed_at;
    it.summary.clone_from(&signal.summary);
    it.rule = context.rule.to_owned();
    it.evidence = raised.evidence.to_owned();
    it.delayed = raised.delayed;
    it.cleared_at = None;
    if it.is_unresolved() {
        work.note_repeated(&signal.summary);
        let begins = work.turn(true);
        work.change_severity(raised.severity, context);
        if begins {
            work.tell_flapping(context);
        }
    } else {
        work.reopen(raised.severity, &signal.summary, context);
    }
    work.finish(context)
}

fn clear(alert: &Alert, signal: &Signal, origin: Origin, context: &Context<'_>) -> Step {
    let mut work = Work::new(alert.clone(), context.now);
    work.hush(context);
    work.settle(context);
    work.alert.origin = origin;
    if !work.alert.is_unresolved() {
        return work.finish(context);
    }
    let begins = work.turn(false);
    if work.flaps() {
        work.alert.cleared_at = Some(context.now);
        work.alert.summary.clone_from(&signal.summary);
        if begins {
            work.tell_flapping(context);
        }
        return work.finish(context);
    }
    work.resolve(None, context);
    work.note(EntryKind::Resolved, REMIT, signal.summary.clone());
    work.all_clear();
    work.finish(context)
}

impl Work {
    /// It comes back soon after it was over: nothing of what was promised
    /// begins anew, but everything of who must be told.
    fn reopen(&mut self, severity: Severity, summary: &str, context: &Context<'_>) {
        let it = &mut self.alert;
        it.reopened = it.reopened.saturating_add(1);
        it.disposed = None;
        it.state = State::Open;
        it.raised_at = self.now;
        it.announced_at = None;
        // Who was given it by hand was given what is over.
        Arc::make_mut(&mut it.remit).by_hand = false;
        // What did not cover it because it was open before, does now.
        it.suppressors.retain(|it| it.mutes);
        self.note(EntryKind::Reopened, REMIT, summary.to_owned());
        self.clock(&Fact::Reopened, context);
        // First, so that a rise under something quiet is not told.
        self.hush(context);
        self.note_severity(severity, context);
        self.look_at_clocks(context);
        let begins = self.turn(true);
        self.route_again(context);
        if begins {
            self.tell_flapping(context);
        } else {
            self.inform(context);
        }
    }

    /// A rise takes the alert back from whoever had acknowledged the lesser
    /// one. What changes too often only ever rises: its falls are not told.
    fn change_severity(&mut self, severity: Severity, context: &Context<'_>) {
        let rises = severity > self.alert.severity;
        if !rises && self.flaps() {
            return;
        }
        self.note_severity(severity, context);
        if !rises {
            return;
        }
        self.alert.state = State::Open;
        self.alert.owner_differs = None;
        self.reconsider(context);
        let owner = Target::Team(self.alert.remit.responsible.clone());
        // Whose it became while it was quiet and acknowledged has not been told.
        let is_theirs = owner_told(&self.alert) == Some(&owner);
        // A new owner has just been told of it as it is now.
        let knows = is_theirs && belief(&self.alert, &owner).is_some_and(|it| it >= severity);
        if self.hushed || !knows {
            self.take_up(if is_theirs { Topic::Worse } else { Topic::Assigned }, context);
        } else {
            self.begin_climb(context);
        }
    }

    fn note_severity(&mut self, severity: Severity, context: &Context<'_>) {
        let before = self.alert.severity;
        if severity != before {
            self.alert.severity = severity;
            self.note(EntryKind::SeverityChanged, REMIT, format!("{before} to {severity}"));
            self.clock(&Fact::Severity { from: before, to: severity }, context);
        }
    }
}
