//! Changes that both sides agree on before they are true.
//!
//! Agreeing to a change that was made true in an emergency is its review.

mod asked;
mod tuned;

use std::{cmp::Reverse, sync::Arc};

use jiff::Timestamp;
use remit_collector_domain::{
    authority::{Action, Scope},
    change::{self, Change, Event, Present, Refusal, Subject},
    endpoint::Endpoint,
    matrix_version::Published,
    operator::Operator,
};
use remit_proto::{
    convert::{JoinToken, optional},
    v1::{self, change_service_server::ChangeService},
};
use remit_runtime::listen::ConnectInfo;
use remit_shared::{ChangeId, Clock, EndpointId, ErrorKind, IdError, Tenant};
use tonic::{Request, Response, Status};

pub(super) use self::asked::{Wanted, window};
use super::{Plane, find::named_tenant, page::page};
use crate::{
    changes::{Start, Wish},
    edge::grpc::{
        show,
        status::{ToStatus as _, answer, not_found},
    },
    pki::approval,
    ports::store::Store,
};

/// What somebody asks of a change.
type Decide<'a> = dyn Fn(&Change, Present<'_>) -> Result<Event, Refusal> + Send + Sync + 'a;

impl<S: Store, C: Clock> Plane<S, C> {
    /// Asks for a change in an operator's name; gives it as a message.
    pub(super) async fn propose(
        &self,
        wish: Wish,
        operator: &Operator,
    ) -> Result<v1::Change, Status> {
        self.permit(operator, Action::ProposeChange, &Scope::tenant(&wish.tenant)).await?;
        let change = self.changes.propose(wish, operator).await.map_err(|it| it.to_status())?;
        self.shown_change(&change, true).await
    }

    /// Does what somebody asks of a change; gives it and the text of the token
    /// that it became.
    async fn act_on_change(
        &self,
        operator: &Operator,
        named: &str,
        asked: &str,
        decide: &Decide<'_>,
    ) -> Result<(v1::Change, String), Status> {
        let id = self.visible(operator, named).await?.id;
        let done = self.changes.act(id, operator, asked, decide).await;
        let done = done.map_err(|it| it.to_status())?;
        let token = done.secret.map(|secret| JoinToken {
            secret,
            ca_pin: self.authority.pin(),
            addresses: self.enrollment_addresses.clone(),
        });
        let shown = self.shown_change(&done.change, true).await?;
        Ok((shown, token.map(|it| it.to_text()).unwrap_or_default()))
    }

    /// The change with this id, if the operator may see it.
    async fn visible(&self, operator: &Operator, named: &str) -> Result<Arc<Change>, Status> {
        let id: ChangeId = named
            .trim()
            .parse()
            .map_err(|err: IdError| answer(ErrorKind::Invalid, err.to_string()))?;
        let stored = self.store().load::<Change>(&id).await.map_err(|it| it.to_status())?;
        let seen = stored.map(|it| it.record).filter(|it| operator.sees(&it.tenant));
        seen.ok_or_else(|| not_found("change", named))
    }

    async fn all_changes(&self) -> Result<Vec<Change>, Status> {
        let all = self.store().all::<Change>().await.map_err(|it| it.to_status())?;
        Ok(all.iter().map(|it| Change::clone(&it.record)).collect())
    }

    /// Every operator that there is or was.
    pub(super) async fn operators(&self) -> Result<Vec<Operator>, Status> {
        let all = self.store().all::<Operator>().await.map_err(|it| it.to_status())?;
        Ok(all.iter().map(|it| Operator::clone(&it.record)).collect())
    }

    /// A change as a message, with its text and difference if it is `whole`.
    async fn shown_change(&self, it: &Change, whole: bool) -> Result<v1::Change, Status> {
        let now = self.engine.clock.now();
        let (others, operators) = (self.all_changes().await?, self.operators().await?);
        let shown = show::change::change(it, &others, &operators, now);
        if !whole {
            return Ok(shown);
        }
        let (diff, findings) = match it.subject {
            Subject::Matrix { base, .. } => self.matrix_difference(it, base, now),
            Subject::Window
            | Subject::KnownIssue
            | Subject::Silence
            | Subject::Role
            | Subject::Token
            | Subject::Retention
            | Subject::Revocation
            | Subject::Work => (show::change::all_new(&it.text), Vec::new()),
        };
        let collisions = self.named_collisions(shown.collisions).await?;
        Ok(v1::Change { text: it.text.clone(), diff, findings, collisions, ..shown })
    }

