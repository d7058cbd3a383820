//! Windows and known issues: how they are made, ended and kept up to date.

use jiff::Timestamp;
use remit_collector_domain::{
    alert::{Actor, Alert},
    change::Signatory,
    effect::Effect,
    known_issue::{self, IssueSpec, KnownIssue, Tally},
    operator::Role,
    window::{self, Bad, Condition, Window, command},
};
use remit_shared::{KnownIssueId, OperatorId, Tenant, WindowId};

use crate::world::World;

impl World {
    /// Schedules a window.
    pub fn schedule(
        &mut self,
        tenant: &Tenant,
        spec: window::Spec,
        by: Actor,
        approved_by: Vec<Actor>,
    ) -> Result<WindowId, command::Refusal> {
        let id = WindowId::from_uuid(self.next_id());
        let others: Vec<Window> = self.windows.values().cloned().collect();
        let own = self.endpoints.values().filter(|it| it.tenant == *tenant);
        let all: Vec<_> = own.map(|it| &it.subject).collect();
        let reached = all.iter().filter(|it| spec.selector.reaches(it)).count();
        let reach = command::Reach { endpoints: reached, of: all.len(), covers_others: false };
        let now = self.now;
        let request = command::Request { id, tenant, by, approved_by, others: &others, reach, now };
        let step = command::schedule(spec, request)?;
        self.keep_window(step);
        Ok(id)
    }

    /// Ends the occurrence of a window that is open.
    pub fn end_window(&mut self, id: WindowId, by: Actor) -> Result<(), command::Refusal> {
        let window = self.windows[&id].clone();
        let step = command::end_early(window, by, "done", self.now)?;
        self.keep_window(step);
        Ok(())
    }

    /// Calls a window off.
    pub fn cancel_window(&mut self, id: WindowId, by: Actor) -> Result<(), command::Refusal> {
        let window = self.windows[&id].clone();
        let step = command::cancel(window, by, "not needed", self.now)?;
        self.keep_window(step);
        Ok(())
    }

    pub(super) fn tick_window(&mut self, id: WindowId) {
        let window = self.windows[&id].clone();
        let bad = self.bad(&window);
        self.keep_window(window::tick(window, &bad, self.now));
    }

    fn keep_window(&mut self, step: window::Step) {
        let tenant = step.window.tenant.clone();
        self.audit(step.effects);
        self.windows.insert(step.window.id, step.window);
        self.reconsider(&tenant);
    }

    /// What is bad now of what a window is about.
    fn bad(&self, window: &Window) -> Bad {
        let alerts = self.alerts.values().filter(|it| it.is_unresolved());
        let about = alerts.map(|it| &it.about).filter(|it| {
            let subject = &self.endpoints[&it.endpoint].subject;
            it.tenant == window.tenant
                && window.spec.selector.matches(subject, &it.function, &it.check)
        });
        about
            .map(|it| Condition {
                endpoint: it.endpoint,
                check: it.check.clone(),
                instance: it.instance.clone(),
            })
            .collect()
    }

    /// Declares something known. Whether one person may is not asked: that is
    /// authority's, and other tests'.
    pub fn declare(
        &mut self,
        spec: IssueSpec,
        by: &Actor,
    ) -> Result<KnownIssueId, known_issue::Refusal> {
        spec.check(self.now)?;
        let id = KnownIssueId::from_uuid(self.next_id());
        let issue = KnownIssue {
            id,
            spec,
            created_by: signatory(by),
            created_at: self.now,
            approved_by: Vec::new(),
            change: None,
            tally: Tally::default(),
            review_told: false,
            state: known_issue::State::Active,
        };
        self.keep_issue(known_issue::step(issue, known_issue::Event::Declared, self.now));
        Ok(id)
    }

    /// Ends a known issue.
    pub fn end_issue(&mut self, id: KnownIssueId, by: &Actor) {
        let event = known_issue::Event::Ended { by: signatory(by), why: "mended".to_owned() };
        self.step_issue(id, event);
    }

    pub(super) fn step_issue(&mut self, id: KnownIssueId, event: known_issue::Event) {
        let issue = self.issues[&id].clone();
        self.keep_issue(known_issue::step(issue, event, self.now));
    }

    fn keep_issue(&mut self, step: known_issue::Step) {
        self.audit(step.effects);
        let (id, tenant) = (step.issue.id, step.issue.spec.tenant.clone());
        let is_changed = self.issues.insert(id, step.issue).map(|it| it.state);
        if is_changed.as_ref() != self.issues.get(&id).map(|it| &it.state) {
            self.reconsider(&tenant);
        }
    }

    /// Counts what alerts there are of every known issue, as the collector does
    /// when it looks around.
    pub(super) fn observe(&mut self) {
        let mut alerts: Vec<&Alert> = self.alerts.values().collect();
        alerts.sort_by_key(|it| (it.raised_at, it.id));
        let mut found = Vec::new();
        for issue in self.issues.values().filter(|it| it.state == known_issue::State::Active) {
            let of_tenant = alerts.iter().filter(|it| it.about.tenant == issue.spec.tenant);
            let occurred = of_tenant.filter_map(|it| known_issue::occurrence(issue, it, None));
            found.extend(occurred.map(|it| (issue.id, it)));
        }
        for (id, occurrence) in found {
            self.step_issue(id, known_issue::Event::Occurred(occurrence));
        }
    }

    fn audit(&mut self, effects: Vec<Effect>) {
        self.memory.is_watched = false;
        for effect in effects {
            if let Effect::Audit(entry) = effect {
                self.audit.push(entry);
            }
        }
    }

    /// Deadlines of what keeps alerts quiet.
    pub(super) fn quiet_deadline(&self) -> Option<Timestamp> {
        let windows = self.windows.values().filter_map(window::deadline);
        windows.chain(self.issues.values().filter_map(known_issue::deadline)).min()
    }
}

fn signatory(by: &Actor) -> Signatory {
    Signatory {
        operator: OperatorId::from_uuid(uuid::Uuid::new_v5(&uuid::Uuid::nil(), by.name.as_bytes())),
        name: by.name.clone(),
        party: by.party,
        role: Role::Operator,
    }
}
