//! What must still be known after a store was opened anew.

use jiff::{SignedDuration, Timestamp};

use crate::ports::store::{
    Horizon, Kind, Store,
    conformance::{
        alerts_are_found, census, commit,
        effects::{audit, feed, keys, owed},
        history::{read, write},
        load, sample, trail,
    },
};

/// Runs the suite. `open` opens the store of a name, which is empty when the
/// name is new, and otherwise as it was when it was dropped.
///
/// # Panics
///
/// If the store forgets.
pub async fn check_durable<S: Store>(open: impl AsyncFn(&str) -> S) {
    records_are_there(&open).await;
    effects_are_still_owed(&open).await;
    cursors_go_on(&open).await;
    trail::goes_on(&open).await;
    history_goes_on(&open).await;
    what_was_forgotten_stays_so(&open).await;
    // On top of what another life left behind.
    commit(&open("indexes").await, sample::token(9), 0, vec![]).await;
    alerts_are_found(&open("indexes").await).await;
}

async fn records_are_there<S: Store>(open: &impl AsyncFn(&str) -> S) {
    let of = sample::endpoint_id(1);
    let mut endpoint = sample::endpoint(1);
    {
        let store = open("records").await;
        commit(&store, endpoint.clone(), 0, vec![]).await;
        endpoint.pulse.metrics += 1;
        commit(&store, endpoint.clone(), 1, vec![]).await;
        commit(&store, sample::alert(1, of, "/", 0), 0, vec![]).await;
        commit(&store, sample::token(1), 0, vec![]).await;
        commit(&store, sample::operator(1), 0, vec![]).await;
        commit(&store, sample::matrix(1), 0, vec![]).await;
        commit(&store, sample::change(1), 0, vec![]).await;
        commit(&store, sample::known_issue(1), 0, vec![]).await;
        commit(&store, sample::day(1), 0, vec![]).await;
        commit(&store, sample::shift(1), 0, vec![]).await;
        commit(&store, sample::source(1), 0, vec![]).await;
        commit(&store, sample::window(1), 0, vec![]).await;
        commit(&store, sample::contact(1), 0, vec![]).await;
        store.note_listened(SignedDuration::from_mins(3)).await.expect("note_listened");
    }
    let store = open("records").await;
    assert_eq!(census(&store).await, [1; Kind::ALL.len()], "every record is there after reopening");
    let stored = load(&store, &endpoint).await.expect("the endpoint is there");
    assert_eq!(stored.revision, 2, "revisions go on");
    assert_eq!(*stored.record, endpoint, "the newest value is there");
    let alert = sample::alert(1, of, "/", 0);
    assert_eq!(*load(&store, &alert).await.expect("the alert is there").record, alert);
    let token = load(&store, &sample::token(1)).await.expect("the token is there");
    assert_eq!(*token.record, sample::token(1));
    let operator = load(&store, &sample::operator(1)).await.expect("the operator is there");
    assert_eq!(*operator.record, sample::operator(1));
    let matrix = load(&store, &sample::matrix(1)).await.expect("the matrix is there");
    assert_eq!(*matrix.record, sample::matrix(1));
    let change = load(&store, &sample::change(1)).await.expect("the change is there");
    assert_eq!(*change.record, sample::change(1));
    let known_issue =
        load(&store, &sample::known_issue(1)).await.expect("the known issue is there");
    assert_eq!(*known_issue.record, sample::known_issue(1));
    let day = load(&store, &sample::day(1)).await.expect("the day is there");
    assert_eq!(*day.record, sample::day(1));
    let shift = load(&store, &sample::shift(1)).await.expect("the shift is there");
    assert_eq!(*shift.record, sample::shift(1));
    let source = load(&store, &sample::source(1)).await.expect("the source is there");
    assert_eq!(*source.record, sample::source(1));
    let window = load(&store, &sample::window(1)).await.expect("the window is there");
    assert_eq!(*window.record, sample::window(1));
    let contact = load(&store, &sample::contact(1)).await.expect("the contact is there");
    assert_eq!(*contact.record, sample::contact(1));
    let due = store.due(sample::minute(15), 9).await.expect("due");
    assert_eq!(due, [alert.id], "deadlines survive");
    let listened = store.listened().await.expect("listened");
    assert_eq!(listened, SignedDuration::from_mins(3), "listening time survives");
    assert_eq!(commit(&store, endpoint, 2, vec![]).await, 3, "commits go on");
}

