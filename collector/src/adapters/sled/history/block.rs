//! A sealed piece of history: columns of bits.
//!
//! Most of what a machine reports changes little from one report to the next,
//! and each series has its own idea of "little". So a block keeps each series
//! for itself, and every column says how it is written.
//!
//! Version 1, after a byte that says so, in the alphabet of
//! [`bytes`](crate::adapters::sled::bytes): when it begins, in folded
//! milliseconds since 1970; how many rows follow; how many series there are;
//! each one's value at the beginning, 0 or folded and one more; then bits,
//! highest first. The first column is the times: per row the folded
//! difference between this step and the step before. Then one column per
//! series: per row 0 if it did not change, 1 if it is gone, 2 more than the
//! folded value if it was missing before, else 1 more than the folded
//! difference to its last value, which is never 0.
//!
//! A column begins with seven bits. All of them set: every row is 0. Else the
//! first says whether each row starts with a bit that is 0 if the row is 0,
//! and ends there; the other six are `k`. A row `n` is then `n >> k` ones and
//! a zero, and the lowest `k` bits of `n`; or, if that were more than
//! [`ESCAPE`] ones, so many, and `n` in [`WIDE`] bits.

use crate::adapters::sled::{
    bytes::{Reader, fold, optional, put_number, unfold},
    history::{MAX_SERIES, Row},
    record::DecodeError,
};

const VERSION: u8 = 1;
/// More rows than any tail has; joined pieces have no more.
pub(super) const MAX_ROWS: usize = 4_096;
const ESCAPE: u32 = 20;
const WIDE: u32 = 68;
const HEAD: u32 = 7;
const ALL_ZERO: u128 = 0b111_1111;
const SKIP_ZERO: u128 = 0b100_0000;
const MAX_K: u32 = 40;

/// The block of rows, of which the first has all values that are known.
pub(in crate::adapters::sled) fn encode(rows: &[Row]) -> Vec<u8> {
    let Some(((start, base), rows)) = rows.split_first() else { return Vec::new() };
    let mut out = vec![VERSION];
    put_number(&mut out, fold((*start).into()));
    put_number(&mut out, rows.len() as u128);
    let width = rows.iter().flat_map(|it| it.1.last()).map(|it| it.0 as usize + 1).max();
    let mut values: Vec<Option<i64>> = base.iter().map(|it| it.1).collect();
    values.resize(values.len().max(width.unwrap_or(0)), None);
    put_number(&mut out, values.len() as u128);
    values.iter().for_each(|it| put_number(&mut out, optional(*it)));

    let mut bits = BitWriter::new(out);
    let (mut at, mut step) = (i128::from(*start), 0);
    let times = rows.iter().map(|(next, _)| {
        let previous = std::mem::replace(&mut step, i128::from(*next) - at);
        at = (*next).into();
        fold(step - previous)
    });
    bits.put_column(&times.collect::<Vec<_>>());
    let mut columns = vec![vec![0; rows.len()]; values.len()];
    for (row, (_, changed)) in rows.iter().enumerate() {
        for (index, value) in changed {
            let last = &mut values[*index as usize];
            columns[*index as usize][row] = match (*last, *value) {
                (before, after) if before == after => 0,
                (_, None) => 1,
                (None, Some(after)) => fold(after.into()) + 2,
                (Some(before), Some(after)) => fold(i128::from(after) - i128::from(before)) + 1,
            };
            *last = *value;
        }
    }
    columns.iter().for_each(|it| bits.put_column(it));
    bits.finish()
}

/// The rows of a block.
pub(in crate::adapters::sled) fn decode(bytes: &[u8]) -> Result<Vec<Row>, DecodeError> {
    let mut head = Reader::new(bytes);
    let version = head.byte()?;
    if version != VERSION {
        return Err(DecodeError::Version(version));
    }
    let start = head.i64()?;
    let count = usize::try_from(head.number()?).map_err(|_| head.nonsense())?;
    let width = head.count()?;
    if count > MAX_ROWS || width > MAX_SERIES {
        return Err(head.nonsense());
    }
    let base = (0..width).map(|_| head.optional()).collect::<Result<Vec<_>, _>>()?;
    let nonsense = DecodeError::Binary { at: bytes.len(), len: bytes.len() };
    let mut bits = BitReader::new(head.rest());
    let rows = read_rows(&mut bits, start, count, &base).ok_or(nonsense)?;
    Ok(std::iter::once((start, (0..).zip(base).collect())).chain(rows).collect())
}

fn read_rows(
    bits: &mut BitReader<'_>,
    start: i64,
    count: usize,
    base: &[Option<i64>],
) -> Option<Vec<Row>> {
    let (mut at, mut step) = (i128::from(start), 0_i128);
    let mut rows = Vec::with_capacity(count);
    for code in bits.column(count)? {
        step = step.checked_add(unfold(code))?;
        at = at.checked_add(step)?;
        rows.push((i64::try_from(at).ok()?, Vec::new()));
    }
    for (index, first) in (0..).zip(base) {
        let mut last = *first;
        for (row, code) in bits.column(count)?.into_iter().enumerate() {
            last = match (code, last) {
                (0, _) => continue,
                (1, _) => None,
                (_, None) => Some(i64::try_from(unfold(code - 2)).ok()?),
                (_, Some(last)) => {
                    let value = unfold(code - 1).checked_add(last.into())?;
                    Some(i64::try_from(value).ok()?)
                }
            };
            rows[row].1.push((index, last));
        }
    }
    Some(rows)
}

/// Writes columns of bits.
pub(super) struct BitWriter {
    out: Vec<u8>,
    pending: u8,
    filled: u32,
}

