//! When updates were last installed, from zypper's own history.
//!
//! It names each patch that was installed, and each package after the command
//! that installed it. A package counts if the command was one that updates. Its
//! times are local and name no zone; the system's is assumed.

use std::fs;

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use crate::probe::patch::rpm::System;

const HISTORY: &str = "/var/log/zypp/history";
/// Words of commands that install updates.
const ORDERS: [&str; 8] =
    ["patch", "up", "update", "dup", "dist-upgrade", "online_update", "packagekitd", "yast2"];

/// The last update, if history says. That nobody may tell us is no reason to
/// say nothing of those that are missing.
pub(super) fn last(system: &System, zone: &TimeZone) -> Option<Timestamp> {
    parse(&fs::read_to_string(system.path(HISTORY)).ok()?, zone)
}

/// `2026-05-09 07:29:30|install|plain|2-1|noarch|root@host|updates|…|`
fn parse(log: &str, zone: &TimeZone) -> Option<Timestamp> {
    let mut is_update = false;
    let mut last = None;
    for line in log.lines() {
        let fields: Vec<_> = line.split('|').map(str::trim).collect();
        let [at, what, rest @ ..] = &fields[..] else { continue };
        let is_one = match *what {
            "command" => {
                let words = rest.get(1).unwrap_or(&"").split_whitespace();
                let mut words = words.map(|it| it.trim_matches('\''));
                is_update = words.any(|it| ORDERS.contains(&it.rsplit('/').next().unwrap_or(it)));
                false
            }
            "patch" => true,
            "install" => is_update,
            _ => false,
        };
        if is_one
            && let Ok(local) = at.replace(' ', "T").parse::<DateTime>()
            // An hour that comes twice is taken for its first.
            && let Ok(at) = zone.to_timestamp(local)
        {
            last = last.max(Some(at));
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_an_update_installed_counts() {
        // zypper 1.14.42.
        let log = "\
2026-05-09 07:29:01|command|root@vm|'zypper' '--non-interactive' 'up'|
# 2026-05-09 07:29:12 plain-2-1.noarch.rpm installed ok
2026-05-09 07:29:12|install|plain|2-1|noarch|root@vm|test|5d91a8dd|
2026-05-10 07:29:01|command|root@vm|'zypper' 'in' 'htop'|
2026-05-10 07:29:12|install|htop|3-1|x86_64|root@vm|test|5d91a8dd|
2026-05-10 07:29:13|remove |old|3-1|x86_64|root@vm|
2026-05-11 07:29:01|command|root@vm|'/usr/bin/zypper' 'patch'|
";
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        assert_eq!(parse(log, &zone), Some("2026-05-09T05:29:12Z".parse().unwrap()));
        let patch =
            "2026-05-12 07:29:12|patch  |SUSE-2026-2|1|noarch|test|none|bugfix|needed|applied|\n";
        let both = format!("{log}{patch}");
        assert_eq!(parse(&both, &zone), Some("2026-05-12T05:29:12Z".parse().unwrap()));
        assert_eq!(parse("", &zone), None);
    }
}
