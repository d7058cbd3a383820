//! A day of an endpoint, by the hour: what is left of history when it is old.
//!
//! Version 1, after a byte that says so, in the alphabet of
//! [`bytes`](crate::adapters::sled::bytes): which hours there are, a bit for
//! each, the first hour lowest; per hour how many seconds values held and how
//! many reports there were, as most series have it; how many series there are;
//! each one's least value in its first hour, 0 or folded and one more; then
//! columns of bits as in a [`block`](super::block), for each series that has an
//! hour, with a row per hour:
//!
//! 1. 0 if its time and reports are the usual ones, 1 if there is nothing of
//!    it, 2 if they are its own;
//! 2. and 3. if any are its own: for each such hour the folded differences to
//!    the usual ones;
//! 4. the least value, as the folded difference to that of the hour before;
//! 5. how far the greatest is above it;
//! 6. how far the mean, rounded down, is above it;
//! 7. what is left of the sum.

use std::collections::BTreeMap;

use jiff::Timestamp;
use remit_collector_domain::rollup::{Rollup, Rollups};

use crate::adapters::sled::{
    bytes::{Reader, fold, optional, put_number, unfold},
    history::{
        MAX_SERIES,
        block::{BitReader, BitWriter},
    },
    record::DecodeError,
};

const VERSION: u8 = 1;
const HOURS: usize = 24;
const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

const USUAL: u128 = 0;
const NOTHING: u128 = 1;
const ITS_OWN: u128 = 2;

/// The day that a time is in, counted from 1970.
pub(in crate::adapters::sled) fn day_of(at: Timestamp) -> i64 {
    at.as_millisecond().div_euclid(DAY * 1_000)
}

/// What is kept of one day. Whatever is not of that day is left out.
pub(in crate::adapters::sled) fn encode(rollups: &Rollups, day: i64) -> Vec<u8> {
    let mut series: BTreeMap<u32, [Option<Rollup>; HOURS]> = BTreeMap::new();
    for ((number, begin), it) in &rollups.0 {
        let hour = begin.as_second().div_euclid(HOUR).checked_sub(day.saturating_mul(24));
        let hour = hour.and_then(|it| usize::try_from(it).ok()).filter(|it| *it < HOURS);
        if let Some(hour) = hour {
            series.entry(*number).or_default()[hour] = Some(*it);
        }
    }
    let hours: Vec<usize> =
        (0..HOURS).filter(|hour| series.values().any(|it| it[*hour].is_some())).collect();
    let usual: Vec<(u64, u64)> = hours.iter().map(|it| usual(&series, *it)).collect();

    let mut out = vec![VERSION];
    put_number(&mut out, hours.iter().map(|it| 1_u128 << it).sum());
    for (held, count) in &usual {
        put_number(&mut out, (*held).into());
        put_number(&mut out, (*count).into());
    }
    let width = series.keys().next_back().map_or(0, |it| *it as usize + 1);
    put_number(&mut out, width as u128);
    let first = |it: &[Option<Rollup>; HOURS]| it.iter().flatten().next().map(|it| it.min);
    for number in 0..width as u32 {
        put_number(&mut out, optional(series.get(&number).and_then(first)));
    }
    let mut bits = BitWriter::new(out);
    for rollups in series.values() {
        put_series(&mut bits, &hours.iter().map(|it| rollups[*it]).collect::<Vec<_>>(), &usual);
    }
    bits.finish()
}

/// What most series have in an hour: seconds and reports.
fn usual(series: &BTreeMap<u32, [Option<Rollup>; HOURS]>, hour: usize) -> (u64, u64) {
    let mut found: BTreeMap<(u64, u64), usize> = BTreeMap::new();
    for it in series.values().filter_map(|it| it[hour]) {
        *found.entry((it.held, it.count)).or_default() += 1;
    }
    found.into_iter().max_by_key(|it| it.1).map(|it| it.0).unwrap_or_default()
}

