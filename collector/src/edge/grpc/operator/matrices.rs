//! The responsibility matrix.

mod channels;
mod choice;
mod coverage;
mod on_call;
mod replay;
mod review;

use std::collections::BTreeSet;

use jiff::Timestamp;
use remit_collector_domain::{
    alert::Remit,
    authority::{Action, Scope},
    change,
    effect::Effect,
    matrix::{lint::Grade, next_change, resolve},
    matrix_version::{Published, Signature, may_publish},
    operator::Operator,
};
use remit_matrix_file::{MatrixFile, Remark};
use remit_proto::{
    convert::{Wire as _, optional, whole_seconds},
    v1::{self, matrix_service_server::MatrixService},
};
use remit_shared::{Chain, Clock, ErrorKind, Function, Severity, Tenant};
use tonic::{Request, Response, Status};

use super::{Plane, changes::Wanted, page::page};
use crate::{
    adapters::matrices::InForce,
    changes::{Start, Wish, sha256},
    edge::grpc::{
        show,
        status::{ToStatus as _, answer, not_found},
    },
    ports::{
        directory::subject,
        store::{Commit, Store, StoreError},
    },
};

impl<S: Store, C: Clock> Plane<S, C> {
    /// Reads a matrix that somebody would publish; refuses one with errors.
    pub(super) async fn linted(
        &self,
        operator: &Operator,
        file_name: &str,
        toml: &str,
        now: Timestamp,
    ) -> Result<(MatrixFile, Vec<Remark>), Status> {
        let refused = |remarks: &[Remark]| {
            let errors = remarks.iter().filter(|it| it.grade == Grade::Error);
            let lines: Vec<String> = errors.map(ToString::to_string).collect();
            let words = format!("the matrix is refused\n{}", lines.join("\n"));
            answer(ErrorKind::Invalid, words)
        };
        let file =
            remit_matrix_file::read(file(file_name), toml).map_err(|it| refused(&it.remarks))?;
        let scope = Scope::tenant(&file.matrix.tenant);
        self.permit(operator, Action::ProposeChange, &scope).await?;
        let mut remarks = file.lint(now);
        if remarks.iter().any(|it| it.grade == Grade::Error) {
            return Err(refused(&remarks));
        }
        remarks.extend(self.missing_channels(&file));
        Ok((file, remarks))
    }

    /// Publishes a tenant's first version, which nobody has agreed on yet.
    async fn found(
        &self,
        operator: &Operator,
        wanted: Wanted,
        note: String,
        from: Option<Timestamp>,
    ) -> Result<Published, Status> {
        let now = self.engine.clock.now();
        let Wanted { tenant, text, .. } = wanted;
        let sha256 = sha256(&text);
        let signature = Signature {
            operator: operator.id,
            name: operator.name.clone(),
            party: operator.party,
            at: now,
            sha256: sha256.clone(),
            signature: None,
        };
        let published = Published {
            tenant: tenant.clone(),
            version: 1,
            sha256,
            text,
            published_at: now,
            published_by: operator.name.clone(),
            note,
            previous_sha256: None,
            effective_from: from.unwrap_or(now),
            change: None,
            signatures: vec![signature],
        };
        may_publish(&[], &published, &BTreeSet::new(), now)
            .map_err(|err| answer(ErrorKind::Invalid, err.to_string()))?;
        let in_force = InForce::read(published.clone())
            .map_err(|err| answer(ErrorKind::Invalid, Chain(&err).to_string()))?;
        let detail = format!("version 1: {}", published.note);
        let audit = self.audit(operator, Some(&tenant), "matrix.publish", &tenant, detail);
        let commit = Commit::new(published.clone(), 0, vec![Effect::Audit(audit)]);
        match self.store().commit(commit).await {
            Ok(_) => {}
            Err(StoreError::Conflict { .. }) => {
                let words = "somebody else published meanwhile; look at theirs first";
                return Err(answer(ErrorKind::Conflict, words));
            }
            Err(err) => return Err(err.to_status()),
        }
        self.matrices.install(in_force, now);
        self.engine.owed.notify_one();
        self.engine.reconsider(&tenant).await.map_err(|it| it.to_status())?;
        Ok(published)
    }

    fn version(&self, published: &Published) -> v1::MatrixVersion {
        let in_force = self.matrices.of(&published.tenant);
        v1::MatrixVersion {
            tenant: published.tenant.to_string(),
            version: published.version,
            sha256: published.sha256.clone(),
            published_at: Some(published.published_at.to_wire()),
            effective_from: Some(published.effective_from.to_wire()),
            published_by: published.published_by.clone(),
            note: published.note.clone(),
            signatures: published.signatures.iter().map(show::change::signature).collect(),
            previous_sha256: published.previous_sha256.clone().unwrap_or_default(),
            change_id: published.change.map(|it| it.to_string()).unwrap_or_default(),
            in_force: in_force.is_some_and(|it| it.published.version == published.version),
            countersigned: published.is_countersigned(),
        }
    }
}

