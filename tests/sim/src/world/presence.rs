//! Endpoints that are not heard, one by one or very many at once.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use remit_collector_domain::{
    alert::Alert,
    mass_loss::{self, Census, Pace, Place, SITE_UNREACHABLE, Standing, Verdict},
    signal::Say,
};
use remit_shared::{EndpointId, EndpointKind, Severity};

use crate::world::{Machine, World};

/// How often an endpoint is to be heard.
const HEARTBEAT: SignedDuration = SignedDuration::from_secs(60);

/// How long one may be silent before somebody is told.
const PATIENCE: SignedDuration = SignedDuration::from_mins(3);

/// The check that speaks of one endpoint.
const OFFLINE: &str = "endpoint-offline";

fn pace() -> Pace {
    Pace { heartbeat: HEARTBEAT, starting: false }
}

impl World {
    /// An endpoint falls silent.
    pub fn falls_silent(&mut self, id: EndpointId) {
        let now = self.now;
        if let Some(machine) = self.endpoints.get_mut(&id) {
            machine.silent.get_or_insert(now);
        }
    }

    /// An endpoint is heard again.
    pub fn is_heard(&mut self, id: EndpointId) {
        let Some(machine) = self.endpoints.get_mut(&id) else { return };
        machine.silent = None;
        if std::mem::take(&mut machine.is_offline) {
            let told = self.says(id, OFFLINE, None, Say::Cleared);
            self.hear(&told);
        }
    }

    /// Judges who is lost, and who is only late.
    pub(super) fn judge_losses(&mut self) {
        let mut census = Census::default();
        for (id, machine) in &self.endpoints {
            if let Some(standing) = standing(machine) {
                census.count(place(machine), *id, standing);
            }
        }
        let (losses, verdicts) = mass_loss::judge(&self.memory.losses, &census, pace(), self.now);
        self.memory.losses = losses;
        for verdict in &verdicts {
            self.tell(verdict);
        }
        let late = self.endpoints.iter().filter(|(_, it)| {
            let is_late = it.silent.is_some_and(|since| since + PATIENCE <= self.now);
            is_late && !it.is_offline && !self.memory.losses.holds(&place(it))
        });
        let late: Vec<EndpointId> = late.map(|it| *it.0).collect();
        for id in late {
            if let Some(machine) = self.endpoints.get_mut(&id) {
                machine.is_offline = true;
            }
            let told = self.says(id, OFFLINE, None, raised(Severity::High));
            self.hear(&told);
        }
    }

    /// Takes a verdict to the alert about the site.
    fn tell(&mut self, verdict: &Verdict) {
        let (place, say) = match verdict {
            Verdict::SiteLost { place, .. } => (place, raised(Severity::Critical)),
            Verdict::SiteBack { place, .. } => (place, Say::Cleared),
            // Nobody in these worlds is told of the collector's own line.
            Verdict::CollectorCutOff { .. } | Verdict::CollectorBack { .. } => return,
        };
        let name = format!("site {}", place.site);
        let id = self.endpoint_id(&place.tenant, &name);
        if !self.endpoints.contains_key(&id) {
            self.enroll(&place.tenant, &name, place.site.clone(), Vec::new());
        }
        let told = self.says(id, SITE_UNREACHABLE, None, say);
        self.hear(&told);
    }

    pub(super) fn losses_deadline(&self) -> Option<Timestamp> {
        let losses = mass_loss::deadline(&self.memory.losses, pace());
        let late = self.endpoints.values().filter(|it| !it.is_offline);
        let late = late.filter(|it| !self.memory.losses.holds(&place(it)));
        let late = late.filter_map(|it| it.silent.map(|since| since + PATIENCE));
        losses.into_iter().chain(late).min()
    }

    /// What is known of losses after a restart.
    pub(super) fn resume_losses(&mut self) {
        let told = self.alerts.values().filter(|it| &*it.about.check == SITE_UNREACHABLE);
        let open = told.filter(|it| it.is_unresolved());
        let since = |it: &Alert| {
            let place = Place { tenant: it.about.tenant.clone(), site: it.about.site.clone() };
            (place, it.raised_at)
        };
        let sites: BTreeMap<Place, Timestamp> = open.map(since).collect();
        self.memory.losses = mass_loss::State::resume(sites, None);
    }
}

fn raised(severity: Severity) -> Say {
    Say::Raised { severity, evidence: String::new(), delayed: false }
}

fn place(machine: &Machine) -> Place {
    Place { tenant: machine.tenant.clone(), site: machine.subject.site.clone() }
}

/// How a machine counts, if it does.
fn standing(machine: &Machine) -> Option<Standing> {
    let counts = machine.subject.kind != EndpointKind::Virtual && !machine.is_offline;
    counts.then_some(match machine.silent {
        Some(since) => Standing::Late { since },
        None => Standing::Online,
    })
}
