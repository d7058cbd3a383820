//! The collector as it ships, by a clock that a test sets.
//!
//! The file named by `REMIT_TEST_CLOCK` holds how many milliseconds the clock is
//! ahead of the machine's, or after an `@` the one millisecond at which it stands;
//! and how many of them have passed: somebody who sets a clock makes no time pass.
//! It is read whenever somebody asks for the time, so that a test lets hours pass
//! by replacing the file. The shipped program has no such setting: nobody can turn
//! its clock but the machine's administrator.

use std::{env, fs, path::PathBuf, process::ExitCode};

use jiff::{SignedDuration, Timestamp};
use remit_runtime::clock::SystemClock;
use remit_shared::{Clock, SteadyClock};

struct FileClock(PathBuf);

impl FileClock {
    /// What it shows, and how much of that has passed.
    fn read(&self) -> (Timestamp, SignedDuration) {
        let text = fs::read_to_string(&self.0).expect("the test keeps the clock's file");
        let (shows, passed) = text.split_once(' ').expect("the test writes two numbers");
        let millis = |text: &str| text.parse().expect("the test writes milliseconds");
        let shows = match shows.strip_prefix('@') {
            Some(stands) => Timestamp::from_millisecond(millis(stands)).expect("it is a time"),
            None => SystemClock.now() + SignedDuration::from_millis(millis(shows)),
        };
        (shows, SignedDuration::from_millis(millis(passed)))
    }
}

impl Clock for FileClock {
    fn now(&self) -> Timestamp {
        self.read().0
    }
}

impl SteadyClock for FileClock {
    fn running(&self) -> SignedDuration {
        SystemClock.running() + self.read().1
    }
}

fn main() -> ExitCode {
    let file = env::var_os("REMIT_TEST_CLOCK").expect("REMIT_TEST_CLOCK names the clock's file");
    remit_runtime::tls::install_provider();
    remit_collector::cli::main(FileClock(file.into()))
}
