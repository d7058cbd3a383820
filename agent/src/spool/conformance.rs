//! The tests that every [`Spool`] passes.

use jiff::{SignedDuration, Timestamp};
use remit_agent_domain::spool::{Limits, Marks};
use remit_shared::{
    Answer, Body, Departure, Entry, Lifecycle, Reading,
    Stream::{self, Events, Metrics},
    Unit,
};

use crate::spool::{Draft, LONGEST, Spool, SpoolError};

const ROOMY: Limits = Limits { max_bytes: 8 << 20, max_age: SignedDuration::from_hours(168) };

/// Opens the same medium again each time it is called.
pub(crate) type Medium<S> = Box<dyn FnMut() -> S>;

/// Runs the suite. `fresh` gives an empty medium each time it is called.
pub(crate) fn check<S: Spool>(fresh: impl Fn(Limits) -> Medium<S>) {
    what_is_appended_is_read_in_order(fresh(ROOMY));
    what_is_forgotten_is_not_read_again(fresh(ROOMY));
    everything_survives_a_restart(fresh(ROOMY));
    a_crash_is_told_from_a_goodbye(fresh(ROOMY));
    a_new_epoch_counts_from_one(fresh(ROOMY));
    what_was_never_sent_is_known_across_restarts(fresh(ROOMY));
    acknowledged_events_stay_for_a_day(fresh(ROOMY));
    earlier_tokens_are_remembered_for_their_epoch(fresh(ROOMY));
    a_welcome_that_knows_less_takes_the_spool_back(fresh(ROOMY));
    a_full_spool_declares_what_it_dropped(fresh(Limits { max_bytes: 32 << 10, ..ROOMY }));
    old_records_are_dropped_and_declared(fresh(ROOMY));
    a_record_no_collector_would_take_is_refused_and_declared(fresh(ROOMY));
    reading_stops_at_the_budget(fresh(ROOMY));
}

/// A draft whose only value is `value`.
pub(crate) fn draft(stream: Stream, value: i64) -> Draft {
    let at = Timestamp::from_second(value * 60).unwrap();
    let body = match stream {
        Metrics => Body::Readings(vec![Reading::new("load", Unit::Milli, value)]),
        Events => Body::Lifecycle(match value % 2 {
            0 => Lifecycle::Stopping(Departure::Shutdown),
            _ => Lifecycle::Started { version: value.to_string(), after_crash: false },
        }),
    };
    Draft { at, stream, answers: vec![Answer::full("p", "s", at, body)] }
}

/// All that waits, as text: `events 1 @7` for number 1 of minute 7,
/// `metrics 2-4 spool full` for a gap.
pub(crate) fn waiting(spool: &mut impl Spool, after: Marks) -> Vec<String> {
    let (mut after, mut lines) = (after, Vec::new());
    loop {
        let found = spool.read(after, 2000).unwrap();
        if found.is_empty() {
            return lines;
        }
        for it in found {
            let (stream, seq) = (it.record.stream, it.record.seq);
            assert!(seq > after.of(stream), "numbers rise");
            after = after.with(stream, seq);
            lines.push(match &it.record.entry {
                Entry::Answers(_) => format!("{stream} {seq} @{}", it.record.at.as_second() / 60),
                Entry::Gap { from, reason } => format!("{stream} {from}-{seq} {reason}"),
            });
        }
    }
}

/// The same, from the beginning of the epoch.
pub(crate) fn all(spool: &mut impl Spool) -> Vec<String> {
    waiting(spool, Marks::default())
}

fn what_is_appended_is_read_in_order<S: Spool>(mut open: Medium<S>) {
    let mut spool = open();
    assert_eq!(all(&mut spool), [""; 0]);
    spool.append(&[draft(Metrics, 1), draft(Events, 2), draft(Metrics, 3)]).unwrap();
    spool.append(&[draft(Metrics, 4)]).unwrap();
    assert_eq!(all(&mut spool), ["events 1 @2", "metrics 1 @1", "metrics 2 @3", "metrics 3 @4"]);
    assert_eq!(spool.state().last, Marks { events: 1, metrics: 3 });
    assert_eq!(spool.state().queued, 4);
}

