//! What this process takes of the machine, from `/proc/self`.

use std::{fs, io, time::Duration};

use super::OwnUsage;

/// Where it is read.
pub const OWN_USAGE: &str = "/proc/self";

/// What this process takes.
pub fn own_usage() -> io::Result<OwnUsage> {
    let nonsense = |what: &str| io::Error::new(io::ErrorKind::InvalidData, format!("no {what}"));
    let stat = fs::read_to_string("/proc/self/stat")?;
    let ticks = ticks(&stat).ok_or_else(|| nonsense("processor time in stat"))?;
    let second = rustix::param::clock_ticks_per_second().max(1);
    let statm = fs::read_to_string("/proc/self/statm")?;
    let pages = statm.split_ascii_whitespace().nth(1).and_then(|it| it.parse::<u64>().ok());
    let pages = pages.ok_or_else(|| nonsense("resident pages in statm"))?;
    // The folder is open itself while it is read.
    let handles = fs::read_dir("/proc/self/fd")?.count().saturating_sub(1);
    Ok(OwnUsage {
        cpu: Duration::from_millis(ticks.saturating_mul(1000) / second),
        memory: pages.saturating_mul(rustix::param::page_size() as u64),
        handles: handles as u64,
    })
}

/// Ticks of the process and of its children that have ended, in user and in
/// system mode. The program's name stands in brackets and may hold anything.
fn ticks(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace().skip(11).take(4).map(str::parse::<u64>);
    let mut sum = 0_u64;
    for _ in 0..4 {
        sum = sum.saturating_add(fields.next()?.ok()?);
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_spaces_is_no_trouble() {
        let text = "7 (a) b (c)) S 1 7 7 0 -1 4194304 99 0 0 0 10 20 300 4000 20 0 5 0 100 1 2";
        assert_eq!(ticks(text), Some(4330));
        assert_eq!(ticks("7 (agent) S 1 2"), None);
    }

    #[test]
    fn this_process_takes_something() {
        let own = own_usage().unwrap();
        assert!(own.memory > 1 << 20 && own.handles >= 3, "{own:?}");
    }
}
