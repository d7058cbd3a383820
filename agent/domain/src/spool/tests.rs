use Stream::{Events, Metrics};
use proptest::{collection::vec, prelude::*};

use super::*;

const LIMITS: Limits = Limits { max_bytes: 1000, max_age: SignedDuration::from_hours(1) };

fn at(minute: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minute)
}

fn ledger() -> Ledger {
    Ledger::new(LIMITS, Lane::default(), Lane::default())
}

/// Spools so many blocks of one record of 100 bytes. Gives how many were granted.
fn fill(ledger: &mut Ledger, stream: Stream, count: u64) -> u64 {
    let mut granted = 0;
    for minute in 0..count {
        if ledger.make_room(stream, 100).granted {
            ledger.append(stream, 100, at(minute.try_into().unwrap()));
            ledger.seal(stream);
            granted += 1;
        } else {
            ledger.lose(stream, 1, FULL);
        }
    }
    granted
}

#[test]
fn new_metrics_push_out_old_ones_and_leave_the_events_their_share() {
    let mut ledger = ledger();
    assert_eq!(fill(&mut ledger, Metrics, 20), 20);
    assert_eq!((ledger.bytes(), ledger.lost()), (800, Marks { events: 0, metrics: 12 }));
    let gap = ledger.gap(Metrics, ledger.after(Metrics, 0).unwrap(), 13);
    assert_eq!(gap, Some(Gap { from: 1, through: 12, reason: FULL }), "holes side by side are one");
}

#[test]
fn metrics_stop_at_nine_tenths_and_events_push_them_out() {
    let mut ledger = ledger();
    fill(&mut ledger, Events, 5);
    assert_eq!(fill(&mut ledger, Metrics, 6), 4, "to nine tenths");
    fill(&mut ledger, Events, 3);
    assert_eq!(ledger.lost(), Marks { events: 0, metrics: 4 }, "two refused, two pushed out");
    fill(&mut ledger, Events, 4);
    assert_eq!(ledger.lost(), Marks { events: 2, metrics: 6 }, "then the oldest events");
}

#[test]
fn what_is_too_old_goes_first_come_first_gone() {
    let mut ledger = ledger();
    fill(&mut ledger, Metrics, 4);
    let evicted = ledger.expire(at(62));
    assert_eq!(evicted.iter().map(|it| it.first).collect::<Vec<_>>(), [1, 2]);
    let gap = ledger.gap(Metrics, 1, 3).unwrap();
    assert_eq!((gap.through, gap.reason), (2, "too old"));
}

#[test]
fn a_hole_is_not_declared_before_something_follows_it() {
    let mut ledger = ledger();
    ledger.append(Events, 1, at(0));
    ledger.lose(Events, 3, "no space on disk");
    assert_eq!((ledger.after(Events, 1), ledger.last().events), (None, 1));
    ledger.append(Events, 1, at(0));
    assert_eq!((ledger.after(Events, 1), ledger.last().events), (Some(2), 5));
    let gap = ledger.gap(Events, 2, 5).unwrap();
    assert_eq!((gap.from, gap.through, gap.reason), (2, 4, "no space on disk"));
}

#[test]
fn a_new_epoch_counts_from_one_what_is_not_acknowledged() {
    let mut ledger = ledger();
    fill(&mut ledger, Events, 5);
    ledger.acknowledge(Marks { events: 2, metrics: 0 });
    ledger.renumber(Marks { events: 3, metrics: 9 });
    let place = ledger.after(Events, 0).unwrap();
    assert_eq!((place, ledger.number(Events, place), ledger.last().events), (4, 1, 2));
}

#[test]
fn a_collector_that_forgot_is_offered_what_is_here_and_told_of_the_rest() {
    let mut ledger = ledger();
    fill(&mut ledger, Events, 5);
    fill(&mut ledger, Metrics, 3);
    ledger.acknowledge(Marks { events: 3, metrics: 2 });
    ledger.resume(Marks { events: 1, metrics: 1 });
    assert_eq!(ledger.after(Events, 1), Some(2));
    assert_eq!(ledger.gap(Events, 2, 2), None, "events are still here");
    let gap = ledger.gap(Metrics, 2, 3).unwrap();
    assert_eq!((gap.from, gap.through, gap.reason), (2, 2, FORGOTTEN));
}

#[test]
fn f34_acknowledged_events_stay_for_a_day() {
    let limits = Limits { max_bytes: 10_000, max_age: SignedDuration::from_hours(7 * 24) };
    let mut ledger = Ledger::new(limits, Lane::default(), Lane::default());
    fill(&mut ledger, Events, 3);
    assert_eq!(ledger.acknowledge(Marks { events: 3, metrics: 0 }), []);
    let day = 24 * 60;
    assert_eq!((ledger.expire(at(day)), ledger.spare(), ledger.waiting_bytes()), (vec![], 2, 0));
    // Of minutes 0, 1 and 2; the newest may still be written to.
    let evicted: Vec<u64> = ledger.expire(at(day + 2)).iter().map(|it| it.first).collect();
    assert_eq!((evicted, ledger.spare()), (vec![1, 2], 0));
    assert_eq!(ledger.lost(), Marks::default());
}

