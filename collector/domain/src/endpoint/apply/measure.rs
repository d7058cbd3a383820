//! What was measured: the part of an endpoint that changes all the time.
//!
//! A full answer of a probe that measured before touches the pulse alone.

use std::{collections::BTreeMap, sync::Arc};

use remit_shared::{Answer, Completeness, Reading, Series};

use crate::{
    detect,
    endpoint::{
        Layout, Preview,
        apply::{
            Work,
            limit::{PROBES, SERIES},
        },
    },
};

impl Work<'_> {
    pub(super) fn measure(&mut self, answer: &Answer, readings: &[Reading]) {
        let at = self.at;
        let is_whole = answer.completeness == Completeness::Full;
        let is_newest = self.is_newest(&answer.probe);
        if is_newest {
            self.note_measured(answer, is_whole);
        }
        self.measured = true;
        let Some(probe) = self.probe_index(&answer.probe) else { return };
        let mut seen = Vec::with_capacity(readings.len());
        let mut hint = self.first_of(probe);
        for Reading { series, value } in readings {
            let Some(index) = self.series_index(probe, series, hint) else { continue };
            hint = index + 1;
            seen.push(index);
            if self.endpoint.pulse.values[index] != Some(*value) {
                self.endpoint.pulse.values[index] = Some(*value);
                self.changed.push((index as u32, Some(*value)));
            }
            if is_newest {
                detect::measure(&mut self.checks, self.rules, series, *value, at);
            }
        }
        if is_whole {
            seen.sort_unstable();
            self.forget_unseen(probe, &seen, is_newest);
        }
        self.endpoint.pulse.measured[probe] = Some(at);
        if self.endpoint.pulse.previews.get(&probe).is_some_and(|it| it.seq <= self.record.seq) {
            self.endpoint.pulse.previews.remove(&probe);
        }
    }

    /// Takes notice of what was measured, ahead of its turn. Gives whether it is
    /// newer than all that is known.
    pub(in crate::endpoint) fn preview(&mut self, answer: &Answer, readings: &[Reading]) -> bool {
        let at = self.seen(answer.observed_at);
        if !self.is_newest(&answer.probe) {
            return false;
        }
        let Some(probe) = self.probe_index(&answer.probe) else { return false };
        self.at = at;
        let is_whole = answer.completeness == Completeness::Full;
        self.note_measured(answer, is_whole);
        let pulse = &self.endpoint.pulse;
        // What was waited for before the silence was not seen to go on.
        let is_anew = pulse.backfill.is_some_and(|it| pulse.measured_at(probe) < Some(it.since));
        let series = self.endpoint.layout.series.iter().enumerate().filter(|it| it.1.0 == probe);
        let known = series.filter_map(|(index, _)| Some((index, pulse.newest(probe, index)?)));
        let known: BTreeMap<usize, i64> = known.collect();
        let mut values = if is_whole { BTreeMap::new() } else { known.clone() };
        let mut hint = self.first_of(probe);
        for Reading { series, value } in readings {
            let Some(index) = self.series_index(probe, series, hint) else { continue };
            hint = index + 1;
            values.insert(index, *value);
            if is_anew {
                detect::wait_anew(&mut self.checks, self.rules, series);
            }
            detect::measure(&mut self.checks, self.rules, series, *value, at);
        }
        for index in known.keys().filter(|it| !values.contains_key(it)) {
            let series = &self.endpoint.layout.series[*index].1;
            detect::gone(&mut self.checks, self.rules, series, at);
        }
        let preview = Preview { seq: self.record.seq, at, values };
        self.endpoint.pulse.previews.insert(probe, preview);
        true
    }

    /// Whether nothing that a probe measured later was told ahead.
    fn is_newest(&self, probe: &Arc<str>) -> bool {
        if self.endpoint.pulse.previews.is_empty() {
            return true;
        }
        let probe = self.endpoint.layout.probes.iter().position(|it| it == probe);
        let preview = probe.and_then(|it| self.endpoint.pulse.previews.get(&it));
        preview.is_none_or(|it| it.seq < self.record.seq)
    }

    /// A probe that only ever measures leaves no trace among the facts; one
    /// that failed before or is partial now is worth a line there.
    fn note_measured(&mut self, answer: &Answer, is_whole: bool) {
        let facts = self.facts.as_ref().unwrap_or(&self.endpoint.facts);
        if !is_whole {
            self.note_probe(answer);
        } else if facts.probes.contains_key(&answer.probe) {
            self.truth().0.probes.remove(&answer.probe);
        }
    }

    /// What a whole answer does not mention is no more, and what does not
    /// exist is not full. `seen` is sorted.
    fn forget_unseen(&mut self, probe: usize, seen: &[usize], is_newest: bool) {
        for (index, (of, series)) in self.endpoint.layout.series.iter().enumerate() {
            let value = &mut self.endpoint.pulse.values[index];
            if *of == probe && value.is_some() && seen.binary_search(&index).is_err() {
                *value = None;
                self.changed.push((index as u32, None));
                if is_newest {
                    detect::gone(&mut self.checks, self.rules, series, self.at);
                }
            }
        }
    }

    /// Whether a probe has ever measured anything.
    pub(super) fn has_measured(&self, name: &Arc<str>) -> bool {
        let index = self.endpoint.layout.probes.iter().position(|it| it == name);
        index.is_some_and(|it| self.endpoint.pulse.measured_at(it).is_some())
    }

    fn probe_index(&mut self, name: &Arc<str>) -> Option<usize> {
        let probes = &self.endpoint.layout.probes;
        let count = probes.len();
        if let Some(index) = probes.iter().position(|it| it == name) {
            return Some(index);
        }
        if !self.has_room(false, count, PROBES, "probes", name) {
            return None;
        }
        let layout: &mut Layout = Arc::make_mut(&mut self.endpoint.layout);
        layout.probes.push(Arc::clone(name));
        self.endpoint.pulse.measured.push(None);
        Some(count)
    }

    /// Where a probe's series begin.
    fn first_of(&self, probe: usize) -> usize {
        self.endpoint.layout.series.iter().position(|it| it.0 == probe).unwrap_or_default()
    }

    /// Where a series stands, if there is room for it; `hint` is a guess that
    /// is mostly right.
    fn series_index(&mut self, probe: usize, series: &Series, hint: usize) -> Option<usize> {
        let known = &self.endpoint.layout.series;
        if known.get(hint).is_some_and(|it| it.0 == probe && it.1 == *series) {
            return Some(hint);
        }
        let places = self.places.get_or_insert_with(|| known.iter().cloned().zip(0..).collect());
        let key = (probe, series.clone());
        if let Some(index) = places.get(&key) {
            return Some(*index);
        }
        let index = known.len();
        if index >= SERIES {
            self.refuse(1, format!("more than {SERIES} series, such as `{series}`"));
            return None;
        }
        places.insert(key.clone(), index);
        let layout: &mut Layout = Arc::make_mut(&mut self.endpoint.layout);
        layout.series.push(key);
        self.endpoint.pulse.values.push(None);
        Some(index)
    }
}
