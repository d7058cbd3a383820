//! What a spool holds, as numbers.
//!
//! A [`Ledger`] counts; it never sees a record. A spool asks it for room before
//! it writes, tells it what has become durable, and deletes the blocks that it
//! names. So every spool keeps the same promises, whatever it writes to.
//!
//! A *place* counts a stream's records for as long as the spool exists. The
//! *number* that travels is the place minus the epoch's base, so a new epoch
//! renumbers everything in one step and moves nothing.
//!
//! # Invariants
//!
//! - A place is given once. What is dropped, refused or damaged keeps its
//!   place, and leaves a hole there: [`Ledger::gap`] is the declaration. Holes
//!   side by side are one gap.
//! - Only what is durable is offered for sending, and a hole only when
//!   something durable follows it. A crash therefore never takes back a number
//!   that somebody may have seen.
//! - Metrics make way for events, never the other way round.
//! - Events that are acknowledged stay for [`KEPT`], as long as nothing else
//!   needs their room: a collector that is restored from an older copy gets
//!   them again.
//! - Packing a block changes what it takes and nothing else.

mod lane;
mod marks;
mod packing;
#[cfg(test)]
mod tests;

use jiff::{SignedDuration, Timestamp};
use remit_shared::Stream;

use crate::spool::lane::Loss;
pub use crate::spool::{
    lane::{Block, Lane},
    marks::Marks,
};

/// How long events are kept once they are acknowledged.
pub const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// How much a spool may keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes, both streams together.
    pub max_bytes: u64,
    /// How old the newest record of a block may become.
    pub max_age: SignedDuration,
}

impl Limits {
    /// What metrics may take: the rest is the events' own.
    fn metrics(&self) -> u64 {
        self.max_bytes - (8 << 20).min(self.max_bytes / 8)
    }

    /// Past this no more metrics are taken in.
    fn nearly_full(&self) -> u64 {
        self.max_bytes / 10 * 9
    }
}

/// A block that must be deleted, named by its stream and first place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evicted {
    /// The block's stream.
    pub stream: Stream,
    /// The place of its first record.
    pub first: u64,
}

/// Whether there is room for a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// What must be deleted first.
    pub evicted: Vec<Evicted>,
    /// Whether the record may then be written.
    pub granted: bool,
}

/// Numbers that will never be sent as records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The first number that is lost.
    pub from: u64,
    /// The last one.
    pub through: u64,
    /// Why.
    pub reason: &'static str,
}

/// The newest numbers that may ever have been sent in this epoch, seen by a
/// process that has just opened the spool: all that it holds, if the process
/// before had a session; otherwise what that one had to reckon with. A
/// collector that knows of more has them from another spool.
pub fn may_be_sent(had_session: bool, before: Marks, last: Marks) -> Marks {
    if had_session { last } else { before.min(last) }
}

/// Why a spool that was full no longer has a record.
pub const FULL: &str = "spool full";
const TOO_OLD: &str = "too old";
const FORGOTTEN: &str = "acknowledged once, and missing at the collector";
const UNKNOWN: &str = "damaged, or dropped before a restart";

/// The numbers of both streams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger {
    limits: Limits,
    events: Lane,
    metrics: Lane,
}

impl Ledger {
    /// What is left of both lanes, under these limits.
    pub fn new(limits: Limits, events: Lane, metrics: Lane) -> Self {
        Self { limits, events, metrics }
    }

    fn lane(&self, stream: Stream) -> &Lane {
        match stream {
            Stream::Events => &self.events,
            Stream::Metrics => &self.metrics,
        }
    }

    fn lane_mut(&mut self, stream: Stream) -> &mut Lane {
        match stream {
            Stream::Events => &mut self.events,
            Stream::Metrics => &mut self.metrics,
        }
    }

    fn marks(&self, of: impl Fn(&Lane) -> u64) -> Marks {
        Marks { events: of(&self.events), metrics: of(&self.metrics) }
    }

