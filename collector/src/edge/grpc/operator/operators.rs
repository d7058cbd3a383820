//! Operators.

use std::{collections::BTreeSet, sync::Arc};

use jiff::Timestamp;
use remit_collector_domain::{
    authority::{
        Action, Scope,
        grants::{self, Consent, Grant},
    },
    change::{self, Change, State, Subject, VALID_FOR},
    effect::Effect,
    operator::{Operator, Role, checked_name},
};
use remit_proto::{
    convert::{InvalidMessage, Wire as _},
    v1::{self, operator_service_server::OperatorService},
};
use remit_runtime::random;
use remit_shared::{Chain, ChangeId, Clock, ErrorKind, OperatorId, Party, Team, Tenant};
use tonic::{Request, Response, Status};

use super::{Plane, page::page};
use crate::{
    adapters::matrices::InForce,
    changes::is_named,
    edge::grpc::{
        show::{self, each},
        status::{ToStatus as _, answer, not_found},
    },
    ports::store::{Commit, Store, StoreError},
};

impl<S: Store, C: Clock> Plane<S, C> {
    /// Under which id somebody may be made an operator, and what is out of the
    /// ordinary about it. Where others must agree, it is that of the change by
    /// which they did, so that it makes one operator.
    async fn admitted(
        &self,
        caller: &Operator,
        grant: &Grant,
        operators: &[Operator],
        now: Timestamp,
    ) -> Result<(OperatorId, String), Status> {
        let matrices = self.matrices.tenants().into_iter().filter_map(|it| self.matrices.of(&it));
        let side = |it: Arc<InForce>| {
            let teams = grant.teams.iter().filter_map(|team| Some(it.matrix.team(team)?.party));
            teams.collect::<BTreeSet<_>>()
        };
        let sides = matrices.flat_map(side).collect();
        match grants::required(operators, grant, &sides, caller) {
            Consent::Alone { because } => {
                let because = because.map(|it| format!("; {it}")).unwrap_or_default();
                Ok((OperatorId::from_uuid(random::uuid()), because))
            }
            Consent::LocalOnly => Err(change::Refusal::LocalOnly.to_status()),
            Consent::Of(sides) => {
                let all = self.store().all::<Change>().await.map_err(|it| it.to_status())?;
                let agreed = |it: &&Change| is_agreed(it, grant, now);
                let unused = |it: &OperatorId| operators.iter().all(|known| known.id != *it);
                let changes = all.iter().map(|it| &*it.record).filter(agreed);
                let mut ids = changes.map(|it| OperatorId::from_uuid(*it.id.as_uuid()));
                let admitted = ids.find(unused).map(|it| (it, format!("; by {}", of_change(it))));
                admitted.ok_or_else(|| answer(ErrorKind::Conflict, ask_first(grant, &sides)))
            }
        }
    }
}

/// Whether a change that took effect lately lets just this operator be made.
fn is_agreed(it: &Change, grant: &Grant, now: Timestamp) -> bool {
    let State::Applied { at, .. } = it.state else { return false };
    let lapses = at.saturating_add(VALID_FOR).unwrap_or(Timestamp::MAX);
    it.subject == Subject::Role && now < lapses && it.grant().as_ref() == Some(grant)
}

/// The change that an operator was made by.
fn of_change(operator: OperatorId) -> ChangeId {
    ChangeId::from_uuid(*operator.as_uuid())
}

/// What to do where others must agree.
fn ask_first(grant: &Grant, sides: &BTreeSet<Party>) -> String {
    let sides: Vec<_> = sides.iter().map(|it| format!("a manager of the {it} side")).collect();
    let mut command = format!(
        "remit change propose role '{}' --role {} --party {}",
        grant.name, grant.role, grant.party
    );
    command.extend(grant.teams.iter().map(|it| format!(" --team {it}")));
    command.extend(grant.tenants.iter().map(|it| format!(" --tenant {it}")));
    format!(
        "{} must agree: propose it with `{command} --reason …`, and come back once that is applied",
        sides.join(" and ")
    )
}

/// What somebody is to become.
pub(super) fn grant(
    operator: Option<OperatorId>,
    name: &str,
    asked: &v1::RoleGrant,
) -> Result<Grant, InvalidMessage> {
    let name = checked_name(name).map_err(|it| InvalidMessage::new("operator", it.to_string()))?;
    Ok(Grant {
        operator,
        name,
        role: role(asked.role())?,
        party: Party::from_wire("party", asked.party)?,
        teams: each("teams", &asked.teams, Team::new)?,
        tenants: each("tenants", &asked.tenants, Tenant::new)?,
    })
}

#[tonic::async_trait]
impl<S: Store, C: Clock> OperatorService for Plane<S, C> {
    async fn who_am_i(
        &self,
        request: Request<v1::WhoAmIRequest>,
    ) -> Result<Response<v1::WhoAmIResponse>, Status> {
        let operator = self.caller(&request).await?;
        Ok(Response::new(v1::WhoAmIResponse {
            operator: Some(shown(&operator)),
            collector_version: env!("CARGO_PKG_VERSION").into(),
        }))
    }

