use jiff::civil::{Time, Weekday, date};
use proptest::prelude::*;
use remit_shared::Party;
use uuid::Uuid;

use super::*;
use crate::{
    calendar::{Calendar, Window},
    letter::Audience,
    sla::testing::{at, holder, mins, office},
};

fn tenant() -> Tenant {
    Tenant::new("acme").unwrap()
}

fn id(number: u128) -> AlertId {
    AlertId::from_uuid(Uuid::from_u128(number))
}

fn alert(number: u128, received_at: &str) -> NightAlert {
    NightAlert {
        alert: id(number),
        summary: format!("disk {number} is full"),
        severity: Severity::High,
        holder: holder("provider-noc"),
        received_at: at(received_at),
        over: None,
        said: None,
    }
}

fn known_until(expires_at: &str) -> Option<Said> {
    Some(Said::KnownIssue { link: "kni_1".into(), expires_at: at(expires_at) })
}

fn over(when: &str, by_human: bool) -> Option<Over> {
    Some(Over { at: at(when), by_human })
}

/// Tuesday, 3 March 2026, in New York.
fn tuesday() -> (Calendar, Shift) {
    (office("America/New_York"), Shift::new(tenant(), date(2026, 3, 3)))
}

/// Plays a shift, asked only when it wants to be asked.
fn play(calendar: &Calendar, shift: &Shift, alerts: &[NightAlert]) -> Vec<(Timestamp, Step)> {
    let mut steps: Vec<(Timestamp, Step)> = Vec::new();
    let mut shift = shift.clone();
    while let Some(due) = deadline(calendar, &shift) {
        let next = step(calendar, &shift, alerts, due);
        shift = next.shift.clone();
        steps.push((due, next));
    }
    steps
}

#[test]
fn e06_0800_disposition() {
    let (office, shift) = tuesday();
    let alerts = [
        NightAlert {
            over: over("2026-03-03T02:00-05:00", true),
            ..alert(1, "2026-03-03T01:00-05:00")
        },
        NightAlert { said: known_until("2026-04-01T00:00Z"), ..alert(2, "2026-03-03T02:00-05:00") },
        alert(3, "2026-03-03T03:00-05:00"),
    ];
    let steps = play(&office, &shift, &alerts);
    let [(listed_at, listed), (closed_at, closed)] = &steps[..] else { panic!("{steps:?}") };
    assert_eq!(*listed_at, at("2026-03-03T07:30-05:00"));
    assert_eq!(
        (&listed.notices[0].to, listed.flag.len()),
        (&Audience::Sides([Party::Provider].into()), 0)
    );
    assert!(listed.notices[0].text.contains("disk 3"), "{}", listed.notices[0].text);
    assert!(!listed.notices[0].text.contains("disk 1"), "{}", listed.notices[0].text);
    assert_eq!(*closed_at, at("2026-03-03T08:00-05:00"));
    assert_eq!(closed.flag, [id(3)]);
    let closing = closed.shift.closing.as_ref().unwrap();
    assert_eq!(closing.counts.kpi(), (2, 3));
    assert_eq!(closing.late_by, SignedDuration::ZERO);
    let first = Disposed { alert: id(3), disposition: NightDisposition::JointReviewAuto };
    assert_eq!(closing.alerts[0], first);
    assert_eq!(
        closed.audit[0].detail,
        "3 alerts: 1 resolved, 1 known, 0 put down for joint review, 1 put down by itself, 0 gone by itself"
    );
}

#[test]
fn e29_collector_down_over_0800() {
    let (office, shift) = tuesday();
    let alerts = [alert(1, "2026-03-03T03:00-05:00")];
    let listed = step(&office, &shift, &alerts, at("2026-03-03T07:30-05:00")).shift;
    // Down from 07:50 to 08:20.
    let late = at("2026-03-03T08:20-05:00");
    let closed = step(&office, &listed, &alerts, late);
    let closing = closed.shift.closing.as_ref().unwrap();
    assert_eq!((closing.at, closing.late_by), (late, mins(20)));
    assert_eq!(closed.flag, [id(1)]);
    assert!(closed.audit[0].detail.ends_with("; 20m late"), "{}", closed.audit[0].detail);
    let again = step(&office, &closed.shift, &alerts, late + mins(1));
    assert_eq!(again.shift, closed.shift);
    assert_eq!((again.flag, again.notices, again.audit), (vec![], vec![], vec![]));
    assert_eq!(deadline(&office, &closed.shift), None);
}

