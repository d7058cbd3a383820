//! What readings were like, at a resolution that fits.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use remit_collector_domain::{
    endpoint::Endpoint,
    matrix::nearest,
    rollup::{Step, cut},
};
use remit_proto::{
    convert::{Wire as _, optional},
    v1::{self, HistoryStep},
};
use remit_shared::{Clock, ErrorKind, Series};
use tonic::Status;

use super::Plane;
use crate::{
    edge::grpc::status::{ToStatus as _, answer, not_found},
    ports::store::{Point, Store, Summed},
};

/// The most series that one answer holds.
const SERIES: usize = 50;
/// The most values of each.
const VALUES: usize = 10_000;
/// The most values of all together.
const IN_ALL: usize = 200_000;
/// The longest time that is told as it came, and of how many series.
const RAW: SignedDuration = SignedDuration::from_hours(7 * 24);
const RAW_SERIES: usize = 7;
/// How far back is looked if nobody says.
const USUAL: SignedDuration = SignedDuration::from_hours(24);

/// What is asked for, with everything that may be left out.
struct Asked {
    from: Timestamp,
    to: Timestamp,
    /// When values hold until at the latest: nothing is known of the future.
    until: Timestamp,
    step: Option<Step>,
}

impl<S: Store, C: Clock> Plane<S, C> {
    /// What some series of an endpoint were like, or which ones it has.
    pub(super) async fn history(
        &self,
        endpoint: Arc<Endpoint>,
        asked: v1::GetHistoryRequest,
    ) -> Result<v1::GetHistoryResponse, Status> {
        let series = named(&endpoint, &asked.series)?;
        let raw_since = self.store().history_since().await.map_err(|it| it.to_status())?;
        let asked_for_none = asked.series.is_empty();
        let asked = self.read(&asked, raw_since)?;
        let values = if asked_for_none {
            vec![v1::SeriesHistory::default(); series.len()]
        } else {
            check_size(&asked, series.len())?;
            match asked.step {
                Some(step) => self.by_step(&endpoint, &series, &asked, step).await?,
                None => self.as_it_came(&endpoint, &series, &asked).await?,
            }
        };
        let named = |(series, values): (Series, v1::SeriesHistory)| v1::SeriesHistory {
            metric: series.metric.to_string(),
            instance: series.instance.to_string(),
            unit: series.unit.to_wire(),
            ..values
        };
        Ok(v1::GetHistoryResponse {
            step: shown(asked.step).into(),
            series: series.into_iter().zip(values).map(named).collect(),
            from: Some(asked.from.to_wire()),
            to: Some(asked.to.to_wire()),
            // Nothing was forgotten yet where that is the beginning of time.
            raw_since: Some(raw_since).filter(|it| *it > Timestamp::MIN).map(|it| it.to_wire()),
        })
    }

    fn read(&self, asked: &v1::GetHistoryRequest, raw_since: Timestamp) -> Result<Asked, Status> {
        let now = self.engine.clock.now();
        let to = optional("to", asked.to).map_err(|it| it.to_status())?.unwrap_or(now);
        let from = optional("from", asked.from).map_err(|it| it.to_status())?;
        let usual = || to.checked_sub(USUAL).unwrap_or(Timestamp::MIN);
        let from = from.unwrap_or_else(usual);
        if to <= from {
            let words = format!("`from` must be before `to`, and {from:.0} is not before {to:.0}");
            return Err(answer(ErrorKind::Invalid, words));
        }
        let unknown = |_| answer(ErrorKind::Invalid, "`step` is not one that is known");
        let step = match HistoryStep::try_from(asked.step).map_err(unknown)? {
            HistoryStep::Unspecified => Step::best(from, to, raw_since),
            HistoryStep::Raw => None,
            HistoryStep::FiveMinutes => Some(Step::FiveMinutes),
            HistoryStep::Hour => Some(Step::Hour),
            HistoryStep::Day => Some(Step::Day),
        };
        Ok(Asked { from, to, until: to.min(now), step })
    }

    async fn by_step(
        &self,
        endpoint: &Endpoint,
        series: &[Series],
        asked: &Asked,
        step: Step,
    ) -> Result<Vec<v1::SeriesHistory>, Status> {
        let of = self.store().rollups(endpoint.id(), series, asked.from, asked.until, step);
        let found = of.await.map_err(|it| it.to_status())?;
        let rollup = |(begin, it): Summed| v1::Rollup {
            begin: Some(begin.to_wire()),
            min: it.min,
            max: it.max,
            mean: it.mean(),
            count: it.count,
            held_seconds: it.held,
        };
        let history = |it: Vec<Summed>| v1::SeriesHistory {
            rollups: it.into_iter().map(rollup).collect(),
            ..Default::default()
        };
        Ok(found.into_iter().map(history).collect())
    }

