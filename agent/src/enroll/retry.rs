//! Whether and when to ask again.

use std::time::Duration;

use remit_shared::Backoff;
use tonic::Status;

use super::EnrollError;

/// In how many milliseconds to ask again, as gRPC spells it.
const PUSHBACK: &str = "grpc-retry-pushback-ms";

/// Nobody is believed who says to wait longer.
const LONGEST: Duration = Duration::from_secs(60);

/// How long to wait where nobody says so.
const BACKOFF: Backoff =
    Backoff { base: jiff::SignedDuration::from_secs(2), max: jiff::SignedDuration::from_secs(30) };

/// How long to keep trying.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// With a collector that says that it is busy.
    pub busy: Duration,
    /// With one that does not answer.
    pub absent: Duration,
}

impl Patience {
    /// A collector that is there is waited for; one that is not may have
    /// another address, and a person looks at it sooner than we.
    pub const USUAL: Self = Self { busy: Duration::from_secs(300), absent: Duration::ZERO };

    /// The same for both.
    pub const fn of(length: Duration) -> Self {
        Self { busy: length, absent: length }
    }
}

/// How long to wait before asking again after so many failures, if it is to be
/// asked again at all.
pub(super) fn wait(
    err: &EnrollError,
    failures: u32,
    random: u64,
    elapsed: Duration,
    patience: Patience,
) -> Option<Duration> {
    let spread = BACKOFF.wait(failures, random).unsigned_abs();
    let (wait, patience) = match err {
        // A little later than told, each by its own share, so that they do not
        // all knock in the same moment.
        EnrollError::Busy { after: Some(after), .. } => (*after + spread / 8, patience.busy),
        EnrollError::Busy { after: None, .. } => (spread, patience.busy),
        EnrollError::Unreachable { .. } => (spread, patience.absent),
        EnrollError::Token(_)
        | EnrollError::WrongCa { .. }
        | EnrollError::Refused(_)
        | EnrollError::AlreadyEnrolled { .. }
        | EnrollError::Answer(_)
        | EnrollError::Identity(_)
        | EnrollError::Key(_) => return None,
    };
    (elapsed + wait <= patience).then_some(wait)
}

/// When the collector says to ask again.
pub(super) fn pushback(status: &Status) -> Option<Duration> {
    let text = status.metadata().get(PUSHBACK)?.to_str().ok()?;
    Some(Duration::from_millis(text.parse().ok()?).min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn busy(after: Option<u64>) -> EnrollError {
        let status = Box::new(Status::resource_exhausted("busy"));
        EnrollError::Busy { status, after: after.map(Duration::from_millis) }
    }

    fn absent() -> EnrollError {
        EnrollError::Unreachable { addresses: "a:1".into(), source: "refused".into() }
    }

    #[test]
    fn who_is_told_when_to_come_back_comes_then_or_a_little_later() {
        let at = |random| wait(&busy(Some(400)), 1, random, Duration::ZERO, Patience::USUAL);
        assert_eq!(at(0), Some(Duration::from_millis(400)));
        let latest = at(u64::MAX).unwrap();
        assert!(latest <= Duration::from_millis(650), "{latest:?}");
    }

    #[test]
    fn patience_ends_and_a_collector_that_is_away_has_none_unless_told() {
        let (minute, half) = (Duration::from_secs(60), u64::MAX / 2);
        let of = |err: &EnrollError, elapsed, patience| wait(err, 1, half, elapsed, patience);
        assert!(of(&busy(None), Duration::ZERO, Patience::USUAL).is_some());
        assert_eq!(of(&busy(None), Duration::from_secs(300), Patience::USUAL), None);
        assert_eq!(of(&absent(), Duration::ZERO, Patience::USUAL), None);
        assert!(of(&absent(), Duration::ZERO, Patience::of(minute)).is_some());
        assert_eq!(of(&absent(), minute, Patience::of(minute)), None);
    }

    #[test]
    fn a_no_is_a_no() {
        let refused = EnrollError::Refused(Box::new(Status::unauthenticated("used up")));
        assert_eq!(wait(&refused, 1, 0, Duration::ZERO, Patience::of(LONGEST)), None);
    }

    #[test]
    fn a_hint_is_read_and_bounded() {
        let hint = |text: &'static str| {
            let mut status = Status::resource_exhausted("busy");
            status.metadata_mut().insert(PUSHBACK, text.parse().unwrap());
            pushback(&status)
        };
        assert_eq!(hint("250"), Some(Duration::from_millis(250)));
        assert_eq!(hint("999999999"), Some(LONGEST));
        assert_eq!(hint("-1"), None);
        assert_eq!(pushback(&Status::resource_exhausted("busy")), None);
    }
}
