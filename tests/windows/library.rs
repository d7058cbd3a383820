//! The agent's own tests, built for Windows: above all those of what only
//! Windows has, which no other machine runs.

use std::fs;

use tests::Site;

use crate::wine::{Machine, built};

/// What Wine's machine has not: borg and restic, and the defaults of Linux.
const NOT_HERE: [&str; 3] = ["of_a_real_repository", "of_the_real_program", "with_its_origin"];

/// What only Windows has, and the tests of which must be among those that ran.
const PROPER: [&str; 5] = [
    "platform::windows::",
    "probe::backup::events::",
    "probe::backup::tasks::",
    "probe::patch::wua::",
    "probe::windows::",
];

#[tokio::test]
async fn the_agents_own_tests_pass_there() {
    let site = Site::start().await;
    let machine = Machine::set_up(&site).await;
    fs::copy(built("remit-agent-tests.exe"), machine.drive("tests.exe")).unwrap();
    let skipped = NOT_HERE.iter().flat_map(|it| ["--skip", it]);
    let words = [r"C:\tests.exe", "--test-threads=2"].into_iter().chain(skipped);
    let ran = machine.wine(words).await;
    assert_eq!(ran.code, Some(0), "{}\n{}", ran.stdout, ran.stderr);
    for module in PROPER {
        let passed = |it: &str| it.starts_with(&format!("test {module}")) && it.ends_with(" ok");
        assert!(ran.stdout.lines().any(passed), "no test of {module} ran: {}", ran.stdout);
    }
}