#[tonic::async_trait]
impl<S: Store, C: Clock> MatrixService for Plane<S, C> {
    async fn get_matrix(
        &self,
        request: Request<v1::GetMatrixRequest>,
    ) -> Result<Response<v1::GetMatrixResponse>, Status> {
        let operator = self.caller(&request).await?;
        let asked = request.into_inner();
        let tenant = tenant(&asked.tenant)?;
        self.permit(&operator, Action::ReadMatrix, &Scope::tenant(&tenant)).await?;
        let published = if asked.version == 0 {
            self.matrices.of(&tenant).map(|it| it.published.clone())
        } else {
            let key = (tenant.clone(), asked.version);
            let stored = self.store().load::<Published>(&key).await;
            stored.map_err(|it| it.to_status())?.map(|it| Published::clone(&it.record))
        };
        let published = match (published, asked.version) {
            (Some(it), _) => it,
            (None, 0) => return Err(not_found("matrix of tenant", &tenant)),
            (None, version) => {
                let newest = self.newest_matrix(&tenant).await?;
                let words = format!(
                    "there is no version {version} of {tenant}'s matrix: the newest is {newest}"
                );
                return Err(answer(ErrorKind::NotFound, words));
            }
        };
        Ok(Response::new(v1::GetMatrixResponse {
            version: Some(self.version(&published)),
            toml: published.text,
        }))
    }

    async fn list_matrix_versions(
        &self,
        request: Request<v1::ListMatrixVersionsRequest>,
    ) -> Result<Response<v1::ListMatrixVersionsResponse>, Status> {
        let operator = self.caller(&request).await?;
        let asked = request.into_inner();
        let tenant = tenant(&asked.tenant)?;
        self.permit(&operator, Action::ReadMatrix, &Scope::tenant(&tenant)).await?;
        let all = self.store().all::<Published>().await.map_err(|it| it.to_status())?;
        let mut versions: Vec<_> =
            all.into_iter().map(|it| it.record).filter(|it| it.tenant == tenant).collect();
        versions.sort_by_key(|it| std::cmp::Reverse(it.version));
        let versions = versions.iter().map(|it| self.version(it)).collect();
        let (versions, next_page_token) = page(versions, asked.page_size, &asked.page_token)?;
        Ok(Response::new(v1::ListMatrixVersionsResponse { versions, next_page_token }))
    }

    async fn publish_matrix(
        &self,
        request: Request<v1::PublishMatrixRequest>,
    ) -> Result<Response<v1::PublishMatrixResponse>, Status> {
        let operator = self.caller(&request).await?;
        let asked = request.into_inner();
        let now = self.engine.clock.now();
        let from: Option<Timestamp> =
            optional("effective_from", asked.effective_from).map_err(|it| it.to_status())?;
        let proposal = v1::MatrixProposal {
            toml: asked.toml,
            file_name: asked.file_name,
            expected_version: asked.expected_version,
        };
        let (wanted, findings) = self.matrix_wanted(&operator, proposal, now).await?;
        self.permit(&operator, Action::PublishMatrix, &Scope::tenant(&wanted.tenant)).await?;
        let newest = self.newest_matrix(&wanted.tenant).await?;
        if newest == change::FOUNDING {
            let published = self.found(&operator, wanted, asked.note, from).await?;
            return Ok(Response::new(v1::PublishMatrixResponse {
                version: Some(self.version(&published)),
                findings,
                change_id: String::new(),
            }));
        }
        let note = asked.note.trim();
        let wish = Wish {
            title: format!("matrix version {}", newest + 1),
            why: if note.is_empty() { "published".to_owned() } else { note.to_owned() },
            tenant: wanted.tenant,
            subject: wanted.subject,
            text: wanted.text,
            start: from.map_or(Start::Agreed, Start::At),
            break_glass: None,
        };
        let change_id = self.propose(wish, &operator).await?.change_id;
        Ok(Response::new(v1::PublishMatrixResponse { version: None, findings, change_id }))
    }

