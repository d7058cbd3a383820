//! The collector as it ships, by a clock that a test sets.
//!
//! The file named by `REMIT_TEST_CLOCK` holds how many milliseconds the clock is
//! ahead of the machine's, or after `at ` the one millisecond at which it stands.
//! It is read whenever somebody asks for the time, so that a test lets hours pass
//! by replacing the file. The shipped program has no such setting: nobody can turn
//! its clock but the machine's administrator.

use std::{env, fs, path::PathBuf, process::ExitCode};

use jiff::{SignedDuration, Timestamp};
use remit_runtime::clock::SystemClock;
use remit_shared::Clock;

struct FileClock(PathBuf);

impl Clock for FileClock {
    fn now(&self) -> Timestamp {
        let text = fs::read_to_string(&self.0).expect("the test keeps the clock's file");
        let millis = |text: &str| text.trim().parse().expect("the test writes milliseconds");
        match text.strip_prefix("at ") {
            Some(stands) => Timestamp::from_millisecond(millis(stands)).expect("it is a time"),
            None => SystemClock.now() + SignedDuration::from_millis(millis(&text)),
        }
    }
}

fn main() -> ExitCode {
    let file = env::var_os("REMIT_TEST_CLOCK").expect("REMIT_TEST_CLOCK names the clock's file");
    remit_runtime::tls::install_provider();
    remit_collector::cli::main(FileClock(file.into()))
}
