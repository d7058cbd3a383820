//! The reports of agents that do not exist, as time-series databases take them:
//! as text that is fetched, and as a remote write that is pushed.

use std::{fmt::Write as _, time::Duration};

use anyhow::ensure;
use jiff::{SignedDuration, Timestamp};
use prost::Message;
use remit_shared::{Body, Reading};

use crate::{http::Http, session, workload::Machine};

/// Remote write, version 1.0, as far as it is said here.
#[derive(Clone, PartialEq, Message)]
struct WriteRequest {
    #[prost(message, repeated, tag = "1")]
    timeseries: Vec<TimeSeries>,
}

#[derive(Clone, PartialEq, Message)]
struct TimeSeries {
    #[prost(message, repeated, tag = "1")]
    labels: Vec<Label>,
    #[prost(message, repeated, tag = "2")]
    samples: Vec<Sample>,
}

#[derive(Clone, PartialEq, Message)]
struct Label {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    value: String,
}

#[derive(Clone, PartialEq, Message)]
struct Sample {
    #[prost(double, tag = "1")]
    value: f64,
    #[prost(int64, tag = "2")]
    timestamp: i64,
}

const HEADERS: &str = "content-type: application/x-protobuf\r\ncontent-encoding: snappy\r\n\
                       x-prometheus-remote-write-version: 0.1.0\r\n";

/// How far apart reports of one agent are that are pushed as fast as they are
/// taken. Evenly, which suits these databases: time takes them hardly a bit.
pub(super) const APART: Duration = Duration::from_secs(10);

/// A machine whose reports are for a database.
pub(super) struct Source {
    machine: Machine,
    number: usize,
    /// When its next report is from.
    at: Timestamp,
}

impl Source {
    /// One whose next `reports` end now.
    pub(super) fn new(number: usize, reports: usize) -> Self {
        let back = SignedDuration::from_secs(APART.as_secs().cast_signed() * reports as i64);
        Self { machine: Machine::new(number), number, at: session::now() - back }
    }

    /// Its next report, as text without times.
    pub(super) fn text(&mut self) -> String {
        let mut text = String::new();
        for Reading { series, value } in self.measure() {
            let _ = match &*series.instance {
                "" => writeln!(text, "{} {value}", series.metric),
                some => writeln!(text, "{}{{of=\"{some}\"}} {value}", series.metric),
            };
        }
        text
    }

    /// Its next reports, and when they were made.
    fn series(&mut self, reports: usize, now: Option<Timestamp>) -> Vec<TimeSeries> {
        let mut all: Vec<TimeSeries> = Vec::new();
        for nth in 0..reports {
            let at = now.unwrap_or(self.at);
            self.at += SignedDuration::from_secs(APART.as_secs().cast_signed());
            for (place, Reading { series, value }) in self.measure().into_iter().enumerate() {
                let sample = Sample { value: value as f64, timestamp: at.as_millisecond() };
                if nth > 0 {
                    all[place].samples.push(sample);
                    continue;
                }
                let label =
                    |name: &str, value: &str| Label { name: name.into(), value: value.into() };
                // In the order of their names, as the protocol asks.
                let mut labels = vec![
                    label("__name__", &series.metric),
                    label("instance", &format!("bench-{:05}", self.number)),
                ];
                if !series.instance.is_empty() {
                    labels.push(label("of", &series.instance));
                }
                all.push(TimeSeries { labels, samples: vec![sample] });
            }
        }
        all
    }

    fn measure(&mut self) -> Vec<Reading> {
        let answers = self.machine.measure(self.at).into_iter();
        // It measures and does nothing else.
        let readings = answers.filter_map(|it| match it.body {
            Body::Readings(readings) => Some(readings),
            Body::Failure(_)
            | Body::Unchanged
            | Body::Services(_)
            | Body::Patches(_)
            | Body::Backups(_)
            | Body::Jobs(_)
            | Body::Run(_)
            | Body::Lifecycle(_) => None,
        });
        readings.flatten().collect()
    }

    /// Pushes its next reports in one message, as if they were of now or as they
    /// follow on each other.
    pub(super) async fn push(
        &mut self,
        to: &mut Http,
        reports: usize,
        now: Option<Timestamp>,
    ) -> anyhow::Result<()> {
        let request = WriteRequest { timeseries: self.series(reports, now) };
        let body = snap::raw::Encoder::new().compress_vec(&request.encode_to_vec())?;
        let answer = to.post("/api/v1/write", HEADERS, &body).await?;
        ensure!(answer.status / 100 == 2, "the answer was {}: {}", answer.status, answer.body);
        Ok(())
    }
}
