//! Load averages, from `/proc/loadavg`, and the number of processors to hold
//! against them, from `/sys/devices/system/cpu/online`.

use remit_shared::{Body, Completeness, Series, Unit};

use crate::probe::{Probe, ProbeError, Sample, Turn, linux::proc_file::ProcFile, value};

const LOADAVG: &str = "/proc/loadavg";
const ONLINE: &str = "/sys/devices/system/cpu/online";

/// Measures how many tasks want a processor.
#[derive(Debug)]
pub struct LoadProbe {
    loadavg: ProcFile,
    online: ProcFile,
    series: [Series; 4],
}

impl LoadProbe {
    /// A probe that has not looked yet.
    pub fn new() -> Self {
        let named = [
            ("load1", Unit::Milli),
            ("load5", Unit::Milli),
            ("load15", Unit::Milli),
            ("cpu_count", Unit::Count),
        ];
        let series = value::series("", named);
        Self { loadavg: ProcFile::new(LOADAVG), online: ProcFile::new(ONLINE), series }
    }
}

impl Default for LoadProbe {
    fn default() -> Self {
        Self::new()
    }
}

impl Probe for LoadProbe {
    fn name(&self) -> &'static str {
        "load"
    }

    fn source(&self) -> &'static str {
        LOADAVG
    }

    fn may_hang(&self) -> bool {
        false
    }

    fn sample(&mut self, _turn: Turn) -> Result<Sample, ProbeError> {
        let [one, five, fifteen] = parse_loadavg(&self.loadavg.read()?)?;
        // A container may hide `/sys`; the averages stand without it.
        let count = self.online.read().ok().and_then(|list| count(&list));
        let values = [Some(one), Some(five), Some(fifteen), count];
        let readings = value::readings(&self.series, values).collect();
        let mut sample = Sample::full(Body::Readings(readings));
        if count.is_none() {
            sample.completeness = Completeness::Partial;
            sample.missing = format!("cpu_count: {ONLINE} does not say");
        }
        Ok(sample)
    }
}

fn parse_loadavg(loadavg: &str) -> Result<[i64; 3], ProbeError> {
    let mut words = loadavg.split_ascii_whitespace();
    let mut average = |field: &str| {
        words.next().and_then(value::milli).ok_or_else(|| ProbeError::Parse {
            what: LOADAVG.into(),
            field: format!("the average of {field}"),
        })
    };
    Ok([average("1 minute")?, average("5 minutes")?, average("15 minutes")?])
}

/// How many processors are in a list such as `0-3,8`.
fn count(list: &str) -> Option<i64> {
    let mut count: i64 = 0;
    for range in list.trim().split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last) = (first.parse::<u32>().ok()?, last.parse::<u32>().ok()?);
        count += i64::from(last.checked_sub(first)?) + 1;
    }
    Some(count)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_real_machine_is_read() {
        let load = parse_loadavg("1.22 0.51 0.36 3/101 15917\n").unwrap();
        assert_eq!(load, [1220, 510, 360]);
    }

    #[test]
    fn a_very_busy_machine_is_read() {
        let load = parse_loadavg("1024.07 998.50 12.00 912/20481 4194303\n").unwrap();
        assert_eq!(load, [1_024_070, 998_500, 12_000]);
    }

    #[test]
    fn what_is_missing_is_named() {
        for (text, field) in
            [("", "1 minute"), ("0.10 x 0.30", "5 minutes"), ("0.10 0.20\n", "15 minutes")]
        {
            let err = parse_loadavg(text).unwrap_err().to_string();
            assert_eq!(err, format!("failed to find the average of {field} in /proc/loadavg"));
        }
    }

    #[test]
    fn processors_are_counted() {
        for (list, expected) in [
            ("0\n", Some(1)),
            ("0-1\n", Some(2)),
            ("0-3,8-11,15\n", Some(9)),
            ("", None),
            ("\n", None),
            ("3-1\n", None),
            ("all\n", None),
        ] {
            assert_eq!(count(list), expected, "{list:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_a_panic(text in "[-0-9., \n]{0,60}") {
            let _ = parse_loadavg(&text);
            let _ = count(&text);
        }
    }
}
