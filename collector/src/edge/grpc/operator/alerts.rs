//! Alerts.

mod samples;

use std::{cmp::Reverse, sync::Arc};

use jiff::Timestamp;
use remit_collector_domain::{
    alert::{Actor, Alert, Disposition, Event, State, command},
    authority::{self, Action, Scope},
    operator::Operator,
    sla::{self, PauseRequest, Status as Standing},
};
use remit_proto::{
    convert::Wire as _,
    v1::{self, alert_service_server::AlertService},
};
use remit_shared::{Clock, ErrorKind, IdError, Severity, Team};
use tonic::{Request, Response, Status};

use super::{Plane, page::page_by, watch::Watching};
use crate::{
    edge::grpc::{
        show,
        status::{ToStatus as _, answer},
    },
    engine::CommandError,
    ports::{directory::Directory as _, store::Store},
};

/// A change of an alert that a person asks for.
pub(super) type Decide<'a> =
    dyn Fn(&Alert, Actor, Timestamp) -> Result<Event, command::Refusal> + Send + Sync + 'a;

impl<S: Store, C: Clock> Plane<S, C> {
    /// Does what a person asks, if they may and the alert allows it.
    pub(super) async fn act(
        &self,
        operator: &Operator,
        alert_id: &str,
        action: Action,
        decide: &Decide<'_>,
    ) -> Result<v1::Alert, Status> {
        let alert = self.alert(operator, alert_id).await?;
        let changed = self
            .engine
            .command(alert.id, |alert, now| {
                let scope = Scope::alert(alert);
                authority::may(operator, action, &scope).map_err(CommandError::Forbidden)?;
                Ok(decide(alert, actor(operator, alert), now)?)
            })
            .await
            .map_err(|it| it.to_status())?;
        self.shown(&changed).await
    }

    /// Whether what was promised about an alert is broken, or nearly.
    fn is_late(&self, alert: &Alert) -> bool {
        let Some(terms) = self.matrices.terms(&alert.about.tenant, &alert.terms) else {
            return false;
        };
        let now = self.engine.clock.now();
        let ledger = sla::ledger(&terms, alert.severity, &alert.clocks, now);
        ledger.promises.iter().any(|it| match it.status {
            Standing::AtRisk | Standing::Breached => true,
            Standing::OnTrack | Standing::Met | Standing::Cancelled => false,
        })
    }

    /// One alert with all that explains it.
    async fn shown(&self, alert: &Arc<Alert>) -> Result<v1::Alert, Status> {
        let stored = self.store().load::<Alert>(&alert.id).await.map_err(|it| it.to_status())?;
        let shown = show::alert::alert(alert, stored.map_or(0, |it| it.revision), true);
        let people = self.matrices.people(&alert.about.tenant);
        let call = people.call(&alert.remit, self.engine.clock.now());
        let whose = shown.responsibility.map(|it| show::alert::reachable(it, &call));
        Ok(v1::Alert {
            responsibility: whose,
            sla: self.promised(alert),
            samples: self.samples(alert).await?,
            ..shown
        })
    }

    /// How the contract stands, in short.
    fn promised(&self, alert: &Alert) -> Option<v1::SlaSummary> {
        let terms = self.matrices.terms(&alert.about.tenant, &alert.terms)?;
        show::sla::summary(alert, &terms, self.engine.clock.now())
    }
}

/// Who acts: the operator, for whichever of their teams has a part in it.
fn actor(operator: &Operator, alert: &Alert) -> Actor {
    let owners = Scope::alert(alert).owners;
    let team = owners.as_ref().and_then(|it| authority::acts_for(operator, it));
    let team = team.unwrap_or(&alert.remit.responsible);
    Actor { name: operator.name.clone(), team: team.clone(), party: operator.party }
}

