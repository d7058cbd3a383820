//! Waiting for messages that others send.

use std::time::Duration;

use anyhow::ensure;
use tokio::time::{self, Instant};

/// How long messages may take to come, without any that comes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until `seen` gives so many.
pub(crate) async fn all(count: usize, seen: impl Fn() -> usize) -> anyhow::Result<()> {
    let (mut last, mut since) = (seen(), Instant::now());
    while last < count {
        ensure!(since.elapsed() < PATIENCE, "{last} of {count} messages came");
        time::sleep(Duration::from_millis(50)).await;
        let now = seen();
        if now > last {
            (last, since) = (now, Instant::now());
        }
    }
    Ok(())
}
