//! The tests that every [`Store`] passes.
//!
//! [`check`] asks for the contract of [the port](crate::ports::store);
//! [`check_durable`] for what a store must still know after it was opened
//! anew.

mod durable;
mod effects;
mod history;
pub mod sample;
mod summed;
mod trail;

use std::{fmt::Debug, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use remit_collector_domain::{
    alert::Alert,
    change::Change,
    contact::Contact,
    daybook::Day,
    effect::{Effect, EffectKey},
    endpoint::Endpoint,
    enroll::Token,
    known_issue::KnownIssue,
    matrix_version::Published,
    operator::Operator,
    shift::Shift,
    source::Source,
    window::Window,
};
use tokio::task::JoinSet;

pub use self::durable::check_durable;
use crate::ports::store::{Commit, Horizon, Kind, Record, Store, StoreError, Stored};

/// How many tasks commit at the same time.
const RIVALS: u64 = 16;

/// Runs the suite. `fresh` gives an empty store each time it is called.
///
/// # Panics
///
/// If the store breaks its contract.
pub async fn check<S: Store>(fresh: impl AsyncFn() -> S) {
    every_kind_is_kept(&fresh().await).await;
    a_commit_replaces_what_was_loaded(&fresh().await).await;
    one_rival_wins_each_revision(fresh().await).await;
    alerts_are_found(&fresh().await).await;
    endpoints_are_found_by_their_names(&fresh().await).await;
    effects::are_owed_in_order_until_settled(&fresh().await).await;
    effects::are_settled_by_the_commit_that_performs_them(&fresh().await).await;
    effects::are_published_with_their_commit(&fresh().await).await;
    trail::is_a_chain(&fresh().await).await;
    trail::is_forgotten_from_its_beginning(&fresh().await).await;
    history::is_read_from_anywhere(&fresh().await).await;
    history::of_a_long_time_is_read_in_order(&fresh().await).await;
    summed::lasts_by_the_hour(&fresh().await).await;
    summed::is_known_by_the_minute_while_it_is_new(&fresh().await).await;
    summed::what_comes_late_is_added(&fresh().await).await;
    the_old_is_forgotten(&fresh().await).await;
    listening_time_is_kept(&fresh().await).await;
}

async fn every_kind_is_kept<S: Store>(store: &S) {
    is_kept(store, sample::endpoint(2), sample::endpoint(1)).await;
    let of = sample::endpoint_id(1);
    is_kept(store, sample::alert(2, of, "/", 0), sample::alert(1, of, "/", 0)).await;
    is_kept(store, sample::token(2), sample::token(1)).await;
    is_kept(store, sample::operator(2), sample::operator(1)).await;
    is_kept(store, sample::matrix(2), sample::matrix(1)).await;
    is_kept(store, sample::change(2), sample::change(1)).await;
    is_kept(store, sample::known_issue(2), sample::known_issue(1)).await;
    is_kept(store, sample::shift(2), sample::shift(1)).await;
    is_kept(store, sample::source(2), sample::source(1)).await;
    is_kept(store, sample::window(2), sample::window(1)).await;
    is_kept(store, sample::contact(2), sample::contact(1)).await;
    assert_eq!(all::<Endpoint, S>(store).await.len(), 2, "kinds do not mix");
}

async fn is_kept<R: Record + Debug, S: Store>(store: &S, second: R, first: R) {
    assert!(load::<R, S>(store, &first).await.is_none(), "an unknown record is none");
    assert!(all::<R, S>(store).await.is_empty(), "there is no record before the first");
    commit(store, second.clone(), 0, vec![]).await;
    commit(store, first.clone(), 0, vec![]).await;
    let stored = load(store, &first).await.expect("a committed record is known");
    assert_eq!(stored.revision, 1, "revisions count from 1");
    assert_eq!(*stored.record, first, "a record is read as it was committed");
    let all: Vec<R> = all(store).await.into_iter().map(|it| R::clone(&it.record)).collect();
    assert_eq!(all, [first, second], "all records come in the order of their keys");
}

async fn a_commit_replaces_what_was_loaded<S: Store>(store: &S) {
    let mut token = sample::token(1);
    assert_conflict(store, &token, 1, "a record that does not exist cannot be replaced").await;
    assert_eq!(commit(store, token.clone(), 0, vec![]).await, 1);
    assert_conflict(store, &token, 0, "a record that exists cannot be made again").await;
    token.max_uses = 7;
    assert_eq!(commit(store, token.clone(), 1, vec![]).await, 2, "revisions count up");
    assert_conflict(store, &sample::token(1), 1, "what was loaded too early is refused").await;
    let stored = load(store, &token).await.expect("the token exists");
    assert_eq!(stored.revision, 2, "a refused commit changes no revision");
    assert_eq!(*stored.record, token, "a refused commit changes no record");
    let owed = store.owed(0, 10).await.expect("owed");
    assert!(owed.is_empty(), "a refused commit owes nothing, got {owed:?}");
}

async fn assert_conflict<S: Store>(store: &S, token: &Token, expected: u64, why: &str) {
    let effects = vec![sample::deed("token.create", 0)];
    let refused = store.commit(Commit::new(token.clone(), expected, effects)).await;
    let Err(StoreError::Conflict { record, expected: told }) = refused else {
        panic!("{why}, got {refused:?}");
    };
    assert_eq!(record, Token::record_key(&token.id), "a conflict names the record");
    assert_eq!(told, expected, "a conflict names the revision that was expected");
}

async fn one_rival_wins_each_revision<S: Store>(store: S) {
    let store = Arc::new(store);
    commit(&*store, sample::token(1), 0, vec![]).await;
    let mut rivals = JoinSet::new();
    for rival in 0..RIVALS {
        let store = Arc::clone(&store);
        rivals.spawn(async move {
            loop {
                let stored = load(&*store, &sample::token(1)).await.expect("the token exists");
                let mut token = Token::clone(&stored.record);
                token.max_uses += 1;
                let owes = vec![sample::signal(&format!("rival {rival}"))];
                match store.commit(Commit::new(token, stored.revision, owes)).await {
                    Ok(revision) => return revision,
                    Err(StoreError::Conflict { .. }) => {}
                    Err(other) => panic!("rivals see nothing but conflicts, got {other}"),
                }
            }
        });
    }
    let mut revisions = rivals.join_all().await;
    revisions.sort_unstable();
    let expected: Vec<u64> = (2..2 + RIVALS).collect();
    assert_eq!(revisions, expected, "each revision is given to one committer");
    let stored = load(&*store, &sample::token(1)).await.expect("the token exists");
    let uses = sample::token(1).max_uses + u32::try_from(RIVALS).expect("there are few rivals");
    assert_eq!(stored.record.max_uses, uses, "no committed change is lost");
    let owed = store.owed(0, 100).await.expect("owed");
    let owing: Vec<u64> = owed.iter().map(|it| it.1.key.revision).collect();
    assert_eq!(owing, expected, "each commit owes its effect, in the order of commits");
}

async fn endpoints_are_found_by_their_names<S: Store>(store: &S) {
    let called = |n, hostname: &str| {
        let mut endpoint = sample::endpoint(n);
        Arc::make_mut(&mut endpoint.registration).host.hostname = hostname.into();
        endpoint
    };
    let named = async |hostname: &str| {
        let found = store.endpoints_named(hostname).await.expect("endpoints_named");
        found.into_iter().map(|it| it.record.id()).collect::<Vec<_>>()
    };
    let id = sample::endpoint_id;
    for (n, hostname) in [(2, "db-1"), (1, "DB-1"), (3, "db-10"), (4, "db")] {
        commit(store, called(n, hostname), 0, vec![]).await;
    }
    assert_eq!(named("Db-1").await, [id(1), id(2)], "in whatever case, in the order of ids");
    assert_eq!(named("db-").await, [], "the beginning of a name is no name");
    commit(store, called(2, "mail-1"), 1, vec![]).await;
    assert_eq!(named("db-1").await, [id(1)], "whoever was renamed is not found by the old name");
    assert_eq!(named("mail-1").await, [id(2)], "but by the new one");
}

async fn alerts_are_found<S: Store>(store: &S) {
    let (one, two) = (sample::endpoint_id(1), sample::endpoint_id(2));
    let newest = async |instance: &str| {
        let found = store.newest_alert(one, "disk-space", instance).await.expect("newest_alert");
        found.map(|it| it.record.id)
    };
    let due = async |at, limit| store.due(sample::minute(at), limit).await.expect("due");
    assert_eq!(newest("/srv").await, None, "there is no newest alert before the first");
    for (n, endpoint, instance, opened) in
        [(1, one, "/srv", 20), (2, one, "/srv", 10), (3, one, "/", 30), (4, two, "/srv", 40)]
    {
        commit(store, sample::alert(n, endpoint, instance, opened), 0, vec![]).await;
    }
    let id = sample::alert_id;
    assert_eq!(newest("/srv").await, Some(id(1)), "the alert opened last is the newest");
    assert_eq!(newest("/").await, Some(id(3)), "another instance has an alert of its own");
    assert_eq!(newest("/s").await, None, "a prefix is not the same instance");
    assert_eq!(due(24, 9).await, [], "nothing is due before its deadline");
    assert_eq!(due(25, 9).await, [id(2)], "an alert is due at its deadline");
    assert_eq!(due(99, 9).await, [id(2), id(1), id(3), id(4)], "the most overdue come first");
    assert_eq!(due(99, 2).await, [id(2), id(1)], "no more are given than asked for");

    let over = sample::resolved(&sample::alert(2, one, "/srv", 10), 12);
    commit(store, over, 1, vec![]).await;
    assert_eq!(due(99, 9).await, [id(1), id(3), id(4)], "a resolved alert is never due");
    assert_eq!(newest("/srv").await, Some(id(1)), "resolving does not make an alert newer");
}

async fn the_old_is_forgotten<S: Store>(store: &S) {
    let of = sample::endpoint_id(1);
    let never = Timestamp::MIN;
    let horizon = Horizon {
        history: never,
        hours: never,
        feed: never,
        audit: never,
        alerts: sample::minute(50),
    };
    let old = sample::resolved(&sample::alert(1, of, "/old", 0), 40);
    let owing = sample::resolved(&sample::alert(2, of, "/owing", 0), 40);
    let recent = sample::resolved(&sample::alert(3, of, "/recent", 0), 50);
    commit(store, old.clone(), 0, vec![]).await;
    commit(store, owing.clone(), 0, vec![sample::signal("s")]).await;
    commit(store, recent, 0, vec![]).await;
    commit(store, sample::alert(4, of, "/open", 0), 0, vec![]).await;

    let left = async || all::<Alert, S>(store).await.into_iter().map(|it| it.record.id);
    store.prune(horizon).await.expect("prune");
    let ids: Vec<_> = left().await.collect();
    let id = sample::alert_id;
    assert_eq!(ids, [id(2), id(3), id(4)], "an alert resolved long ago is forgotten");
    let found = store.newest_alert(of, "disk-space", "/old").await.expect("newest_alert");
    assert_eq!(found, None, "a forgotten alert is not found");
    assert_eq!(commit(store, old, 0, vec![]).await, 1, "a forgotten alert may be made again");

    store.settle(vec![first_effect(&owing)]).await.expect("settle");
    store.prune(horizon).await.expect("prune");
    let ids: Vec<_> = left().await.collect();
    assert_eq!(ids, [id(3), id(4)], "an alert that owes something goes when it is settled");
}

async fn listening_time_is_kept<S: Store>(store: &S) {
    let listened = store.listened().await.expect("listened");
    assert_eq!(listened, SignedDuration::ZERO, "a fresh store has not listened");
    let hours = SignedDuration::from_millis(7_200_005);
    store.note_listened(hours).await.expect("note_listened");
    assert_eq!(store.listened().await.expect("listened"), hours, "listening time is kept");
}

fn first_effect(alert: &Alert) -> EffectKey {
    EffectKey { record: Alert::record_key(&alert.id), revision: 1, position: 0 }
}

async fn commit<R: Record, S: Store>(
    store: &S,
    record: R,
    expected: u64,
    owes: Vec<Effect>,
) -> u64 {
    store.commit(Commit::new(record, expected, owes)).await.expect("the commit is not stale")
}

async fn load<R: Record, S: Store>(store: &S, of: &R) -> Option<Stored<R>> {
    store.load::<R>(&of.key()).await.expect("load")
}

async fn all<R: Record, S: Store>(store: &S) -> Vec<Stored<R>> {
    store.all::<R>().await.expect("all")
}

/// How many records of each kind there are.
async fn census<S: Store>(store: &S) -> [usize; Kind::ALL.len()] {
    [
        all::<Endpoint, S>(store).await.len(),
        all::<Alert, S>(store).await.len(),
        all::<Token, S>(store).await.len(),
        all::<Operator, S>(store).await.len(),
        all::<Published, S>(store).await.len(),
        all::<Change, S>(store).await.len(),
        all::<KnownIssue, S>(store).await.len(),
        all::<Day, S>(store).await.len(),
        all::<Shift, S>(store).await.len(),
        all::<Source, S>(store).await.len(),
        all::<Window, S>(store).await.len(),
        all::<Contact, S>(store).await.len(),
    ]
}
