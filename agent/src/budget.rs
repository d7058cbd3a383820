//! Keeps the agent within its budget: a shell around
//! [`remit_agent_domain::budget`].
//!
//! The probe `self` looks at what the agent takes and tells the keeper; the
//! scheduler asks [`Standing`] before each turn whether a probe rests.

use std::sync::Arc;

use remit_agent_domain::budget::{self, Change, Sample, State, Usage};
use tokio::sync::watch;
use tracing::{info, warn};

use crate::config::Budget;

/// How the agent stands with its budget.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// What it takes, once it has looked.
    pub usage: Option<Usage>,
    /// The probes that rest.
    pub shed: Arc<[String]>,
    /// Why the last of them does; empty if none does.
    pub why: Arc<str>,
}

impl Standing {
    /// Why a probe rests, if it does. A family rests as a whole.
    pub fn why_shed(&self, probe: &str) -> Option<&Arc<str>> {
        let family = probe.split('-').next().unwrap_or(probe);
        self.shed.iter().any(|it| it == family).then_some(&self.why)
    }
}

/// Decides which probes rest.
#[derive(Debug)]
pub struct Keeper {
    budget: Budget,
    state: State,
    told: watch::Sender<Standing>,
}

impl Keeper {
    /// A keeper that has not looked yet, and what it will tell.
    pub fn new(budget: Budget) -> (Self, watch::Receiver<Standing>) {
        let (told, standing) = watch::channel(Standing::default());
        (Self { budget, state: State::default(), told }, standing)
    }

    /// Takes a look into account. Gives what is used.
    pub fn look(&mut self, sample: Sample) -> Usage {
        let state = std::mem::take(&mut self.state);
        let (state, usage, change) = budget::step(&self.budget.limits, state, sample);
        let shed: Arc<[String]> = self.budget.optional.iter().take(state.shed).cloned().collect();
        match change {
            Some(Change::Shed(why)) => {
                let resting = shed.join(", ");
                warn!(%why, resting, "the agent takes too much; probes rest");
            }
            Some(Change::Restored) => {
                let resting = shed.join(", ");
                info!(resting, "well within the budget for a while; a probe is taken up again");
            }
            None => {}
        }
        let why = state.why.map_or_else(|| "".into(), |it| it.to_string().into());
        self.state = state;
        self.told.send_replace(Standing { usage: Some(usage), shed, why });
        usage
    }
}
