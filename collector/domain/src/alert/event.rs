//! What can happen to an alert, apart from signals.

use remit_shared::{Party, Team};

use crate::{
    alert::{Acknowledgement, Actor, Blocked, Delivery, Disposed, HandOverReason, NoiseMark},
    sla::Fact,
};

/// What happens to an alert, apart from signals. Facts; they cannot be refused.
#[derive(Clone, Debug)]
pub enum Event {
    /// Somebody took it on.
    Acknowledged(Acknowledgement),
    /// Somebody says that it is over.
    Resolved {
        /// Who.
        by: Actor,
        /// What they said.
        note: String,
    },
    /// Somebody gave it to another team.
    HandedOver {
        /// Who.
        by: Actor,
        /// The team that has it now.
        to: Team,
        /// That team's side.
        party: Party,
        /// Why.
        reason: HandOverReason,
        /// What they said.
        note: String,
    },
    /// Somebody ran into a wall.
    Blocked(Blocked),
    /// The wall is gone.
    Unblocked {
        /// Who says so.
        by: Actor,
        /// What they said.
        note: String,
    },
    /// Somebody stopped the clocks, or both parties agreed that they should
    /// have been stopped.
    Paused {
        /// Who.
        by: Actor,
        /// What the clocks must hear.
        fact: Fact,
        /// Why.
        note: String,
    },
    /// Somebody lets them go on.
    Resumed {
        /// Who.
        by: Actor,
        /// What they said.
        note: String,
    },
    /// A shift said something of it, or nobody did in time.
    Disposed(Disposed),
    /// Somebody found it not worth telling.
    MarkedNoise(NoiseMark),
    /// Somebody said something.
    Noted {
        /// Who.
        by: Actor,
        /// What.
        note: String,
    },
    /// A message got somewhere, or did not.
    Delivery {
        /// Which message.
        number: u32,
        /// How far it got.
        delivery: Delivery,
    },
    /// Its endpoint has left for good: nothing will be heard of it any more.
    Retired {
        /// Why, and by whom.
        why: String,
    },
    /// Time passed, or the world changed: the matrix, or what keeps it quiet.
    Tick,
}
