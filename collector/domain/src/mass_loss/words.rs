//! A loss becomes a check of the virtual endpoint that stands for the site or
//! for the collector, so that it is told like anything else.

use std::{collections::BTreeSet, sync::Arc};

use jiff::Timestamp;
use remit_shared::EndpointId;

use crate::{
    detect::{Checks, Level, Rules},
    endpoint::Endpoint,
    mass_loss::{COLLECTOR_CONNECTIVITY, SITE_UNREACHABLE, Verdict},
    signal::Signal,
};

/// So many names are listed; the rest are counted.
const LISTED: usize = 40;

/// Writes a verdict on the virtual endpoint that it is about, and says what
/// alerts must hear of. `name` says what an endpoint is called.
pub fn tell(
    endpoint: &Endpoint,
    verdict: &Verdict,
    name: impl Fn(EndpointId) -> String,
    rules: &Rules,
    now: Timestamp,
) -> (Endpoint, Vec<Signal>) {
    let mut checks = Checks::clone(&endpoint.checks);
    let check = verdict.check();
    let evidence = list(verdict.missing(), name);
    checks.set(check, "", verdict.level(), verdict.summary(), evidence, now);
    let signals = checks.announce(rules, |it| *it.0 == *check);
    (Endpoint { checks: Arc::new(checks), ..endpoint.clone() }, signals)
}

fn list(missing: &BTreeSet<EndpointId>, name: impl Fn(EndpointId) -> String) -> String {
    if missing.is_empty() {
        return "nobody is missing".to_owned();
    }
    let names: Vec<String> = missing.iter().take(LISTED).map(|it| name(*it)).collect();
    let more = match missing.len().saturating_sub(LISTED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("missing: {}{more}", names.join(", "))
}

impl Verdict {
    /// The check that speaks.
    pub fn check(&self) -> &'static str {
        match self {
            Self::SiteLost { .. } | Self::SiteBack { .. } => SITE_UNREACHABLE,
            Self::CollectorCutOff { .. } | Self::CollectorBack { .. } => COLLECTOR_CONNECTIVITY,
        }
    }

    /// Who is missing.
    pub fn missing(&self) -> &BTreeSet<EndpointId> {
        match self {
            Self::SiteLost { missing, .. }
            | Self::SiteBack { missing, .. }
            | Self::CollectorCutOff { missing, .. }
            | Self::CollectorBack { missing } => missing,
        }
    }

    /// What is the matter, in one line.
    pub fn summary(&self) -> String {
        match self {
            Self::SiteLost { place, missing, of } => {
                format!("site {} is not heard: {} of {of} endpoints", place.site, missing.len())
            }
            Self::SiteBack { place, missing } if missing.is_empty() => {
                format!("site {} is heard again", place.site)
            }
            Self::SiteBack { place, missing } => {
                format!("site {} is heard again, but for {}", place.site, missing.len())
            }
            Self::CollectorCutOff { missing, of, places } => format!(
                "the collector hears too few: {} of {of} endpoints at {} sites are silent",
                missing.len(),
                places.len()
            ),
            Self::CollectorBack { missing } => {
                format!("the collector hears its endpoints again, but for {}", missing.len())
            }
        }
    }

    fn level(&self) -> Level {
        match self {
            Self::SiteLost { .. } | Self::CollectorCutOff { .. } => Level::Crit,
            Self::SiteBack { .. } | Self::CollectorBack { .. } => Level::Ok,
        }
    }
}
