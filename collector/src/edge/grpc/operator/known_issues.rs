//! Known issues, and silences.

mod asked;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use remit_collector_domain::{
    alert::{Alert, Disposition, command},
    authority::{self, Action, Scope},
    known_issue::{self, Event, Extension, IssueSpec, KnownIssue, Refusal, State},
    operator::Operator,
};
use remit_proto::{
    convert::required,
    v1::{self, known_issue_service_server::KnownIssueService},
};
use remit_runtime::random;
use remit_shared::{AlertId, Clock, ErrorKind, IdError, KnownIssueId};
use tonic::{Request, Response, Status};

use super::{Plane, find::named_tenant, page::page};
use crate::{
    edge::grpc::{
        show,
        status::{ToStatus as _, answer, not_found},
    },
    ports::store::{Store, StoreError, Stored},
};

/// Which alerts each known issue covers now, by the name that they know it by.
type Covered = BTreeMap<String, Vec<AlertId>>;

impl<S: Store, C: Clock> Plane<S, C> {
    /// The known issue with this id.
    async fn known_issue(
        &self,
        operator: &Operator,
        named: &str,
    ) -> Result<Stored<KnownIssue>, Status> {
        let id: KnownIssueId = named
            .trim()
            .parse()
            .map_err(|err: IdError| answer(ErrorKind::Invalid, err.to_string()))?;
        let stored = self.store().load::<KnownIssue>(&id).await.map_err(|it| it.to_status())?;
        let seen = stored.filter(|it| operator.sees(&it.record.spec.tenant));
        seen.ok_or_else(|| not_found("known issue", named))
    }

    async fn covered(&self) -> Result<Covered, Status> {
        let all = self.store().all::<Alert>().await.map_err(|it| it.to_status())?;
        let mut covered = Covered::new();
        for alert in all.iter().map(|it| &it.record).filter(|it| it.is_unresolved()) {
            for by in alert.suppressors.iter().filter(|it| it.mutes) {
                covered.entry(by.what.reference.clone()).or_default().push(alert.id);
            }
        }
        Ok(covered)
    }

    async fn shown_known_issue(&self, issue: &KnownIssue) -> Result<v1::KnownIssue, Status> {
        let covered = self.covered().await?;
        Ok(shown(issue, &covered, self.engine.clock.now()))
    }

    /// The refusal as an answer; if others must agree, with who and how.
    async fn refused(&self, operator: &Operator, spec: &IssueSpec, refusal: Refusal) -> Status {
        match &refusal {
            Refusal::NeedsChange { required } => {
                let command = show::proposal::known_issue(spec);
                self.refer(&spec.tenant, operator, required, &command).await
            }
            Refusal::Forbidden(_)
            | Refusal::Title
            | Refusal::ReasonNeeded
            | Refusal::TooWide
            | Refusal::TooMuch(_)
            | Refusal::Expiry { .. }
            | Refusal::Review(_)
            | Refusal::Over { .. }
            | Refusal::NotApplied(_) => refusal.to_status(),
        }
    }

    /// Commits what becomes of a known issue, and lets alerts know.
    async fn keep_known(
        &self,
        issue: KnownIssue,
        event: Event,
        revision: u64,
        now: Timestamp,
    ) -> Result<KnownIssue, StoreError> {
        let step = known_issue::step(issue, event, now);
        let issue = step.issue.clone();
        self.engine.keep_known(step, revision).await?;
        self.engine.reconsider(&issue.spec.tenant).await?;
        Ok(issue)
    }
}

#[tonic::async_trait]
impl<S: Store, C: Clock> KnownIssueService for Plane<S, C> {
    async fn list_known_issues(
        &self,
        request: Request<v1::ListKnownIssuesRequest>,
    ) -> Result<Response<v1::ListKnownIssuesResponse>, Status> {
        let operator = self.caller(&request).await?;
        let asked = request.into_inner();
        let tenant = named_tenant(&asked.tenant)?;
        if let Some(tenant) = &tenant {
            self.permit(&operator, Action::See, &Scope::tenant(tenant)).await?;
        }
        let now = self.engine.clock.now();
        let due = match asked.due_within_seconds {
            0 => None,
            some => now.saturating_add(SignedDuration::from_secs(some.into())).ok(),
        };
        let all = self.store().all::<KnownIssue>().await.map_err(|it| it.to_status())?;
        let mut issues: Vec<_> = all.into_iter().map(|it| it.record).collect();
        issues.retain(|it| {
            let of = &it.spec.tenant;
            tenant.as_ref().is_none_or(|it| it == of)
                && operator.sees(of)
                && (asked.include_ended || is_active(it, now))
                && due.is_none_or(|due| known_issue::deadline(it).is_some_and(|it| it <= due))
        });
        issues.sort_by_key(|it| (!is_active(it, now), it.spec.expires_at, it.id));
        let (issues, next_page_token) = page(issues, asked.page_size, &asked.page_token)?;
        let covered = self.covered().await?;
        let known_issues = issues.iter().map(|it| shown(it, &covered, now)).collect();
        Ok(Response::new(v1::ListKnownIssuesResponse { known_issues, next_page_token }))
    }

