//! What a window does not say itself: what it covers, what else is open there,
//! and what became of what it kept quiet.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::Timestamp;
use remit_collector_domain::{
    alert::{Alert, Told},
    endpoint::{Endpoint, Registration},
    operator::Operator,
    window::{SuppressedEntry, Window, open_at},
};
use remit_proto::v1;
use remit_shared::{Clock, EndpointId};
use tonic::Status;

use super::super::Plane;
use crate::{
    edge::grpc::{show, status::ToStatus as _},
    ports::{directory::subject, store::Store},
};

/// What there is around windows.
pub(super) struct Around {
    endpoints: Vec<Arc<Registration>>,
    /// Of each window that is open, what it covers.
    open: Vec<BTreeSet<EndpointId>>,
}

impl Around {
    /// A window without its log.
    pub(super) fn shown(&self, window: &Window, now: Timestamp) -> v1::Window {
        let covers = covered(&self.endpoints, window);
        let is_open = open_at(window, now).is_some();
        let depth = self.open.iter().filter(|it| is_open && !it.is_disjoint(&covers)).count();
        let count = |it: usize| u32::try_from(it).unwrap_or(u32::MAX);
        v1::Window {
            depth: count(depth),
            endpoints: count(covers.len()),
            ..show::window::window(window, now)
        }
    }
}

impl<S: Store, C: Clock> Plane<S, C> {
    /// Looks around, as far as an operator sees.
    pub(super) async fn around(&self, operator: &Operator) -> Result<Around, Status> {
        let now = self.engine.clock.now();
        let all = self.store().all::<Endpoint>().await.map_err(|it| it.to_status())?;
        let of = all.iter().map(|it| &it.record.registration);
        let endpoints: Vec<_> =
            of.filter(|it| operator.sees(&it.tenant) && it.revoked.is_none()).cloned().collect();
        let windows = self.windows(operator, "").await?;
        let open = windows.iter().filter(|it| open_at(it, now).is_some());
        let open = open.map(|it| covered(&endpoints, it)).collect();
        Ok(Around { endpoints, open })
    }

    /// A window with its log, newest first, and what was found after its end.
    pub(super) async fn whole_window(
        &self,
        operator: &Operator,
        window: &Window,
    ) -> Result<v1::Window, Status> {
        let around = self.around(operator).await?;
        let mut suppressed = Vec::new();
        for entry in window.log.iter().rev() {
            let alert = self.store().load::<Alert>(&entry.alert).await;
            let alert = alert.map_err(|it| it.to_status())?;
            let is_told = alert.is_some_and(|it| was_told(&it.record, entry));
            suppressed.push(show::window::suppressed(entry, is_told));
        }
        let names: BTreeMap<_, _> =
            around.endpoints.iter().map(|it| (it.id, &it.host.hostname)).collect();
        let mut post_checks = Vec::new();
        if let Some(check) = &window.aftercheck {
            for found in &check.findings {
                let of = &found.condition;
                let alert = self.store().newest_alert(of.endpoint, &of.check, &of.instance).await;
                let alert = alert.map_err(|it| it.to_status())?.map(|it| it.record);
                let name = names.get(&of.endpoint).map(|it| (*it).clone()).unwrap_or_default();
                post_checks.push(show::window::post_check(check.at, found, name, alert.as_deref()));
            }
        }
        let shown = around.shown(window, self.engine.clock.now());
        Ok(v1::Window { suppressed, post_checks, ..shown })
    }
}

/// The endpoints that a window covers.
fn covered(endpoints: &[Arc<Registration>], window: &Window) -> BTreeSet<EndpointId> {
    let of = endpoints.iter().filter(|it| it.tenant == window.tenant);
    of.filter(|it| window.spec.selector.reaches(&subject(it))).map(|it| it.id).collect()
}

/// Whether people were told of it after all, because it went on.
fn was_told(alert: &Alert, entry: &SuppressedEntry) -> bool {
    let is_firing = |it: &Told| matches!(it, Told::Firing(_));
    alert.raised_at <= entry.at
        && alert.notices.iter().any(|it| entry.at <= it.made_at && is_firing(&it.told))
}
