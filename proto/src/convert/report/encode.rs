//! The sending side of a session.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::Arc,
};

use jiff::Timestamp;
use prost::Message as _;
use remit_shared::{Answer, Body, Completeness, Entry, Lifecycle, Reading, Record, Series};

use crate::{convert::Wire as _, v1};

/// Turns records into reports, remembering what the other side knows.
#[derive(Debug, Default)]
pub struct Encoder {
    at_ms: i64,
    probes: HashMap<Arc<str>, Probe>,
    series: HashMap<(u32, Series), Sent>,
}

#[derive(Debug)]
struct Probe {
    id: u32,
    source: Arc<str>,
    /// The last scan's hash, to tell whether the next one is the same.
    last_scan: Option<u64>,
}

#[derive(Debug)]
struct Sent {
    id: u32,
    value: i64,
    /// Whether the series was in its probe's last measurement.
    alive: bool,
}

impl Encoder {
    /// The next report of this session.
    pub fn encode(&mut self, record: &Record) -> v1::Report {
        let at_ms = record.at.as_millisecond();
        let mut report = v1::Report {
            stream: record.stream.to_wire(),
            seq: record.seq,
            at_delta_ms: at_ms.wrapping_sub(self.at_ms),
            ..Default::default()
        };
        self.at_ms = at_ms;
        match &record.entry {
            Entry::Gap { from, reason } => {
                report.gap = Some(v1::Gap { from: *from, reason: reason.clone() });
            }
            Entry::Answers(answers) => {
                let mut changed = Vec::new();
                for answer in answers {
                    self.answer(&mut report, &mut changed, record.at, answer);
                }
                changed.sort_unstable();
                let mut previous = 0;
                for (id, delta) in changed {
                    report.changed.push(small_difference(id, previous));
                    report.delta.push(delta);
                    previous = id;
                }
            }
        }
        report
    }

    fn answer(
        &mut self,
        report: &mut v1::Report,
        changed: &mut Vec<(u32, i64)>,
        at: Timestamp,
        answer: &Answer,
    ) {
        let probe = self.probe_id(report, answer);
        let plain = answer.completeness == Completeness::Full
            && answer.missing.is_empty()
            && answer.catalog_at.is_none()
            && answer.observed_at.as_millisecond() == at.as_millisecond()
            && self.probes.get(&answer.probe).is_some_and(|it| it.source == answer.source);
        match &answer.body {
            // Twice in one report would make "the last value" ambiguous.
            Body::Readings(readings) if plain && !report.measured.contains(&probe) => {
                self.measure(report, changed, probe, readings);
            }
            Body::Readings(_)
            | Body::Failure(_)
            | Body::Unchanged
            | Body::Services(_)
            | Body::Patches(_)
            | Body::Backups(_)
            | Body::Jobs(_)
            | Body::Run(_)
            | Body::Lifecycle(_) => {
                let spelled = self.spell_out(probe, at, answer);
                report.answers.push(spelled);
            }
        }
    }

    fn probe_id(&mut self, report: &mut v1::Report, answer: &Answer) -> u32 {
        if let Some(known) = self.probes.get(&answer.probe) {
            return known.id;
        }
        let id = small(self.probes.len() + 1);
        let probe = Probe { id, source: Arc::clone(&answer.source), last_scan: None };
        self.probes.insert(Arc::clone(&answer.probe), probe);
        report.probes.push(v1::ProbeDefinition {
            id,
            name: answer.probe.to_string(),
            source: answer.source.to_string(),
        });
        id
    }

    fn measure(
        &mut self,
        report: &mut v1::Report,
        changed: &mut Vec<(u32, i64)>,
        probe: u32,
        readings: &[Reading],
    ) {
        report.measured.push(probe);
        let mut seen = Vec::with_capacity(readings.len());
        for Reading { series, value } in readings {
            let next = small(self.series.len() + 1);
            let key = (probe, series.clone());
            let sent = self.series.entry(key).or_insert_with(|| {
                report.series.push(v1::SeriesDefinition {
                    id: next,
                    probe,
                    metric: series.metric.to_string(),
                    instance: series.instance.to_string(),
                    unit: series.unit.to_wire(),
                });
                Sent { id: next, value: 0, alive: false }
            });
            if seen.contains(&sent.id) {
                // The same series twice in one answer: the first one counts.
                continue;
            }
            seen.push(sent.id);
            if sent.value != *value || !sent.alive {
                changed.push((sent.id, value.wrapping_sub(sent.value)));
                sent.value = *value;
                sent.alive = true;
            }
        }
        for ((of, _), sent) in &mut self.series {
            if *of == probe && sent.alive && !seen.contains(&sent.id) {
                sent.alive = false;
                report.gone.push(sent.id);
            }
        }
        report.gone.sort_unstable();
    }

    fn spell_out(&mut self, probe: u32, at: Timestamp, answer: &Answer) -> v1::Answer {
        use v1::answer::Body as B;
        let state = self.probes.get_mut(&answer.probe);
        let usual = state.as_ref().is_some_and(|it| it.source == answer.source);
        let scan = |bytes: Vec<u8>, body: B| {
            let mut hasher = DefaultHasher::new();
            bytes.hash(&mut hasher);
            let hash = Some(hasher.finish());
            match state {
                Some(state) if state.last_scan == hash => B::Unchanged(v1::Unchanged {}),
                Some(state) => {
                    state.last_scan = hash;
                    body
                }
                None => body,
            }
        };
        let body = match &answer.body {
            Body::Readings(readings) => {
                let reading = |it: &Reading| v1::Reading {
                    metric: it.series.metric.to_string(),
                    instance: it.series.instance.to_string(),
                    unit: it.series.unit.to_wire(),
                    value: it.value,
                };
                B::Readings(v1::Readings { readings: readings.iter().map(reading).collect() })
            }
            Body::Failure(failure) => B::Failure(failure.to_wire()),
            Body::Unchanged => B::Unchanged(v1::Unchanged {}),
            Body::Services(it) => {
                let message = it.to_wire();
                scan(message.encode_to_vec(), B::Services(message))
            }
            Body::Patches(it) => {
                let message = it.to_wire();
                scan(message.encode_to_vec(), B::Patches(message))
            }
            Body::Backups(it) => {
                let message = it.to_wire();
                scan(message.encode_to_vec(), B::Backups(message))
            }
            Body::Jobs(jobs) => {
                let message = v1::BackupJobs { jobs: jobs.iter().map(|it| it.to_wire()).collect() };
                scan(message.encode_to_vec(), B::Jobs(message))
            }
            Body::Run(run) => B::Run(run.to_wire()),
            Body::Lifecycle(Lifecycle::Started { version, after_crash }) => {
                B::Started(v1::Started { version: version.clone(), after_crash: *after_crash })
            }
            Body::Lifecycle(Lifecycle::Stopping(departure)) => {
                B::Stopping(v1::Stopping { departure: departure.to_wire() })
            }
        };
        let offset = answer.observed_at.as_millisecond().wrapping_sub(at.as_millisecond());
        v1::Answer {
            probe,
            observed_offset_ms: offset,
            catalog_at: answer.catalog_at.map(|it| it.to_wire()),
            took_ms: answer.took.as_millis().try_into().unwrap_or(0),
            completeness: answer.completeness.to_wire(),
            missing: answer.missing.clone(),
            source: if usual { String::new() } else { answer.source.to_string() },
            body: Some(body),
        }
    }
}

fn small(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn small_difference(id: u32, previous: u32) -> i32 {
    i32::try_from(i64::from(id) - i64::from(previous)).unwrap_or(i32::MAX)
}
