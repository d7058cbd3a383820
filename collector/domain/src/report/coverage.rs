//! How much of a period is known at all.

use jiff::{SignedDuration, Timestamp};

use crate::{
    calendar::{self, Segment},
    daybook::PATIENCE,
    report::{HeardDay, Period},
};

/// How much of a period is known at all. What is not, no number speaks of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Nothing is known from before, if that is in the period.
    pub known_since: Option<Timestamp>,
    /// For how long since then nobody was listening.
    pub unheard: SignedDuration,
    /// How many days that touches.
    pub days: usize,
}

impl Coverage {
    /// Whether all of it is known.
    pub fn is_whole(&self) -> bool {
        *self == Self::default()
    }
}

/// How much is known of a period, up to `asked_at`.
pub(super) fn coverage(
    period: &Period,
    known_since: Timestamp,
    days: &[HeardDay],
    asked_at: Timestamp,
) -> Coverage {
    let within = period.within;
    // The newest note is a moment old.
    let to = asked_at.checked_sub(PATIENCE).unwrap_or(asked_at).min(within.to);
    let from = known_since.max(within.from);
    let mut coverage = Coverage {
        known_since: Some(known_since).filter(|it| *it > within.from),
        ..Coverage::default()
    };
    let mut day = period.first;
    while day <= period.last {
        let whole = calendar::days(&period.zone, day, day);
        let due = Segment { from: whole.from.max(from), to: whole.to.min(to) };
        if due.from < due.to {
            let heard = days.iter().find(|it| it.day == day).map(|it| it.heard);
            let unheard = due.lasts() - heard.unwrap_or_default().min(due.lasts());
            if unheard > PATIENCE {
                coverage.unheard += unheard;
                coverage.days += 1;
            }
        }
        let Ok(next) = day.tomorrow() else { break };
        day = next;
    }
    coverage
}
