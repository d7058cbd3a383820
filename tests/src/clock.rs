//! A clock that a test sets, for `remit-collector-by-clock`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use remit_runtime::clock::SystemClock;
use remit_shared::Clock as _;

/// How far a collector's clock is ahead of the machine's, in a file.
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

    /// Sets the clock. Whoever reads it meanwhile finds the old time or the new.
    pub(crate) fn set(&self, now: Timestamp) {
        let ahead = now.as_millisecond() - SystemClock.now().as_millisecond();
        let beside = self.0.with_extension("next");
        fs::write(&beside, ahead.to_string()).expect("the test's folder can be written");
        fs::rename(&beside, &self.0).expect("the test's folder can be written");
    }
}
