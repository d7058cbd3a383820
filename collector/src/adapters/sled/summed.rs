//! History by the hour: read from what is kept, and kept when changes go.
//!
//! A sealed piece of history that is too old is summed up into the days of its
//! endpoint and forgotten in the same write, so that every report is in the
//! one or in the other, whatever happens in between. What is read adds both up.
//!
//! # Invariants
//!
//! - Nobody but [`SledStore::sum_up`] writes days, and it is called by one
//!   caller at a time.

use std::collections::BTreeSet;

use futures_util::future::try_join_all;
use jiff::Timestamp;
use remit_collector_domain::{
    endpoint::Endpoint,
    rollup::{Rollups, Span, Step, spans},
};
use remit_shared::{Chain, EndpointId, Series};

use crate::{
    adapters::{
        points::{self, from_milliseconds, in_milliseconds, index},
        sled::{
            SledStore,
            history::{Row, Tail, block, hours},
            keys::Key,
            log::{LogError, LogReader},
            queue::{Rewrite, Work},
            scan::{kept, pieces, sealed},
            state::{LoadError, checked},
        },
    },
    ports::store::{Horizon, StoreError, Summed},
};

/// How many pieces of history are summed up in one write; sled's readers wait
/// meanwhile.
const PIECE: usize = 100;
/// How many endpoints are looked at at once.
const TOGETHER: usize = 32;

impl SledStore {
    /// Sums up history from before the horizon, and forgets it; forgets days
    /// that are too old for that, too.
    pub(super) async fn sum_up(&self, horizon: Horizon) -> Result<(), StoreError> {
        let mut endpoints: Vec<EndpointId> = self.shared.read().tails.keys().copied().collect();
        // Only those with more than one write could take are looked at again.
        while !endpoints.is_empty() {
            let mut again = Vec::new();
            for some in endpoints.chunks(TOGETHER) {
                let asked = some.to_vec();
                let look = move |it: &LogReader| {
                    asked.iter().map(|of| Ok((*of, old(it, *of, horizon)?))).collect()
                };
                let found: Vec<(EndpointId, Old)> = self.on_disk("sum up history", look).await?;
                again.extend(found.iter().filter(|it| it.1.has_more).map(|it| it.0));
                let rewrites = found.into_iter().map(|it| it.1.rewrites);
                let asked = rewrites.filter(|it| !it.is_empty());
                // Together, so that they wait for the disk once.
                try_join_all(asked.map(|it| self.ask(Work::Rewrite(it)))).await?;
            }
            endpoints = again;
        }
        Ok(())
    }
}

impl SledStore {
    /// What series were like, by the step.
    pub(super) async fn summed(
        &self,
        endpoint: EndpointId,
        series: &[Series],
        (from, to): (Timestamp, Timestamp),
        step: Step,
    ) -> Result<Vec<Vec<Summed>>, StoreError> {
        let (asked, since) = {
            let state = self.shared.read();
            let known = state.tables.load::<Endpoint>(&endpoint);
            let number = |it: &Series| known.as_ref().and_then(|of| index(&of.record.layout, it));
            let numbers = series.iter().map(number).collect();
            let tail = state.tails.get(&endpoint).cloned();
            let revision = known.map_or(0, |it| it.revision);
            let from = step.begin(from);
            let asked = Asked { endpoint, revision, tail, from, to, step, numbers };
            (asked, state.tables.history_since)
        };
        let read = move |it: &LogReader| {
            let mut rollups = rollups(it, &asked)?;
            let from = if step == Step::FiveMinutes { asked.from.max(since) } else { asked.from };
            rollups.0.retain(|(_, at), _| from <= *at && *at <= to);
            Ok(points::summed(&rollups, &asked.numbers))
        };
        self.on_disk("read history", read).await
    }

