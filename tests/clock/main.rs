//! The collector as it ships, by a clock that a test sets.
//!
//! The file named by `REMIT_TEST_CLOCK` holds a word and two numbers. `ahead 60000
//! 0` is a clock that runs a minute ahead of the machine's; `at 1796000000000 0` is
//! one that stands at that millisecond. The second number is how many milliseconds
//! have passed by the test's word: somebody who sets a clock makes no time pass. It
//! is read whenever somebody asks for the time, so that a test lets hours pass by
//! replacing the file. The shipped program has no such setting: nobody can turn its
//! clock but the machine's administrator.

use std::{env, fs, path::PathBuf, process::ExitCode};

use jiff::{SignedDuration, Timestamp};
use remit_runtime::clock::SystemClock;
use remit_shared::{Clock, SteadyClock};

struct FileClock(PathBuf);

impl FileClock {
    /// What it shows, and how much time has passed by the test's word.
    fn read(&self) -> (Timestamp, SignedDuration) {
        let text = fs::read_to_string(&self.0).expect("the test keeps the clock's file");
        let words: Vec<&str> = text.split_whitespace().collect();
        let [how, shows, passed] = words[..] else { panic!("a word and two numbers: {text:?}") };
        let millis = |it: &str| it.parse::<i64>().expect("the test writes milliseconds");
        let now = match how {
            "at" => Timestamp::from_millisecond(millis(shows)).expect("it is a time"),
            _ => SystemClock.now() + SignedDuration::from_millis(millis(shows)),
        };
        (now, SignedDuration::from_millis(millis(passed)))
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
