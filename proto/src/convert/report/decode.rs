//! The receiving side of a session. Whatever is sent, it gives a record or an
//! error that names the field; it never panics and never grows past its caps.

use std::{collections::HashMap, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use remit_shared::{
    Answer, BackupJob, BackupRun, BackupScan, Body, Completeness, Departure, Entry, Failure,
    Lifecycle, PatchScan, Reading, Record, Series, ServiceScan, Stream, Unit,
};

use crate::{
    convert::{
        InvalidMessage, Wire as _, bounded, each,
        report::{MAX_PROBES, MAX_SERIES},
    },
    v1,
};

const NAME: usize = 256;
const TEXT: usize = 4096;
const MAX_ANSWERS: usize = 256;

/// Turns reports into records, remembering what the other side defined.
#[derive(Debug, Default)]
pub struct Decoder {
    at_ms: i64,
    probes: HashMap<u32, Probe>,
    /// In the order of their definition.
    series: Vec<Known>,
    /// Where each stands in `series`, by its id.
    places: HashMap<u32, usize>,
}

#[derive(Debug)]
struct Probe {
    name: Arc<str>,
    source: Arc<str>,
    /// Where its series stand among all, in the order of their definition.
    series: Vec<usize>,
}

#[derive(Debug)]
struct Known {
    series: Series,
    value: i64,
    alive: bool,
}

impl Decoder {
    /// The record that the report carries.
    pub fn decode(&mut self, report: v1::Report) -> Result<Record, InvalidMessage> {
        let stream = Stream::from_wire("stream", report.stream)?;
        if report.seq == 0 {
            return Err(InvalidMessage::new("seq", "is 0; numbers count from 1"));
        }
        self.at_ms = self.at_ms.wrapping_add(report.at_delta_ms);
        let at = Timestamp::from_millisecond(self.at_ms).map_err(|err| {
            InvalidMessage::new("at_delta_ms", format!("leads to no time: {err}"))
        })?;
        if let Some(gap) = report.gap {
            if gap.from == 0 || gap.from > report.seq {
                let problem = format!("is {}, past the report's own {}", gap.from, report.seq);
                return Err(InvalidMessage::new("gap.from", problem));
            }
            let reason = bounded("gap.reason", gap.reason, NAME)?;
            let entry = Entry::Gap { from: gap.from, reason };
            return Ok(Record { stream, seq: report.seq, at, entry });
        }
        if report.answers.len() > MAX_ANSWERS || report.measured.len() > MAX_PROBES {
            return Err(InvalidMessage::new("answers", "are more than one report may carry"));
        }
        self.define(report.probes, report.series)?;
        self.change(&report.changed, &report.delta, &report.gone)?;
        let mut answers = Vec::with_capacity(report.measured.len() + report.answers.len());
        for (before, probe) in report.measured.iter().enumerate() {
            // A few bytes would stand for very many values.
            if report.measured[..before].contains(probe) {
                return Err(InvalidMessage::new("measured", "names a probe twice"));
            }
            answers.push(self.measured(*probe, at)?);
        }
        for answer in report.answers {
            answers.push(self.spelled(answer, at)?);
        }
        let count = |it: &Answer| if let Body::Readings(all) = &it.body { all.len() } else { 0 };
        if answers.iter().map(count).sum::<usize>() > MAX_SERIES {
            return Err(InvalidMessage::new(
                "measured",
                "has more values than a session may define",
            ));
        }
        Ok(Record { stream, seq: report.seq, at, entry: Entry::Answers(answers) })
    }

    fn define(
        &mut self,
        probes: Vec<v1::ProbeDefinition>,
        series: Vec<v1::SeriesDefinition>,
    ) -> Result<(), InvalidMessage> {
        for it in probes {
            if self.probes.len() >= MAX_PROBES {
                return Err(InvalidMessage::new("probes", "define more than a session may"));
            }
            let name = bounded("probes.name", it.name, NAME)?.into();
            let source = bounded("probes.source", it.source, TEXT)?.into();
            self.probes.insert(it.id, Probe { name, source, series: Vec::new() });
        }
        for it in series {
            if self.series.len() >= MAX_SERIES {
                return Err(InvalidMessage::new("series", "define more than a session may"));
            }
            let unit = Unit::from_wire("series.unit", it.unit)?;
            let metric = bounded("series.metric", it.metric, NAME)?.into();
            let instance = bounded("series.instance", it.instance, NAME)?.into();
            let probe = self.probes.get_mut(&it.probe).ok_or_else(|| undefined("series.probe"))?;
            let series = Series { metric, instance, unit };
            let place = self.series.len();
            if self.places.insert(it.id, place).is_some() {
                return Err(InvalidMessage::new("series.id", "is already defined"));
            }
            self.series.push(Known { series, value: 0, alive: false });
            probe.series.push(place);
        }
        Ok(())
    }

    fn change(
        &mut self,
        changed: &[i32],
        delta: &[i64],
        gone: &[u32],
    ) -> Result<(), InvalidMessage> {
        if changed.len() != delta.len() {
            return Err(InvalidMessage::new("delta", "has another length than `changed`"));
        }
        let mut id: u32 = 0;
        for (step, delta) in changed.iter().zip(delta) {
            id = id.wrapping_add_signed(*step);
            let known = self.known(id).ok_or_else(|| undefined("changed"))?;
            known.value = known.value.wrapping_add(*delta);
            known.alive = true;
        }
        for id in gone {
            self.known(*id).ok_or_else(|| undefined("gone"))?.alive = false;
        }
        Ok(())
    }

    fn known(&mut self, id: u32) -> Option<&mut Known> {
        let place = self.places.get(&id)?;
        self.series.get_mut(*place)
    }

    fn measured(&self, probe: u32, at: Timestamp) -> Result<Answer, InvalidMessage> {
        let probe = self.probes.get(&probe).ok_or_else(|| undefined("measured"))?;
        let of_probe = probe.series.iter().filter_map(|place| self.series.get(*place));
        let mut readings = Vec::with_capacity(probe.series.len());
        for it in of_probe.filter(|it| it.alive) {
            readings.push(Reading { series: it.series.clone(), value: it.value });
        }
        Ok(Answer {
            probe: Arc::clone(&probe.name),
            source: Arc::clone(&probe.source),
            observed_at: at,
            catalog_at: None,
            took: SignedDuration::ZERO,
            completeness: Completeness::Full,
            missing: String::new(),
            body: Body::Readings(readings),
        })
    }

    fn spelled(&self, answer: v1::Answer, at: Timestamp) -> Result<Answer, InvalidMessage> {
        let probe = self.probes.get(&answer.probe).ok_or_else(|| undefined("answers.probe"))?;
        let observed = at.as_millisecond().wrapping_add(answer.observed_offset_ms);
        let observed_at = Timestamp::from_millisecond(observed)
            .map_err(|err| InvalidMessage::new("observed_offset_ms", format!("is off: {err}")))?;
        let took = i64::try_from(answer.took_ms)
            .map_err(|_| InvalidMessage::new("took_ms", "is longer than there was time"))?;
        let source = match bounded("answers.source", answer.source, TEXT)? {
            usual if usual.is_empty() => Arc::clone(&probe.source),
            special => special.into(),
        };
        let catalog_at =
            answer.catalog_at.map(|it| Timestamp::from_wire("catalog_at", it)).transpose()?;
        Ok(Answer {
            probe: Arc::clone(&probe.name),
            source,
            observed_at,
            catalog_at,
            took: SignedDuration::from_millis(took),
            completeness: Completeness::from_wire("completeness", answer.completeness)?,
            missing: bounded("answers.missing", answer.missing, TEXT)?,
            body: body(answer.body.ok_or_else(|| InvalidMessage::missing("answers.body"))?)?,
        })
    }
}

fn body(body: v1::answer::Body) -> Result<Body, InvalidMessage> {
    use v1::answer::Body as B;
    Ok(match body {
        B::Readings(it) => {
            if it.readings.len() > MAX_SERIES {
                return Err(InvalidMessage::new("readings", "are more than a session may define"));
            }
            Body::Readings(it.readings.into_iter().map(reading).collect::<Result<_, _>>()?)
        }
        B::Failure(it) => Body::Failure(Failure::from_wire("failure", it)?),
        B::Unchanged(_) => Body::Unchanged,
        B::Services(it) => Body::Services(ServiceScan::from_wire("services", it)?),
        B::Patches(it) => Body::Patches(PatchScan::from_wire("patches", it)?),
        B::Backups(it) => Body::Backups(BackupScan::from_wire("backups", it)?),
        B::Jobs(it) => Body::Jobs(each::<BackupJob>("jobs", it.jobs)?),
        B::Run(it) => Body::Run(BackupRun::from_wire("run", it)?),
        B::Started(it) => Body::Lifecycle(Lifecycle::Started {
            version: bounded("started.version", it.version, NAME)?,
            after_crash: it.after_crash,
        }),
        B::Stopping(it) => {
            let departure = Departure::from_wire("stopping.departure", it.departure)?;
            Body::Lifecycle(Lifecycle::Stopping(departure))
        }
    })
}

fn reading(it: v1::Reading) -> Result<Reading, InvalidMessage> {
    let series = Series {
        metric: bounded("readings.metric", it.metric, NAME)?.into(),
        instance: bounded("readings.instance", it.instance, NAME)?.into(),
        unit: Unit::from_wire("readings.unit", it.unit)?,
    };
    Ok(Reading { series, value: it.value })
}

fn undefined(field: &'static str) -> InvalidMessage {
    InvalidMessage::new(field, "names an id that this session has not defined")
}
