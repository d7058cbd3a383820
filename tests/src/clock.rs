//! A clock that a test sets, for `remit-collector-by-clock`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use jiff::{SignedDuration, Timestamp};
use remit_runtime::clock::SystemClock;
use remit_shared::Clock as _;

/// How far a collector's clock is ahead of the machine's, and how much of that has
/// passed, in a file.
#[derive(Debug)]
pub(crate) struct SetClock(PathBuf);

impl SetClock {
    /// A clock that is right.
    pub(crate) fn begin(file: PathBuf) -> Self {
        let clock = Self(file);
        clock.write(0, 0);
        clock
    }

    pub(crate) fn file(&self) -> &Path {
        &self.0
    }

    /// Sets the clock, as somebody does who finds it wrong: no time passes.
    pub(crate) fn set(&self, now: Timestamp) {
        let ahead = now.as_millisecond() - SystemClock.now().as_millisecond();
        self.write(ahead, self.read().1);
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, length: SignedDuration) {
        let (ahead, passed) = self.read();
        let length = i64::try_from(length.as_millis()).expect("tests do not take so long");
        self.write(ahead + length, passed + length);
    }

    /// What it shows.
    pub(crate) fn now(&self) -> Timestamp {
        SystemClock.now() + SignedDuration::from_millis(self.read().0)
    }

    fn read(&self) -> (i64, i64) {
        let text = fs::read_to_string(&self.0).expect("the clock's file was written");
        let (ahead, passed) = text.split_once(' ').expect("two numbers were written");
        (ahead.parse().expect("a number"), passed.parse().expect("a number"))
    }

    /// Whoever reads it meanwhile finds the old time or the new.
    fn write(&self, ahead: i64, passed: i64) {
        let beside = self.0.with_extension("next");
        fs::write(&beside, format!("{ahead} {passed}")).expect("the test's folder can be written");
        fs::rename(&beside, &self.0).expect("the test's folder can be written");
    }
}
