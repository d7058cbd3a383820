//! Very many endpoints that fall silent at once.
//!
//! A line that breaks, or a collector that is cut off, is one thing to tell and
//! not five hundred. [`judge`] counts, per site and over all, who has become
//! late; while too many have, nobody is called offline on their own account
//! ([`State::holds`]), and one [`Verdict`] says what is the matter.
//!
//! ```text
//! well ─► suspected ─► lost ─► settling ─► well
//!                │                    ▲ │
//!                └────────────────────┘ └──► suspected again
//! ```
//!
//! - *Suspected*: at least three and at least half of a site's online endpoints
//!   became late within two minutes. For the collector itself, half of all of
//!   them, at two sites or more.
//! - *Lost*: it has stayed so for a heartbeat and half a minute. By then every
//!   endpoint that is cut off is late, so that a site is not blamed for what
//!   happens to all.
//! - *Settling*: four fifths have been back for two minutes, so it is over; who
//!   is still missing three minutes later is told individually. What was only
//!   suspected settles sooner, and nobody hears of it.
//!
//! # Invariants
//!
//! - What is lost is back before it is lost again.
//! - While the collector is cut off, or may be, no site is called lost.
//! - Fewer than three endpoints are never a mass.
//! - Who was called offline before does not count: people know.
//!
//! # Not here
//!
//! Who is late is [`presence`](crate::detect::presence)'s business.

mod census;
mod loss;
pub mod stand_in;
#[cfg(test)]
mod tests;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use remit_shared::{EndpointId, Site, Tenant};

pub use crate::mass_loss::{
    census::{Census, Standing, standing},
    words::tell,
};
use crate::{
    mass_loss::loss::{Loss, Phase, Turn, View},
    suppression::{Suppression, SuppressionKind},
};

/// The check that speaks of sites.
pub const SITE_UNREACHABLE: &str = "site-unreachable";

/// The check that speaks of the collector's own connection.
pub const COLLECTOR_CONNECTIVITY: &str = "collector-connectivity";

/// How long after the last of them must be late a loss is believed, beyond one
/// heartbeat.
const DOUBT: SignedDuration = SignedDuration::from_secs(30);

/// One site of one customer environment.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The customer environment.
    pub tenant: Tenant,
    /// The site.
    pub site: Site,
}

/// What is suspected and what is lost, everywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    collector: Option<Loss>,
    sites: BTreeMap<Place, Loss>,
}

/// How things are judged at present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// How often an endpoint is to be heard.
    pub heartbeat: SignedDuration,
    /// The collector has just started: silence proves nothing yet, and nothing
    /// changes.
    pub starting: bool,
}

/// What somebody must hear of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A site fell silent.
    SiteLost {
        /// Which.
        place: Place,
        /// Who is missing.
        missing: BTreeSet<EndpointId>,
        /// How many were online there before.
        of: usize,
    },
    /// A site is heard again.
    SiteBack {
        /// Which.
        place: Place,
        /// Who is still missing.
        missing: BTreeSet<EndpointId>,
    },
    /// The collector hears too few of all.
    CollectorCutOff {
        /// Who is missing.
        missing: BTreeSet<EndpointId>,
        /// How many were online before.
        of: usize,
        /// Where they are missing.
        places: BTreeSet<Place>,
    },
    /// The collector hears enough of them again.
    CollectorBack {
        /// Who is still missing.
        missing: BTreeSet<EndpointId>,
    },
}

impl State {
    /// What is known after a restart: which sites were told to be lost, and
    /// whether the collector was.
    pub fn resume(
        sites: impl IntoIterator<Item = (Place, Timestamp)>,
        own: Option<Timestamp>,
    ) -> Self {
        Self {
            collector: own.map(Loss::lost_since),
            sites: sites.into_iter().map(|(it, since)| (it, Loss::lost_since(since))).collect(),
        }
    }

    /// Whether nobody at a site is to be called offline on their own account.
    pub fn holds(&self, place: &Place) -> bool {
        self.collector.is_some() || self.sites.contains_key(place)
    }

