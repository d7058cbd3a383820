//! Which endpoints' sealed pieces are joined now.
//!
//! # Invariants
//!
//! - What begins before the horizon of history is not touched: it is summed up
//!   beside the writer, which would then count it twice.
//! - Parts are on the disk before they are joined, and go in the same write.

use std::collections::BTreeMap;

use remit_shared::{Chain, EndpointId};

use crate::adapters::{
    points::in_milliseconds,
    sled::{
        history::joined::{self, Loose, SMALL, TOGETHER},
        keys::Key,
        log::LogReader,
        queue::Rewrite,
        scan::{Kept, kept},
        state::{LoadError, State, checked},
        writer::Piece,
    },
};

/// Whoever waits for the piece waits for this work, too: it is one endpoint's,
/// and one more for so many frames, which keeps pace with what is sealed.
const FRAMES: usize = 100;

impl Piece {
    /// Joins what is ripe of a few endpoints that this piece is about. What they
    /// seal with this piece is not on the disk yet, and waits for its turn.
    pub(super) fn join(&mut self, state: &State, reader: &LogReader) {
        let most = 1 + self.frames / FRAMES;
        self.look_back(state, reader, most);
        let ripe = self.tails.keys().filter_map(|id| {
            let loose = state.loose.get(id).copied().flatten()?;
            loose.is_ripe().then_some((*id, loose))
        });
        for (id, loose) in ripe.take(most).collect::<Vec<_>>() {
            let found = find(state, reader, id, loose);
            let loose = found.and_then(|it| self.join_some(id, loose, it)).unwrap_or_else(|err| {
                // What is damaged stays as it is, for people to look at.
                tracing::error!(endpoint = %id, error = %Chain(&err), "its history stays in pieces");
                None
            });
            self.joined.push((id, loose));
        }
    }

    /// Finds what a few endpoints have left loose that seal something and of which nothing
    /// is known yet.
    fn look_back(&mut self, state: &State, reader: &LogReader, most: usize) {
        let mut first = BTreeMap::new();
        for (id, start) in self.sealed.iter().filter(|it| !state.loose.contains_key(&it.0)) {
            first.entry(*id).or_insert(*start);
        }
        let few = first.into_iter().take(most);
        self.joined.extend(few.map(|(id, start)| (id, small(reader, id, start))));
    }

    fn join_some(
        &mut self,
        endpoint: EndpointId,
        loose: Loose,
        found: Vec<Kept>,
    ) -> Result<Option<Loose>, LoadError> {
        let parts = found.iter().take(TOGETHER);
        let parts = parts.filter_map(|(key, value, _)| Some((begin_of(key)?, value.as_slice())));
        let (begins, values): (Vec<_>, Vec<_>) = parts.unzip();
        let Some((name, ..)) = found.first() else { return Ok(None) };
        let (count, bytes) = checked(name, joined::join(values))?;
        if let [(start, first), .., (_, last)] = begins[..count] {
            // As new as what is newest in it, and never the key of a part.
            let key = Key::History { endpoint, start, revision: last.max(first + 1) };
            let gone = found.iter().take(count);
            self.rewrites.extend(gone.map(|(key, _, further)| Rewrite {
                key: key.clone(),
                value: None,
                further: *further,
            }));
            self.rewrites.push(Rewrite { key, value: Some(bytes), further: 0 });
        }
        let next = found.get(count).and_then(|it| begin_of(&it.0));
        Ok(loose.without(count, next.map(|it| it.0)))
    }
}

/// The loose pieces of an endpoint, with the one that comes after those that are
/// joined now. What is being summed up is not touched.
fn find(
    state: &State,
    reader: &LogReader,
    endpoint: EndpointId,
    loose: Loose,
) -> Result<Vec<Kept>, LoadError> {
    let key = |start, revision| Key::History { endpoint, start, revision };
    let since = in_milliseconds(state.tables.history_since).saturating_add(1).max(loose.since);
    kept(reader, &key(since, 0), &key(i64::MAX, u64::MAX), TOGETHER + 1)
}

/// The small pieces of an endpoint that come before one that begins then.
fn small(reader: &LogReader, endpoint: EndpointId, start: i64) -> Option<Loose> {
    let key = |start| Key::History { endpoint, start, revision: 0 };
    let before = reader.range_lengths(&key(i64::MIN), &key(start)).rev().take(TOGETHER - 1);
    // They end where something is long, or cannot be read.
    let starts = before.map_while(|found| {
        let (key, _) = found.ok().filter(|it| it.1 <= SMALL)?;
        Some(begin_of(&Key::from_bytes(&key).ok()?)?.0)
    });
    starts.fold(None, |loose, start| Some(Loose::after(start, loose)))
}

/// When a piece begins, and its revision.
fn begin_of(key: &Key) -> Option<(i64, u64)> {
    if let Key::History { start, revision, .. } = key { Some((*start, *revision)) } else { None }
}
