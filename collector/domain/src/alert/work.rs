//! An alert while it changes: what is written down, and who must be told.

use std::sync::Arc;

use jiff::Timestamp;
use remit_shared::Team;

use crate::{
    alert::{
        Alert, Climb, Context, Delivery, Entry, EntryKind, Notice, NoticeId, Remit, Step, Topic,
        ladder::rung_team,
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

/// An alert being changed, with what it comes to owe.
pub(super) struct Work {
    pub(super) alert: Alert,
    pub(super) now: Timestamp,
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

    /// Gives the alert to whom the matrix names now, from the first rung, unless
    /// a person has decided otherwise.
    pub(super) fn route(&mut self, context: &Context<'_>) {
        let current = &self.alert.remit;
        let remit = if current.by_hand { current.clone() } else { context.remit.clone() };
        let kind = if remit.responsible == current.responsible {
            EntryKind::Routed
        } else {
            EntryKind::Rerouted
        };
        self.assign(remit, kind, context);
    }

    /// Gives the alert to a team, from the first rung.
    pub(super) fn assign(&mut self, remit: Remit, kind: EntryKind, context: &Context<'_>) {
        let detail = format!("to {}: {}", remit.responsible, remit.reason);
        self.note(kind, REMIT, detail);
        self.hand(remit, context);
    }

    pub(super) fn hand(&mut self, remit: Remit, context: &Context<'_>) {
        let before = self.alert.remit.responsible.clone();
        self.adopt(remit);
        self.alert.climb = Climb { since: self.now, next: 1 };
        let team = self.alert.remit.responsible.clone();
        if !self.notify(&team, Topic::Assigned, context) {
            self.hurry(&team, context);
        }
        if before != team {
            self.notify(&before, Topic::Informed, context);
        }
    }

    /// Tells the rest of this climb now, up to the first who can be told: there
    /// is no use in waiting for a team that nobody has reached.
    pub(super) fn hurry(&mut self, unreached: &Team, context: &Context<'_>) {
        while let Some(team) = rung_team(&self.alert).cloned() {
            self.alert.climb.next = self.alert.climb.next.saturating_add(1);
            let detail = format!("to {team}: {unreached} cannot be told");
            self.note(EntryKind::Escalated, REMIT, detail);
            if self.notify(&team, Topic::Escalated, context) {
                return;
            }
        }
    }

    /// Takes over what the matrix says. An answer that was to change before now
    /// is as good as one that never does: the next tick would not change it.
    pub(super) fn adopt(&mut self, remit: Remit) {
        let until = remit.until.filter(|it| *it > self.now);
        self.alert.remit = Remit { until, ..remit };
    }

    /// Tells those who need not act.
    pub(super) fn inform(&mut self, context: &Context<'_>) {
        let Remit { informed, responsible, .. } = self.alert.remit.clone();
        for team in informed.iter().filter(|it| **it != responsible) {
            self.notify(team, Topic::Informed, context);
        }
    }

    /// Owes a message to every channel of a team. Says whether it has any.
    pub(super) fn notify(&mut self, team: &Team, topic: Topic, context: &Context<'_>) -> bool {
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
        self.forget_settled();
        !channels.is_empty()
    }

    /// Drops the oldest messages that are settled, but never the newest to a
    /// team on a channel: who was told must also hear that it is over.
    fn forget_settled(&mut self) {
        let notices = &mut self.alert.notices;
        let surplus = notices.len().saturating_sub(NOTICES);
        if surplus == 0 {
            return;
        }
        let is_settled = |it: &Notice| match it.delivery {
            Delivery::Delivered { .. } | Delivery::Failed { .. } => true,
            Delivery::Pending | Delivery::Failing { .. } => false,
        };
        let is_repeated = |it: &Notice| {
            let is_same = |other: &&Notice| other.team == it.team && other.channel == it.channel;
            notices.iter().rfind(is_same).is_some_and(|last| last.number != it.number)
        };
        let drop: Vec<u32> = notices
            .iter()
            .filter(|it| is_settled(it) && is_repeated(it))
            .map(|it| it.number)
            .take(surplus)
            .collect();
        notices.retain(|it| !drop.contains(&it.number));
    }

    /// Tells every team that was told of the alert that it is over.
    pub(super) fn all_clear(&mut self, context: &Context<'_>) {
        let mut teams: Vec<Team> = Vec::new();
        for notice in &self.alert.notices {
            if !teams.contains(&notice.team) {
                teams.push(notice.team.clone());
            }
        }
        for team in &teams {
            self.notify(team, Topic::Resolved, context);
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
