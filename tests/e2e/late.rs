//! What is known late, because the machine could not be reached.

use jiff::{SignedDuration, Timestamp};
use remit_proto::v1::{AlertState, Disposition};
use remit_runtime::clock::SystemClock;
use remit_shared::Clock as _;
use tests::{SOON, Site, Story, day_and_night, eventually, owner, tuesday};

use crate::stream::{applied, history};

#[tokio::test]
async fn e18_backfill_cleared() {
    let matrix = day_and_night() + "\n[[check]]\ncheck = \"disk-space\"\nhold = \"1s\"\n";
    let site = Site::by_clock(&matrix).await;
    let mut agent = site.agent("db-7").await;
    site.stop_clock(tuesday("01:00"));
    agent.ahead = tuesday("01:00").duration_since(SystemClock.now());
    drop(agent.connect().await.unwrap());
    let minute = |nth: i64| tuesday("01:00") + SignedDuration::from_mins(nth);
    let is_full = |at: Timestamp| tuesday("02:00") <= at && at < tuesday("03:00");
    for nth in 1..=300 {
        let at = minute(nth);
        agent.disk_at(at, if is_full(at) { 970 } else { 500 });
    }

    site.stop_clock(tuesday("06:00"));
    agent.ahead = tuesday("06:00").duration_since(SystemClock.now());
    let _session = agent.deliver().await;
    applied(&site, &agent).await;
    let kept = history(&site, &agent).await;
    let near =
        |one: Timestamp, other| one.duration_since(other).abs() < SignedDuration::from_mins(1);
    let full = kept.iter().find(|it| it.1 == 970).expect("history keeps it");
    assert!(near(full.0, tuesday("02:00")), "at {}", full.0);
    let over = kept.iter().find(|it| it.0 > full.0 && it.1 == 500).expect("history keeps it");
    assert!(near(over.0, tuesday("03:00")), "at {}", over.0);

    // Whoever reads what came now finds the disk well.
    let record = agent.disk(500);
    let mut session = agent.deliver().await;
    session.acknowledged(record.stream, record.seq).await.unwrap();
    assert_eq!(site.admin.all_alerts().await, [], "nobody was troubled");
    let pages = site.inbox.received();
    assert!(pages.iter().all(|it| it.field("topic") != "assigned"), "{pages:?}");
    // One letter says what was and is over.
    let letters = || -> Vec<_> {
        site.inbox.received().into_iter().filter(|it| it.field("topic") == "backlog").collect()
    };
    eventually(SOON, "the backlog is told", async || (!letters().is_empty()).then_some(())).await;
    let letters = letters();
    assert_eq!(letters.len(), 1, "{letters:?}");
    let subject = letters[0].field("subject");
    let said = "[BACKLOG] db-7: bad while nobody could be told, and over: disk space in use on /: \
                97.0 % (limit 95.0 %), ";
    assert!(subject.starts_with(said) && subject.ends_with(" for 1 h (acme)"), "{subject}");
}

#[tokio::test]
async fn e19_backfill_backup_fail() {
    let mut story = Story::begin(&day_and_night()).await;
    story.at("06:00");
    // By day, when it would have been internal IT's; nobody could know.
    let alert = story.failed("daily", SignedDuration::from_hours(14)).await;
    assert!(alert.delayed);
    assert_eq!(alert.opened_at.unwrap().seconds, tuesday("06:00").as_second());
    assert_eq!(owner(&alert), "provider-noc");
    story.told(&alert, &["provider-noc assigned"]).await;

    story.at("08:00");
    let what = "the night's alert waits for both parties";
    let alert = story
        .site
        .admin
        .alert_where(&alert.alert_id, what, |it| it.disposition() == Disposition::JointReview);
    let alert = alert.await;
    assert!(alert.disposition_auto && alert.state() == AlertState::Open, "{alert:?}");
}
