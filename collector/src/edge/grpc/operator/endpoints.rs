//! Endpoints.

mod wanted;

use std::{cmp::Reverse, collections::HashMap, sync::Arc};

use remit_collector_domain::{
    alert::Alert,
    authority::{Action, Scope},
    change::REVOKED_AT_ONCE,
    endpoint::{Endpoint, may_revoke_alone},
    operator::Operator,
};
use remit_proto::{
    convert::{Wire as _, optional},
    v1::{self, endpoint_service_server::EndpointService},
};
use remit_shared::{Clock, EndpointId, ErrorKind, Tenant};
use tonic::{Request, Response, Status};

use self::wanted::Wanted;
use super::{Plane, page::page_by};
use crate::{
    edge::grpc::{
        show,
        status::{ToStatus as _, answer, not_found},
    },
    ports::{
        directory::Directory as _,
        store::{Point, Store},
    },
};

/// The most points that one page of history holds.
const POINTS: usize = 10_000;

#[tonic::async_trait]
impl<S: Store, C: Clock> EndpointService for Plane<S, C> {
    async fn list_endpoints(
        &self,
        request: Request<v1::ListEndpointsRequest>,
    ) -> Result<Response<v1::ListEndpointsResponse>, Status> {
        let operator = self.caller(&request).await?;
        let asked = request.into_inner();
        let wanted = Wanted::read(&asked, self.engine.clock.now()).map_err(|it| it.to_status())?;
        let mut open: HashMap<EndpointId, u32> = HashMap::new();
        for alert in self.alerts(&operator, &asked.tenant).await? {
            if Alert::is_unresolved(&alert) {
                *open.entry(alert.about.endpoint).or_default() += 1;
            }
        }
        let mut fitting = Vec::new();
        for endpoint in self.endpoints(&operator, &asked.tenant).await? {
            let presence = i32::from(show::endpoint::presence(&endpoint));
            if wanted.fits(&endpoint) && (asked.presence == 0 || asked.presence == presence) {
                let badness = show::endpoint::badness(show::endpoint::status(&endpoint));
                let open = open.get(&endpoint.id()).copied().unwrap_or(0);
                fitting.push((badness, open, endpoint));
            }
        }
        // Only what is on the page is shown: of a large fleet that is little.
        let (fitting, next_page_token) =
            page_by(fitting, asked.page_size, &asked.page_token, |a, b| {
                let trouble = |it: &(u8, u32, Arc<Endpoint>)| (Reverse(it.0), Reverse(it.1));
                trouble(a).cmp(&trouble(b)).then_with(|| {
                    let (a, b) = (&a.2, &b.2);
                    let names = (&a.registration.host.hostname, &b.registration.host.hostname);
                    names.0.cmp(names.1).then_with(|| a.id().cmp(&b.id()))
                })
            })?;
        let shown = |(_, open_alerts, endpoint): &(u8, u32, Arc<Endpoint>)| v1::Endpoint {
            open_alerts: *open_alerts,
            ..self.endpoint_shown(endpoint, false)
        };
        let endpoints = fitting.iter().map(shown).collect();
        let collector_version = show::endpoint::VERSION.to_owned();
        let listed = v1::ListEndpointsResponse { endpoints, next_page_token, collector_version };
        Ok(Response::new(listed))
    }

    async fn get_endpoint(
        &self,
        request: Request<v1::GetEndpointRequest>,
    ) -> Result<Response<v1::GetEndpointResponse>, Status> {
        let operator = self.caller(&request).await?;
        let endpoint = self.endpoint(&operator, &request.get_ref().endpoint).await?;
        let mut view = self.endpoint_shown(&endpoint, true);
        let alerts = self.alerts(&operator, "").await?;
        let open = alerts.iter().filter(|it| it.about.endpoint == endpoint.id());
        view.open_alerts = open.filter(|it| it.is_unresolved()).count().try_into().unwrap_or(0);
        Ok(Response::new(v1::GetEndpointResponse { endpoint: Some(view) }))
    }

    async fn list_readings(
        &self,
        request: Request<v1::ListReadingsRequest>,
    ) -> Result<Response<v1::ListReadingsResponse>, Status> {
        let operator = self.caller(&request).await?;
        let asked = request.into_inner();
        let endpoint = self.endpoint(&operator, &asked.endpoint).await?;
        let mut known = endpoint.layout.series.iter().map(|it| &it.1);
        let series = known
            .find(|it| *it.metric == *asked.metric && *it.instance == *asked.instance)
            .ok_or_else(|| not_found("reading", format!("{}[{}]", asked.metric, asked.instance)))?;
        let now = self.engine.clock.now();
        let from = optional("from", asked.from).map_err(|it| it.to_status())?;
        let from = from.unwrap_or_else(|| now - jiff::SignedDuration::from_hours(24));
        let to = optional("to", asked.to).map_err(|it| it.to_status())?.unwrap_or(now);
        // A page goes on where the last one ended, by time.
        let from = match asked.page_token.as_str() {
            "" => from,
            text => text
                .parse()
                .map_err(|_| answer(ErrorKind::Invalid, "page_token is not one of ours"))?,
        };
        let size = match asked.page_size {
            0 => 1_000,
            some => usize::try_from(some).unwrap_or(POINTS).min(POINTS),
        };
        let mut points = self
            .store()
            .history(endpoint.id(), series, from, to, size + 1)
            .await
            .map_err(|it| it.to_status())?;
        let next = if points.len() > size { points.pop() } else { None };
        let point = |(at, value): Point| v1::Point { at: Some(at.to_wire()), value };
        Ok(Response::new(v1::ListReadingsResponse {
            unit: series.unit.to_wire(),
            points: points.into_iter().map(point).collect(),
            next_page_token: next.map(|it| it.0.to_string()).unwrap_or_default(),
        }))
    }

