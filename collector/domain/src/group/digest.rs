//! One group, and the message that it becomes.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use remit_shared::{AlertId, Team, Tenant};

use crate::{
    alert::NoticeId,
    group::{Item, Key, Waits},
};

/// One message about many alerts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    /// The customer environment.
    pub tenant: Tenant,
    /// Whom it is for.
    pub team: Team,
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
    pub(super) waiting: BTreeMap<AlertId, Item>,
    /// What recipients believe to be the matter.
    told: BTreeMap<AlertId, Item>,
    since: Option<Timestamp>,
    sent_at: Option<Timestamp>,
}

impl Group {
    /// Takes a message. Gives what need not be told any more, if anything.
    pub(super) fn take(&mut self, mut item: Item, now: Timestamp) -> Option<Vec<NoticeId>> {
        let earlier = self.waiting.remove(&item.alert);
        let was_over = earlier.as_ref().is_some_and(|it| it.over);
        item.notices.splice(0..0, earlier.into_iter().flat_map(|it| it.notices));
        if !self.is_news(&item, was_over) {
            return Some(item.notices);
        }
        if self.waiting.is_empty() {
            self.since = Some(now);
        }
        self.waiting.insert(item.alert, item);
        None
    }

    /// Whether the recipient would learn anything. What was over for a moment,
    /// and nobody heard of that, is as it was.
    fn is_news(&self, item: &Item, was_over: bool) -> bool {
        match (self.told.get(&item.alert), item.over) {
            (Some(told), false) => !was_over || told.severity != item.severity,
            (None, false) | (Some(_), true) => true,
            (None, true) => item.told_before,
        }
    }

    pub(super) fn withdraw(&mut self, alert: AlertId) -> Vec<NoticeId> {
        self.told.remove(&alert);
        self.waiting.remove(&alert).map_or_else(Vec::new, |it| it.notices)
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
        for (alert, item) in waiting {
            if item.over {
                self.told.remove(&alert);
                digest.over.push((key.clone(), item));
            } else {
                let told = Item { notices: Vec::new(), ..item.clone() };
                self.told.insert(alert, told);
                digest.news.push((key.clone(), item));
            }
        }
        digest.news.sort_by_key(|it| std::cmp::Reverse(it.1.severity));
        (self.since, self.sent_at) = (None, Some(now));
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
            team: key.team.clone(),
            channel: key.channel.clone(),
            made_at: now,
            news: Vec::new(),
            over: Vec::new(),
            standing: Vec::new(),
            still_open: 0,
        }
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
