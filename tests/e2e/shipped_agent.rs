//! The agent as it ships: enrolled, killed, cut off, out of room.

use std::{collections::BTreeSet, fs};

use remit_proto::{
    convert::JoinToken,
    v1::{self, AlertState, CheckStatus, Presence},
};
use remit_runtime::random;
use tests::{Filler, Impostor, Outcome, SOON, Site, eventually};
use tokio::process::Command;

async fn jobs(site: &Site) -> Vec<v1::BackupStatus> {
    let asked = v1::ListBackupJobsRequest { page_size: 1_000, ..Default::default() };
    let listed = site.admin.backups().list_backup_jobs(asked).await;
    listed.expect("an administrator sees backups").into_inner().jobs
}

async fn names(site: &Site) -> BTreeSet<String> {
    jobs(site).await.into_iter().filter_map(|it| Some(it.job?.name)).collect()
}

fn assert_failed(outcome: &Outcome, code: i32, said: &str) {
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(code), said));
}

#[tokio::test]
async fn it_enrolls_reports_and_says_goodbye() {
    let site = Site::start().await;
    let mut agent = site.real_agent("web-1");
    let id = agent.become_endpoint(&site.token().await).await;
    agent.start();
    let endpoint = site
        .admin
        .endpoint_where(&id, "the agent reports its memory", |it| {
            it.readings.iter().any(|it| it.metric == "memory_used")
        })
        .await;
    assert_eq!(endpoint.presence(), Presence::Online);
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    assert_eq!(endpoint.host.unwrap().hostname, name.trim());

    let ended = agent.stop().await;
    assert_eq!(ended.code(), Some(0), "{ended}");
    site.admin
        .endpoint_where(&id, "the agent has said goodbye", |it| {
            it.presence() == Presence::ExpectedOff
        })
        .await;
    assert_eq!(site.admin.alerts_beside_the_hosts_own().await, []);
}

#[tokio::test]
async fn every_way_not_to_enroll_has_words_and_a_number_of_its_own() {
    let mut site = Site::start().await;
    let agent = site.real_agent("web-1");
    let said = "remit-agent: not an enrollment token: one starts with `remit1.`\n";
    assert_failed(&agent.enroll("hunter2").await, 2, said);

    let token = site.token().await;
    let mut elsewhere = JoinToken::from_text(&token).unwrap();
    let mut impostor = Impostor::listen(site.address()).await;
    let address = impostor.address().to_string();
    elsewhere.addresses = vec![address.clone()];
    let said = format!(
        "remit-agent: {address} is not the collector that made this token: its CA key does not \
         match the token's pin; nothing secret was sent\n"
    );
    assert_failed(&agent.enroll(&elsewhere.to_text()).await, 3, &said);
    assert!(impostor.heard().await.is_empty());

    let id = agent.become_endpoint(&token).await;
    let said = format!(
        "remit-agent: this machine is already enrolled as {id}; `--force` gives that up and \
         enrolls anew\n"
    );
    assert_failed(&agent.enroll(&token).await, 6, &said);
    let said = "remit-agent: the collector refused to enroll this machine: the enrollment token \
                is used up (1 of 1): ask for a new one\n";
    assert_failed(&site.real_agent("web-2").enroll(&token).await, 4, said);

    site.stop().await;
    let out_of_reach = site.real_agent("web-2").enroll(&token).await;
    assert_eq!(out_of_reach.code, Some(5));
    let expected = format!("remit-agent: failed to reach the collector at {}: ", site.enrollment());
    assert!(out_of_reach.stderr.starts_with(&expected), "{}", out_of_reach.stderr);
}

#[tokio::test]
async fn what_it_confirmed_survives_its_own_power_cuts_and_the_collectors() {
    let mut site = Site::start().await;
    let mut agent = site.real_agent("db-7");
    let id = agent.become_endpoint(&site.token().await).await;
    let mut confirmed = BTreeSet::new();
    for life in 0..4 {
        if life == 1 {
            site.cut_power().await;
        }
        agent.start();
        for nth in 0..random::u64() % 20 + 5 {
            let job = format!("job-{life}-{nth}");
            eventually(SOON, "the agent confirms a ping", async || {
                (agent.ping(&job).await == Some(200)).then_some(())
            })
            .await;
            confirmed.insert(job);
        }
        agent.cut_power().await;
    }
    site.restart().await;
    agent.start();
    eventually(SOON, "all that was confirmed is known", async || {
        confirmed.is_subset(&names(&site).await).then_some(())
    })
    .await;
    let endpoint = site.admin.endpoint(&id).await.unwrap();
    assert_eq!(endpoint.records_lost, 0);
    assert!(endpoint.events_applied > confirmed.len() as u64);
    assert_eq!(
        site.admin.alerts_beside_the_hosts_own().await,
        [],
        "nothing was lost, reset or failed"
    );
}