#[tonic::async_trait]
impl<S: Store, C: Clock> AlertService for Plane<S, C> {
    async fn list_alerts(
        &self,
        request: Request<v1::ListAlertsRequest>,
    ) -> Result<Response<v1::ListAlertsResponse>, Status> {
        let operator = self.caller(&request).await?;
        let asked = request.into_inner();
        let state = v1::AlertState::try_from(asked.state)
            .map_err(|_| answer(ErrorKind::Invalid, "field `state` has no such value"))?;
        let at_least = match asked.at_least {
            0 => Severity::Info,
            some => Severity::from_wire("at_least", some).map_err(|it| it.to_status())?,
        };
        let endpoint = match asked.endpoint.as_str() {
            "" => None,
            named => Some(self.endpoint(&operator, named).await?.id()),
        };
        if asked.mine && operator.teams.is_empty() {
            return Err(answer(ErrorKind::Invalid, "you act for no team; name one instead"));
        }
        let disposition =
            Some(asked.disposition()).filter(|it| *it != v1::Disposition::Unspecified);
        let disposition = disposition.map(show::alert::asked_disposition).transpose();
        let disposition = disposition.map_err(|it| it.to_status())?;
        let mut alerts = self.alerts(&operator, &asked.tenant).await?;
        alerts.retain(|it| {
            let about = &it.about;
            is_in(it, state, asked.include_resolved)
                && it.severity >= at_least
                && endpoint.is_none_or(|id| id == about.endpoint)
                && (asked.team.is_empty() || it.remit.responsible.as_str() == asked.team)
                && (!asked.mine || operator.teams.contains(&it.remit.responsible))
                && disposition.is_none_or(|wanted| it.disposition() == wanted)
                && asked.suppressed.is_none_or(|wanted| it.is_quiet() == wanted)
                && (!asked.joint_review || it.disposition() == Disposition::JointReview)
                && (!asked.late || self.is_late(it))
                && (asked.function.is_empty() || about.function.as_str() == asked.function)
        });
        let (alerts, next_page_token) =
            page_by(alerts, asked.page_size, &asked.page_token, |a, b| {
                let place = |it: &Alert| {
                    (!it.is_unresolved(), Reverse(it.severity), Reverse(it.opened_at), it.id)
                };
                place(a).cmp(&place(b))
            })?;
        let shown = |it: &Arc<Alert>| v1::Alert {
            sla: self.promised(it),
            ..show::alert::alert(it, 0, false)
        };
        let alerts = alerts.iter().map(shown).collect();
        Ok(Response::new(v1::ListAlertsResponse { alerts, next_page_token }))
    }

    async fn get_alert(
        &self,
        request: Request<v1::GetAlertRequest>,
    ) -> Result<Response<v1::GetAlertResponse>, Status> {
        let operator = self.caller(&request).await?;
        let alert = self.alert(&operator, &request.get_ref().alert_id).await?;
        let alert = Some(self.shown(&alert).await?);
        Ok(Response::new(v1::GetAlertResponse { alert }))
    }

    type WatchAlertsStream = Watching;

    async fn watch_alerts(
        &self,
        request: Request<v1::WatchAlertsRequest>,
    ) -> Result<Response<Watching>, Status> {
        let operator = self.caller(&request).await?;
        self.watch(operator, request.into_inner()).await.map(Response::new)
    }

    async fn acknowledge_alert(
        &self,
        request: Request<v1::AcknowledgeAlertRequest>,
    ) -> Result<Response<v1::AcknowledgeAlertResponse>, Status> {
        let operator = self.caller(&request).await?;
        let asked = request.into_inner();
        let hold = (asked.hold_seconds > 0)
            .then(|| jiff::SignedDuration::from_secs(asked.hold_seconds.into()));
        let alert = self
            .act(&operator, &asked.alert_id, Action::Acknowledge, &|alert, by, now| {
                command::acknowledge(alert, by, hold, &asked.note, now)
            })
            .await?;
        Ok(Response::new(v1::AcknowledgeAlertResponse { alert: Some(alert) }))
    }

    async fn resolve_alert(
        &self,
        request: Request<v1::ResolveAlertRequest>,
    ) -> Result<Response<v1::ResolveAlertResponse>, Status> {
        let operator = self.caller(&request).await?;
        let asked = request.into_inner();
        let alert = self
            .act(&operator, &asked.alert_id, Action::Resolve, &|alert, by, _| {
                command::resolve(alert, by, &asked.note)
            })
            .await?;
        Ok(Response::new(v1::ResolveAlertResponse { alert: Some(alert) }))
    }

