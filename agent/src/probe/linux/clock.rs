//! Whether the clock is right, by whoever keeps it right.
//!
//! The kernel's own view (`adjtimex`) is out of reach of safe code, so this
//! asks `chronyd` for its offset, and where there is none looks at what
//! `systemd-timesyncd` leaves behind, which tells when it last set the clock but
//! not how far off it was. Neither starts a program.
//!
//! Run against chronyd 4.3; what timesyncd leaves behind is from its manual.
//! `ntpd` is not asked.
//!
//! This is the endpoint's opinion of itself. The collector measures the skew of
//! every endpoint against its own clock besides.

mod chrony;

use std::{fs, io, path::Path};

use jiff::{SignedDuration, Timestamp};
use remit_shared::{Body, Completeness, Series, Unit};

use crate::probe::{Probe, ProbeError, Sample, Turn, value};

use self::chrony::Tracking;

const CHRONY: &str = "chronyd";
const TIMESYNC: &str = "/run/systemd/timesync";
const SYNCHRONIZED: &str = "/run/systemd/timesync/synchronized";

/// How long timesyncd's last success counts: three of its longest intervals.
const FRESH: SignedDuration = SignedDuration::from_secs(3 * 2048);

/// Asks whether the clock is right.
#[derive(Debug)]
pub struct ClockProbe {
    series: [Series; 2],
}

impl ClockProbe {
    /// A probe that asks whoever there is.
    pub fn new() -> Self {
        let named = [("clock_synchronized", Unit::Flag), ("clock_offset", Unit::Milliseconds)];
        Self { series: value::series("", named) }
    }

    fn sample_of(&self, source: &str, synchronized: bool, offset: Option<i64>) -> Sample {
        let values = [Some(i64::from(synchronized)), offset];
        let body = Body::Readings(value::readings(&self.series, values).collect());
        Sample { source: Some(source.into()), ..Sample::full(body) }
    }
}

impl Default for ClockProbe {
    fn default() -> Self {
        Self::new()
    }
}

impl Probe for ClockProbe {
    fn name(&self) -> &'static str {
        "clock"
    }

    fn source(&self) -> &'static str {
        CHRONY
    }

    fn sample(&mut self, turn: Turn) -> Result<Sample, ProbeError> {
        // Refused, unreachable or silent: chronyd does not run here, or does
        // not want to be asked.
        if let Ok(reply) = chrony::ask() {
            let Tracking { synchronized, offset_ms } = chrony::parse(&reply)?;
            return Ok(self.sample_of(CHRONY, synchronized, synchronized.then_some(offset_ms)));
        }
        if !Path::new(TIMESYNC).is_dir() {
            let why = "no chronyd answers and no systemd-timesyncd runs".into();
            return Err(ProbeError::Unsupported { why });
        }
        let synchronized = match fs::metadata(SYNCHRONIZED).and_then(|file| file.modified()) {
            Ok(last) => is_fresh(Timestamp::try_from(last).ok(), turn.now),
            Err(err) if err.kind() == io::ErrorKind::NotFound => false,
            Err(err) => return Err(ProbeError::read(SYNCHRONIZED, err)),
        };
        Ok(Sample {
            completeness: Completeness::Partial,
            missing: "clock_offset: systemd-timesyncd does not say".into(),
            ..self.sample_of(SYNCHRONIZED, synchronized, None)
        })
    }
}

/// Whether a success at `last` still counts. One in the future was before the
/// clock was set back, and counts until it is set again.
fn is_fresh(last: Option<Timestamp>, now: Timestamp) -> bool {
    last.is_some_and(|last| now.duration_since(last) <= FRESH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_success_counts_for_three_of_the_longest_intervals() {
        let now = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(1000);
        for (ago, fresh) in [(0, true), (6144, true), (6145, false), (-60, true)] {
            let last = now - SignedDuration::from_secs(ago);
            assert_eq!(is_fresh(Some(last), now), fresh, "{ago}");
        }
        assert!(!is_fresh(None, now));
    }

    #[test]
    fn a_clock_that_is_not_kept_has_no_offset() {
        let sample = ClockProbe::new().sample_of(CHRONY, false, None);
        let Body::Readings(readings) = sample.body else { panic!("{:?}", sample.body) };
        assert_eq!(readings.len(), 1);
        assert_eq!(
            (readings[0].series.to_string().as_str(), readings[0].value),
            ("clock_synchronized", 0)
        );
    }
}
