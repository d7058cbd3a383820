//! Which format a data folder has, and how it becomes today's.
//!
//! Each step leads from one format to the next, may be cut off anywhere and
//! started again, and is noted as done only when it is. A folder from the
//! future is left alone.

use std::sync::Arc;

use crate::{
    adapters::sled::{
        keys::{Key, KeyError, Meta},
        log::{Log, LogError, Writes},
        record::{DecodeError, decode_source, encode, encode_whole},
    },
    ports::store::AnyRecord,
};

/// The format that is written. Since 2, text may be
/// [`packed`](crate::adapters::sled::packed); since 3, text may be packed with
/// a dictionary, and what holds of a source is kept beside it; since 4, what was
/// written last is in a journal beside sled's files; since 5, long pieces of history
/// are in files of values; since 6, where they are is kept in lists.
pub(super) const FORMAT: u32 = 6;

/// Leads from the format of its place, counted from 1, to the next.
pub(super) type Step = fn(&mut Log) -> Result<(), MigrateError>;

const STEPS: [Step; FORMAT as usize - 1] =
    [as_it_is, sources_in_parts, as_it_is, as_it_is, as_it_is];

/// What is there is read as it is.
fn as_it_is(_: &mut Log) -> Result<(), MigrateError> {
    Ok(())
}

/// Takes what holds out of the sources, each in one write.
fn sources_in_parts(log: &mut Log) -> Result<(), MigrateError> {
    let reader = log.reader();
    for found in reader.scan(b's') {
        let (key, (value, pieces)) = found?;
        let key = Key::from_bytes(&key)?;
        let Key::Source(id) = key else { continue };
        log.note_pieces(key.clone(), pieces);
        let decoded = decode_source(&value);
        let (source, revision) =
            decoded.map_err(|source| MigrateError::Value { key: key.to_string(), source })?;
        let mut writes = Writes::new();
        for (fingerprint, it) in &source.active {
            writes.insert(Key::Active(id, *fingerprint), Some(encode(&**it)));
        }
        writes.insert(key, encode_whole(&AnyRecord::Source(Arc::new(source)), revision));
        log.write(writes)?;
    }
    Ok(())
}

/// Why a data folder cannot be used by this version.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// It has no format. It may be half of an import.
    #[error("the data folder says nothing of its format: it is damaged, or an import was cut off")]
    Unmarked,
    /// A value is damaged.
    #[error("the stored value `{key}` is damaged")]
    Value {
        /// Where it is.
        key: String,
        /// What is wrong with it.
        #[source]
        source: DecodeError,
    },
    /// A key is damaged.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// It cannot be read or written.
    #[error(transparent)]
    Log(#[from] LogError),
}

/// Makes a data folder one of today's format.
pub(super) fn migrate(log: &mut Log) -> Result<(), MigrateError> {
    run(log, &STEPS)
}

fn run(log: &mut Log, steps: &[Step]) -> Result<(), MigrateError> {
    let known = steps.len() as u32 + 1;
    let reader = log.reader();
    let Some(found) = reader.get(&Key::Meta(Meta::Format))? else {
        if !reader.is_empty() {
            return Err(MigrateError::Unmarked);
        }
        return mark(log, known);
    };
    let found = std::str::from_utf8(&found).ok().and_then(|it| it.parse().ok());
    let found: u32 = found.filter(|it| *it > 0).ok_or(MigrateError::Unmarked)?;
    if found > known {
        return Err(LogError::Newer { found, known }.into());
    }
    for (step, reached) in steps.iter().zip(2..).skip(found as usize - 1) {
        tracing::info!(format = reached, "migrating the data folder");
        step(log)?;
        mark(log, reached)?;
    }
    Ok(())
}

/// Notes that a data folder has a format.
pub(super) fn mark(log: &mut Log, format: u32) -> Result<(), MigrateError> {
    log.write([(Key::Meta(Meta::Format), Some(format.to_string().into_bytes()))].into())?;
    // A version that knows of no journal must see it.
    Ok(log.settle_now()?)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::adapters::sled::{JOURNAL_BYTES, tests::CACHE};

    const FEED: Key = Key::Meta(Meta::Feed);

    fn add_one(log: &mut Log) -> Result<(), MigrateError> {
        // Says what must be, not what must be done to what is there.
        Ok(log.write([(FEED, Some(b"1".to_vec()))].into())?)
    }

    fn cut_off(log: &mut Log) -> Result<(), MigrateError> {
        add_one(log)?;
        Err(MigrateError::Log(LogError::Torn))
    }

    #[test]
    fn an_old_folder_is_led_step_by_step_and_only_once() {
        let folder = TempDir::new().unwrap();
        let mut log = Log::open(folder.path(), CACHE, JOURNAL_BYTES).unwrap();
        run(&mut log, &[]).unwrap();
        run(&mut log, &[cut_off]).unwrap_err();
        run(&mut log, &[add_one]).unwrap();
        assert_eq!(log.reader().get(&FEED).unwrap().unwrap(), b"1");
        log.write([(FEED, Some(b"2".to_vec()))].into()).unwrap();
        run(&mut log, &[add_one]).unwrap();
        assert_eq!(log.reader().get(&FEED).unwrap().unwrap(), b"2", "a step is not repeated");
    }

    #[test]
    fn a_folder_from_the_future_is_refused_with_both_formats() {
        let folder = TempDir::new().unwrap();
        let mut log = Log::open(folder.path(), CACHE, JOURNAL_BYTES).unwrap();
        mark(&mut log, FORMAT + 1).unwrap();
        let err = migrate(&mut log).unwrap_err().to_string();
        let (found, known) = (FORMAT + 1, FORMAT);
        assert!(err.contains(&format!("has format {found}, and this version knows")), "{err}");
        assert!(err.contains(&format!("formats up to {known}")), "{err}");
    }

    #[test]
    fn a_folder_without_a_format_is_refused_unless_it_is_empty() {
        let folder = TempDir::new().unwrap();
        let mut log = Log::open(folder.path(), CACHE, JOURNAL_BYTES).unwrap();
        add_one(&mut log).unwrap();
        assert!(matches!(migrate(&mut log), Err(MigrateError::Unmarked)));
    }
}
