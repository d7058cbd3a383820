//! A clock that a test sets, for `remit-collector-by-clock`, and the day that
//! tests about hours play on.

use std::{
    fs,
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

/// What time it is for a collector, in a file: how far its clock is ahead of the
/// machine's or where it stands, and how much time has passed by the test's word.
#[derive(Debug)]
pub(crate) struct SetClock(PathBuf);

impl SetClock {
    /// A clock that is right.
    pub(crate) fn begin(file: PathBuf) -> Self {
        let clock = Self(file);
        clock.write("ahead", 0, 0);
        clock
    }

    pub(crate) fn file(&self) -> &Path {
        &self.0
    }

    /// Sets the clock, as somebody does who finds it wrong: no time passes. It
    /// runs on from there.
    pub(crate) fn set(&self, now: Timestamp) {
        let ahead = now.as_millisecond() - SystemClock.now().as_millisecond();
        self.write("ahead", ahead, self.read().2);
    }

    /// Stops the clock at an instant.
    pub(crate) fn stop(&self, at: Timestamp) {
        self.write("at", at.as_millisecond(), self.read().2);
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, length: SignedDuration) {
        let (how, shows, passed) = self.read();
        let length = i64::try_from(length.as_millis()).expect("tests do not take so long");
        self.write(&how, shows + length, passed + length);
    }

    /// What it shows.
    pub(crate) fn now(&self) -> Timestamp {
        let (how, shows, _) = self.read();
        match how.as_str() {
            "at" => Timestamp::from_millisecond(shows).expect("it is a time"),
            _ => SystemClock.now() + SignedDuration::from_millis(shows),
        }
    }

    fn read(&self) -> (String, i64, i64) {
        let text = fs::read_to_string(&self.0).expect("the clock's file was written");
        let words: Vec<&str> = text.split_whitespace().collect();
        let [how, shows, passed] = words[..] else { panic!("a word and two numbers: {text:?}") };
        let number = |it: &str| it.parse().expect("a number");
        (how.to_owned(), number(shows), number(passed))
    }

    /// Whoever reads it meanwhile finds the old time or the new.
    fn write(&self, how: &str, shows: i64, passed: i64) {
        let beside = self.0.with_extension("next");
        fs::write(&beside, format!("{how} {shows} {passed}"))
            .expect("the test's folder can be written");
        fs::rename(&beside, &self.0).expect("the test's folder can be written");
    }
}
