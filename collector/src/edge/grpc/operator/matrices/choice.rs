//! Which matrix a question is about.

use std::sync::Arc;

use remit_collector_domain::{
    authority::{Action, Scope},
    matrix::{Matrix, lint::Grade},
    matrix_version::Published,
    operator::Operator,
};
use remit_matrix_file::{MatrixFile, Refused, Remark};
use remit_proto::v1;
use remit_shared::{Clock, ErrorKind, Tenant};
use tonic::Status;

use super::{file, tenant};
use crate::{
    adapters::matrices::InForce,
    edge::grpc::{
        operator::Plane,
        status::{ToStatus as _, answer, not_found},
    },
    ports::store::Store,
};

impl<S: Store, C: Clock> Plane<S, C> {
    /// The matrix that somebody chose and may read.
    pub(super) async fn chosen(
        &self,
        operator: &Operator,
        choice: v1::MatrixChoice,
    ) -> Result<Arc<Matrix>, Status> {
        if !choice.toml.is_empty() {
            let file =
                self.proposed(operator, &choice).await?.map_err(|it| refused(&it.remarks))?;
            return Ok(Arc::new(file.matrix));
        }
        let tenant = tenant(&choice.tenant)?;
        self.permit(operator, Action::ReadMatrix, &Scope::tenant(&tenant)).await?;
        if choice.version == 0 {
            return Ok(Arc::clone(&self.in_force(&tenant)?.matrix));
        }
        let key = (tenant.clone(), choice.version);
        let stored = self.store().load::<Published>(&key).await.map_err(|it| it.to_status())?;
        let stored = stored.ok_or_else(|| not_found("matrix of tenant", &tenant))?;
        let read = InForce::read(Published::clone(&stored.record));
        let broken = |err| answer(ErrorKind::Internal, remit_shared::Chain(&err).to_string());
        Ok(read.map_err(broken)?.matrix)
    }

    /// A text that is not published, if it is a matrix. Whoever may not see its
    /// tenant learns nothing of it.
    pub(super) async fn proposed(
        &self,
        operator: &Operator,
        choice: &v1::MatrixChoice,
    ) -> Result<Result<MatrixFile, Refused>, Status> {
        let read = remit_matrix_file::read(file(&choice.file_name), &choice.toml);
        if let Ok(file) = &read {
            let scope = Scope::tenant(&file.matrix.tenant);
            self.permit(operator, Action::ReadMatrix, &scope).await?;
        }
        Ok(read)
    }

    /// What a tenant has in force.
    pub(super) fn in_force(&self, tenant: &Tenant) -> Result<Arc<InForce>, Status> {
        self.matrices.of(tenant).ok_or_else(|| not_found("matrix of tenant", tenant))
    }
}

/// What is wrong with a text that should be a matrix.
pub(super) fn refused(remarks: &[Remark]) -> Status {
    let errors = remarks.iter().filter(|it| it.grade == Grade::Error);
    let lines: Vec<String> = errors.map(ToString::to_string).collect();
    answer(ErrorKind::Invalid, format!("this is no matrix\n{}", lines.join("\n")))
}