    async fn lint_matrix(
        &self,
        request: Request<v1::LintMatrixRequest>,
    ) -> Result<Response<v1::LintMatrixResponse>, Status> {
        let operator = self.caller(&request).await?;
        let asked = request.into_inner();
        let now = self.engine.clock.now();
        let remarks = match remit_matrix_file::read(file(&asked.file_name), &asked.toml) {
            Ok(file) => {
                let scope = Scope::tenant(&file.matrix.tenant);
                self.permit(&operator, Action::ReadMatrix, &scope).await?;
                [file.lint(now), self.channel_remarks(&file).await?].concat()
            }
            Err(refused) => refused.remarks,
        };
        let findings = remarks.iter().map(finding).collect();
        Ok(Response::new(v1::LintMatrixResponse { findings }))
    }

    async fn explain_responsibility(
        &self,
        request: Request<v1::ExplainResponsibilityRequest>,
    ) -> Result<Response<v1::ExplainResponsibilityResponse>, Status> {
        let operator = self.caller(&request).await?;
        let asked = request.into_inner();
        let endpoint = self.endpoint(&operator, &asked.endpoint).await?;
        let tenant = &endpoint.registration.tenant;
        let in_force = self.matrices.of(tenant);
        let in_force = in_force.ok_or_else(|| not_found("matrix of tenant", tenant))?;
        let function = Function::new(&asked.function)
            .map_err(|err| answer(ErrorKind::Invalid, err.to_string()))?;
        if !in_force.matrix.known_functions().any(|it| it == function) {
            let known: Vec<String> =
                in_force.matrix.known_functions().map(|it| it.to_string()).collect();
            let words = format!("there is no function {function}: use one of {}", known.join(", "));
            return Err(answer(ErrorKind::Invalid, words));
        }
        let severity = match asked.severity {
            0 => Severity::High,
            some => Severity::from_wire("severity", some).map_err(|it| it.to_status())?,
        };
        let at: Option<Timestamp> = optional("at", asked.at).map_err(|it| it.to_status())?;
        let at = at.unwrap_or_else(|| self.engine.clock.now());
        let (matrix, subject) = (&in_force.matrix, subject(&endpoint.registration));
        let resolution = resolve(matrix, &subject, &function, severity, at);
        let next = next_change(matrix, &subject, &function, severity, at);
        let step = |it: &remit_collector_domain::matrix::Step| v1::EscalationStep {
            after_seconds: whole_seconds(it.after).try_into().unwrap_or(u32::MAX),
            team: it.target.to_string(),
        };
        let escalation = resolution.policy.steps.iter().map(step).collect();
        let remit = Remit::decided(resolution, at, next.as_ref().map(|it| it.0));
        let whose = show::alert::responsibility(tenant, &remit);
        let call = matrix.whom_to_call(&remit.responsible, &remit.accountable, at);
        let whose = show::alert::reachable(whose, &call);
        Ok(Response::new(v1::ExplainResponsibilityResponse {
            responsibility: Some(whose),
            until: remit.until.map(|it| it.to_wire()),
            next_responsible: next.map(|it| it.1.responsible.to_string()).unwrap_or_default(),
            escalation,
        }))
    }

    async fn get_coverage(
        &self,
        request: Request<v1::GetCoverageRequest>,
    ) -> Result<Response<v1::GetCoverageResponse>, Status> {
        let operator = self.caller(&request).await?;
        self.coverage(&operator, request.into_inner()).await.map(Response::new)
    }

    async fn replay_matrix(
        &self,
        request: Request<v1::ReplayMatrixRequest>,
    ) -> Result<Response<v1::ReplayMatrixResponse>, Status> {
        let operator = self.caller(&request).await?;
        self.replay(&operator, request.into_inner()).await.map(Response::new)
    }

    async fn get_matrix_review(
        &self,
        request: Request<v1::GetMatrixReviewRequest>,
    ) -> Result<Response<v1::GetMatrixReviewResponse>, Status> {
        let operator = self.caller(&request).await?;
        self.review(&operator, request.into_inner()).await.map(Response::new)
    }

    async fn get_on_call(
        &self,
        request: Request<v1::GetOnCallRequest>,
    ) -> Result<Response<v1::GetOnCallResponse>, Status> {
        let operator = self.caller(&request).await?;
        self.on_call(&operator, request.into_inner()).await.map(Response::new)
    }
}

fn tenant(named: &str) -> Result<Tenant, Status> {
    Tenant::new(named).map_err(|err| answer(ErrorKind::Invalid, err.to_string()))
}

fn file(named: &str) -> &str {
    if named.is_empty() { "matrix.toml" } else { named }
}

/// What lint found, as a message.
pub(super) fn finding(remark: &Remark) -> v1::Finding {
    v1::Finding {
        error: remark.grade == Grade::Error,
        code: remark.code.to_owned(),
        message: remark.message.clone(),
        line: remark.line,
        key: remark.key.clone(),
        suggestion: remark.suggestion.clone(),
    }
}
