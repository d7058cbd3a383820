use std::collections::{BTreeMap, VecDeque};

use proptest::prelude::*;

use super::*;
use crate::ports::store::conformance::sample;

/// Endpoints, and what becomes of some pieces of each, all at once.
type Change = BTreeMap<(u128, i64), Option<u64>>;

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let change = prop::option::weighted(0.7, any::<u32>().prop_map(u64::from));
    let changes = prop::collection::btree_map((1..4_u128, -20..20_i64), change, 0..12);
    prop::collection::vec(changes, 1..12)
}

fn key((endpoint, start): (u128, i64)) -> Vec<u8> {
    Key::History { endpoint: sample::endpoint_id(endpoint), start, revision: 7 }.to_bytes()
}

fn place(at: u64) -> Place {
    Place { file: at % 5, at, length: at / 3 }
}

fn change(db: &Db, together: usize, change: &Change) {
    let mut lists = ListWriter::new(db, together);
    for (of, at) in change {
        match at {
            Some(at) => lists.put(&key(*of), place(*at)).unwrap().expect("there is room"),
            None => lists.remove(&key(*of)).unwrap(),
        };
    }
    lists.finish().unwrap();
}

fn lists(db: &Db) -> Vec<(EndpointId, Vec<Listed>)> {
    let read = |it: Stored| decode(&it.0, &it.1).unwrap();
    db.scan_prefix([LISTS]).map(|it| read(it.unwrap())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn places_are_found_as_if_each_had_its_key(
        changes in changes(),
        from in (1..4_u128, -20..20_i64),
        to in (1..4_u128, -20..20_i64),
        ends in prop::collection::vec(any::<bool>(), 130),
    ) {
        let db = sled::Config::new().temporary(true).open().unwrap();
        let mut model = BTreeMap::new();
        for it in changes {
            change(&db, 3, &it);
            for (of, at) in it {
                match at {
                    Some(at) => drop(model.insert(of, place(at))),
                    None => drop(model.remove(&of)),
                }
            }
            let found: usize = lists(&db).iter().map(|it| it.1.len()).sum();
            prop_assert_eq!(found, model.len(), "each is in one list");
            prop_assert!(lists(&db).iter().all(|it| !it.1.is_empty()));
        }
        for of in model.keys().chain([&from, &to]) {
            prop_assert_eq!(find(&db, &key(*of)).unwrap(), model.get(of).copied());
        }
        let mut places = Places::between(&db, key(from)..key(to)).unwrap();
        let expected = model.iter().filter(|it| *it.0 >= from && *it.0 < to);
        let mut expected: VecDeque<_> = expected.map(|it| (key(*it.0), *it.1)).collect();
        for is_front in ends {
            let next = if is_front { places.next() } else { places.next_back() };
            let wanted = if is_front { expected.pop_front() } else { expected.pop_back() };
            let next = next.map(|it| it.unwrap());
            let next = next.map(|it| (it.0.to_vec(), Place::decode(&it.1.unwrap()).unwrap()));
            prop_assert_eq!(next, wanted);
        }
        prop_assert!(expected.is_empty());
    }
}

#[test]
fn pieces_that_come_one_by_one_fill_one_list_after_the_other() {
    let db = sled::Config::new().temporary(true).open().unwrap();
    for start in 0..50 {
        for endpoint in 1..4 {
            change(&db, TOGETHER, &[((endpoint, start), Some(start as u64))].into());
        }
    }
    let lengths: Vec<usize> = lists(&db).iter().map(|it| it.1.len()).collect();
    assert_eq!(lengths, [TOGETHER, 50 - TOGETHER].repeat(3));
}

#[test]
fn a_piece_from_before_all_others_has_a_list_of_its_own() {
    let db = sled::Config::new().temporary(true).open().unwrap();
    for start in [5, 6, -9, -8] {
        change(&db, TOGETHER, &[((1, start), Some(1))].into());
    }
    let starts = lists(&db).into_iter().map(|it| it.1.iter().map(|it| it.start).collect());
    assert_eq!(starts.collect::<Vec<Vec<i64>>>(), [vec![-9, -8], vec![5, 6]]);
}

#[test]
fn what_goes_while_it_is_looked_through_is_no_reason_to_miss_another() {
    let db = sled::Config::new().temporary(true).open().unwrap();
    let all = |at| (0..20).map(|start| ((1, start), at)).collect::<Change>();
    change(&db, 3, &all(Some(1)));
    for end in [End::Front, End::Back] {
        let mut places = Places::between(&db, key((1, 0))..key((1, 20))).unwrap();
        let mut found = 0;
        while let Some(next) = places.advance(end) {
            next.unwrap();
            found += 1;
            // Each of them is moved to another file, and there are some more before and behind.
            change(&db, 3, &all(Some(found)));
            let beside = [((1, -(found as i64)), Some(1)), ((1, 20 + found as i64), Some(1))];
            change(&db, 3, &beside.into());
        }
        assert_eq!(found, 20);
    }
}

#[test]
fn a_list_that_makes_no_sense_is_told_by_where_it_begins() {
    let db = sled::Config::new().temporary(true).open().unwrap();
    let begin = key((1, 1));
    db.insert(list_key(&begin), &[0x80]).unwrap();
    let is_named =
        |it: &LogError| it.to_string().contains(&Key::from_bytes(&begin).unwrap().to_string());
    let told = find(&db, &begin).unwrap_err();
    assert!(is_named(&told), "{told}");
    let mut places = Places::between(&db, key((1, 0))..key((1, 9))).unwrap();
    let told = places.next().unwrap().unwrap_err();
    assert!(is_named(&told), "{told}");
    assert!(places.next().is_none());
    let told = ListWriter::new(&db, 3).put(&key((1, 2)), place(1)).unwrap_err();
    assert!(is_named(&told), "{told}");
}