    async fn hand_over_alert(
        &self,
        request: Request<v1::HandOverAlertRequest>,
    ) -> Result<Response<v1::HandOverAlertResponse>, Status> {
        let operator = self.caller(&request).await?;
        let asked = request.into_inner();
        let reason = show::alert::asked_reason(asked.reason()).map_err(|it| it.to_status())?;
        let to = match asked.to_team.as_str() {
            "" => None,
            named => {
                Some(Team::new(named).map_err(|err| answer(ErrorKind::Invalid, err.to_string()))?)
            }
        };
        let alert = self
            .act(&operator, &asked.alert_id, Action::HandOver, &|alert, by, _| {
                let people = self.matrices.people(&alert.about.tenant);
                let triggers = people.triggers(&alert.about.function, &alert.remit);
                let to = match &to {
                    Some(team) => team.clone(),
                    None => command::destination(alert, reason, &triggers)?.to.clone(),
                };
                let party = people.party(&to);
                let party = party.ok_or_else(|| command::Refusal::UnknownTeam(to.clone()))?;
                command::hand_over(alert, by, (to, party), reason, &asked.note)
            })
            .await?;
        Ok(Response::new(v1::HandOverAlertResponse { alert: Some(alert) }))
    }

    async fn set_alert_disposition(
        &self,
        request: Request<v1::SetAlertDispositionRequest>,
    ) -> Result<Response<v1::SetAlertDispositionResponse>, Status> {
        let operator = self.caller(&request).await?;
        let asked = request.into_inner();
        let disposition =
            show::alert::asked_disposition(asked.disposition()).map_err(|it| it.to_status())?;
        let known_issue = match asked.known_issue_id.as_str() {
            "" => None,
            id => Some(
                id.parse().map_err(|err: IdError| answer(ErrorKind::Invalid, err.to_string()))?,
            ),
        };
        let alert = self
            .act(&operator, &asked.alert_id, Action::Dispose, &|alert, by, now| {
                command::dispose(alert, by, disposition, known_issue, &asked.note, now)
            })
            .await?;
        Ok(Response::new(v1::SetAlertDispositionResponse { alert: Some(alert) }))
    }

    async fn add_alert_note(
        &self,
        request: Request<v1::AddAlertNoteRequest>,
    ) -> Result<Response<v1::AddAlertNoteResponse>, Status> {
        let operator = self.caller(&request).await?;
        let asked = request.into_inner();
        let alert = self
            .act(&operator, &asked.alert_id, Action::Note, &|_, by, _| {
                command::note(by, &asked.note)
            })
            .await?;
        Ok(Response::new(v1::AddAlertNoteResponse { alert: Some(alert) }))
    }

    async fn block_alert(
        &self,
        request: Request<v1::BlockAlertRequest>,
    ) -> Result<Response<v1::BlockAlertResponse>, Status> {
        let operator = self.caller(&request).await?;
        let asked = request.into_inner();
        let reason = show::alert::asked_reason(asked.reason()).map_err(|it| it.to_status())?;
        let alert = self
            .act(&operator, &asked.alert_id, Action::BlockAlert, &|alert, by, now| {
                let people = self.matrices.people(&alert.about.tenant);
                let triggers = people.triggers(&alert.about.function, &alert.remit);
                command::block(alert, by, reason, asked.immediately, &asked.note, &triggers, now)
            })
            .await?;
        Ok(Response::new(v1::BlockAlertResponse { alert: Some(alert) }))
    }

    async fn unblock_alert(
        &self,
        request: Request<v1::UnblockAlertRequest>,
    ) -> Result<Response<v1::UnblockAlertResponse>, Status> {
        let operator = self.caller(&request).await?;
        let asked = request.into_inner();
        let alert = self
            .act(&operator, &asked.alert_id, Action::BlockAlert, &|alert, by, _| {
                command::unblock(alert, by, &asked.note)
            })
            .await?;
        Ok(Response::new(v1::UnblockAlertResponse { alert: Some(alert) }))
    }

