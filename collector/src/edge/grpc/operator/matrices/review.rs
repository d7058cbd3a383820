//! What of an agreement both parties should read again.

use jiff::{SignedDuration, Timestamp};
use remit_collector_domain::{
    authority::{Action, Scope},
    matrix::{ReviewState, ReviewStats, RowReview, review},
    operator::Operator,
};
use remit_proto::{convert::optional, v1};
use remit_shared::Clock;
use tonic::Status;

use super::{finding, tenant};
use crate::{
    edge::grpc::{operator::Plane, status::ToStatus as _},
    ports::store::Store,
};

/// How far back is counted if nobody says.
const BACK: SignedDuration = SignedDuration::from_hours(90 * 24);

impl<S: Store, C: Clock> Plane<S, C> {
    pub(super) async fn review(
        &self,
        operator: &Operator,
        asked: v1::GetMatrixReviewRequest,
    ) -> Result<v1::GetMatrixReviewResponse, Status> {
        let tenant = tenant(&asked.tenant)?;
        self.permit(operator, Action::ReadMatrix, &Scope::tenant(&tenant)).await?;
        let now = self.engine.clock.now();
        let since: Option<Timestamp> =
            optional("since", asked.since).map_err(|it| it.to_status())?;
        let since = since.unwrap_or_else(|| now.checked_sub(BACK).unwrap_or(Timestamp::MIN));
        let in_force = self.in_force(&tenant)?;
        let matrix = &in_force.matrix;
        let alerts = self.alerts(operator, tenant.as_str()).await?;
        let stats = ReviewStats::since(since, alerts.iter().map(|it| &**it));
        let zone = matrix.calendars.first().map(|it| &it.zone);
        let zone = zone.or(matrix.sites.first().map(|it| &it.zone));
        let today = zone.unwrap_or(&jiff::tz::TimeZone::UTC).to_datetime(now).date();
        let found = review(matrix, today, Some(&stats));
        let name = format!("{tenant} version {}", matrix.version);
        // What was published once can be read again.
        let channels = match remit_matrix_file::read(&name, &in_force.published.text) {
            Ok(file) => self.channel_remarks(&file).await?,
            Err(refused) => refused.remarks,
        };
        let gone = found.gone.into_iter().map(|it| v1::ContactGone {
            person: it.person.to_string(),
            counted_on_by: it.counted_on_by,
        });
        Ok(v1::GetMatrixReviewResponse {
            version: matrix.version,
            rows: found.rows.iter().map(row).collect(),
            gone: gone.collect(),
            catch_all_hits: count(found.catch_all_hits.unwrap_or_default()),
            channels: channels.iter().map(finding).collect(),
        })
    }
}

fn row(it: &RowReview) -> v1::ReviewRow {
    let status = match it.state {
        ReviewState::Fresh => v1::ReviewStatus::Fresh,
        ReviewState::Soon => v1::ReviewStatus::DueSoon,
        ReviewState::Due => v1::ReviewStatus::Due,
        ReviewState::Overdue => v1::ReviewStatus::Overdue,
        ReviewState::Never => v1::ReviewStatus::Never,
    };
    v1::ReviewRow {
        row: it.row.to_string(),
        responsible: it.responsible.to_string(),
        reviewed_on: it.reviewed.map(|it| it.to_string()).unwrap_or_default(),
        status: status.into(),
        alerts: count(it.alerts.unwrap_or_default()),
        reroutes: count(it.reroutes),
        hand_backs: count(it.hand_backs),
        age_days: it.age.and_then(|it| u32::try_from(it).ok()).unwrap_or_default(),
    }
}

fn count(of: u64) -> u32 {
    u32::try_from(of).unwrap_or(u32::MAX)
}
