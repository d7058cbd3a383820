//! A signal reaches the alert that it is about, or opens one.

use jiff::{SignedDuration, Timestamp};
use remit_shared::{AlertId, Severity};
use uuid::Uuid;

use crate::{
    alert::{
        About, Alert, Climb, Context, Disposition, EntryKind, State, Step, Topic,
        work::{REMIT, Work},
    },
    signal::{Origin, Say, Signal, Speaker},
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
    if newest.is_some_and(|it| origin <= it.origin) {
        return Received::Nothing;
    }
    let Say::Raised { severity, evidence, delayed } = &signal.say else {
        return match newest {
            Some(alert) if alert.is_unresolved() => {
                Received::Changed(clear(alert, signal, origin, context))
            }
            Some(_) | None => Received::Nothing,
        };
    };
    let raised = (*severity, evidence.as_str(), *delayed);
    let Some(alert) = newest else {
        return Received::Opened(open(about, raised, signal, origin, context));
    };
    if is_long_over(alert, context.now) {
        return Received::Opened(open(about, raised, signal, origin, context));
    }
    let mut work = Work::new(alert.clone(), context.now);
    let it = &mut work.alert;
    it.about.hostname = about.hostname;
    it.origin = origin;
    it.occurrences = it.occurrences.saturating_add(1);
    it.last_seen_at = context.now;
    it.summary.clone_from(&signal.summary);
    it.evidence.clone_from(evidence);
    it.delayed = *delayed;
    if matches!(it.state, State::Resolved { .. }) {
        it.reopened = it.reopened.saturating_add(1);
        it.disposition = Disposition::None;
        it.disposition_note.clear();
        it.state = State::Open;
        work.note(EntryKind::Reopened, REMIT, signal.summary.clone());
        note_severity(&mut work, *severity);
        // Who was given it by hand was given what is over.
        work.alert.remit.by_hand = false;
        work.route(context);
        work.inform(context);
    } else {
        work.note_repeated(&signal.summary);
        change_severity(&mut work, *severity, context);
    }
    Received::Changed(Box::new(work.finish()))
}

fn is_long_over(alert: &Alert, now: Timestamp) -> bool {
    match alert.state {
        State::Resolved { at, .. } => now.duration_since(at) > REOPEN_WITHIN,
        State::Open | State::Acknowledged(_) => false,
    }
}

fn open(
    about: About,
    (severity, evidence, delayed): (Severity, &str, bool),
    signal: &Signal,
    origin: Origin,
    context: &Context<'_>,
) -> Box<Step> {
    let alert = Alert {
        id: name(&about, origin),
        about,
        severity,
        state: State::Open,
        summary: signal.summary.clone(),
        evidence: evidence.to_owned(),
        opened_at: context.now,
        last_seen_at: context.now,
        occurrences: 1,
        reopened: 0,
        delayed,
        remit: context.remit.clone(),
        climb: Climb { since: context.now, next: 0 },
        disposition: Disposition::None,
        disposition_note: String::new(),
        origin,
        timeline: Vec::new(),
        notices: Vec::new(),
        notices_made: 0,
    };
    let mut work = Work::new(alert, context.now);
    work.note(EntryKind::Created, REMIT, signal.summary.clone());
    work.assign(context.remit.clone(), EntryKind::Routed, context);
    work.inform(context);
    Box::new(work.finish())
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

fn clear(alert: &Alert, signal: &Signal, origin: Origin, context: &Context<'_>) -> Box<Step> {
    let mut work = Work::new(alert.clone(), context.now);
    work.alert.origin = origin;
    work.alert.state = State::Resolved { at: context.now, by: None };
    work.note(EntryKind::Resolved, REMIT, signal.summary.clone());
    work.all_clear(context);
    Box::new(work.finish())
}

/// A rise takes the alert back from whoever had acknowledged the lesser one.
fn change_severity(work: &mut Work, severity: Severity, context: &Context<'_>) {
    let rises = severity > work.alert.severity;
    note_severity(work, severity);
    if !rises {
        return;
    }
    work.alert.state = State::Open;
    let current = &work.alert.remit;
    if !current.by_hand && current.responsible != context.remit.responsible {
        work.route(context);
        return;
    }
    if !current.by_hand {
        work.adopt(context.remit.clone());
    }
    work.alert.climb = Climb { since: context.now, next: 1 };
    let team = work.alert.remit.responsible.clone();
    work.notify(&team, Topic::Worse, context);
}

fn note_severity(work: &mut Work, severity: Severity) {
    let before = work.alert.severity;
    if severity != before {
        work.alert.severity = severity;
        work.note(EntryKind::SeverityChanged, REMIT, format!("{before} to {severity}"));
    }
}
