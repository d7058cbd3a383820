//! The patch state of the fleet, worst first.

use std::cmp::Reverse;

use jiff::Timestamp;
use remit_collector_domain::{
    detect::{Policy, exploited::found, patch},
    endpoint::Endpoint,
    exploited::Catalogue,
};
use remit_proto::{
    convert::Wire as _,
    v1::{self, patch_service_server::PatchService},
};
use remit_shared::{CheckStatus, Clock};
use tonic::{Request, Response, Status};

use super::{Plane, page::page};
use crate::ports::{directory::Directory as _, store::Store};

#[tonic::async_trait]
impl<S: Store, C: Clock> PatchService for Plane<S, C> {
    async fn list_patch_states(
        &self,
        request: Request<v1::ListPatchStatesRequest>,
    ) -> Result<Response<v1::ListPatchStatesResponse>, Status> {
        let operator = self.caller(&request).await?;
        let asked = request.into_inner();
        let endpoints = match asked.endpoint.as_str() {
            "" => self.endpoints(&operator, &asked.tenant).await?,
            named => vec![self.endpoint(&operator, named).await?],
        };
        let now = self.engine.clock.now();
        let mut rows = Vec::new();
        for endpoint in endpoints {
            let registration = &endpoint.registration;
            let elsewhere = !asked.site.is_empty() && registration.site.as_str() != asked.site;
            if elsewhere || !registration.is_in_service() {
                continue;
            }
            let policy = &self.matrices.rules(registration).policy;
            let managers = patch::managers(&endpoint.facts);
            let known = self.engine.directory.exploited();
            if managers.is_empty() {
                rows.push((patch::rank(CheckStatus::Unknown), None, silent(&endpoint)));
            }
            for manager in managers {
                let view = patch::status(&endpoint.facts, &manager, policy, now);
                let mut row = status(&endpoint, &manager, &view, asked.with_items);
                if let Some(catalogue) = known.catalogue() {
                    row.known_exploited = exploited(&endpoint, &manager, catalogue, policy, now);
                }
                rows.push((patch::rank(view.status), view.security, row));
            }
        }
        rows.sort_by(|a, b| {
            (a.0, Reverse(a.1), &a.2.hostname, &a.2.endpoint_id).cmp(&(
                b.0,
                Reverse(b.1),
                &b.2.hostname,
                &b.2.endpoint_id,
            ))
        });
        let states = rows.into_iter().map(|it| it.2).collect();
        let (states, next_page_token) = page(states, asked.page_size, &asked.page_token)?;
        Ok(Response::new(v1::ListPatchStatesResponse { states, next_page_token }))
    }
}

fn named(endpoint: &Endpoint) -> v1::PatchStatus {
    v1::PatchStatus {
        endpoint_id: endpoint.id().to_string(),
        hostname: endpoint.registration.host.hostname.clone(),
        tenant: endpoint.registration.tenant.to_string(),
        site: endpoint.registration.site.to_string(),
        ..Default::default()
    }
}

fn silent(endpoint: &Endpoint) -> v1::PatchStatus {
    v1::PatchStatus {
        status: CheckStatus::Unknown.to_wire(),
        reason: "the endpoint has not said anything about its updates".into(),
        ..named(endpoint)
    }
}

fn status(
    endpoint: &Endpoint,
    manager: &str,
    view: &patch::PatchView,
    with_items: bool,
) -> v1::PatchStatus {
    let scan = endpoint.facts.patches.get(manager);
    let probe = patch::probe_of(&endpoint.facts, manager);
    v1::PatchStatus {
        manager: manager.to_owned(),
        status: view.status.to_wire(),
        reason: view.reason.clone(),
        pending: view.pending,
        security: view.security,
        held: view.held.unwrap_or(0),
        deferred: view.deferred.unwrap_or(0),
        observed_at: probe.map(|it| it.observed_at.to_wire()),
        catalog_at: probe.and_then(|it| it.catalog_at).map(|it| it.to_wire()),
        last_patched_at: scan.and_then(|it| it.last_patched_at).map(|it| it.to_wire()),
        reboot: scan.map(|it| it.reboot.to_wire()),
        items: match scan {
            Some(scan) if with_items => scan.items.iter().map(|it| it.to_wire()).collect(),
            _ => Vec::new(),
        },
        system: scan.map(|it| it.system.clone()).unwrap_or_default(),
        managed_by: scan.map(|it| it.managed_by.clone()).unwrap_or_default(),
        ..named(endpoint)
    }
}

/// What one package manager's missing updates close and is exploited.
fn exploited(
    endpoint: &Endpoint,
    manager: &str,
    catalogue: &Catalogue,
    policy: &Policy,
    now: Timestamp,
) -> Vec<v1::KnownExploited> {
    let says: Vec<String> =
        [Some(catalogue.source()), catalogue.doubt(now)].into_iter().flatten().collect();
    let says = says.join("; ");
    let found = found(&endpoint.facts, catalogue, policy, now);
    let ours = found.into_iter().filter(|it| it.managers.contains(&manager));
    let shown = ours.map(|it| v1::KnownExploited {
        cve: it.exposed.entry.cve.clone(),
        packages: it.packages.iter().map(|it| (*it).to_owned()).collect(),
        need: it.exposed.need.as_str().to_owned(),
        listed_due: it.exposed.entry.due.to_string(),
        due: Some(it.exposed.due.to_wire()),
        overdue: it.exposed.is_overdue,
        ransomware: it.exposed.entry.ransomware,
        catalogue: says.clone(),
    });
    shown.collect()
}