    async fn get_known_issue(
        &self,
        request: Request<v1::GetKnownIssueRequest>,
    ) -> Result<Response<v1::GetKnownIssueResponse>, Status> {
        let operator = self.caller(&request).await?;
        let stored = self.known_issue(&operator, &request.get_ref().known_issue_id).await?;
        let known_issue = Some(self.shown_known_issue(&stored.record).await?);
        Ok(Response::new(v1::GetKnownIssueResponse { known_issue }))
    }

    async fn declare_known_issue(
        &self,
        request: Request<v1::DeclareKnownIssueRequest>,
    ) -> Result<Response<v1::DeclareKnownIssueResponse>, Status> {
        let operator = self.caller(&request).await?;
        let v1::DeclareKnownIssueRequest { spec, alert_id } = request.into_inner();
        let alert = match alert_id.as_str() {
            "" => None,
            named => Some(self.alert(&operator, named).await?),
        };
        let now = self.engine.clock.now();
        let message = spec.unwrap_or_default();
        let spec = self.issue_spec(&operator, message, alert.as_deref(), now).await?;
        let facts = self.known_issue_facts(&operator, &spec).await?;
        let id = KnownIssueId::from_uuid(random::uuid());
        let issue = match known_issue::declare(id, spec.clone(), &operator, &facts, now) {
            Ok(issue) => issue,
            Err(refusal) => return Err(self.refused(&operator, &spec, refusal).await),
        };
        if let Some(alert) = &alert {
            let scope = Scope::alert(alert);
            authority::may(&operator, Action::Dispose, &scope).map_err(|it| it.to_status())?;
        }
        let issue = self.keep_known(issue, Event::Declared, 0, now).await;
        let issue = issue.map_err(|it| it.to_status())?;
        if alert.is_some() {
            let what = Disposition::KnownIssue;
            self.act(&operator, &alert_id, Action::Dispose, &|alert, by, now| {
                command::dispose(alert, by, what, Some(id), &issue.spec.title, now)
            })
            .await?;
        }
        let known_issue = Some(self.shown_known_issue(&issue).await?);
        Ok(Response::new(v1::DeclareKnownIssueResponse { known_issue, change_id: String::new() }))
    }

    async fn extend_known_issue(
        &self,
        request: Request<v1::ExtendKnownIssueRequest>,
    ) -> Result<Response<v1::ExtendKnownIssueResponse>, Status> {
        let operator = self.caller(&request).await?;
        let v1::ExtendKnownIssueRequest { known_issue_id, expires_at, reason } =
            request.into_inner();
        let expires_at = required("expires_at", expires_at).map_err(|it| it.to_status())?;
        loop {
            let stored = self.known_issue(&operator, &known_issue_id).await?;
            let now = self.engine.clock.now();
            let review_at = Some(show::known_issue::half_way(now, expires_at));
            let spec = IssueSpec { expires_at, review_at, ..stored.record.spec.clone() };
            let facts = self.known_issue_facts(&operator, &spec).await?;
            let extension = Extension { expires_at, review_at, why: reason.clone() };
            let issue = KnownIssue::clone(&stored.record);
            let event = match known_issue::extend(&issue, &operator, extension, &facts, now) {
                Ok(event) => event,
                Err(refusal) => return Err(self.refused(&operator, &spec, refusal).await),
            };
            match self.keep_known(issue, event, stored.revision, now).await {
                // Somebody else got in first, so somebody makes progress.
                Err(StoreError::Conflict { .. }) => continue,
                kept => {
                    let issue = kept.map_err(|it| it.to_status())?;
                    let known_issue = Some(self.shown_known_issue(&issue).await?);
                    let change_id = String::new();
                    return Ok(Response::new(v1::ExtendKnownIssueResponse {
                        known_issue,
                        change_id,
                    }));
                }
            }
        }
    }

    async fn end_known_issue(
        &self,
        request: Request<v1::EndKnownIssueRequest>,
    ) -> Result<Response<v1::EndKnownIssueResponse>, Status> {
        let operator = self.caller(&request).await?;
        let v1::EndKnownIssueRequest { known_issue_id, reason } = request.into_inner();
        loop {
            let stored = self.known_issue(&operator, &known_issue_id).await?;
            let now = self.engine.clock.now();
            let issue = KnownIssue::clone(&stored.record);
            let event = known_issue::end(&issue, &operator, &reason, now);
            let event = event.map_err(|it| it.to_status())?;
            match self.keep_known(issue, event, stored.revision, now).await {
                // Somebody else got in first, so somebody makes progress.
                Err(StoreError::Conflict { .. }) => continue,
                kept => {
                    let issue = kept.map_err(|it| it.to_status())?;
                    let known_issue = Some(self.shown_known_issue(&issue).await?);
                    return Ok(Response::new(v1::EndKnownIssueResponse { known_issue }));
                }
            }
        }
    }
}

fn is_active(issue: &KnownIssue, now: Timestamp) -> bool {
    issue.state == State::Active && now < issue.spec.expires_at
}

fn shown(issue: &KnownIssue, covered: &Covered, now: Timestamp) -> v1::KnownIssue {
    let alerts = covered.get(&issue.id.to_string());
    show::known_issue::known_issue(issue, alerts.map_or(&[], |it| it.as_slice()), now)
}
