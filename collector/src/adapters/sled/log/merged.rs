//! What lies over each other, as one list.

use std::cmp::Ordering;

use sled::IVec;

use crate::adapters::sled::log::LogError;

/// A key and its value; if that is `None`, it hides what lies below.
pub(super) type Found = Result<(IVec, Option<IVec>), LogError>;

/// In the order of keys, from either end.
pub(super) type Source<'a> = Box<dyn DoubleEndedIterator<Item = Found> + Send + 'a>;

/// An end of a list.
#[derive(Clone, Copy)]
pub(super) enum End {
    Front,
    Back,
}

impl End {
    pub(super) fn next<I: DoubleEndedIterator>(self, of: &mut I) -> Option<I::Item> {
        match self {
            Self::Front => of.next(),
            Self::Back => of.next_back(),
        }
    }

    /// Which of two keys comes first from here.
    fn order(self, one: &[u8], other: &[u8]) -> Ordering {
        match self {
            Self::Front => one.cmp(other),
            Self::Back => other.cmp(one),
        }
    }
}

/// Goes through two sources in the order of keys, from either end. Of a key that both have,
/// it gives what is above.
pub(super) struct Merged<'a> {
    above: Layer<'a>,
    below: Layer<'a>,
}

struct Layer<'a> {
    /// Gone when it has come to its end: asked again, it could give what has come
    /// since, which lies above, too.
    source: Option<Source<'a>>,
    /// What was looked at and not given, at either end.
    front: Option<Found>,
    back: Option<Found>,
}

impl<'a> Layer<'a> {
    fn new(source: Source<'a>) -> Self {
        Self { source: Some(source), front: None, back: None }
    }

    fn take(&mut self, end: End) -> Option<Found> {
        let (looked_at, other) = match end {
            End::Front => (&mut self.front, &mut self.back),
            End::Back => (&mut self.back, &mut self.front),
        };
        if looked_at.is_some() {
            return looked_at.take();
        }
        let next = self.source.as_mut().and_then(|it| end.next(it));
        if next.is_none() {
            self.source = None;
            return other.take();
        }
        next
    }

    fn put_back(&mut self, end: End, found: Found) {
        match end {
            End::Front => self.front = Some(found),
            End::Back => self.back = Some(found),
        }
    }
}

impl<'a> Merged<'a> {
    pub(super) fn new(above: Source<'a>, below: Source<'a>) -> Self {
        Self { above: Layer::new(above), below: Layer::new(below) }
    }

    fn advance(&mut self, end: End) -> Option<Found> {
        let (above, below) = match (self.above.take(end), self.below.take(end)) {
            (Some(above), Some(below)) => (above, below),
            (above, below) => return above.or(below),
        };
        let order = match (&above, &below) {
            (Ok(above), Ok(below)) => end.order(&above.0, &below.0),
            (Err(_), _) => Ordering::Less,
            (_, Err(_)) => Ordering::Greater,
        };
        match order {
            Ordering::Less => self.below.put_back(end, below),
            Ordering::Equal => {}
            Ordering::Greater => {
                self.above.put_back(end, above);
                return Some(below);
            }
        }
        Some(above)
    }
}

impl Iterator for Merged<'_> {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        self.advance(End::Front)
    }
}

impl DoubleEndedIterator for Merged<'_> {
    fn next_back(&mut self) -> Option<Found> {
        self.advance(End::Back)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        collections::{BTreeMap, VecDeque},
        sync::{Arc, Mutex},
    };

    use proptest::prelude::*;

    use super::*;

    type Values = BTreeMap<u8, Option<u8>>;

    fn source(of: &Values) -> Source<'static> {
        let found = |(key, value): (&u8, &Option<u8>)| {
            Ok((IVec::from(&[*key]), value.map(|it| IVec::from(&[it]))))
        };
        Box::new(of.iter().map(found).collect::<Vec<_>>().into_iter())
    }

    /// Has at its end what was put there meanwhile.
    struct Growing(Arc<Mutex<VecDeque<u8>>>);

    impl Iterator for Growing {
        type Item = Found;

        fn next(&mut self) -> Option<Found> {
            self.0.lock().unwrap().pop_front().map(|it| Ok((IVec::from(&[it]), None)))
        }
    }

    impl DoubleEndedIterator for Growing {
        fn next_back(&mut self) -> Option<Found> {
            self.next()
        }
    }

    #[test]
    fn what_gets_below_behind_the_end_is_not_given_twice() {
        for end in [End::Front, End::Back] {
            let since = Arc::new(Mutex::new(VecDeque::new()));
            let above = source(&[(1, None), (2, None)].into());
            let mut merged = Merged::new(above, Box::new(Growing(Arc::clone(&since))));
            let mut found = 0;
            while merged.advance(end).is_some() {
                found += 1;
                since.lock().unwrap().extend([1, 2]);
            }
            assert_eq!(found, 2);
        }
    }

    proptest! {
        #[test]
        fn it_is_as_if_all_were_in_one(
            below in prop::collection::btree_map(0..30_u8, any::<Option<u8>>(), 0..20),
            above in prop::collection::btree_map(0..30_u8, any::<Option<u8>>(), 0..20),
            ends in prop::collection::vec(any::<bool>(), 60),
        ) {
            let mut merged = Merged::new(source(&above), source(&below));
            let mut expected: VecDeque<_> = below.into_iter().chain(above).collect::<Values>().into_iter().collect();
            for is_front in ends {
                let next = if is_front { merged.next() } else { merged.next_back() };
                let next = next.map(|it| it.unwrap());
                let next = next.map(|(key, value)| (key[0], value.map(|it| it[0])));
                let wanted = if is_front { expected.pop_front() } else { expected.pop_back() };
                prop_assert_eq!(next, wanted);
            }
            prop_assert!(expected.is_empty());
        }
    }
}
