//! What was measured: the part of an endpoint that changes all the time.
//!
//! A full answer of a probe that measured before touches the pulse alone.

use std::sync::Arc;

use remit_shared::{Answer, Completeness, Reading, Series};

use crate::{
    detect,
    endpoint::{Layout, apply::Work},
};

impl Work<'_> {
    pub(super) fn measure(&mut self, answer: &Answer, readings: &[Reading]) {
        let at = self.at;
        let is_whole = answer.completeness == Completeness::Full;
        self.note_measured(answer, is_whole);
        let probe = self.probe_index(&answer.probe);
        let mut seen = Vec::with_capacity(readings.len());
        let mut hint = 0;
        for Reading { series, value } in readings {
            let index = self.series_index(probe, series, hint);
            hint = index + 1;
            seen.push(index);
            if self.endpoint.pulse.values[index] != Some(*value) {
                self.endpoint.pulse.values[index] = Some(*value);
                self.changed.push((index as u32, Some(*value)));
            }
            detect::measure(&mut self.checks, self.rules, series, *value, at);
        }
        if is_whole {
            self.forget_unseen(probe, &seen);
        }
        self.endpoint.pulse.measured[probe] = Some(at);
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
    /// exist is not full.
    fn forget_unseen(&mut self, probe: usize, seen: &[usize]) {
        for (index, (of, series)) in self.endpoint.layout.series.iter().enumerate() {
            let value = &mut self.endpoint.pulse.values[index];
            if *of == probe && value.is_some() && !seen.contains(&index) {
                *value = None;
                self.changed.push((index as u32, None));
                detect::gone(&mut self.checks, self.rules, series, self.at);
            }
        }
    }

    /// Whether a probe has ever measured anything.
    pub(super) fn has_measured(&self, name: &Arc<str>) -> bool {
        let index = self.endpoint.layout.probes.iter().position(|it| it == name);
        let measured = index.and_then(|it| self.endpoint.pulse.measured.get(it));
        measured.is_some_and(Option::is_some)
    }

    fn probe_index(&mut self, name: &Arc<str>) -> usize {
        if let Some(index) = self.endpoint.layout.probes.iter().position(|it| it == name) {
            return index;
        }
        let layout: &mut Layout = Arc::make_mut(&mut self.endpoint.layout);
        layout.probes.push(Arc::clone(name));
        self.endpoint.pulse.measured.push(None);
        layout.probes.len() - 1
    }

    /// Where a series stands; `hint` is a guess that is mostly right.
    fn series_index(&mut self, probe: usize, series: &Series, hint: usize) -> usize {
        let known = &self.endpoint.layout.series;
        let is_it = |it: &(usize, Series)| it.0 == probe && it.1 == *series;
        if known.get(hint).is_some_and(is_it) {
            return hint;
        }
        if let Some(index) = known.iter().position(is_it) {
            return index;
        }
        let layout: &mut Layout = Arc::make_mut(&mut self.endpoint.layout);
        layout.series.push((probe, series.clone()));
        self.endpoint.pulse.values.push(None);
        layout.series.len() - 1
    }
}
