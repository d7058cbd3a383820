use expect_test::{Expect, expect};
use proptest::{collection::vec, prelude::*};

use super::*;

mod world;

use world::{Op, World};

const POLICY: Policy = Policy {
    backoff: Backoff { base: SignedDuration::from_secs(1), max: SignedDuration::from_mins(5) },
    spread: SignedDuration::from_secs(30),
    refused: SignedDuration::from_mins(5),
    patience: SignedDuration::from_secs(20),
    heartbeat: SignedDuration::from_secs(30),
    window_bytes: 40,
    window_reports: 6,
    backlog: 4,
};

fn at(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
}

fn marks(events: u64, metrics: u64) -> Marks {
    Marks { events, metrics }
}

fn welcome(through: Marks) -> Event {
    let resume_token = b"t".to_vec();
    Event::Welcomed(Welcome {
        through,
        resume_token,
        reset_epoch: false,
        heartbeat: None,
        takes_previews: true,
    })
}

/// Plays events at their seconds to a session over a spool that holds ten of
/// each, with a random number in the middle, and compares what happens.
#[track_caller]
fn check(script: &[(i64, Event)], expect: Expect) {
    let mut session = begin(marks(10, 10), at(0));
    let mut log = String::new();
    for (second, event) in script {
        let (next, effects) = step(&POLICY, session, event.clone(), at(*second), u64::MAX / 2);
        session = next;
        for effect in effects {
            log.push_str(&format!("{second} {effect:?}\n"));
        }
    }
    if let Some(due) = deadline(&session) {
        log.push_str(&format!("next tick at {}\n", due.as_second()));
    }
    expect.assert_eq(&log);
}

#[test]
fn the_token_is_kept_before_anything_is_sent() {
    let session = begin(marks(10, 10), at(0));
    let (session, _) = step(&POLICY, session, Event::Tick, at(0), 0);
    let (session, effects) = step(&POLICY, session, welcome(marks(3, 4)), at(1), 0);
    let keep = Effect::Keep { resume_token: b"t".to_vec(), through: marks(3, 4) };
    assert_eq!((effects, room(&POLICY, &session)), (vec![keep], None));
    let (session, _) = step(&POLICY, session, Event::Kept, at(1), 0);
    assert_eq!(room(&POLICY, &session), Some(marks(3, 4)));
}

#[test]
fn a_backlog_is_overtaken_by_what_was_measured_last_once_per_acknowledgement() {
    let reporting = |welcome| {
        let after = |session, event| step(&POLICY, session, event, at(0), 0).0;
        [Event::Tick, welcome, Event::Kept].into_iter().fold(begin(marks(99, 99), at(0)), after)
    };
    let session = reporting(welcome(marks(10, 10)));
    assert_eq!(ahead(&POLICY, &session, marks(10, 14)), None, "it is through in a moment");
    assert_eq!(ahead(&POLICY, &session, marks(15, 10)), None, "nothing was measured");
    assert_eq!(ahead(&POLICY, &session, marks(14, 11)), Some(10), "it waits behind what happened");
    assert_eq!(ahead(&POLICY, &session, marks(10, 99)), Some(35), "not all is looked through");
    let (session, _) = step(&POLICY, session, Event::Previewed(99), at(0), 0);
    assert_eq!(ahead(&POLICY, &session, marks(10, 100)), None, "the line has not carried it");
    let sent = Event::Sent { stream: Stream::Metrics, number: 11, bytes: 5 };
    let (session, _) = step(&POLICY, session, sent, at(0), 0);
    let (session, _) = step(&POLICY, session, Event::Acknowledged(marks(10, 11)), at(0), 0);
    assert_eq!(ahead(&POLICY, &session, marks(10, 99)), None, "it was told");
    assert_eq!(ahead(&POLICY, &session, marks(10, 100)), Some(99));
    let stop = Event::Stop(Departure::ServiceStop, at(5));
    let (session, _) = step(&POLICY, session, stop, at(0), 0);
    assert_eq!(ahead(&POLICY, &session, marks(10, 100)), None, "who leaves needs no more");
    let Event::Welcomed(it) = welcome(marks(10, 10)) else { unreachable!() };
    let old = reporting(Event::Welcomed(Welcome { takes_previews: false, ..it }));
    assert_eq!(ahead(&POLICY, &old, marks(10, 99)), None, "an old collector knows no previews");
}

