//! The audit trail as a chain.

use jiff::Timestamp;
use remit_collector_domain::{
    audit::Chains,
    effect::{AuditEntry, Effect},
};

use super::{commit, sample};
use crate::ports::store::{Horizon, Store, sha256};

pub(super) async fn is_a_chain<S: Store>(store: &S) {
    assert_eq!(verified(store).await, 0, "an empty trail verifies");
    write(store, 0, 3).await;
    assert_eq!(verified(store).await, 3, "every entry follows the one before it");
    let Effect::Audit(entry) = sample::deed("alert.acknowledge", 4) else { unreachable!() };
    let of_all = AuditEntry { tenant: None, ..entry };
    store.note_denied(of_all.clone()).await.expect("note_denied");
    assert_eq!(verified(store).await, 4, "what was denied is in the chain, too");
    let newest = store.audit(3, 9).await.expect("audit");
    assert_eq!(newest[0].1.entry, of_all, "it is kept as it was told");
    assert!(newest[0].1.denied, "and marked");
    assert_eq!(newest[0].1.seq, 1, "each tenant's entries are counted, and the installation's");
}

pub(super) async fn is_forgotten_from_its_beginning<S: Store>(store: &S) {
    write(store, 0, 5).await;
    let never = Timestamp::MIN;
    let horizon = Horizon {
        history: never,
        hours: never,
        feed: never,
        audit: sample::minute(3),
        alerts: never,
    };
    store.prune(horizon).await.expect("prune");
    let (begin, _) = store.audit_span().await.expect("audit_span");
    assert_eq!(begin.whole.seq, 3, "what is older than the horizon is forgotten");
    assert_eq!(verified(store).await, 2, "and the rest begins where that ended");
    store.prune(Horizon { audit: sample::minute(99), ..horizon }).await.expect("prune");
    assert_eq!(verified(store).await, 0, "the whole trail can be forgotten");
    write(store, 5, 2).await;
    assert_eq!(verified(store).await, 2, "and goes on from where it ended");
}

pub(super) async fn goes_on<S: Store>(open: &impl AsyncFn(&str) -> S) {
    write(&open("trail").await, 0, 4).await;
    let store = open("trail").await;
    assert_eq!(verified(&store).await, 4, "the chain is there after reopening");
    write(&store, 4, 2).await;
    let never = Timestamp::MIN;
    let horizon = Horizon {
        history: never,
        hours: never,
        feed: never,
        audit: sample::minute(3),
        alerts: never,
    };
    store.prune(horizon).await.expect("prune");
    drop(store);
    let store = open("trail").await;
    assert_eq!(verified(&store).await, 3, "and goes on, without what was forgotten");
}

/// Writes entries, one at each minute.
async fn write<S: Store>(store: &S, from: u64, count: u64) {
    for at in from..from + count {
        let owes = vec![sample::deed("token.create", i64::try_from(at).expect("few"))];
        commit(store, sample::token(1), at, owes).await;
    }
}

/// How many entries there are, all of which are what they say they are.
async fn verified<S: Store>(store: &S) -> usize {
    let (begin, end): (Chains, Chains) = store.audit_span().await.expect("audit_span");
    let entries = store.audit(0, 999).await.expect("audit");
    let mut chains = begin;
    for (position, sealed) in &entries {
        chains.follow(sealed, sha256).expect("the chain is whole");
        assert_eq!(*position, chains.whole.seq, "positions are places in the whole chain");
    }
    assert_eq!(chains, end, "the chain ends where the store says");
    entries.len()
}
