//! Who owns what in each hour of a week.

use jiff::Timestamp;
use remit_collector_domain::{
    matrix::{Cell, FunctionWeek, Matrix, coverage, coverage_of},
    operator::Operator,
};
use remit_proto::{
    convert::{Wire as _, optional},
    v1,
};
use remit_shared::{Clock, ErrorKind, Severity};
use tonic::Status;

use crate::{
    edge::grpc::{
        operator::Plane,
        status::{ToStatus as _, answer},
    },
    ports::{directory::subject, store::Store},
};

impl<S: Store, C: Clock> Plane<S, C> {
    pub(super) async fn coverage(
        &self,
        operator: &Operator,
        asked: v1::GetCoverageRequest,
    ) -> Result<v1::GetCoverageResponse, Status> {
        let severity = match asked.severity {
            0 => Severity::High,
            some => Severity::from_wire("severity", some).map_err(|it| it.to_status())?,
        };
        let at: Option<Timestamp> = optional("at", asked.at).map_err(|it| it.to_status())?;
        let at = at.unwrap_or_else(|| self.engine.clock.now());
        let endpoint = match asked.endpoint.as_str() {
            "" => None,
            named => Some(self.endpoint(operator, named).await?),
        };
        let mut choice = asked.matrix.unwrap_or_default();
        if let Some(endpoint) = &endpoint
            && choice.tenant.is_empty()
        {
            choice.tenant = endpoint.registration.tenant.to_string();
        }
        let matrix = self.chosen(operator, choice).await?;
        let found = match &endpoint {
            None => coverage(&matrix, at, severity),
            Some(endpoint) if endpoint.registration.tenant != matrix.tenant => {
                let words = format!("{} is not of tenant {}", asked.endpoint, matrix.tenant);
                return Err(answer(ErrorKind::Invalid, words));
            }
            Some(endpoint) => coverage_of(&matrix, &subject(&endpoint.registration), at, severity),
        };
        Ok(v1::GetCoverageResponse {
            version: matrix.version,
            zone: found.zone.iana_name().unwrap_or("UTC").to_owned(),
            week_of: found.monday.to_string(),
            rows: found.functions.iter().map(|it| row(&matrix, it)).collect(),
            severity: found.severity.to_wire(),
            partial: found.is_partial,
        })
    }
}

/// A function's week, equal hours together.
fn row(matrix: &Matrix, week: &FunctionWeek) -> v1::CoverageRow {
    let mut spans: Vec<v1::CoverageSpan> = Vec::new();
    for (hour, cell) in (0..).zip(&week.hours) {
        let owners = owners(matrix, cell);
        match spans.last_mut() {
            Some(last) if last.owners == owners => last.hours += 1,
            Some(_) | None => spans.push(v1::CoverageSpan { from_hour: hour, hours: 1, owners }),
        }
    }
    v1::CoverageRow { function: week.function.to_string(), spans }
}

fn owners(matrix: &Matrix, cell: &Cell) -> Vec<v1::CoverageOwner> {
    let owners = cell.owners.iter().map(|it| v1::CoverageOwner {
        team: it.responsible.to_string(),
        party: matrix.team(&it.responsible).map_or(0, |it| it.party.to_wire()),
        on: it.on.clone(),
        gap: it.gap,
    });
    owners.collect()
}