    /// The same, with endpoints by the names that people know them by.
    async fn named_collisions(
        &self,
        mut collisions: Vec<v1::Collision>,
    ) -> Result<Vec<v1::Collision>, Status> {
        for it in &mut collisions {
            let Ok(id) = it.what.parse::<EndpointId>() else { continue };
            let stored = self.store().load::<Endpoint>(&id).await.map_err(|it| it.to_status())?;
            if let Some(stored) = stored {
                it.what = stored.record.registration.host.hostname.clone();
            }
        }
        Ok(collisions)
    }

    /// What a proposed matrix changes, and what lint thinks of it.
    fn matrix_difference(
        &self,
        it: &Change,
        base: u64,
        now: Timestamp,
    ) -> (String, Vec<v1::Finding>) {
        let Ok(new) = remit_matrix_file::read("proposed", &it.text) else {
            return Default::default();
        };
        let old = self.matrices.version(&it.tenant, base);
        let diff = show::change::matrix_difference(old.as_ref().map(|it| &*it.matrix), &new.matrix);
        let findings = new.lint(now).iter().map(super::matrices::finding).collect();
        (diff, findings)
    }

    /// The newest version of a tenant's matrix; 0 if there is none.
    pub(super) async fn newest_matrix(&self, tenant: &Tenant) -> Result<u64, Status> {
        let all = self.store().all::<Published>().await.map_err(|it| it.to_status())?;
        let of = all.iter().filter(|it| it.record.tenant == *tenant);
        Ok(of.map(|it| it.record.version).max().unwrap_or(0))
    }
}

/// The signature of an approval as it is kept, if there is one and it is right.
fn checked_signature<T>(
    request: &Request<T>,
    asked: &v1::ApproveChangeRequest,
) -> Result<Option<String>, Status> {
    if asked.signature.is_empty() {
        return Ok(None);
    }
    let info = request.extensions().get::<ConnectInfo>();
    let certificate = info.and_then(|it| it.certificates.first());
    let certificate = certificate
        .ok_or_else(|| answer(ErrorKind::Unauthenticated, "no operator certificate was shown"))?;
    approval::verify(certificate, asked.change_id.trim(), &asked.sha256, &asked.signature)
        .map_err(|err| answer(ErrorKind::Invalid, err.to_string()))?;
    Ok(Some(show::change::hex(&asked.signature)))
}

#[tonic::async_trait]
impl<S: Store, C: Clock> ChangeService for Plane<S, C> {
    async fn propose_change(
        &self,
        request: Request<v1::ProposeChangeRequest>,
    ) -> Result<Response<v1::ProposeChangeResponse>, Status> {
        let operator = self.caller(&request).await?;
        let mut asked = request.into_inner();
        let payload = asked.payload.take();
        let payload = payload.ok_or_else(|| answer(ErrorKind::Invalid, "say what is to change"))?;
        let wanted = self.wanted(&operator, &asked, payload).await?;
        let from = optional("effective_from", asked.effective_from);
        let wish = Wish {
            tenant: wanted.tenant,
            subject: wanted.subject,
            title: asked.title,
            why: asked.reason,
            text: wanted.text,
            start: from.map_err(|it| it.to_status())?.map_or(wanted.start, Start::At),
            break_glass: asked.break_glass.then_some(asked.sealed_code),
        };
        let change = Some(self.propose(wish, &operator).await?);
        Ok(Response::new(v1::ProposeChangeResponse { change }))
    }

