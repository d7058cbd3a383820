//! A world with endpoints, people and time, driven as the collector drives it.
//!
//! What the collector stores, a world keeps; what the collector has in memory,
//! a world loses when it is [restarted](World::restart). Everything that falls
//! due on the way to an instant happens at its own instant.
//!
//! # Invariants
//!
//! - An alert's next value and what it owes are kept together. Owed effects are
//!   performed later, in order, at least once.
//! - Equal calls in equal order give equal worlds: ids are counted.

mod people;
mod presence;
mod quiet;
mod scene;
mod time;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use jiff::Timestamp;
use remit_collector_domain::{
    alert::{self, About, Alert, Delivery, Event, Notice, NoticeId, Received, Step},
    effect::{AuditEntry, Effect},
    inhibit::Candidate,
    known_issue::KnownIssue,
    mass_loss,
    matrix::{Matrix, Subject},
    signal::{Origin, Say, Signal, Speaker},
    window::Window,
};
use remit_shared::{
    AlertId, EndpointId, Function, KnownIssueId, Severity, Tenant, WindowId, function,
};

pub use crate::world::people::Wish;

/// A world, and all that it ever said.
#[derive(Clone, Debug)]
pub struct World {
    /// What time it is.
    pub now: Timestamp,
    /// Every version of every tenant's matrix, oldest first.
    pub matrices: BTreeMap<Tenant, Vec<Arc<Matrix>>>,
    /// Everything that alerts can be about.
    pub endpoints: BTreeMap<EndpointId, Machine>,
    /// Every alert.
    pub alerts: BTreeMap<AlertId, Alert>,
    /// Every maintenance window.
    pub windows: BTreeMap<WindowId, Window>,
    /// Every known issue.
    pub issues: BTreeMap<KnownIssueId, KnownIssue>,
    /// Every message that was sent, in order; one that was sent twice, twice.
    pub sent: Vec<Sent>,
    /// The audit trail.
    pub audit: Vec<AuditEntry>,
    owed: VecDeque<(AlertId, Effect)>,
    revisions: BTreeMap<EndpointId, u64>,
    ids: u128,
    memory: Memory,
}

/// What a restart loses.
#[derive(Clone, Debug, Default)]
struct Memory {
    /// The alerts that say already what others would.
    causes: BTreeMap<AlertId, Candidate>,
    losses: mass_loss::State,
    /// What is watched was looked at since something last changed.
    is_watched: bool,
}

/// Something that alerts can be about.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Whose.
    pub tenant: Tenant,
    /// What the matrix must know of it.
    pub subject: Subject,
    /// Since when it is not heard, if it is not.
    silent: Option<Timestamp>,
    /// People were told that it is not heard.
    is_offline: bool,
}

/// A message that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// When.
    pub at: Timestamp,
    /// About which alert.
    pub alert: AlertId,
    /// The message.
    pub notice: Notice,
}

/// A signal together with where it comes from: whoever has it can deliver it
/// once more.
#[derive(Clone, Debug)]
pub struct Told {
    origin: Origin,
    signal: Signal,
}

impl World {
    /// A world in which nothing is agreed and nothing stands.
    pub fn begin(now: Timestamp) -> Self {
        Self {
            now,
            matrices: BTreeMap::new(),
            endpoints: BTreeMap::new(),
            alerts: BTreeMap::new(),
            windows: BTreeMap::new(),
            issues: BTreeMap::new(),
            sent: Vec::new(),
            audit: Vec::new(),
            owed: VecDeque::new(),
            revisions: BTreeMap::new(),
            ids: 0,
            memory: Memory::default(),
        }
    }

    /// Writes a signal of an endpoint about itself, to be delivered.
    pub fn says(
        &mut self,
        endpoint: EndpointId,
        check: &str,
        function: Option<Function>,
        say: Say,
    ) -> Told {
        let revision = self.revisions.entry(endpoint).or_default();
        *revision += 1;
        let origin = Origin { from: Speaker::Endpoint(endpoint), revision: *revision, position: 0 };
        let (check, instance) = check.split_once(':').unwrap_or((check, ""));
        let summary = match say {
            Say::Raised { .. } => format!("{check} is bad"),
            Say::Cleared => format!("{check} is well"),
        };
        let signal = Signal {
            subject: None,
            check: check.into(),
            instance: instance.into(),
            function: function.unwrap_or_else(function::infra_monitoring),
            observed_at: self.now,
            summary,
            say,
        };
        Told { origin, signal }
    }

