//! Endpoints.

use std::{cmp::Reverse, collections::HashMap};

use remit_collector_domain::{
    alert::Alert,
    authority::{Action, Scope},
};
use remit_proto::{
    convert::{Wire as _, optional},
    v1::{self, endpoint_service_server::EndpointService},
};
use remit_shared::{CheckStatus, Clock, EndpointId, ErrorKind};
use tonic::{Request, Response, Status};

use super::{Plane, page::page};
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
        let at_least = match asked.at_least {
            0 => None,
            some => Some(CheckStatus::from_wire("at_least", some).map_err(|it| it.to_status())?),
        };
        let mut open: HashMap<EndpointId, u32> = HashMap::new();
        for alert in self.alerts(&operator, &asked.tenant).await? {
            if Alert::is_unresolved(&alert) {
                *open.entry(alert.about.endpoint).or_default() += 1;
            }
        }
        let mut shown = Vec::new();
        for endpoint in self.endpoints(&operator, &asked.tenant).await? {
            let registration = &endpoint.registration;
            let named = registration.host.hostname.contains(&asked.hostname);
            if !named || (!asked.site.is_empty() && registration.site.as_str() != asked.site) {
                continue;
            }
            let rules = self.matrices.rules(registration);
            let status = show::endpoint::status(&endpoint);
            let mut view = show::endpoint::endpoint(&endpoint, &rules, false);
            view.open_alerts = open.get(&endpoint.id()).copied().unwrap_or(0);
            let bad_enough = at_least
                .is_none_or(|it| show::endpoint::badness(status) >= show::endpoint::badness(it));
            if bad_enough && (asked.presence == 0 || asked.presence == view.presence) {
                shown.push((show::endpoint::badness(status), view));
            }
        }
        shown.sort_by(|a, b| {
            let key = |it: &(u8, v1::Endpoint)| (Reverse(it.0), Reverse(it.1.open_alerts));
            key(a).cmp(&key(b)).then_with(|| {
                let name = |it: &v1::Endpoint| it.host.as_ref().map(|it| it.hostname.clone());
                name(&a.1).cmp(&name(&b.1)).then_with(|| a.1.endpoint_id.cmp(&b.1.endpoint_id))
            })
        });
        let endpoints = shown.into_iter().map(|it| it.1).collect();
        let (endpoints, next_page_token) = page(endpoints, asked.page_size, &asked.page_token)?;
        Ok(Response::new(v1::ListEndpointsResponse { endpoints, next_page_token }))
    }

    async fn get_endpoint(
        &self,
        request: Request<v1::GetEndpointRequest>,
    ) -> Result<Response<v1::GetEndpointResponse>, Status> {
        let operator = self.caller(&request).await?;
        let endpoint = self.endpoint(&operator, &request.get_ref().endpoint).await?;
        let rules = self.matrices.rules(&endpoint.registration);
        let mut view = show::endpoint::endpoint(&endpoint, &rules, true);
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

    async fn revoke_endpoint(
        &self,
        request: Request<v1::RevokeEndpointRequest>,
    ) -> Result<Response<v1::RevokeEndpointResponse>, Status> {
        let operator = self.caller(&request).await?;
        let asked = request.into_inner();
        let endpoint = self.endpoint(&operator, &asked.endpoint).await?;
        let scope = Scope::tenant(&endpoint.registration.tenant);
        self.permit(&operator, Action::RevokeEndpoint, &scope).await?;
        if asked.reason.trim().is_empty() {
            return Err(answer(ErrorKind::Invalid, "say why the endpoint is revoked"));
        }
        let by = format!("{} {}", operator.id, operator.name);
        let revoked = self
            .ingest
            .revoke(endpoint.id(), &by, asked.reason.trim())
            .await
            .map_err(|it| it.to_status())?;
        let rules = self.matrices.rules(&endpoint.registration);
        let endpoint = Some(show::endpoint::endpoint(&revoked, &rules, false));
        Ok(Response::new(v1::RevokeEndpointResponse { endpoint }))
    }
}
