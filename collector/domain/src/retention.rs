//! When the clock is believed that something is too old to be kept.
//!
//! Forgetting is the one thing that cannot be made good. A clock that comes up
//! a year ahead, as one with a dead battery may, would take all of history for
//! too old at once.
//!
//! # Not here
//!
//! How long what is kept is a setting.

use jiff::{SignedDuration, Timestamp};

/// Nothing is forgotten while the clock is further than this past what was
/// stored last. Collectors that were really off for so long are rare, and a
/// restart makes them forget.
pub const FARTHEST: SignedDuration = SignedDuration::from_hours(24 * 40);

/// The clock is too far ahead to be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the clock says {now}, but what was stored last is from {newest}; \
     if the clock is right, restart the collector"
)]
pub struct Leap {
    /// What the clock says.
    pub now: Timestamp,
    /// The time of what was stored last before the collector started.
    pub newest: Timestamp,
}

/// Whether the clock is good enough to forget by: of what was stored when the
/// collector started, the newest is of `newest`, and the collector has run for
/// `running` since.
pub fn believe(
    now: Timestamp,
    newest: Option<Timestamp>,
    running: SignedDuration,
) -> Result<(), Leap> {
    let Some(newest) = newest else { return Ok(()) };
    let ahead = now.duration_since(newest).saturating_sub(running);
    if ahead > FARTHEST { Err(Leap { now, newest }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_a_year_ahead_makes_nobody_forget() {
        let newest: Timestamp = "2026-03-02T00:00:00Z".parse().unwrap();
        let days = |count: i64| SignedDuration::from_hours(24 * count);
        let after = |count, running| believe(newest + days(count), Some(newest), days(running));
        assert_eq!(after(0, 0), Ok(()));
        assert_eq!(after(-400, 0), Ok(()), "one that is behind forgets too little");
        assert_eq!(after(40, 0), Ok(()), "it was off for a while");
        assert_eq!(after(41, 0), Err(Leap { now: newest + days(41), newest }));
        assert_eq!(after(365, 3).unwrap_err().newest, newest);
        assert_eq!(after(400, 399), Ok(()), "it has run for so long");
        assert_eq!(after(400, 300), Err(Leap { now: newest + days(400), newest }), "it jumped");
        assert_eq!(believe(newest, None, days(0)), Ok(()), "there is nothing to lose");
    }
}