fn put_series(bits: &mut BitWriter, rows: &[Option<Rollup>], usual: &[(u64, u64)]) {
    let state = |(row, usual): (&Option<Rollup>, &(u64, u64))| match row {
        None => NOTHING,
        Some(it) if (it.held, it.count) == *usual => USUAL,
        Some(_) => ITS_OWN,
    };
    let states: Vec<u128> = rows.iter().zip(usual).map(state).collect();
    bits.put_column(&states);
    let own = rows.iter().zip(usual).zip(&states).filter(|it| *it.1 == ITS_OWN);
    let own: Vec<_> = own.filter_map(|it| Some((it.0.0.as_ref()?, it.0.1))).collect();
    if !own.is_empty() {
        let held = own.iter().map(|(it, usual)| difference(it.held, usual.0));
        bits.put_column(&held.collect::<Vec<_>>());
        let count = own.iter().map(|(it, usual)| difference(it.count, usual.1));
        bits.put_column(&count.collect::<Vec<_>>());
    }
    let known: Vec<&Rollup> = rows.iter().flatten().collect();
    let least = known.windows(2).map(|it| fold(i128::from(it[1].min) - i128::from(it[0].min)));
    put_if_any(bits, &least.collect::<Vec<_>>());
    let above = known.iter().map(|it| u128::from(it.max.abs_diff(it.min)));
    bits.put_column(&above.collect::<Vec<_>>());
    let (means, rests): (Vec<u128>, Vec<u128>) = known.iter().map(|it| parts(it)).unzip();
    bits.put_column(&means);
    bits.put_column(&rests);
}

/// How far the mean is above the least value, and what is left of the sum.
fn parts(it: &Rollup) -> (u128, u128) {
    let above = (it.sum - i128::from(it.min) * i128::from(it.held)).unsigned_abs();
    match u128::from(it.held) {
        0 => (0, 0),
        held => (above / held, above % held),
    }
}

fn put_if_any(bits: &mut BitWriter, codes: &[u128]) {
    if !codes.is_empty() {
        bits.put_column(codes);
    }
}

fn difference(value: u64, usual: u64) -> u128 {
    fold(i128::from(value) - i128::from(usual))
}

/// What was kept of a day.
pub(in crate::adapters::sled) fn decode(bytes: &[u8], day: i64) -> Result<Rollups, DecodeError> {
    let mut head = Reader::new(bytes);
    let version = head.byte()?;
    if version != VERSION {
        return Err(DecodeError::Version(version));
    }
    let which = head.number()?;
    if which >> HOURS != 0 {
        return Err(head.nonsense());
    }
    let begin = |hour: usize| {
        let second = day.checked_mul(DAY)?.checked_add(HOUR * hour as i64)?;
        Timestamp::from_second(second).ok()
    };
    let hours = (0..HOURS).filter(|it| which >> it & 1 == 1).map(begin);
    let hours: Vec<Timestamp> = hours.collect::<Option<_>>().ok_or_else(|| head.nonsense())?;
    let usual = hours.iter().map(|_| Ok((head.u64()?, head.u64()?)));
    let usual = usual.collect::<Result<Vec<_>, DecodeError>>()?;
    let width = head.count()?;
    if width > MAX_SERIES {
        return Err(head.nonsense());
    }
    let first = (0..width).map(|_| head.optional()).collect::<Result<Vec<_>, _>>()?;
    let nonsense = DecodeError::Binary { at: bytes.len(), len: bytes.len() };
    let mut bits = BitReader::new(head.rest());
    let mut rollups = Rollups::default();
    for (number, first) in (0..).zip(first) {
        let Some(first) = first else { continue };
        let Some(rows) = read_series(&mut bits, first, &usual) else { return Err(nonsense) };
        for (begin, row) in hours.iter().zip(rows) {
            if let Some(row) = row {
                rollups.add(number, *begin, row);
            }
        }
    }
    Ok(rollups)
}

