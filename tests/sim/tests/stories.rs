//! Every scenario file, told to the pure core; and what a wrong one is told.

use remit_sim::{Story, play, shelf};

/// Reads a story and tells it; says what is wrong, if anything is.
fn tell(file: &str, text: &str) -> Result<(), String> {
    let story = Story::read(file, text).map_err(|err| err.to_string())?;
    play(&story).map(|_| ()).map_err(|err| err.to_string())
}

/// A story of one alert, with lines of the test's own after it.
fn with(lines: &str) -> String {
    format!(
        "title     A test\n\
         matrix    two-teams\n\
         begins    sat 2027-01-16 10:00 America/New_York\n\
         endpoint  db-7\n\
         person    nora of provider-noc at provider\n\
         10:00  raise disk-space db-7 high\n\
         {lines}"
    )
}

#[track_caller]
fn check(lines: &str, expected: &str) {
    let told = tell("test.scn", &with(lines));
    assert_eq!(told.err().as_deref().unwrap_or("all is true"), expected);
}

#[test]
fn every_story_is_true() {
    let mut differences = Vec::new();
    for (file, text) in shelf::stories().expect("the stories can be read") {
        differences.extend(tell(&file, &text).err());
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn at_least_ten_stories_are_for_the_running_collector() {
    let all = shelf::stories().expect("the stories can be read");
    let read = |it: &(String, String)| Story::read(&it.0, &it.1).expect("it reads");
    assert!(all.iter().map(read).filter(|it| it.for_collector).count() >= 10);
}

#[test]
fn what_differs_is_named_by_file_and_line_with_what_happened_instead() {
    check("       told provider-noc assigned\n", "all is true");
    check(
        "       told internal-it assigned\n",
        "test.scn:7: expected told internal-it assigned of disk-space db-7, but sat 10:00 told \
         provider-noc assigned of disk-space db-7 via webhook:provider-noc",
    );
    check(
        "       told provider-noc assigned\n       owner internal-it\n",
        "test.scn:8: expected owner internal-it, but it is provider-noc",
    );
    check(
        "       told provider-noc assigned\n10:05  ack by nora\n       told provider-noc worse\n",
        "test.scn:9: expected told provider-noc worse of disk-space db-7, but nobody was",
    );
    check(
        "       told provider-noc assigned\n       sla response 5m used\n",
        "test.scn:8: expected time used 5m, but it is 0s",
    );
    check(
        "       told provider-noc assigned\n       timeline routed, created\n",
        "test.scn:8: expected created in this order, but it is created, routed, notified",
    );
}

#[test]
fn whoever_is_told_and_not_mentioned_is_a_difference() {
    let escalated = "sat 10:15 told provider-manager escalated of disk-space db-7 via \
                     webhook:provider-manager";
    check(
        "       told provider-noc assigned\n10:20  nobody told\n",
        &format!("test.scn:8: the story does not say: {escalated}"),
    );
    check(
        "       told provider-noc assigned\n10:15  owner provider-noc\n",
        &format!("test.scn:8: the story does not say: {escalated}"),
    );
    check("       told provider-noc assigned\n10:20  never mind\n", "all is true");
    check(
        "       told provider-noc assigned\n10:15  nobody told\n",
        &format!("test.scn:8: expected nobody told, but {escalated}"),
    );
}

#[test]
fn what_is_refused_and_not_mentioned_is_a_difference() {
    let lines = "       told provider-noc assigned\n       unblock by nora\n10:01  nobody told\n";
    let err = tell("test.scn", &with(lines)).unwrap_err();
    assert!(err.starts_with("test.scn:8: it was refused: alert "), "{err}");
    check(&lines.replace("10:01  nobody told", "       refused \"is not blocked\""), "all is true");
}

#[test]
fn an_unknown_word_is_answered_with_the_nearest_that_is_known() {
    for (lines, expected) in [
        ("10:05  acc by nora\n", "`acc` is not a word that stories know: did you mean `ack`?"),
        (
            "       tould provider-noc assigned\n",
            "`tould` is not a word that stories know: did you mean `told`?",
        ),
        (
            "       told provider-noc asigned\n",
            "`asigned` is not what a message is about: did you mean `assigned`?",
        ),
        ("10:05  resolve disk-space db-7 bye nora\n", "`bye` stands where `by` must"),
        (
            "10:05  ack by nora for 3 weeks\n",
            "`3` is not a length of time: write it like `15m`, `1h30m` or `2d`, a year at most",
        ),
        ("10:05  resolve by nora twice\n", "`twice` is one word too many"),
        ("25:00  resolve by nora\n", "a line begins with a time, or with spaces"),
        ("10:05  note by nora \"so\n", "a quote is not closed"),
    ] {
        let err = tell("test.scn", &with(lines)).unwrap_err();
        assert_eq!(err, format!("test.scn:7: {expected}"));
    }
    let head = Story::read("test.scn", "titel  A test\n").unwrap_err().to_string();
    assert_eq!(
        head,
        "test.scn:1: `titel` is not anything that a story begins with: did you mean `title`?"
    );
    let nobody = tell("test.scn", &with("       told provider-noc assigned\n10:05  ack by nona\n"))
        .unwrap_err();
    assert!(nobody.ends_with("the story has no person `nona`: it has nora"), "{nobody}");
}
