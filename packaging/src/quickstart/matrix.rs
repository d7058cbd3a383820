//! What the starter matrix says of backups, written down a second time.
//!
//! The collector reads the file; this table is what a human reads in it. The
//! check compares the two.

use std::process::Command;

use anyhow::Context as _;

use crate::command;

/// The matrix that every site begins with.
pub(super) const STARTER: &str = "collector/matrix-file/starter.toml";

/// The customer in it.
pub(super) const TENANT: &str = "acme";

/// Its one site.
pub(super) const SITE: &str = "hq";

/// The teams in it.
pub(super) const INTERNAL: &str = "internal-it";
pub(super) const PROVIDER: &str = "provider-noc";

/// The function that backups belong to.
pub(super) const BACKUPS: &str = "backup_monitoring";

/// Whose hours decide.
const ZONE: &str = "America/New_York";
const OFFICE: std::ops::Range<&str> = "08:00".."17:00";

/// Who looks after backups in office hours, and at any other time.
const OWNERS: (&str, &str) = (PROVIDER, PROVIDER);

/// Who looks after backups at an instant, given as RFC 3339.
pub(super) fn backup_owner(at: &str) -> anyhow::Result<&'static str> {
    let mut date = Command::new("date");
    date.env("TZ", ZONE).args(["--date", at, "+%u %H:%M"]);
    let local = command::capture(&mut date)?;
    let (weekday, time) = local.trim().split_once(' ').context("`date` gave no time")?;
    Ok(if is_office_hour(weekday, time) { OWNERS.0 } else { OWNERS.1 })
}

fn is_office_hour(weekday: &str, time: &str) -> bool {
    ("1"..="5").contains(&weekday) && OFFICE.contains(&time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_office_closes_at_five_and_on_saturdays() {
        for (weekday, time, expected) in [
            ("1", "07:59", false),
            ("1", "08:00", true),
            ("5", "16:59", true),
            ("5", "17:00", false),
            ("6", "10:00", false),
        ] {
            assert_eq!(is_office_hour(weekday, time), expected, "day {weekday}, {time}");
        }
    }
}
