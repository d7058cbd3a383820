//! Finding what a person named.

use std::{collections::BTreeSet, sync::Arc};

use remit_collector_domain::{
    alert::Alert,
    authority::{Action, Scope},
    endpoint::Endpoint,
    matrix::nearest,
    operator::Operator,
    window::Selector,
};
use remit_shared::{AlertId, Clock, EndpointId, ErrorKind, Site, Tenant};
use tonic::Status;

use super::Plane;
use crate::{
    edge::grpc::status::{ToStatus as _, answer, not_found},
    ports::{directory::subject, store::Store},
};

impl<S: Store, C: Clock> Plane<S, C> {
    /// Every endpoint that the operator may see, of one tenant if one is named.
    pub(super) async fn endpoints(
        &self,
        operator: &Operator,
        tenant: &str,
    ) -> Result<Vec<Arc<Endpoint>>, Status> {
        let tenant = named_tenant(tenant)?;
        if let Some(tenant) = &tenant {
            self.permit(operator, Action::See, &Scope::tenant(tenant)).await?;
        }
        let all = self.store().all::<Endpoint>().await.map_err(|it| it.to_status())?;
        let seen = all.into_iter().map(|it| it.record).filter(|it| {
            let of = &it.registration.tenant;
            tenant.as_ref().is_none_or(|it| it == of) && operator.sees(of)
        });
        Ok(seen.collect())
    }

    /// The endpoint with this id, or the only one with this host name.
    pub(super) async fn endpoint(
        &self,
        operator: &Operator,
        named: &str,
    ) -> Result<Arc<Endpoint>, Status> {
        let named = named.trim();
        if named.is_empty() {
            return Err(answer(ErrorKind::Invalid, "name an endpoint: its id or its host name"));
        }
        if named.starts_with("end_") {
            let id: EndpointId =
                named.parse().map_err(|err| answer(ErrorKind::Invalid, format!("{err}")))?;
            let stored = self.store().load::<Endpoint>(&id).await.map_err(|it| it.to_status())?;
            let found = stored.map(|it| it.record);
            let seen = found.filter(|it| operator.sees(&it.registration.tenant));
            return seen.ok_or_else(|| not_found("endpoint", named));
        }
        let found = self.store().endpoints_named(named).await.map_err(|it| it.to_status())?;
        let found = found.into_iter().map(|it| it.record);
        let mut same_name: Vec<_> =
            found.filter(|it| operator.sees(&it.registration.tenant)).collect();
        // A machine that was enrolled anew is meant, not its revoked past.
        if same_name.iter().any(|it| it.registration.revoked.is_none()) {
            same_name.retain(|it| it.registration.revoked.is_none());
        }
        if same_name.len() > 1 {
            let ids: Vec<String> = same_name.iter().map(|it| it.id().to_string()).collect();
            let words = format!("{named} is the name of several endpoints: {}", ids.join(", "));
            return Err(answer(ErrorKind::Invalid, words));
        }
        same_name.pop().ok_or_else(|| not_found("endpoint", named))
    }

    /// Refuses a selection that names an endpoint or a site that nobody knows: it
    /// would hold for nothing, and whoever mistyped it would find out at night.
    pub(super) async fn all_known(
        &self,
        operator: &Operator,
        tenant: &Tenant,
        about: &Selector,
    ) -> Result<(), Status> {
        let mut endpoints = self.endpoints(operator, tenant.as_str()).await?;
        endpoints.retain(|it| it.registration.revoked.is_none());
        let subjects: Vec<_> = endpoints.iter().map(|it| subject(&it.registration)).collect();
        for named in &about.endpoints {
            if !subjects.iter().any(|it| named.names(it)) {
                let hosts = subjects.iter().map(|it| it.hostname.as_str());
                return Err(unknown("endpoint", &named.to_string(), hosts));
            }
        }
        let in_force = self.matrices.of(tenant);
        let mut sites: BTreeSet<&Site> = subjects.iter().map(|it| &it.site).collect();
        sites.extend(in_force.iter().flat_map(|it| &it.matrix.sites).map(|it| &it.name));
        match about.sites.iter().find(|it| !sites.contains(it)) {
            Some(named) => Err(unknown("site", named.as_str(), sites.iter().map(|it| it.as_str()))),
            None => Ok(()),
        }
    }

    /// Every alert that the operator may see, of one tenant if one is named.
    pub(super) async fn alerts(
        &self,
        operator: &Operator,
        tenant: &str,
    ) -> Result<Vec<Arc<Alert>>, Status> {
        let tenant = named_tenant(tenant)?;
        if let Some(tenant) = &tenant {
            self.permit(operator, Action::See, &Scope::tenant(tenant)).await?;
        }
        let all = self.store().all::<Alert>().await.map_err(|it| it.to_status())?;
        let seen = all.into_iter().map(|it| it.record).filter(|it| {
            let of = &it.about.tenant;
            tenant.as_ref().is_none_or(|it| it == of) && operator.sees(of)
        });
        Ok(seen.collect())
    }

    /// The alert with this id.
    pub(super) async fn alert(
        &self,
        operator: &Operator,
        named: &str,
    ) -> Result<Arc<Alert>, Status> {
        let id: AlertId =
            named.trim().parse().map_err(|err| answer(ErrorKind::Invalid, format!("{err}")))?;
        let stored = self.store().load::<Alert>(&id).await.map_err(|it| it.to_status())?;
        let seen = stored.map(|it| it.record).filter(|it| operator.sees(&it.about.tenant));
        seen.ok_or_else(|| not_found("alert", named))
    }
}

/// A name that stands for nothing, with the one that may have been meant.
fn unknown<'a>(what: &str, named: &str, known: impl Iterator<Item = &'a str>) -> Status {
    match nearest(named, known) {
        Some(near) => not_found(what, format!("`{named}`: did you mean `{near}`?")),
        None => not_found(what, format!("`{named}`")),
    }
}

/// A tenant's name, or none.
pub(super) fn named_tenant(named: &str) -> Result<Option<Tenant>, Status> {
    if named.is_empty() {
        return Ok(None);
    }
    let tenant = Tenant::new(named).map_err(|err| answer(ErrorKind::Invalid, err.to_string()))?;
    Ok(Some(tenant))
}
