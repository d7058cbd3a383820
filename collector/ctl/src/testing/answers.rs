//! What the made-up collector answers.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use remit_proto::v1::{
    self, alert_service_server::AlertService, endpoint_service_server::EndpointService,
    operator_service_server::OperatorService,
};
use tokio_stream::{Stream, StreamExt as _};
use tonic::{Code, Request, Response, Status};

use super::Record;

/// The answers. Everything that is not mentioned is not implemented.
#[derive(Clone, Default)]
pub(crate) struct Answers {
    /// Every alert there is.
    pub(crate) alerts: Vec<v1::Alert>,
    /// The teams of whoever asks.
    pub(crate) teams: Vec<String>,
    /// How many events there are; their cursors count from 1.
    pub(crate) events: u64,
    /// After so many events of one stream, nothing more comes.
    pub(crate) stalls_after: usize,
    /// How often the stream was asked for.
    pub(crate) streams: Arc<AtomicUsize>,
    /// How often anything was asked for.
    pub(crate) pages: Arc<AtomicUsize>,
    /// Everything that the other fields say nothing of.
    pub(crate) record: Record,
    /// Answers to whoever wants to change something.
    pub(crate) refusal: Option<(Code, &'static str)>,
}

/// What a call gives.
pub(super) type Answer<T> = Result<Response<T>, Status>;

impl Answers {
    fn change(&self, alert_id: &str, state: v1::AlertState) -> Result<Option<v1::Alert>, Status> {
        if let Some((code, words)) = self.refusal {
            return Err(Status::new(code, words));
        }
        let found = self.alerts.iter().find(|it| it.alert_id == alert_id);
        let found = found.ok_or_else(|| Status::not_found(format!("there is no alert {alert_id}")));
        Ok(Some(v1::Alert { state: state.into(), ..found?.clone() }))
    }
}

fn event(cursor: u64) -> v1::WatchAlertsResponse {
    let event = v1::AlertEvent { kind: v1::AlertEventKind::Repeated.into(), ..Default::default() };
    let alert = v1::Alert { alert_id: format!("alr_{cursor}"), ..Default::default() };
    v1::WatchAlertsResponse { cursor: cursor.to_string(), event: Some(event), alert: Some(alert) }
}

#[tonic::async_trait]
impl AlertService for Answers {
    async fn list_alerts(
        &self,
        request: Request<v1::ListAlertsRequest>,
    ) -> Answer<v1::ListAlertsResponse> {
        self.pages.fetch_add(1, Ordering::Relaxed);
        let asked = request.into_inner();
        // Small pages, so that joining them is part of every test.
        let start: usize = asked.page_token.parse().unwrap_or(0);
        if asked.mine && self.teams.is_empty() {
            return Err(Status::invalid_argument("you act for no team"));
        }
        let of_team = |it: &&v1::Alert| {
            let owner = it.responsibility.as_ref().map(|it| it.responsible.as_str());
            let is_mine = owner.is_some_and(|it| self.teams.iter().any(|team| team == it));
            (asked.team.is_empty() || owner == Some(&asked.team)) && (!asked.mine || is_mine)
        };
        let alerts: Vec<_> = self.alerts.iter().filter(of_team).cloned().collect();
        let next_page_token =
            if start + 2 < alerts.len() { (start + 2).to_string() } else { String::new() };
        let alerts = alerts.into_iter().skip(start).take(2).collect();
        Ok(Response::new(v1::ListAlertsResponse { alerts, next_page_token }))
    }

    async fn get_alert(
        &self,
        request: Request<v1::GetAlertRequest>,
    ) -> Answer<v1::GetAlertResponse> {
        let alert = self.change(&request.get_ref().alert_id, v1::AlertState::Open)?;
        Ok(Response::new(v1::GetAlertResponse { alert }))
    }

    type WatchAlertsStream =
        Pin<Box<dyn Stream<Item = Result<v1::WatchAlertsResponse, Status>> + Send>>;

    async fn watch_alerts(
        &self,
        request: Request<v1::WatchAlertsRequest>,
    ) -> Answer<Self::WatchAlertsStream> {
        self.streams.fetch_add(1, Ordering::Relaxed);
        let reached: u64 = match request.get_ref().cursor.as_str() {
            "" => self.events,
            text => text.parse().map_err(|_| Status::invalid_argument("not a cursor"))?,
        };
        let begin = v1::WatchAlertsResponse { cursor: reached.to_string(), ..Default::default() };
        let events = (reached + 1..=self.events).map(event).take(self.stalls_after);
        let messages = tokio_stream::iter([begin].into_iter().chain(events).map(Ok));
        Ok(Response::new(Box::pin(messages.chain(tokio_stream::pending()))))
    }

    async fn acknowledge_alert(
        &self,
        request: Request<v1::AcknowledgeAlertRequest>,
    ) -> Answer<v1::AcknowledgeAlertResponse> {
        let alert = self.change(&request.get_ref().alert_id, v1::AlertState::Acknowledged)?;
        Ok(Response::new(v1::AcknowledgeAlertResponse { alert }))
    }

    async fn resolve_alert(
        &self,
        request: Request<v1::ResolveAlertRequest>,
    ) -> Answer<v1::ResolveAlertResponse> {
        let alert = self.change(&request.get_ref().alert_id, v1::AlertState::Resolved)?;
        Ok(Response::new(v1::ResolveAlertResponse { alert }))
    }