fn what_is_forgotten_is_not_read_again<S: Spool>(mut open: Medium<S>) {
    let mut spool = open();
    spool.append(&[draft(Metrics, 1), draft(Metrics, 2), draft(Events, 3)]).unwrap();
    spool.forget(Marks { events: 0, metrics: 1 }).unwrap();
    assert_eq!(all(&mut spool), ["events 1 @3", "metrics 2 @2"]);
    spool.forget(Marks { events: 1, metrics: 2 }).unwrap();
    spool.append(&[draft(Events, 4)]).unwrap();
    assert_eq!(all(&mut spool), ["events 2 @4"]);
}

fn everything_survives_a_restart<S: Spool>(mut open: Medium<S>) {
    let mut spool = open();
    spool.append(&[draft(Metrics, 1), draft(Events, 2)]).unwrap();
    spool.keep(b"token", Marks { events: 0, metrics: 1 }).unwrap();
    let epoch = spool.state().epoch;
    drop(spool);
    let mut spool = open();
    spool.append(&[draft(Events, 3), draft(Metrics, 4)]).unwrap();
    assert_eq!(all(&mut spool), ["events 1 @2", "events 2 @3", "metrics 2 @4"]);
    assert_eq!((spool.state().epoch, spool.state().resume_token), (epoch, b"token".to_vec()));
}

fn a_crash_is_told_from_a_goodbye<S: Spool>(mut open: Medium<S>) {
    let mut spool = open();
    assert!(!spool.state().after_crash, "the first start is no crash");
    spool.close().unwrap();
    drop(spool);
    let spool = open();
    assert!(!spool.state().after_crash);
    drop(spool);
    assert!(open().state().after_crash);
}

fn a_new_epoch_counts_from_one<S: Spool>(mut open: Medium<S>) {
    let mut spool = open();
    spool.append(&[draft(Events, 1), draft(Events, 2), draft(Events, 3)]).unwrap();
    spool.forget(Marks { events: 1, metrics: 0 }).unwrap();
    spool.renumber(99, Marks { events: 2, metrics: 0 }).unwrap();
    drop(spool);
    let mut spool = open();
    spool.append(&[draft(Events, 4), draft(Metrics, 5)]).unwrap();
    assert_eq!(all(&mut spool), ["events 1 @3", "events 2 @4", "metrics 1 @5"]);
    assert_eq!((spool.state().epoch, spool.state().resume_token), (99, vec![]));
}

fn what_was_never_sent_is_known_across_restarts<S: Spool>(mut open: Medium<S>) {
    let mut spool = open();
    spool.append(&[draft(Events, 1), draft(Metrics, 2)]).unwrap();
    drop(spool);
    let mut spool = open();
    assert_eq!(spool.state().known, Marks::default(), "there was no session");
    spool.keep(b"t", Marks::default()).unwrap();
    spool.append(&[draft(Events, 3)]).unwrap();
    drop(spool);
    let mut spool = open();
    assert_eq!(spool.state().known, Marks { events: 2, metrics: 1 }, "there was one");
    spool.append(&[draft(Events, 4)]).unwrap();
    drop(spool);
    let mut spool = open();
    assert_eq!(spool.state().known, Marks { events: 2, metrics: 1 }, "none since");
    spool.renumber(9, Marks::default()).unwrap();
    assert_eq!(spool.state().known, Marks::default());
}

fn a_welcome_that_knows_less_takes_the_spool_back<S: Spool>(mut open: Medium<S>) {
    let mut spool = open();
    spool.append(&[draft(Events, 1), draft(Events, 2), draft(Events, 3)]).unwrap();
    spool.forget(Marks { events: 2, metrics: 0 }).unwrap();
    spool.keep(b"t", Marks::default()).unwrap();
    assert_eq!(all(&mut spool), ["events 1 @1", "events 2 @2", "events 3 @3"]);
}

