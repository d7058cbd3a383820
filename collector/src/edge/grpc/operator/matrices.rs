//! The responsibility matrix.

mod channels;
mod choice;
mod coverage;
mod on_call;
mod replay;
mod review;

use jiff::Timestamp;
use remit_collector_domain::{
    alert::Remit,
    authority::{Action, Scope},
    effect::Effect,
    matrix::{lint::Grade, next_change, resolve},
    matrix_version::{Published, Signature},
};
use remit_matrix_file::Remark;
use remit_proto::{
    convert::{Wire as _, optional, whole_seconds},
    v1::{self, matrix_service_server::MatrixService},
};
use remit_shared::{Clock, ErrorKind, Function, Severity, Tenant};
use sha2::{Digest as _, Sha256};
use tonic::{Request, Response, Status};

use super::{Plane, page::page};
use crate::{
    adapters::matrices::InForce,
    edge::grpc::{
        show,
        status::{ToStatus as _, answer, not_found},
    },
    ports::{
        directory::subject,
        store::{Commit, Store, StoreError},
    },
};

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
        let published = published.ok_or_else(|| not_found("matrix of tenant", &tenant))?;
        Ok(Response::new(v1::GetMatrixResponse {
            version: Some(version(&published)),
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
        let versions = versions.iter().map(|it| version(it)).collect();
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
        let refused = |remarks: &[Remark]| {
            let errors = remarks.iter().filter(|it| it.grade == Grade::Error);
            let lines: Vec<String> = errors.map(ToString::to_string).collect();
            let words = format!("the matrix is refused\n{}", lines.join("\n"));
            answer(ErrorKind::Invalid, words)
        };
        let file = remit_matrix_file::read(file(&asked.file_name), &asked.toml)
            .map_err(|it| refused(&it.remarks))?;
        let tenant = file.matrix.tenant.clone();
        self.permit(&operator, Action::PublishMatrix, &Scope::tenant(&tenant)).await?;
        let remarks = file.lint(now);
        if remarks.iter().any(|it| it.grade == Grade::Error) {
            return Err(refused(&remarks));
        }
        let channels = self.missing_channels(&file);
        let all = self.store().all::<Published>().await.map_err(|it| it.to_status())?;
        let newest = all.iter().filter(|it| it.record.tenant == tenant).map(|it| it.record.version);
        let newest = newest.max().unwrap_or(0);
        let previous = all
            .iter()
            .find(|it| it.record.tenant == tenant && it.record.version == newest)
            .map(|it| it.record.sha256.clone());
        if asked.expected_version != 0 && asked.expected_version != newest {
            let words = format!("the newest version is {newest}, not {}", asked.expected_version);
            return Err(answer(ErrorKind::Conflict, words));
        }
        let sha256: String =
            Sha256::digest(&asked.toml).iter().map(|it| format!("{it:02x}")).collect();
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
            version: newest + 1,
            sha256,
            text: asked.toml,
            published_at: now,
            published_by: operator.name.clone(),
            note: asked.note,
            previous_sha256: previous,
            effective_from: now,
            change: None,
            signatures: vec![signature],
        };
        let in_force = InForce::read(published.clone())
            .map_err(|err| answer(ErrorKind::Invalid, remit_shared::Chain(&err).to_string()))?;
        let detail = format!("version {}: {}", published.version, published.note);
        let audit = self.audit(&operator, Some(&tenant), "matrix.publish", &tenant, detail);
        let commit = Commit::new(published.clone(), 0, vec![Effect::Audit(audit)]);
        match self.store().commit(commit).await {
            Ok(_) => {}
            Err(StoreError::Conflict { .. }) => {
                let words = "somebody else published meanwhile; look at theirs first";
                return Err(answer(ErrorKind::Conflict, words));
            }
            Err(err) => return Err(err.to_status()),
        }
        self.matrices.install(in_force);
        self.engine.owed.notify_one();
        self.engine.reconsider(&tenant).await.map_err(|it| it.to_status())?;
        Ok(Response::new(v1::PublishMatrixResponse {
            version: Some(version(&published)),
            findings: remarks.iter().chain(&channels).map(finding).collect(),
            change_id: String::new(),
        }))
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
        Ok(Response::new(v1::ExplainResponsibilityResponse {
            responsibility: Some(show::alert::responsibility(tenant, &remit)),
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

fn version(published: &Published) -> v1::MatrixVersion {
    v1::MatrixVersion {
        tenant: published.tenant.to_string(),
        version: published.version,
        sha256: published.sha256.clone(),
        published_at: Some(published.published_at.to_wire()),
        effective_from: Some(published.published_at.to_wire()),
        published_by: published.published_by.clone(),
        note: published.note.clone(),
        ..Default::default()
    }
}

fn finding(remark: &Remark) -> v1::Finding {
    v1::Finding {
        error: remark.grade == Grade::Error,
        code: remark.code.to_owned(),
        message: remark.message.clone(),
        line: remark.line,
        key: remark.key.clone(),
        suggestion: remark.suggestion.clone(),
    }
}
