//! What an alert must know of the world when something happens, gathered as the
//! collector's engine gathers it.

use std::sync::Arc;

use jiff::Timestamp;
use remit_collector_domain::{
    alert::{About, Alert, Context, Owners, Remit, State},
    inhibit::{Candidate, Rule, inhibitors},
    known_issue,
    matrix::{Matrix, Subject, next_change, resolve},
    sla::Terms,
    suppression::Suppression,
    window::{self, Matter, Window},
};
use remit_shared::{AlertId, Function, Severity, Tag, Tenant};
use uuid::Uuid;

use crate::world::World;

/// The world at an instant, as one alert sees it.
pub(super) struct Scene {
    asked: Asked,
    remit: Arc<Remit>,
    terms: Terms,
    terms_then: Terms,
    suppressors: Vec<Suppression>,
    rule: String,
    now: Timestamp,
}

/// What the matrix is asked about one alert.
#[derive(Debug)]
struct Asked {
    matrix: Arc<Matrix>,
    subject: Subject,
    function: Function,
    severity: Severity,
}

impl Asked {
    fn decided(&self, at: Timestamp) -> (Remit, Terms) {
        let Self { matrix, subject, function, severity } = self;
        let resolution = resolve(matrix, subject, function, *severity, at);
        let until = next_change(matrix, subject, function, *severity, at);
        let terms = matrix.terms(resolution.sla.as_ref());
        (Remit::decided(resolution, at, until.map(|it| it.0)), terms)
    }
}

impl Owners for Asked {
    fn at(&self, instant: Timestamp) -> Remit {
        self.decided(instant).0
    }
}

impl Scene {
    pub(super) fn context(&self) -> Context<'_> {
        Context {
            remit: &self.remit,
            owners: &self.asked,
            reach: &*self.asked.matrix,
            terms: &self.terms,
            terms_then: &self.terms_then,
            calendars: &self.asked.matrix.calendars,
            suppressors: &self.suppressors,
            rule: &self.rule,
            now: self.now,
        }
    }
}

impl World {
    /// The matrix that a tenant has in force.
    pub fn matrix(&self, tenant: &Tenant) -> &Arc<Matrix> {
        let versions = self.matrices.get(tenant).and_then(|it| it.last());
        versions.expect("a tenant has a matrix before it has endpoints")
    }

    pub(super) fn scene(&self, about: &About, severity: Severity, known: Option<&Alert>) -> Scene {
        let (now, matrix) = (self.now, self.matrix(&about.tenant));
        let subject = &self.endpoints[&about.endpoint].subject;
        let asked = Asked {
            matrix: Arc::clone(matrix),
            subject: subject.clone(),
            function: about.function.clone(),
            severity,
        };
        let (remit, terms) = asked.decided(now);
        let earlier = known.and_then(|it| self.terms_of(it));
        Scene {
            asked,
            remit: Arc::new(remit),
            terms_then: earlier.unwrap_or_else(|| terms.clone()),
            terms,
            suppressors: self.suppressors(about, severity, known),
            rule: matrix.rules_for(subject).in_words(&about.check),
            now,
        }
    }

    /// The terms that an alert is under.
    pub fn terms_of(&self, alert: &Alert) -> Option<Terms> {
        let named = &alert.terms;
        let mut versions = self.matrices.get(&alert.about.tenant)?.iter();
        let version = versions.find(|it| it.version == named.matrix_version)?;
        Some(version.terms(Some(&named.agreement)))
    }

    fn suppressors(
        &self,
        about: &About,
        severity: Severity,
        known: Option<&Alert>,
    ) -> Vec<Suppression> {
        let (now, subject) = (self.now, &self.endpoints[&about.endpoint].subject);
        let unresolved = known.filter(|it| it.is_unresolved());
        let open_since = unresolved.map(|it| it.raised_at);
        let id = known.map_or(AlertId::from_uuid(Uuid::nil()), |it| it.id);
        let tags = subject.tags.iter().cloned().collect();
        let child = candidate(id, about, tags, open_since.unwrap_or(now));
        let held = self.memory.causes.values();
        let held = held.filter(|it| it.holds_until().is_none_or(|until| until > now));
        let causes: Vec<Candidate> = held.filter(|it| it.tenant == about.tenant).cloned().collect();
        let rules = self.matrix(&about.tenant).inhibit_rules();
        let mut quiet = inhibitors(&child, &causes, &rules, now);
        let windows: Vec<Window> = self.windows.values().cloned().collect();
        let matter = Matter {
            tenant: &about.tenant,
            subject,
            function: &about.function,
            check: &about.check,
        };
        quiet.extend(window::suppressors(&windows, matter, open_since, now));
        let issues = self.issues.values();
        quiet.extend(issues.filter_map(|it| known_issue::suppressor(it, about, severity, now)));
        quiet
    }

    /// Sees an alert's newest value: it may say already what others would.
    pub(super) fn remember(&mut self, alert: &Alert) {
        let closed_at = match alert.state {
            State::Open | State::Acknowledged(_) => None,
            State::Resolved { at, .. } => Some(at),
        };
        let plain = candidate(alert.id, &alert.about, Vec::new(), alert.raised_at);
        let cause = Candidate { closed_at, ..plain };
        let rules: Vec<Rule> = self.matrix(&alert.about.tenant).inhibit_rules();
        if rules.iter().any(|it| it.is_source(&cause)) {
            self.memory.causes.insert(alert.id, cause);
        }
    }
}

fn candidate(id: AlertId, about: &About, tags: Vec<Tag>, opened_at: Timestamp) -> Candidate {
    Candidate {
        alert: id,
        tenant: about.tenant.clone(),
        endpoint: Some(about.endpoint),
        hostname: about.hostname.clone(),
        site: Some(about.site.clone()),
        tags,
        check: about.check.clone(),
        instance: about.instance.clone(),
        function: about.function.clone(),
        opened_at,
        closed_at: None,
    }
}
