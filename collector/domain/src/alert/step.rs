//! Everything but signals: people, time and deliveries.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use remit_shared::Team;

use crate::{
    alert::{
        Alert, Climb, Context, Delivery, Disposition, Entry, EntryKind, Event, Notice, NoticeId,
        Remit, State, Step, Topic, ladder::next_rung,
    },
    effect::{AuditEntry, Effect, FeedEvent},
};

/// The collector's own name in timelines.
pub(super) const REMIT: &str = "remit";

/// So many timeline entries are kept; the oldest few and the newest.
const TIMELINE: usize = 200;
const TIMELINE_HEAD: usize = 20;
/// So many messages are kept once they are settled.
const NOTICES: usize = 100;
/// A rung told later than this says so.
const PUNCTUAL: SignedDuration = SignedDuration::from_mins(1);

/// Advances an alert by one event.
pub fn step(alert: &Alert, event: Event, context: &Context<'_>) -> Step {
    let mut work = Work::new(alert.clone(), context.now);
    match event {
        Event::Acknowledged(ack) => {
            let detail = format!("until {}{}", ack.expires_at, said(&ack.note));
            work.deed(EntryKind::Acknowledged, "alert.acknowledge", &ack.by.to_string(), detail);
            work.alert.state = State::Acknowledged(ack);
        }
        Event::Resolved { by, note } => {
            work.alert.state = State::Resolved { at: context.now, by: Some(by.name.clone()) };
            if work.alert.disposition == Disposition::None {
                work.alert.disposition = Disposition::Resolved;
            }
            work.deed(EntryKind::Resolved, "alert.resolve", &by.to_string(), note);
            work.all_clear(context);
        }
        Event::HandedOver { by, to, party, reason, note } => {
            let detail = format!("to {to}, {}{}", reason.as_str(), said(&note));
            work.deed(EntryKind::HandedOff, "alert.hand_over", &by.to_string(), detail);
            let remit = Remit {
                responsible: to,
                party,
                reason: format!("handed over by {by}: {}{}", reason.as_str(), said(&note)),
                decided_at: context.now,
                until: None,
                by_hand: true,
                ..work.alert.remit.clone()
            };
            work.alert.state = State::Open;
            work.hand(remit, context);
        }
        Event::Disposed { by, disposition, note } => {
            work.alert.disposition = disposition;
            work.alert.disposition_note.clone_from(&note);
            let detail = format!("{}{}", disposition.as_str(), said(&note));
            work.deed(EntryKind::DispositionSet, "alert.dispose", &by.to_string(), detail);
        }
        Event::Noted { by, note } => {
            work.deed(EntryKind::NoteAdded, "alert.note", &by.to_string(), note);
        }
        Event::Delivery { number, delivery } => work.deliver(number, delivery),
        Event::Tick => work.tick(context),
    }
    work.finish()
}

/// An alert being changed, with what it comes to owe.
pub(super) struct Work {
    pub(super) alert: Alert,
    now: Timestamp,
    news: Vec<Entry>,
    owed: Vec<Effect>,
}

impl Work {
    pub(super) fn new(alert: Alert, now: Timestamp) -> Self {
        Self { alert, now, news: Vec::new(), owed: Vec::new() }
    }

