//! When what waits long is packed more tightly.
//!
//! A record stands alone in its file, so that damage costs one. In a long
//! outage that is dear: most of it are the same names each time. So once
//! metrics take half of what they may, the oldest blocks are packed, one at a
//! time. Nothing is left out for that; packed blocks keep their places.

use remit_shared::Stream;

use crate::spool::{Block, Ledger};

impl Ledger {
    /// The block to pack next: the oldest one of metrics that is full, waits as
    /// a whole, and is not packed yet. None as long as there is much room.
    pub fn to_pack(&self) -> Option<Block> {
        let lane = self.lane(Stream::Metrics);
        if lane.bytes() <= self.limits.metrics() / 2 {
            return None;
        }
        let full = lane.blocks.len().saturating_sub(1);
        lane.blocks.iter().take(full).find(|it| !it.packed && it.first > lane.acked).copied()
    }

    /// The block of metrics that begins here takes so many bytes now, and is
    /// not packed again.
    pub fn packed(&mut self, first: u64, bytes: u64) {
        let blocks = &mut self.lane_mut(Stream::Metrics).blocks;
        if let Some(block) = blocks.iter_mut().find(|it| it.first == first) {
            block.bytes = bytes.min(block.bytes);
            block.packed = true;
        }
    }
}
