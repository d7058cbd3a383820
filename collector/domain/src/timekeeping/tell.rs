//! What people are told of a verdict.

use jiff::SignedDuration;

use crate::{
    detect::{Level, span},
    itself::Finding,
    timekeeping::{COLLECTOR_CLOCK, Verdict},
};

/// From here on it is critical: times that people read are wrong by it.
const GRAVE: SignedDuration = SignedDuration::from_secs(60);

impl Verdict {
    /// What there is to tell.
    pub fn finding(&self) -> Finding {
        Finding {
            check: COLLECTOR_CLOCK,
            action: "collector.clock",
            level: self.level(),
            summary: self.summary(),
            evidence: self.evidence(),
        }
    }

    fn level(&self) -> Level {
        match self {
            Self::Set { off, .. } if off.unsigned_abs() >= GRAVE.unsigned_abs() => Level::Crit,
            Self::Set { .. } | Self::Slept(_) => Level::Warn,
            Self::Right | Self::Even => Level::Ok,
        }
    }

    fn summary(&self) -> String {
        match self {
            Self::Set { by, .. } => {
                let way = if by.is_negative() { "back" } else { "ahead" };
                format!("the collector's clock was set {way} by {}", length(*by))
            }
            Self::Slept(slept) => {
                format!("the collector slept for {}: nobody was watched", length(*slept))
            }
            Self::Right => "the collector's clock is right again".to_owned(),
            Self::Even => "the collector's clock has run evenly for an hour".to_owned(),
        }
    }

    fn evidence(&self) -> String {
        match self {
            Self::Set { off, .. } => {
                let way = if off.is_negative() { "behind" } else { "ahead of" };
                format!(
                    "it is {} {way} where it would be by the clock that only runs on; \
                     deadlines go by the wall clock, so they are met that much early or late",
                    length(*off)
                )
            }
            Self::Slept(_) => "the system says how long it slept".to_owned(),
            Self::Right | Self::Even => String::new(),
        }
    }
}

/// A length of time, whichever way it goes.
fn length(length: SignedDuration) -> String {
    let length = SignedDuration::try_from(length.unsigned_abs()).unwrap_or(SignedDuration::MAX);
    if length < GRAVE * 2 { format!("{} s", length.as_secs()) } else { span(length) }
}
