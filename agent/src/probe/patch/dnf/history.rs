//! When updates were last installed, from dnf's own history.
//!
//! dnf 4 lists what was done, in abbreviations where it was more than one
//! thing, and to the minute in the system's zone. dnf 5 lists who said what to
//! it, and an updater's command line tells.

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time},
    tz::TimeZone,
};
use serde::Deserialize;

use crate::probe::patch::dnf::said::json;

/// What dnf 4 calls an update, among other things and alone.
const UPDATES: [&str; 3] = ["U", "Upgrade", "Update"];
/// Orders that install updates.
const ORDERS: [&str; 8] = [
    "upgrade",
    "update",
    "up",
    "upgrade-minimal",
    "update-minimal",
    "distro-sync",
    "automatic",
    "system-upgrade",
];

#[derive(Deserialize)]
struct Transaction {
    command_line: String,
    end_time: i64,
    status: String,
}

/// The last good update in dnf 4's list.
///
/// `    12 | upgrade -y               | 2026-05-09 07:29 | I, U           |   14 EE`
pub(super) fn last(said: &str, zone: &TimeZone) -> Option<Timestamp> {
    let times = said.lines().filter_map(|line| {
        // A command line may have bars of its own.
        let mut columns = line.rsplit('|').map(str::trim);
        let (altered, actions, at) = (columns.next()?, columns.next()?, columns.next()?);
        let is_update = actions.split(',').any(|it| UPDATES.contains(&it.trim()));
        // Aborted, or ended with an error.
        let is_good = !altered.contains(['*', '#']);
        (is_update && is_good).then_some(())?;
        let (date, time) = at.split_once(' ')?;
        let local = DateTime::from_parts(date.parse::<Date>().ok()?, time.parse::<Time>().ok()?);
        // An hour that comes twice is taken for its first.
        zone.to_timestamp(local).ok()
    });
    times.max()
}

/// The last good update in dnf 5's list.
pub(super) fn last_5(said: &str) -> Option<Timestamp> {
    let transactions: Vec<Transaction> = json("dnf history list", said).ok()?;
    let is_update = |it: &&Transaction| {
        let mut words = it.command_line.split_whitespace();
        it.status.eq_ignore_ascii_case("ok") && words.any(|it| ORDERS.contains(&it))
    };
    let times = transactions.iter().filter(is_update).map(|it| it.end_time);
    times.max().and_then(|it| Timestamp::from_second(it).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_good_update_counts() {
        // dnf 4.14's form.
        let said = "\
ID     | Command line             | Date and time    | Action(s)      | Altered
-------------------------------------------------------------------------------
     6 | upgrade -y               | 2026-05-12 07:29 | I, U           |   14 **
     5 | upgrade -y               | 2026-05-11 07:29 | Upgrade        |    1 #
     4 | install 'a|b'            | 2026-05-10 07:29 | Install        |    1
     3 | upgrade -y               | 2026-05-09 07:29 | I, O, U        |    4 EE
     2 | -y update                | 2026-05-08 07:29 | Upgrade        |    4
     1 |                          | 2026-05-07 07:29 | Install        |  214 EE
";
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        assert_eq!(last(said, &zone), Some("2026-05-09T05:29:00Z".parse().unwrap()));
        assert_eq!(last("", &zone), None);
    }

    #[test]
    fn an_order_to_update_tells_with_a_newer_dnf() {
        // As dnf 5's `print_transaction_list_json` writes it.
        let said = r#"[
          {"id":3,"command_line":"dnf install update-tool","start_time":30,"end_time":31,
           "user_id":0,"status":"Ok","releasever":"42","altered_count":1},
          {"id":2,"command_line":"dnf -y upgrade","start_time":20,"end_time":21,
           "user_id":0,"status":"Error","releasever":"42","altered_count":9},
          {"id":1,"command_line":"dnf5 upgrade","start_time":10,"end_time":11,
           "user_id":0,"status":"Ok","releasever":"42","altered_count":9}
        ]"#;
        assert_eq!(last_5(said), Some(Timestamp::from_second(11).unwrap()));
        assert_eq!(last_5("Unknown argument \"--json\""), None);
    }
}
