//! Sets of instants, as sorted half-open stretches of UTC.
//!
//! # Invariants
//!
//! - The stretches of a [`Segments`] are not empty, are sorted, and do not
//!   touch: what touches is one stretch.

use jiff::{SignedDuration, Timestamp};

/// One stretch of time, without its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Segment {
    /// Its first instant.
    pub from: Timestamp,
    /// The first instant after it.
    pub to: Timestamp,
}

impl Segment {
    /// What follows an instant; shorter where time itself ends.
    pub fn ahead(from: Timestamp, lasts: SignedDuration) -> Self {
        Self { from, to: from.checked_add(lasts).unwrap_or(Timestamp::MAX) }
    }

    /// Whether an instant lies in it.
    pub fn contains(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.to
    }

    /// How long it lasts.
    pub fn lasts(&self) -> SignedDuration {
        self.to.duration_since(self.from)
    }

    fn overlap(&self, other: &Self) -> Option<Self> {
        let (from, to) = (self.from.max(other.from), self.to.min(other.to));
        (from < to).then_some(Self { from, to })
    }
}

/// A set of instants.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Segments(Vec<Segment>);

impl FromIterator<Segment> for Segments {
    fn from_iter<I: IntoIterator<Item = Segment>>(stretches: I) -> Self {
        let mut sorted: Vec<_> = stretches.into_iter().filter(|it| it.from < it.to).collect();
        sorted.sort_unstable();
        let mut merged: Vec<Segment> = Vec::with_capacity(sorted.len());
        for next in sorted {
            match merged.last_mut() {
                Some(last) if next.from <= last.to => last.to = last.to.max(next.to),
                Some(_) | None => merged.push(next),
            }
        }
        Self(merged)
    }
}

impl From<Segment> for Segments {
    fn from(one: Segment) -> Self {
        Self::from_iter([one])
    }
}

impl Segments {
    /// The stretches, earliest first.
    pub fn iter(&self) -> impl Iterator<Item = &Segment> {
        self.0.iter()
    }

    /// The earliest stretch.
    pub fn first(&self) -> Option<&Segment> {
        self.0.first()
    }

    /// How many stretches there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no instant is in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an instant is in it.
    pub fn contains(&self, at: Timestamp) -> bool {
        let past = self.0.partition_point(|it| it.from <= at);
        past.checked_sub(1).is_some_and(|it| self.0[it].contains(at))
    }

    /// How long its stretches last together.
    pub fn total(&self) -> SignedDuration {
        self.iter().fold(SignedDuration::ZERO, |sum, it| sum + it.lasts())
    }

    /// The instants at which it begins or ends to hold, earliest first.
    pub fn edges(&self) -> impl Iterator<Item = Timestamp> {
        self.iter().flat_map(|it| [it.from, it.to])
    }

    /// What is in both.
    pub fn and(&self, other: &Self) -> Self {
        let (mut mine, mut theirs) = (self.0.as_slice(), other.0.as_slice());
        let mut both = Vec::new();
        while let (Some((a, after_a)), Some((b, after_b))) =
            (mine.split_first(), theirs.split_first())
        {
            both.extend(a.overlap(b));
            if a.to <= b.to {
                mine = after_a;
            } else {
                theirs = after_b;
            }
        }
        Self(both)
    }

    /// What is in either.
    pub fn or(&self, other: &Self) -> Self {
        self.iter().chain(other.iter()).copied().collect()
    }

    /// What of an interval is in it.
    pub fn within(&self, interval: Segment) -> Self {
        self.and(&interval.into())
    }

    /// What of an interval is not in it.
    pub fn without(&self, interval: Segment) -> Self {
        let mut rest = Vec::new();
        let mut from = interval.from;
        for it in self.within(interval).iter() {
            rest.push(Segment { from, to: it.from });
            from = it.to;
        }
        rest.push(Segment { from, to: interval.to });
        rest.into_iter().collect()
    }
}
