//! Both programs are killed at a bad moment, and nobody notices.

use anyhow::ensure;

use super::{
    super::{
        answers::Alert,
        patience::until,
        restic::Repository,
        site::{Site, Staff},
        stream::Stream,
    },
    SOON, backups,
};

/// How many failures are spooled while the collector is away.
const SPOOLED: usize = 3;

/// The collector is killed: what was decided stays, streams go on where they
/// were, and the time it was away is nobody's fault. The first stream was cut
/// before the acknowledgement, the second while the collector is down.
pub(super) async fn collector(
    site: &mut Site,
    staff: &Staff,
    endpoint: &str,
    alert: &str,
    streams: [&mut Stream; 2],
) -> anyhow::Result<()> {
    let before = staff.admin.endpoint(endpoint).await?;
    let owner = staff.internal.alert(alert).await?.responsibility.responsible;
    let [internal, provider] = streams;
    site.take_collector()?.kill().await?;
    provider.cut().await?;
    site.start_collector().await?;
    backups::is_acknowledged_by(&staff.internal.alert(alert).await?, &owner)?;

    internal.resume()?;
    provider.resume()?;
    until("the acknowledgement on the resumed stream", SOON, async || {
        Ok((internal.count(alert, "acknowledged")? == 1).then_some(()))
    })
    .await?;
    until("a report after the restart", SOON, async || {
        site.must_run()?;
        let now = staff.admin.endpoint(endpoint).await?;
        Ok((now.presence == "online" && now.metrics_applied > before.metrics_applied).then_some(()))
    })
    .await?;

    let mut whole = Stream::open(site, "whole", &staff.provider)?;
    until("the same events on a resumed and a fresh stream", SOON, async || {
        let expected = whole.event_cursors()?;
        let same = internal.event_cursors()? == expected && provider.event_cursors()? == expected;
        Ok((!expected.is_empty() && same).then_some(()))
    })
    .await?;
    whole.cut().await?;

    let alerts: Vec<Alert> = staff.internal.list(&["alert", "list"]).await?;
    let offline = alerts.iter().find(|it| it.check.contains("offline"));
    ensure!(offline.is_none(), "a restart made an alert: {offline:?}");
    Ok(())
}

/// The agent is killed while it holds what the collector has not seen: each of
/// it is applied, none of it twice.
pub(super) async fn agent(
    site: &mut Site,
    staff: &Staff,
    endpoint: &str,
    alert: &str,
    repository: &Repository,
) -> anyhow::Result<()> {
    let before = staff.internal.alert(alert).await?.occurrences;
    site.take_collector()?.stop().await?;
    for _ in 0..SPOOLED {
        ensure!(!site.back_up(repository).await?, "the wrapper hid that the backup failed");
    }
    site.take_agent()?.kill().await?;
    site.start_collector().await?;
    site.start_agent()?;

    let expected = before + u64::try_from(SPOOLED)?;
    until("every spooled failure counted", SOON, async || {
        site.must_run()?;
        let it = staff.internal.alert(alert).await?;
        Ok((it.occurrences >= expected).then_some(()))
    })
    .await?;
    // A record that is applied twice would come with the next report at the
    // latest.
    let reported = staff.admin.endpoint(endpoint).await?.metrics_applied;
    until("one more report", SOON, async || {
        let it = staff.admin.endpoint(endpoint).await?;
        Ok((it.metrics_applied > reported).then_some(()))
    })
    .await?;
    let seen = staff.internal.alert(alert).await?.occurrences;
    ensure!(seen == expected, "{expected} failures were made, {seen} counted");
    let lost = staff.admin.endpoint(endpoint).await?.records_lost;
    ensure!(lost == 0, "{lost} records were lost");
    Ok(())
}
