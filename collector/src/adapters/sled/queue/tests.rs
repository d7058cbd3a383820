use tokio::time::sleep;

use super::*;
use crate::ports::store::{Commit, conformance::sample};

/// A queue by a clock that stands still but for those who wait.
fn queue() -> (Outlet, Inbox) {
    let clock = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    channel_by(9, clock)
}

fn report() -> Work {
    Work::Store(Operation::commit(Commit::new(sample::endpoint(1), 0, vec![])))
}

/// One from long ago.
fn backlog() -> Work {
    let commit = Commit::new(sample::endpoint(1), 0, vec![]);
    Work::Store(Operation::commit(Commit { late: true, ..commit }))
}

fn alarm() -> Work {
    Work::Store(Operation::commit(Commit::new(sample::endpoint(2), 0, vec![sample::signal("s")])))
}

/// Leaves work; whoever waits for an answer went away.
fn leave(outlet: &Outlet, inbox: &Inbox, work: Work) {
    let (reply, _) = oneshot::channel();
    inbox.clock.block_on(outlet.send(Request { work, reply })).unwrap();
}

/// How much the next piece holds, and how long it was waited for.
fn next(inbox: &mut Inbox) -> (usize, Duration) {
    let now = |inbox: &Inbox| inbox.clock.block_on(async { Instant::now() });
    let (before, mut requests) = (now(inbox), Vec::new());
    assert!(inbox.next_piece(&mut requests));
    (requests.len(), now(inbox) - before)
}

#[test]
fn reports_share_pieces_at_a_steady_pace() {
    let (outlet, mut inbox) = queue();
    for _ in 0..EARLY {
        leave(&outlet, &inbox, report());
        assert_eq!(next(&mut inbox), (1, Duration::ZERO), "the first wait for nobody");
    }
    for _ in 0..9 {
        leave(&outlet, &inbox, report());
        leave(&outlet, &inbox, report());
        let (count, waited) = next(&mut inbox);
        assert_eq!(count, 2);
        assert!((PACE..PACE * 2).contains(&waited), "{waited:?}");
    }
    inbox.clock.block_on(async { sleep(PACE * 2).await });
    for _ in 0..2 {
        leave(&outlet, &inbox, report());
        assert_eq!(next(&mut inbox), (1, Duration::ZERO), "what was not used is not lost");
    }
}

#[test]
fn what_anybody_waits_for_takes_along_what_is_there() {
    let (outlet, mut inbox) = queue();
    for _ in 0..EARLY {
        leave(&outlet, &inbox, report());
        next(&mut inbox);
    }
    leave(&outlet, &inbox, report());
    leave(&outlet, &inbox, alarm());
    assert_eq!(next(&mut inbox), (2, Duration::ZERO));
}

#[test]
fn a_queue_that_is_full_enough_is_not_waited_for() {
    let clock = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let (outlet, mut inbox) = channel_by(2 * PIECE, clock);
    for _ in 0..2 * EARLY {
        (0..PIECE).for_each(|_| leave(&outlet, &inbox, report()));
        assert_eq!(next(&mut inbox), (PIECE, Duration::ZERO));
    }
}

#[test]
fn after_many_that_could_not_wait_nobody_waits_longer() {
    let (outlet, mut inbox) = queue();
    for _ in 0..1_000 {
        leave(&outlet, &inbox, alarm());
        assert_eq!(next(&mut inbox), (1, Duration::ZERO));
    }
    // The last ring may be one too many, which is an early piece and no harm.
    for _ in 0..3 {
        leave(&outlet, &inbox, report());
        let (count, waited) = next(&mut inbox);
        assert_eq!(count, 1);
        assert!(waited < PACE * 2, "{waited:?}");
    }
}

#[test]
fn what_a_full_piece_has_left_behind_is_not_waited_for() {
    let clock = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let (outlet, mut inbox) = channel_by(2 * PIECE, clock);
    for _ in 0..EARLY {
        leave(&outlet, &inbox, report());
        next(&mut inbox);
    }
    // Whether it can wait is not known: its ring may have gone to the full piece.
    (0..PIECE + 1).for_each(|_| leave(&outlet, &inbox, report()));
    assert_eq!(next(&mut inbox), (PIECE, Duration::ZERO));
    assert_eq!(next(&mut inbox), (1, Duration::ZERO));
}

#[test]
fn however_much_backlog_there_is_an_alarm_is_in_the_next_piece() {
    let clock = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let (outlet, mut inbox) = channel_by(2 * PIECE, clock);
    (0..2 * PIECE).for_each(|_| leave(&outlet, &inbox, backlog()));
    (0..PIECE).for_each(|_| leave(&outlet, &inbox, report()));
    leave(&outlet, &inbox, alarm());
    let mut requests = Vec::new();
    assert!(inbox.next_piece(&mut requests));
    let count = |lane| requests.iter().filter(|it| it.work.lane() == lane).count();
    assert_eq!(requests.len(), PIECE);
    assert_eq!(count(Lane::Urgent), 1);
    assert_eq!(count(Lane::Late), lanes::SHARE, "what is over does not wait for ever");
}

#[test]
fn it_ends_when_nobody_can_ask_any_more() {
    let (outlet, mut inbox) = queue();
    leave(&outlet, &inbox, report());
    drop(outlet);
    assert_eq!(next(&mut inbox).0, 1, "what was left is still taken");
    assert!(!inbox.next_piece(&mut Vec::new()));
}