fn read_series(
    bits: &mut BitReader<'_>,
    first: i64,
    usual: &[(u64, u64)],
) -> Option<Vec<Option<Rollup>>> {
    let states = bits.column(usual.len())?;
    let count = |wanted: u128| states.iter().filter(|it| **it == wanted).count();
    let known = count(USUAL) + count(ITS_OWN);
    let mut own = Vec::new();
    if count(ITS_OWN) > 0 {
        let held = bits.column(count(ITS_OWN))?;
        own = held.into_iter().zip(bits.column(count(ITS_OWN))?).collect();
    }
    let least = if known > 1 { bits.column(known - 1)? } else { Vec::new() };
    let (above, means, rests) = (bits.column(known)?, bits.column(known)?, bits.column(known)?);
    let mut least = std::iter::once(0).chain(least);
    let mut rest = above.into_iter().zip(means).zip(rests);
    let (mut own, mut min) = (own.into_iter(), i128::from(first));
    let mut rows = Vec::with_capacity(states.len());
    for (state, usual) in states.iter().zip(usual) {
        let (held, count) = match *state {
            NOTHING => {
                rows.push(None);
                continue;
            }
            USUAL => *usual,
            ITS_OWN => {
                let (held, count) = own.next()?;
                let near = |value: u64, code| u64::try_from(unfold(code) + i128::from(value)).ok();
                (near(usual.0, held)?, near(usual.1, count)?)
            }
            _ => return None,
        };
        min = min.checked_add(unfold(least.next()?))?;
        let ((above, mean), left) = rest.next()?;
        let max = min.checked_add(i128::try_from(above).ok()?)?;
        let mean = min.checked_add(i128::try_from(mean).ok()?)?;
        let sum = mean.checked_mul(held.into())?.checked_add(i128::try_from(left).ok()?)?;
        let (min, max) = (i64::try_from(min).ok()?, i64::try_from(max).ok()?);
        rows.push(Some(Rollup { min, max, sum, held, count }));
    }
    Some(rows)
}

#[cfg(test)]
mod tests {
    use proptest::{collection::btree_map, prelude::*};

    use super::*;

    fn rollups() -> impl Strategy<Value = Rollup> {
        let values = (any::<i64>(), any::<i64>(), 0_u64..=4_000, 0_u64..500, 0_u64..u64::MAX);
        values.prop_map(|(a, b, held, count, within)| {
            let (min, max) = (a.min(b), a.max(b));
            let most = u128::from(max.abs_diff(min)) * u128::from(held);
            let above = u128::from(within) * u128::from(held) % (most + 1);
            let sum = i128::from(min) * i128::from(held) + above.cast_signed();
            Rollup { min, max, sum, held, count }
        })
    }

    proptest! {
        #[test]
        fn a_day_is_read_as_it_was_written(
            day in -20_000_i64..40_000,
            found in btree_map((0_u32..30, 0_i64..24), rollups(), 0..200),
        ) {
            let begin = |hour| Timestamp::from_second(day * DAY + hour * HOUR).unwrap();
            let hours = found.into_iter().map(|((series, hour), it)| ((series, begin(hour)), it));
            let rollups = Rollups(hours.collect());
            prop_assert_eq!(decode(&encode(&rollups, day), day).unwrap(), rollups);
        }

        #[test]
        fn nonsense_is_refused_and_never_a_panic(bytes: Vec<u8>, day: i64) {
            for version in [0, VERSION] {
                drop(decode(&[&[version], bytes.as_slice()].concat(), day));
            }
        }
    }

    #[test]
    fn a_month_of_twenty_values_takes_few_bytes() {
        // As in a machine: values that wander, counters, and some that seldom move.
        let mut seed = 7_u64;
        let mut random = |below: i64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(99_991);
            (seed >> 33) as i64 % below
        };
        let mut values = [500_000_000_i64; 20];
        let mut bytes = 0;
        for day in 20_000..20_030 {
            let mut rows = Vec::new();
            for report in 0..8_640 {
                values[0] = random(400);
                values[1] = 300 + random(900);
                values[2] = random(50_000);
                values[3] = random(90_000);
                values[4] += 10;
                for value in &mut values[5..10] {
                    *value += random(200_001) - 100_000;
                }
                for value in &mut values[10..] {
                    *value += i64::from(random(500) == 0) * (random(5) - 2);
                }
                let at = Timestamp::from_second(day * DAY + report * 10).unwrap();
                rows.push((at, (0..).zip(values.map(Some)).collect::<Vec<_>>()));
            }
            let until = Timestamp::from_second((day + 1) * DAY).unwrap();
            let mut rollups = Rollups::default();
            let rows = rows.iter().map(|it| (it.0, it.1.as_slice()));
            rollups.gather(rows, until, remit_collector_domain::rollup::Step::Hour, |_| true);
            bytes += encode(&rollups, day).len();
        }
        assert!(bytes <= 73_000, "{bytes} bytes for a month of twenty values");
    }
}
