//! Operators.

use remit_collector_domain::{
    authority::{Action, Scope},
    effect::Effect,
    operator::{Operator, Role},
};
use remit_proto::{
    convert::{InvalidMessage, Wire as _},
    v1::{self, operator_service_server::OperatorService},
};
use remit_runtime::random;
use remit_shared::{Chain, Clock, ErrorKind, OperatorId, Party, Team, Tenant};
use tonic::{Request, Response, Status};

use super::{Plane, page::page};
use crate::{
    edge::grpc::status::{ToStatus as _, answer, not_found},
    ports::store::{Commit, Store, StoreError},
};

#[tonic::async_trait]
impl<S: Store, C: Clock> OperatorService for Plane<S, C> {
    async fn who_am_i(
        &self,
        request: Request<v1::WhoAmIRequest>,
    ) -> Result<Response<v1::WhoAmIResponse>, Status> {
        let operator = self.caller(&request).await?;
        Ok(Response::new(v1::WhoAmIResponse {
            operator: Some(show(&operator)),
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
        let name = asked.name.trim();
        if name.is_empty() || name.len() > 100 || name.chars().any(char::is_control) {
            return Err(answer(ErrorKind::Invalid, "an operator's name has 1 to 100 characters"));
        }
        let all = self.store().all::<Operator>().await.map_err(|it| it.to_status())?;
        if all.iter().any(|it| it.record.name == name && it.record.revoked.is_none()) {
            let words = format!("there is an operator called {name} already");
            return Err(answer(ErrorKind::Conflict, words));
        }
        let party = Party::from_wire("party", asked.party).map_err(|it| it.to_status())?;
        let teams: Result<Vec<Team>, _> = asked.teams.iter().map(|it| Team::new(it)).collect();
        let tenants: Result<Vec<Tenant>, _> =
            asked.tenants.iter().map(|it| Tenant::new(it)).collect();
        let invalid = |err: remit_shared::NameError| answer(ErrorKind::Invalid, err.to_string());
        let id = OperatorId::from_uuid(random::uuid());
        let now = self.engine.clock.now();
        let issued = self
            .authority
            .issue_operator(id, &asked.csr, now)
            .map_err(|err| answer(ErrorKind::Invalid, Chain(&err).to_string()))?;
        let operator = Operator {
            id,
            name: name.to_owned(),
            role,
            party,
            teams: teams.map_err(invalid)?,
            tenants: tenants.map_err(invalid)?,
            serial: issued.serial.clone(),
            not_after: issued.not_after,
            created_at: now,
            revoked: None,
        };
        let detail = format!("{name}, {party}, {}", role.as_str());
        let audit = self.audit(&caller, None, "operator.create", id, detail);
        let commit = Commit::new(operator.clone(), 0, vec![Effect::Audit(audit)]);
        self.store().commit(commit).await.map_err(|it| it.to_status())?;
        self.engine.owed.notify_one();
        Ok(Response::new(v1::CreateOperatorResponse {
            operator: Some(show(&operator)),
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
        let operators = operators.iter().map(|it| show(it)).collect();
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
                let operator = Some(show(&stored.record));
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
            let operator = Some(show(&operator));
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

fn show(operator: &Operator) -> v1::Operator {
    let role = match operator.role {
        Role::Administrator => v1::Role::Administrator,
        Role::Manager => v1::Role::Manager,
        Role::Operator => v1::Role::Operator,
        Role::Viewer => v1::Role::Viewer,
        Role::Auditor => v1::Role::Auditor,
    };
    v1::Operator {
        operator_id: operator.id.to_string(),
        name: operator.name.clone(),
        role: role.into(),
        party: operator.party.to_wire(),
        teams: operator.teams.iter().map(ToString::to_string).collect(),
        tenants: operator.tenants.iter().map(ToString::to_string).collect(),
        created_at: Some(operator.created_at.to_wire()),
        revoked_at: operator.revoked.as_ref().map(|it| it.0.to_wire()),
        certificate_not_after: Some(operator.not_after.to_wire()),
    }
}
