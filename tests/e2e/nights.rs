//! Backups in the nights in which the clocks change.

use std::{fs, path::Path, process::Command};

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use remit_proto::v1::{self, AlertState};
use remit_shared::{BackupJob, Body, RunResult, Schedule};
use tests::{FakeAgent, SOON, Session, Site, day_and_night, eventually, tuesday};

use crate::steps::run;

/// The day in New York on which the test begins, or one after it.
fn day(after: i64) -> Date {
    let noon = tuesday("12:00") + SignedDuration::from_hours(24 * after);
    TimeZone::UTC.to_datetime(noon).date()
}

/// Five hours are between New York's winter and UTC: an hour of UTC on a day.
fn utc(after: i64, hour: i8, minute: i8) -> Timestamp {
    TimeZone::UTC.to_timestamp(day(after).at(hour, minute, 0, 0)).expect("UTC has every hour")
}

/// New York as it would be with a summer of one day: the clocks go forward in
/// the night to Wednesday and back in the night to Thursday.
fn short_summer(folder: &Path) {
    let rule = |after: i64, save: &str, letter: &str| {
        let on = day(after).strftime("%Y only - %b %-d");
        format!("Rule Story {on} 2:00 {save} {letter}\n")
    };
    let zone = "Zone America/New_York -5:00 Story E%sT\n";
    let rules = rule(1, "1:00", "D") + &rule(2, "0", "S") + zone;
    fs::create_dir_all(folder).expect("the test's folder can be written");
    let source = folder.join("rules");
    fs::write(&source, rules).expect("the test's folder can be written");
    let mut zic = Command::new("/usr/sbin/zic");
    let made = zic.arg("-d").arg(folder).arg(&source).status();
    assert!(made.expect("zic is there (Debian package libc-bin)").success());
}

/// Waits until the next start of a job is expected at an instant.
async fn expects(site: &Site, job: &str, at: Timestamp) {
    eventually(SOON, &format!("`{job}` is expected at {at}"), async || {
        let asked = v1::ListBackupJobsRequest::default();
        let jobs = site.admin.backups().list_backup_jobs(asked).await.ok()?.into_inner().jobs;
        let found = jobs.into_iter().find(|it| it.job.as_ref().is_some_and(|it| it.name == job))?;
        (found.expected_at?.seconds == at.as_second()).then_some(())
    })
    .await;
}

/// A backup that goes well at an instant.
async fn runs(site: &Site, agent: &mut FakeAgent, session: &mut Session, job: &str, at: Timestamp) {
    site.stop_clock(at);
    agent.ahead = at.duration_since(agent.now() - agent.ahead);
    session.report(&run(agent, job, RunResult::Success)).await;
}

/// Half past two is at half past three in the night without it, and half past
/// one is the first of two in the night that has it twice.
#[tokio::test]
async fn e32_backup_tz_dst() {
    let mut site = Site::by_clock(&day_and_night()).await;
    let mut agent = site.agent("db-7").await;
    site.stop().await;
    let zones = site.folder().join("zones");
    short_summer(&zones);
    site.stop_clock(utc(0, 17, 0));
    site.restart_where(&[("TZDIR", zones.as_os_str())]).await;
    site.admin = site.admin.again().await;

    let job = |name: &str, cron: &str| BackupJob {
        name: name.into(),
        product: "restic".into(),
        schedule: Schedule::Cron { expression: cron.into(), zone: "America/New_York".into() },
        start_grace: SignedDuration::from_mins(10),
        run_grace: SignedDuration::from_hours(1),
        enabled: true,
    };
    agent.ahead = site.now().duration_since(agent.now());
    let jobs = vec![job("gap", "30 2 * * *"), job("fold", "30 1 * * *")];
    agent.answer("backup-declared", Body::Jobs(jobs));
    let mut session = agent.deliver().await;
    expects(&site, "gap", utc(1, 7, 30)).await;
    expects(&site, "fold", utc(1, 6, 30)).await;

    runs(&site, &mut agent, &mut session, "fold", utc(1, 6, 31)).await;
    expects(&site, "fold", utc(2, 5, 30)).await;
    site.stop_clock(utc(1, 7, 41));
    let missed = site.admin.alerted("backup-missed", AlertState::Open).await;
    assert_eq!(missed.instance, "gap");
    assert!(missed.summary.contains("03:30"), "{}", missed.summary);
    assert!(missed.evidence.contains("it had until") && missed.evidence.contains("03:40"));
    runs(&site, &mut agent, &mut session, "gap", utc(1, 7, 45)).await;
    expects(&site, "gap", utc(2, 7, 30)).await;

    runs(&site, &mut agent, &mut session, "fold", utc(2, 5, 31)).await;
    expects(&site, "fold", utc(3, 6, 30)).await;
    // Once more by a scheduler that takes both: neither missed nor expected.
    runs(&site, &mut agent, &mut session, "fold", utc(2, 6, 31)).await;
    expects(&site, "fold", utc(3, 6, 30)).await;
    let missed = site.admin.all_alerts().await.into_iter();
    let missed: Vec<_> = missed.filter(|it| it.check == "backup-missed").collect();
    assert_eq!(missed.len(), 1, "the gap's alone: {missed:?}");
}
