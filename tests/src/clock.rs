//! A clock that a test sets, for `remit-collector-by-clock`, and the day that
//! tests about hours play on.

use std::{
    fs,
    path::{Path, PathBuf},
};

use jiff::{
    Timestamp,
    civil::{Time, Weekday},
    tz::TimeZone,
};
use remit_runtime::clock::SystemClock;
use remit_shared::Clock as _;

/// A time of day in New York, such as `16:50` or `16:59:59.999`, on the next
/// working day that is a Tuesday.
pub fn tuesday(time: &str) -> Timestamp {
    let zone = TimeZone::get("America/New_York").expect("the zone is known");
    let today = zone.to_datetime(SystemClock.now()).date();
    let tuesday = today.nth_weekday(1, Weekday::Tuesday).expect("there is a next Tuesday");
    let time: Time = time.parse().expect("the test writes a time of day");
    zone.to_timestamp(tuesday.to_datetime(time)).expect("a time that exists")
}

/// What time it is for a collector: a file that says how far its clock is ahead
/// of the machine's (`60000`), or where it stands (`at 1796000000000`).
#[derive(Debug)]
pub(crate) struct SetClock(PathBuf);

impl SetClock {
    /// A clock that is right.
    pub(crate) fn begin(file: PathBuf) -> Self {
        let clock = Self(file);
        clock.set(SystemClock.now());
        clock
    }

    pub(crate) fn file(&self) -> &Path {
        &self.0
    }

    /// Sets the clock; it runs on from there.
    pub(crate) fn set(&self, now: Timestamp) {
        let ahead = now.as_millisecond() - SystemClock.now().as_millisecond();
        self.write(ahead.to_string());
    }

    /// Stops the clock at an instant.
    pub(crate) fn stop(&self, at: Timestamp) {
        self.write(format!("at {}", at.as_millisecond()));
    }

    /// Whoever reads it meanwhile finds the old time or the new.
    fn write(&self, text: String) {
        let beside = self.0.with_extension("next");
        fs::write(&beside, text).expect("the test's folder can be written");
        fs::rename(&beside, &self.0).expect("the test's folder can be written");
    }
}