#[test]
fn e19_backfill_backup_fail() {
    let (office, shift) = tuesday();
    let night = night(&office, shift.day).unwrap();
    // It failed on Sunday, while the line was down.
    let told_at_night = alert(1, "2026-03-03T06:00-05:00");
    let told_at_noon = alert(2, "2026-03-03T12:00-05:00");
    let alerts = [told_at_night, told_at_noon];
    let ids = |night| members(&alerts, night).map(|it| it.alert).collect::<Vec<_>>();
    assert_eq!(ids(night), [id(1)]);
    // Whoever is told at noon has the afternoon; then it is the night's, too.
    assert_eq!(ids(super::night(&office, date(2026, 3, 4)).unwrap()), [id(1), id(2)]);
}

#[test]
fn a_night_lasts_to_the_next_opening() {
    let mut office = office("America/New_York");
    for (day, from, to) in [
        (date(2026, 3, 3), "2026-03-02T17:00-05:00", "2026-03-03T08:00-05:00"),
        (date(2026, 3, 9), "2026-03-06T17:00-05:00", "2026-03-09T08:00-04:00"), // spring
        (date(2026, 11, 2), "2026-10-30T17:00-04:00", "2026-11-02T08:00-05:00"), // fall
    ] {
        assert_eq!(night(&office, day), Some(Segment { from: at(from), to: at(to) }), "{day}");
    }
    assert_eq!(night(&office, date(2026, 3, 7)), None, "a Saturday ends no night");
    // A holiday that is added makes the night longer.
    office.holidays.insert(date(2026, 3, 9), "Snow day".into());
    assert_eq!(night(&office, date(2026, 3, 9)), None);
    let weekend = night(&office, date(2026, 3, 10)).unwrap();
    assert_eq!(weekend.from, at("2026-03-06T17:00-05:00"));
    let unfinished = Shift::new(tenant(), date(2026, 3, 9));
    assert_eq!(deadline(&office, &unfinished), None);
    let friday = Some(date(2026, 3, 6));
    assert_eq!(next_day(&office, friday, weekend.from), Some(date(2026, 3, 10)));
}

#[test]
fn a_lunch_break_is_no_night() {
    let mut office = office("America/New_York");
    let hour = |it| Time::constant(it, 0, 0, 0);
    office.hours = Weekday::Monday
        .cycle_forward()
        .take(5)
        .flat_map(|day| {
            [(8, 12), (13, 17)].map(|(opens, closes)| Window {
                day,
                opens: hour(opens),
                closes: hour(closes),
            })
        })
        .collect();
    let night = night(&office, date(2026, 3, 3)).unwrap();
    assert_eq!(night.from, at("2026-03-02T17:00-05:00"));
    assert_eq!(night.to, at("2026-03-03T08:00-05:00"));
}

#[test]
fn an_office_that_never_shuts_has_no_nights() {
    let mut office = office("America/New_York");
    let midnight = Time::midnight();
    let days = Weekday::Monday.cycle_forward().take(7);
    office.hours = days.map(|day| Window { day, opens: midnight, closes: midnight }).collect();
    assert_eq!(next_day(&office, None, at("2026-03-03T00:00Z")), None);
    office.hours.clear();
    assert_eq!(next_day(&office, None, at("2026-03-03T00:00Z")), None);
}

#[test]
fn the_next_day_is_the_one_after_the_last_however_late() {
    let office = office("America/New_York");
    let noon = at("2026-03-06T12:00-05:00");
    assert_eq!(next_day(&office, None, noon), Some(date(2026, 3, 9)));
    assert_eq!(next_day(&office, Some(date(2026, 3, 3)), noon), Some(date(2026, 3, 4)));
    assert_eq!(next_day(&office, Some(date(2026, 3, 6)), noon), Some(date(2026, 3, 9)));
    let early = at("2026-03-06T07:00-05:00");
    assert_eq!(next_day(&office, None, early), Some(date(2026, 3, 6)));
}

#[test]
fn who_was_there_belongs_to_the_night() {
    let night = Segment { from: at("2026-03-02T22:00Z"), to: at("2026-03-03T13:00Z") };
    for (received_at, over_at, expected) in [
        ("2026-03-02T21:59:59.999Z", None, true),
        ("2026-03-02T21:00Z", Some("2026-03-02T22:00Z"), false),
        ("2026-03-02T21:00Z", Some("2026-03-02T22:00:00.001Z"), true),
        ("2026-03-02T22:00Z", Some("2026-03-02T22:00Z"), true),
        ("2026-03-03T12:59:59.999Z", None, true),
        ("2026-03-03T13:00Z", None, false),
    ] {
        let over = over_at.map(|it| Over { at: at(it), by_human: true });
        let alerts = [NightAlert { over, ..alert(1, received_at) }];
        assert_eq!(members(&alerts, night).count() == 1, expected, "{received_at} {over_at:?}");
    }
}

