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

/// The sealed history of an endpoint that says something of a span of time:
/// from the last piece that begins before it, since a piece begins with all
/// that is known.
pub(super) fn sealed(
    reader: &LogReader,
    endpoint: EndpointId,
    from: i64,
    to: i64,
) -> Result<Vec<Row>, LoadError> {
    let key = |start, revision| Key::History { endpoint, start, revision };
    let before = reader.range(&key(i64::MIN, 0), &key(from, u64::MAX)).next_back();
    let begin = match before {
        Some(found) => Key::from_bytes(&found?.0)?,
        None => key(from, 0),
    };
    let mut rows = Vec::new();
    for found in reader.range(&begin, &key(to, u64::MAX)) {
        let (name, (value, _)) = found?;
        let name = Key::from_bytes(&name)?;
        rows.extend(checked(&name, block::decode(&value))?);
    }
    Ok(rows)
}