    async fn list_changes(
        &self,
        request: Request<v1::ListChangesRequest>,
    ) -> Result<Response<v1::ListChangesResponse>, Status> {
        let operator = self.caller(&request).await?;
        let asked = request.into_inner();
        let tenant = named_tenant(&asked.tenant)?;
        if let Some(tenant) = &tenant {
            self.permit(&operator, Action::See, &Scope::tenant(tenant)).await?;
        }
        let now = self.engine.clock.now();
        let (all, operators) = (self.all_changes().await?, self.operators().await?);
        let waits_for_caller =
            |it: &Change| change::approve(it, &operator, &it.sha256, None, now).is_ok();
        let wanted = |it: &&Change| {
            let state = show::change::state(&it.state);
            let by_state = if asked.state() == v1::ChangeState::Unspecified {
                asked.include_closed || it.is_live() || it.needs_review()
            } else {
                asked.state() == state
            };
            by_state
                && operator.sees(&it.tenant)
                && tenant.as_ref().is_none_or(|tenant| *tenant == it.tenant)
                && (!asked.mine || waits_for_caller(it))
        };
        let mut changes: Vec<&Change> = all.iter().filter(wanted).collect();
        changes.sort_by_cached_key(|it| {
            (!waits_for_caller(it), !it.is_live(), Reverse(it.requested_at), it.id)
        });
        let (changes, next_page_token) = page(changes, asked.page_size, &asked.page_token)?;
        let show = |it: &Change| show::change::change(it, &all, &operators, now);
        let changes = changes.into_iter().map(show).collect();
        Ok(Response::new(v1::ListChangesResponse { changes, next_page_token }))
    }

    async fn get_change(
        &self,
        request: Request<v1::GetChangeRequest>,
    ) -> Result<Response<v1::GetChangeResponse>, Status> {
        let operator = self.caller(&request).await?;
        let change = self.visible(&operator, &request.get_ref().change_id).await?;
        let change = Some(self.shown_change(&change, true).await?);
        Ok(Response::new(v1::GetChangeResponse { change }))
    }

    async fn approve_change(
        &self,
        request: Request<v1::ApproveChangeRequest>,
    ) -> Result<Response<v1::ApproveChangeResponse>, Status> {
        let operator = self.caller(&request).await?;
        let signature = checked_signature(&request, request.get_ref())?;
        let v1::ApproveChangeRequest { change_id, sha256, note, .. } = request.into_inner();
        let decide = |it: &Change, present: Present<'_>| {
            if it.needs_review() && sha256 == it.sha256 {
                return change::review(it, &operator, &note);
            }
            let (signature, now) = (signature.clone(), present.now);
            let approval = change::approval(it, &operator, &sha256, signature, now)?;
            Ok(Event::Approved(approval.noting(&note)))
        };
        let (change, _) = self.act_on_change(&operator, &change_id, "approve", &decide).await?;
        Ok(Response::new(v1::ApproveChangeResponse { change: Some(change) }))
    }

    async fn reject_change(
        &self,
        request: Request<v1::RejectChangeRequest>,
    ) -> Result<Response<v1::RejectChangeResponse>, Status> {
        let operator = self.caller(&request).await?;
        let v1::RejectChangeRequest { change_id, reason } = request.into_inner();
        let decide =
            |it: &Change, present: Present<'_>| change::reject(it, &operator, &reason, present.now);
        let (change, _) = self.act_on_change(&operator, &change_id, "reject", &decide).await?;
        Ok(Response::new(v1::RejectChangeResponse { change: Some(change) }))
    }

    async fn withdraw_change(
        &self,
        request: Request<v1::WithdrawChangeRequest>,
    ) -> Result<Response<v1::WithdrawChangeResponse>, Status> {
        let operator = self.caller(&request).await?;
        let v1::WithdrawChangeRequest { change_id, reason } = request.into_inner();
        let decide = |it: &Change, present: Present<'_>| {
            change::withdraw(it, &operator, &reason, present.now)
        };
        let (change, _) = self.act_on_change(&operator, &change_id, "withdraw", &decide).await?;
        Ok(Response::new(v1::WithdrawChangeResponse { change: Some(change) }))
    }

    async fn apply_change(
        &self,
        request: Request<v1::ApplyChangeRequest>,
    ) -> Result<Response<v1::ApplyChangeResponse>, Status> {
        let operator = self.caller(&request).await?;
        let v1::ApplyChangeRequest { change_id } = request.into_inner();
        let decide =
            |it: &Change, present: Present<'_>| change::apply(it, Some(&operator), present);
        let (change, token) = self.act_on_change(&operator, &change_id, "apply", &decide).await?;
        Ok(Response::new(v1::ApplyChangeResponse { change: Some(change), token }))
    }
}
