//! Zones of the world, and what happens when their rules change.

use std::{ffi::OsStr, fs, path::Path};

use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};
use remit_proto::v1::{
    AlertEventKind, PreviewWindowRequest, SlaTarget, WindowSpec, preview_window_request,
};
use tests::{Site, Story, day_and_night, entries, owner, tuesday};

use crate::steps::{Ops, promise};

const ZONES: &str = "/usr/share/zoneinfo";

fn instant(zone: &str, local: &str) -> Timestamp {
    let zone = TimeZone::get(zone).expect("the zone is known");
    let local: DateTime = local.parse().expect("the test writes a local time");
    zone.to_timestamp(local).expect("a time that exists")
}

/// What a promise counts on days in a zone, for an agreement that is open from
/// one to four in the morning.
async fn small_hours_count(zone: &str, days: &[(&str, i64)]) {
    let calendar = format!(
        "[[calendar]]\nname = \"small-hours\"\nzone = \"{zone}\"\nhours = \"daily 01:00-04:00\"\n\n[[policy]]"
    );
    let matrix = day_and_night()
        .replacen("[[policy]]", &calendar, 1)
        .replace("name = \"gold\"", "name = \"gold\"\ncalendar = \"small-hours\"");
    let site = Site::by_clock(&matrix).await;
    site.stop_clock(instant(zone, &format!("{}T00:00", days[0].0)));
    let ops = Ops::begin(&site).await;
    for (number, (day, minutes)) in days.iter().enumerate() {
        site.stop_clock(instant(zone, &format!("{day}T00:00")));
        let alert = ops.raises(&site, &format!("Queue{number}"), "high").await;
        site.stop_clock(instant(zone, &format!("{day}T12:00")));
        let counted = promise(&site, &alert, SlaTarget::Resolution).await.elapsed_ms;
        assert_eq!(counted, *minutes as u64 * 60_000, "on {day} in {zone}");
    }
}

#[tokio::test]
async fn e33_feb29_calendar() {
    let story = Story::begin(&day_and_night()).await;
    for (rrule, days) in [
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", ["2028-02-29", "2032-02-29", "2036-02-29"]),
        ("FREQ=MONTHLY;BYMONTHDAY=29", ["2028-02-29", "2028-03-29", "2028-04-29"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", ["2028-02-29", "2028-03-31", "2028-04-30"]),
    ] {
        let spec = WindowSpec {
            tenant: "acme".into(),
            title: "the last night of a long February".into(),
            zone: "America/New_York".into(),
            starts_at: "2028-02-29T22:00".into(),
            rrule: rrule.into(),
            duration_seconds: 3600,
            ..Default::default()
        };
        let window = Some(preview_window_request::Window::Spec(spec));
        let asked = PreviewWindowRequest { window, count: 3 };
        let seen = story.nora.windows().preview_window(asked).await.unwrap().into_inner();
        let begins: Vec<i64> = seen.occurrences.iter().map(|it| it.from.unwrap().seconds).collect();
        let at = |day| instant("America/New_York", &format!("{day}T22:00")).as_second();
        assert_eq!(begins, days.map(at), "{rrule}");
    }
}

#[tokio::test]
async fn e34_half_hour_dst() {
    let days = [("2026-04-04", 180), ("2026-04-05", 210), ("2026-10-04", 150)];
    small_hours_count("Australia/Lord_Howe", &days).await;
}

#[tokio::test]
async fn e35_ramadan_dst() {
    let days = [("2026-02-14", 180), ("2026-02-15", 240), ("2026-03-22", 120)];
    small_hours_count("Africa/Casablanca", &days).await;
}

/// The rules of zones as they are, but for New York, which has Chicago's: a
/// government has set its clocks back by an hour.
fn new_rules(folder: &Path) {
    let america = folder.join("America");
    fs::create_dir_all(&america).expect("the test's folder can be written");
    fs::copy(format!("{ZONES}/America/Chicago"), america.join("New_York"))
        .expect("the machine has rules of zones");
}

#[tokio::test]
async fn e36_tzdb_update() {
    let matrix =
        day_and_night().replace("name = \"standard\"", "name = \"standard\"\nhours = \"office\"");
    let mut story = Story::begin(&matrix).await;
    story.at("16:50");
    let alert = story.fails("daily").await;
    let day = SignedDuration::from_hours(24);
    assert_eq!(alert.next_escalation_at.unwrap().seconds, (tuesday("08:05") + day).as_second());

    story.site.stop().await;
    let zones = story.site.folder().join("zones");
    new_rules(&zones);
    story.at("16:52");
    story.site.restart_where(&[("TZDIR", zones.as_os_str())]).await;
    story.meet_again().await;
    // It is 15:52 by the new rules, and the office is open for another hour.
    let what = "the step to come has moved";
    let due = tuesday("17:05").as_second();
    let moved = story.site.admin.alert_where(&alert.alert_id, what, |it| {
        it.next_escalation_at.is_some_and(|it| it.seconds == due)
    });
    let moved = moved.await;
    assert_eq!((owner(&moved), moved.opened_at), ("internal-it", alert.opened_at));
    let said = entries(&moved, &[AlertEventKind::Rescheduled]);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("the rules of America/New_York have changed"), "{said:?}");

    story.at("17:05");
    story.told(&alert, &["internal-it assigned", "provider-manager escalated"]).await;
    assert_eq!(owner(&story.alert(&alert).await), "internal-it");
    story.at("18:00");
    story.goes_to(&alert, "provider-noc").await;
}

#[tokio::test]
async fn e37_provider_and_internal_in_different_zones() {
    let mut story = Story::begin(&day_and_night()).await;
    // The collector's machine stands at the provider's, in California.
    story.site.stop().await;
    story.site.restart_where(&[("TZ", OsStr::new("America/Los_Angeles"))]).await;
    story.meet_again().await;
    for (time, job, team) in [
        ("07:59:59.999", "a", "provider-noc"),
        ("08:00", "b", "internal-it"),
        ("16:59:59.999", "c", "internal-it"),
        ("17:00", "d", "provider-noc"),
        ("20:00", "e", "provider-noc"),
    ] {
        story.at(time);
        assert_eq!(owner(&story.fails(job).await), team, "at {time} in New York");
    }
}
