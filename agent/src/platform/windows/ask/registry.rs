//! The registry of this machine, as the probes ask it.

use jiff::{SignedDuration, Timestamp};
use windows_registry::{Key as Open, LOCAL_MACHINE, Type};

use super::super::call::registry::written_at;
use crate::probe::{
    ProbeError,
    patch::wua::registry::{Key, Registry, Value},
};

/// Access is denied; there is no such key.
const DENIED: u32 = 0x8007_0005;
const MISSING: [u32; 2] = [0x8007_0002, 0x8007_0003];
/// From 1601 to 1970, in seconds.
const EPOCH: i64 = 11_644_473_600;

/// Asks the registry.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct WindowsRegistry;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_windows_says_which_it_is_and_since_when() {
        let key = WindowsRegistry.key(r"SOFTWARE\Microsoft\Windows NT\CurrentVersion");
        let key = key.unwrap().unwrap();
        assert!(matches!(key.values.get("currentbuild"), Some(Value::Text(it)) if !it.is_empty()));
        let year_2000: Timestamp = "2000-01-01T00:00:00Z".parse().unwrap();
        assert!(key.written_at.unwrap() > year_2000, "{key:?}");
    }

    #[test]
    fn a_key_that_is_not_there_is_an_answer() {
        assert_eq!(WindowsRegistry.key(r"SOFTWARE\Remit\nothing").unwrap(), None);
        assert_eq!(WindowsRegistry.key(r"SOFTWARE\no\such\path").unwrap(), None);
    }

    #[test]
    fn values_of_every_kind_are_read() {
        let path = format!(r"SOFTWARE\RemitTest\{}", std::process::id());
        let made = LOCAL_MACHINE.create(&path).unwrap();
        made.set_u32("Number", 2227).unwrap();
        made.set_u64("Long", 1 << 40).unwrap();
        made.set_string("Text", "21H2").unwrap();
        made.set_multi_string("List", &["\\??\\C:\\a", "x"]).unwrap();
        made.set_bytes("Bytes", Type::Bytes, &[1, 2]).unwrap();
        let key = WindowsRegistry.key(&path).unwrap().unwrap();
        LOCAL_MACHINE.remove_tree(r"SOFTWARE\RemitTest").unwrap();
        assert_eq!(key.values["number"], Value::Number(2227));
        assert_eq!(key.values["long"], Value::Number(1 << 40));
        assert_eq!(key.values["text"], Value::Text("21H2".into()));
        assert_eq!(key.values["bytes"], Value::Other);
        let Value::List(list) = &key.values["list"] else { panic!("{key:?}") };
        assert_eq!(list[..2], ["\\??\\C:\\a".to_owned(), "x".to_owned()]);
    }

    #[test]
    fn the_facts_of_this_machine_make_sense() {
        let facts = crate::probe::patch::wua::registry::read(&mut WindowsRegistry).unwrap();
        assert!(facts.system.contains(", build "), "{facts:?}");
        assert!(!facts.managed_by.is_empty());
        assert!(facts.remarks.is_empty());
    }
}
