//! What is owed, and where it goes.

use jiff::Timestamp;
use remit_collector_domain::effect::{Effect, EffectKey};

use crate::ports::store::{
    Commit, Horizon, Store,
    conformance::{commit, sample},
};

pub(super) async fn are_owed_in_order_until_settled<S: Store>(store: &S) {
    let signal = sample::signal;
    commit(store, sample::token(2), 0, vec![signal("a"), signal("b")]).await;
    commit(store, sample::endpoint(1), 0, vec![signal("c")]).await;
    commit(store, sample::token(2), 1, vec![signal("d")]).await;
    assert_eq!(owed(store, 0, 9).await, ["a", "b", "c", "d"], "effects are owed in order");
    let first = store.owed(0, 1).await.expect("owed")[0].0;
    assert!(first > 0, "places count from 1");
    assert_eq!(owed(store, first, 2).await, ["b", "c"], "place and limit cut a piece out");

    let keys = keys(store).await;
    let places: Vec<(u64, u32)> = keys.iter().map(|it| (it.revision, it.position)).collect();
    assert_eq!(places, [(1, 0), (1, 1), (1, 0), (2, 0)], "an effect has its commit's key");
    store.settle(vec![keys[1].clone()]).await.expect("settle");
    assert_eq!(owed(store, 0, 9).await, ["a", "c", "d"], "a settled effect is owed no more");
    assert_eq!(owed(store, first, 9).await, ["c", "d"], "places stay what they were");
    store.settle(vec![keys[1].clone(), keys[3].clone()]).await.expect("settling twice is fine");
    assert_eq!(owed(store, 0, 9).await, ["a", "c"], "settling twice settles the rest, too");
}

pub(super) async fn are_settled_by_the_commit_that_performs_them<S: Store>(store: &S) {
    let signal = sample::signal;
    commit(store, sample::endpoint(1), 0, vec![signal("a"), signal("b")]).await;
    let first = keys(store).await.swap_remove(0);
    let performs = |expected| {
        Commit::new(sample::token(1), expected, vec![signal("c")]).settling(vec![first.clone()])
    };
    assert!(store.commit(performs(7)).await.is_err(), "the token does not exist yet");
    assert_eq!(owed(store, 0, 9).await, ["a", "b"], "a refused commit settles nothing");
    store.commit(performs(0)).await.expect("commit");
    assert_eq!(owed(store, 0, 9).await, ["b", "c"], "what it performed is owed no more");
    store.commit(performs(1)).await.expect("settling twice is fine");
    assert_eq!(owed(store, 0, 9).await, ["b", "c", "c"], "and changes nothing else");
}

pub(super) async fn are_published_with_their_commit<S: Store>(store: &S) {
    assert_eq!(feed(store, 0, 9).await, [], "a fresh feed is empty");
    let owes = vec![sample::event(1, 1), sample::deed("a", 1), sample::signal("s")];
    commit(store, sample::token(1), 0, owes).await;
    assert_eq!(feed(store, 0, 9).await, [(1, 1)], "an event is in the feed");
    assert_eq!(audit(store, 0, 9).await, [(1, "a".into())], "the audit trail has its own count");
    assert_eq!(owed(store, 0, 9).await, ["s"], "what is published is not owed");
    assert_eq!(keys(store).await[0].position, 2, "and has its place in the commit");

    commit(store, sample::token(1), 1, vec![sample::event(2, 2), sample::deed("b", 2)]).await;
    assert_eq!(feed(store, 0, 9).await, [(1, 1), (2, 2)], "cursors count upwards");
    assert_eq!(feed(store, 1, 9).await, [(2, 2)], "a feed is read after a cursor");
    assert_eq!(feed(store, 0, 1).await, [(1, 1)], "no more are given than asked for");
    assert_eq!(feed(store, 7, 9).await, [], "there is nothing after the end");
    assert_eq!(store.feed_end().await.expect("feed_end"), 2, "the end is the newest cursor");
    let refused = Commit::new(sample::token(1), 1, vec![sample::event(9, 9)]);
    assert!(store.commit(refused).await.is_err(), "somebody was there first");
    assert_eq!(store.feed_end().await.expect("feed_end"), 2, "a refused commit publishes nothing");

    let never = Timestamp::MIN;
    let old = sample::minute(2);
    let horizon = Horizon { history: never, hours: never, feed: old, audit: old, alerts: never };
    store.prune(horizon).await.expect("prune");
    assert_eq!(feed(store, 0, 9).await, [(2, 2)], "old entries of the feed are forgotten");
    assert_eq!(audit(store, 0, 9).await, [(2, "b".into())], "and of the audit trail");
    store
        .prune(Horizon { feed: sample::minute(9), audit: sample::minute(9), ..horizon })
        .await
        .expect("prune");
    assert_eq!(feed(store, 0, 9).await, [], "the whole feed can be forgotten");
    commit(store, sample::token(1), 2, vec![sample::event(3, 3)]).await;
    assert_eq!(feed(store, 0, 9).await, [(3, 3)], "a cursor is never reused");
}

/// Gives the cursors of the feed, each with the minute of its entry.
pub(super) async fn feed<S: Store>(store: &S, after: u64, limit: usize) -> Vec<(u64, i64)> {
    let entries = store.feed(after, limit).await.expect("feed");
    let minute = |at: Timestamp| at.duration_since(sample::minute(0)).as_mins();
    entries.into_iter().map(|(cursor, it)| (cursor, minute(it.entry.at))).collect()
}

pub(super) async fn audit<S: Store>(store: &S, after: u64, limit: usize) -> Vec<(u64, String)> {
    let entries = store.audit(after, limit).await.expect("audit");
    entries.into_iter().map(|(position, it)| (position, it.entry.action)).collect()
}

pub(super) async fn keys<S: Store>(store: &S) -> Vec<EffectKey> {
    store.owed(0, 99).await.expect("owed").into_iter().map(|it| it.1.key).collect()
}

/// What is owed, each in a word.
pub(super) async fn owed<S: Store>(store: &S, after: u64, limit: usize) -> Vec<String> {
    let owed = store.owed(after, limit).await.expect("owed");
    let word = |effect| match effect {
        Effect::Signal(it) => it.summary,
        Effect::Audit(it) => it.action,
        Effect::Publish(it) => it.entry.at.to_string(),
        Effect::Notify(it) => it.to_string(),
        Effect::Tell(it) => it.subject,
        Effect::Admit(it) => it.id.to_string(),
        Effect::CaughtUp(it) => it.until.to_string(),
    };
    owed.into_iter().map(|it| word(it.1.effect)).collect()
}
