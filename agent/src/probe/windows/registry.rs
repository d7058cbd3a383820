//! The registry of this machine, as the probes ask it.

use jiff::{SignedDuration, Timestamp};
use windows_registry::{Key as Open, LOCAL_MACHINE, Type};

use crate::{
    platform::registry::written_at,
    probe::{
        ProbeError,
        patch::wua::registry::{Key, Registry, Value},
    },
};

/// Access is denied; there is no such key.
const DENIED: u32 = 0x8007_0005;
const MISSING: [u32; 2] = [0x8007_0002, 0x8007_0003];
/// From 1601 to 1970, in seconds.
const EPOCH: i64 = 11_644_473_600;

/// Asks the registry.
#[derive(Clone, Copy, Debug, Default)]
pub struct WindowsRegistry;

impl Registry for WindowsRegistry {
    fn key(&mut self, path: &str) -> Result<Option<Key>, ProbeError> {
        let open = match LOCAL_MACHINE.open(path) {
            Ok(open) => open,
            Err(err) => {
                let code = err.code().0.cast_unsigned();
                return match code {
                    _ if MISSING.contains(&code) => Ok(None),
                    DENIED => Err(ProbeError::NoPermission { what: path.into() }),
                    _ => Err(ProbeError::Program {
                        what: format!("the registry's key {path}"),
                        said: err.message(),
                    }),
                };
            }
        };
        // A time that cannot be read is no reason not to answer.
        let written_at = written_at(&open).ok().and_then(from_filetime);
        Ok(Some(Key { values: values(&open), written_at }))
    }
}

fn values(key: &Open) -> std::collections::BTreeMap<String, Value> {
    let values = key.values().into_iter().flatten().map(|(name, value)| {
        let value = match value.ty() {
            Type::U32 | Type::U64 => u64::try_from(value).map(Value::Number),
            Type::String | Type::ExpandString => String::try_from(value).map(Value::Text),
            Type::MultiString => Vec::<String>::try_from(value).map(Value::List),
            Type::Bytes | Type::Other(_) => Ok(Value::Other),
        };
        (name.to_lowercase(), value.unwrap_or(Value::Other))
    });
    values.collect()
}

fn from_filetime(units: u64) -> Option<Timestamp> {
    let seconds = i64::try_from(units / 10_000_000).ok()?.checked_sub(EPOCH)?;
    Timestamp::UNIX_EPOCH.checked_add(SignedDuration::from_secs(seconds)).ok()
}
