//! What several tests do on their way to what they are about.

use jiff::SignedDuration;
use remit_proto::v1;
use remit_shared::{BackupRun, Body, Record, RunId, RunResult};
use tests::{FakeAgent, SOON, Session, Site, eventually, post};
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

/// A monitoring system of somebody else's that tells Remit what it sees.
pub(crate) struct Ops(String);

impl Ops {
    /// The system is given a token.
    pub(crate) async fn begin(site: &Site) -> Self {
        let wanted = v1::CreateSourceRequest {
            tenant: "acme".into(),
            site: "hq".into(),
            name: "ops".into(),
            kind: v1::SourceKind::Alertmanager.into(),
            ..Default::default()
        };
        let made = site.admin.sources().create_source(wanted).await;
        Self(made.expect("an administrator may make sources").into_inner().token)
    }

    /// Says that something is so bad; gives the alert once it is known.
    pub(crate) async fn raises(&self, site: &Site, name: &str, severity: &str) -> v1::Alert {
        let body = format!(
            r#"[{{"labels": {{"alertname": "{name}", "severity": "{severity}"}},
                "endsAt": "2099-01-01T00:00:00Z"}}]"#
        );
        let told = post(site.receiver(), &site.root(), &self.0, "/api/v2/alerts", &body).await;
        assert_eq!(told, (200, "{}".to_owned()));
        let check = format!("ops:{name}");
        let grade = format!("SEVERITY_{severity}");
        let what = format!("{check} is an alert of its severity");
        let found = eventually(SOON, &what, async || {
            let mut all = site.admin.all_alerts().await.into_iter();
            all.find(|it| {
                it.check == check && it.severity().as_str_name().eq_ignore_ascii_case(&grade)
            })
        })
        .await;
        site.admin.alert(&found.alert_id).await
    }
}

/// How one of the contract's clocks stands.
pub(crate) async fn promise(site: &Site, alert: &v1::Alert, target: v1::SlaTarget) -> v1::SlaClock {
    let asked = v1::GetAlertSlaRequest { alert_id: alert.alert_id.clone() };
    let got = site.admin.alerts().get_alert_sla(asked).await.expect("the ledger can be seen");
    let clocks = got.into_inner().sla.expect("an answer holds what was asked for").clocks;
    let of_contract = |it: &v1::SlaClock| it.kind() == v1::SlaKind::Contract;
    let found = clocks.into_iter().find(|it| of_contract(it) && it.target() == target);
    found.expect("the contract has such a clock")
}
