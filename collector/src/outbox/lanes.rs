//! What must be done in order, and what need not wait for each other.
//!
//! A record's signals about different things go to different alerts, so they
//! may go side by side: a source can say sixty at once. Whatever else a record
//! owes has its place among them, and so keeps all of them in one lane.

#[cfg(test)]
mod tests;

use std::{collections::HashMap, sync::Arc};

use remit_collector_domain::effect::{Effect, RecordKey};
use remit_shared::EndpointId;

use crate::ports::store::Owed;

/// Effects, sorted by what has to wait for what.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    records: Vec<Vec<Owed>>,
    places: HashMap<RecordKey, usize>,
}

impl Lanes {
    /// Adds an effect behind those of its record that were added before.
    pub(super) fn add(&mut self, owed: Owed) {
        let place = *self.places.entry(owed.key.record.clone()).or_insert(self.records.len());
        match self.records.get_mut(place) {
            Some(of_record) => of_record.push(owed),
            None => self.records.push(vec![owed]),
        }
    }

    /// Each lane in its order, in the order of their first effects.
    pub(super) fn into_iter(self) -> impl Iterator<Item = Vec<Owed>> {
        self.records.into_iter().flat_map(by_alert)
    }
}

/// What a signal is about.
type About = (Option<EndpointId>, Arc<str>, Arc<str>);

fn by_alert(of_record: Vec<Owed>) -> Vec<Vec<Owed>> {
    let Some(abouts) = of_record.iter().map(about).collect::<Option<Vec<About>>>() else {
        return vec![of_record];
    };
    let mut lanes: Vec<Vec<Owed>> = Vec::new();
    let mut places = HashMap::new();
    for (owed, about) in of_record.into_iter().zip(abouts) {
        let place = *places.entry(about).or_insert(lanes.len());
        match lanes.get_mut(place) {
            Some(lane) => lane.push(owed),
            None => lanes.push(vec![owed]),
        }
    }
    lanes
}

fn about(owed: &Owed) -> Option<About> {
    let Effect::Signal(signal) = &owed.effect else { return None };
    // An endpoint speaks of itself if it names nobody.
    let itself = if let RecordKey::Endpoint(id) = owed.key.record { Some(id) } else { None };
    let subject = signal.subject.or(itself);
    Some((subject, Arc::clone(&signal.check), Arc::clone(&signal.instance)))
}
