//! The matrices in force, in memory, behind the [`Directory`] port.
//!
//! A version that was published is read once and kept, because open alerts go on
//! under the terms of older ones; readers never wait for a writer.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use arc_swap::ArcSwap;
use jiff::Timestamp;
use remit_collector_domain::{
    alert::{Ladder, Remit, TermsRef},
    detect::{OverrideError, Rules},
    endpoint::Registration,
    exploited::Known,
    inhibit,
    mass_loss::Place,
    matrix::{Matrix, next_change, resolve},
    matrix_version::{self, Published},
    sla::{Agreement, Terms},
};
use remit_matrix_file::Refused;
use remit_shared::{Function, Party, Severity, Site, Team, Tenant};

use crate::ports::directory::{Directory, People, subject};

/// So many sets of rules are remembered; endpoints have few of them in common.
const MOST_RULES: usize = 1_000;

/// The matrices in force.
#[derive(Debug, Default)]
pub struct Matrices {
    tenants: ArcSwap<HashMap<Tenant, Arc<InForce>>>,
    /// Every version that was ever published, also those whose time is to come.
    versions: Mutex<BTreeMap<(Tenant, u64), Arc<InForce>>>,
    /// Where the collector stands, if somebody said so.
    home: Option<Place>,
    /// What the catalogue says that was read last.
    exploited: ArcSwap<Known>,
}

/// One tenant's matrix, ready to be asked.
#[derive(Debug)]
pub struct InForce {
    /// As it was published.
    pub published: Published,
    /// As it is understood.
    pub matrix: Arc<Matrix>,
    /// For endpoints that no check is about in particular.
    rules: Arc<Rules>,
    /// For the others, by the checks that are.
    narrowed: Mutex<HashMap<Vec<usize>, Arc<Rules>>>,
    inhibitions: Arc<[inhibit::Rule]>,
}

/// Why a published version cannot be put in force.
#[derive(Debug, thiserror::Error)]
pub enum InForceError {
    /// The text does not parse any more.
    #[error("matrix version {version} of {tenant} is not readable")]
    Unreadable {
        /// The tenant.
        tenant: Tenant,
        /// The version.
        version: u64,
        /// What is wrong with it.
        #[source]
        source: Refused,
    },
    /// It overrides a check in a way that makes no sense.
    #[error("matrix version {version} of {tenant} overrides a check wrongly")]
    Checks {
        /// The tenant.
        tenant: Tenant,
        /// The version.
        version: u64,
        /// What is wrong with it.
        #[source]
        source: OverrideError,
    },
}

impl InForce {
    /// Understands a published version.
    pub fn read(published: Published) -> Result<Self, InForceError> {
        let (tenant, version) = (published.tenant.clone(), published.version);
        let name = format!("{tenant} version {version}");
        let file = remit_matrix_file::read(&name, &published.text).map_err(|source| {
            InForceError::Unreadable { tenant: tenant.clone(), version, source }
        })?;
        let matrix = Matrix { version, ..file.matrix };
        let rules = matrix.common_rules().map_err(|source| InForceError::Checks {
            tenant,
            version,
            source,
        })?;
        let inhibitions = matrix.inhibit_rules().into();
        let (rules, narrowed) = (Arc::new(rules), Mutex::default());
        Ok(Self { published, matrix: Arc::new(matrix), rules, narrowed, inhibitions })
    }

    /// The checks as they hold for an endpoint.
    fn rules(&self, endpoint: &Registration) -> Arc<Rules> {
        if !self.matrix.has_narrowed_checks() {
            return Arc::clone(&self.rules);
        }
        let checks = self.matrix.checks_of(&subject(endpoint));
        let mut known = self.narrowed.lock().unwrap_or_else(PoisonError::into_inner);
        if MOST_RULES < known.len() {
            known.clear();
        }
        let rules = known.entry(checks);
        Arc::clone(rules.or_insert_with_key(|it| Arc::new(self.matrix.rules_with(it))))
    }
}

impl Matrices {
    /// No matrix yet; the collector stands at `home`, else at the first site of
    /// the first tenant by name.
    pub fn at_home(home: Option<Place>) -> Self {
        Self { home, ..Self::default() }
    }

    /// What is known to be exploited from now on.
    pub fn learn_exploited(&self, known: Known) {
        self.exploited.store(Arc::new(known));
    }

    /// Remembers a version, and puts it in force if its time has come.
    pub fn install(&self, version: InForce, now: Timestamp) {
        let key = (version.published.tenant.clone(), version.published.version);
        self.versions().insert(key, Arc::new(version));
        self.advance(now);
    }

    /// Puts in force what holds by now; gives the tenants for which that is
    /// another version than before. What was in force is never gone back to.
    pub fn advance(&self, now: Timestamp) -> Vec<Tenant> {
        let versions = self.versions();
        let mut next = HashMap::clone(&self.tenants.load());
        let mut changed = Vec::new();
        let each = versions.values().collect::<Vec<_>>();
        for of_tenant in each.chunk_by(|a, b| a.published.tenant == b.published.tenant) {
            let published = of_tenant.iter().map(|it| &it.published);
            let Some(held) = matrix_version::in_force(published, now) else { continue };
            let known = next.get(&held.tenant).map_or(0, |it| it.published.version);
            if known < held.version {
                let held = of_tenant.iter().find(|it| it.published.version == held.version);
                let held = held.map(|it| (it.published.tenant.clone(), Arc::clone(it)));
                changed.extend(held.iter().map(|it| it.0.clone()));
                next.extend(held);
            }
        }
        if !changed.is_empty() {
            self.tenants.store(Arc::new(next));
        }
        changed
    }