    async fn hand_over_alert(
        &self,
        _request: Request<v1::HandOverAlertRequest>,
    ) -> Answer<v1::HandOverAlertResponse> {
        Err(Status::unimplemented(""))
    }

    async fn set_alert_disposition(
        &self,
        _request: Request<v1::SetAlertDispositionRequest>,
    ) -> Answer<v1::SetAlertDispositionResponse> {
        Err(Status::unimplemented(""))
    }

    async fn add_alert_note(
        &self,
        _request: Request<v1::AddAlertNoteRequest>,
    ) -> Answer<v1::AddAlertNoteResponse> {
        Err(Status::unimplemented(""))
    }

    async fn block_alert(
        &self,
        request: Request<v1::BlockAlertRequest>,
    ) -> Answer<v1::BlockAlertResponse> {
        self.record.reply(request)
    }

    async fn unblock_alert(
        &self,
        request: Request<v1::UnblockAlertRequest>,
    ) -> Answer<v1::UnblockAlertResponse> {
        self.record.reply(request)
    }

    async fn pause_alert(
        &self,
        request: Request<v1::PauseAlertRequest>,
    ) -> Answer<v1::PauseAlertResponse> {
        self.record.reply(request)
    }

    async fn resume_alert(
        &self,
        request: Request<v1::ResumeAlertRequest>,
    ) -> Answer<v1::ResumeAlertResponse> {
        self.record.reply(request)
    }

    async fn mark_alert_noise(
        &self,
        request: Request<v1::MarkAlertNoiseRequest>,
    ) -> Answer<v1::MarkAlertNoiseResponse> {
        self.record.reply(request)
    }

    async fn get_alert_sla(
        &self,
        request: Request<v1::GetAlertSlaRequest>,
    ) -> Answer<v1::GetAlertSlaResponse> {
        self.record.reply(request)
    }
}

#[tonic::async_trait]
impl OperatorService for Answers {
    async fn who_am_i(&self, _request: Request<v1::WhoAmIRequest>) -> Answer<v1::WhoAmIResponse> {
        let operator = v1::Operator {
            operator_id: "opr_1".into(),
            name: "ann".into(),
            teams: self.teams.clone(),
            ..Default::default()
        };
        let collector_version = "0.1.0".into();
        Ok(Response::new(v1::WhoAmIResponse { operator: Some(operator), collector_version }))
    }

    async fn create_operator(
        &self,
        request: Request<v1::CreateOperatorRequest>,
    ) -> Answer<v1::CreateOperatorResponse> {
        if let Some((code, words)) = self.refusal {
            return Err(Status::new(code, words));
        }
        let asked = request.into_inner();
        let operator = v1::Operator {
            operator_id: "opr_2".into(),
            name: asked.name,
            role: asked.role,
            party: asked.party,
            teams: asked.teams,
            tenants: asked.tenants,
            ..Default::default()
        };
        Ok(Response::new(v1::CreateOperatorResponse {
            operator: Some(operator),
            certificate_chain: vec![vec![1, 2, 3]],
            ca_roots: vec![vec![4, 5, 6]],
        }))
    }

    async fn list_operators(
        &self,
        _request: Request<v1::ListOperatorsRequest>,
    ) -> Answer<v1::ListOperatorsResponse> {
        Err(Status::unimplemented(""))
    }

    async fn revoke_operator(
        &self,
        _request: Request<v1::RevokeOperatorRequest>,
    ) -> Answer<v1::RevokeOperatorResponse> {
        Err(Status::unimplemented(""))
    }
}

#[tonic::async_trait]
impl EndpointService for Answers {
    async fn list_endpoints(
        &self,
        request: Request<v1::ListEndpointsRequest>,
    ) -> Answer<v1::ListEndpointsResponse> {
        let recorded = self.record.reply(request);
        Ok(recorded.unwrap_or_else(|_| Response::new(v1::ListEndpointsResponse::default())))
    }

    async fn approve_endpoint(
        &self,
        request: Request<v1::ApproveEndpointRequest>,
    ) -> Answer<v1::ApproveEndpointResponse> {
        self.record.reply(request)
    }

    async fn reject_endpoint(
        &self,
        request: Request<v1::RejectEndpointRequest>,
    ) -> Answer<v1::RejectEndpointResponse> {
        self.record.reply(request)
    }

    async fn get_endpoint(
        &self,
        request: Request<v1::GetEndpointRequest>,
    ) -> Answer<v1::GetEndpointResponse> {
        let named = &request.get_ref().endpoint;
        Err(Status::not_found(format!("there is no endpoint {named}")))
    }

    async fn list_readings(
        &self,
        _request: Request<v1::ListReadingsRequest>,
    ) -> Answer<v1::ListReadingsResponse> {
        Err(Status::unimplemented(""))
    }

    async fn get_history(
        &self,
        request: Request<v1::GetHistoryRequest>,
    ) -> Answer<v1::GetHistoryResponse> {
        self.record.reply(request)
    }

    async fn revoke_endpoint(
        &self,
        request: Request<v1::RevokeEndpointRequest>,
    ) -> Answer<v1::RevokeEndpointResponse> {
        let refused = |_| Status::permission_denied("ann is a viewer and may not revoke");
        self.record.reply(request).map_err(refused)
    }
}