    /// Why an endpoint's own silence is not told, if it is not.
    pub fn suppression(&self, place: &Place) -> Option<Suppression> {
        let (reference, loss) = match (&self.collector, self.sites.get(place)) {
            (Some(loss), _) => (COLLECTOR_CONNECTIVITY, loss),
            (None, Some(loss)) => (SITE_UNREACHABLE, loss),
            (None, None) => return None,
        };
        Some(Suppression {
            kind: SuppressionKind::MassLoss,
            reference: reference.to_owned(),
            why: format!("{} endpoints fell silent at once", loss.members.len()),
            since: loss.since(),
            until: loss.phase.ends(),
            covers_open: SuppressionKind::MassLoss.covers_open(),
        })
    }
}

/// Takes a count, and says what is lost and what is back.
pub fn judge(state: &State, census: &Census, pace: Pace, now: Timestamp) -> (State, Vec<Verdict>) {
    if pace.starting {
        return (state.clone(), Vec::new());
    }
    let patience = pace.heartbeat.saturating_add(DOUBT);
    let mut verdicts = Vec::new();
    let mut next = State::default();

    let (late, mass) = (census.late().collect(), census.mass());
    let all = View { late, mass, may_begin: true, may_be_told: true };
    let (collector, turn) = loss::step(state.collector.as_ref(), &all, patience, now);
    if let (Some(loss), Some(turn)) = (&collector, turn) {
        verdicts.push(own_verdict(turn, loss, &all, census));
    }
    next.collector = collector;

    let phase = next.collector.as_ref().map(|it| it.phase);
    let is_cut_off = matches!(phase, Some(Phase::Lost { .. }));
    let is_in_doubt = matches!(phase, Some(Phase::Suspected { .. }));
    let places: BTreeSet<&Place> = census.places().chain(state.sites.keys()).collect();
    for place in places {
        let before = state.sites.get(place);
        // What may turn out to be everybody's trouble is not yet this site's.
        let before = before.filter(|it| !(is_cut_off && it.is_only_suspected()));
        let (late, mass) = (census.late_at(place).collect(), census.mass_at(place));
        let view = View { late, mass, may_begin: !is_cut_off, may_be_told: !is_in_doubt };
        let (loss, turn) = loss::step(before, &view, patience, now);
        if let (Some(loss), Some(turn)) = (&loss, turn) {
            verdicts.push(site_verdict(turn, loss, &view, place));
        }
        next.sites.extend(loss.map(|it| (place.clone(), it)));
    }
    (next, verdicts)
}

/// When to judge again if nobody else falls silent or comes back.
pub fn deadline(state: &State, pace: Pace) -> Option<Timestamp> {
    let patience = pace.heartbeat.saturating_add(DOUBT);
    // A site in doubt waits for what becomes of the doubt about all.
    let is_in_doubt = state.collector.as_ref().is_some_and(Loss::is_only_suspected);
    let sites = state.sites.values().filter(|it| !(is_in_doubt && it.is_only_suspected()));
    state.collector.iter().chain(sites).filter_map(|it| it.deadline(patience)).min()
}

fn own_verdict(turn: Turn, loss: &Loss, view: &View, census: &Census) -> Verdict {
    let missing = loss.missing(view);
    match turn {
        Turn::Lost => {
            let places = census.places().filter(|it| census.late_at(it).next().is_some());
            Verdict::CollectorCutOff { of: loss.of, places: places.cloned().collect(), missing }
        }
        Turn::Back => Verdict::CollectorBack { missing },
    }
}

fn site_verdict(turn: Turn, loss: &Loss, view: &View, place: &Place) -> Verdict {
    let (place, missing) = (place.clone(), loss.missing(view));
    match turn {
        Turn::Lost => Verdict::SiteLost { place, missing, of: loss.of },
        Turn::Back => Verdict::SiteBack { place, missing },
    }
}
