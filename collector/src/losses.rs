//! What fell silent at once, in memory: for whoever judges silence, and for
//! whoever must say why an endpoint's own is not told.
//!
//! What was told is in the store, as a check of the endpoint that stands in
//! for a site or for the collector; from there it is known after a restart.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use remit_collector_domain::{
    detect::Level,
    endpoint::{Endpoint, Registration},
    mass_loss::{COLLECTOR_CONNECTIVITY, Place, SITE_UNREACHABLE, State},
    suppression::Suppression,
};
use remit_shared::EndpointKind;

/// What fell silent at once.
#[derive(Debug, Default)]
pub struct Losses {
    state: Mutex<State>,
}

impl Losses {
    /// Goes on with what was told before the collector stopped.
    pub fn resume<'a>(endpoints: impl IntoIterator<Item = &'a Endpoint>) -> Self {
        let (mut sites, mut own) = (Vec::new(), None);
        let stand_ins =
            endpoints.into_iter().filter(|it| it.registration.kind == EndpointKind::Virtual);
        for it in stand_ins {
            sites.extend(told(it, SITE_UNREACHABLE).map(|at| (place(&it.registration), at)));
            own = own.or(told(it, COLLECTOR_CONNECTIVITY));
        }
        Self { state: Mutex::new(State::resume(sites, own)) }
    }

    /// Why the silence of what stands there is not told, if it is not.
    pub fn suppression(&self, place: &Place) -> Option<Suppression> {
        self.state().suppression(place)
    }

    /// Whether nobody there is to be called offline on their own account.
    pub fn holds(&self, place: &Place) -> bool {
        self.state().holds(place)
    }

    /// What is suspected and what is lost.
    pub(crate) fn now(&self) -> State {
        self.state().clone()
    }

    pub(crate) fn become_so(&self, state: State) {
        *self.state() = state;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where an endpoint stands.
pub(crate) fn place(registration: &Registration) -> Place {
    Place { tenant: registration.tenant.clone(), site: registration.site.clone() }
}

/// Since when a check is told.
pub(crate) fn told(endpoint: &Endpoint, check: &str) -> Option<Timestamp> {
    endpoint.checks.get(check, "").filter(|it| it.announced != Level::Ok).map(|it| it.since)
}
