//! An alert while it changes: what is written down, and what comes to be owed.

use std::{mem, sync::Arc};

use jiff::Timestamp;

use crate::{
    alert::{Alert, Context, Entry, EntryKind, State, Step},
    effect::{AuditEntry, Effect, FeedEvent},
    letter::Notice,
};

/// The collector's own name in timelines.
pub(super) const REMIT: &str = "remit";

/// So many timeline entries are kept; the oldest few and the newest.
const TIMELINE: usize = 200;
const TIMELINE_HEAD: usize = 20;

/// An alert being changed, with what it comes to owe.
pub(super) struct Work {
    pub(super) alert: Alert,
    pub(super) now: Timestamp,
    /// When the matrix had or has to be asked again whose the alert is.
    pub(super) asks_at: Option<Timestamp>,
    /// Nobody is told during this step.
    pub(super) hushed: bool,
    /// Whether it was quiet before this step.
    pub(super) was_quiet: bool,
    /// It is not quiet any more, and people must be told how it stands.
    pub(super) speaks_up: bool,
    pub(super) owed: Vec<Effect>,
    /// Who must hear of what is wrong around the alert.
    pub(super) letters: Vec<Notice>,
    news: Vec<Entry>,
}

impl Work {
    pub(super) fn new(alert: Alert, now: Timestamp) -> Self {
        Self {
            was_quiet: alert.is_quiet(),
            asks_at: match &alert.state {
                State::Open => alert.remit.until,
                State::Acknowledged(ack) => Some(ack.expires_at),
                State::Resolved { .. } => None,
            },
            alert,
            now,
            hushed: false,
            speaks_up: false,
            owed: Vec::new(),
            letters: Vec::new(),
            news: Vec::new(),
        }
    }

    /// Writes a line into the timeline.
    pub(super) fn note(&mut self, kind: EntryKind, actor: &str, detail: String) {
        let generation = self.alert.climb.generation;
        let entry = Entry { at: self.now, generation, kind, actor: actor.into(), detail };
        self.news.push(entry.clone());
        self.alert.timeline.push(entry);
        if self.alert.timeline.len() > TIMELINE {
            self.alert.timeline.remove(TIMELINE_HEAD);
        }
    }

    /// Repetitions in a row share one line.
    pub(super) fn note_repeated(&mut self, summary: &str) {
        let count = self.alert.occurrences;
        if self.alert.timeline.last().is_some_and(|it| it.kind == EntryKind::Repeated) {
            self.alert.timeline.pop();
        }
        self.note(EntryKind::Repeated, REMIT, format!("{count} times by now: {summary}"));
    }

    /// A line for what somebody did, also for the audit trail.
    pub(super) fn deed(&mut self, kind: EntryKind, action: &str, actor: &str, detail: String) {
        self.owed.push(Effect::Audit(AuditEntry {
            at: self.now,
            tenant: Some(self.alert.about.tenant.clone()),
            actor: actor.into(),
            action: action.into(),
            object: self.alert.id.to_string(),
            detail: detail.clone(),
        }));
        self.note(kind, actor, detail);
    }

    /// The step: messages first, so that a page is never behind the news of it.
    pub(super) fn finish(mut self, context: &Context<'_>) -> Step {
        if self.speaks_up {
            self.speak_up(context);
        }
        self.alert.clocks_due = self.clocks_due(context);
        self.close()
    }

    /// The same, of one that does not depend on how the world is.
    pub(super) fn close(self) -> Step {
        let Self { mut alert, news, mut owed, letters, .. } = self;
        // There may be many alerts, and most of them rest most of the time.
        alert.timeline.shrink_to_fit();
        alert.notices.shrink_to_fit();
        alert.clocks.clocks.shrink_to_fit();
        if !news.is_empty() {
            let brief = Arc::new(brief(&mut alert));
            for entry in news {
                let alert = Arc::clone(&brief);
                owed.push(Effect::Publish(Box::new(FeedEvent { entry, alert })));
            }
        }
        Step { alert, effects: owed, letters }
    }
}

/// What [`Alert::brief`] gives, without a copy of what is left out.
fn brief(alert: &mut Alert) -> Alert {
    let (timeline, notices) = (mem::take(&mut alert.timeline), mem::take(&mut alert.notices));
    let brief = alert.clone();
    (alert.timeline, alert.notices) = (timeline, notices);
    brief
}
