//! An alert's message as one that may wait, and when it need not be told.

use std::{collections::BTreeSet, sync::Arc};

use remit_shared::AlertId;

use crate::{
    alert::{Alert, Delivery, Notice, NoticeId, State, Told},
    group::{Groups, Item, Key, Matter},
};

impl Item {
    /// A message of an alert, and with which others it may travel.
    pub fn of(alert: &Alert, notice: &Notice) -> (Key, Self) {
        let about = &alert.about;
        let key = Key {
            tenant: about.tenant.clone(),
            to: notice.to.clone(),
            channel: notice.channel.clone(),
            owner: alert.remit.responsible.clone(),
            site: about.site.clone(),
            class: Arc::clone(&about.check),
        };
        let item = Self {
            about: Matter::Alert(alert.id),
            notices: vec![NoticeId { alert: alert.id, number: notice.number }],
            endpoint: about.endpoint,
            hostname: about.hostname.clone(),
            severity: alert.severity,
            summary: alert.summary.clone(),
            over: notice.told == Told::Over,
            told_before: told_before(alert, notice),
        };
        (key, item)
    }
}

/// Whether the last message that reached its recipient said that the alert is
/// not over.
fn told_before(alert: &Alert, notice: &Notice) -> bool {
    let earlier = alert.notices.iter().rfind(|it| {
        let has_arrived = matches!(it.delivery, Delivery::Delivered { .. });
        let is_same = it.to == notice.to && it.channel == notice.channel;
        it.number < notice.number && is_same && has_arrived
    });
    earlier.is_some_and(|it| matches!(it.told, Told::Firing(_)))
}

impl Groups {
    /// The alerts of which something waits, or was told and may be told again.
    pub fn alerts(&self) -> BTreeSet<AlertId> {
        let matters = self.groups.values().flat_map(|it| it.matters());
        matters.filter_map(Matter::alert).collect()
    }

    /// Why nobody needs to hear of an alert any more, if so.
    ///
    /// That it is over has a message of its own, and what is owed after
    /// somebody took it on is not settled by that.
    pub fn needless(&self, alert: &Alert) -> Option<&'static str> {
        if alert.is_quiet() {
            return Some("by its turn, something kept it quiet");
        }
        let waiting = self.groups.values().flat_map(|it| it.notices_about(Matter::Alert(alert.id)));
        let newest = waiting.filter_map(|it| alert.notice(it.number)).map(|it| it.made_at).max();
        match &alert.state {
            State::Open => None,
            State::Acknowledged(ack) => {
                let is_older = newest.is_none_or(|it| it <= ack.at);
                is_older.then_some("by its turn, somebody had taken it on")
            }
            State::Resolved { .. } => newest.is_none().then_some("it is over"),
        }
    }
}

impl Matter {
    /// The alert, if it is one.
    fn alert(self) -> Option<AlertId> {
        match self {
            Self::Alert(id) => Some(id),
            Self::Backlog(_) => None,
        }
    }
}