    /// When there were reports.
    pub(super) async fn spans(
        &self,
        endpoint: EndpointId,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Span>, StoreError> {
        let (tail, from) = {
            let state = self.shared.read();
            (state.tails.get(&endpoint).cloned(), from.max(state.tables.history_since))
        };
        let read = move |it: &LogReader| {
            let rows = sealed(it, endpoint, in_milliseconds(from), in_milliseconds(to))?;
            let rows = rows.into_iter().chain(tail.iter().flat_map(Tail::rows));
            let mut times: Vec<_> = rows.map(|it| from_milliseconds(it.0)).collect();
            times.sort_unstable();
            Ok(points::between(spans(times, to), from, to))
        };
        self.on_disk("read history", read).await
    }
}

/// What of an endpoint's history is too old.
#[derive(Default)]
struct Old {
    rewrites: Vec<Rewrite>,
    has_more: bool,
}

/// What is damaged stays as it is, for people to look at.
fn old(reader: &LogReader, endpoint: EndpointId, horizon: Horizon) -> Result<Old, LogError> {
    match old_inner(reader, endpoint, horizon) {
        Ok(old) => Ok(old),
        Err(LoadError::Log(err)) if !err.is_of_a_value() => Err(err),
        Err(
            err @ (LoadError::Log(_)
            | LoadError::Value { .. }
            | LoadError::Missing(_)
            | LoadError::Key(_)),
        ) => {
            tracing::error!(%endpoint, error = %Chain(&err), "its history cannot be summed up");
            Ok(Old::default())
        }
    }
}

/// The newest piece that begins before the horizon says what held then: it
/// stays, and reads begin at the horizon.
fn old_inner(reader: &LogReader, endpoint: EndpointId, horizon: Horizon) -> Result<Old, LoadError> {
    let key = |start, revision| Key::History { endpoint, start, revision };
    let last = key(in_milliseconds(horizon.history), u64::MAX);
    let pieces = kept(reader, &key(i64::MIN, 0), &last, PIECE + 1)?;
    let has_more = pieces.len() > PIECE;
    let mut rollups = Rollups::default();
    let mut rewrites = Vec::new();
    for ends in pieces.windows(2) {
        let [(name, value, further), (next, ..)] = ends else { continue };
        let rows = checked(name, block::decode(value))?;
        gather(&mut rollups, &rows, start_of(next), Step::Hour, |_| true);
        rewrites.push(Rewrite { key: name.clone(), value: None, further: *further });
    }
    let oldest = hours::day_of(horizon.hours);
    let days: BTreeSet<i64> = rollups.0.keys().map(|it| hours::day_of(it.1)).collect();
    for day in days.into_iter().filter(|it| oldest <= *it) {
        let key = Key::Hours { endpoint, day };
        let known = kept(reader, &key, &key, 1)?.pop();
        let further = known.as_ref().map_or(0, |it| it.2);
        let mut whole = match &known {
            Some((key, value, _)) => checked(key, hours::decode(value, day))?,
            None => Rollups::default(),
        };
        let of_it = rollups.0.iter().filter(|it| hours::day_of(it.0.1) == day);
        of_it.for_each(|((series, begin), it)| whole.add(*series, *begin, *it));
        rewrites.push(Rewrite { value: Some(hours::encode(&whole, day)), key, further });
    }
    let on = |day| Key::Hours { endpoint, day };
    let gone = kept(reader, &on(i64::MIN), &on(oldest.saturating_sub(1)), PIECE)?;
    rewrites.extend(gone.into_iter().map(|(key, _, further)| Rewrite {
        key,
        value: None,
        further,
    }));
    Ok(Old { rewrites, has_more })
}

/// What is asked about an endpoint's history.
struct Asked {
    endpoint: EndpointId,
    /// Its revision when the tail was taken.
    revision: u64,
    /// The newest history, from before the disk is looked at.
    tail: Option<Tail>,
    from: Timestamp,
    to: Timestamp,
    step: Step,
    /// The series that are wanted.
    numbers: Vec<Option<usize>>,
}

/// Adds up days and changes.
fn rollups(reader: &LogReader, asked: &Asked) -> Result<Rollups, LoadError> {
    let Asked { endpoint, from, to, step, .. } = *asked;
    let is_wanted = |it: u32| asked.numbers.contains(&Some(it as usize));
    let on = |at| Key::Hours { endpoint, day: hours::day_of(at) };
    let look = || match step {
        Step::FiveMinutes => Ok(Vec::new()),
        Step::Hour | Step::Day => kept(reader, &on(from), &on(to), usize::MAX),
    };
    let (days, pieces) = loop {
        let before = look()?;
        let pieces = pieces(reader, endpoint, in_milliseconds(from), in_milliseconds(to))?;
        let days = look()?;
        // Else a piece became part of a day in between, and would be counted
        // twice or not at all. It does so once in its life.
        if days == before {
            break (days, pieces);
        }
    };
    let mut rollups = Rollups::default();
    for (key, value, _) in days {
        let Key::Hours { day, .. } = key else { continue };
        let mut hours = checked(&key, hours::decode(&value, day))?;
        hours.0.retain(|it, _| is_wanted(it.0));
        rollups.merge(hours.by(step));
    }
    let tail = asked.tail.as_ref().map(Tail::rows);
    let begins = tail.as_ref().and_then(|it| it.first()).map(|it| it.0);
    let rows = pieces.iter().map(|(name, value, _)| {
        let mut rows = checked(name, block::decode(value))?;
        // What has been sealed meanwhile is the tail, and what came after it.
        if is_newer(name, asked.revision) {
            rows.retain(|it| begins.is_none_or(|begins| it.0 < begins));
        }
        Ok(rows)
    });
    let mut pieces = rows.collect::<Result<Vec<_>, LoadError>>()?;
    pieces.extend(tail);
    pieces.retain(|it| !it.is_empty());
    pieces.sort_by_key(|it| it.first().map(|row| row.0));
    for (position, rows) in pieces.iter().enumerate() {
        let next = pieces.get(position + 1).and_then(|it| it.first()).map(|it| it.0);
        gather(&mut rollups, rows, next.unwrap_or(in_milliseconds(to)), step, is_wanted);
    }
    Ok(rollups)
}

fn gather(
    rollups: &mut Rollups,
    rows: &[Row],
    until: i64,
    step: Step,
    is_wanted: impl Fn(u32) -> bool,
) {
    let rows = rows.iter().map(|it| (from_milliseconds(it.0), it.1.as_slice()));
    rollups.gather(rows, from_milliseconds(until), step, is_wanted);
}

fn start_of(key: &Key) -> i64 {
    if let Key::History { start, .. } = key { *start } else { i64::MAX }
}

/// Whether a piece has something that was written after a revision.
fn is_newer(key: &Key, than: u64) -> bool {
    matches!(key, Key::History { revision, .. } if *revision > than)
}
