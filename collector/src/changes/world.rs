//! A tenant as far as its changes depend on it, and what a change would do
//! there: the [`Facts`] that say who must agree.
//!
//! # Not here
//!
//! Who must agree: that is the domain's, from these facts.

use std::{collections::BTreeSet, sync::Arc};

use jiff::Timestamp;
use remit_collector_domain::{
    alert::Alert,
    change::{
        self, Approvers, Change, Facts, Present, Quieting, Spec, Subject, Touches, canonical,
    },
    endpoint::{Endpoint, Registration},
    known_issue::{Kind, Matcher},
    matrix::{self, Duty, Matrix},
    matrix_version::Published,
    operator::Operator,
    window::{
        self, Selector, Window,
        command::{Reach, needs_both},
    },
};
use remit_shared::{Clock, Function, Party, RowId, Site, Team, Tenant, function};

use crate::{
    adapters::matrices::{InForce, Matrices},
    changes::Changes,
    ports::{
        directory::{Directory as _, subject},
        store::{Store, StoreError},
    },
};

/// A tenant at an instant.
#[derive(Debug)]
pub struct World {
    /// Whose it is.
    pub tenant: Tenant,
    /// What time it is.
    pub now: Timestamp,
    /// Every operator that there is or was.
    pub operators: Vec<Operator>,
    /// Every version of the tenant's matrix, oldest first.
    pub versions: Vec<Arc<Published>>,
    /// The version that holds.
    pub in_force: Option<Arc<InForce>>,
    /// What the newest version says, even if its time is to come.
    pub newest: Option<Arc<InForce>>,
    /// The tenant's windows.
    pub windows: Vec<Window>,
    /// The tenant's endpoints, without those that were shut out.
    endpoints: Vec<Arc<Registration>>,
    /// Its unresolved alerts.
    alerts: Vec<Arc<Alert>>,
    matrices: Arc<Matrices>,
}

/// What a window, a known issue or work is about.
struct Selection {
    reached: Vec<Arc<Registration>>,
    functions: BTreeSet<Function>,
    sites: BTreeSet<Site>,
    /// It leaves nothing out.
    everything: bool,
    /// It is documented as known.
    is_declared: bool,
}

impl<S: Store, C: Clock> Changes<S, C> {
    /// Looks around in a tenant.
    pub async fn world(&self, tenant: &Tenant) -> Result<World, StoreError> {
        let store = &self.engine.store;
        let operators = store.all::<Operator>().await?;
        let versions = store.all::<Published>().await?.into_iter().map(|it| it.record);
        let mut versions: Vec<_> = versions.filter(|it| it.tenant == *tenant).collect();
        versions.sort_by_key(|it| it.version);
        let endpoints = store.all::<Endpoint>().await?.into_iter();
        let endpoints = endpoints.map(|it| Arc::clone(&it.record.registration));
        let alerts = store.all::<Alert>().await?.into_iter().map(|it| it.record);
        let windows = store.all::<Window>().await?.into_iter().map(|it| it.record);
        let windows = windows.filter(|it| it.tenant == *tenant);
        Ok(World {
            windows: windows.map(|it| Window::clone(&it)).collect(),
            tenant: tenant.clone(),
            now: self.engine.clock.now(),
            operators: operators.iter().map(|it| Operator::clone(&it.record)).collect(),
            in_force: self.matrices.of(tenant),
            newest: versions.last().and_then(|it| self.matrices.version(tenant, it.version)),
            versions,
            endpoints: endpoints.filter(|it| it.tenant == *tenant && it.is_in_service()).collect(),
            alerts: alerts.filter(|it| it.about.tenant == *tenant && it.is_unresolved()).collect(),
            matrices: Arc::clone(&self.matrices),
        })
    }
}

impl World {
    /// The same at another time.
    pub(super) fn at(self, now: Timestamp) -> Self {
        Self { now, ..self }
    }

    /// What the domain must know, with what a change would do.
    pub fn present<'a>(&'a self, facts: &'a Facts) -> Present<'a> {
        let Self { operators, now, .. } = self;
        Present { operators, facts, newest_matrix: self.newest_version(), now: *now }
    }

    /// The newest version of the matrix; 0 if there is none.
    pub fn newest_version(&self) -> u64 {
        self.versions.last().map_or(0, |it| it.version)
    }

