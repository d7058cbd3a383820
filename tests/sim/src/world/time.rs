//! Lets time pass, and everything that falls due on the way.
//!
//! What must be watched once a minute is looked at whenever something has
//! changed: as long as nothing has, another look shows nothing else.

use jiff::Timestamp;
use remit_collector_domain::{
    alert::{self, Event, must_be_watched},
    known_issue, window,
};
use remit_shared::{AlertId, KnownIssueId, Tenant, WindowId};

use crate::world::World;

/// Whatever is due must be done by so many looks at it.
const LOOKS: usize = 8;

impl World {
    /// Lets time pass until an instant: what falls due on the way happens at
    /// its own time, and what is owed is performed.
    ///
    /// # Panics
    ///
    /// If something is due again and again at one instant: a collector would
    /// never do anything else.
    pub fn advance(&mut self, to: Timestamp) {
        while let Some(due) = self.next_due().filter(|it| *it <= to) {
            self.now = self.now.max(due);
            self.tick();
        }
        self.now = to;
        self.tick();
    }

    /// Sets the clock without letting anything happen: a collector that was
    /// down, or a clock that was wrong.
    pub fn set_clock(&mut self, to: Timestamp) {
        self.now = to;
    }

    /// Does whatever is due now, and looks at what must be watched, until
    /// nothing changes any more.
    pub fn tick(&mut self) {
        for _ in 0..LOOKS {
            self.tick_windows();
            self.judge_losses();
            let is_stale = !std::mem::replace(&mut self.memory.is_watched, true);
            let must_tick = |it: &&alert::Alert| {
                alert::deadline(it).is_some_and(|it| it <= self.now)
                    || (is_stale && must_be_watched(it))
            };
            let due: Vec<AlertId> =
                self.alerts.values().filter(must_tick).map(|it| it.id).collect();
            for id in &due {
                self.happens(*id, Event::Tick);
            }
            self.perform();
            if due.is_empty() {
                return;
            }
        }
        let late = self.alerts.values().find(|it| alert::deadline(it) <= Some(self.now));
        panic!("something is due again and again at {}: {late:#?}", self.now);
    }

    fn tick_windows(&mut self) {
        let now = self.now;
        let is_due = |it: Option<Timestamp>| it.is_some_and(|it| it <= now);
        let windows = self.windows.values().filter(|it| is_due(window::deadline(it)));
        let windows: Vec<WindowId> = windows.map(|it| it.id).collect();
        for id in windows {
            self.tick_window(id);
        }
        let issues = self.issues.values().filter(|it| is_due(known_issue::deadline(it)));
        let issues: Vec<KnownIssueId> = issues.map(|it| it.id).collect();
        for id in issues {
            self.step_issue(id, known_issue::Event::Tick);
        }
    }

    /// When something is due next; never in the past.
    pub fn next_due(&self) -> Option<Timestamp> {
        let alerts = self.alerts.values().filter_map(alert::deadline).min();
        let all = [alerts, self.quiet_deadline(), self.losses_deadline()];
        all.into_iter().flatten().min()
    }

    /// Lets every unresolved alert of a tenant look at the world again.
    pub fn reconsider(&mut self, tenant: &Tenant) {
        let of = self.alerts.values().filter(|it| it.about.tenant == *tenant);
        let ids: Vec<AlertId> = of.filter(|it| it.is_unresolved()).map(|it| it.id).collect();
        for id in ids {
            self.happens(id, Event::Tick);
        }
    }
}
