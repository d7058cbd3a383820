//! Where messages wait for their like before they go out.

use std::collections::HashMap;

use jiff::Timestamp;
use remit_collector_domain::{
    alert::{Alert, Notice, NoticeId},
    effect::EffectKey,
    group::{Digest, Groups, Item, Offered, Waits},
};
use remit_shared::AlertId;

/// A message and the effect that owes it.
pub(super) type Owing = (NoticeId, EffectKey);

/// What waits, with the effects that owe it. In memory: what is still owed
/// after a restart is offered again.
#[derive(Debug)]
pub(super) struct Tray {
    groups: Groups,
    keys: HashMap<NoticeId, EffectKey>,
}

/// What becomes of a message that is put in.
#[derive(Debug)]
pub(super) struct Sorted {
    /// Whether it must go out by itself, and at once.
    pub(super) is_urgent: bool,
    /// What is not to be sent any more.
    pub(super) needless: Vec<Owing>,
}

impl Tray {
    pub(super) fn new(waits: Waits) -> Self {
        Self { groups: Groups::new(waits), keys: HashMap::new() }
    }

    /// Puts a message in.
    pub(super) fn put(
        &mut self,
        effect: &EffectKey,
        alert: &Alert,
        notice: &Notice,
        now: Timestamp,
    ) -> Sorted {
        let (key, item) = Item::of(alert, notice);
        let id = NoticeId { alert: alert.id, number: notice.number };
        self.keys.insert(id, effect.clone());
        match self.groups.offer(key, item, now) {
            Offered::Now(others) => {
                self.keys.remove(&id);
                Sorted { is_urgent: true, needless: self.take_out(others) }
            }
            Offered::Waits { .. } => Sorted { is_urgent: false, needless: Vec::new() },
            Offered::Dropped(all) => Sorted { is_urgent: false, needless: self.take_out(all) },
        }
    }

    /// Whether anything waits or is to be told again.
    pub(super) fn is_in_use(&self) -> bool {
        self.groups.deadline().is_some()
    }

    /// The alerts of what may have to go out by now.
    pub(super) fn alerts_due(&self, now: Timestamp) -> Vec<AlertId> {
        let is_due = self.groups.deadline().is_some_and(|it| it <= now);
        if is_due { self.groups.alerts().into_iter().collect() } else { Vec::new() }
    }

    /// Why an alert need not be told any more, if so.
    pub(super) fn why_not(&self, alert: Option<&Alert>) -> Option<&'static str> {
        alert.map_or(Some("the alert is not there any more"), |it| self.groups.needless(it))
    }

    /// Takes out all about an alert.
    pub(super) fn withdraw(&mut self, alert: AlertId) -> Vec<Owing> {
        let withdrawn = self.groups.withdraw(alert);
        self.take_out(withdrawn)
    }

    /// Takes out what must go by now, each message with the effects that owe
    /// its parts.
    pub(super) fn due(&mut self, now: Timestamp) -> Vec<(Digest, Vec<EffectKey>)> {
        let digests = self.groups.due(now);
        let with_keys = |digest: Digest| {
            let keys = self.take_out(digest.notices().collect());
            (digest, keys.into_iter().map(|it| it.1).collect())
        };
        digests.into_iter().map(with_keys).collect()
    }

    fn take_out(&mut self, notices: Vec<NoticeId>) -> Vec<Owing> {
        notices.into_iter().filter_map(|it| self.keys.remove_entry(&it)).collect()
    }
}
