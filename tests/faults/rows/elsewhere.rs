//! Faults that tests of the suite try: those tests are run, by name.

use std::process::Stdio;

use tokio::process::Command;

use crate::{fault::Fault, found::Found};

/// The tests of a fault, and what the fault matrix asks for besides.
fn of(fault: Fault) -> (&'static [&'static str], &'static [&'static str]) {
    match fault.name().as_str() {
        "F12" => (
            &["f12_a_slow_and_lossy_link_is_no_reason_to_call_an_agent_offline"],
            &["not for a day: some minutes by a faster clock"],
        ),
        "F13" => (
            &[
                "f13_a_link_that_breaks_again_and_again_is_told_once",
                "f13_a_link_that_is_on_and_off_for_an_hour_is_told_once_and_cleared_once",
            ],
            &[],
        ),
        "F16" => (
            &[
                "f16_f18_a_silent_site_is_one_alert_and_who_stays_away_is_another",
                "f16_a_site_of_five_hundred_is_one_page_within_four_minutes",
            ],
            &["not 500 connections: 20 with the programs, 500 with the core alone"],
        ),
        "F17" => (
            &[
                "f17_when_all_sites_fall_silent_only_the_collector_is_blamed",
                "f17_when_all_sites_drop_only_the_collector_is_blamed",
            ],
            &[],
        ),
        "F18" => (
            &[
                "f16_f18_a_silent_site_is_one_alert_and_who_stays_away_is_another",
                "f18_who_stays_away_after_the_site_is_back_is_told_individually",
            ],
            &[],
        ),
        "F32" => (
            &[
                "every_story_for_the_collector_is_told_to_it",
                "all_laws_hold_in_every_life",
                "a_window_lasts_as_long_when_the_clocks_change",
            ],
            &[],
        ),
        "F34" => (
            &[
                "f34_a_collector_restored_from_an_older_copy_gets_the_days_events_again",
                "f34_acknowledged_events_stay_for_a_day",
                "f34_a_collector_that_was_restored_goes_on_with_the_spool_where_it_was_then",
            ],
            &[],
        ),
        _ => (&[], &["there is neither a trial nor a test of it"]),
    }
}

/// Runs them.
pub(crate) async fn tests(fault: Fault) -> Found {
    let (names, left_out) = of(fault);
    let mut found = Found::of(fault, format!("tests of the suite: {}", names.join(", ")));
    for what in left_out {
        found = found.but_not(*what);
    }
    if names.is_empty() {
        return found;
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut run = Command::new(cargo);
    run.args(["test", "--workspace", "--tests", "--no-fail-fast", "--"]).args(names);
    run.stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let output = run.output().await.expect("cargo can be started");
    let said = String::from_utf8_lossy(&output.stdout);
    let ended = |how: &str| {
        let lines = said.lines().filter(|line| line.starts_with("test ") && line.ends_with(how));
        lines.count() as u64
    };
    found.is("tests passed", ended("... ok"), names.len() as u64).is("failed", ended("FAILED"), 0)
}