#[tokio::test]
async fn a_real_backup_shows_up_with_its_snapshot_and_a_failed_one_alerts() {
    let site = Site::start().await;
    let mut agent = site.real_agent("db-7");
    agent.become_endpoint(&site.token().await).await;
    agent.start();
    let repository = site.folder().join("repository").display().to_string();
    let restic = |words: &[&str]| {
        let words =
            ["restic", "--no-cache", "-r", &repository].into_iter().chain(words.iter().copied());
        words.map(str::to_owned).collect::<Vec<_>>()
    };
    let directly = async |password: &str, words: &[&str]| {
        let words = restic(words);
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).env("RESTIC_PASSWORD", password);
        command.output().await.expect("restic is installed")
    };
    assert!(directly("right", &["init"]).await.status.success());
    let what = site.data().join("pki").display().to_string();
    let done =
        agent.back_up("nightly", &[("RESTIC_PASSWORD", "right")], restic(&["backup", &what])).await;
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let listed = eventually(SOON, "the backup shows up", async || {
        jobs(&site).await.into_iter().find(|it| it.status() == CheckStatus::Ok)
    })
    .await;
    let run = listed.last_run.unwrap();
    assert_eq!((run.job.as_str(), run.result()), ("nightly", v1::RunResult::Success));
    let snapshots = directly("right", &["snapshots", "--json"]).await.stdout;
    let snapshots: serde_json::Value = serde_json::from_slice(&snapshots).unwrap();
    let snapshot = snapshots[0]["id"].as_str().unwrap();
    assert!(!run.recovery_point.is_empty() && snapshot.starts_with(&run.recovery_point));

    let usual = directly("wrong", &["backup", &what]).await.status.code();
    let done =
        agent.back_up("nightly", &[("RESTIC_PASSWORD", "wrong")], restic(&["backup", &what])).await;
    assert_eq!(done.code, usual, "it ends as the backup ends");
    let alert = site.admin.alerted("backup-failed", AlertState::Open).await;
    assert!(alert.summary.starts_with("backup `nightly` failed: "), "{}", alert.summary);
    assert!(alert.evidence.contains("wrong password"), "{}", alert.evidence);
}

#[tokio::test]
async fn a_full_disk_under_it_confirms_nothing_and_ends_nothing() {
    let site = Site::start().await;
    let mut agent = site.real_agent("db-7");
    let id = agent.become_endpoint(&site.token().await).await;
    agent.start_on_small_disk(8);
    eventually(SOON, "the agent confirms a ping", async || {
        (agent.ping("before").await == Some(200)).then_some(())
    })
    .await;
    let state = agent.state_dir();
    let disk = agent.program().folder(&state);
    let filler = Filler::leaving(&disk, 0);
    let mut confirmed = BTreeSet::from(["before".to_owned()]);
    let mut tried = 0;
    eventually(SOON, "the disk is too full for a ping", async || {
        tried += 1;
        let job = format!("during-{tried}");
        match agent.ping(&job).await {
            Some(200) => drop(confirmed.insert(job)),
            Some(503) => return Some(()),
            other => panic!("a ping was answered with {other:?}"),
        }
        None
    })
    .await;
    assert!(agent.program().ended().is_none(), "it goes on");
    drop(filler);
    eventually(SOON, "the agent confirms a ping again", async || {
        (agent.ping("after").await == Some(200)).then_some(())
    })
    .await;
    confirmed.insert("after".to_owned());
    eventually(SOON, "all that was confirmed is known", async || {
        confirmed.is_subset(&names(&site).await).then_some(())
    })
    .await;
    let endpoint = site.admin.endpoint(&id).await.unwrap();
    assert_eq!(endpoint.presence(), Presence::Online);
    let resets = site.admin.all_alerts().await.into_iter().filter(|it| it.check == "spool-reset");
    assert_eq!(resets.count(), 0);
}
