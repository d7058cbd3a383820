//! Packing a segment that waits long: names once for many records, differences
//! instead of values, and LZ4 for what still repeats itself.
//!
//! A packed frame that is damaged costs all of its records, so it holds
//! [`MOST`] at the most. The ledger says [when](remit_agent_domain::spool).

use std::fs;

use lz4_flex::block::{compress_prepend_size, decompress_size_prepended};
use remit_proto::convert::report;
use remit_runtime::files;
use remit_shared::{Record, Stream};

use crate::spool::{
    LONGEST, SpoolError, reading,
    segments::{
        SegmentSpool,
        frame::{self, Frame, MOST},
    },
};

/// How many bytes of plain records become one frame: as much is in memory at
/// once, spelled out.
const GROUP: u64 = LONGEST as u64 / 2;

impl SegmentSpool {
    /// Packs one segment, if it is time to.
    pub(super) fn pack_one(&mut self) -> Result<(), SpoolError> {
        let Some(block) = self.ledger.to_pack() else { return Ok(()) };
        let path = self.path(Stream::Metrics, block.first);
        let plain = fs::read(&path).map_err(|err| SpoolError::io("read", path.clone(), err))?;
        let mut bytes = block.bytes;
        if let Some(packed) = packed(&plain).filter(|it| it.len() < plain.len()) {
            match files::write_private(&path, &packed).map_err(SpoolError::from) {
                Ok(()) => {
                    bytes = packed.len() as u64;
                    self.metrics.read = None;
                }
                // A disk without room for this is not asked again and again.
                Err(SpoolError::NoSpace { .. }) => {}
                Err(err) => return Err(err),
            }
        }
        self.ledger.packed(block.first, bytes);
        Ok(())
    }
}

/// The records of a frame in the order of their places, which are their
/// numbers, and about how many bytes each takes. What makes no sense is left
/// out.
pub(super) fn records(frame: Frame<'_>) -> Vec<(Record, u64)> {
    if frame.packed {
        unpack(frame.payload).unwrap_or_default()
    } else {
        reading::decode(frame.payload, frame.place).into_iter().collect()
    }
}

/// What stands in a packed frame's payload.
fn unpack(payload: &[u8]) -> Option<Vec<(Record, u64)>> {
    // The length is what will be allocated.
    let length = u32::from_le_bytes(*payload.first_chunk()?);
    if length as usize > LONGEST {
        return None;
    }
    report::unpack(&decompress_size_prepended(payload).ok()?).ok()
}

/// The same records in fewer bytes. None if any of them cannot be read, or
/// would not come out as it went in.
pub(in crate::spool) fn packed(plain: &[u8]) -> Option<Vec<u8>> {
    let (mut out, mut at) = (Vec::new(), 0);
    while at < plain.len() {
        let (mut group, mut size) = (Vec::new(), 0);
        while at < plain.len() && size < GROUP && group.len() < MOST {
            let (frame, next) = frame::read(plain, at)?;
            let (record, bytes) = reading::decode(frame.payload, frame.place)?;
            if frame.packed || (size + bytes > GROUP && !group.is_empty()) {
                break;
            }
            group.push(record);
            (size, at) = (size + bytes, next);
        }
        let last = group.last()?;
        let payload = compress_prepend_size(&report::pack(&group));
        let again = unpack(&payload)?;
        if payload.len() > LONGEST || !again.iter().map(|it| &it.0).eq(&group) {
            return None;
        }
        let frame = Frame { place: last.seq, at: last.at, packed: true, payload: &payload };
        frame::write(&mut out, frame);
    }
    Some(out)
}
