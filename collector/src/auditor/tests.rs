use std::sync::atomic::{AtomicUsize, Ordering};

use remit_collector_domain::{effect::Effect, enroll::Token, letter::Matter};

use super::*;
use crate::{
    adapters::memory::MemoryStore,
    ports::{
        notifier::SendError,
        store::{Commit, conformance::sample},
    },
};

/// In minutes.
const DAY: i64 = 24 * 60;

struct FixedClock(Timestamp);

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}

#[derive(Default)]
struct Held(Arc<AtomicUsize>);

impl Switch for Held {
    async fn hold(&self) -> Result<(), SendError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

fn auditor(now: Timestamp) -> Auditor<MemoryStore, FixedClock, Held> {
    Auditor {
        store: Arc::default(),
        clock: Arc::new(FixedClock(now)),
        switch: None,
        found: watch::Sender::default(),
    }
}

fn reached(awake: Timestamp) -> Reached {
    Reached { awake, alert: None, trail: Trail::default() }
}

async fn owe(auditor: &Auditor<MemoryStore, FixedClock, Held>, revision: u64, effect: Effect) {
    let commit: Commit<Token> = Commit::new(sample::token(1), revision, vec![effect]);
    auditor.store.commit(commit).await.unwrap();
}

#[tokio::test]
async fn what_was_not_performed_for_long_is_found() {
    let auditor = auditor(sample::minute(2 * DAY));
    let mut reached = reached(sample::minute(0));
    assert_eq!(auditor.round(&mut reached).await.unwrap(), []);
    owe(&auditor, 0, sample::letter(Matter::Unreached(sample::alert_id(1)))).await;
    let found = auditor.round(&mut reached).await.unwrap();
    let [it] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(it.invariant, Invariant::Effect);
    assert!(!auditor.look(&mut reached).await);
    assert_eq!(auditor.found.borrow().len(), 1, "whoever raises alerts hears of it");
}

#[tokio::test]
async fn the_trail_is_followed_as_it_grows() {
    let auditor = auditor(sample::minute(10));
    let mut reached = reached(sample::minute(9));
    for round in 0..3 {
        owe(&auditor, round, sample::deed("token.create", 9)).await;
        assert_eq!(auditor.round(&mut reached).await.unwrap(), []);
    }
}

#[tokio::test(start_paused = true)]
async fn the_switch_is_held_only_while_all_is_well() {
    let auditor = auditor(sample::minute(2 * DAY));
    let held = Arc::new(AtomicUsize::new(0));
    let (store, stop) = (Arc::clone(&auditor.store), CancellationToken::new());
    let every = Duration::from_secs(30);
    let auditor = Auditor { switch: Some((Held(Arc::clone(&held)), every)), ..auditor };
    let heard = auditor.found.subscribe();
    let running = auditor.run(stop.clone());
    let script = async {
        time::sleep(Duration::from_secs(95)).await;
        assert_eq!(held.load(Ordering::Relaxed), 4, "at once, and every 30 s");
        // Owed before anybody was there: that may wait.
        let owes = vec![sample::letter(Matter::Unreached(sample::alert_id(1)))];
        store.commit(Commit::new(sample::token(1), 0, owes)).await.unwrap();
        time::sleep(Duration::from_secs(60)).await;
        assert_eq!(held.load(Ordering::Relaxed), 6);
        assert!(heard.borrow().is_empty());
        stop.cancel();
    };
    tokio::join!(running, script);
}