impl BitWriter {
    /// Behind what was written.
    pub(super) fn new(out: Vec<u8>) -> Self {
        Self { out, pending: 0, filled: 0 }
    }

    fn put(&mut self, value: u128, width: u32) {
        let mut left = width;
        while left > 0 {
            let taken = (8 - self.filled).min(left);
            left -= taken;
            let bits = (value >> left) as u8 & (u8::MAX >> (8 - taken));
            self.pending = (u16::from(self.pending) << taken) as u8 | bits;
            self.filled += taken;
            if self.filled == 8 {
                self.out.push(self.pending);
                (self.pending, self.filled) = (0, 0);
            }
        }
    }

    /// A column, by a way that takes few bits.
    pub(super) fn put_column(&mut self, codes: &[u128]) {
        if codes.iter().all(|it| *it == 0) {
            return self.put(ALL_ZERO, HEAD);
        }
        let (skip, k) = way(codes);
        self.put(if skip { SKIP_ZERO } else { 0 } | u128::from(k), HEAD);
        for code in codes {
            if skip {
                self.put(u128::from(*code != 0), 1);
            }
            if !skip || *code != 0 {
                self.put_code(*code, k);
            }
        }
    }

    fn put_code(&mut self, code: u128, k: u32) {
        let ones = code >> k;
        if ones > u128::from(ESCAPE) {
            self.put(u128::MAX, ESCAPE + 1);
            self.put(code, WIDE);
        } else {
            self.put(u128::MAX << 1, ones as u32 + 1);
            self.put(code, k);
        }
    }

    /// All bytes.
    pub(super) fn finish(mut self) -> Vec<u8> {
        if self.filled > 0 {
            self.out.push(self.pending << (8 - self.filled));
        }
        self.out
    }
}

/// Whether zeros are left out, and `k`: the best of those that seem good if every
/// code were the middle one of its width.
fn way(codes: &[u128]) -> (bool, u32) {
    let mut widths = [0_u32; u128::BITS as usize + 1];
    codes.iter().for_each(|it| widths[(u128::BITS - it.leading_zeros()) as usize] += 1);
    let [zeros, widths @ ..] = widths;
    let middles: Vec<(u128, u32)> = (1..)
        .zip(widths)
        .filter(|(_, count)| *count > 0)
        .map(|(width, count)| ((3 << width) >> 2, count))
        .collect();
    let widest = codes.iter().map(|it| u128::BITS - it.leading_zeros()).max();
    let most = widest.unwrap_or(0).min(MAX_K);
    let near = |skip: bool| {
        let zeros = if skip { 0 } else { zeros };
        let seems = |k: &u32| -> u32 {
            middles.iter().map(|it| it.1 * length(it.0, *k)).sum::<u32>() + zeros * length(0, *k)
        };
        let guess = (0..=most).min_by_key(seems).unwrap_or(0);
        (guess.saturating_sub(1)..=(guess + 1).min(most)).map(move |k| (skip, k))
    };
    let cost = |(skip, k): &(bool, u32)| -> u32 {
        let others = codes.iter().filter(|it| **it != 0).map(|it| length(*it, *k)).sum::<u32>();
        others + if *skip { codes.len() as u32 } else { zeros * length(0, *k) }
    };
    near(false).chain(near(true)).min_by_key(cost).expect("there is always a guess")
}

/// How many bits a code takes.
fn length(code: u128, k: u32) -> u32 {
    let ones = code >> k;
    if ones > u128::from(ESCAPE) { ESCAPE + 1 + WIDE } else { ones as u32 + 1 + k }
}

/// Reads columns of bits.
pub(super) struct BitReader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> BitReader<'a> {
    /// From the first bit on.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }
}

impl BitReader<'_> {
    fn bit(&mut self) -> Option<bool> {
        let byte = self.bytes.get(self.at / 8)?;
        let bit = byte & 0x80 >> (self.at % 8) != 0;
        self.at += 1;
        Some(bit)
    }

    fn bits(&mut self, width: u32) -> Option<u128> {
        let (mut bits, mut left) = (0, width);
        while left > 0 {
            let (byte, passed) = self.rest_of_byte()?;
            let taken = (8 - passed).min(left);
            bits = bits << taken | u128::from(byte >> (8 - taken));
            self.at += taken as usize;
            left -= taken;
        }
        Some(bits)
    }

    /// What is left of a byte, at its high end, and how many bits of it are gone.
    fn rest_of_byte(&self) -> Option<(u8, u32)> {
        let passed = (self.at % 8) as u32;
        self.bytes.get(self.at / 8).map(|it| (it << passed, passed))
    }

    /// The next column, which has so many rows.
    pub(super) fn column(&mut self, count: usize) -> Option<Vec<u128>> {
        let head = self.bits(HEAD)?;
        if head == ALL_ZERO {
            return Some(vec![0; count]);
        }
        let skip = head & SKIP_ZERO != 0;
        let k = (head & !SKIP_ZERO) as u32;
        let code = |_| if skip && !self.bit()? { Some(0) } else { self.code(k) };
        (0..count).map(code).collect()
    }

    fn code(&mut self, k: u32) -> Option<u128> {
        let mut ones = 0;
        loop {
            let (byte, passed) = self.rest_of_byte()?;
            // The bits that were pushed in from behind are zeros.
            let run = byte.leading_ones();
            if ones + run > ESCAPE {
                self.at += (ESCAPE + 1 - ones) as usize;
                return self.bits(WIDE);
            }
            ones += run;
            if run < 8 - passed {
                self.at += run as usize + 1;
                return Some(u128::from(ones) << k | self.bits(k)?);
            }
            self.at += run as usize;
        }
    }
}