#[test]
fn silence_is_broken_by_heartbeats() {
    check(
        &[
            (0, Event::Tick),
            (0, welcome(marks(10, 10))),
            (0, Event::Kept),
            (29, Event::Tick),
            (30, Event::Tick),
            (31, Event::Paced(SignedDuration::from_secs(10))),
            (41, Event::Tick),
        ],
        expect![[r#"
            0 Open
            0 Keep { resume_token: [116], through: Marks { events: 10, metrics: 10 } }
            30 Beat
            41 Beat
            next tick at 51
        "#]],
    );
}

#[test]
fn a_session_that_worked_is_taken_up_again_within_the_spread() {
    check(
        &[
            (0, Event::Tick),
            (0, welcome(marks(10, 10))),
            (0, Event::Kept),
            (100, Event::Lost(Loss::Network)),
            (115, Event::Tick),
            (116, Event::Lost(Loss::Network)),
        ],
        expect![[r#"
            0 Open
            0 Keep { resume_token: [116], through: Marks { events: 10, metrics: 10 } }
            100 Close
            115 Open
            116 Close
            next tick at 116
        "#]],
    );
}

#[test]
fn a_refused_certificate_is_not_shown_again_for_five_minutes() {
    check(
        &[(0, Event::Tick), (1, Event::Lost(Loss::Refused)), (290, Event::Tick)],
        expect![[r#"
            0 Open
            1 Close
            next tick at 315
        "#]],
    );
}

#[test]
fn a_hello_without_an_answer_is_given_up() {
    check(
        &[(0, Event::Tick), (20, Event::Tick)],
        expect![[r#"
            0 Open
            20 Close
            next tick at 20
        "#]],
    );
}

#[test]
fn a_report_without_an_acknowledgement_ends_the_session() {
    let sent = |number| Event::Sent { stream: Stream::Events, number, bytes: 5 };
    check(
        &[
            (0, Event::Tick),
            (0, welcome(marks(8, 10))),
            (0, Event::Kept),
            (1, sent(9)),
            (2, sent(10)),
            (15, Event::Acknowledged(marks(9, 10))),
            (21, Event::Tick),
            (35, Event::Tick),
        ],
        expect![[r#"
            0 Open
            0 Keep { resume_token: [116], through: Marks { events: 8, metrics: 10 } }
            15 Forget(Marks { events: 9, metrics: 10 })
            35 Close
            next tick at 49
        "#]],
    );
}

#[test]
fn a_collector_that_knows_more_than_was_ever_sent_knows_another_spool() {
    check(
        &[(0, Event::Tick), (0, welcome(marks(11, 3))), (1, Event::Renumbered)],
        expect![[r#"
            0 Open
            0 Close
            0 Renumber { applied: Marks { events: 0, metrics: 0 } }
            1 Open
            next tick at 21
        "#]],
    );
}

#[test]
fn a_goodbye_waits_for_the_last_acknowledgement_but_not_for_ever() {
    let stop = Event::Stop(Departure::ServiceStop, at(5));
    let up = [(0, Event::Tick), (0, welcome(marks(9, 10))), (0, Event::Kept)];
    let sent = (1, Event::Sent { stream: Stream::Events, number: 10, bytes: 5 });
    let script = [&up[..], &[sent, (2, stop), (5, Event::Tick)]].concat();
    check(
        &script,
        expect![[r#"
            0 Open
            0 Keep { resume_token: [116], through: Marks { events: 9, metrics: 10 } }
            5 SayGoodbye(ServiceStop)
            5 Close
        "#]],
    );
}

#[test]
fn a_restored_snapshot_gets_a_new_epoch_and_sends_what_it_holds() {
    let mut world = World::default();
    world.produce(Stream::Events, 3);
    world.settle();
    let snapshot = world.disk.clone();
    world.produce(Stream::Events, 4);
    world.break_link();
    world.settle();
    world.disk = snapshot;
    world.kill();
    world.produce(Stream::Events, 2);
    world.settle();
    assert_eq!((world.disk.epoch, world.collector.epoch), (2, 2));
    // The third was the newest, and not yet forgotten, when the snapshot was taken.
    assert_eq!(world.collector.times_applied(Stream::Events), [1, 1, 2, 1, 1, 1, 1, 1, 1]);
}

#[test]
fn a_snapshot_of_the_very_last_session_is_noticed_though_its_token_is_the_newest() {
    let mut world = World::default();
    world.produce(Stream::Events, 1);
    world.settle();
    let snapshot = world.disk.clone();
    world.produce(Stream::Events, 2);
    world.settle();
    world.disk = snapshot;
    world.kill();
    // Offline, over a restart, as many as the collector has: the token fits,
    // and so do the numbers.
    world.produce(Stream::Events, 2);
    world.kill();
    world.settle();
    let applied = world.collector.times_applied(Stream::Events);
    assert_eq!((world.disk.epoch, applied.len()), (2, 5));
}

proptest! {
    #[test]
    fn nothing_is_lost_in_silence_or_applied_twice_over_bad_links(
        ops in vec(Op::any(&[Op::BREAK, Op::DAMAGE, Op::RESET]), 0..80),
    ) {
        let world = World::play(&ops);
        world.check_conservation();
        world.check_once();
    }

    #[test]
    fn nothing_is_lost_in_silence_or_applied_twice_across_kills(
        ops in vec(Op::any(&[Op::BREAK, Op::DAMAGE, Op::KILL]), 0..80),
    ) {
        let world = World::play(&ops);
        world.check_conservation();
        world.check_once();
    }

    /// A reset right after a kill may repeat what was in flight: it does so in
    /// another epoch, where everybody can see it.
    #[test]
    fn nothing_is_lost_in_silence_whatever_happens(
        ops in vec(Op::any(&[Op::BREAK, Op::DAMAGE, Op::KILL, Op::RESET, Op::RESTORE]), 0..80),
    ) {
        World::play(&ops).check_conservation();
    }
}
