//! What an endpoint brings along when it comes back: told once, paged never.

use remit_shared::{EndpointId, Severity};

use crate::{
    detect::{moment, span},
    group::{Item, Matter},
    tuning::Episode,
};

/// The class under which backlogs travel together.
pub const BACKLOG: &str = "backlog";

/// So many are told; the rest are counted.
const TOLD: usize = 3;

/// The message about what was bad while an endpoint could not say so, and is
/// over. `None` if there was nothing. What is bad still is an alert's to tell.
pub fn backlog(endpoint: EndpointId, hostname: &str, found: &[Episode]) -> Option<Item> {
    let over: Vec<String> = found.iter().filter_map(told).collect();
    if over.is_empty() {
        return None;
    }
    let more = match over.len().saturating_sub(TOLD) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    let shown = over.iter().take(TOLD).cloned().collect::<Vec<_>>().join("; ");
    Some(Item {
        about: Matter::Backlog(endpoint),
        notices: Vec::new(),
        endpoint,
        hostname: hostname.to_owned(),
        severity: Severity::Low,
        summary: format!("bad while nobody could be told, and over: {shown}{more}"),
        over: false,
        told_before: false,
    })
}

impl Item {
    /// Whether it is about what is over already.
    pub(super) fn is_backlog(&self) -> bool {
        match self.about {
            Matter::Backlog(_) => true,
            Matter::Alert(_) => false,
        }
    }
}

fn told(episode: &Episode) -> Option<String> {
    let length = episode.to?.duration_since(episode.from);
    Some(format!("{}, {} for {}", episode.summary, moment(episode.from, None), span(length)))
}