    /// Looks for room for `bytes` more. Metrics give way to newer metrics and
    /// to events; events give way only to newer events.
    pub fn make_room(&mut self, stream: Stream, bytes: u64) -> Room {
        let mut evicted = Vec::new();
        let granted = loop {
            let (metrics, total) = (self.metrics.bytes() + bytes, self.bytes() + bytes);
            let (fits, from) = match stream {
                Stream::Metrics => (metrics <= self.limits.metrics(), Stream::Metrics),
                Stream::Events if self.metrics.blocks.is_empty() => {
                    (total <= self.limits.max_bytes, Stream::Events)
                }
                Stream::Events => (total <= self.limits.max_bytes, Stream::Metrics),
            };
            let granted = stream == Stream::Events || total <= self.limits.nearly_full();
            if fits && granted {
                break true;
            }
            // What the collector has goes before what it has not.
            if let Some(first) = self.events.drop_spare() {
                evicted.push(Evicted { stream: Stream::Events, first });
                continue;
            }
            if fits {
                break false;
            }
            match self.lane_mut(from).drop_oldest(FULL) {
                Some(first) => evicted.push(Evicted { stream: from, first }),
                None => break false,
            }
        };
        Room { evicted, granted }
    }

    /// The place that the next record gets.
    pub fn next(&self, stream: Stream) -> u64 {
        self.lane(stream).next.max(1)
    }

    /// A record has become durable at [`next`](Self::next).
    pub fn append(&mut self, stream: Stream, bytes: u64, at: Timestamp) {
        let place = self.next(stream);
        let lane = self.lane_mut(stream);
        lane.next = place + 1;
        lane.tip = place;
        match lane.blocks.back_mut() {
            Some(block) if !lane.sealed => {
                block.last = place;
                block.bytes += bytes;
                block.newest = block.newest.max(at);
            }
            Some(_) | None => {
                lane.blocks.push_back(Block {
                    first: place,
                    last: place,
                    bytes,
                    newest: at,
                    packed: false,
                });
                lane.sealed = false;
            }
        }
    }

    /// The next record starts a new block.
    pub fn seal(&mut self, stream: Stream) {
        self.lane_mut(stream).sealed = true;
    }

    /// What the block takes that the next record joins; `None` if it starts one.
    pub fn open_block(&self, stream: Stream) -> Option<u64> {
        let lane = self.lane(stream);
        lane.blocks.back().filter(|_| !lane.sealed).map(|it| it.bytes)
    }

    /// So many records could not be kept. Their places stay theirs.
    pub fn lose(&mut self, stream: Stream, count: u64, reason: &'static str) {
        if count > 0 {
            let from = self.next(stream);
            let lane = self.lane_mut(stream);
            lane.next = from + count;
            lane.lose(from, from + count - 1, reason);
        }
    }

    /// Drops what is too old, and events that were acknowledged long ago.
    pub fn expire(&mut self, now: Timestamp) -> Vec<Evicted> {
        let Ok(oldest) = now.checked_sub(self.limits.max_age) else { return Vec::new() };
        let mut evicted = Vec::new();
        for stream in Stream::ALL.iter().copied() {
            let lane = self.lane_mut(stream);
            while lane.blocks.front().is_some_and(|it| it.newest < oldest) {
                let first = lane.drop_oldest(TOO_OLD);
                evicted.extend(first.map(|first| Evicted { stream, first }));
            }
        }
        let kept_since = now.checked_sub(KEPT).unwrap_or(Timestamp::MIN);
        while self.events.blocks.front().is_some_and(|it| it.newest < kept_since)
            && let Some(first) = self.events.drop_spare()
        {
            evicted.push(Evicted { stream: Stream::Events, first });
        }
        evicted
    }

    /// Everything up to these numbers is the collector's. Never goes back.
    pub fn acknowledge(&mut self, through: Marks) -> Vec<Evicted> {
        let mut evicted = Vec::new();
        for stream in Stream::ALL.iter().copied() {
            let lane = self.lane_mut(stream);
            let place = lane.base.saturating_add(through.of(stream)).min(lane.tip);
            lane.acked = lane.acked.max(place);
            let done = |it: &Loss| it.through <= place;
            while lane.losses.front().is_some_and(done) {
                lane.losses.pop_front();
            }
            // Events wait for `expire`, or for somebody who needs the room.
            while stream == Stream::Metrics
                && let Some(first) = lane.drop_spare()
            {
                evicted.push(Evicted { stream, first });
            }
        }
        evicted
    }

