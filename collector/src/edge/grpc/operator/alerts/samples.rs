//! What was measured around the opening of an alert.

use jiff::SignedDuration;
use remit_collector_domain::{
    alert::Alert,
    detect::{Level, Threshold},
    endpoint::Endpoint,
};
use remit_proto::{convert::Wire as _, v1};
use remit_shared::{CheckStatus, Clock};
use tonic::Status;

use crate::{
    edge::grpc::{operator::Plane, status::ToStatus as _},
    ports::{
        directory::Directory as _,
        store::{Point, Store},
    },
};

/// So long before the value had to be bad, and so long after the opening.
const AROUND: SignedDuration = SignedDuration::from_mins(10);
/// Nobody reads more.
const MOST: usize = 20;
/// So many changes of a value are looked through at most.
const LOOKED_AT: usize = 1_000;

impl<S: Store, C: Clock> Plane<S, C> {
    /// The measurements that led to an alert, oldest first: how the value came
    /// to be bad, as the limits of now judge it. None where nothing is measured,
    /// as for a backup, or where history does not reach back.
    pub(super) async fn samples(&self, alert: &Alert) -> Result<Vec<v1::Sample>, Status> {
        let about = &alert.about;
        let endpoint = self.store().load::<Endpoint>(&about.endpoint).await;
        let Some(endpoint) = endpoint.map_err(|it| it.to_status())? else { return Ok(Vec::new()) };
        let rules = self.matrices.rules(&endpoint.record.registration);
        let Some(threshold) = rules.threshold(&about.check) else { return Ok(Vec::new()) };
        let mut known = endpoint.record.layout.series.iter().map(|it| &it.1);
        let is_watched = |metric: &str, instance: &str| {
            metric == threshold.metric && *instance == *about.instance
        };
        let Some(series) = known.find(|it| is_watched(&it.metric, &it.instance)) else {
            return Ok(Vec::new());
        };
        let from = alert.raised_at.saturating_sub(threshold.hold.saturating_add(AROUND));
        let to = alert.raised_at.saturating_add(AROUND);
        let (from, to) = (from.unwrap_or(alert.raised_at), to.unwrap_or(alert.raised_at));
        let points = self.store().history(about.endpoint, series, from, to, LOOKED_AT).await;
        let points = points.map_err(|it| it.to_status())?;
        let judged = judge(threshold, &points);
        // Those up to the opening and a few after it.
        let after = points.partition_point(|it| it.0 <= alert.raised_at);
        let last = (after + MOST / 4).min(points.len());
        let first = last.saturating_sub(MOST);
        let sample = |(point, status): (&Point, &CheckStatus)| v1::Sample {
            at: Some(point.0.to_wire()),
            value: point.1.unwrap_or_default(),
            unit: series.unit.to_wire(),
            status: status.to_wire(),
        };
        Ok(points[first..last].iter().zip(&judged[first..last]).map(sample).collect())
    }
}

/// How bad each value is, given those before it. A series that ended is not known.
fn judge(threshold: &Threshold, points: &[Point]) -> Vec<CheckStatus> {
    let mut level = Level::Ok;
    let status = |it: &Point| {
        let Some(value) = it.1 else { return CheckStatus::Unknown };
        level = threshold.judge(level, value);
        match level {
            Level::Ok => CheckStatus::Ok,
            Level::Warn => CheckStatus::Warn,
            Level::Crit => CheckStatus::Crit,
        }
    };
    points.iter().map(status).collect()
}
