//! Deciding without changing, and the lists that only grow.

use remit_collector_domain::enroll::Token;

use super::*;
use crate::ports::store::{Commit, StoreError, conformance::sample};

fn commit(tables: &Tables, overlay: &mut Overlay, expected: u64) -> Result<u64, StoreError> {
    let owes = vec![sample::event(1, 1), sample::signal("s")];
    tables.stage(overlay, Operation::commit(Commit::new(sample::token(1), expected, owes)))
}

fn apply(tables: &mut Tables, overlay: Overlay) {
    overlay.changes.into_iter().for_each(|it| tables.apply(it));
}

#[test]
fn what_is_on_its_way_counts_and_is_not_seen() {
    let (mut tables, mut overlay) = (Tables::default(), Overlay::default());
    assert_eq!(commit(&tables, &mut overlay, 0).unwrap(), 1);
    commit(&tables, &mut overlay, 0).unwrap_err();
    assert_eq!(commit(&tables, &mut overlay, 1).unwrap(), 2);
    assert!(tables.load::<Token>(&sample::token(1).id).is_none());
    assert!(tables.owed(0, 9).is_empty());
    apply(&mut tables, overlay);
    assert_eq!(tables.load::<Token>(&sample::token(1).id).unwrap().revision, 2);
    assert_eq!(tables.owed(0, 9).len(), 2);
}

#[test]
fn what_is_dropped_on_its_way_never_was() {
    let (tables, mut overlay) = (Tables::default(), Overlay::default());
    commit(&tables, &mut overlay, 0).unwrap();
    drop(overlay);
    assert_eq!(commit(&tables, &mut Overlay::default(), 0).unwrap(), 1);
}

#[test]
fn an_effect_is_settled_once_even_within_one_write() {
    let (mut tables, mut overlay) = (Tables::default(), Overlay::default());
    commit(&tables, &mut overlay, 0).unwrap();
    apply(&mut tables, overlay);
    let keys: Vec<EffectKey> = tables.owed(0, 9).into_iter().map(|it| it.1.key).collect();
    let mut overlay = Overlay::default();
    for _ in 0..2 {
        tables.stage(&mut overlay, Operation::Settle(keys.clone())).unwrap();
    }
    assert_eq!(overlay.changes.len(), 1);
    apply(&mut tables, overlay);
    assert_eq!(tables.feed.end(), 1);
    assert!(tables.owed(0, 9).is_empty());
}

#[test]
fn what_an_earlier_version_left_owed_to_the_feed_is_published_once() {
    let mut tables = Tables::default();
    let key = EffectKey { record: RecordKey::Token(sample::token(1).id), revision: 1, position: 0 };
    let owed = Owed { key, effect: sample::event(1, 1) };
    tables.apply(Change::Owe(1, owed));
    let mut overlay = Overlay::default();
    for _ in 0..2 {
        tables.stage(&mut overlay, Operation::Publish(tables.unpublished())).unwrap();
    }
    apply(&mut tables, overlay);
    assert_eq!(tables.feed.end(), 1);
    assert!(tables.unpublished().is_empty());
}

#[test]
fn a_list_answers_whole_or_not_at_all() {
    let mut journal = Journal::going_on_after(10);
    (11..=20).for_each(|it| journal.append(it, it));
    assert_eq!(journal.after(10, 2).unwrap(), [(11, 11), (12, 12)]);
    assert_eq!(journal.after(9, 2), None);
    journal.trim(4);
    assert_eq!(journal.after(10, 2), None);
    assert_eq!(journal.after(16, 9).unwrap().len(), 4);
    assert_eq!(journal.after(20, 9).unwrap(), []);
    assert_eq!(journal.after(99, 9).unwrap(), []);
    assert_eq!(journal.end(), 20);
}

#[test]
fn a_list_that_was_forgotten_begins_where_it_goes_on() {
    let mut journal = Journal::default();
    (1..=6).for_each(|it| journal.append(it, it));
    journal.forget(|it| *it < 3);
    assert_eq!(journal.after(0, 9).unwrap()[0], (3, 3));
    journal.forget_through(5);
    assert_eq!(journal.after(0, 9).unwrap(), [(6, 6)]);
    journal.forget_through(99);
    assert_eq!(journal.after(0, 9).unwrap(), []);
    journal.append(7, 7);
    assert_eq!(journal.after(0, 9).unwrap(), [(7, 7)]);
}