async fn effects_are_still_owed<S: Store>(open: &impl AsyncFn(&str) -> S) {
    {
        let store = open("effects").await;
        let signals = ["a", "b", "c"].map(sample::signal);
        commit(&store, sample::token(2), 0, signals.to_vec()).await;
        commit(&store, sample::endpoint(1), 0, vec![sample::signal("d")]).await;
        commit(&store, sample::token(1), 0, vec![sample::signal("e")]).await;
        let second = keys(&store).await.remove(1);
        store.settle(vec![second]).await.expect("settle");
    }
    let store = open("effects").await;
    assert_eq!(owed(&store, 0, 9).await, ["a", "c", "d", "e"], "effects stay owed, in order");
    commit(&store, sample::token(2), 1, vec![sample::signal("f")]).await;
    assert_eq!(owed(&store, 0, 9).await, ["a", "c", "d", "e", "f"], "newer ones come last");
    store.settle(keys(&store).await).await.expect("settle");
    drop(store);
    assert!(owed(&open("effects").await, 0, 9).await.is_empty(), "settled is settled");
}

async fn cursors_go_on<S: Store>(open: &impl AsyncFn(&str) -> S) {
    let never = Timestamp::MIN;
    let publish = async |expected, minute| {
        let store = open("cursors").await;
        let owes = vec![sample::event(1, minute), sample::deed(&minute.to_string(), minute)];
        commit(&store, sample::token(1), expected, owes).await;
        store
    };
    drop(publish(0, 1).await);
    let store = publish(1, 2).await;
    assert_eq!(feed(&store, 0, 9).await, [(1, 1), (2, 2)], "the feed goes on after reopening");
    assert_eq!(audit(&store, 1, 9).await, [(2, "2".into())], "and so does the audit trail");
    let old = sample::minute(9);
    let horizon = Horizon { history: never, hours: never, feed: old, audit: old, alerts: never };
    store.prune(horizon).await.expect("prune");
    drop(store);
    let store = publish(2, 3).await;
    assert_eq!(feed(&store, 0, 9).await, [(3, 3)], "an emptied feed does not reuse cursors");
    assert_eq!(store.feed_end().await.expect("feed_end"), 3, "the end goes on");
}

async fn history_goes_on<S: Store>(open: &impl AsyncFn(&str) -> S) {
    let memory = sample::series("memory_used", "");
    let mut expected = Vec::new();
    for at in 0..40_u8 {
        let store = open("history").await;
        let minute = 3 * i64::from(at);
        write(&store, u64::from(at), vec![sample::frame(minute, &[(0, Some(minute))])]).await;
        expected.push((minute, Some(minute)));
    }
    let store = open("history").await;
    assert_eq!(read(&store, &memory, 0, 200, 99).await, expected, "history goes on in each life");
}

async fn what_was_forgotten_stays_so<S: Store>(open: &impl AsyncFn(&str) -> S) {
    let of = sample::endpoint_id(1);
    let never = Timestamp::MIN;
    {
        let store = open("forgotten").await;
        let alert = sample::resolved(&sample::alert(1, of, "/", 0), 1);
        commit(&store, alert, 0, vec![]).await;
        commit(&store, sample::alert(2, of, "/", 2), 0, vec![]).await;
        let horizon = Horizon {
            history: never,
            hours: never,
            feed: never,
            audit: never,
            alerts: sample::minute(9),
        };
        store.prune(horizon).await.expect("prune");
    }
    let store = open("forgotten").await;
    let mut one_alert = [0; Kind::ALL.len()];
    one_alert[Kind::Alert as usize] = 1;
    assert_eq!(census(&store).await, one_alert, "a forgotten alert does not come back");
}
