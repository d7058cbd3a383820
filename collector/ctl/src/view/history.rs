//! What readings were like over a time.

mod csv;
mod shape;
#[cfg(test)]
mod tests;

use jiff::{SignedDuration, Timestamp};
use remit_proto::v1;
use remit_runtime::duration;
use serde::Serialize;

use super::{
    Look, NOTHING, View,
    reading::{Point, amount},
    table::{Field, Table},
    text::{plain, short},
    time::{Time, time},
};
use crate::word::spelled;

/// The longest name of a series that a table shows whole.
const NAME: usize = 40;
/// How wide a shape is beside other columns, and on a line of its own.
const NARROW: usize = 24;
const WIDE: usize = 72;

/// The readings that are known.
#[derive(Debug, Serialize)]
pub(crate) struct Names {
    pub(crate) series: Vec<Name>,
}

/// One of them.
#[derive(Debug, Serialize)]
pub(crate) struct Name {
    pub(crate) metric: String,
    pub(crate) instance: String,
    pub(crate) unit: Option<&'static str>,
}

impl From<v1::GetHistoryResponse> for Names {
    fn from(it: v1::GetHistoryResponse) -> Self {
        let name = |it: v1::SeriesHistory| Name {
            unit: spelled::<v1::Unit>(it.unit),
            metric: it.metric,
            instance: it.instance,
        };
        Self { series: it.series.into_iter().map(name).collect() }
    }
}

impl View for Names {
    fn text(&self, look: &Look) -> String {
        if self.series.is_empty() {
            return "no readings".into();
        }
        let mut table = Table::new(look, &["READING", "UNIT"]);
        for it in &self.series {
            let name = if it.instance.is_empty() {
                it.metric.clone()
            } else {
                format!("{}[{}]", it.metric, it.instance)
            };
            table.row([Field::Text(plain(&name)), Field::word(it.unit)]);
        }
        table.text()
    }
}

/// `remit endpoint history`.
#[derive(Debug, Serialize)]
pub(crate) struct History {
    pub(crate) endpoint: String,
    pub(crate) step: Option<&'static str>,
    pub(crate) from: Option<Time>,
    pub(crate) to: Option<Time>,
    /// What is older is known by the hour.
    pub(crate) raw_since: Option<Time>,
    pub(crate) series: Vec<Series>,
}

/// What one series was like.
#[derive(Debug, Serialize)]
pub(crate) struct Series {
    pub(crate) metric: String,
    pub(crate) instance: String,
    pub(crate) unit: Option<&'static str>,
    /// As it came; null where the series was gone or nothing was heard.
    pub(crate) points: Vec<Point>,
    /// By the step; none where nothing is known.
    pub(crate) rollups: Vec<Rollup>,
}

/// What it was like in one span of time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Rollup {
    pub(crate) begin: Option<Time>,
    pub(crate) min: i64,
    pub(crate) max: i64,
    pub(crate) mean: f64,
    pub(crate) count: u64,
    pub(crate) held_seconds: u64,
}

impl History {
    /// The history of an endpoint as it was named.
    pub(crate) fn of(endpoint: String, it: v1::GetHistoryResponse) -> Self {
        Self {
            endpoint,
            step: spelled::<v1::HistoryStep>(it.step),
            from: time(it.from),
            to: time(it.to),
            raw_since: time(it.raw_since),
            series: it.series.into_iter().map(Into::into).collect(),
        }
    }

    /// How long the spans are; `None` if values are shown as they came.
    fn step(&self) -> Option<SignedDuration> {
        match self.step {
            Some("5m") => Some(SignedDuration::from_mins(5)),
            Some("1h") => Some(SignedDuration::from_hours(1)),
            Some("1d") => Some(SignedDuration::from_hours(24)),
            Some(_) | None => None,
        }
    }

    /// A line of blocks over the whole time.
    fn shape(&self, of: &Series, width: usize) -> String {
        match (self.from, self.to, self.step()) {
            (Some(from), Some(to), Some(step)) => {
                shape::shape(&of.rollups, (from.0, to.0), step, width)
            }
            _ => String::new(),
        }
    }

    /// One line per series.
    fn summary(&self, look: &Look) -> String {
        let mut table = Table::new(look, &["READING", "MIN", "MEAN", "MAX", "SHAPE"]);
        for it in &self.series {
            let [min, mean, max] = match total(&it.rollups) {
                Some(all) => {
                    [amount(all.min, it.unit), mean(all.mean, it.unit), amount(all.max, it.unit)]
                }
                None => [(); 3].map(|()| NOTHING.to_owned()),
            };
            let name = Field::Text(short(&it.name(), NAME));
            let shape = Field::Text(self.shape(it, NARROW));
            table.row([name, Field::Text(min), Field::Text(mean), Field::Text(max), shape]);
        }
        table.text()
    }

