//! The binary alphabet: numbers in as few bytes as they need.
//!
//! A number is written seven bits to a byte, lowest first, with the high bit
//! set on all bytes but the last. A signed number is folded first, so that
//! small ones of either sign stay short: 0, -1, 1, -2 become 0, 1, 2, 3.

use jiff::{SignedDuration, Timestamp};

use crate::adapters::sled::record::DecodeError;

const NANOS_PER_MILLI: i128 = 1_000_000;

/// Appends a number.
pub(super) fn put_number(out: &mut Vec<u8>, number: u128) {
    let Ok(mut rest) = u64::try_from(number) else {
        // Only what does not fit is worth the slower arithmetic.
        let mut rest = number;
        while rest >= 0x80 {
            out.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        return out.push(rest as u8);
    };
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

/// Folds a signed number.
pub(super) fn fold(number: i128) -> u128 {
    ((number << 1) ^ (number >> 127)) as u128
}

/// The signed number that was folded.
pub(super) fn unfold(folded: u128) -> i128 {
    (folded >> 1) as i128 ^ -((folded & 1) as i128)
}

/// What stands for a value that may be missing: 0 if it is.
pub(super) fn optional(value: Option<i64>) -> u128 {
    value.map_or(0, |it| fold(it.into()) + 1)
}

/// Appends a length of time: whole milliseconds if it is that, with the lowest
/// bit 0; else nanoseconds, with the lowest bit 1.
pub(super) fn put_nanos(out: &mut Vec<u8>, nanos: i128) {
    if nanos % NANOS_PER_MILLI == 0 {
        put_number(out, fold(nanos / NANOS_PER_MILLI) << 1);
    } else {
        put_number(out, fold(nanos) << 1 | 1);
    }
}

/// Takes stored bytes apart.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// What to say if the last thing read makes no sense.
    pub(super) fn nonsense(&self) -> DecodeError {
        DecodeError::Binary { at: self.at, len: self.bytes.len() }
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at == self.bytes.len()
    }

    /// Everything that has not been read.
    pub(super) fn rest(self) -> &'a [u8] {
        &self.bytes[self.at..]
    }

    pub(super) fn byte(&mut self) -> Result<u8, DecodeError> {
        let [byte] = self.array()?;
        Ok(byte)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let array = self.take(N)?.try_into();
        Ok(array.expect("as many bytes were taken as the array has"))
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        let end = self.at.checked_add(count).filter(|it| *it <= self.bytes.len());
        let end = end.ok_or_else(|| self.nonsense())?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    pub(super) fn number(&mut self) -> Result<u128, DecodeError> {
        let mut number = 0;
        for shift in (0..126).step_by(7) {
            let byte = self.byte()?;
            number |= u128::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(self.nonsense())
    }

    pub(super) fn u64(&mut self) -> Result<u64, DecodeError> {
        let number = self.number()?;
        u64::try_from(number).map_err(|_| self.nonsense())
    }

    /// How many things follow, each of which takes at least one byte.
    pub(super) fn count(&mut self) -> Result<usize, DecodeError> {
        let count = usize::try_from(self.number()?).map_err(|_| self.nonsense())?;
        if count > self.bytes.len() - self.at { Err(self.nonsense()) } else { Ok(count) }
    }

    /// A place in a list.
    pub(super) fn index(&mut self) -> Result<usize, DecodeError> {
        usize::try_from(self.number()?).map_err(|_| self.nonsense())
    }

    pub(super) fn i64(&mut self) -> Result<i64, DecodeError> {
        let number = unfold(self.number()?);
        i64::try_from(number).map_err(|_| self.nonsense())
    }

    pub(super) fn optional(&mut self) -> Result<Option<i64>, DecodeError> {
        self.difference(0)
    }

    /// A value that may be missing, told as the difference from another.
    pub(super) fn difference(&mut self, last: i64) -> Result<Option<i64>, DecodeError> {
        let Some(folded) = self.number()?.checked_sub(1) else { return Ok(None) };
        let value = unfold(folded).checked_add(last.into()).and_then(|it| it.try_into().ok());
        value.map(Some).ok_or_else(|| self.nonsense())
    }

    pub(super) fn nanos(&mut self) -> Result<i128, DecodeError> {
        let number = self.number()?;
        let unit = if number & 1 == 0 { NANOS_PER_MILLI } else { 1 };
        unfold(number >> 1).checked_mul(unit).ok_or_else(|| self.nonsense())
    }

    /// A time, told as the distance from another.
    pub(super) fn time(&mut self, from: Timestamp) -> Result<Timestamp, DecodeError> {
        let nanos = self.nanos()?.checked_add(from.as_nanosecond());
        let time = nanos.and_then(|it| Timestamp::from_nanosecond(it).ok());
        time.ok_or_else(|| self.nonsense())
    }

    pub(super) fn duration(&mut self) -> Result<SignedDuration, DecodeError> {
        let nanos = self.nanos()?;
        let seconds = i64::try_from(nanos / 1_000_000_000).map_err(|_| self.nonsense())?;
        let rest = i32::try_from(nanos % 1_000_000_000).expect("a rest is below its divisor");
        Ok(SignedDuration::new(seconds, rest))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn small_numbers_of_either_sign_are_short() {
        for (number, length) in [(0, 1), (-1, 1), (63, 1), (-64, 1), (64, 2), (-8_192, 2)] {
            let mut out = Vec::new();
            put_number(&mut out, fold(number));
            assert_eq!(out.len(), length, "{number}");
        }
    }

    #[test]
    fn a_number_that_never_ends_is_refused() {
        assert!(Reader::new(&[0x80; 40]).number().is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(value: Option<i64>, nanos in -(1_i128 << 100)..1 << 100) {
            let mut out = Vec::new();
            put_number(&mut out, optional(value));
            put_nanos(&mut out, nanos);
            let mut reader = Reader::new(&out);
            prop_assert_eq!(reader.optional().unwrap(), value);
            prop_assert_eq!(reader.nanos().unwrap(), nanos);
            prop_assert!(reader.is_at_end());
        }
    }
}
