//! Which night belongs to which business day.

use jiff::{SignedDuration, Timestamp, civil::Date};

use crate::{
    calendar::{self, Calendar, HORIZON, SOON, Segment},
    shift::NightAlert,
};

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// The night that a business day ends: from the last closing time to the day's
/// first opening. `None` if the office does not open on that day.
pub fn night(calendar: &Calendar, day: Date) -> Option<Segment> {
    let opens = opening(calendar, day)?;
    let nights = [SOON, HORIZON].into_iter().map(|ago| {
        let within = Segment { from: before(opens, ago), to: opens };
        let open = calendar::segments(calendar, within);
        open.iter().last().map(|it| Segment { from: it.to, to: opens })
    });
    // Who has not worked for a year begins with today's opening hours.
    Some(nights.flatten().next().unwrap_or(Segment { from: before(opens, DAY), to: opens }))
}

/// When the office opens on a day for the first time. Hours that go on from the
/// day before are no opening.
pub fn opening(calendar: &Calendar, day: Date) -> Option<Timestamp> {
    let date = calendar::days(&calendar.zone, day, day);
    let open = calendar::segments(calendar, Segment { from: before(date.from, DAY), to: date.to });
    open.iter().map(|it| it.from).find(|it| date.contains(*it))
}

/// The business day whose shift is to be finished next: the one after `last`,
/// or the first that is yet to begin. `None` if the office never opens, or
/// never shuts.
pub fn next_day(calendar: &Calendar, last: Option<Date>, now: Timestamp) -> Option<Date> {
    let first = match last {
        Some(it) => it.tomorrow().ok()?,
        None => calendar.zone.to_datetime(now).date(),
    };
    let is_next =
        |it: &Date| opening(calendar, *it).is_some_and(|opens| last.is_some() || opens >= now);
    let days = usize::try_from(HORIZON.as_hours() / 24).unwrap_or(usize::MAX);
    std::iter::successors(Some(first), |it| it.tomorrow().ok()).take(days).find(is_next)
}

/// The alerts that were there at any time of a night, by when they were
/// received.
pub fn members(alerts: &[NightAlert], night: Segment) -> impl Iterator<Item = &NightAlert> {
    alerts.iter().filter(move |it| {
        let is_over = it.over.is_some_and(|over| over.at <= night.from);
        night.contains(it.received_at) || (it.received_at < night.from && !is_over)
    })
}

fn before(at: Timestamp, ago: SignedDuration) -> Timestamp {
    at.checked_sub(ago).unwrap_or(Timestamp::MIN)
}