    /// Every span of the only series.
    fn details(&self, it: &Series, step: SignedDuration, look: &Look) -> String {
        let width = usize::from(look.width).min(WIDE);
        let mut table = Table::new(look, &["FROM", "MIN", "MEAN", "MAX", "REPORTS"]);
        let mut next: Option<Timestamp> = None;
        for rollup in &it.rollups {
            let Some(Time(begin)) = rollup.begin else { continue };
            if let Some(silent) = next.filter(|it| *it < begin) {
                let length = duration::format(begin.duration_since(silent));
                let nothing = || Field::Text(NOTHING.into());
                let since = Field::Text(look.exact(Some(Time(silent))));
                let gap = Field::Text(format!("none for {length}"));
                table.row([since, nothing(), nothing(), nothing(), gap]);
            }
            table.row([
                Field::Text(look.exact(rollup.begin)),
                Field::Text(amount(rollup.min, it.unit)),
                Field::Text(mean(rollup.mean, it.unit)),
                Field::Text(amount(rollup.max, it.unit)),
                Field::number(rollup.count),
            ]);
            next = begin.checked_add(step).ok();
        }
        format!("{}\n\n{}", self.shape(it, width), table.text())
    }
}

impl View for History {
    fn text(&self, look: &Look) -> String {
        let headline = format!(
            "{}, {} to {}, {}",
            plain(&self.endpoint),
            look.exact(self.from),
            look.exact(self.to),
            match self.step {
                Some(step) if self.step().is_some() => format!("by {step}"),
                Some(_) | None => "as it came".into(),
            }
        );
        let body = match (self.step(), self.series.as_slice()) {
            (Some(step), [only]) if !only.rollups.is_empty() => {
                format!("{}\n{}", plain(&only.name()), self.details(only, step, look))
            }
            (Some(_), _) => self.summary(look),
            (None, series) => {
                let each =
                    series.iter().map(|it| format!("{}\n{}", plain(&it.name()), it.raw(look)));
                each.collect::<Vec<_>>().join("\n\n")
            }
        };
        let mut text = format!("{}\n\n{body}", look.bold(&headline));
        let is_fine = self.step != Some("1h") && self.step != Some("1d");
        if is_fine && self.from < self.raw_since {
            let since = look.exact(self.raw_since);
            text += &format!("\n\nWhat is older than {since} is known by the hour: --step 1h");
        }
        text
    }
}

impl Series {
    /// As people type it.
    fn name(&self) -> String {
        if self.instance.is_empty() {
            self.metric.clone()
        } else {
            format!("{}[{}]", self.metric, self.instance)
        }
    }

    fn raw(&self, look: &Look) -> String {
        if self.points.is_empty() {
            return "no readings".into();
        }
        let mut table = Table::new(look, &["FROM", "VALUE"]);
        for point in &self.points {
            let value = point.value.map_or("none".into(), |it| amount(it, self.unit));
            table.row([Field::Text(look.exact(point.at)), Field::Text(value)]);
        }
        table.text()
    }
}

impl From<v1::SeriesHistory> for Series {
    fn from(it: v1::SeriesHistory) -> Self {
        Self {
            unit: spelled::<v1::Unit>(it.unit),
            metric: it.metric,
            instance: it.instance,
            points: it.points.into_iter().map(Into::into).collect(),
            rollups: it.rollups.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<v1::Rollup> for Rollup {
    fn from(it: v1::Rollup) -> Self {
        Self {
            begin: time(it.begin),
            min: it.min,
            max: it.max,
            mean: it.mean,
            count: it.count,
            held_seconds: it.held_seconds,
        }
    }
}

/// All of them together.
fn total(rollups: &[Rollup]) -> Option<Rollup> {
    let weight = |it: &Rollup| it.held_seconds as f64;
    let held: f64 = rollups.iter().map(weight).sum();
    let mean = if held > 0.0 {
        rollups.iter().map(|it| it.mean * weight(it)).sum::<f64>() / held
    } else {
        rollups.iter().map(|it| it.mean).sum::<f64>() / rollups.len() as f64
    };
    let min = rollups.iter().map(|it| it.min).min()?;
    let max = rollups.iter().map(|it| it.max).max()?;
    let count = rollups.iter().map(|it| it.count).sum();
    let held_seconds = rollups.iter().map(|it| it.held_seconds).sum();
    Some(Rollup { begin: rollups.first()?.begin, min, max, mean, count, held_seconds })
}

/// A mean as people say it. Of what is counted, the fraction matters.
fn mean(value: f64, unit: Option<&'static str>) -> String {
    match unit {
        Some("count" | "flag") | None => format!("{value:.2}"),
        Some(_) => amount(value.round() as i64, unit),
    }
}
