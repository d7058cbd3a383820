//! Which spool is it, and where does it go on?

use super::*;

/// An endpoint whose agent has been given two tokens and sent one event.
fn settled() -> (Stage, Option<[u8; 16]>) {
    let mut stage = Stage::default();
    assert!(!stage.greets(1, None, (0, 0), 0));
    let old = stage.token();
    assert!(!stage.greets(1, old, (0, 0), 10));
    stage.says(1, 11, services(&[]));
    (stage, old)
}

#[test]
fn the_first_session_adopts_the_spool() {
    let mut stage = Stage::default();
    assert!(!stage.greets(7, None, (3, 5), 0));
    let pulse = &stage.endpoint.pulse;
    assert_eq!((pulse.epoch, pulse.events, pulse.metrics), (Some(7), 0, 0));
    assert_eq!(pulse.presence, Presence::Online);
    assert_eq!(stage.told(), [""; 0]);
}

#[test]
fn a_session_is_resumed_where_it_was() {
    let (mut stage, _) = settled();
    assert!(!stage.greets(1, stage.token(), (4, 2), 20));
    assert_eq!(stage.endpoint.pulse.events, 1);
    assert_eq!(stage.told(), [""; 0]);
}

#[test]
fn a_welcome_that_was_lost_is_given_again() {
    // The very first: the agent has no token yet.
    let mut stage = Stage::default();
    assert!(!stage.greets(1, None, (2, 0), 0));
    assert!(!stage.greets(1, None, (2, 0), 10));
    stage.says(1, 21, services(&[]));

    // A later one, twice: the agent shows the one before.
    let kept = stage.token();
    assert!(!stage.greets(1, kept, (2, 0), 30));
    assert!(!stage.greets(1, kept, (2, 0), 40));
    assert!(!stage.greets(1, kept, (2, 0), 50));
    stage.says(2, 51, services(&[]));
    assert_eq!(stage.told(), [""; 0]);

    // Once something was applied, the agent has stored the newer one.
    assert!(stage.greets(1, kept, (2, 0), 60));
}

#[test]
fn f22_a_restored_snapshot_shows_a_token_that_was_spent() {
    let (mut stage, old) = settled();
    assert!(stage.greets(1, old, (1, 0), 20));
    assert_eq!(
        stage.told(),
        ["spool-reset high: the agent's spool is a copy or an older state of itself"]
    );
    // It numbers what it holds anew, and nothing of that is taken for known.
    assert!(!stage.greets(2, old, (1, 0), 30));
    assert_eq!(stage.says(1, 31, services(&[])), Verdict::Applied);
}

#[test]
fn f22_a_snapshot_with_the_right_token_and_too_few_records_is_found_out() {
    let (mut stage, _) = settled();
    stage.says(2, 12, services(&[]));
    assert!(stage.greets(1, stage.token(), (1, 0), 20));
}

#[test]
fn f22_of_two_copies_of_a_disk_one_must_start_over() {
    let (mut stage, _) = settled();
    let both = stage.token();
    assert!(!stage.greets(1, both, (1, 0), 20), "the first to come goes on");
    stage.says(2, 21, services(&[]));
    assert!(stage.greets(1, both, (2, 0), 30), "its twin does not");
    assert_eq!(stage.told().len(), 1);
}

#[test]
fn f34_a_collector_that_was_restored_goes_on_with_the_spool_where_it_was_then() {
    let (mut stage, _) = settled();
    let copy = stage.endpoint.clone();
    for seq in [2, 3] {
        assert!(!stage.greets(1, stage.token(), (seq, 0), 20));
        stage.says(seq, 21, services(&[]));
    }
    stage.endpoint = copy;
    stage.earlier = [1, 2, 3].map(|it| [it; 16]).into();
    assert!(!stage.greets(1, Some([4; 16]), (3, 0), 40), "its agent knows the token");
    assert_eq!(stage.endpoint.pulse.events, 1, "and is asked for what is missing");
    assert_eq!(stage.says(2, 41, services(&[])), Verdict::Applied);
    assert_eq!(stage.told(), [""; 0]);
    // A copied disk has not been given what came later, so it is found out.
    stage.earlier = vec![[1; 16]];
    assert!(stage.greets(1, Some([2; 16]), (9, 0), 50));
}

#[test]
fn a_new_spool_counts_from_one_and_the_old_one_is_retired() {
    let (mut stage, _) = settled();
    assert!(!stage.greets(2, None, (1, 0), 20));
    let pulse = &stage.endpoint.pulse;
    assert_eq!((pulse.epoch, pulse.events, &*pulse.retired), (Some(2), 0, &[1][..]));
    stage.says(1, 21, services(&[]));
    assert!(stage.greets(1, stage.token(), (9, 9), 30), "a retired epoch never comes back");
    assert_eq!(stage.endpoint.pulse.epoch, Some(2));
}

#[test]
fn a_machine_that_was_renamed_keeps_its_identity() {
    let (stage, _) = settled();
    let mut host = stage.endpoint.registration.host.clone();
    host.hostname = "db-8".into();
    let greeting = Greeting {
        host,
        now: stage::at(20),
        epoch: 1,
        resume: stage.token(),
        earlier: vec![],
        last_events: 1,
        last_metrics: 0,
    };
    let id = stage.endpoint.id();
    let opened =
        open_session(&stage.endpoint, &greeting, [9; 16], &stage::arrival(20), &stage.rules);
    assert_eq!(opened.endpoint.registration.host.hostname, "db-8");
    assert_eq!(opened.endpoint.id(), id);
}

#[test]
fn a_clock_that_is_wrong_is_told_at_hello_and_cleared_at_the_next() {
    let mut stage = Stage::default();
    stage.ahead = 61;
    stage.greets(1, None, (0, 0), 0);
    stage.greets(1, stage.token(), (0, 0), 10);
    stage.ahead = -86_400;
    stage.greets(1, stage.token(), (0, 0), 20);
    stage.ahead = 1;
    stage.greets(1, stage.token(), (0, 0), 30);
    assert_eq!(
        stage.told(),
        [
            "clock-wrong medium: the clock is 1 min ahead of the collector's",
            "clock-wrong high: the clock is 24 h behind the collector's",
            "clock-wrong over: the clock agrees with the collector's again",
        ]
    );
}
