//! Whether the collector's own clock can be believed.
//!
//! Deadlines go by the wall clock, which somebody may set; silence is measured
//! by one that only runs on. [`look`] compares how far both have gone. That a
//! clock is brought right slowly, as time servers do it, is no jump: not even
//! a tenth of the time that passes is one between two looks.
//!
//! A machine that slept has a wall clock that is right and went ahead at once.
//! Where the system says how long it slept, that is told for what it is: nobody
//! was watched meanwhile.
//!
//! # Invariants
//!
//! - What is told ends by itself: when the clock is back where it would be, or
//!   when it has run evenly for [`EVENLY`]. Whether it was wrong before a jump
//!   or after, it cannot say.
//! - A look that could not be told of is forgotten, and the next one finds the
//!   same.
//!
//! # Not here
//!
//! That a step is taken once however the clock is set: alerts remember what
//! was done. Time is not held still until a clock that was set back has caught
//! up, since nothing that is due would be done so long.

mod tell;
#[cfg(test)]
mod tests;

use jiff::{SignedDuration, Timestamp};

/// The check that speaks of the collector's clock.
pub const COLLECTOR_CLOCK: &str = "collector-clock";

/// By so much both clocks may differ from one look to the next.
pub const JUMP: SignedDuration = SignedDuration::from_secs(2);

/// A clock that has run evenly for so long is believed again.
pub const EVENLY: SignedDuration = SignedDuration::from_hours(1);

/// What the clocks show at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The wall clock.
    pub wall: Timestamp,
    /// The one that only runs on.
    pub running: SignedDuration,
    /// How long the machine has slept, which that one leaves out.
    pub slept: SignedDuration,
}

/// How the clocks have gone so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timekeeping {
    last: Reading,
    /// How far ahead the wall clock is of where it would be.
    off: SignedDuration,
    /// When it was last found wrong, by the clock that only runs on.
    wrong_at: Option<SignedDuration>,
}

/// What there is to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The wall clock went somewhere else.
    Set {
        /// By how much, ahead or back.
        by: SignedDuration,
        /// How far ahead it is now of where it would be.
        off: SignedDuration,
    },
    /// The machine slept.
    Slept(SignedDuration),
    /// The wall clock is back where it would be.
    Right,
    /// It has run evenly for long.
    Even,
}

impl Timekeeping {
    /// From a first look on. `is_told` if an earlier life of the collector told
    /// that the clock is wrong.
    pub fn begin(now: Reading, is_told: bool) -> Self {
        let wrong_at = is_told.then_some(now.running);
        Self { last: now, off: SignedDuration::ZERO, wrong_at }
    }
}

/// Compares how far the clocks have gone since the last look.
pub fn look(before: &Timekeeping, now: Reading) -> (Timekeeping, Option<Verdict>) {
    let Timekeeping { last, off, wrong_at } = *before;
    let ran = now.running.saturating_sub(last.running);
    let slept = now.slept.saturating_sub(last.slept);
    let by = now.wall.duration_since(last.wall).saturating_sub(ran).saturating_sub(slept);
    let is_over = wrong_at.is_some_and(|it| now.running.saturating_sub(it) >= EVENLY);
    let (off, wrong_at, verdict) = if is_jump(by) {
        let off = off.saturating_add(by);
        if is_jump(off) {
            (off, Some(now.running), Some(Verdict::Set { by, off }))
        } else {
            (SignedDuration::ZERO, None, Some(Verdict::Right))
        }
    } else if is_jump(slept) {
        (off, Some(now.running), Some(Verdict::Slept(slept)))
    } else if is_over {
        (SignedDuration::ZERO, None, Some(Verdict::Even))
    } else {
        (off, wrong_at, None)
    };
    (Timekeeping { last: now, off, wrong_at }, verdict)
}

fn is_jump(length: SignedDuration) -> bool {
    length.unsigned_abs() > JUMP.unsigned_abs()
}
