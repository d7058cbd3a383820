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
//! - A holiday closes its whole date, whatever window that would cut. It may
//!   be listed, come every year, or follow from [`HolidayRules`]; a listed one
//!   gives the date its name.
//! - An exception says all hours of its date, holiday or not. It does not take
//!   the holiday's name away.
//! - Segments are sorted, apart from one another and never empty.
//!
//! # Not here
//!
//! Whose hours they are, and what follows from them, is the matrix's business.

mod holiday;
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
    holiday::{HolidayRules, HolidayRulesError, YearDay, YearDayError},
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
    /// Days off of every year, each with what it is called.
    pub yearly: BTreeMap<YearDay, String>,
    /// More days off, by rule.
    pub holiday_rules: Option<HolidayRules>,
    /// Dates with hours of their own.
    pub exceptions: BTreeMap<Date, Exception>,
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

/// The hours of one date, in place of its weekday's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exception {
    /// Why: `stocktaking`.
    pub title: String,
    /// The only hours that count on that date; none, and it is shut.
    pub hours: Vec<Hours>,
}

/// Opening hours of one date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Hours {
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
        self.holiday_on(self.zone.to_datetime(at).date())
    }

    /// What a date is called, if it is a holiday.
    pub fn holiday_on(&self, date: Date) -> Option<&str> {
        let yearly = || YearDay::kept_on(date).find_map(|it| self.yearly.get(&it));
        let listed = self.holidays.get(&date).or_else(yearly).map(String::as_str);
        listed.or_else(|| self.holiday_rules.and_then(|it| it.holiday(date)))
    }

    /// Opening hours of one date, as instants.
    fn opening(&self, date: Date) -> impl Iterator<Item = Segment> {
        let exception = self.exceptions.get(&date);
        let weekly = exception.is_none() && self.holiday_on(date).is_none();
        let weekly = weekly.then(|| hours_of(&self.hours, date)).into_iter().flatten();
        let special = exception.into_iter().flat_map(|it| it.hours.iter().copied());
        weekly.chain(special).filter_map(move |it| it.on(&self.zone, date))
    }
}

impl Hours {
    /// The hours of a date; `None` if the clocks skip over all of them.
    fn on(self, zone: &TimeZone, date: Date) -> Option<Segment> {
        let from = instant(zone, date, self.opens);
        let to = match self.closes == Time::midnight() {
            true => midnight_after(zone, date),
            false => instant(zone, date, self.closes),
        };
        (from < to).then_some(Segment { from, to })
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
    let off = dates(&calendar.zone, within).filter(|it| calendar.holiday_on(*it).is_some());
    off.map(|it| days(&calendar.zone, it, it)).collect::<Segments>().within(within)
}

/// When the hours of a week hold between two instants, holidays or not.
pub(crate) fn weekly(zone: &TimeZone, hours: &[Window], within: Segment) -> Segments {
    dates(zone, within)
        .flat_map(|date| hours_of(hours, date).filter_map(move |it| it.on(zone, date)))
        .collect::<Segments>()
        .within(within)
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

fn hours_of(hours: &[Window], date: Date) -> impl Iterator<Item = Hours> {
    let today = hours.iter().filter(move |it| it.day == date.weekday());
    today.map(|it| Hours { opens: it.opens, closes: it.closes })
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
pub(crate) fn instant(zone: &TimeZone, date: Date, time: Time) -> Timestamp {
    // Only dates at either end of what jiff can count have no instant.
    let end = if date.year() < 0 { Timestamp::MIN } else { Timestamp::MAX };
    zone.to_timestamp(date.to_datetime(time)).unwrap_or(end)
}
