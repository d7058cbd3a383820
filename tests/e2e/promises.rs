//! What was promised by when, to the millisecond of a clock that stands.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use remit_proto::{
    convert::Wire as _,
    v1::{
        self, AlertEventKind, AlertState, PauseAlertRequest, PauseReason, ResumeAlertRequest,
        SlaSegmentState, SlaStatus, SlaTarget,
    },
};
use tests::{Story, day_and_night, entries, owner, tuesday};

use crate::steps::{Ops, promise};

const MINUTE: u64 = 60_000;

/// The matrix with another line of promises.
fn promising(what: &str, line: &str) -> String {
    let text = day_and_night();
    let before = text.lines().find(|it| it.starts_with(&format!("{what} = "))).expect("a promise");
    text.replace(before, line)
}

/// The matrix in which promises count while the office is open.
fn by_office_hours() -> String {
    day_and_night().replace("name = \"gold\"", "name = \"gold\"\ncalendar = \"office\"")
}

#[tokio::test]
async fn e23_priority_raise_late() {
    let matrix = promising("resolution", "resolution = { critical = \"1h\", high = \"1d\" }");
    let matrix = matrix.replace("critical = \"4h\"", "critical = \"1h\"");
    let mut story = Story::begin(&matrix).await;
    story.at("18:00");
    let ops = Ops::begin(&story.site).await;
    let alert = ops.raises(&story.site, "Queue", "high").await;
    story.nora.acknowledge(&alert, 300).await.unwrap();
    story.told(&alert, &["provider-noc assigned"]).await;

    story.at("21:00");
    ops.raises(&story.site, "Queue", "critical").await;
    let told = [
        "provider-noc assigned",
        "provider-manager breached",
        "it-manager breached",
        "provider-noc worse",
    ];
    story.told(&alert, &told).await;
    let resolution = promise(&story.site, &alert, SlaTarget::Resolution).await;
    let breached = Timestamp::from_wire("breached_at", resolution.breached_at.unwrap()).unwrap();
    assert_eq!(breached, tuesday("19:00"), "an hour after it opened, whenever that was found");
    let alert = story.alert(&alert).await;
    assert_eq!(entries(&alert, &[AlertEventKind::SlaBreached]).len(), 1);
    assert_eq!(alert.state(), AlertState::Open, "a worse alert must be taken on again");
}

#[tokio::test]
async fn e24_pause_across_close() {
    let mut story = Story::begin(&by_office_hours()).await;
    story.at("16:00");
    let alert = story.fails("daily").await;
    story.at("16:50");
    let pause = PauseAlertRequest {
        alert_id: alert.alert_id.clone(),
        reason: PauseReason::AwaitingCustomer.into(),
        note: "the owner of the data is asked".into(),
        ..Default::default()
    };
    story.ines.alerts().pause_alert(pause).await.unwrap();
    story.at("17:00");
    story.goes_to(&alert, "provider-noc").await;
    let day = SignedDuration::from_hours(24);
    story.at_instant(tuesday("08:00") + day);
    story.goes_to(&alert, "internal-it").await;

    story.at_instant(tuesday("09:10") + day);
    let resume = ResumeAlertRequest { alert_id: alert.alert_id.clone(), note: "go ahead".into() };
    story.ines.alerts().resume_alert(resume).await.unwrap();
    story.at_instant(tuesday("10:00") + day);
    let resolution = promise(&story.site, &alert, SlaTarget::Resolution).await;
    let counted = |state: SlaSegmentState| -> u64 {
        let of_state = resolution.segments.iter().filter(|it| it.state() == state);
        of_state.map(|it| it.counted_ms).sum()
    };
    assert_eq!(counted(SlaSegmentState::Running), (50 + 50) * MINUTE, "{resolution:#?}");
    assert_eq!(counted(SlaSegmentState::Paused), (10 + 70) * MINUTE);
    assert_eq!(resolution.elapsed_ms, (50 + 50) * MINUTE);
}

#[tokio::test]
async fn e25_99_951_percent() {
    let matrix = promising("resolution", "resolution = { high = \"100000s\" }");
    let mut story = Story::begin(&matrix).await;
    story.at("18:00");
    let alert = story.fails("daily").await;
    for (spent, status) in [
        (99_951_000, SlaStatus::AtRisk),
        (100_000_000, SlaStatus::AtRisk),
        (100_000_001, SlaStatus::Breached),
    ] {
        story.at_instant(tuesday("18:00") + SignedDuration::from_millis(spent));
        let resolution = promise(&story.site, &alert, SlaTarget::Resolution).await;
        assert_eq!((resolution.status(), resolution.elapsed_ms), (status, spent as u64));
    }
    let told = |it: &v1::Alert| entries(it, &[AlertEventKind::SlaBreached]);
    let what = "the breach is told";
    let alert = story.site.admin.alert_where(&alert.alert_id, what, |it| {
        told(it).iter().any(|it| it.contains("resolution"))
    });
    let alert = alert.await;
    let due = tuesday("18:00") + SignedDuration::from_millis(100_000_000);
    assert!(told(&alert).iter().any(|it| it.contains(&due.to_string())), "{:?}", told(&alert));
}

#[tokio::test]
async fn e26_holiday_added_same_day() {
    let mut story = Story::begin(&by_office_hours()).await;
    story.at("09:00");
    let alert = story.fails("daily").await;
    assert_eq!(owner(&alert), "internal-it");
    story.at("12:00");
    let zone = TimeZone::get("America/New_York").expect("the zone is known");
    let today = zone.to_datetime(story.now()).date();
    let snow = format!("name = \"office\"\nholidays = [\"{today} Snow day\"]");
    story.agree_on(&by_office_hours().replacen("name = \"office\"", &snow, 1)).await;
    story.goes_to(&alert, "provider-noc").await;

    story.at("18:00");
    let resolution = promise(&story.site, &alert, SlaTarget::Resolution).await;
    assert_eq!(resolution.elapsed_ms, 3 * 60 * MINUTE, "the morning was work");
    let segments: Vec<_> = resolution
        .segments
        .iter()
        .map(|it| (it.state(), &*it.team, it.counted_ms, it.matrix_version))
        .collect();
    assert_eq!(
        segments,
        [
            (SlaSegmentState::Running, "internal-it", 180 * MINUTE, 1),
            (SlaSegmentState::OutOfHours, "provider-noc", 0, 2),
        ]
    );
}
