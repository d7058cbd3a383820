//! How values changed, in few bytes.
//!
//! The newest changes of an endpoint are its [`Tail`], which is written with
//! every report as a part of its pulse: a report costs one value on disk. A
//! tail that has become long, in bytes or in time, is sealed: it becomes a
//! [`block`], which never changes, and the next frame begins a new tail with
//! all values known then. So a read can start at any block. A few blocks in a
//! row are [`joined`] to a larger one in their place.
//!
//! Tail, version 1, after a byte that says so: when it begins, in folded
//! milliseconds since 1970; how many values are known, and each, 0 or folded
//! and one more; then rows until the end. A row: milliseconds since the one
//! before; how many bytes of a bit per series follow, and they, 1 for a change;
//! per change 0 if the series is gone, else the folded difference to its last
//! value and one more.
//!
//! # Invariants
//!
//! - Times never go backwards within a tail or a block.
//! - A tail lasts no longer than an hour.

pub(super) mod block;
pub(super) mod hours;
pub(super) mod joined;
#[cfg(test)]
mod tests;

use remit_collector_domain::endpoint::Frame;

use crate::adapters::{
    points::in_milliseconds,
    sled::{
        bytes::{Reader, fold, optional, put_number},
        record::DecodeError,
    },
};

const VERSION: u8 = 1;
/// A tail that is longer is sealed. It is written with every report, so a
/// longer one costs more writing; blocks of a shorter one cost more at rest.
const LONGEST: usize = 640;
/// A tail that lasts longer is sealed.
const LASTING: i64 = 3_600_000;
/// A frame that is older than the newest by less than this is taken to be as
/// new: clocks are corrected by small steps.
const STEP_BACK: i64 = 60_000;
/// Series with a higher number are not kept: no endpoint has so many.
const MAX_SERIES: usize = 65_536;

/// The values that changed at a time, in milliseconds since 1970.
pub(super) type Row = (i64, Vec<(u32, Option<i64>)>);

/// The newest changes of one endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tail {
    start: i64,
    newest: i64,
    values: Vec<Option<i64>>,
    bytes: Vec<u8>,
}

/// A tail that has become a block.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Sealed {
    /// When it begins.
    pub(super) start: i64,
    /// The block.
    pub(super) bytes: Vec<u8>,
}

impl Tail {
    /// A tail of one frame, at which these values were known.
    fn begin(start: i64, values: Vec<Option<i64>>) -> Self {
        let mut bytes = vec![VERSION];
        put_number(&mut bytes, fold(start.into()));
        put_number(&mut bytes, values.len() as u128);
        values.iter().for_each(|it| put_number(&mut bytes, optional(*it)));
        Self { start, newest: start, values, bytes }
    }

    /// Adds a frame to what may be the first tail. A tail that this made too
    /// long is sealed.
    pub(super) fn push(tail: Option<Self>, frame: &Frame) -> (Self, Option<Sealed>) {
        let at = in_milliseconds(frame.at);
        let Some(mut tail) = tail else {
            let mut values = Vec::new();
            put_all(&mut values, frame);
            return (Self::begin(at, values), None);
        };
        let is_set_back = tail.newest.saturating_sub(at) > STEP_BACK;
        let is_full =
            tail.bytes.len() > LONGEST || at.saturating_sub(tail.start) > LASTING || is_set_back;
        if !is_full {
            tail.append(at, frame);
            return (tail, None);
        }
        // Pieces are known by when they begin: no two begin at one time. Whoever
        // says everything of one moment is a little late with each piece.
        let at = if is_set_back { at } else { at.max(tail.start + 1) };
        let sealed = Sealed { start: tail.start, bytes: block::encode(&tail.rows()) };
        put_all(&mut tail.values, frame);
        (Self::begin(at, tail.values), Some(sealed))
    }

    fn append(&mut self, at: i64, frame: &Frame) {
        let at = at.max(self.newest);
        put_number(&mut self.bytes, u128::from(at.abs_diff(self.newest)));
        self.newest = at;
        let mut changed: Vec<_> =
            frame.changed.iter().filter(|it| (it.0 as usize) < MAX_SERIES).copied().collect();
        // Of several values of one series, the last one counts.
        changed.reverse();
        changed.sort_by_key(|it| it.0);
        changed.dedup_by_key(|it| it.0);
        let mut bits = vec![0_u8; changed.last().map_or(0, |it| it.0 as usize / 8 + 1)];
        changed.iter().for_each(|it| bits[it.0 as usize / 8] |= 1 << (it.0 % 8));
        put_number(&mut self.bytes, bits.len() as u128);
        self.bytes.extend_from_slice(&bits);
        for (index, value) in changed {
            let last = self.values.get(index as usize).copied().flatten().unwrap_or(0);
            let code = value.map_or(0, |it| fold(i128::from(it) - i128::from(last)) + 1);
            put_number(&mut self.bytes, code);
            put(&mut self.values, index, value);
        }
    }

    /// The stored form.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The tail of a stored form; none if there is no history yet.
    pub(super) fn decode(bytes: &[u8]) -> Result<Option<Self>, DecodeError> {
        if bytes.is_empty() {
            return Ok(None);
        }
        let rows = read(bytes)?;
        let mut values = Vec::new();
        let ends = rows.first().zip(rows.last()).map(|(first, last)| (first.0, last.0));
        for (index, value) in rows.into_iter().flat_map(|it| it.1) {
            put(&mut values, index, value);
        }
        Ok(ends.map(|(start, newest)| Self { start, newest, values, bytes: bytes.to_vec() }))
    }

    /// Everything in it, oldest first, beginning with all that was known.
    pub(super) fn rows(&self) -> Vec<Row> {
        read(&self.bytes).expect("a tail is checked when it is decoded")
    }
}

fn read(bytes: &[u8]) -> Result<Vec<Row>, DecodeError> {
    let mut it = Reader::new(bytes);
    let version = it.byte()?;
    if version != VERSION {
        return Err(DecodeError::Version(version));
    }
    let mut at = it.i64()?;
    let known = it.count()?;
    if known > MAX_SERIES {
        return Err(it.nonsense());
    }
    let values = (0..known).map(|_| it.optional()).collect::<Result<Vec<_>, _>>()?;
    let mut rows = vec![(at, (0..).zip(values.iter().copied()).collect())];
    let mut values = values;
    while !it.is_at_end() {
        let later = i64::try_from(it.number()?).ok().and_then(|it| at.checked_add(it));
        at = later.ok_or_else(|| it.nonsense())?;
        let width = it.count()?;
        let bits = it.take(width)?;
        if width > MAX_SERIES / 8 {
            return Err(it.nonsense());
        }
        let mut changed = Vec::new();
        for index in (0..width * 8).filter(|it| bits[it / 8] & 1 << (it % 8) != 0) {
            let last = values.get(index).copied().flatten().unwrap_or(0);
            let value = it.difference(last)?;
            put(&mut values, index as u32, value);
            changed.push((index as u32, value));
        }
        rows.push((at, changed));
    }
    Ok(rows)
}

fn put_all(values: &mut Vec<Option<i64>>, frame: &Frame) {
    frame.changed.iter().for_each(|(index, value)| put(values, *index, *value));
}

fn put(values: &mut Vec<Option<i64>>, index: u32, value: Option<i64>) {
    let index = index as usize;
    if index < MAX_SERIES {
        values.resize(values.len().max(index + 1), None);
        values[index] = value;
    }
}
