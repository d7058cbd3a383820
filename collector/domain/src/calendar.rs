//! Business time: when an hour counts and when it does not.
//!
//! A [`Calendar`] is written in the time on somebody's wall and asked in
//! instants. Everything in between is [`segments`], which translates the wall
//! hours of an interval to half-open stretches of UTC; the other functions are
//! readings of it.
//!
//! # Invariants
//!
//! - Windows are half-open: at 17:00:00 an office that closes at 17:00 is shut.
//! - A wall time that the clocks skip is read with the offset before the gap
//!   (02:30 becomes 03:30); one that they repeat is its first occurrence.
//! - A holiday closes its whole date, whatever window that would cut.
//! - Segments are sorted, apart from one another and never empty.
//!
//! # Not here
//!
//! Whose hours they are, and what follows from them, is the matrix's business.

mod hours;
mod segments;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, Time, Weekday},
    tz::TimeZone,
};
use remit_shared::CalendarName;

pub use crate::calendar::{
    hours::{HoursError, parse_hours},
    segments::{Segment, Segments},
};

/// How far ahead anything is looked for before the answer is "never": a year,
/// and enough more that every yearly date has come by.
pub const HORIZON: SignedDuration = SignedDuration::from_hours(400 * 24);

/// How far ahead the answer nearly always lies; looked at first.
pub(crate) const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);

/// When somebody works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// What it is called.
    pub name: CalendarName,
    /// Where the clock on the wall hangs.
    pub zone: TimeZone,
    /// Opening hours of a week without holidays, in any order.
    pub hours: Vec<Window>,
    /// Days off, each with what it is called.
    pub holidays: BTreeMap<Date, String>,
}

/// Opening hours of one weekday. What passes midnight is two of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The day.
    pub day: Weekday,
    /// The first moment that counts.
    pub opens: Time,
    /// The first moment that no longer counts; midnight is the day's end.
    pub closes: Time,
}

impl Calendar {
    /// The IANA name of the zone.
    pub fn zone_name(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }

    /// What the calendar's date at an instant is called, if it is a holiday.
    pub fn holiday(&self, at: Timestamp) -> Option<&str> {
        self.holidays.get(&self.zone.to_datetime(at).date()).map(String::as_str)
    }

    /// Opening hours of one date, as instants.
    fn opening(&self, date: Date) -> impl Iterator<Item = Segment> {
        let works = !self.holidays.contains_key(&date);
        let windows = self.hours.iter().filter(move |it| works && it.day == date.weekday());
        windows.filter_map(move |it| {
            let from = instant(&self.zone, date, it.opens);
            let to = match it.closes == Time::midnight() {
                true => midnight_after(&self.zone, date),
                false => instant(&self.zone, date, it.closes),
            };
            // Empty if the clocks skip over all of it.
            (from < to).then_some(Segment { from, to })
        })
    }
}

/// Whether the calendar is open at an instant.
pub fn is_open(calendar: &Calendar, at: Timestamp) -> bool {
    // A window that the clocks push past midnight belongs to yesterday.
    let date = calendar.zone.to_datetime(at).date();
    let dates = [date.yesterday().unwrap_or(date), date];
    dates.into_iter().flat_map(|it| calendar.opening(it)).any(|it| it.contains(at))
}

/// When the calendar is open between two instants.
pub fn segments(calendar: &Calendar, within: Segment) -> Segments {
    dates(&calendar.zone, within)
        .flat_map(|it| calendar.opening(it))
        .collect::<Segments>()
        .within(within)
}

/// The calendar's holidays between two instants, each from midnight to midnight.
pub fn holidays(calendar: &Calendar, within: Segment) -> Segments {
    let days = calendar.holidays.keys().map(|it| days(&calendar.zone, *it, *it));
    days.collect::<Segments>().within(within)
}

/// From the midnight before one date to the midnight after another.
pub fn days(zone: &TimeZone, first: Date, last: Date) -> Segment {
    Segment { from: instant(zone, first, Time::midnight()), to: midnight_after(zone, last) }
}

/// The first instant after `after` at which the calendar opens or closes;
/// `None` if it does neither within the [`HORIZON`].
pub fn next_change(calendar: &Calendar, after: Timestamp) -> Option<Timestamp> {
    [SOON, HORIZON].into_iter().find_map(|ahead| {
        let within = Segment::ahead(after, ahead);
        let open = segments(calendar, within);
        open.edges().find(|it| *it > after && *it < within.to)
    })
}

/// How much of the time between two instants counts.
pub fn elapsed(calendar: &Calendar, within: Segment) -> SignedDuration {
    segments(calendar, within).total()
}

/// The instant at which `budget` of business time, counted from `from`, is
/// used up; `None` if the calendar does not give that much within the
/// [`HORIZON`].
pub fn deadline(calendar: &Calendar, from: Timestamp, budget: SignedDuration) -> Option<Timestamp> {
    [SOON, HORIZON].into_iter().find_map(|ahead| {
        let mut left = budget.max(SignedDuration::ZERO);
        let open = segments(calendar, Segment::ahead(from, ahead));
        open.iter().find_map(|it| {
            let enough = left <= it.lasts();
            let due = enough.then(|| it.from + left);
            left -= it.lasts();
            due
        })
    })
}

/// Every date that an interval touches, and the one before it: a window that
/// the clocks push past midnight belongs to yesterday.
fn dates(zone: &TimeZone, within: Segment) -> impl Iterator<Item = Date> {
    let first = zone.to_datetime(within.from).date();
    let last = zone.to_datetime(within.to).date();
    let first = first.yesterday().unwrap_or(first);
    std::iter::successors(Some(first), |it| it.tomorrow().ok()).take_while(move |it| *it <= last)
}

fn midnight_after(zone: &TimeZone, date: Date) -> Timestamp {
    match date.tomorrow() {
        Ok(next) => instant(zone, next, Time::midnight()),
        Err(_end_of_time) => Timestamp::MAX,
    }
}

/// The instant of a wall time: before a gap's offset, a fold's first.
fn instant(zone: &TimeZone, date: Date, time: Time) -> Timestamp {
    // Only dates at either end of what jiff can count have no instant.
    let end = if date.year() < 0 { Timestamp::MIN } else { Timestamp::MAX };
    zone.to_timestamp(date.to_datetime(time)).unwrap_or(end)
}
