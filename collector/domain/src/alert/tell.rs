//! Who is told what, and who knows what.
//!
//! The newest message to somebody on a channel says what they know. Nobody is
//! told while the alert is quiet; [`hush`](super::hush) makes up for it.

use jiff::SignedDuration;
use remit_shared::{Severity, Team};

use crate::{
    alert::{
        Alert, Context, Delivery, EntryKind, Notice, NoticeId, Reached, Told, Topic,
        work::{REMIT, Work},
    },
    effect::Effect,
    letter,
    people::Target,
};

/// So many messages are kept once they are settled, if that can be.
const NOTICES: usize = 100;
/// So many are kept at most, settled or not.
const MOST_NOTICES: usize = 400;

/// Whoever believes that the alert is not over, each by their channel, in the
/// order in which they first heard of it.
pub(super) fn believers(alert: &Alert) -> Vec<(&Target, &str, Severity)> {
    let mut all: Vec<(&Target, &str, Told)> = Vec::new();
    let told = alert.notices.iter().filter(|it| !it.delivery.is_withdrawn());
    for Notice { to, channel, told, .. } in told {
        match all.iter_mut().find(|it| (it.0, it.1) == (to, channel.as_str())) {
            Some(known) => known.2 = *told,
            None => all.push((to, channel, *told)),
        }
    }
    let firing = all.into_iter().filter_map(|(to, channel, told)| match told {
        Told::Firing(severity) => Some((to, channel, severity)),
        Told::Over => None,
    });
    firing.collect()
}

/// How much somebody believes the alert to matter, if they believe that it is
/// not over.
pub(super) fn belief(alert: &Alert, target: &Target) -> Option<Severity> {
    believers(alert).into_iter().filter(|it| it.0 == target).map(|it| it.2).max()
}

/// Who was told last that the alert is theirs to act on.
pub(super) fn owner_told(alert: &Alert) -> Option<&Target> {
    let mut told = alert.notices.iter().filter(|it| !it.delivery.is_withdrawn());
    let last = told.rfind(|it| match it.topic {
        Topic::Assigned | Topic::HandOff => true,
        Topic::Informed
        | Topic::Escalated
        | Topic::Worse
        | Topic::Flapping
        | Topic::AtRisk
        | Topic::Breached
        | Topic::Resolved => false,
    });
    last.map(|it| &it.to)
}

impl Work {
    /// Owes a message to a team; see [`Work::tell`].
    pub(super) fn tell_team(&mut self, team: &Team, topic: Topic, context: &Context<'_>) -> bool {
        self.tell(&Target::Team(team.clone()), topic, context)
    }

    /// Owes a message to every channel of somebody. Says whether there is any
    /// use in waiting for them: whether they have one, or nobody is to be told.
    pub(super) fn tell(&mut self, to: &Target, topic: Topic, context: &Context<'_>) -> bool {
        self.tell_step(to, topic, None, context)
    }

    /// The same, for a step of the climb and how late it is.
    pub(super) fn tell_step(
        &mut self,
        to: &Target,
        topic: Topic,
        step: Option<(u32, Option<SignedDuration>)>,
        context: &Context<'_>,
    ) -> bool {
        if self.hushed {
            return true;
        }
        let reached = context.reach.reach(to, self.alert.severity, self.now);
        let Reached { channels, because, quieted } = reached;
        if channels.is_empty() {
            self.unreached(to, &because, topic, quieted);
            return false;
        }
        for channel in channels {
            self.owe(to.clone(), channel, because.clone(), topic, step);
        }
        true
    }

    /// Writes down that somebody cannot be told. If the alert was to be acted on
    /// and nobody had agreed to the silence, those who answer for it hear of it,
    /// once in each climb: a rota without anybody is theirs to fill.
    fn unreached(&mut self, to: &Target, because: &str, topic: Topic, quieted: bool) {
        let what = format!("{to} cannot be told: ");
        let is_known = self.alert.timeline.iter().any(|it| {
            it.kind == EntryKind::NoRecipient
                && it.generation == self.alert.climb.generation
                && it.detail.starts_with(&what)
        });
        self.note(EntryKind::NoRecipient, REMIT, format!("{what}{because}"));
        let is_owed = match topic {
            Topic::Assigned | Topic::HandOff | Topic::Escalated | Topic::Breached => true,
            Topic::Informed | Topic::Worse | Topic::Flapping | Topic::AtRisk | Topic::Resolved => {
                false
            }
        };
        if is_owed && !quieted && !is_known {
            let letters = letter::unreached(&self.alert, to, because, self.now);
            self.letters.extend(letters);
        }
    }

