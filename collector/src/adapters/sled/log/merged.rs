//! sled's values, and what lies over them, as one list.

use std::collections::VecDeque;

use sled::IVec;

use crate::adapters::sled::log::pending::Entry;

type Found = sled::Result<(IVec, IVec)>;

/// Goes through both in the order of keys, from either end.
pub(super) struct Merged {
    /// Gone when it has come to its end: asked again, it would give what has come
    /// since, which lies above, too.
    db: Option<sled::Iter>,
    /// What was looked at and not given, at either end.
    front: Option<Found>,
    back: Option<Found>,
    above: VecDeque<Entry>,
}

/// An end of the list.
#[derive(Clone, Copy)]
enum End {
    Front,
    Back,
}

impl Merged {
    pub(super) fn new(above: VecDeque<Entry>, db: sled::Iter) -> Self {
        Self { db: Some(db), front: None, back: None, above }
    }

    /// Takes sled's next value at an end.
    fn take(&mut self, end: End) -> Option<Found> {
        let (looked_at, other) = match end {
            End::Front => (&mut self.front, &mut self.back),
            End::Back => (&mut self.back, &mut self.front),
        };
        if looked_at.is_some() {
            return looked_at.take();
        }
        let next = self.db.as_mut().and_then(|it| match end {
            End::Front => it.next(),
            End::Back => it.next_back(),
        });
        if next.is_none() {
            self.db = None;
            return other.take();
        }
        next
    }

    fn put_back(&mut self, end: End, found: Option<Found>) {
        match end {
            End::Front => self.front = found,
            End::Back => self.back = found,
        }
    }

    fn advance(&mut self, end: End) -> Option<Found> {
        loop {
            let below = match self.take(end) {
                Some(Err(err)) => return Some(Err(err)),
                Some(Ok(found)) => Some(found),
                None => None,
            };
            let above = match end {
                End::Front => self.above.front(),
                End::Back => self.above.back(),
            };
            let Some((key, _)) = above else { return below.map(Ok) };
            if let Some(found) = below {
                let is_next = match end {
                    End::Front => *found.0 < **key,
                    End::Back => *found.0 > **key,
                };
                if is_next {
                    return Some(Ok(found));
                }
                if *found.0 != **key {
                    self.put_back(end, Some(Ok(found)));
                }
            }
            let taken = match end {
                End::Front => self.above.pop_front(),
                End::Back => self.above.pop_back(),
            };
            if let Some((key, Some(value))) = taken {
                return Some(Ok((key.into(), value)));
            }
        }
    }
}

impl Iterator for Merged {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        self.advance(End::Front)
    }
}

impl DoubleEndedIterator for Merged {
    fn next_back(&mut self) -> Option<Found> {
        self.advance(End::Back)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_gets_to_sled_behind_the_end_is_not_given_twice() {
        let db = sled::Config::new().temporary(true).open().unwrap();
        for is_front in [true, false] {
            db.clear().unwrap();
            let above = [1, 2].map(|it| (vec![it], Some(IVec::from(&[it]))));
            let mut merged = Merged::new(above.into(), db.iter());
            let mut next = || if is_front { merged.next() } else { merged.next_back() };
            let mut found = 0;
            while let Some(next) = next() {
                next.unwrap();
                found += 1;
                for it in [1_u8, 2] {
                    db.insert([it], &[it]).unwrap();
                }
            }
            assert_eq!(found, 2);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn it_is_as_if_all_were_in_one(
            below in prop::collection::btree_map(0..30_u8, any::<u8>(), 0..20),
            above in prop::collection::btree_map(0..30_u8, prop::option::of(any::<u8>()), 0..20),
            ends in prop::collection::vec(any::<bool>(), 40),
        ) {
            let db = sled::Config::new().temporary(true).open().unwrap();
            for (key, value) in &below {
                db.insert([*key], &[*value]).unwrap();
            }
            let mut expected = below;
            for (key, value) in &above {
                match value {
                    Some(value) => expected.insert(*key, *value),
                    None => expected.remove(key),
                };
            }
            let above = above.into_iter().map(|(key, value)| {
                (vec![key], value.map(|it| IVec::from(&[it])))
            });
            let mut merged = Merged::new(above.collect(), db.iter());
            let (mut found, mut total) = (BTreeMap::new(), 0);
            let mut rest: VecDeque<u8> = expected.keys().copied().collect();
            for is_front in ends {
                let next = if is_front { merged.next() } else { merged.next_back() };
                let key = if is_front { rest.pop_front() } else { rest.pop_back() };
                let Some(next) = next else {
                    prop_assert_eq!(key, None);
                    break;
                };
                let (name, value) = next.unwrap();
                prop_assert_eq!(Some(name[0]), key);
                found.insert(name[0], value[0]);
                total += 1;
            }
            prop_assert_eq!((total, &found), (expected.len(), &expected));
        }
    }
}
