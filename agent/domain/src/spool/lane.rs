//! The places of one stream.

use std::collections::VecDeque;

use jiff::Timestamp;

/// Records that are kept and deleted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// The place of its first record.
    pub first: u64,
    /// The place of its last one.
    pub last: u64,
    /// What it takes.
    pub bytes: u64,
    /// When its newest record was written.
    pub newest: Timestamp,
    /// Whether it was packed, or cannot be packed any better.
    pub packed: bool,
}

/// How many losses are remembered with their reason; older ones stay holes.
const REASONS: usize = 256;

/// The numbers of one stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lane {
    /// The place before the epoch's number 1.
    pub(super) base: u64,
    /// The place that was acknowledged last.
    pub(super) acked: u64,
    /// The newest durable place.
    pub(super) tip: u64,
    /// The place that comes next, or 0 at the very beginning.
    pub(super) next: u64,
    /// How many records were lost since the lane was opened.
    pub(super) lost: u64,
    /// Whether the next record starts a block.
    pub(super) sealed: bool,
    pub(super) blocks: VecDeque<Block>,
    pub(super) losses: VecDeque<Loss>,
}

/// Like a gap, but in places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Loss {
    pub(super) from: u64,
    pub(super) through: u64,
    pub(super) reason: &'static str,
}

impl Lane {
    /// A lane as it was left: the epoch's base, the place that was
    /// acknowledged last, the blocks that are still there and the next place.
    pub fn restore(base: u64, acked: u64, next: u64, blocks: Vec<Block>) -> Self {
        let tip = blocks.last().map_or(0, |it| it.last).max(acked);
        let (blocks, next) = (blocks.into(), next.max(tip + 1));
        Self { base, acked: acked.max(base), tip, next, sealed: true, blocks, ..Self::default() }
    }

    pub(super) fn bytes(&self) -> u64 {
        self.blocks.iter().map(|it| it.bytes).sum()
    }

    pub(super) fn waiting_bytes(&self) -> u64 {
        self.blocks.iter().filter(|it| it.last > self.acked).map(|it| it.bytes).sum()
    }

    /// How many blocks stay although all up to a place, and so all of them, is
    /// acknowledged. The newest block is none of them.
    pub(super) fn spare(&self, place: u64) -> usize {
        let done = self.blocks.iter().take_while(|it| it.last <= place).count();
        done.min(self.blocks.len().saturating_sub(1))
    }

    /// Drops the oldest block if all of it is acknowledged. The newest block
    /// stays: records are still being added to it.
    pub(super) fn drop_spare(&mut self) -> Option<u64> {
        let is_spare = |it: &Block| it.last <= self.acked;
        if self.blocks.len() < 2 || !self.blocks.front().is_some_and(is_spare) {
            return None;
        }
        self.blocks.pop_front().map(|it| it.first)
    }

    pub(super) fn lose(&mut self, from: u64, through: u64, reason: &'static str) {
        self.lost += through + 1 - from;
        match self.losses.back_mut() {
            Some(last) if last.through + 1 == from && last.reason == reason => {
                last.through = through;
            }
            Some(_) | None => self.losses.push_back(Loss { from, through, reason }),
        }
        if self.losses.len() > REASONS {
            self.losses.pop_front();
        }
    }

    /// Drops the oldest block, if there is one.
    pub(super) fn drop_oldest(&mut self, reason: &'static str) -> Option<u64> {
        let block = self.blocks.pop_front()?;
        self.sealed |= self.blocks.is_empty();
        if block.last > self.acked {
            self.lose(block.first.max(self.acked + 1), block.last, reason);
        }
        Some(block.first)
    }
}
