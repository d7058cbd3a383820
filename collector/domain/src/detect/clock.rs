//! Whether an endpoint's clock agrees with ours.

use jiff::{SignedDuration, Timestamp};

use crate::detect::{Checks, Finding, Level, Policy, words::span};

/// The check that speaks of clocks that disagree.
pub const WRONG: &str = "clock-wrong";

/// So many times the limit is critical.
const CRITICAL: i32 = 10;

/// Judges by how far an endpoint's clock is ahead of ours.
pub fn judge(checks: &mut Checks, policy: &Policy, ahead: SignedDuration, now: Timestamp) {
    let off = ahead.abs();
    let level = if off > policy.clock.saturating_mul(CRITICAL) {
        Level::Crit
    } else if off > policy.clock {
        Level::Warn
    } else {
        Level::Ok
    };
    let side = if ahead.is_negative() { "behind" } else { "ahead of" };
    let summary = match level {
        Level::Ok => "the clock agrees with the collector's again".to_owned(),
        Level::Warn | Level::Crit => format!("the clock is {} {side} the collector's", span(off)),
    };
    let evidence = format!("{} s {side} the collector's clock", off.as_secs());
    checks.observe(WRONG, "", Finding::now(level, summary, evidence), now);
}
