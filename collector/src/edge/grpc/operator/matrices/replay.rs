//! Which past alerts would have gone to somebody else.

use std::{collections::HashMap, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use remit_collector_domain::{
    alert::Alert,
    endpoint::Endpoint,
    matrix::{self, Past, Subject, lint::Grade},
    operator::Operator,
};
use remit_proto::{
    convert::{Wire as _, optional},
    v1,
};
use remit_shared::{Clock, EndpointId, EndpointKind, Tenant};
use tonic::Status;

use super::finding;
use crate::{
    edge::grpc::{operator::Plane, status::ToStatus as _},
    ports::{directory::subject, store::Store},
};

/// How far back is looked if nobody says.
const BACK: SignedDuration = SignedDuration::from_hours(30 * 24);

impl<S: Store, C: Clock> Plane<S, C> {
    pub(super) async fn replay(
        &self,
        operator: &Operator,
        asked: v1::ReplayMatrixRequest,
    ) -> Result<v1::ReplayMatrixResponse, Status> {
        let now = self.engine.clock.now();
        let since: Option<Timestamp> =
            optional("since", asked.since).map_err(|it| it.to_status())?;
        let since = since.unwrap_or_else(|| now.checked_sub(BACK).unwrap_or(Timestamp::MIN));
        let choice = asked.matrix.unwrap_or_default();
        let (proposed, findings) = if choice.toml.is_empty() {
            (self.chosen(operator, choice).await?, Vec::new())
        } else {
            let (matrix, remarks) = match self.proposed(operator, &choice).await? {
                Ok(file) => (Some(file.matrix.clone()), file.lint(now)),
                Err(refused) => (None, refused.remarks),
            };
            let is_wrong = remarks.iter().any(|it| it.grade == Grade::Error);
            let findings = remarks.iter().map(finding).collect();
            match matrix {
                Some(matrix) if !is_wrong => (Arc::new(matrix), findings),
                Some(_) | None => {
                    return Ok(v1::ReplayMatrixResponse { findings, ..Default::default() });
                }
            }
        };
        let tenant = proposed.tenant.clone();
        let in_force = self.in_force(&tenant)?;
        let (alerts, past) = self.past(operator, &tenant, since).await?;
        let found = matrix::replay(&in_force.matrix, &proposed, &past);
        let moved = found.moved.into_iter();
        Ok(v1::ReplayMatrixResponse {
            alerts: count(found.alerts),
            moved: moved.map(|it| moved_alert(&alerts[it.index], it)).collect(),
            findings,
            against_version: in_force.matrix.version,
        })
    }

    /// A tenant's alerts from an instant on, oldest first, as a matrix is asked
    /// about them.
    async fn past(
        &self,
        operator: &Operator,
        tenant: &Tenant,
        since: Timestamp,
    ) -> Result<(Vec<Arc<Alert>>, Vec<Past>), Status> {
        let mut alerts = self.alerts(operator, tenant.as_str()).await?;
        alerts.retain(|it| since <= it.opened_at);
        alerts.sort_by_key(|it| (it.opened_at, it.id));
        let endpoints = self.endpoints(operator, tenant.as_str()).await?;
        let endpoints: HashMap<EndpointId, Arc<Endpoint>> =
            endpoints.into_iter().map(|it| (it.id(), it)).collect();
        let past = alerts.iter().map(|it| Past {
            id: it.id.to_string(),
            opened_at: it.opened_at,
            subject: match endpoints.get(&it.about.endpoint) {
                Some(endpoint) => subject(&endpoint.registration),
                None => forgotten(it),
            },
            function: it.about.function.clone(),
            severity: it.severity,
            responsible: it.remit.responsible.clone(),
        });
        let past = past.collect();
        Ok((alerts, past))
    }
}

/// An endpoint of which nothing is left but its alerts.
fn forgotten(alert: &Alert) -> Subject {
    Subject {
        id: alert.about.endpoint,
        hostname: alert.about.hostname.clone(),
        site: alert.about.site.clone(),
        kind: EndpointKind::Server,
        tags: Default::default(),
    }
}

fn moved_alert(alert: &Alert, moved: matrix::Moved) -> v1::MovedAlert {
    v1::MovedAlert {
        alert_id: alert.id.to_string(),
        opened_at: Some(alert.opened_at.to_wire()),
        hostname: alert.about.hostname.clone(),
        summary: alert.summary.clone(),
        function: alert.about.function.to_string(),
        had_team: alert.remit.responsible.to_string(),
        from_team: moved.old.to_string(),
        from_row: moved.old_row.to_string(),
        to_team: moved.new.responsible.to_string(),
        to_row: moved.new.row.to_string(),
        reason: moved.new.because,
    }
}

fn count(of: usize) -> u32 {
    u32::try_from(of).unwrap_or(u32::MAX)
}
