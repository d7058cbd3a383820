//! What can happen to an alert, apart from signals.

use remit_shared::{Party, Team};

use crate::alert::{Acknowledgement, Actor, Delivery, Disposition};

/// Why an alert is handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandOverReason {
    /// The other side has the password.
    NeedsCredential,
    /// Somebody must stand before the machine.
    NeedsOnSite,
    /// Somebody must know the business.
    BusinessContext,
    /// It may be an attack.
    SecuritySuspicion,
    /// A third company must act.
    VendorWait,
    /// Another reason; the note says which.
    Manual,
}

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
    /// A shift said something of it.
    Disposed {
        /// Who.
        by: Actor,
        /// What.
        disposition: Disposition,
        /// Why.
        note: String,
    },
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
    /// Time passed, or the matrix changed.
    Tick,
}

impl HandOverReason {
    /// The one spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NeedsCredential => "needs_credential",
            Self::NeedsOnSite => "needs_on_site",
            Self::BusinessContext => "business_context",
            Self::SecuritySuspicion => "security_suspicion",
            Self::VendorWait => "vendor_wait",
            Self::Manual => "manual",
        }
    }
}