#[test]
fn what_was_said_counts_while_it_holds() {
    let now = at("2026-03-03T13:00Z");
    let it =
        |over, said| NightAlert { over, said, ..alert(1, "2026-03-03T01:00Z") }.disposition(now);
    use NightDisposition::{Gone, JointReview, JointReviewAuto, KnownIssue, Resolved};
    let review = |by_human| Some(Said::JointReview { by_human });
    assert_eq!(it(None, None), JointReviewAuto);
    assert_eq!(it(None, known_until("2026-03-03T13:00Z")), JointReviewAuto, "it has expired");
    assert_eq!(it(None, known_until("2026-03-03T13:00:01Z")), KnownIssue);
    assert_eq!(it(None, review(true)), JointReview);
    assert_eq!(it(None, review(false)), JointReviewAuto, "another night without a look");
    assert_eq!(it(over("2026-03-03T02:00Z", true), review(false)), Resolved);
    assert_eq!(it(over("2026-03-03T02:00Z", false), None), Gone);
    assert_eq!(it(over("2026-03-03T02:00Z", false), review(true)), JointReview);
}

#[test]
fn what_was_put_down_before_is_a_miss_again_and_not_put_down_twice() {
    let (office, shift) = tuesday();
    let flagged = Some(Said::JointReview { by_human: false });
    let alerts = [NightAlert { said: flagged, ..alert(1, "2026-03-01T03:00Z") }];
    let closed = step(&office, &shift, &alerts, at("2026-03-03T08:00-05:00"));
    assert_eq!(closed.flag, []);
    assert_eq!(closed.shift.closing.unwrap().counts.kpi(), (0, 1));
}

#[test]
fn a_quiet_night_is_finished_without_a_word() {
    let (office, shift) = tuesday();
    let steps = play(&office, &shift, &[]);
    assert!(steps.iter().all(|it| it.1.notices.is_empty()));
    assert_eq!(steps[1].1.audit[0].detail.split(':').next(), Some("0 alerts"));
}

proptest! {
    #[test]
    fn a_shift_is_finished_once_and_counts_every_alert_once(
        ticks in prop::collection::vec(0..60 * 24 * 4i64, 1..20),
        received in prop::collection::vec((-2_000..6_000i64, prop::option::of(0..3_000i64), any::<bool>(), 0..4u8), 0..30),
    ) {
        let (office, mut shift) = tuesday();
        let start = at("2026-03-01T00:00Z");
        let alerts: Vec<NightAlert> = received.into_iter().enumerate().map(|(number, (minute, lasts, by_human, said))| {
            let received_at = start + mins(minute);
            NightAlert {
                received_at,
                over: lasts.map(|it| Over { at: received_at + mins(it), by_human }),
                said: match said {
                    0 => known_until("2026-03-02T00:00Z"),
                    1 => known_until("2027-03-02T00:00Z"),
                    2 => Some(Said::JointReview { by_human }),
                    _ => None,
                },
                ..alert(number as u128, "2026-03-01T00:00Z")
            }
        }).collect();
        let mut ticks = ticks;
        ticks.sort_unstable();
        let opens = opening(&office, shift.day).unwrap();
        let (mut flags, mut closings, mut notices) = (0, 0, 0);
        for tick in ticks {
            let now = start + mins(tick);
            let due = deadline(&office, &shift).is_some_and(|it| it <= now);
            let next = step(&office, &shift, &alerts, now);
            prop_assert_eq!(due, next.shift != shift, "it changes when it is due, and only then");
            flags += next.flag.len();
            notices += next.notices.len();
            closings += next.audit.len();
            shift = next.shift;
            prop_assert_eq!(shift.closing.is_some(), now >= opens);
        }
        let Some(closing) = shift.closing else { return Ok(()) };
        prop_assert_eq!(closings, 1);
        prop_assert!(notices <= 2);
        prop_assert_eq!(closing.counts.total(), members(&alerts, closing.night).count());
        prop_assert_eq!(closing.counts.total(), closing.alerts.len());
        prop_assert!(flags <= closing.counts.joint_review_auto);
    }

    #[test]
    fn every_instant_out_of_hours_is_in_one_night(minute in 0..400 * 1440i64) {
        let office = office("America/New_York");
        let now = at("2026-01-01T00:00Z") + mins(minute);
        let first = office.zone.to_datetime(now).date();
        let nights = (0..5).filter_map(|it| night(&office, first.saturating_add(SignedDuration::from_hours(24 * it))));
        let count = nights.filter(|it| it.contains(now)).count();
        prop_assert_eq!(count == 1, !crate::calendar::is_open(&office, now));
    }
}
