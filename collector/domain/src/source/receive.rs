//! What a source makes of what it is told, and of silence.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::Arc,
};

use jiff::Timestamp;
use remit_shared::{EndpointId, Severity};

use crate::{
    signal::{Say, Signal},
    source::{Active, MOST_ACTIVE, RESOLVE_TIMEOUT, Source, SourceKind, TELL_AGAIN, Told, Unfit},
};

/// What comes of being told something.
#[derive(Clone, Debug)]
pub struct Received {
    /// The source's next value.
    pub source: Source,
    /// What alerts must hear of, in order.
    pub signals: Vec<Signal>,
    /// What was not taken, each with its place.
    pub refused: Vec<(usize, Unfit)>,
}

/// Whether all of what a source was told is about matters that it has placed
/// already: nobody has to be looked for.
pub fn knows(source: &Source, told: &[Result<Told, Unfit>]) -> bool {
    let mut holds = told.iter().flatten().filter(|it| it.holds_until.is_some());
    holds.all(|it| source.active.contains_key(&it.fingerprint))
}

/// Takes what a source was told. One that is unfit does not harm its
/// neighbours. `find` knows the tenant's endpoints by name.
pub fn receive(
    source: &Source,
    told: Vec<Result<Told, Unfit>>,
    find: impl Fn(&str) -> Option<EndpointId>,
    now: Timestamp,
) -> Received {
    let mut received =
        Received { source: source.clone(), signals: Vec::new(), refused: Vec::new() };
    for (place, told) in told.into_iter().enumerate() {
        match told.and_then(|it| take(&mut received.source, it, &find, now)) {
            Ok(signal) => received.signals.extend(signal),
            Err(unfit) => received.refused.push((place, unfit)),
        }
    }
    received
}

fn take(
    source: &mut Source,
    told: Told,
    find: impl Fn(&str) -> Option<EndpointId>,
    now: Timestamp,
) -> Result<Option<Signal>, Unfit> {
    let Some(until) = told.holds_until else { return Ok(end(source, &told, now)) };
    let is_full = source.active.len() >= MOST_ACTIVE;
    let itself = source.stand_in_id();
    let check = format!("{}:{}", source.name, told.check);
    let Told { fingerprint, instance, hosts, severity, summary, evidence, .. } = told;
    let entry = match source.active.entry(fingerprint) {
        Entry::Vacant(_) if is_full => return Err(Unfit::Full),
        Entry::Vacant(vacant) => {
            let active = vacant.insert(Arc::new(Active {
                endpoint: hosts.iter().find_map(|it| find(it)).unwrap_or(itself),
                check: check.into(),
                instance: instance.into(),
                function: told.function.unwrap_or_else(|| source.function.clone()),
                summary,
                since: now,
                told_at: now,
                voices: BTreeMap::from([(severity, until)]),
            }));
            return Ok(Some(raised(active, evidence, now)));
        }
        Entry::Occupied(entry) => Arc::make_mut(entry.into_mut()),
    };
    let before = entry.severity();
    match source.kind {
        SourceKind::Alertmanager => {
            entry.voices.insert(severity, until);
        }
        SourceKind::Events => entry.voices = BTreeMap::from([(severity, until)]),
    }
    // The lesser of two voices does not word the greater's alert.
    let says_more = entry.severity() == severity && entry.summary != summary;
    let is_old = now.duration_since(entry.told_at) >= TELL_AGAIN;
    if entry.severity() == before && !says_more && !is_old {
        return Ok(None);
    }
    if entry.severity() == severity {
        entry.summary = summary;
    }
    entry.told_at = now;
    Ok(Some(raised(entry, evidence, now)))
}

/// Somebody says that it is over. What does not hold cannot end.
fn end(source: &mut Source, told: &Told, now: Timestamp) -> Option<Signal> {
    let active = Arc::make_mut(source.active.get_mut(&told.fingerprint)?);
    let before = active.severity();
    match source.kind {
        SourceKind::Alertmanager => {
            active.voices.remove(&told.severity);
        }
        SourceKind::Events => active.voices.clear(),
    }
    settle(source, told, before, now)
}

fn settle(source: &mut Source, told: &Told, before: Severity, now: Timestamp) -> Option<Signal> {
    let active = Arc::make_mut(source.active.get_mut(&told.fingerprint)?);
    if active.voices.is_empty() {
        let over = source.active.remove(&told.fingerprint)?;
        return Some(cleared(&over, format!("{} says that it is over", source.name), now));
    }
    if active.severity() == before {
        return None;
    }
    active.told_at = now;
    Some(raised(active, told.evidence.clone(), now))
}

/// Ends what nobody tells any more. `None` if nothing changes. `listening` is
/// since when the collector could have been told.
pub fn tick(
    source: &Source,
    listening: Timestamp,
    now: Timestamp,
) -> Option<(Source, Vec<Signal>)> {
    deadline(source, listening).filter(|it| *it <= now)?;
    let mut next = source.clone();
    let mut signals = Vec::new();
    for (fingerprint, active) in &source.active {
        let left: BTreeMap<Severity, Timestamp> =
            active.voices.iter().filter(|it| *it.1 > now).map(|it| (*it.0, *it.1)).collect();
        if left.len() == active.voices.len() {
            continue;
        }
        if left.is_empty() {
            next.active.remove(fingerprint);
            let words = format!("{} has not told it any more since", source.name);
            signals.push(cleared(active, words, now));
            continue;
        }
        let active = Active { voices: left, told_at: now, ..Active::clone(active) };
        if active.severity() != source.active[fingerprint].severity() {
            signals.push(raised(&active, String::new(), now));
        }
        next.active.insert(*fingerprint, Arc::new(active));
    }
    Some((next, signals))
}

/// When the next [`tick`] is due, if ever.
pub fn deadline(source: &Source, listening: Timestamp) -> Option<Timestamp> {
    if source.revoked.is_some() {
        return None;
    }
    let earliest = listening.checked_add(RESOLVE_TIMEOUT).unwrap_or(Timestamp::MAX);
    let ends = source.active.values().flat_map(|it| it.voices.values());
    ends.min().map(|it| (*it).max(earliest))
}

fn raised(active: &Active, evidence: String, now: Timestamp) -> Signal {
    let say = Say::Raised { severity: active.severity(), evidence, delayed: false };
    Signal { summary: active.summary.clone(), say, ..cleared(active, String::new(), now) }
}

fn cleared(active: &Active, summary: String, now: Timestamp) -> Signal {
    Signal {
        subject: Some(active.endpoint),
        check: active.check.clone(),
        instance: active.instance.clone(),
        function: active.function.clone(),
        observed_at: now,
        summary,
        say: Say::Cleared,
    }
}
