//! Backups, updates and presence: what is known, and what only seems so.

use jiff::SignedDuration;
use remit_proto::v1::{self, AlertEventKind, AlertState, CheckStatus, Presence};
use remit_shared::{
    Answer, BackupJob, Body, Completeness, Failure, FailureKind, PatchItem, PatchScan, PatchState,
    Reboot, RunResult, Schedule, ServiceScan, Stream,
};
use tests::{FakeAgent, SOON, Site, eventually};
use tonic::Code;

use crate::steps::run;

async fn jobs(site: &Site) -> Vec<v1::BackupStatus> {
    let listed = site.admin.backups().list_backup_jobs(v1::ListBackupJobsRequest::default()).await;
    listed.expect("an administrator sees backups").into_inner().jobs
}

async fn updates(site: &Site) -> Vec<v1::PatchStatus> {
    let asked = v1::ListPatchStatesRequest { with_items: true, ..Default::default() };
    let listed = site.admin.patches().list_patch_states(asked).await;
    listed.expect("an administrator sees updates").into_inner().states
}

fn scan(items: Vec<PatchItem>) -> Body {
    let reboot = Reboot { required: Some(false), reasons: Vec::new(), since: None };
    Body::Patches(PatchScan {
        manager: "apt".into(),
        system: String::new(),
        managed_by: String::new(),
        items,
        reboot,
        last_patched_at: None,
    })
}

fn update(package: &str, security: bool) -> PatchItem {
    PatchItem {
        package: package.into(),
        installed: "1.0".into(),
        candidate: "1.1".into(),
        origins: vec!["Debian-Security:12/stable-security".into()],
        security,
        state: PatchState::Available,
        advisories: Vec::new(),
        failure: String::new(),
    }
}

/// An agent that has answered one probe, and is still connected.
async fn answered(site: &Site, hostname: &str, answer: impl Fn(&mut FakeAgent)) -> tests::Session {
    let mut agent = site.agent(hostname).await;
    answer(&mut agent);
    let mut session = agent.deliver().await;
    let last = agent.last(Stream::Events);
    session.acknowledged(Stream::Events, last).await.expect("the answer is taken");
    session
}

#[tokio::test]
async fn a_failed_backup_alerts_and_the_next_good_one_ends_it() {
    let site = Site::start().await;
    let mut agent = site.agent("db-7").await;
    let mut session = agent.connect().await.unwrap();
    session.report(&run(&mut agent, "nightly", RunResult::Failed)).await;
    let alert = site.admin.alerted("backup-failed", AlertState::Open).await;
    assert_eq!((alert.instance.as_str(), alert.severity()), ("nightly", v1::Severity::High));
    assert_eq!(alert.summary, "backup `nightly` failed: exit code 1: repository is locked");
    assert_eq!(jobs(&site).await[0].status(), CheckStatus::Crit);

    session.report(&run(&mut agent, "nightly", RunResult::Success)).await;
    let alert = site.admin.alerted("backup-failed", AlertState::Resolved).await;
    let ended = alert.timeline.iter().find(|it| it.kind() == AlertEventKind::Resolved).unwrap();
    assert_eq!(
        (ended.actor.as_str(), ended.detail.as_str()),
        ("remit", "backup `nightly` has succeeded")
    );
    let listed = jobs(&site).await;
    assert_eq!((listed.len(), listed[0].status()), (1, CheckStatus::Ok));
    assert_eq!(listed[0].last_run.as_ref().unwrap().recovery_point, "5f2b1c");
    site.inbox.message("provider-noc", "resolved").await;
}

#[tokio::test]
async fn a_backup_that_does_not_start_in_time_is_missed() {
    let site = Site::start().await;
    let job = BackupJob {
        name: "nightly".into(),
        product: "restic".into(),
        schedule: Schedule::Every(SignedDuration::from_secs(1)),
        start_grace: SignedDuration::from_secs(3),
        run_grace: SignedDuration::from_hours(1),
        enabled: true,
    };
    let mut agent = site.agent("db-7").await;
    agent.answer("backup-declared", Body::Jobs(vec![job]));
    let mut session = agent.deliver().await;
    let alert = site.admin.alerted("backup-missed", AlertState::Open).await;
    assert!(alert.summary.starts_with("backup `nightly` did not start at "), "{}", alert.summary);
    let evidence: Vec<&str> = alert.evidence.lines().collect();
    assert!(evidence[0].starts_with("it had until "), "{}", alert.evidence);
    assert_eq!(evidence[1], "no good backup is known");
    let listed = jobs(&site).await;
    assert_eq!((listed[0].status(), &listed[0].reason), (CheckStatus::Crit, &alert.summary));

    eventually(SOON, "a backup that starts again is not missed any more", async || {
        let id = &alert.alert_id;
        session.report(&run(&mut agent, "nightly", RunResult::Success)).await;
        let known = site.admin.alert(id).await;
        known.timeline.into_iter().find(|it| it.kind() == AlertEventKind::Resolved)
    })
    .await;
}

