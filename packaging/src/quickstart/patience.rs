//! Waiting for something that another process does.
//!
//! There is nobody to wake us: the only way to know is to ask again.

use std::time::Duration;

use anyhow::{anyhow, bail};
use tokio::time::{self, Instant};

/// How long between two questions.
const PACE: Duration = Duration::from_millis(100);

/// Asks until there is an answer. A question that fails is asked again, for
/// the one who is asked may be starting; the last failure is in the error.
pub(super) async fn until<T>(
    what: &str,
    limit: Duration,
    mut ask: impl AsyncFnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    let end = Instant::now() + limit;
    loop {
        let failure = match ask().await {
            Ok(Some(answer)) => return Ok(answer),
            Ok(None) => None,
            Err(err) => Some(err),
        };
        if Instant::now() >= end {
            let unseen = anyhow!("not seen within {} s: {what}", limit.as_secs());
            match failure {
                Some(err) => return Err(err.context(unseen)),
                None => bail!(unseen),
            }
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
    fn what_was_never_seen_is_named_with_the_last_failure() {
        let answer = until("it", Duration::ZERO, async || bail!("nobody home"));
        let err = block_on::<anyhow::Result<()>>(answer).unwrap_err();
        assert_eq!(format!("{err:#}"), "not seen within 0 s: it: nobody home");
    }
}