    async fn get_history(
        &self,
        request: Request<v1::GetHistoryRequest>,
    ) -> Result<Response<v1::GetHistoryResponse>, Status> {
        let operator = self.caller(&request).await?;
        let asked = request.into_inner();
        let endpoint = self.endpoint(&operator, &asked.endpoint).await?;
        Ok(Response::new(self.history(endpoint, asked).await?))
    }

    async fn approve_endpoint(
        &self,
        request: Request<v1::ApproveEndpointRequest>,
    ) -> Result<Response<v1::ApproveEndpointResponse>, Status> {
        let operator = self.caller(&request).await?;
        let endpoint = self.waited_for(&operator, &request.get_ref().endpoint).await?;
        let by = format!("{} {}", operator.id, operator.name);
        let approved = self.ingest.approve(endpoint.id(), &by).await;
        let endpoint = Some(self.endpoint_shown(&*approved.map_err(|it| it.to_status())?, false));
        Ok(Response::new(v1::ApproveEndpointResponse { endpoint }))
    }

    async fn reject_endpoint(
        &self,
        request: Request<v1::RejectEndpointRequest>,
    ) -> Result<Response<v1::RejectEndpointResponse>, Status> {
        let operator = self.caller(&request).await?;
        let asked = request.into_inner();
        let endpoint = self.waited_for(&operator, &asked.endpoint).await?;
        let (by, why) = (format!("{} {}", operator.id, operator.name), asked.reason.trim());
        if why.is_empty() {
            return Err(answer(ErrorKind::Invalid, "say why the endpoint is turned away"));
        }
        // Of one that was never let in, nothing is left to stay.
        let rejected = if endpoint.registration.is_waiting() {
            self.ingest.revoke(endpoint.id(), &by, why).await
        } else {
            self.ingest.reject(endpoint.id(), &by, why).await
        };
        let endpoint = Some(self.endpoint_shown(&*rejected.map_err(|it| it.to_status())?, false));
        Ok(Response::new(v1::RejectEndpointResponse { endpoint }))
    }

    async fn revoke_endpoint(
        &self,
        request: Request<v1::RevokeEndpointRequest>,
    ) -> Result<Response<v1::RevokeEndpointResponse>, Status> {
        let operator = self.caller(&request).await?;
        let asked = request.into_inner();
        let endpoint = self.endpoint(&operator, &asked.endpoint).await?;
        let tenant = &endpoint.registration.tenant;
        self.permit(&operator, Action::RevokeEndpoint, &Scope::tenant(tenant)).await?;
        if asked.reason.trim().is_empty() {
            return Err(answer(ErrorKind::Invalid, "say why the endpoint is revoked"));
        }
        let by = format!("{} {}", operator.id, operator.name);
        // One after the other, so that none is overlooked when they are counted.
        let turn = self.changes.turn.lock().await;
        if endpoint.registration.revoked.is_none() {
            self.permit_one_more(&by, tenant).await?;
        }
        let revoked = self.ingest.revoke(endpoint.id(), &by, asked.reason.trim()).await;
        drop(turn);
        let revoked = revoked.map_err(|it| it.to_status())?;
        self.engine.left(&[endpoint.id()].into()).await.map_err(|it| it.to_status())?;
        let endpoint = Some(self.endpoint_shown(&revoked, false));
        Ok(Response::new(v1::RevokeEndpointResponse { endpoint }))
    }
}

impl<S: Store, C: Clock> Plane<S, C> {
    fn endpoint_shown(&self, endpoint: &Endpoint, whole: bool) -> v1::Endpoint {
        let rules = self.matrices.rules(&endpoint.registration);
        let shown = show::endpoint::endpoint(endpoint, &rules, whole);
        let heard = self.ingest.lobby.last_heard(endpoint.id()).map(|it| it.to_wire());
        let waiting = shown.waiting.map(|it| v1::Waiting { last_heard_at: heard, ..it });
        v1::Endpoint { waiting, ..shown }
    }

    /// An endpoint at which somebody waits whom the operator may let in.
    async fn waited_for(&self, operator: &Operator, named: &str) -> Result<Arc<Endpoint>, Status> {
        let endpoint = self.endpoint(operator, named).await?;
        let registration = &endpoint.registration;
        let scope = Scope::tenant(&registration.tenant);
        self.permit(operator, Action::AdmitEndpoint, &scope).await?;
        if registration.claim.is_none() {
            let words = format!("nobody waits to be let in as {}", registration.host.hostname);
            return Err(answer(ErrorKind::Conflict, words));
        }
        Ok(endpoint)
    }

    async fn permit_one_more(&self, by: &str, tenant: &Tenant) -> Result<(), Status> {
        let all = self.store().all::<Endpoint>().await.map_err(|it| it.to_status())?;
        let now = self.engine.clock.now();
        if may_revoke_alone(by, tenant, all.iter().map(|it| &*it.record), now) {
            return Ok(());
        }
        let words = format!(
            "more than {REVOKED_AT_ONCE} endpoints within an hour take somebody of the other side: \
             `remit endpoint retire` proposes it as a change; if it cannot wait, `--contain REASON`"
        );
        Err(answer(ErrorKind::Conflict, words))
    }
}