    /// Writes a line into the timeline.
    pub(super) fn note(&mut self, kind: EntryKind, actor: &str, detail: String) {
        let entry = Entry { at: self.now, kind, actor: actor.into(), detail };
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

    /// A line for what a person did, also for the audit trail.
    fn deed(&mut self, kind: EntryKind, action: &str, actor: &str, detail: String) {
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

    /// Gives the alert to the team that the matrix names, from the first rung.
    pub(super) fn assign(&mut self, remit: Remit, kind: EntryKind, context: &Context<'_>) {
        let detail = format!("to {}: {}", remit.responsible, remit.reason);
        self.note(kind, REMIT, detail);
        self.hand(remit, context);
    }

    fn hand(&mut self, remit: Remit, context: &Context<'_>) {
        self.alert.remit = remit;
        self.alert.climb = Climb { since: self.now, next: 1 };
        let team = self.alert.remit.responsible.clone();
        self.notify(&team, Topic::Assigned, context);
    }

    /// Owes a message to every channel of a team.
    pub(super) fn notify(&mut self, team: &Team, topic: Topic, context: &Context<'_>) {
        let channels = context.channels.get(team).map_or(&[][..], Vec::as_slice);
        if channels.is_empty() {
            self.note(EntryKind::NoRecipient, REMIT, format!("{team} has no channel"));
        }
        for channel in channels {
            self.alert.notices_made += 1;
            let number = self.alert.notices_made;
            self.alert.notices.push(Notice {
                number,
                team: team.clone(),
                channel: channel.clone(),
                topic,
                made_at: self.now,
                delivery: Delivery::Pending,
            });
            self.owed.push(Effect::Notify(NoticeId { alert: self.alert.id, number }));
        }
        let notices = &mut self.alert.notices;
        if let Some(surplus) = notices.len().checked_sub(NOTICES) {
            let settled = |it: &Notice| match it.delivery {
                Delivery::Delivered { .. } | Delivery::Failed { .. } => true,
                Delivery::Pending | Delivery::Failing { .. } => false,
            };
            let mut left = surplus;
            notices.retain(|it| {
                let drop = left > 0 && settled(it);
                left -= usize::from(drop);
                !drop
            });
        }
    }

    /// Tells every team that was told of the alert that it is over.
    pub(super) fn all_clear(&mut self, context: &Context<'_>) {
        let mut teams: Vec<Team> = Vec::new();
        for notice in &self.alert.notices {
            if notice.topic != Topic::Resolved && !teams.contains(&notice.team) {
                teams.push(notice.team.clone());
            }
        }
        for team in &teams {
            self.notify(team, Topic::Resolved, context);
        }
    }

    fn deliver(&mut self, number: u32, delivery: Delivery) {
        let Some(notice) = self.alert.notices.iter_mut().find(|it| it.number == number) else {
            return;
        };
        if notice.delivery == delivery {
            return;
        }
        let (team, channel) = (notice.team.clone(), notice.channel.clone());
        let first_failure = !matches!(notice.delivery, Delivery::Failing { .. });
        notice.delivery = delivery.clone();
        match delivery {
            Delivery::Pending => {}
            Delivery::Delivered { .. } => {
                self.note(EntryKind::Notified, REMIT, format!("{team} by {channel}"));
            }
            Delivery::Failing { error, .. } if first_failure => {
                let detail = format!("{team} by {channel}, will be tried again: {error}");
                self.note(EntryKind::DeliveryFailed, REMIT, detail);
            }
            Delivery::Failing { .. } => {}
            Delivery::Failed { error, .. } => {
                let detail = format!("{team} by {channel}, given up: {error}");
                self.note(EntryKind::DeliveryFailed, REMIT, detail);
            }
        }
    }

    fn tick(&mut self, context: &Context<'_>) {
        match &self.alert.state {
            State::Resolved { .. } => {}
            State::Acknowledged(ack) if ack.expires_at > self.now => {}
            State::Acknowledged(ack) => {
                let detail = format!("{} did not finish it in time", ack.by);
                self.alert.state = State::Open;
                self.note(EntryKind::AckExpired, REMIT, detail);
                self.assign(context.remit.clone(), EntryKind::Routed, context);
            }
            State::Open => {
                self.reconsider(context);
                self.climb(context);
            }
        }
    }

    /// Asks the matrix again if its answer was to change by now, or if it is
    /// another matrix.
    fn reconsider(&mut self, context: &Context<'_>) {
        let Remit { until, matrix_version, responsible, by_hand, .. } = &self.alert.remit;
        let expired = until.is_some_and(|it| it <= self.now);
        let republished = *matrix_version != context.remit.matrix_version;
        if *by_hand || (!expired && !republished) {
            return;
        }
        if *responsible == context.remit.responsible {
            self.alert.remit = context.remit.clone();
        } else {
            self.assign(context.remit.clone(), EntryKind::Rerouted, context);
        }
    }

    /// Tells every rung that is due, each team once.
    fn climb(&mut self, context: &Context<'_>) {
        let mut told: Vec<Team> = Vec::new();
        loop {
            let (due, teams) = next_rung(&self.alert.remit, &self.alert.climb);
            if due > self.now {
                return;
            }
            let teams: Vec<Team> = teams.into_iter().cloned().collect();
            self.alert.climb.next = self.alert.climb.next.saturating_add(1);
            for team in teams {
                if told.contains(&team) {
                    continue;
                }
                let late = self.now.duration_since(due);
                let lateness = if late > PUNCTUAL {
                    format!(", {} min late", late.as_mins())
                } else {
                    String::new()
                };
                let detail = format!("to {team}: not acknowledged in time{lateness}");
                self.note(EntryKind::Escalated, REMIT, detail);
                self.notify(&team, Topic::Escalated, context);
                told.push(team);
            }
        }
    }

    /// The step: messages first, so that a page is never behind the news of it.
    pub(super) fn finish(self) -> Step {
        let Self { alert, news, mut owed, .. } = self;
        let brief = Arc::new(alert.brief());
        for entry in news {
            let alert = Arc::clone(&brief);
            owed.push(Effect::Publish(Box::new(FeedEvent { entry, alert })));
        }
        Step { alert, effects: owed }
    }
}

fn said(note: &str) -> String {
    if note.is_empty() { String::new() } else { format!(": {note}") }
}
