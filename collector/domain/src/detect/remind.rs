//! What is still bad is told again by and by.
//!
//! A person may have resolved the alert of something that is still broken, by
//! mistake or in the hope that it is not. Its level does not change by that, so
//! without a reminder nobody would ever hear of it again. An alert that is
//! there still takes a reminder for what it is.
//!
//! # Invariants
//!
//! - All that is bad about one endpoint is told again together, at most once
//!   in [`TELL_AGAIN`]: one commit, however much it is.

use jiff::{SignedDuration, Timestamp};

use crate::{
    detect::{CheckKey, CheckState, Checks, Level, Rules, backup, checks, presence},
    endpoint::Endpoint,
    signal::Signal,
};

/// What still holds is told to its alert again after so long.
pub const TELL_AGAIN: SignedDuration = SignedDuration::from_hours(1);

/// The signals of all that was told and is still bad, if it is time for that.
pub(crate) fn tick(
    endpoint: &Endpoint,
    checks: &mut Checks,
    rules: &Rules,
    now: Timestamp,
) -> Vec<Signal> {
    let silent = presence::still_gone(endpoint, rules);
    let is_meant = |(check, instance): &CheckKey, it: &CheckState| {
        let is_told = it.level != Level::Ok && it.announced == it.level;
        is_told && backup::stands(&endpoint.facts, check, instance)
    };
    let bad = || checks.states.iter().filter(|it| is_meant(it.0, it.1));
    let since = bad().map(|it| it.1.since).chain(silent.iter().map(|it| it.observed_at)).min();
    let Some(since) = since else { return Vec::new() };
    // A clock that ran ahead for a while must not silence what comes after.
    let before = checks.reminded_at.filter(|it| *it <= now).unwrap_or(since);
    if now.duration_since(before.max(since)) < TELL_AGAIN {
        return Vec::new();
    }
    let again = bad().map(|(key, it)| checks::signal(rules, &key.0, &key.1, it, false));
    let signals = again.chain(silent).collect();
    checks.reminded_at = Some(now);
    signals
}

/// What has been so for long and could not be told before needs no reminder now.
pub(crate) fn after(checks: &mut Checks, news: &[Signal], now: Timestamp) {
    if news.iter().any(|it| now.duration_since(it.observed_at) >= TELL_AGAIN) {
        checks.reminded_at = Some(now);
    }
}