    /// Whoever asked for a change, as they are now.
    pub fn requester(&self, change: &Change) -> Option<&Operator> {
        self.operators.iter().find(|it| it.id == change.requested_by.operator)
    }

    /// What a text would do if this operator asks.
    pub fn facts(&self, subject: &Subject, text: &str, by: &Operator) -> Facts {
        match (subject, canonical::parse(text)) {
            (Subject::Matrix { .. }, _) => self.of_matrix(text),
            (_, Ok(spec)) => self.of_spec(&spec, by),
            // The domain refuses it.
            (_, Err(_)) => self.nothing(),
        }
    }

    fn nothing(&self) -> Facts {
        let teams = self.in_force.iter().flat_map(|it| &it.matrix.teams);
        Facts {
            endpoints_of_tenant: count(self.endpoints.len()),
            ..Facts::between(teams.map(|it| it.party))
        }
    }

    fn of_spec(&self, spec: &Spec, by: &Operator) -> Facts {
        match spec {
            Spec::Window(it) => {
                let zone = jiff::tz::TimeZone::UTC;
                let both = self.takes_both(&it.spec(zone, nobodys()), by.party);
                let facts = self.of_quiet(&self.selected(&it.selector), by);
                Facts {
                    affected: if both { facts.parties.clone() } else { facts.affected },
                    ..facts
                }
            }
            Spec::Work(it) => self.of_quiet(&self.selected(&it.selector), by),
            Spec::KnownIssue(it) => {
                let is_declared = it.kind == Kind::KnownIssue;
                self.of_quiet(&Selection { is_declared, ..self.matched(&it.matcher) }, by)
            }
            Spec::Role { grant, .. } => {
                let side = |it: &Team| self.in_force.as_ref()?.matrix.team(it).map(|it| it.party);
                Facts { affected: grant.teams.iter().filter_map(side).collect(), ..self.nothing() }
            }
            Spec::Token(it) => {
                let touches = Touches { sites: [it.site.clone()].into(), ..Touches::default() };
                Facts { touches, ..self.nothing() }
            }
            Spec::Revocation(it) => {
                let touches = Touches::endpoints(it.endpoints.iter().copied());
                Facts { touches, ..self.nothing() }
            }
            Spec::Retention(_) => {
                let touches = Touches { whole_tenant: true, ..Touches::default() };
                Facts { touches, ..self.nothing() }
            }
        }
    }

    /// What would be quiet, or worked on.
    fn of_quiet(&self, about: &Selection, by: &Operator) -> Facts {
        let facts = self.nothing();
        let Some(in_force) = &self.in_force else { return facts };
        let matrix = &in_force.matrix;
        let subjects: Vec<_> = about.reached.iter().map(|it| subject(it)).collect();
        let rows = matrix::touched_rows(matrix, &subjects, &about.functions);
        let quieting = Quieting {
            matrix,
            subjects: &subjects,
            functions: &about.functions,
            is_declared: about.is_declared,
            of: self.endpoints.len(),
        };
        let facts = Facts::quieting(quieting, by);
        let security = function::security_tooling();
        Facts {
            approvers: approvers(matrix, rows.iter().map(|it| &it.duty)),
            security: about.functions.is_empty() || about.functions.contains(&security),
            touches: Touches {
                rows: rows.iter().map(|it| it.id.clone()).collect(),
                sites: about.sites.clone(),
                whole_tenant: about.everything,
                ..facts.touches
            },
            ..facts
        }
    }

