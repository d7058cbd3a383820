//! Reading on where the last reading ended.
//!
//! Damage is passed over here; that something is missing shows in the places.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
};

use remit_agent_domain::spool::Block;
use remit_shared::Stream;

use crate::spool::{
    SpoolError,
    reading::Gathering,
    segments::{SegmentSpool, frame, pack::records},
};

/// How much of a segment is read at once.
const CHUNK: u64 = 64 << 10;

/// Where a reading ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    /// The segment, by its first place.
    segment: u64,
    /// The place that comes next.
    wanted: u64,
    /// Where to look for it.
    offset: u64,
}

impl SegmentSpool {
    /// Gathers what the stream holds from `wanted` on. Gives where it stopped.
    pub(super) fn read_from(
        &self,
        gathering: &mut Gathering<'_>,
        stream: Stream,
        mut wanted: u64,
        mut cursor: Option<Cursor>,
    ) -> Result<Option<Cursor>, SpoolError> {
        let mut place = wanted;
        while let Some(block) = self.ledger.holding(stream, place) {
            let known = cursor.filter(|it| (it.segment, it.wanted) == (block.first, wanted));
            let mut offset = known.map_or(0, |it| it.offset);
            let path = self.path(stream, block.first);
            let io = |err| SpoolError::io("read", path.clone(), err);
            let mut file = File::open(&path).map_err(io)?;
            while offset < block.bytes {
                let bytes = chunk(&mut file, &block, offset).map_err(io)?;
                let mut at = 0;
                while at < bytes.len() {
                    let Some((frame, end)) = frame::read(&bytes, at) else {
                        // Cut by the chunk's end, unless that is the segment's.
                        if at > 0 && offset + (bytes.len() as u64) < block.bytes {
                            break;
                        }
                        at = frame::find(&bytes, at, place - 1).unwrap_or(bytes.len());
                        continue;
                    };
                    let news = if frame.place < wanted { Vec::new() } else { records(frame) };
                    for (record, length) in news {
                        if record.seq < wanted {
                            continue;
                        }
                        if !gathering.is_open() {
                            let offset = offset + at as u64;
                            return Ok(Some(Cursor { segment: block.first, wanted, offset }));
                        }
                        let place = record.seq;
                        gathering.take(wanted, record, length);
                        wanted = place + 1;
                    }
                    (place, at) = (frame.place + 1, end);
                }
                offset += at as u64;
            }
            cursor = Some(Cursor { segment: block.first, wanted, offset });
            place = block.last + 1;
        }
        Ok(cursor)
    }
}

/// The segment's bytes from `offset` on: a chunk, or all that is left if no
/// whole frame fits into one.
fn chunk(file: &mut File, block: &Block, offset: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(offset))?;
    file.take(CHUNK.min(block.bytes - offset)).read_to_end(&mut bytes)?;
    if frame::read(&bytes, 0).is_none() {
        file.take((block.bytes - offset).saturating_sub(bytes.len() as u64))
            .read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}