    /// Takes a signal to its alert.
    pub fn hear(&mut self, told: &Told) {
        let Told { origin, signal } = told;
        let Some(endpoint) = signal.subject.or(origin.from.itself()) else { return };
        let Some(machine) = self.endpoints.get(&endpoint) else { return };
        let about = About {
            tenant: machine.tenant.clone(),
            site: machine.subject.site.clone(),
            endpoint,
            hostname: machine.subject.hostname.clone(),
            check: Arc::clone(&signal.check),
            instance: Arc::clone(&signal.instance),
            function: signal.function.clone(),
        };
        let newest = self.newest(endpoint, &signal.check, &signal.instance);
        let severity = match &signal.say {
            Say::Raised { severity, .. } => *severity,
            Say::Cleared => newest.map_or(Severity::Info, |it| it.severity),
        };
        let scene = self.scene(&about, severity, newest);
        let received = alert::receive(newest, about.clone(), signal, *origin, &scene.context());
        match received {
            Received::Nothing => return,
            Received::Opened(step) | Received::Changed(step) => self.keep(*step),
        }
        self.observe();
    }

    /// The newest alert about one thing.
    pub fn newest(&self, endpoint: EndpointId, check: &str, instance: &str) -> Option<&Alert> {
        let same = self.alerts.values().filter(|it| {
            it.about.endpoint == endpoint
                && &*it.about.check == check
                && &*it.about.instance == instance
        });
        same.max_by_key(|it| (it.opened_at, it.origin.revision))
    }

    /// Lets something happen to an alert.
    pub fn happens(&mut self, id: AlertId, event: Event) {
        let Some(alert) = self.alerts.get(&id) else { return };
        let scene = self.scene(&alert.about, alert.severity, Some(alert));
        let step = alert::step(alert, event, &scene.context());
        if step.alert != *alert || !step.effects.is_empty() {
            self.keep(step);
        }
    }

    fn keep(&mut self, step: Step) {
        self.memory.is_watched = false;
        let id = step.alert.id;
        self.owed.extend(step.effects.into_iter().map(|it| (id, it)));
        self.remember(&step.alert);
        self.alerts.insert(id, step.alert);
    }

    /// Lets everything that is owed happen.
    pub fn perform(&mut self) {
        while let Some((id, effect)) = self.owed.pop_front() {
            self.perform_one(id, effect);
        }
    }

    /// Lets everything that is owed happen, and forgets that it has, as a crash
    /// at the worst moment would.
    pub fn perform_and_crash(&mut self) {
        let owed = self.owed.clone();
        for (id, effect) in owed {
            if let Effect::Notify(NoticeId { number, .. }) = effect {
                self.send(id, number);
            }
        }
        self.restart();
    }

    fn perform_one(&mut self, id: AlertId, effect: Effect) {
        match effect {
            Effect::Notify(NoticeId { number, .. }) => {
                self.send(id, number);
                let delivery = Delivery::Delivered { at: self.now, attempts: 1 };
                self.happens(id, Event::Delivery { number, delivery });
            }
            Effect::Audit(entry) => self.audit.push(entry),
            // Letters are no alert's, and nobody here watches or is let in.
            Effect::Tell(_)
            | Effect::CaughtUp(_)
            | Effect::Signal(_)
            | Effect::Admit(_)
            | Effect::Publish(_) => {}
        }
    }

    fn send(&mut self, id: AlertId, number: u32) {
        let notice = self.alerts.get(&id).and_then(|it| it.notice(number)).cloned();
        if let Some(notice) = notice {
            self.sent.push(Sent { at: self.now, alert: id, notice });
        }
    }

    /// Ends the collector and starts it again: what it had in memory only is
    /// gone, and learned anew from what is kept.
    pub fn restart(&mut self) {
        self.memory = Memory::default();
        let alerts: Vec<Alert> = self.alerts.values().cloned().collect();
        for alert in &alerts {
            self.remember(alert);
        }
        self.resume_losses();
    }

    fn next_id(&mut self) -> uuid::Uuid {
        self.ids += 1;
        uuid::Uuid::from_u128(self.ids)
    }
}
