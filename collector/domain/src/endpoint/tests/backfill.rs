//! What comes late, or with the wrong time on it.

use remit_shared::{RunResult, Team};

use super::*;
use crate::{
    endpoint::tests::stage::{at, run},
    group::{self, Groups, Key},
    people::Target,
    tuning::{Recording, episodes},
};

const HOUR: i64 = 3600;

#[test]
fn e17_agent_clock_plus1d() {
    let mut stage = Stage::default();
    stage.ahead = 86_400;
    stage.greets(1, None, (0, 0), 0);
    stage.told();
    stage.gives(1, 10, disk(10 + 86_400, &[("/", 700)]));
    assert_eq!(stage.endpoint.value("disk_used", "/"), Some((700, at(10))));
    // What its clock says even of the future is now.
    stage.gives(2, 20, disk(20 + 10 * 86_400, &[("/", 701)]));
    assert_eq!(stage.endpoint.value("disk_used", "/"), Some((701, at(20))));
    // So a condition counts from when we heard of it, and what was promised too.
    for seq in 3..10 {
        let second = 20 + seq as i64 * 10;
        stage.gives(seq, second, disk(second + 86_400, &[("/", 990)]));
    }
    let state = stage.endpoint.checks.get("disk-space", "/").unwrap();
    assert_eq!((state.level, state.since), (Level::Crit, at(110)));
    // A backup's own times are of the same clock.
    stage.said(1, 30, run(1, 25 + 86_400, RunResult::Success));
    assert_eq!(stage.endpoint.facts.jobs["nightly"].last_success_at, Some(at(25)));
}

#[test]
fn f21_a_dead_clock_battery_moves_nothing_before_the_enrollment() {
    let mut stage = Stage::default();
    stage.greets(1, None, (0, 0), 0);
    let mut answer = disk(0, &[("/", 700)]);
    answer.observed_at = Timestamp::UNIX_EPOCH;
    stage.gives(1, 10, answer);
    let enrolled = stage.endpoint.registration.enrolled_at;
    assert_eq!(stage.endpoint.value("disk_used", "/"), Some((700, enrolled)));
    for extreme in [Timestamp::MIN, Timestamp::MAX] {
        let seq = stage.endpoint.pulse.metrics + 1;
        let mut answer = disk(0, &[("/", 700)]);
        answer.observed_at = extreme;
        assert_eq!(stage.gives(seq, 20, answer), Verdict::Applied);
    }
}

/// A disk that is full from 02:00 to 03:00, told at 06:00.
fn an_outage(stage: &mut Stage) -> u64 {
    let samples = 5 * HOUR / 60;
    stage.greets(1, None, (0, samples as u64), 6 * HOUR);
    for sample in 0..samples {
        let second = HOUR + sample * 60;
        let full = (2 * HOUR..3 * HOUR).contains(&second);
        let value = if full { 990 } else { 500 };
        stage.gives(sample as u64 + 1, 6 * HOUR, disk(second, &[("/", value)]));
        // Whoever looks in between sees the past, not the present.
        stage.waits(6 * HOUR);
    }
    samples as u64
}

/// How the one series changed.
fn changes(stage: &Stage) -> Vec<(Timestamp, Option<i64>)> {
    let changed = stage.frames.iter().filter_map(|it| Some((it.at, it.changed.first()?.1)));
    changed.collect()
}

/// What history keeps of the one series, as tuning plays it back.
fn recording(stage: &Stage) -> Recording {
    let values = changes(stage);
    Recording {
        endpoint: stage.endpoint.id(),
        series: stage.endpoint.layout.series[0].1.clone(),
        every: SignedDuration::from_secs(60),
        values,
        until: at(6 * HOUR),
    }
}

#[test]
fn e18_backfill_cleared() {
    let mut stage = Stage::default();
    an_outage(&mut stage);
    // No page.
    assert_eq!(stage.told(), [""; 0]);
    assert_eq!(stage.endpoint.checks.level("disk-space", "/"), Level::Ok);
    assert_eq!(stage.endpoint.pulse.backfill, None, "all of it is applied");
    assert_eq!(stage.caught_up, [], "it had never been heard before");
    // History at the times when it was true.
    let changes = changes(&stage);
    let expected = [(at(HOUR), Some(500)), (at(2 * HOUR), Some(990)), (at(3 * HOUR), Some(500))];
    assert_eq!(changes, expected);
    // One digest.
    let found = episodes(&recording(&stage), &stage.rules, "disk-space");
    let item = group::backlog(stage.endpoint.id(), "db-7", &found).unwrap();
    let team = Team::new("noc").unwrap();
    let key = Key {
        tenant: stage.endpoint.registration.tenant.clone(),
        to: Target::Team(team.clone()),
        channel: "email:noc@example.org".into(),
        owner: team,
        site: stage.endpoint.registration.site.clone(),
        class: group::BACKLOG.into(),
    };
    let mut groups = Groups::default();
    groups.offer(key, item, at(6 * HOUR));
    let digests = groups.due(at(7 * HOUR));
    assert_eq!((digests.len(), groups.deadline()), (1, None));
    assert_eq!(
        digests[0].subject(),
        "[BACKLOG] db-7: bad while nobody could be told, and over: disk space in use on /: \
         99.0 % (limit 95.0 %), Mon 2026-03-02 02:01 UTC for 1 h (acme)"
    );
}