    /// How many blocks stay although all of each is acknowledged. When there is
    /// one more, the places should be made durable, as before deleting it: else
    /// it would look as if it waited, after a crash.
    pub fn spare(&self) -> usize {
        self.events.spare(self.events.acked)
    }

    /// Whether [acknowledging](Self::acknowledge) this is the end of a block, of which
    /// the disk must hear. Mostly it is not.
    pub fn frees(&self, through: Marks) -> bool {
        Stream::ALL.iter().copied().any(|stream| {
            let lane = self.lane(stream);
            let place = lane.base.saturating_add(through.of(stream)).min(lane.tip);
            lane.spare(place.max(lane.acked)) != lane.spare(lane.acked)
        })
    }

    /// A new session goes on after these numbers. If the collector knows less
    /// than it once acknowledged, what is still here is offered again and the
    /// rest is declared lost.
    pub fn resume(&mut self, through: Marks) -> Vec<Evicted> {
        for stream in Stream::ALL.iter().copied() {
            let lane = self.lane_mut(stream);
            let place = lane.base.saturating_add(through.of(stream));
            if place < lane.acked {
                let kept = lane.blocks.front().map_or(lane.next.max(1), |it| it.first);
                if kept > place + 1 {
                    let through = (kept - 1).min(lane.acked);
                    lane.losses.push_front(Loss { from: place + 1, through, reason: FORGOTTEN });
                }
                lane.acked = place;
            }
        }
        self.acknowledge(through)
    }

    /// Begins a new epoch: everything up to `applied` is done with, and what
    /// comes after it is counted from 1.
    pub fn renumber(&mut self, applied: Marks) -> Vec<Evicted> {
        let evicted = self.acknowledge(applied);
        for lane in [&mut self.events, &mut self.metrics] {
            lane.base = lane.acked;
        }
        evicted
    }

    /// The place to look for after `number`, and the number that it has;
    /// `None` if nothing durable comes after.
    pub fn after(&self, stream: Stream, number: u64) -> Option<u64> {
        let lane = self.lane(stream);
        let place = lane.base.saturating_add(number).max(lane.acked).saturating_add(1);
        (place <= lane.tip).then_some(place)
    }

    /// The oldest block with a record at this place or after it.
    pub fn holding(&self, stream: Stream, place: u64) -> Option<Block> {
        self.lane(stream).blocks.iter().find(|it| it.last >= place).copied()
    }

    /// The number of a place in this epoch.
    pub fn number(&self, stream: Stream, place: u64) -> u64 {
        place.saturating_sub(self.lane(stream).base)
    }

    /// The loss to declare if a record is wanted at one place and the next one
    /// that exists is at another.
    pub fn gap(&self, stream: Stream, wanted: u64, found: u64) -> Option<Gap> {
        let overlaps = |it: &&Loss| it.from < found && it.through >= wanted;
        let reason = self.lane(stream).losses.iter().find(overlaps).map_or(UNKNOWN, |it| it.reason);
        let number = |place| self.number(stream, place);
        (wanted < found).then(|| Gap { from: number(wanted), through: number(found - 1), reason })
    }

    /// The newest numbers that may be sent.
    pub fn last(&self) -> Marks {
        self.marks(|it| it.tip.saturating_sub(it.base))
    }

    /// The numbers that were acknowledged last.
    pub fn acked(&self) -> Marks {
        self.marks(|it| it.acked - it.base)
    }

    /// The places that must survive a restart: base, acknowledged, next.
    pub fn places(&self, stream: Stream) -> (u64, u64, u64) {
        let lane = self.lane(stream);
        (lane.base, lane.acked, self.next(stream))
    }

    /// How many records wait, counting those in holes.
    pub fn queued(&self) -> u64 {
        let waiting = self.marks(|it| it.tip.saturating_sub(it.acked));
        waiting.events + waiting.metrics
    }

    /// How many records were lost since the ledger was opened.
    pub fn lost(&self) -> Marks {
        self.marks(|it| it.lost)
    }

    /// Bytes of the blocks in which something waits.
    pub fn waiting_bytes(&self) -> u64 {
        self.events.waiting_bytes() + self.metrics.waiting_bytes()
    }

    /// Bytes in both streams.
    pub fn bytes(&self) -> u64 {
        self.events.bytes() + self.metrics.bytes()
    }
}
