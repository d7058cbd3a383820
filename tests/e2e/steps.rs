//! What several tests do on their way to what they are about.

use jiff::SignedDuration;
use remit_proto::v1;
use remit_shared::{BackupRun, Body, Record, RunId, RunResult};
use tests::{FakeAgent, SOON, Session, Site, eventually};
use uuid::Uuid;

/// Reports a disk that is full until somebody is told; gives the alert.
pub(crate) async fn fill_disk(
    site: &Site,
    agent: &mut FakeAgent,
    session: &mut Session,
) -> v1::Alert {
    let found = eventually(SOON, "a full disk is an alert", async || {
        let record = agent.disk(970);
        session.report(&record).await;
        site.admin.all_alerts().await.into_iter().find(|it| {
            it.check == "disk-space" && it.endpoint_id == agent.id && it.state() == open()
        })
    })
    .await;
    site.admin.alert(&found.alert_id).await
}

/// The state of an alert that nobody has taken on.
pub(crate) fn open() -> v1::AlertState {
    v1::AlertState::Open
}

/// Spools a run of a backup job that took from two seconds ago to now.
pub(crate) fn run(agent: &mut FakeAgent, job: &str, result: RunResult) -> Record {
    let now = agent.now();
    let failed = result == RunResult::Failed;
    let run = BackupRun {
        run_id: RunId::from_uuid(Uuid::from_u64_pair(agent.epoch, agent.records.len() as u64)),
        job: job.into(),
        product: "restic".into(),
        started_at: Some(now - SignedDuration::from_secs(2)),
        ended_at: Some(now),
        result,
        raw_result: if failed { "exit code 1".into() } else { "exit code 0".into() },
        recovery_point: (!failed).then(|| "5f2b1c".into()),
        bytes_processed: None,
        bytes_added: None,
        files: None,
        errors: if failed { vec!["repository is locked".into()] } else { Vec::new() },
        evidence: String::new(),
    };
    agent.answer("backup-restic", Body::Run(run))
}
