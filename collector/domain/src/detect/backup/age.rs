//! How much work would be lost: the age of the newest data that could be
//! restored.
//!
//! # Invariants
//!
//! - What counts is the time of the data, not the end of the run that saved it.
//! - The clock runs on while the endpoint is silent, and what is told then says
//!   that it is unverified.
//! - A job that was switched off has been told of as such, and ages no further.

use jiff::Timestamp;

use crate::{
    detect::{
        Checks, Finding, Level, Policy,
        backup::expect::zone_of,
        words::{moment, span},
    },
    endpoint::JobState,
};

/// The check that speaks of data that only exists where it is worked on.
pub const RPO: &str = "backup-rpo";

/// The time of the newest data that can be restored, as far as anybody knows.
pub fn data_time(state: &JobState) -> Option<Timestamp> {
    let point = state.newest.as_ref().map(|it| it.taken_at);
    point.max(state.last_good_data_at)
}

pub(super) fn tick(
    state: &JobState,
    checks: &mut Checks,
    policy: &Policy,
    heard: Option<Timestamp>,
    now: Timestamp,
) {
    let (name, zone) = (&state.job.name, zone_of(state));
    if !state.job.enabled {
        checks.clear(RPO, name, &format!("backup `{name}` is switched off"), now);
        return;
    }
    let data = data_time(state);
    let age = now.duration_since(data.unwrap_or(state.known_since));
    let level = policy.rpo.level(age);
    let summary = match (level, data) {
        (Level::Ok, _) => format!("backup `{name}` is young enough again"),
        (_, Some(_)) => format!("the newest good backup of `{name}` is {} old", span(age)),
        (_, None) => format!("`{name}` is known for {} and has no good backup", span(age)),
    };
    let mut lines = match data {
        Some(data) => vec![format!("data of {}", moment(data, zone))],
        None => vec![],
    };
    lines.push(format!("it may be {} old", span(policy.rpo.crit)));
    if let Some(heard) = heard.filter(|it| now.duration_since(*it) >= UNHEARD) {
        lines.push(format!("unverified: the endpoint was last heard at {}", moment(heard, zone)));
    }
    checks.observe(RPO, name, Finding::now(level, summary, lines.join("\n")), now);
}

/// An endpoint that was not heard for so long may have done more than we know.
const UNHEARD: jiff::SignedDuration = jiff::SignedDuration::from_mins(10);