    fn owe(
        &mut self,
        to: Target,
        channel: String,
        because: String,
        topic: Topic,
        step: Option<(u32, Option<SignedDuration>)>,
    ) {
        let alert = &mut self.alert;
        let told = match topic {
            Topic::Resolved => Told::Over,
            Topic::Assigned
            | Topic::HandOff
            | Topic::Informed
            | Topic::Escalated
            | Topic::Worse
            | Topic::Flapping
            | Topic::AtRisk
            | Topic::Breached => {
                alert.announced_at.get_or_insert(self.now);
                Told::Firing(alert.severity)
            }
        };
        alert.notices_made += 1;
        let number = alert.notices_made;
        alert.notices.push(Notice {
            number,
            to,
            channel,
            because,
            topic,
            told,
            made_at: self.now,
            generation: alert.climb.generation,
            step: step.map(|it| it.0),
            late_by: step.and_then(|it| it.1),
            delivery: Delivery::Pending,
        });
        self.owed.push(Effect::Notify(NoticeId { alert: alert.id, number }));
        self.forget_settled();
    }

    /// Tells those who need not act, unless they know. Where only the catch-all
    /// named an owner, those who answer for the matrix are among them: they
    /// agreed on nothing here.
    pub(super) fn inform(&mut self, context: &Context<'_>) {
        let remit = &self.alert.remit;
        let mut teams: Vec<Team> = Vec::new();
        let answering = if remit.gap { remit.all_accountable() } else { Vec::new() };
        for team in remit.others.iter().chain(&remit.informed).chain(&answering) {
            let believed = belief(&self.alert, &Target::Team(team.clone()));
            let knows = believed >= Some(self.alert.severity);
            if *team != remit.responsible && !teams.contains(team) && !knows {
                teams.push(team.clone());
            }
        }
        for team in &teams {
            self.tell_team(team, Topic::Informed, context);
        }
    }

    /// Tells whoever believes otherwise that it is over, the way they heard of
    /// it.
    pub(super) fn all_clear(&mut self) {
        if self.hushed {
            return;
        }
        let believers: Vec<(Target, String)> = believers(&self.alert)
            .into_iter()
            .map(|(to, channel, _)| (to.clone(), channel.to_owned()))
            .collect();
        for (to, channel) in believers {
            self.owe(to, channel, "they were told of it".to_owned(), Topic::Resolved, None);
        }
    }

    /// Notes how far a message got.
    pub(super) fn deliver(&mut self, number: u32, delivery: Delivery) {
        let Some(notice) = self.alert.notices.iter_mut().find(|it| it.number == number) else {
            return;
        };
        if notice.delivery.is_final() || notice.delivery == delivery {
            return;
        }
        let (to, channel) = (notice.to.clone(), notice.channel.clone());
        let first_failure = !matches!(notice.delivery, Delivery::Failing { .. });
        notice.delivery = delivery.clone();
        match delivery {
            Delivery::Pending | Delivery::Withdrawn { .. } => {}
            Delivery::Delivered { .. } => {
                self.note(EntryKind::Notified, REMIT, format!("{to} by {channel}"));
            }
            Delivery::Failing { error, .. } if first_failure => {
                let detail = format!("{to} by {channel}, will be tried again: {error}");
                self.note(EntryKind::DeliveryFailed, REMIT, detail);
            }
            Delivery::Failing { .. } => {}
            Delivery::Failed { error, .. } => {
                let detail = format!("{to} by {channel}, given up: {error}");
                self.note(EntryKind::DeliveryFailed, REMIT, detail);
            }
        }
    }

    /// Drops the oldest messages that are settled, but never the newest to
    /// somebody on a channel: it says what they know.
    fn forget_settled(&mut self) {
        let notices = &mut self.alert.notices;
        let surplus = notices.len().saturating_sub(NOTICES);
        if surplus == 0 {
            return;
        }
        let is_repeated = |it: &Notice| {
            let is_same = |other: &&Notice| other.to == it.to && other.channel == it.channel;
            notices.iter().rfind(is_same).is_some_and(|last| last.number != it.number)
        };
        let drop: Vec<u32> = notices
            .iter()
            .filter(|it| it.delivery.is_final() && is_repeated(it))
            .map(|it| it.number)
            .take(surplus)
            .collect();
        notices.retain(|it| !drop.contains(&it.number));
        // A channel that has hung for so long has other watchers.
        let excess = notices.len().saturating_sub(MOST_NOTICES);
        notices.drain(..excess);
    }
}