    async fn create_operator(
        &self,
        request: Request<v1::CreateOperatorRequest>,
    ) -> Result<Response<v1::CreateOperatorResponse>, Status> {
        let caller = self.caller(&request).await?;
        let asked = request.into_inner();
        let role = role(asked.role()).map_err(|it| it.to_status())?;
        self.permit(&caller, Action::CreateOperator(role), &Scope::installation()).await?;
        let name =
            checked_name(&asked.name).map_err(|err| answer(ErrorKind::Invalid, err.to_string()))?;
        let operators = self.operators().await?;
        if is_named(&name, &operators) {
            let words = format!("there is an operator called {name} already");
            return Err(answer(ErrorKind::Conflict, words));
        }
        let grant = grant(
            None,
            &name,
            &v1::RoleGrant {
                operator: name.clone(),
                role: asked.role,
                party: asked.party,
                teams: asked.teams,
                tenants: asked.tenants,
            },
        );
        let grant = grant.map_err(|it| it.to_status())?;
        let now = self.engine.clock.now();
        let (id, because) = self.admitted(&caller, &grant, &operators, now).await?;
        let issued = self
            .authority
            .issue_operator(id, &asked.csr, now)
            .map_err(|err| answer(ErrorKind::Invalid, Chain(&err).to_string()))?;
        let operator = Operator {
            id,
            name: grant.name,
            role: grant.role,
            party: grant.party,
            teams: grant.teams.into_iter().collect(),
            tenants: grant.tenants.into_iter().collect(),
            serial: issued.serial.clone(),
            not_after: issued.not_after,
            created_at: now,
            revoked: None,
        };
        let detail = format!("{name}, {}, {}{because}", operator.party, operator.role);
        let audit = self.audit(&caller, None, "operator.create", id, detail);
        let commit = Commit::new(operator.clone(), 0, vec![Effect::Audit(audit)]);
        self.store().commit(commit).await.map_err(|it| it.to_status())?;
        self.engine.owed.notify_one();
        Ok(Response::new(v1::CreateOperatorResponse {
            operator: Some(shown(&operator)),
            certificate_chain: issued.chain.iter().map(|it| it.to_vec()).collect(),
            ca_roots: self.authority.roots().iter().map(|it| it.to_vec()).collect(),
        }))
    }

    async fn list_operators(
        &self,
        request: Request<v1::ListOperatorsRequest>,
    ) -> Result<Response<v1::ListOperatorsResponse>, Status> {
        let caller = self.caller(&request).await?;
        self.permit(&caller, Action::ListOperators, &Scope::installation()).await?;
        let asked = request.into_inner();
        let all = self.store().all::<Operator>().await.map_err(|it| it.to_status())?;
        let mut operators: Vec<_> = all.into_iter().map(|it| it.record).collect();
        operators
            .sort_by(|a, b| (a.revoked.is_some(), &a.name).cmp(&(b.revoked.is_some(), &b.name)));
        let operators = operators.iter().map(|it| shown(it)).collect();
        let (operators, next_page_token) = page(operators, asked.page_size, &asked.page_token)?;
        Ok(Response::new(v1::ListOperatorsResponse { operators, next_page_token }))
    }

    async fn revoke_operator(
        &self,
        request: Request<v1::RevokeOperatorRequest>,
    ) -> Result<Response<v1::RevokeOperatorResponse>, Status> {
        let caller = self.caller(&request).await?;
        let named = request.into_inner().operator_id;
        let id: OperatorId =
            named.parse().map_err(|err| answer(ErrorKind::Invalid, format!("{err}")))?;
        if id == caller.id {
            return Err(answer(ErrorKind::Conflict, "nobody revokes the credential in use"));
        }
        loop {
            let stored = self.store().load::<Operator>(&id).await.map_err(|it| it.to_status())?;
            let stored = stored.ok_or_else(|| not_found("operator", &named))?;
            let action = Action::RevokeOperator(stored.record.role);
            self.permit(&caller, action, &Scope::installation()).await?;
            if stored.record.revoked.is_some() {
                let operator = Some(shown(&stored.record));
                return Ok(Response::new(v1::RevokeOperatorResponse { operator }));
            }
            let mut operator = Operator::clone(&stored.record);
            operator.revoked =
                Some((self.engine.clock.now(), format!("revoked by {}", caller.name)));
            let audit = self.audit(&caller, None, "operator.revoke", id, &*operator.name);
            let commit = Commit::new(operator.clone(), stored.revision, vec![Effect::Audit(audit)]);
            match self.store().commit(commit).await {
                Err(StoreError::Conflict { .. }) => continue,
                Err(err) => return Err(err.to_status()),
                Ok(_) => self.engine.owed.notify_one(),
            }
            let operator = Some(shown(&operator));
            return Ok(Response::new(v1::RevokeOperatorResponse { operator }));
        }
    }
}

fn role(asked: v1::Role) -> Result<Role, InvalidMessage> {
    match asked {
        v1::Role::Unspecified => Err(InvalidMessage::new("role", "is unspecified")),
        v1::Role::Administrator => Ok(Role::Administrator),
        v1::Role::Manager => Ok(Role::Manager),
        v1::Role::Operator => Ok(Role::Operator),
        v1::Role::Viewer => Ok(Role::Viewer),
        v1::Role::Auditor => Ok(Role::Auditor),
    }
}

fn shown(operator: &Operator) -> v1::Operator {
    v1::Operator {
        operator_id: operator.id.to_string(),
        name: operator.name.clone(),
        role: show::change::role(operator.role).into(),
        party: operator.party.to_wire(),
        teams: operator.teams.iter().map(ToString::to_string).collect(),
        tenants: operator.tenants.iter().map(ToString::to_string).collect(),
        created_at: Some(operator.created_at.to_wire()),
        revoked_at: operator.revoked.as_ref().map(|it| it.0.to_wire()),
        certificate_not_after: Some(operator.not_after.to_wire()),
    }
}