#[test]
fn a_backlog_is_owed_once_for_all_of_the_silence() {
    let mut stage = Stage::default();
    stage.greets(1, None, (0, 0), HOUR);
    stage.gives(1, HOUR, disk(HOUR, &[("/", 500)]));
    // A link that breaks while the backlog is on its way.
    stage.greets(1, stage.token(), (0, 3), 6 * HOUR);
    stage.gives(2, 6 * HOUR, disk(2 * HOUR, &[("/", 990)]));
    stage.greets(1, stage.token(), (0, 4), 6 * HOUR + 60);
    stage.gives(3, 6 * HOUR + 60, disk(3 * HOUR, &[("/", 500)]));
    assert_eq!(stage.caught_up, []);
    stage.gives(4, 6 * HOUR + 60, disk(6 * HOUR, &[("/", 500)]));
    let backlog = Backlog { from: at(HOUR), until: at(6 * HOUR + 60) };
    assert_eq!(stage.caught_up, [backlog]);
    // A moment's silence is nothing to speak of.
    stage.greets(1, stage.token(), (0, 5), 6 * HOUR + 120);
    stage.gives(5, 6 * HOUR + 120, disk(6 * HOUR + 120, &[("/", 500)]));
    assert_eq!(stage.caught_up, [backlog]);
}

#[test]
fn what_is_still_bad_when_the_backlog_ends_is_told_once() {
    let mut stage = Stage::default();
    stage.greets(1, None, (0, 3), 6 * HOUR);
    for (seq, second) in [(1, HOUR), (2, 2 * HOUR), (3, 3 * HOUR)] {
        assert_eq!(stage.told(), [""; 0]);
        stage.gives(seq, 6 * HOUR, disk(second, &[("/", 990)]));
    }
    stage.waits(6 * HOUR + 5);
    stage.gives(4, 6 * HOUR + 10, disk(6 * HOUR + 10, &[("/", 990)]));
    assert_eq!(stage.told(), ["disk-space high: disk space in use on /: 99.0 % (limit 95.0 %)"]);
}

#[test]
fn a_backlog_that_breaks_off_is_not_waited_for() {
    let mut stage = Stage::default();
    stage.greets(1, None, (0, 9), 6 * HOUR);
    for (seq, second) in [(1, HOUR), (2, 2 * HOUR)] {
        stage.gives(seq, 6 * HOUR, disk(second, &[("/", 990)]));
    }
    stage.waits(6 * HOUR + 60);
    assert_eq!(stage.told(), [""; 0]);
    stage.waits(13 * HOUR);
    assert_eq!(stage.told().len(), 1);
}

#[test]
fn e19_backfill_backup_fail_is_told_as_delayed_each_time() {
    let mut stage = Stage::default();
    stage.greets(1, None, (2, 0), 6 * HOUR);
    stage.said(1, 6 * HOUR, run(1, 2 * HOUR, RunResult::Failed));
    stage.said(2, 6 * HOUR, run(2, 3 * HOUR, RunResult::Failed));
    let late = "backup-failed high (delayed): backup `nightly` failed: exit 1";
    assert_eq!(stage.told(), [late, late]);
    stage.said(3, 7 * HOUR, run(3, 7 * HOUR, RunResult::Success));
    assert_eq!(stage.told(), ["backup-failed over: backup `nightly` has succeeded"]);
}

#[test]
fn a_failure_that_was_made_up_for_meanwhile_is_told_and_then_cleared() {
    let mut stage = Stage::default();
    stage.greets(1, None, (2, 0), 6 * HOUR);
    stage.said(1, 6 * HOUR, run(1, 2 * HOUR, RunResult::Failed));
    stage.said(2, 6 * HOUR, run(2, 3 * HOUR, RunResult::Success));
    stage.waits(6 * HOUR + 5);
    assert_eq!(
        stage.told(),
        [
            "backup-failed high (delayed): backup `nightly` failed: exit 1",
            "backup-failed over: backup `nightly` has succeeded",
        ]
    );
}
