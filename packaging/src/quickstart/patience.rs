//! Waiting for something that another process does.
//!
//! There is nobody to wake us: the only way to know is to ask again.

use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::time::{self, Instant};

/// How long between two questions.
const PACE: Duration = Duration::from_millis(100);

/// Asks until there is an answer. A question that fails ends the wait.
pub(super) async fn until<T>(
    what: &str,
    limit: Duration,
    mut ask: impl AsyncFnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    let end = Instant::now() + limit;
    loop {
        let asked = ask().await;
        if let Some(answer) = asked.with_context(|| format!("waiting for {what}"))? {
            return Ok(answer);
        }
        if Instant::now() >= end {
            bail!("not seen within {} s: {what}", limit.as_secs());
        }
        time::sleep(PACE).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block_on<T>(work: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
    }

    #[test]
    fn the_first_answer_is_taken() {
        let answer = block_on(until("it", Duration::MAX / 4, async || Ok(Some(7))));
        assert_eq!(answer.unwrap(), 7);
    }

    #[test]
    fn what_was_never_seen_is_named() {
        let err = block_on(until("it", Duration::ZERO, async || Ok(None::<()>))).unwrap_err();
        assert_eq!(format!("{err:#}"), "not seen within 0 s: it");
    }

    #[test]
    fn nobody_waits_for_one_who_is_dead() {
        let dead: Result<Option<()>, _> = Err("it is dead");
        let ask = async || dead.map_err(anyhow::Error::msg);
        let err = block_on(until("it", Duration::MAX / 4, ask)).unwrap_err();
        assert_eq!(format!("{err:#}"), "waiting for it: it is dead");
    }
}
