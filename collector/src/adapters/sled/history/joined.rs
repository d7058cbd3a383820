//! Small pieces of history become larger ones.
//!
//! A tail is written with every report and must be short, so what is sealed is
//! small, too: some 25 reports of twenty values. But every sixteen neighbours are
//! a node of sled's, which takes some hundred bytes of memory for ever, and every
//! piece begins with all that is known. So once an endpoint has sealed
//! [`TOGETHER`] pieces, they become one.
//!
//! # Invariants
//!
//! - A joined piece says what its parts said, report by report.
//! - It is known by another key than any of its parts, so whoever reads keys
//!   before and after sees that it was made in between.

use crate::adapters::sled::{
    history::{
        Row,
        block::{self, MAX_ROWS},
    },
    record::DecodeError,
};

/// So many pieces are worth the work. With more, nodes of sled's would have so few
/// values left that it joins and splits them again and again.
pub(in crate::adapters::sled) const TOGETHER: usize = 5;
/// Longer ones would be kept in several values.
const LONGEST: usize = 4_000;
/// Longer ones have been joined, or are not worth it.
pub(in crate::adapters::sled) const SMALL: u64 = (LONGEST / TOGETHER) as u64;

/// The newest sealed pieces of an endpoint, as far as they have not been joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::adapters::sled) struct Loose {
    /// When the first of them begins.
    pub(in crate::adapters::sled) since: i64,
    count: usize,
}

impl Loose {
    /// One more.
    pub(in crate::adapters::sled) fn with(loose: Option<Self>, start: i64) -> Self {
        match loose {
            Some(loose) => Self { count: loose.count + 1, ..loose },
            None => Self { since: start, count: 1 },
        }
    }

    /// One more, which comes before the others.
    pub(in crate::adapters::sled) fn after(start: i64, loose: Option<Self>) -> Self {
        Self { since: start, count: 1 + loose.map_or(0, |it| it.count) }
    }

    /// Whether there are enough of them.
    pub(in crate::adapters::sled) fn is_ripe(self) -> bool {
        self.count >= TOGETHER
    }

    /// Those that are left after the first so many, the next of which begins then.
    pub(in crate::adapters::sled) fn without(
        self,
        count: usize,
        next: Option<i64>,
    ) -> Option<Self> {
        let count = self.count.saturating_sub(count).max(1);
        next.map(|since| Self { since, count })
    }
}

/// Joins the first of some pieces, which come in order: as many as fit, and as
/// long as time goes on. Gives how many became one, and that one; if it is one,
/// that stays as it is.
pub(in crate::adapters::sled) fn join<'a>(
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Result<(usize, Vec<u8>), DecodeError> {
    let (mut rows, mut size, mut count) = (Vec::<Row>::new(), 0, 0);
    for piece in pieces {
        let more = block::decode(piece)?;
        let follows = rows.last().zip(more.first()).is_none_or(|(last, first)| last.0 <= first.0);
        size += piece.len();
        let fits = size <= LONGEST && rows.len() + more.len() <= MAX_ROWS;
        if count > 0 && !(follows && fits) {
            break;
        }
        rows.extend(more);
        count += 1;
    }
    Ok((count, block::encode(&rows)))
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;
    use crate::adapters::sled::history::put;

    /// What held after each report.
    fn moments(rows: &[Row]) -> Vec<(i64, Vec<Option<i64>>)> {
        let mut values = Vec::new();
        let after = |row: &Row| {
            row.1.iter().for_each(|(index, value)| put(&mut values, *index, *value));
            let known = values.iter().rposition(Option::is_some).map_or(0, |it| it + 1);
            (row.0, values[..known].to_vec())
        };
        rows.iter().map(after).collect()
    }

    /// A report: milliseconds since the one before, and a value.
    type Report = (i64, Option<i64>);

    /// Pieces as tails leave them, each with so many milliseconds before it.
    fn pieces(from: &[(i64, Vec<Report>)]) -> Vec<Vec<u8>> {
        let mut at = 0;
        let piece = |(gap, reports): &(i64, Vec<Report>)| {
            at += gap;
            let mut rows: Vec<Row> = vec![(at, vec![(0, Some(7)), (1, reports[0].1)])];
            for (step, value) in reports {
                at += step;
                rows.push((at, vec![(1, *value)]));
            }
            block::encode(&rows)
        };
        from.iter().map(piece).collect()
    }

    fn joined(pieces: &[Vec<u8>]) -> (usize, Vec<Row>) {
        let (count, bytes) = join(pieces.iter().map(Vec::as_slice)).unwrap();
        (count, block::decode(&bytes).unwrap())
    }

    proptest! {
        #[test]
        fn a_joined_piece_says_what_its_parts_said(
            from in vec((-9_i64..9_000, vec((0_i64..9_000, any::<Option<i64>>()), 1..60)), 1..12),
        ) {
            let pieces = pieces(&from);
            let (count, rows) = joined(&pieces);
            prop_assert!((1..=pieces.len()).contains(&count));
            let parts = pieces[..count].iter().flat_map(|it| block::decode(it).unwrap());
            let parts: Vec<Row> = parts.collect();
            prop_assert!(parts.is_sorted_by_key(|it| it.0));
            prop_assert_eq!(moments(&rows), moments(&parts));
        }
    }

    #[test]
    fn a_clock_that_was_set_back_is_not_joined_over() {
        let pieces = [(10, 5), (20, 3), (-15, 4)].map(|(gap, step)| (gap, vec![(step, None)]));
        assert_eq!(joined(&self::pieces(&pieces)).0, 2);
    }

    #[test]
    fn what_is_large_already_stays_as_it_is() {
        let large = (0, (0..900).map(|it: i64| (1, Some((it * it) << 20))).collect());
        let pieces = pieces(&[large]);
        assert!(pieces[0].len() > LONGEST / 2);
        assert_eq!(joined(&[pieces[0].clone(), pieces[0].clone()]).0, 1);
    }

    #[test]
    fn many_small_pieces_take_less_room_together() {
        let reports =
            |nth: i64| (0..25).map(|it| (10_000, Some(nth * 31 + it * it % 97))).collect();
        let pieces = pieces(&(0..5).map(|nth| (10_000, reports(nth))).collect::<Vec<_>>());
        let (count, bytes) = join(pieces.iter().map(Vec::as_slice)).unwrap();
        assert_eq!(count, pieces.len());
        assert!(bytes.len() < pieces.iter().map(Vec::len).sum());
    }

    #[test]
    fn pieces_are_joined_once_there_are_enough() {
        let mut loose = None;
        for nth in 1..TOGETHER {
            let next = Loose::with(loose, nth as i64);
            assert!(!next.is_ripe());
            loose = Some(next);
        }
        let last = Loose::with(loose, 99);
        assert!(last.is_ripe());
        assert_eq!(last.since, 1);
        let rest = last.without(TOGETHER - 2, Some(50)).unwrap();
        assert_eq!(rest, Loose { since: 50, count: 2 });
        assert_eq!(last.without(TOGETHER, None), None);
    }
}
