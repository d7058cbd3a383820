//! What the store keeps, and for how long.

use jiff::SignedDuration;
use remit_runtime::{
    config::{ConfigError, Document, Effective, Setting},
    duration::Span,
};
use serde::Deserialize;

use super::RawConfig;

/// How many days readings are kept as they came, unless somebody says otherwise.
const HISTORY: i64 = 14;
/// How many by the hour: thirteen months and a bit.
const HOURLY: i64 = 400;
/// How many days watchers may come back after.
const FEED: i64 = 30;
/// How many days the audit trail is kept.
const AUDIT: i64 = 400;
/// And how many at least.
const LEAST_AUDIT: i64 = 180;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStore {
    cache_mib: Option<u64>,
    keep_history: Option<Span>,
    keep_hourly: Option<Span>,
    keep_feed: Option<Span>,
    keep_audit: Option<Span>,
}

/// The settings as they hold.
pub(super) struct Kept {
    pub(super) cache_bytes: u64,
    pub(super) history: Span,
    pub(super) hourly: Span,
    pub(super) feed: Span,
    pub(super) audit: Span,
}

pub(super) fn read(file: &Document<RawConfig>, table: &mut Effective) -> Result<Kept, ConfigError> {
    let raw = &file.value.store;
    let cache = Setting::new(1).file(raw.cache_mib);
    if !(1..=65_536).contains(&cache.value) {
        return Err(file.invalid("store.cache_mib", "is not between 1 and 65536"));
    }
    table.show("store.cache_mib", &cache);
    let days = |count: i64| Span(SignedDuration::from_hours(24 * count));
    let history = Setting::new(days(HISTORY)).file(raw.keep_history);
    table.show("store.keep_history", &history);
    let hourly = Setting::new(days(HOURLY)).file(raw.keep_hourly);
    if raw.keep_hourly.is_some() && hourly.value.0 < history.value.0 {
        let message = "is shorter than store.keep_history: what is kept by the hour is older";
        return Err(file.invalid("store.keep_hourly", message));
    }
    table.show("store.keep_hourly", &hourly);
    let feed = Setting::new(days(FEED)).file(raw.keep_feed);
    table.show("store.keep_feed", &feed);
    let audit = Setting::new(days(AUDIT)).file(raw.keep_audit);
    if audit.value.0 < days(LEAST_AUDIT).0 {
        let message = format!("is shorter than {LEAST_AUDIT} days: the trail would be of no use");
        return Err(file.invalid("store.keep_audit", message));
    }
    table.show("store.keep_audit", &audit);
    Ok(Kept {
        cache_bytes: cache.value << 20,
        history: history.value,
        hourly: hourly.value,
        feed: feed.value,
        audit: audit.value,
    })
}
