//! Reports on a period, on noise, and on what would make less of it.

use std::{collections::HashMap, sync::Arc};

use jiff::{SignedDuration, Timestamp};

use remit_collector_domain::{
    alert::Alert,
    authority::{Action, Scope as Within},
    calendar::Segment,
    matrix::{EndpointRef, Scope},
    noise::{self, Entry, Past},
    operator::Operator,
    report::{Period, Span, report},
    tuning,
};
use remit_proto::{
    convert::{Wire, optional},
    v1::{self, report_service_server::ReportService},
};
use remit_report::{Format, file_name, render};
use remit_shared::{AlertId, Clock, EndpointKind, ErrorKind, Site, Tag, Tenant};
use tonic::{Request, Response, Status};

use super::Plane;
use crate::{
    adapters::matrices::InForce,
    edge::grpc::{
        show,
        status::{ToStatus as _, answer, not_found},
    },
    morning::{office, zone},
    ports::store::Store,
    reports::{
        self,
        tune::{self, Asked},
    },
};

/// How far back noise is looked for.
const USUAL: SignedDuration = SignedDuration::from_hours(24 * 30);

impl<S: Store, C: Clock> Plane<S, C> {
    /// What a tenant has agreed on, for somebody who may read reports on it.
    async fn reported(&self, operator: &Operator, tenant: &str) -> Result<Arc<InForce>, Status> {
        let tenant =
            Tenant::new(tenant).map_err(|err| answer(ErrorKind::Invalid, err.to_string()))?;
        self.permit(operator, Action::ReadReports, &Within::tenant(&tenant)).await?;
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
        request: Request<v1::GetNoiseReportRequest>,
    ) -> Result<Response<v1::GetNoiseReportResponse>, Status> {
        let operator = self.caller(&request).await?;
        let asked = request.into_inner();
        let in_force = self.reported(&operator, &asked.tenant).await?;
        let now = self.engine.clock.now();
        let until = at("until", asked.until)?.unwrap_or(now);
        let since = at("since", asked.since)?.unwrap_or_else(|| back(until));
        let (matrix, within) = (&in_force.matrix, Segment { from: since, to: until });
        let wanted = |it: &Alert| {
            let is_named = asked.check.is_empty() || *it.about.check == *asked.check;
            it.about.tenant == matrix.tenant && within.contains(it.opened_at) && is_named
        };
        let alerts = reports::of(self.store(), wanted).await.map_err(|it| it.to_status())?;
        let past: Vec<Past> = alerts.iter().map(|it| Past::of(it)).collect();
        let owners: HashMap<AlertId, String> =
            alerts.iter().map(|it| (it.id, it.remit.responsible.to_string())).collect();
        let rules = matrix.common_rules().unwrap_or_default();
        let entries = noise::report(&past, office(matrix));
        let hint = |it: &Entry| {
            let about = entries.iter().filter(|of| of.check == it.check);
            about.flat_map(|it| tuning::propose(it, &rules)).next().map(|it| it.wish.knob())
        };
        let whole = entries.iter().filter(|it| it.narrow.is_none());
        let rows = whole.map(|it| {
            show::report::noise(it, &past, |past| owners.get(&past.alert).cloned(), hint(it))
        });
        Ok(Response::new(v1::GetNoiseReportResponse {
            since: Some(since.to_wire()),
            until: Some(until.to_wire()),
            rows: rows.collect(),
        }))
    }

    async fn propose_tuning(
        &self,
        request: Request<v1::ProposeTuningRequest>,
    ) -> Result<Response<v1::ProposeTuningResponse>, Status> {
        let operator = self.caller(&request).await?;
        let asked = request.into_inner();
        let in_force = self.reported(&operator, &asked.tenant).await?;
        let now = self.engine.clock.now();
        let knob = show::report::asked_knob(asked.kind());
        let since = at("since", asked.since)?.unwrap_or_else(|| back(now));
        let on = self.scope(&operator, asked.selector.unwrap_or_default()).await?;
        let value = Some(asked.after).filter(|it| !it.is_empty());
        if value.is_some() && knob.is_none() {
            return Err(answer(ErrorKind::Invalid, "say what of the check is to have that value"));
        }
        if asked.check.is_empty() {
            return Err(answer(ErrorKind::Invalid, "name a check"));
        }
        let wanted = Asked { check: asked.check, on, knob, value, since, why: None };
        let tried = tune::tune(self.store(), &in_force, wanted, now).await;
        let tried = tried.map_err(|it| it.to_status())?;
        let office = office(&in_force.matrix);
        let shown =
            tried.iter().map(|it| show::report::proposal(it, &in_force, office, since, now));
        Ok(Response::new(v1::ProposeTuningResponse { proposals: shown.collect() }))
    }
}

impl<S: Store, C: Clock> Plane<S, C> {
    /// Which endpoints are meant, by their ids.
    pub(super) async fn scope(
        &self,
        operator: &Operator,
        asked: v1::Selector,
    ) -> Result<Scope, Status> {
        let invalid = |words: &str| answer(ErrorKind::Invalid, words);
        let v1::Selector { endpoints, sites, tags, kind, functions, checks, instance } = asked;
        if !functions.is_empty() || !checks.is_empty() || !instance.is_empty() {
            return Err(invalid(
                "limits are chosen by endpoint, site, tag or kind, and nothing else",
            ));
        }
        let mut on = Scope::everything();
        for named in &endpoints {
            on.endpoints.insert(EndpointRef::Id(self.endpoint(operator, named).await?.id()));
        }
        for named in &sites {
            on.sites.insert(Site::new(named).map_err(|err| invalid(&err.to_string()))?);
        }
        for named in &tags {
            on.tags.insert(Tag::new(named).map_err(|err| invalid(&err.to_string()))?);
        }
        if kind != 0 {
            let kind = EndpointKind::from_wire("kind", kind);
            on.kinds.insert(kind.map_err(|it| it.to_status())?);
        }
        Ok(on)
    }
}

fn at(
    field: &'static str,
    asked: Option<<Timestamp as Wire>::Message>,
) -> Result<Option<Timestamp>, Status> {
    optional(field, asked).map_err(|it| it.to_status())
}

/// What is looked at if nobody says since when.
pub(super) fn back(until: Timestamp) -> Timestamp {
    until.checked_sub(USUAL).unwrap_or(Timestamp::MIN)
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
