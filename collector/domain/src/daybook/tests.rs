use jiff::{civil::date, tz::TimeZone};
use remit_shared::Tenant;

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn standing(ok: usize) -> impl FnOnce(Date) -> Standing {
    move |day| Standing {
        endpoints: ok,
        patches: PatchDay { compliant: ok, ..PatchDay::none(day) },
        backups: BackupDay { ok, ..BackupDay::none(day) },
    }
}

/// Notes every minute of a stretch of time; gives every day as it was last noted.
fn keep(days: Vec<Day>, from: &str, minutes: i64) -> Vec<Day> {
    let (tenant, zone) = (Tenant::new("acme").unwrap(), TimeZone::get("America/New_York").unwrap());
    (0..=minutes).fold(days, |mut days, minute| {
        let now = at(from) + SignedDuration::from_mins(minute);
        for it in note(&tenant, &zone, days.last(), standing(minute as usize), now) {
            days.retain(|known| known.day != it.day);
            days.push(it);
        }
        days
    })
}

fn heard(days: &[Day]) -> Vec<i64> {
    days.iter().map(|it| it.heard.as_mins()).collect()
}

#[test]
fn the_last_note_of_a_day_is_its_evening() {
    let days = keep(vec![], "2026-11-17T22:00-05:00", 4 * 60);
    assert_eq!(
        days.iter().map(|it| it.day).collect::<Vec<_>>(),
        [date(2026, 11, 17), date(2026, 11, 18)]
    );
    assert_eq!((days[0].standing.endpoints, days[1].standing.endpoints), (119, 240));
    assert_eq!(days[0].standing.patches.day, days[0].day);
    assert_eq!(heard(&days), [120, 120]);
}

#[test]
fn a_silence_is_not_heard_and_a_restart_is_none() {
    let morning = keep(vec![], "2026-11-17T08:00-05:00", 60);
    let again = keep(morning, "2026-11-17T09:04-05:00", 56);
    assert_eq!(heard(&again), [120]);
    let late = keep(again, "2026-11-17T12:00-05:00", 60);
    assert_eq!(heard(&late), [180]);
    let tomorrow = keep(late, "2026-11-18T09:00-05:00", 30);
    assert_eq!(heard(&tomorrow), [180, 30]);
}

#[test]
fn a_day_is_as_long_as_the_clocks_make_it() {
    let days = keep(vec![], "2026-10-31T23:59-04:00", 26 * 60 + 2);
    assert_eq!(heard(&days), [1, 25 * 60, 61]);
}

#[test]
fn a_clock_that_is_set_back_changes_nothing() {
    let days = keep(vec![], "2026-11-17T08:00-05:00", 60);
    assert_eq!(keep(days.clone(), "2026-11-16T08:00-05:00", 60), days);
    assert_eq!(keep(days.clone(), "2026-11-17T08:00-05:00", 30), days);
}
