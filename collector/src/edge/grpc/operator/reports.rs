//! Reports on a period, on noise, and on what would make less of it.

use remit_collector_domain::{
    authority::{Action, Scope},
    operator::Operator,
    report::{Period, Span, report},
};
use remit_proto::{
    convert::{Wire as _, optional},
    v1::{self, report_service_server::ReportService},
};
use remit_report::{Format, file_name, render};
use remit_shared::{Clock, ErrorKind, Tenant};
use std::sync::Arc;
use tonic::{Request, Response, Status};

use super::Plane;
use crate::{
    adapters::matrices::InForce,
    edge::grpc::status::{ToStatus as _, answer, not_found},
    morning::zone,
    ports::store::Store,
    reports,
};

impl<S: Store, C: Clock> Plane<S, C> {
    /// What a tenant has agreed on, for somebody who may read reports on it.
    async fn reported(&self, operator: &Operator, tenant: &str) -> Result<Arc<InForce>, Status> {
        let tenant =
            Tenant::new(tenant).map_err(|err| answer(ErrorKind::Invalid, err.to_string()))?;
        self.permit(operator, Action::ReadReports, &Scope::tenant(&tenant)).await?;
        self.matrices.of(&tenant).ok_or_else(|| not_found("matrix of tenant", &tenant))
    }
}

#[tonic::async_trait]
impl<S: Store, C: Clock> ReportService for Plane<S, C> {
    async fn get_report(
        &self,
        request: Request<v1::GetReportRequest>,
    ) -> Result<Response<v1::GetReportResponse>, Status> {
        let operator = self.caller(&request).await?;
        let asked = request.into_inner();
        let in_force = self.reported(&operator, &asked.tenant).await?;
        let (now, zone) = (self.engine.clock.now(), zone(&in_force.matrix));
        let span = span(asked.kind())?;
        let period = match asked.period.as_str() {
            "" => Period::newest_over(span, &zone, now),
            named => span
                .parse(&zone, named)
                .map_err(|err| answer(ErrorKind::Invalid, err.to_string()))?,
        };
        if now < period.within.from {
            let words = format!("{period} has not begun yet");
            return Err(answer(ErrorKind::Invalid, words));
        }
        let within = period.within;
        let input = reports::input(self.store(), &self.matrices, &in_force, period, now).await;
        let report = report(&input.map_err(|it| it.to_status())?);
        let format = format(asked.format());
        Ok(Response::new(v1::GetReportResponse {
            content: render(&report, format),
            content_type: format.content_type().into(),
            file_name: file_name(&report, format),
            from: Some(within.from.to_wire()),
            to: Some(within.to.to_wire()),
        }))
    }

    async fn get_noise_report(
        &self,
        _: Request<v1::GetNoiseReportRequest>,
    ) -> Result<Response<v1::GetNoiseReportResponse>, Status> {
        Err(Status::unimplemented("this collector does not do that yet"))
    }

    async fn propose_tuning(
        &self,
        _: Request<v1::ProposeTuningRequest>,
    ) -> Result<Response<v1::ProposeTuningResponse>, Status> {
        Err(Status::unimplemented("this collector does not do that yet"))
    }
}

fn span(kind: v1::ReportKind) -> Result<Span, Status> {
    match kind {
        v1::ReportKind::Weekly => Ok(Span::Week),
        v1::ReportKind::Monthly => Ok(Span::Month),
        v1::ReportKind::Quarterly => Ok(Span::Quarter),
        v1::ReportKind::Unspecified => {
            Err(answer(ErrorKind::Invalid, "say how long a time the report is about"))
        }
    }
}

fn format(asked: v1::ReportFormat) -> Format {
    match asked {
        v1::ReportFormat::Unspecified | v1::ReportFormat::Md => Format::Markdown,
        v1::ReportFormat::Html => Format::Html,
        v1::ReportFormat::Json => Format::Json,
        v1::ReportFormat::Csv => Format::Csv,
    }
}
