//! How a record lies in a segment.
//!
//! ```text
//! crc32 u32 │ length u32 │ place u64 │ written at, ms i64 │ payload
//! ```
//!
//! Little endian; the checksum covers all that follows it. Where the length's
//! highest bit is set, the payload is several records [packed](super::pack)
//! into one, and place and time are the last one's. A damaged frame is
//! passed over by looking for the next place where everything fits: checksum,
//! length, and a place that the space in between allows.

use jiff::Timestamp;

use crate::spool::LONGEST;

/// The bytes before a payload.
pub(super) const HEADER: usize = 24;

/// The most records of one frame.
pub(super) const MOST: usize = 256;

/// In a length: there are several records.
const PACKED: u32 = 1 << 31;

/// A record as it lies in a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame<'a> {
    /// The place of its record, or of the last one.
    pub(super) place: u64,
    /// When that was written.
    pub(super) at: Timestamp,
    /// Whether there are several.
    pub(super) packed: bool,
    pub(super) payload: &'a [u8],
}

/// Adds a frame.
pub(super) fn write(out: &mut Vec<u8>, frame: Frame<'_>) {
    let start = out.len();
    let length = u32::try_from(frame.payload.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&[0; 4]);
    let length = if frame.packed { length | PACKED } else { length };
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&frame.place.to_le_bytes());
    out.extend_from_slice(&frame.at.as_millisecond().to_le_bytes());
    out.extend_from_slice(frame.payload);
    let crc = crc32fast::hash(&out[start + 4..]);
    out[start..start + 4].copy_from_slice(&crc.to_le_bytes());
}

/// The frame at this offset and where the next one begins, if it is whole.
pub(super) fn read(bytes: &[u8], offset: usize) -> Option<(Frame<'_>, usize)> {
    let rest = bytes.get(offset..)?;
    let Header { place, packed, end } = header(rest)?;
    let crc = u32::from_le_bytes(array(rest, 0)?);
    if crc != crc32fast::hash(&rest[4..end]) {
        return None;
    }
    let at = Timestamp::from_millisecond(i64::from_le_bytes(array(rest, 16)?)).ok()?;
    Some((Frame { place, at, packed, payload: &rest[HEADER..end] }, offset + end))
}

/// Where the next whole frame begins, past damage. `after` is the last place
/// that was seen.
pub(super) fn find(bytes: &[u8], offset: usize, after: u64) -> Option<usize> {
    (offset..(bytes.len() + 1).saturating_sub(HEADER)).find(|&at| {
        let fits = |it: Header| {
            let each = if it.packed { MOST } else { 1 };
            let most = ((at - offset) / HEADER + 1) * each;
            after < it.place && it.place <= after.saturating_add(most as u64)
        };
        header(&bytes[at..]).is_some_and(fits) && read(bytes, at).is_some()
    })
}

/// How many records a damaged end held, as far as their headers can be
/// believed; at least one.
pub(super) fn count(bytes: &[u8], mut offset: usize, after: u64) -> u64 {
    let mut count = 0;
    while let Some(it) = bytes.get(offset..).and_then(header) {
        if it.place != after.wrapping_add(count + 1) {
            break;
        }
        count += 1;
        offset += it.end;
    }
    count + u64::from(offset < bytes.len())
}

/// What stands before a payload, and where that ends.
struct Header {
    place: u64,
    packed: bool,
    end: usize,
}

/// The header of the frame that these bytes begin with, unchecked.
fn header(bytes: &[u8]) -> Option<Header> {
    let length = u32::from_le_bytes(array(bytes, 4)?);
    let packed = length & PACKED != 0;
    let length = usize::try_from(length & !PACKED).ok()?;
    let (place, end) = (u64::from_le_bytes(array(bytes, 8)?), HEADER + length);
    (length <= LONGEST && end <= bytes.len()).then_some(Header { place, packed, end })
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at + N)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn segment(first: u64, payloads: &[Vec<u8>]) -> Vec<u8> {
        let (mut bytes, packed) = (Vec::new(), false);
        for (place, payload) in (first..).zip(payloads) {
            write(&mut bytes, Frame { place, at: Timestamp::UNIX_EPOCH, packed, payload });
        }
        bytes
    }

    /// The places that can still be read.
    fn places(bytes: &[u8], first: u64) -> Vec<u64> {
        let (mut offset, mut last, mut places) = (0, first - 1, Vec::new());
        while offset < bytes.len() {
            match read(bytes, offset) {
                Some((frame, end)) => {
                    places.push(frame.place);
                    (offset, last) = (end, frame.place);
                }
                None => match find(bytes, offset, last) {
                    Some(next) => offset = next,
                    None => break,
                },
            }
        }
        places
    }

    proptest! {
        #[test]
        fn a_flipped_bit_costs_one_record_and_no_other(
            payloads in vec(vec(any::<u8>(), 0..90), 1..12),
            at: prop::sample::Index,
            bit in 0_u8..8,
        ) {
            let mut bytes = segment(7, &payloads);
            let at = at.index(bytes.len());
            bytes[at] ^= 1_u8 << bit;
            let mut hit = 0;
            let mut end = 0;
            for (index, payload) in payloads.iter().enumerate() {
                end += HEADER + payload.len();
                if at < end {
                    hit = index;
                    break;
                }
            }
            let expected: Vec<_> =
                (7..).zip(&payloads).map(|it| it.0).filter(|it| *it != 7 + hit as u64).collect();
            prop_assert_eq!(places(&bytes, 7), expected);
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in vec(any::<u8>(), 0..400), after: u64) {
            let _ = read(&bytes, 0);
            let _ = find(&bytes, 0, after);
            let _ = count(&bytes, 0, after.min(u64::MAX - 100));
        }
    }

    #[test]
    fn past_a_damaged_frame_of_many_the_next_one_of_many_is_found() {
        let mut bytes = Vec::new();
        for place in [256, 512, 768] {
            let frame = Frame { place, at: Timestamp::UNIX_EPOCH, packed: true, payload: &[9; 30] };
            write(&mut bytes, frame);
        }
        bytes[HEADER + 30 + HEADER] ^= 1;
        assert_eq!(find(&bytes, HEADER + 30, 256), Some(2 * (HEADER + 30)));
        assert!(read(&bytes, 0).unwrap().0.packed && places(&bytes, 1) == [256, 768]);
    }

    #[test]
    fn a_last_record_without_a_payload_is_found_past_damage() {
        let mut bytes = segment(7, &[vec![0; 3], vec![]]);
        bytes[0] ^= 1;
        assert_eq!(places(&bytes, 7), [8]);
    }

    #[test]
    fn a_damaged_end_is_counted_by_its_headers() {
        let mut bytes = segment(1, &[vec![1; 50], vec![2; 50], vec![3; 50]]);
        bytes[HEADER + 60 + HEADER] ^= 1;
        assert_eq!(count(&bytes, HEADER + 50, 1), 2);
        assert_eq!(count(&bytes[..bytes.len() - 1], HEADER + 50, 1), 2, "the third is cut");
        assert_eq!(count(&[0; 9], 0, 1), 1);
    }
}