    fn versions(&self) -> MutexGuard<'_, BTreeMap<(Tenant, u64), Arc<InForce>>> {
        self.versions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A published version, in force or not.
    pub fn version(&self, tenant: &Tenant, version: u64) -> Option<Arc<InForce>> {
        self.versions().get(&(tenant.clone(), version)).cloned()
    }

    /// What a tenant has in force.
    pub fn of(&self, tenant: &Tenant) -> Option<Arc<InForce>> {
        self.tenants.load().get(tenant).cloned()
    }

    /// Every tenant with a matrix, sorted.
    pub fn tenants(&self) -> Vec<Tenant> {
        let mut tenants: Vec<Tenant> = self.tenants.load().keys().cloned().collect();
        tenants.sort();
        tenants
    }

    /// Whether endpoints may be enrolled at a site; if not, why not, in words.
    pub fn check_site(&self, tenant: &Tenant, site: &Site) -> Result<(), String> {
        let Some(in_force) = self.of(tenant) else {
            return Err(format!(
                "tenant {tenant} has no matrix yet, so nobody would own its endpoints: \
                 publish one first with `remit matrix publish FILE`"
            ));
        };
        if in_force.matrix.site(site).is_some() {
            return Ok(());
        }
        let known: Vec<&str> = in_force.matrix.sites.iter().map(|it| it.name.as_str()).collect();
        Err(format!("tenant {tenant} has no site {site}: its matrix names {}", known.join(", ")))
    }
}

impl Directory for Matrices {
    fn remit(
        &self,
        endpoint: &Registration,
        function: &Function,
        severity: Severity,
        at: Timestamp,
    ) -> (Remit, Terms) {
        let Some(in_force) = self.of(&endpoint.tenant) else { return nobody(endpoint, at) };
        let (matrix, subject) = (&*in_force.matrix, subject(endpoint));
        let resolution = resolve(matrix, &subject, function, severity, at);
        let until = next_change(matrix, &subject, function, severity, at).map(|it| it.0);
        let terms = matrix.terms(resolution.sla.as_ref());
        (Remit::decided(resolution, at, until), terms)
    }

    fn terms(&self, tenant: &Tenant, of: &TermsRef) -> Option<Terms> {
        let version = self.version(tenant, of.matrix_version)?;
        Some(version.matrix.terms(Some(&of.agreement)))
    }

    fn people(&self, tenant: &Tenant) -> People {
        People(self.of(tenant).map(|it| Arc::clone(&it.matrix)))
    }

    fn rules(&self, endpoint: &Registration) -> Arc<Rules> {
        self.of(&endpoint.tenant).map_or_else(Arc::default, |it| it.rules(endpoint))
    }

    fn home(&self) -> Option<Place> {
        let first = |tenant: &Tenant| {
            let site = self.of(tenant)?.matrix.sites.first()?.name.clone();
            Some(Place { tenant: tenant.clone(), site })
        };
        self.home.clone().or_else(|| self.tenants().iter().find_map(first))
    }

    fn inhibitions(&self, tenant: &Tenant) -> Arc<[inhibit::Rule]> {
        self.of(tenant).map_or_else(|| Arc::from([]), |it| Arc::clone(&it.inhibitions))
    }

    fn exploited(&self) -> Known {
        Known::clone(&self.exploited.load())
    }
}

/// Enrollment needs a published matrix and versions are never deleted, so this
/// answers only if the store was tampered with. Somebody still owns the alert.
fn nobody(endpoint: &Registration, at: Timestamp) -> (Remit, Terms) {
    let team = Team::new("unassigned").expect("a valid name");
    let remit = Remit {
        matrix_version: 0,
        row: String::new(),
        gap: true,
        responsible: team.clone(),
        others: Vec::new(),
        accountable: team,
        accountables: Vec::new(),
        consulted: Vec::new(),
        informed: Vec::new(),
        party: Party::Internal,
        runbook: String::new(),
        reason: format!("tenant {} has no matrix in force", endpoint.tenant),
        decided_at: at,
        until: None,
        by_hand: false,
        rejected: Vec::new(),
        ladder: Ladder::default(),
    };
    let agreement = Arc::new(Agreement::standard());
    (remit, Terms { agreement, calendar: None, matrix_version: 0 })
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn version(number: u64, effective_from: Timestamp) -> InForce {
        let published = Published {
            tenant: Tenant::new("acme").unwrap(),
            version: number,
            text: remit_matrix_file::STARTER.into(),
            sha256: String::new(),
            published_at: Timestamp::UNIX_EPOCH,
            published_by: "test".into(),
            note: String::new(),
            previous_sha256: None,
            effective_from,
            change: None,
            signatures: Vec::new(),
        };
        InForce::read(published).unwrap()
    }

    #[test]
    fn a_version_holds_from_its_time_on_and_not_before() {
        let acme = Tenant::new("acme").unwrap();
        let (now, hour) = (Timestamp::UNIX_EPOCH, SignedDuration::from_hours(1));
        let matrices = Matrices::default();
        let held = |matrices: &Matrices| matrices.of(&acme).map(|it| it.published.version);
        matrices.install(version(1, now + hour), now);
        assert_eq!(held(&matrices), None);
        assert_eq!(matrices.advance(now + hour), std::slice::from_ref(&acme));
        assert_eq!(held(&matrices), Some(1));
        matrices.install(version(2, now + hour * 3), now + hour * 2);
        assert_eq!(held(&matrices), Some(1));
        assert!(matrices.version(&acme, 2).is_some(), "it can be asked about before");
        assert_eq!(matrices.advance(now + hour * 2), []);
        assert_eq!(matrices.advance(now + hour * 3), std::slice::from_ref(&acme));
        assert_eq!(held(&matrices), Some(2));
        assert_eq!(matrices.advance(now), [], "a clock that is set back takes nothing back");
        assert_eq!(held(&matrices), Some(2));
    }
}
