//! Settings as they stand in the file.

use std::{collections::BTreeMap, fmt, net::SocketAddr, path::PathBuf, str::FromStr};

use remit_agent_domain::schedule::ProbePlan;
use remit_runtime::duration::Span;
use serde::{Deserialize, de};

use super::budget::Share;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawConfig {
    pub(super) state_dir: Option<PathBuf>,
    pub(super) uplink: RawUplink,
    pub(super) spool: RawSpool,
    pub(super) ping: RawPing,
    pub(super) log: RawLog,
    pub(super) backup: RawBackup,
    pub(super) probe: BTreeMap<String, RawProbe>,
    pub(super) budget: RawBudget,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawUplink {
    pub(super) addresses: Option<Vec<String>>,
    pub(super) reconnect_spread: Option<Span>,
    pub(super) return_after: Option<Span>,
    pub(super) proxy: Option<String>,
    pub(super) proxy_credentials_file: Option<PathBuf>,
    pub(super) no_proxy: Option<Vec<String>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawBudget {
    pub(super) cpu: Option<Share>,
    pub(super) memory: Option<Size>,
    pub(super) handles: Option<u64>,
    pub(super) optional: Option<Vec<String>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawSpool {
    pub(super) max_bytes: Option<Size>,
    pub(super) max_age: Option<Span>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawPing {
    pub(super) enabled: Option<bool>,
    pub(super) listen: Option<SocketAddr>,
    pub(super) create: Option<bool>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawLog {
    pub(super) format: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawProbe {
    pub(super) enabled: Option<bool>,
    pub(super) interval: Option<Span>,
    pub(super) deadline: Option<Span>,
}

impl RawProbe {
    pub(super) fn apply(&self, plan: &mut ProbePlan) {
        plan.enabled = self.enabled.unwrap_or(plan.enabled);
        plan.interval = self.interval.map_or(plan.interval, Span::unsigned);
        plan.deadline = self.deadline.map_or(plan.deadline, Span::unsigned);
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawBackup {
    pub(super) job: Vec<RawJob>,
    pub(super) restic: Vec<RawRepository>,
    pub(super) borg: Vec<RawRepository>,
    pub(super) timers: Vec<String>,
    pub(super) tasks: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawJob {
    pub(super) name: String,
    pub(super) product: Option<String>,
    pub(super) schedule: Option<String>,
    pub(super) zone: Option<String>,
    pub(super) every: Option<Span>,
    pub(super) start_grace: Option<Span>,
    pub(super) run_grace: Option<Span>,
    pub(super) enabled: Option<bool>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRepository {
    pub(super) job: String,
    pub(super) repository: String,
    pub(super) password_file: Option<PathBuf>,
    pub(super) binary: Option<PathBuf>,
    pub(super) host: Option<String>,
}

/// A number of bytes, as people write it: `64MiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

/// The units, largest first.
const UNITS: [(&str, u64); 4] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = UNITS.iter().find(|(_, unit)| self.0 > 0 && self.0.is_multiple_of(*unit));
        let (name, unit) = whole.unwrap_or(&UNITS[3]);
        f.pad(&format!("{}{name}", self.0 / unit))
    }
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let split = text.find(|it: char| !it.is_ascii_digit()).unwrap_or(text.len());
        let (number, name) = text.split_at(split);
        let unit = UNITS.iter().find(|(known, _)| name == *known).map(|it| it.1);
        let bytes = number.parse::<u64>().ok().zip(unit).and_then(|(a, b)| a.checked_mul(b));
        bytes.map(Self).ok_or_else(|| {
            let shown: String = text.chars().take(40).flat_map(char::escape_default).collect();
            format!("`{shown}` is not a size: write it like `64MiB` or `2GiB`")
        })
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}
