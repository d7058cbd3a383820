//! When a window is open.

use jiff::{SignedDuration, Timestamp};

use crate::{
    calendar::{self, Segment},
    window::{Timing, Window},
};

/// The smallest step of time.
pub(super) const TICK: SignedDuration = SignedDuration::from_nanos(1);

/// How long it may take from writing `now` to asking for it.
pub(super) const ASKING: SignedDuration = SignedDuration::from_mins(5);

/// More occurrences than this are not looked at in one interval.
const MOST_OCCURRENCES: usize = 10_000;

/// The occurrences that have a part in an interval, earliest first, each as a
/// whole. Those of a window without end are bounded in number.
pub fn occurrences(window: &Window, within: Segment) -> Vec<Segment> {
    let from = before(within.from, window.spec.duration);
    let begun = starts(window, Segment { from, to: within.to });
    let open = begun.filter_map(|it| occurrence(window, it));
    open.filter(|it| within.from < it.to).take(MOST_OCCURRENCES).collect()
}

/// The occurrence that is open at an instant.
pub fn open_at(window: &Window, at: Timestamp) -> Option<Segment> {
    let from = before(at, window.spec.duration);
    let begun = starts(window, Segment { from, to: after(at, TICK) });
    begun.filter_map(|it| occurrence(window, it)).filter(|it| it.contains(at)).last()
}

/// The first occurrence that begins at an instant or later.
pub fn next_occurrence(window: &Window, from: Timestamp) -> Option<Segment> {
    let later = Segment { from, to: Timestamp::MAX };
    starts(window, later).find_map(|it| occurrence(window, it))
}

/// When the window would open in an interval if nobody ended or cancelled it.
fn starts(window: &Window, within: Segment) -> impl Iterator<Item = Timestamp> {
    // It changes nothing that was before it was asked for.
    let asked = before(window.requested_at, ASKING);
    let within = Segment { from: within.from.max(asked), ..within };
    let zone = &window.spec.zone;
    let (once, recurring) = match &window.spec.timing {
        Timing::Once { start } => {
            let at = calendar::instant(zone, start.date(), start.time());
            (within.contains(at).then_some(at), None)
        }
        Timing::Recurring(it) => (None, Some(it.instants(zone, within))),
    };
    once.into_iter().chain(recurring.into_iter().flatten())
}

/// What is left of the occurrence that begins at an instant.
fn occurrence(window: &Window, from: Timestamp) -> Option<Segment> {
    let ended = window.ended.as_ref().filter(|it| it.began == from).map(|it| it.ending.at);
    let cancelled = window.cancelled.as_ref().map(|it| it.at);
    let to = after(from, window.spec.duration);
    let to = [ended, cancelled].into_iter().flatten().fold(to, Ord::min);
    (from < to).then_some(Segment { from, to })
}

pub(super) fn before(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_sub(by).unwrap_or(Timestamp::MIN)
}

pub(super) fn after(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}
