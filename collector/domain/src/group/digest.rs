//! One group, and the message that it becomes.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use remit_shared::{Severity, Team, Tenant};
use uuid::Uuid;

use crate::{
    alert::NoticeId,
    group::{Item, Key, Matter, Waits},
    people::Target,
};

/// One message about many alerts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    /// The customer environment.
    pub tenant: Tenant,
    /// Whom it is for.
    pub to: Target,
    /// The way it takes.
    pub channel: String,
    /// When it was owed.
    pub made_at: Timestamp,
    /// What is the matter and was not told so before, worst first.
    pub news: Vec<(Key, Item)>,
    /// What was told before and is over.
    pub over: Vec<(Key, Item)>,
    /// What was told before and is as it was; listed only when nothing else
    /// has been told for long.
    pub standing: Vec<(Key, Item)>,
    /// How many were told before and are as they were.
    pub still_open: usize,
}

/// What waits for one key, and what was told.
#[derive(Clone, Debug, Default)]
pub(super) struct Group {
    pub(super) waiting: BTreeMap<Matter, Item>,
    /// What recipients believe to be the matter.
    told: BTreeMap<Matter, Item>,
    since: Option<Timestamp>,
    sent_at: Option<Timestamp>,
}

impl Group {
    /// Takes a message. Gives what need not be told any more, if anything.
    pub(super) fn take(&mut self, mut item: Item, now: Timestamp) -> Option<Vec<NoticeId>> {
        let earlier = self.waiting.remove(&item.about);
        let was_over = earlier.as_ref().is_some_and(|it| it.over);
        item.notices.splice(0..0, earlier.into_iter().flat_map(|it| it.notices));
        if !self.is_news(&item, was_over) {
            return Some(item.notices);
        }
        if self.waiting.is_empty() {
            self.since = Some(now);
        }
        self.waiting.insert(item.about, item);
        None
    }

    /// Whether the recipient would learn anything. What was over for a moment,
    /// and nobody heard of that, is as it was.
    fn is_news(&self, item: &Item, was_over: bool) -> bool {
        match (self.told.get(&item.about), item.over) {
            (Some(told), false) => !was_over || told.severity != item.severity,
            (None, false) | (Some(_), true) => true,
            (None, true) => item.told_before,
        }
    }

    pub(super) fn withdraw(&mut self, about: Matter) -> Vec<NoticeId> {
        self.told.remove(&about);
        self.waiting.remove(&about).map_or_else(Vec::new, |it| it.notices)
    }

    /// When what waits goes out.
    pub(super) fn due(&self, waits: &Waits) -> Option<Timestamp> {
        let since = self.since.filter(|_| !self.waiting.is_empty())?;
        let first = later(since, waits.first);
        Some(self.sent_at.map_or(first, |it| first.max(later(it, waits.between))))
    }

    /// When there is anything to send.
    pub(super) fn deadline(&self, waits: &Waits) -> Option<Timestamp> {
        let again = || {
            let sent_at = self.sent_at.filter(|_| !self.told.is_empty())?;
            Some(later(sent_at, rounded(waits)))
        };
        self.due(waits).or_else(again)
    }

    /// Moves what waits into a digest, or repeats what stands.
    pub(super) fn move_to(&mut self, digest: &mut Digest, key: &Key, now: Timestamp) {
        let waiting = std::mem::take(&mut self.waiting);
        if waiting.is_empty() {
            digest.standing.extend(self.told.values().map(|it| (key.clone(), it.clone())));
        }
        digest.still_open += self.told.keys().filter(|it| !waiting.contains_key(it)).count();
        for (about, item) in waiting {
            let list = if item.over { &mut digest.over } else { &mut digest.news };
            list.push((key.clone(), item.clone()));
            match about {
                Matter::Alert(_) if !item.over => {
                    self.told.insert(about, Item { notices: Vec::new(), ..item });
                }
                Matter::Alert(_) | Matter::Backlog(_) => {
                    self.told.remove(&about);
                }
            }
        }
        digest.news.sort_by_key(|it| std::cmp::Reverse(it.1.severity));
        (self.since, self.sent_at) = (None, Some(now));
    }

    /// What waits or was told.
    pub(super) fn matters(&self) -> impl Iterator<Item = Matter> {
        self.waiting.keys().chain(self.told.keys()).copied()
    }

    /// The messages about something that wait.
    pub(super) fn notices_about(&self, about: Matter) -> impl Iterator<Item = NoticeId> {
        self.waiting.get(&about).into_iter().flat_map(|it| it.notices.iter().copied())
    }

    /// Whether nothing would be different without it.
    pub(super) fn is_spent(&self, between: SignedDuration, now: Option<Timestamp>) -> bool {
        let is_free = self.sent_at.is_none_or(|at| now.is_some_and(|it| it >= later(at, between)));
        self.waiting.is_empty() && self.told.is_empty() && is_free
    }
}

impl Digest {
    pub(super) fn empty(key: &Key, now: Timestamp) -> Self {
        Self {
            tenant: key.tenant.clone(),
            to: key.to.clone(),
            channel: key.channel.clone(),
            made_at: now,
            news: Vec::new(),
            over: Vec::new(),
            standing: Vec::new(),
            still_open: 0,
        }
    }

    /// The same for the same messages, in whatever order they came.
    pub fn name(&self) -> Uuid {
        let mut parts: Vec<String> = self.notices().map(|it| it.to_string()).collect();
        parts.sort_unstable();
        if parts.is_empty() {
            // What is told again is another message each time.
            parts.push(self.made_at.to_string());
        }
        let text = format!("{}/{}/{}/{}", self.tenant, self.to, self.channel, parts.join("/"));
        Uuid::new_v5(&Uuid::nil(), text.as_bytes())
    }

    /// The one message that it is, if it stands for one matter alone: that one
    /// is told as if it had not waited.
    pub fn only(&self) -> Option<NoticeId> {
        match (self.news.as_slice(), self.over.as_slice(), self.standing.as_slice()) {
            ([(_, item)], [], []) | ([], [(_, item)], []) => item.notices.last().copied(),
            _ => None,
        }
    }

    /// All that it is about, the most important first.
    pub fn items(&self) -> impl Iterator<Item = &(Key, Item)> {
        self.news.iter().chain(&self.over).chain(&self.standing)
    }

    /// How much the most important of it matters.
    pub fn severity(&self) -> Severity {
        self.items().map(|it| it.1.severity).max().unwrap_or(Severity::Info)
    }

    /// Whose the most important of it is.
    pub fn owner(&self) -> Option<&Team> {
        self.items().next().map(|it| &it.0.owner)
    }

    /// The messages that are settled once it has arrived.
    pub fn notices(&self) -> impl Iterator<Item = NoticeId> {
        self.news.iter().chain(&self.over).flat_map(|it| it.1.notices.iter().copied())
    }
}

fn rounded(waits: &Waits) -> SignedDuration {
    let (repeat, between) = (waits.repeat.as_millis(), waits.between.as_millis().max(1));
    let times = repeat.div_euclid(between) + i128::from(repeat.rem_euclid(between) != 0);
    let millis = i64::try_from(times.max(1) * between).unwrap_or(i64::MAX);
    SignedDuration::from_millis(millis)
}

fn later(at: Timestamp, wait: SignedDuration) -> Timestamp {
    at.checked_add(wait).unwrap_or(Timestamp::MAX)
}