#[test]
fn f34_what_the_collector_has_makes_room_first() {
    let mut ledger = ledger();
    fill(&mut ledger, Events, 9);
    ledger.acknowledge(Marks { events: 9, metrics: 0 });
    // Eight of them are in the way, one after the other.
    assert_eq!(fill(&mut ledger, Metrics, 8), 8);
    assert_eq!((ledger.lost(), ledger.spare()), (Marks::default(), 0));
}

#[test]
fn the_oldest_full_block_is_packed_once_metrics_take_half_of_theirs() {
    let mut ledger = ledger();
    fill(&mut ledger, Metrics, 4);
    assert_eq!(ledger.to_pack(), None, "of 875 bytes");
    fill(&mut ledger, Metrics, 1);
    ledger.acknowledge(Marks { events: 0, metrics: 0 });
    assert_eq!(ledger.to_pack().map(|it| it.first), Some(1));
    ledger.packed(1, 30);
    assert_eq!((ledger.bytes(), ledger.to_pack()), (430, None), "there is room again");
    fill(&mut ledger, Metrics, 1);
    assert_eq!(ledger.to_pack().map(|it| it.first), Some(2), "none twice");
    ledger.packed(2, 170);
    assert_eq!(ledger.bytes(), 530, "what would grow stays");
    assert_eq!((ledger.last().metrics, ledger.lost()), (6, Marks::default()));
}

/// Something that happens to a spool.
#[derive(Clone, Debug)]
enum Step {
    Append { stream: Stream, bytes: u64 },
    Pack { tenths: u64 },
    Acknowledge { metrics: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    let stream = prop_oneof![Just(Events), Just(Metrics)];
    prop_oneof![
        4 => (stream, 1_u64..100).prop_map(|(stream, bytes)| Step::Append { stream, bytes }),
        2 => (0_u64..15).prop_map(|tenths| Step::Pack { tenths }),
        1 => (0_u64..40).prop_map(|metrics| Step::Acknowledge { metrics }),
    ]
}

/// All that travels follows from these.
fn numbers(ledger: &Ledger) -> impl PartialEq + std::fmt::Debug + use<> {
    let places = [Events, Metrics].map(|it| (ledger.places(it), ledger.after(it, 0)));
    let blocks = |it: &Lane| it.blocks.iter().map(|it| (it.first, it.last)).collect::<Vec<_>>();
    let blocks = (blocks(&ledger.events), blocks(&ledger.metrics));
    (places, blocks, ledger.last(), ledger.lost(), ledger.events.clone())
}

proptest! {
    #[test]
    fn packing_touches_no_event_and_no_number(steps in vec(step(), 0..200)) {
        let mut ledger = ledger();
        for step in steps {
            match step {
                Step::Append { stream, bytes } => if ledger.make_room(stream, bytes).granted {
                    ledger.append(stream, bytes, at(0));
                    ledger.seal(stream);
                },
                Step::Acknowledge { metrics } => {
                    ledger.acknowledge(Marks { events: 0, metrics });
                }
                Step::Pack { tenths } => if let Some(block) = ledger.to_pack() {
                    let (before, taken) = (numbers(&ledger), ledger.bytes());
                    prop_assert!(block.first > ledger.acked().metrics && !block.packed);
                    ledger.packed(block.first, block.bytes * tenths / 10);
                    prop_assert_eq!(numbers(&ledger), before);
                    prop_assert!(ledger.bytes() <= taken);
                    prop_assert!(ledger.to_pack().is_none_or(|it| it.first > block.first));
                },
            }
        }
    }

    #[test]
    fn the_disk_hears_of_an_acknowledgement_that_is_the_end_of_a_block(
        appended in vec((any::<bool>(), any::<bool>()), 0..12),
        acknowledged in vec((0_u64..8, 0_u64..8), 1..6),
    ) {
        let mut ledger = ledger();
        for (event, seals) in appended {
            let stream = if event { Events } else { Metrics };
            ledger.append(stream, 10, at(0));
            if seals {
                ledger.seal(stream);
            }
        }
        for (events, metrics) in acknowledged {
            let through = Marks { events, metrics };
            let (said, spare) = (ledger.frees(through), ledger.spare());
            let evicted = ledger.acknowledge(through);
            prop_assert_eq!(said, !evicted.is_empty() || ledger.spare() != spare);
        }
    }

    #[test]
    fn the_limit_holds_and_every_place_is_given_once(
        sizes in vec((any::<bool>(), 1_u64..400), 0..200),
    ) {
        let mut ledger = ledger();
        let mut places = Marks::default();
        for (event, bytes) in sizes {
            let stream = if event { Events } else { Metrics };
            let place = ledger.next(stream);
            prop_assert_eq!(place, places.of(stream) + 1);
            places = places.with(stream, place);
            if ledger.make_room(stream, bytes).granted {
                ledger.append(stream, bytes, at(0));
            } else {
                ledger.lose(stream, 1, FULL);
            }
            prop_assert!(ledger.bytes() <= LIMITS.max_bytes);
        }
    }
}
