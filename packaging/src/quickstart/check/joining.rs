//! How an endpoint comes, is believed, and goes.

use std::{fs, time::Duration};

use anyhow::{Context as _, ensure};

use super::{
    super::{
        answers::{Endpoint, PatchStatus},
        apt,
        patience::until,
        process,
        site::{Site, Staff},
    },
    SOON,
};

/// How long a revoked agent may stay.
const CUT: Duration = Duration::from_secs(5);

/// What the agent writes about a collector that no longer trusts it.
const REFUSED: &[&str] = &["revoked", "refused", "unauthenticated"];

/// A token lets one agent in, and not a second one.
pub(super) async fn enroll(site: &Site, staff: &Staff) -> anyhow::Result<()> {
    let token = site.token(&staff.admin).await?;
    process::succeed(&mut site.enroll(&token, "agent")).await?;
    let second = process::output(&mut site.enroll(&token, "impostor")).await?;
    ensure!(!second.status.success(), "the token was accepted twice");
    let endpoints = endpoints(staff).await?;
    ensure!(endpoints.len() == 1, "one agent enrolled, {} are listed", endpoints.len());
    Ok(())
}

/// The agent's first report is applied; gives the endpoint's id.
pub(super) async fn report(site: &mut Site, staff: &Staff) -> anyhow::Result<String> {
    site.start_agent()?;
    until("an endpoint that is online and has reported", SOON, async || {
        site.must_run()?;
        let endpoint = endpoints(staff).await?.pop();
        let reported = endpoint.filter(|it| it.presence == "online" && it.events_applied > 0);
        Ok(reported.map(|it| it.endpoint_id))
    })
    .await
}

/// Remit and apt count the same updates.
pub(super) async fn compare_updates(staff: &Staff, endpoint: &str) -> anyhow::Result<()> {
    let counts = until("the state of updates", SOON, async || {
        let states: Vec<PatchStatus> = staff.internal.list(&["patch", "list"]).await?;
        let state = states.into_iter().find(|it| it.endpoint_id == endpoint);
        Ok(state.and_then(|it| it.pending.zip(it.security)))
    })
    .await?;
    let updates = apt::ask()?;
    let expected = (updates.pending, updates.security);
    ensure!(counts == expected, "Remit counts {counts:?}, apt {expected:?} (pending, security)");
    Ok(())
}

/// A revoked agent is cut off at once and cannot come back.
pub(super) async fn revoke(site: &mut Site, staff: &Staff, endpoint: &str) -> anyhow::Result<()> {
    staff.admin.tell(&["endpoint", "revoke", endpoint, "--reason", "quickstart"]).await?;
    until("a revoked endpoint that is not online", CUT, async || {
        let it = staff.admin.endpoint(endpoint).await?;
        Ok((it.revoked_at.is_some() && it.presence != "online").then_some(()))
    })
    .await?;

    // It may have given up by itself already; a fresh start is a fresh attempt.
    site.take_agent()?.stop().await?;
    let before = staff.admin.endpoint(endpoint).await?;
    let log = site.log("agent");
    let said_before = fs::read_to_string(&log)?.len();
    site.start_agent()?;
    until("an agent that was refused", SOON, async || {
        let text = fs::read_to_string(&log)?.to_lowercase();
        let said = text.get(said_before..).context("the agent's log got shorter")?;
        Ok(REFUSED.iter().any(|word| said.contains(word)).then_some(()))
    })
    .await?;
    let after = staff.admin.endpoint(endpoint).await?;
    ensure!(
        (after.events_applied, after.metrics_applied)
            == (before.events_applied, before.metrics_applied),
        "a revoked agent's report was applied"
    );
    Ok(())
}

async fn endpoints(staff: &Staff) -> anyhow::Result<Vec<Endpoint>> {
    staff.admin.list(&["endpoint", "list"]).await
}
