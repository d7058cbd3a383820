//! Alerts that come and go too often to be told each time.
//!
//! Once that begins, the responsible team is told so, and the alert stays open
//! whatever the check says: nothing opens or resolves it, so there is nothing
//! to tell. It is climbed like any other, and promised times run on. When it
//! has settled, an alert whose condition is gone is resolved, and whoever
//! believes otherwise is told.

use std::{mem, sync::Arc};

use jiff::Timestamp;

use crate::{
    alert::{
        Alert, Context, EntryKind, Topic,
        work::{REMIT, Work},
    },
    flapping::{self, Change},
};

/// When an alert that changes too often has settled.
pub(super) fn deadline(alert: &Alert) -> Option<Timestamp> {
    flapping::deadline(&alert.flap)
}

impl Work {
    /// Notes what the check says. Says whether that began to be too often.
    pub(super) fn turn(&mut self, bad: bool) -> bool {
        let (flap, change) = flapping::turn(&self.alert.flap, bad, self.now);
        self.alert.flap = flap;
        match change {
            Change::None | Change::Stopped => false,
            Change::Started => {
                let detail = "flapping: it changes too often to be told each time";
                self.note(EntryKind::Suppressed, REMIT, detail.to_owned());
                true
            }
        }
    }

    /// Whether it changes too often to be told each time.
    pub(super) fn flaps(&self) -> bool {
        self.alert.flap.since.is_some()
    }

    /// Tells the responsible team that it will hear no more of this.
    pub(super) fn tell_flapping(&mut self, context: &Context<'_>) {
        let owner = self.alert.remit.responsible.clone();
        self.tell_team(&owner, Topic::Flapping, context);
    }

    /// Lets an alert that changed too often be as it is, once it has settled.
    pub(super) fn settle(&mut self, context: &Context<'_>) {
        let (flap, change) = flapping::tick(&self.alert.flap, context.now);
        if change != Change::Stopped {
            return;
        }
        let settled_at = deadline(&self.alert).unwrap_or(self.now);
        self.alert.flap = flap;
        self.note(EntryKind::Unsuppressed, REMIT, "flapping".to_owned());
        if self.alert.cleared_at.is_some() && self.alert.is_unresolved() {
            self.look_back(settled_at, context);
            self.resolve(None, context);
            self.note(EntryKind::Resolved, REMIT, "it has not come back".to_owned());
            self.all_clear();
        }
    }

    /// Lets whoever had it when it settled have it still, though nobody hears of
    /// that any more.
    fn look_back(&mut self, settled_at: Timestamp, context: &Context<'_>) {
        let remit = Arc::new(context.owners.at(settled_at));
        let hushed = mem::replace(&mut self.hushed, true);
        self.pass_hours(&Context { remit: &remit, now: settled_at, ..*context });
        self.hushed = hushed;
    }
}