    async fn as_it_came(
        &self,
        endpoint: &Endpoint,
        series: &[Series],
        asked: &Asked,
    ) -> Result<Vec<v1::SeriesHistory>, Status> {
        let (id, from, to) = (endpoint.id(), asked.from, asked.until);
        let heard = self.store().heard(id, from, to).await.map_err(|it| it.to_status())?;
        let mut all = Vec::new();
        for series in series {
            let points = self.store().history(id, series, from, to, VALUES + 1).await;
            let points = points.map_err(|it| it.to_status())?;
            if points.len() > VALUES {
                let words = format!(
                    "{series} changed more than {VALUES} times from {from:.0} to {to:.0}: ask for \
                     less time, or for a longer step"
                );
                return Err(answer(ErrorKind::Invalid, words));
            }
            let point = |(at, value): Point| v1::Point { at: Some(at.to_wire()), value };
            let points = cut(&points, &heard).into_iter().map(point).collect();
            all.push(v1::SeriesHistory { points, ..Default::default() });
        }
        Ok(all)
    }
}

/// The series that are meant, each once; all if none is named.
fn named(endpoint: &Endpoint, names: &[v1::SeriesName]) -> Result<Vec<Series>, Status> {
    let known = || endpoint.layout.series.iter().map(|it| &it.1);
    let mut meant: Vec<Series> = Vec::new();
    for name in names {
        let instance = name.instance.as_deref();
        let is_meant = |it: &&Series| {
            *it.metric == *name.metric && instance.is_none_or(|of| *it.instance == *of)
        };
        let before = meant.len();
        meant.extend(known().filter(is_meant).cloned());
        if meant.len() == before {
            return Err(unknown(name, &known().collect::<Vec<_>>()));
        }
    }
    if names.is_empty() {
        meant.extend(known().cloned());
    }
    meant.sort();
    meant.dedup();
    Ok(meant)
}

/// A name that stands for no series, with the one that may have been meant.
fn unknown(name: &v1::SeriesName, known: &[&Series]) -> Status {
    let (metric, instance) = (&name.metric, name.instance.as_deref().unwrap_or_default());
    let named = if instance.is_empty() { metric.clone() } else { format!("{metric}[{instance}]") };
    let of_it: Vec<&str> =
        known.iter().filter(|it| *it.metric == **metric).map(|it| &*it.instance).collect();
    let near = if of_it.is_empty() {
        nearest(metric, known.iter().map(|it| &*it.metric)).map(str::to_owned)
    } else {
        nearest(instance, of_it).map(|it| format!("{metric}[{it}]"))
    };
    match near {
        Some(near) => not_found("reading", format!("{named}: did you mean {near}?")),
        None => not_found("reading", named),
    }
}

/// Refuses what would be too much, and says what would not be.
fn check_size(asked: &Asked, series: usize) -> Result<(), Status> {
    let refuse = |words: String| Err(answer(ErrorKind::Invalid, words));
    if series > SERIES {
        return refuse(format!("that is {series} series, and {SERIES} are told at once"));
    }
    let length = asked.to.duration_since(asked.from);
    let Some(step) = asked.step else {
        return if length > RAW || series > RAW_SERIES {
            let most = "values as they came are told of 7 series and 7 days at once";
            refuse(format!("{most}: ask for less, or for a longer step"))
        } else {
            Ok(())
        };
    };
    let spans = length.as_secs() / step.length().as_secs() + 1;
    let spans = usize::try_from(spans).unwrap_or(usize::MAX);
    if spans > VALUES || spans.saturating_mul(series) > IN_ALL {
        return refuse(format!(
            "that is {spans} values of {series} series, and {VALUES} of each and {IN_ALL} in all \
             are told at once: ask for less time, or for a longer step"
        ));
    }
    Ok(())
}

fn shown(step: Option<Step>) -> HistoryStep {
    match step {
        None => HistoryStep::Raw,
        Some(Step::FiveMinutes) => HistoryStep::FiveMinutes,
        Some(Step::Hour) => HistoryStep::Hour,
        Some(Step::Day) => HistoryStep::Day,
    }
}