    async fn pause_alert(
        &self,
        request: Request<v1::PauseAlertRequest>,
    ) -> Result<Response<v1::PauseAlertResponse>, Status> {
        let operator = self.caller(&request).await?;
        let asked = request.into_inner();
        let reason = show::sla::asked_pause(asked.reason()).map_err(|it| it.to_status())?;
        let until = asked.until.map(|it| Timestamp::from_wire("until", it));
        let until = until.transpose().map_err(|it| it.to_status())?;
        let before = self.alert(&operator, &asked.alert_id).await?;
        let terms = self.matrices.terms(&before.about.tenant, &before.terms);
        let terms = terms.ok_or_else(|| {
            answer(ErrorKind::Conflict, "nothing was promised about this alert".to_owned())
        })?;
        let alert = self
            .act(&operator, &asked.alert_id, Action::PauseSla, &|alert, by, now| {
                let request = PauseRequest {
                    reason,
                    by: by.name.clone(),
                    note: asked.note.clone(),
                    from: None,
                    until,
                    approval: None,
                };
                command::pause(alert, &terms, by, request, now)
            })
            .await?;
        Ok(Response::new(v1::PauseAlertResponse { alert: Some(alert) }))
    }

    async fn resume_alert(
        &self,
        request: Request<v1::ResumeAlertRequest>,
    ) -> Result<Response<v1::ResumeAlertResponse>, Status> {
        let operator = self.caller(&request).await?;
        let asked = request.into_inner();
        let alert = self
            .act(&operator, &asked.alert_id, Action::PauseSla, &|alert, by, _| {
                command::resume(alert, by, &asked.note)
            })
            .await?;
        Ok(Response::new(v1::ResumeAlertResponse { alert: Some(alert) }))
    }

    async fn mark_alert_noise(
        &self,
        request: Request<v1::MarkAlertNoiseRequest>,
    ) -> Result<Response<v1::MarkAlertNoiseResponse>, Status> {
        let operator = self.caller(&request).await?;
        let asked = request.into_inner();
        let reason = show::alert::asked_noise(asked.reason()).map_err(|it| it.to_status())?;
        let alert = self
            .act(&operator, &asked.alert_id, Action::MarkNoise, &|_, by, now| {
                command::mark_noise(by, reason, &asked.note, now)
            })
            .await?;
        Ok(Response::new(v1::MarkAlertNoiseResponse { alert: Some(alert) }))
    }

    async fn get_alert_sla(
        &self,
        request: Request<v1::GetAlertSlaRequest>,
    ) -> Result<Response<v1::GetAlertSlaResponse>, Status> {
        let operator = self.caller(&request).await?;
        let alert = self.alert(&operator, &request.into_inner().alert_id).await?;
        let terms = self.matrices.terms(&alert.about.tenant, &alert.terms);
        let terms = terms.ok_or_else(|| {
            answer(ErrorKind::NotFound, "nothing was promised about this alert".to_owned())
        })?;
        let sla = show::sla::sla(&alert, &terms, self.engine.clock.now());
        Ok(Response::new(v1::GetAlertSlaResponse { sla: Some(sla) }))
    }
}

fn is_in(alert: &Alert, wanted: v1::AlertState, include_resolved: bool) -> bool {
    match (wanted, &alert.state) {
        (v1::AlertState::Unspecified, State::Resolved { .. }) => include_resolved,
        (v1::AlertState::Unspecified, State::Open | State::Acknowledged(_))
        | (v1::AlertState::Open, State::Open)
        | (v1::AlertState::Acknowledged, State::Acknowledged(_))
        | (v1::AlertState::Resolved, State::Resolved { .. }) => true,
        (
            v1::AlertState::Open | v1::AlertState::Acknowledged | v1::AlertState::Resolved,
            State::Open | State::Acknowledged(_) | State::Resolved { .. },
        ) => false,
    }
}
