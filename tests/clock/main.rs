//! The collector as it ships, by a clock that a test sets.
//!
//! The file named by `REMIT_TEST_CLOCK` holds how many milliseconds the clock is
//! ahead of the machine's, and how many of them have passed: somebody who sets a
//! clock makes no time pass. It is read whenever somebody asks for the time, so
//! that a test lets hours pass by replacing the file. The shipped program has no
//! such setting: nobody can turn its clock but the machine's administrator.

use std::{env, fs, path::PathBuf, process::ExitCode};

use jiff::{SignedDuration, Timestamp};
use remit_runtime::clock::SystemClock;
use remit_shared::{Clock, SteadyClock};

struct FileClock(PathBuf);

impl FileClock {
    /// How far the clock is ahead, and how much of that has passed.
    fn read(&self) -> (SignedDuration, SignedDuration) {
        let text = fs::read_to_string(&self.0).expect("the test keeps the clock's file");
        let (ahead, passed) = text.split_once(' ').expect("the test writes two numbers");
        let length = |it: &str| it.parse().map(SignedDuration::from_millis);
        let lengths = length(ahead).and_then(|ahead| Ok((ahead, length(passed)?)));
        lengths.expect("the test writes milliseconds")
    }
}

impl Clock for FileClock {
    fn now(&self) -> Timestamp {
        SystemClock.now() + self.read().0
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
