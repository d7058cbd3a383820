//! A clock that a test sets, for `remit-collector-by-clock`, and the day that
//! tests about hours play on.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

use jiff::{
    SignedDuration, Timestamp,
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

/// What a collector's clock shows, and how much of that has passed, in a file.
#[derive(Debug)]
pub(crate) struct SetClock(PathBuf);

/// What a clock shows, in milliseconds.
#[derive(Clone, Copy)]
enum Shows {
    /// The machine's time and so much more.
    Ahead(i64),
    /// Always the same.
    Stands(i64),
}

impl SetClock {
    /// A clock that is right.
    pub(crate) fn begin(file: PathBuf) -> Self {
        let clock = Self(file);
        clock.write(Shows::Ahead(0), 0);
        clock
    }

    pub(crate) fn file(&self) -> &Path {
        &self.0
    }

    /// Sets the clock, as somebody does who finds it wrong: no time passes. It
    /// runs on from there.
    pub(crate) fn set(&self, now: Timestamp) {
        let ahead = now.as_millisecond() - SystemClock.now().as_millisecond();
        self.write(Shows::Ahead(ahead), self.read().1);
    }

    /// Sets the clock and stops it.
    pub(crate) fn stop(&self, at: Timestamp) {
        self.write(Shows::Stands(at.as_millisecond()), self.read().1);
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, length: SignedDuration) {
        let (shows, passed) = self.read();
        let length = i64::try_from(length.as_millis()).expect("tests do not take so long");
        let shows = match shows {
            Shows::Ahead(ahead) => Shows::Ahead(ahead + length),
            Shows::Stands(at) => Shows::Stands(at + length),
        };
        self.write(shows, passed + length);
    }

    /// What it shows.
    pub(crate) fn now(&self) -> Timestamp {
        match self.read().0 {
            Shows::Ahead(ahead) => SystemClock.now() + SignedDuration::from_millis(ahead),
            Shows::Stands(at) => Timestamp::from_millisecond(at).expect("it was a time"),
        }
    }

    fn read(&self) -> (Shows, i64) {
        let text = fs::read_to_string(&self.0).expect("the clock's file was written");
        let (shows, passed) = text.split_once(' ').expect("two numbers were written");
        let number = |text: &str| text.parse().expect("a number");
        let shows = match shows.strip_prefix('@') {
            Some(at) => Shows::Stands(number(at)),
            None => Shows::Ahead(number(shows)),
        };
        (shows, number(passed))
    }

    /// Whoever reads it meanwhile finds the old time or the new.
    fn write(&self, shows: Shows, passed: i64) {
        let beside = self.0.with_extension("next");
        fs::write(&beside, format!("{shows} {passed}")).expect("the test's folder can be written");
        fs::rename(&beside, &self.0).expect("the test's folder can be written");
    }
}

impl fmt::Display for Shows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ahead(ahead) => write!(f, "{ahead}"),
            Self::Stands(at) => write!(f, "@{at}"),
        }
    }
}