fn acknowledged_events_stay_for_a_day<S: Spool>(mut open: Medium<S>) {
    for minute in [1, 2] {
        let mut spool = open();
        spool.append(&[draft(Events, minute)]).unwrap();
        let through = spool.state().last;
        spool.forget(through).unwrap();
        spool.keep(b"t", through).unwrap();
        assert_eq!((all(&mut spool), spool.state().bytes), (vec![], 0));
    }
    let day = Timestamp::from_second(24 * 3600 + 90).unwrap();
    let mut spool = open();
    spool.append(&[draft(Events, 3)]).unwrap();
    spool.expire(day).unwrap();
    // Restored from a copy that knows of nothing.
    spool.keep(b"older", Marks::default()).unwrap();
    let lines = all(&mut spool);
    assert_eq!(lines.last().map(String::as_str), Some("events 3 @3"), "{lines:?}");
    assert!(lines.contains(&"events 2 @2".to_owned()), "{lines:?}");
}

fn earlier_tokens_are_remembered_for_their_epoch<S: Spool>(mut open: Medium<S>) {
    let mut spool = open();
    for token in [b"1", b"2", b"2", b"3"] {
        spool.keep(token, Marks::default()).unwrap();
        drop(spool);
        spool = open();
    }
    let state = spool.state();
    assert_eq!(
        (state.resume_token, state.earlier),
        (b"3".to_vec(), vec![b"1".to_vec(), b"2".to_vec()])
    );
    spool.renumber(5, Marks::default()).unwrap();
    assert_eq!(spool.state().earlier, [[0; 0]; 0]);
}

fn a_full_spool_declares_what_it_dropped<S: Spool>(mut open: Medium<S>) {
    let mut spool = open();
    for minute in 1..=2000 {
        spool.append(&[draft(Metrics, minute)]).unwrap();
        assert!(spool.state().bytes <= 32 << 10);
    }
    spool.append(&[draft(Events, 2001)]).unwrap();
    let lines = all(&mut spool);
    assert_eq!(
        (lines[0].as_str(), lines[lines.len() - 1].as_str()),
        ("events 1 @2001", "metrics 2000 @2000")
    );
    assert!(
        lines[1].starts_with("metrics 1-") && lines[1].ends_with(" spool full"),
        "{}",
        lines[1]
    );
    assert_eq!(lines.len() as u64, 2002 - spool.state().lost.metrics, "one gap for all of them");
    drop(spool);
    assert_eq!(all(&mut open()).len(), lines.len(), "and the same after a restart");
}

fn old_records_are_dropped_and_declared<S: Spool>(mut open: Medium<S>) {
    let mut spool = open();
    spool.append(&[draft(Metrics, 1)]).unwrap();
    drop(spool);
    let mut spool = open();
    let week = 7 * 24 * 60;
    spool.append(&[draft(Metrics, week)]).unwrap();
    spool.expire(Timestamp::from_second((week + 2) * 60).unwrap()).unwrap();
    assert_eq!(all(&mut spool), ["metrics 1-1 too old".into(), format!("metrics 2 @{week}")]);
}

fn a_record_no_collector_would_take_is_refused_and_declared<S: Spool>(mut open: Medium<S>) {
    let mut spool = open();
    let mut long = draft(Events, 1);
    long.answers[0].missing = "x".repeat(LONGEST);
    let refused = spool.append(&[long]);
    assert!(matches!(refused, Err(SpoolError::TooLong { .. })), "{refused:?}");
    spool.append(&[draft(Events, 2)]).unwrap();
    assert_eq!(all(&mut spool), ["events 1-1 too long", "events 2 @2"]);
}

fn reading_stops_at_the_budget<S: Spool>(mut open: Medium<S>) {
    let mut spool = open();
    let drafts: Vec<_> = (1..50).map(|it| draft(Metrics, it)).collect();
    spool.append(&drafts).unwrap();
    let some = spool.read(Marks::default(), 100).unwrap();
    assert!((1..10).contains(&some.len()), "{}", some.len());
    assert_eq!(spool.read(Marks::default(), 0).unwrap().len(), 1, "one in any case");
}
