//! A backup job: good, bad, somebody's, good again.

use anyhow::{Context as _, ensure};

use super::{
    super::{
        answers::{Alert, BackupStatus, Who},
        matrix,
        patience::until,
        restic::Repository,
        site::{JOB, Site, Staff},
        stream::Stream,
    },
    SOON,
};

/// A good run is shown, with the snapshot that restic made.
pub(super) async fn succeed(
    site: &Site,
    staff: &Staff,
    repository: &Repository,
) -> anyhow::Result<()> {
    ensure!(site.back_up(repository).await?, "the wrapped backup failed");
    let snapshots = repository.snapshots().await?;
    let snapshot = snapshots.first().context("restic has no snapshot")?;
    until("a successful run with restic's own snapshot id", SOON, async || {
        let jobs: Vec<BackupStatus> = staff.internal.list(&["backup", "list"]).await?;
        let run = jobs.into_iter().find(|it| it.job.name == JOB).and_then(|it| it.last_run);
        // restic's summary may shorten the id.
        let is_it = |id: &str| !id.is_empty() && snapshot.starts_with(id);
        Ok(run.filter(|it| it.result == "success" && is_it(&it.recovery_point)).map(|_run| ()))
    })
    .await
}

/// A bad run is an alert of whoever the matrix names, and `remit who` says the
/// same of that moment; gives the alert's id.
pub(super) async fn fail(
    site: &Site,
    staff: &Staff,
    repository: &Repository,
    endpoint: &str,
) -> anyhow::Result<String> {
    repository.damage()?;
    ensure!(!site.back_up(repository).await?, "the wrapper hid that the backup failed");
    let alert = until("an alert for the failed job", SOON, async || {
        let alerts: Vec<Alert> = staff.internal.list(&["alert", "list"]).await?;
        Ok(alerts.into_iter().find(|it| it.function == matrix::BACKUPS && it.instance == JOB))
    })
    .await?;
    let ours = &alert.responsibility;
    let expected = matrix::BACKUP_OWNER;
    ensure!(ours.responsible == expected, "owned by {}, not {expected}", ours.responsible);

    let about = ["--endpoint", endpoint, "--function", matrix::BACKUPS, "--at", &ours.decided_at];
    let who: Who = staff.internal.ask(&[&["who"], &about[..]].concat()).await?;
    let theirs = who.responsibility;
    ensure!(
        (&theirs.responsible, &theirs.row, theirs.matrix_version, &theirs.reason)
            == (&ours.responsible, &ours.row, ours.matrix_version, &ours.reason),
        "`remit who` says {theirs:?}, the alert {ours:?}"
    );
    Ok(alert.alert_id)
}

/// Both teams hear of it as it happens.
pub(super) async fn streamed(streams: [&Stream; 2], alert: &str) -> anyhow::Result<()> {
    until("the alert on both streams", SOON, async || {
        let seen = streams.map(|stream| stream.count(alert, "created"));
        let [internal, provider] = seen;
        Ok((internal? == 1 && provider? == 1).then_some(()))
    })
    .await
}

/// Its owner takes it, and the provider sees that.
pub(super) async fn acknowledge(
    staff: &Staff,
    alert: &str,
    provider: &Stream,
) -> anyhow::Result<()> {
    let owner = staff.internal.alert(alert).await?.responsibility.responsible;
    let acknowledged: Alert = staff.of(&owner)?.ask(&["alert", "ack", alert]).await?;
    is_acknowledged_by(&acknowledged, &owner)?;
    until("the acknowledgement on the stream", SOON, async || {
        Ok((provider.count(alert, "acknowledged")? == 1).then_some(()))
    })
    .await
}

/// Fails unless a team has taken the alert.
pub(super) fn is_acknowledged_by(alert: &Alert, team: &str) -> anyhow::Result<()> {
    let by = alert.acknowledgement.as_ref().map(|it| it.team.as_str());
    ensure!(alert.state == "acknowledged" && by == Some(team), "the alert is {alert:?}");
    Ok(())
}

/// Once the job is good again, so is everything.
pub(super) async fn recover(
    site: &Site,
    staff: &Staff,
    repository: &Repository,
    alert: &str,
) -> anyhow::Result<()> {
    repository.mend()?;
    ensure!(site.back_up(repository).await?, "the mended backup failed");
    until("an alert that resolved by itself", SOON, async || {
        let it = staff.internal.alert(alert).await?;
        Ok((it.state == "resolved").then_some(()))
    })
    .await
}
