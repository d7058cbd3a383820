//! Asking systemd, for the probes that do.
//!
//! `systemctl show` is the one output that every version in use gives in a
//! form for programs: `--output=json` is too young for some. Its times follow
//! the zone it is asked in, so it is asked in UTC.

use std::{collections::BTreeMap, path::Path};

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use crate::{command::Command, probe::ProbeError};

/// Exists if and only if systemd is the init system, see `sd_booted(3)`.
const BOOTED: &str = "/run/systemd/system";

/// One unit's properties, by name.
pub(super) type Properties<'a> = BTreeMap<&'a str, &'a str>;

/// Refuses to answer for a machine where systemd does not run: having nobody
/// to ask is not the same as having nothing to report.
pub(super) fn require() -> Result<(), ProbeError> {
    if Path::new(BOOTED).is_dir() {
        Ok(())
    } else {
        Err(ProbeError::Unsupported { why: "systemd is not running".into() })
    }
}

/// A question to the system's manager.
pub(super) fn systemctl() -> Command {
    Command::new("systemctl").args(["--no-pager", "--no-ask-password"]).env("TZ", "UTC")
}

/// The properties that `systemctl show` printed, one block for each unit.
pub(super) fn blocks(shown: &str) -> Vec<Properties<'_>> {
    shown.split("\n\n").map(properties).filter(|it| !it.is_empty()).collect()
}

fn properties(block: &str) -> Properties<'_> {
    block.lines().filter_map(|it| it.split_once('=')).collect()
}

/// A property that is there and says something.
pub(super) fn said<'a>(unit: &Properties<'a>, name: &str) -> Option<&'a str> {
    unit.get(name).copied().filter(|it| !matches!(*it, "" | "n/a"))
}

/// A time as systemd prints it in UTC: `Tue 2026-11-24 00:00:00 UTC`.
pub(super) fn time(unit: &Properties<'_>, name: &str) -> Option<Timestamp> {
    let mut words = said(unit, name)?.split(' ').skip(1);
    let (date, time) = (words.next()?, words.next()?);
    let local: DateTime = format!("{date}T{time}").parse().ok()?;
    words.next().filter(|it| *it == "UTC")?;
    TimeZone::UTC.to_timestamp(local).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_as_utc_or_not_at_all() {
        let unit = |value| Properties::from([("At", value)]);
        let at = time(&unit("Tue 2026-11-24 00:00:00 UTC"), "At");
        assert_eq!(at, Some("2026-11-24T00:00:00Z".parse().unwrap()));
        for other in
            ["", "n/a", "infinity", "Tue 2026-11-24 00:00:00 CET", "Tue 2026-13-24 00:00:00 UTC"]
        {
            assert_eq!(time(&unit(other), "At"), None, "{other}");
        }
    }
}
