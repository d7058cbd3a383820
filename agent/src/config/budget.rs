//! What the agent may take of the machine.

use std::{fmt, str::FromStr};

use remit_agent_domain::{
    budget::{Limits, OPTIONAL},
    schedule::DEFAULTS,
};
use remit_runtime::config::{ConfigError, Document, Effective, Setting};
use serde::{Deserialize, de};

use super::raw::{RawConfig, Size};

/// What the agent may take, and which probes rest if that is not enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// How much is enough.
    pub limits: Limits,
    /// The probes that may rest, the first of them first.
    pub optional: Vec<String>,
}

/// A share of one processor, in thousandths: `1%`, `0.5%`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Share(pub(super) u64);

impl Budget {
    pub(super) fn check(
        document: &Document<RawConfig>,
        effective: &mut Effective,
    ) -> Result<Self, ConfigError> {
        let raw = document.value.budget.clone();
        let cpu = Setting::new(Share(10)).file(raw.cpu);
        let memory = Setting::new(Size(32 << 20)).file(raw.memory);
        let handles = Setting::new(256).file(raw.handles);
        let optional = Setting::new(OPTIONAL.map(str::to_owned).to_vec()).file(raw.optional);
        for (key, is_sound) in [
            ("budget.cpu", cpu.value.0 > 0),
            ("budget.memory", memory.value.0 > 0),
            ("budget.handles", handles.value > 0),
        ] {
            if !is_sound {
                return Err(document.invalid(key, "must be more than nothing"));
            }
        }
        let is_known = |name: &String| DEFAULTS.iter().any(|(known, _)| known == name);
        if let Some(name) = optional.value.iter().find(|it| !is_known(it) || *it == "self") {
            let known = DEFAULTS.map(|(known, _)| known).join(", ");
            let message = format!("`{name}` cannot be shed: use any of {known} but self");
            return Err(document.invalid("budget.optional", message));
        }
        effective.show("budget.cpu", &cpu);
        effective.show("budget.memory", &memory);
        effective.show("budget.handles", &handles);
        let list = match optional.value.as_slice() {
            [] => "(nothing)".to_owned(),
            list => list.join(", "),
        };
        effective.show("budget.optional", &Setting { value: list, origin: optional.origin });
        let limits = Limits {
            cpu: cpu.value.0,
            memory: memory.value.0,
            handles: handles.value,
            optional: optional.value.len(),
        };
        Ok(Self { limits, optional: optional.value })
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 % 10 {
            0 => f.pad(&format!("{}%", self.0 / 10)),
            tenth => f.pad(&format!("{}.{tenth}%", self.0 / 10)),
        }
    }
}

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.strip_suffix('%').and_then(|it| {
            let (whole, tenths) = it.split_once('.').unwrap_or((it, "0"));
            let tenths = tenths.parse::<u64>().ok().filter(|_| tenths.len() == 1)?;
            whole.parse::<u64>().ok()?.checked_mul(10)?.checked_add(tenths)
        });
        number.map(Self).ok_or_else(|| {
            let shown: String = text.chars().take(40).flat_map(char::escape_default).collect();
            format!("`{shown}` is no share of a processor: write it like `1%` or `0.5%`")
        })
    }
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_reads_as_it_prints() {
        for text in ["1%", "0.5%", "12.3%", "400%"] {
            assert_eq!(text.parse::<Share>().unwrap().to_string(), text);
        }
        for text in ["", "1", "%", "0.55%", "-1%", ".5%", "1,5%"] {
            assert!(text.parse::<Share>().is_err(), "{text}");
        }
    }
}
