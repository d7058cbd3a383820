//! What is read from the disk while the store runs.

use remit_shared::EndpointId;

use crate::adapters::sled::{
    history::{Row, block},
    keys::Key,
    log::LogReader,
    record::{Cold, decode},
    state::{LoadError, checked},
};

/// The entries of a numbered list after a cursor, oldest first.
pub(super) fn entries<T: Cold>(
    reader: &LogReader,
    key: fn(u64) -> Key,
    after: u64,
    limit: usize,
) -> Result<Vec<(u64, T)>, LoadError> {
    let mut entries = Vec::new();
    for found in reader.range(&key(after.saturating_add(1)), &key(u64::MAX)).take(limit) {
        let (name, (value, _)) = found?;
        let name = Key::from_bytes(&name)?;
        if let Key::Feed(cursor) | Key::Audit(cursor) = name {
            entries.push((cursor, checked(&name, decode(&value))?));
        }
    }
    Ok(entries)
}

/// A value in the log, with its key and the number of its further pieces.
pub(super) type Kept = (Key, Vec<u8>, usize);

/// What is kept between two keys, both included.
pub(super) fn kept(
    reader: &LogReader,
    from: &Key,
    to: &Key,
    limit: usize,
) -> Result<Vec<Kept>, LoadError> {
    let found = reader.range(from, to).take(limit).map(|found| {
        let (key, (value, pieces)) = found?;
        Ok((Key::from_bytes(&key)?, value, pieces))
    });
    found.collect()
}

/// The sealed pieces of an endpoint's history that say something of a span of
/// time: from the last one that begins before it, since a piece begins with all
/// that is known.
pub(super) fn pieces(
    reader: &LogReader,
    endpoint: EndpointId,
    from: i64,
    to: i64,
) -> Result<Vec<Kept>, LoadError> {
    let key = |start, revision| Key::History { endpoint, start, revision };
    let begin = || -> Result<Key, LoadError> {
        match reader.range_keys(&key(i64::MIN, 0), &key(from, u64::MAX)).next_back() {
            Some(before) => Ok(Key::from_bytes(&before?)?),
            None => Ok(key(from, 0)),
        }
    };
    loop {
        let first = begin()?;
        let found = kept(reader, &first, &key(to, u64::MAX), usize::MAX)?;
        let again = begin()?;
        let still = reader.range_keys(&again, &key(to, u64::MAX));
        let still = still.map(|it| Ok(Key::from_bytes(&it?)?));
        let still = still.collect::<Result<Vec<_>, LoadError>>()?;
        // Else some were joined in between, and would be missing here.
        if first == again && found.iter().map(|it| &it.0).eq(&still) {
            return Ok(found);
        }
    }
}

/// The same, report by report.
pub(super) fn sealed(
    reader: &LogReader,
    endpoint: EndpointId,
    from: i64,
    to: i64,
) -> Result<Vec<Row>, LoadError> {
    let mut rows = Vec::new();
    for (name, value, _) in pieces(reader, endpoint, from, to)? {
        rows.extend(checked(&name, block::decode(&value))?);
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicBool, Ordering},
        thread,
    };

    use tempfile::TempDir;

    use super::*;
    use crate::{
        adapters::sled::{JOURNAL_BYTES, log::Log},
        ports::store::conformance::sample,
    };

    const PARTS: i64 = 60;

    fn key(start: i64, revision: u64) -> Key {
        Key::History { endpoint: sample::endpoint_id(1), start, revision }
    }

    #[test]
    fn pieces_are_seen_as_they_were_or_as_they_are_joined() {
        let folder = TempDir::new().unwrap();
        let mut log = Log::open(folder.path(), 4 << 20, JOURNAL_BYTES).unwrap();
        let reader = log.reader();
        let parts = |revision| (0..PARTS).map(move |it| key(it, revision));
        let is_done = AtomicBool::new(false);
        let put = |it: Key| (it, Some(b"piece".to_vec()));
        let gone = |it: Key| (it, None);
        log.write(parts(1).map(put).collect()).unwrap();
        thread::scope(|scope| {
            scope.spawn(|| {
                // What was joined does not come back: each round has revisions of its own.
                for apart in (1..400).step_by(2) {
                    let (joined, next) = (key(0, apart + 1), parts(apart + 2));
                    log.write(parts(apart).map(gone).chain([put(joined.clone())]).collect())
                        .unwrap();
                    log.write(next.map(put).chain([gone(joined)]).collect()).unwrap();
                }
                is_done.store(true, Ordering::Relaxed);
            });
            while !is_done.load(Ordering::Relaxed) {
                let found = pieces(&reader, sample::endpoint_id(1), PARTS / 2, i64::MAX).unwrap();
                let found: Vec<_> = found.into_iter().map(|it| it.0).collect();
                let Some(Key::History { revision, .. }) = found.first() else { panic!("nothing") };
                let is_joined = found == [key(0, *revision)] && revision % 2 == 0;
                let apart: Vec<_> = parts(*revision).skip(PARTS as usize / 2).collect();
                assert!(is_joined || found == apart, "{found:?}");
            }
        });
    }
}