#[tokio::test]
async fn what_nobody_knows_of_updates_stands_first_and_is_no_number() {
    let site = Site::start().await;
    let _patched = answered(&site, "a-patched", |it| {
        it.answer("patch-apt", scan(vec![update("nano", false)]));
    })
    .await;
    let _waiting = answered(&site, "b-waiting", |it| {
        it.answer("patch-apt", scan(vec![update("openssl", true), update("nano", false)]));
    })
    .await;
    let _locked = answered(&site, "c-locked", |it| {
        let failure = Failure { kind: FailureKind::Locked, message: "apt is busy".into() };
        it.answer("patch-apt", Body::Failure(failure));
    })
    .await;
    let _partial = answered(&site, "d-partial", |it| {
        let (at, missing) = (it.now(), "the security archive did not answer".to_owned());
        let answer = Answer::full("patch-apt", "apt", at, scan(Vec::new()));
        it.spool(at, Answer { completeness: Completeness::Partial, missing, ..answer });
    })
    .await;
    let _silent = answered(&site, "e-silent", |it| {
        let services = ServiceScan { manager: "systemd".into(), failed: Vec::new(), running: 9 };
        it.answer("services", Body::Services(services));
    })
    .await;

    let listed = updates(&site).await;
    let rows: Vec<_> = listed
        .iter()
        .map(|it| (it.hostname.as_str(), it.status(), it.pending, it.security))
        .collect();
    assert_eq!(
        rows,
        [
            ("c-locked", CheckStatus::Unknown, None, None),
            ("d-partial", CheckStatus::Unknown, None, None),
            ("e-silent", CheckStatus::Unknown, None, None),
            ("b-waiting", CheckStatus::Warn, Some(2), Some(1)),
            ("a-patched", CheckStatus::Ok, Some(1), Some(0)),
        ]
    );
    let reasons: Vec<&str> = listed.iter().map(|it| it.reason.as_str()).collect();
    assert_eq!(
        reasons,
        [
            "no answer for 0 min: locked: apt is busy",
            "only part of the answer: the security archive did not answer",
            "the endpoint has not said anything about its updates",
            "security updates wait: openssl",
            "no security update waits",
        ]
    );
    let packages: Vec<&str> = listed[3].items.iter().map(|it| it.package.as_str()).collect();
    assert_eq!(packages, ["openssl", "nano"]);
}

#[tokio::test]
async fn an_endpoint_that_was_never_heard_is_not_well() {
    let site = Site::start().await;
    let agent = site.agent("web-1").await;
    let endpoint = site.admin.endpoint(&agent.id).await.unwrap();
    assert_eq!(endpoint.presence(), Presence::NeverSeen);
    assert_eq!(endpoint.status(), CheckStatus::Unknown);
}

#[tokio::test]
async fn a_restarted_collector_takes_nobody_for_lost() {
    let mut site = Site::start().await;
    let mut agents = [site.agent("web-1").await, site.agent("web-2").await];
    for agent in &mut agents {
        let _session = agent.connect().await.unwrap();
    }
    site.cut_power().await;
    site.restart().await;
    for agent in &mut agents {
        let endpoint = site.admin.endpoint(&agent.id).await.unwrap();
        assert_eq!(endpoint.presence(), Presence::Online, "its absence is not theirs");
    }
    let (back, missing) = agents.split_at_mut(1);
    let _session = back[0].connect().await.unwrap();
    let job = run(&mut back[0], "nightly", RunResult::Failed);
    let _session = back[0].deliver().await;
    assert_eq!(job.seq, 1);
    site.admin.alerted("backup-failed", AlertState::Open).await;
    let alerts = site.admin.all_alerts().await;
    assert_eq!(alerts.len(), 1, "of the one that is not back yet, nobody is told: {alerts:?}");
    assert_eq!(site.admin.endpoint(&missing[0].id).await.unwrap().open_alerts, 0);
}

#[tokio::test]
async fn a_collector_that_stops_says_when_to_come_back() {
    let mut site = Site::start().await;
    let mut agent = site.agent("web-1").await;
    let mut session = agent.connect().await.unwrap();
    let (status, told) = tokio::join!(site.stop(), session.sent_away());
    assert!(status.success());
    let told = told.expect("a stop is no loss, and nobody guesses how long to wait");
    assert_eq!(told.reason, "the collector is stopping");
    assert!((1..=5).contains(&told.after_seconds), "few come back soon: {told:?}");
    assert_eq!(session.end().await.code(), Code::Unavailable);
}