    fn of_matrix(&self, text: &str) -> Facts {
        let mut facts = self.nothing();
        let Ok(new) = remit_matrix_file::read("proposed", text) else { return facts };
        facts.parties.extend(new.matrix.teams.iter().map(|it| it.party));
        let Some(old) = &self.newest else { return facts };
        facts.parties.extend(old.matrix.teams.iter().map(|it| it.party));
        let rows: BTreeSet<RowId> = change::rows(&matrix::diff(&old.matrix, &new.matrix));
        let of = |matrix: &'_ Matrix| {
            matrix.rows.iter().filter(|it| rows.contains(&it.id)).cloned().collect::<Vec<_>>()
        };
        // Who agrees is what was agreed before, and not what somebody proposes.
        let agreed = of(&old.matrix);
        facts.approvers = approvers(&old.matrix, agreed.iter().map(|it| &it.duty));
        let security = function::security_tooling();
        facts.security = agreed
            .iter()
            .chain(&of(&new.matrix))
            .any(|it| it.scope.functions.is_empty() || it.scope.functions.contains(&security));
        facts.touches.rows = rows;
        facts
    }

    /// Whether a window takes a person of each party whatever the rows say.
    fn takes_both(&self, spec: &window::Spec, party: Party) -> bool {
        needs_both(spec, self.reach(spec, party)).is_some()
    }

    /// What a window would touch, as the window module asks.
    pub fn reach(&self, spec: &window::Spec, party: Party) -> Reach {
        let reached = self.selected(&spec.selector).reached;
        let ids: BTreeSet<_> = reached.iter().map(|it| it.id).collect();
        let others = |it: &Arc<Alert>| it.remit.party != party && ids.contains(&it.about.endpoint);
        Reach {
            endpoints: reached.len(),
            of: self.endpoints.len(),
            covers_others: self.alerts.iter().any(others),
        }
    }

    fn selected(&self, it: &Selector) -> Selection {
        let reached = self.endpoints.iter().filter(|endpoint| it.reaches(&subject(endpoint)));
        let reached: Vec<_> = reached.cloned().collect();
        Selection {
            functions: self.functions(&it.functions, it.checks.iter(), &reached),
            reached,
            sites: it.sites.clone(),
            everything: it.is_fleet_wide() && it.functions.is_empty() && it.checks.is_empty(),
            is_declared: false,
        }
    }

    fn matched(&self, it: &Matcher) -> Selection {
        let meant = |endpoint: &&Arc<Registration>| {
            (it.endpoints.is_empty() || it.endpoints.contains(&endpoint.id))
                && (it.sites.is_empty() || it.sites.contains(&endpoint.site))
        };
        let reached: Vec<_> = self.endpoints.iter().filter(meant).cloned().collect();
        let rules: Vec<_> = reached.iter().map(|it| self.matrices.rules(it)).collect();
        Selection {
            functions: match it.functions.is_empty() {
                true => it.kinds_of_work(rules.iter().map(|it| &**it)),
                false => it.functions.clone(),
            },
            reached,
            sites: it.sites.clone(),
            everything: it.endpoints.is_empty() && it.sites.is_empty(),
            is_declared: false,
        }
    }

    /// Which kinds of work are meant: those that are named, or else those that
    /// the named checks are.
    fn functions<'a>(
        &self,
        named: &BTreeSet<Function>,
        checks: impl Iterator<Item = &'a String> + Clone,
        reached: &[Arc<Registration>],
    ) -> BTreeSet<Function> {
        if !named.is_empty() {
            return named.clone();
        }
        let of = |it: &Arc<Registration>| {
            let rules = self.matrices.rules(it);
            checks.clone().map(|it| rules.function(it)).collect::<Vec<_>>()
        };
        reached.iter().flat_map(of).collect()
    }

    /// Whether endpoints may be enrolled at a site; if not, why not, in words.
    pub fn check_site(&self, site: &Site) -> Result<(), String> {
        self.matrices.check_site(&self.tenant, site)
    }

    /// The team in whose name somebody acts: their own first, or else one of
    /// their side.
    pub fn team(&self, own: &[Team], party: Party) -> Option<Team> {
        let of_side = || {
            let mut teams = self.in_force.iter().flat_map(|it| &it.matrix.teams);
            teams.find(|it| it.party == party).map(|it| it.name.clone())
        };
        own.first().cloned().or_else(of_side)
    }
}

/// What the authority columns say; nothing where they name nobody.
fn approvers<'a>(matrix: &Matrix, duties: impl Iterator<Item = &'a Duty>) -> Approvers {
    let side = |it: &Team| Some((matrix.team(it)?.party, it.clone()));
    let mut approvers = Approvers::default();
    for Duty { authority, .. } in duties {
        approvers.change.extend(authority.approve_change.iter().filter_map(side));
        approvers.security.extend(authority.approve_security.iter().filter_map(side));
    }
    approvers
}

fn count(it: usize) -> u32 {
    u32::try_from(it).unwrap_or(u32::MAX)
}

/// For a window that is only thought of.
fn nobodys() -> remit_shared::ChangeId {
    remit_shared::ChangeId::from_uuid(uuid::Uuid::nil())
}
