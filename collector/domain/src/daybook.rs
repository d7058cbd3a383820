//! How things stood at the end of each day, and how much of the day was heard.
//!
//! What an endpoint says of its updates and backups replaces what it said
//! before, so a report on a month needs somebody who writes down each evening
//! how things stand. [`note`] does so again and again through the day: the last
//! note of a day is its evening, also if the collector did not live to see it.
//!
//! # Invariants
//!
//! - A day is one where the tenant is, and is as long as the clocks there make it.
//! - Time counts as heard only if there is a note at either end of it and no
//!   more than [`PATIENCE`] between them. A clock that is set forward hears nothing.
//! - What is not known is counted as not known, never as in order.
//!
//! # Not here
//!
//! What a scan means is [`detect`](crate::detect)'s business; what a period was
//! like, [`report`](crate::report)'s.

mod count;
#[cfg(test)]
mod tests;

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use remit_shared::Tenant;

pub use crate::daybook::count::count;
use crate::{
    calendar,
    report::{BackupDay, PatchDay},
};

/// A silence of the collector that is shorter is none: it was started again.
pub const PATIENCE: SignedDuration = SignedDuration::from_mins(5);

/// How one day was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// The customer environment.
    pub tenant: Tenant,
    /// Which day.
    pub day: Date,
    /// When it was last noted.
    pub noted_at: Timestamp,
    /// For how much of it the collector was listening.
    pub heard: SignedDuration,
    /// How things stood then.
    pub standing: Standing,
}

/// How things stand, in the books of one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// How many endpoints there are.
    pub endpoints: usize,
    /// How patches stand, in endpoints.
    pub patches: PatchDay,
    /// How backups stand, in jobs, and in servers without one.
    pub backups: BackupDay,
}

/// Writes down how things stand now; `last` is the newest day that is known, and
/// `standing` counts for the day it is given. Gives the days that have changed,
/// in their order: none if the clock was set back, two over midnight.
pub fn note(
    tenant: &Tenant,
    zone: &TimeZone,
    last: Option<&Day>,
    standing: impl FnOnce(Date) -> Standing,
    now: Timestamp,
) -> Vec<Day> {
    let today = zone.to_datetime(now).date();
    let day = |heard| {
        let (tenant, standing) = (tenant.clone(), standing(today));
        Day { tenant, day: today, noted_at: now, heard, standing }
    };
    let Some(last) = last else { return vec![day(SignedDuration::ZERO)] };
    let since = now.duration_since(last.noted_at);
    if since <= SignedDuration::ZERO || last.day > today {
        return Vec::new();
    }
    let was_heard = since <= PATIENCE;
    if last.day == today {
        return vec![day(if was_heard { last.heard + since } else { last.heard })];
    }
    let midnight = calendar::days(zone, today, today).from;
    if !was_heard {
        return vec![day(SignedDuration::ZERO)];
    }
    let evening = midnight.duration_since(last.noted_at);
    let yesterday = Day { noted_at: midnight, heard: last.heard + evening, ..last.clone() };
    vec![yesterday, day(now.duration_since(midnight))]
}
