//! `cargo quickstart --check`: one story, told in steps, each seen or not.
//!
//! A later step stands on an earlier one, so the first that is not seen ends
//! the story. What a step claims is compared with somebody who does not know
//! Remit: apt, restic, the clock on the wall, an exit code.

mod backups;
mod crashes;
mod joining;

use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::time::{self, Instant};

use super::{asked_to_stop, restic::Repository, site::Site, stream::Stream};
use crate::command::say;

/// For the whole story.
const LIMIT: Duration = Duration::from_mins(5);

/// For anything that takes a report to become visible.
const SOON: Duration = Duration::from_secs(60);

/// Plays the story; an error is the first thing that was not seen.
pub(super) async fn run(site: Site) -> anyhow::Result<()> {
    tokio::select! {
        told = time::timeout(LIMIT, tell(site)) => {
            told.with_context(|| format!("not done within {} s", LIMIT.as_secs()))?
        }
        asked = asked_to_stop() => {
            asked?;
            bail!("stopped")
        }
    }
}

async fn tell(mut site: Site) -> anyhow::Result<()> {
    let mut story = Story::default();
    let staff = site.found().await.context("failed to set the site up")?;
    let (site, staff) = (&mut site, &staff);

    let done = joining::enroll(site, staff);
    story.step("enrolled by token; the token is spent", done).await?;
    let done = joining::report(site, staff);
    let endpoint = &story.step("first report accepted", done).await?;
    let done = joining::compare_updates(staff, endpoint);
    story.step("pending and security updates as apt counts them", done).await?;

    let mut internal = Stream::open(site, "internal", &staff.internal)?;
    let mut provider = Stream::open(site, "noc", &staff.provider)?;
    let repository = Repository::create(&site.folder().join("backup")).await?;
    let done = backups::succeed(site, staff, &repository);
    story.step("restic backup shown with its snapshot id", done).await?;
    let done = backups::fail(site, staff, &repository, endpoint);
    let alert = &story.step("failed backup is an alert, its owner by the matrix", done).await?;
    let done = backups::streamed([&internal, &provider], alert);
    story.step("alert on both teams' streams", done).await?;

    // From here on this stream knows less than has happened.
    internal.cut().await?;
    let done = backups::acknowledge(staff, alert, &provider);
    story.step("acknowledged by its owner", done).await?;
    let done = crashes::collector(site, staff, endpoint, alert, [&mut internal, &mut provider]);
    story.step("collector killed: nothing lost, repeated or made up", done).await?;
    let done = crashes::agent(site, staff, endpoint, alert, &repository);
    story.step("agent killed: every spooled record applied once", done).await?;

    let done = backups::recover(site, staff, &repository, alert);
    story.step("repaired job resolves the alert by itself", done).await?;
    let done = joining::revoke(site, staff, endpoint);
    story.step("revoked agent cut within 5 s and kept out", done).await?;
    Ok(())
}

/// Counts the steps and says how each went.
#[derive(Default)]
struct Story {
    steps: usize,
}

impl Story {
    async fn step<T>(
        &mut self,
        what: &str,
        work: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<T> {
        let start = Instant::now();
        let result = work.await;
        self.steps += 1;
        let mark = if result.is_ok() { '✓' } else { '✗' };
        say(format!(
            "{mark} {:>2} {what:<54} {:>6.2} s",
            self.steps,
            start.elapsed().as_secs_f64()
        ));
        result.with_context(|| format!("step {}, {what}", self.steps))
    }
}
