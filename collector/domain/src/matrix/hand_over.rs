//! When work passes to the other party because of what was found, not because
//! of the hour.
//!
//! The field calls them defined triggers, not judgment calls: whoever hits a
//! wall says which one, and the matrix says who has it next and when.

use std::{collections::BTreeSet, fmt, str::FromStr};

use jiff::SignedDuration;
use remit_shared::{Function, Party, Team};

use crate::{
    matrix::{Duty, Escalation, Matrix, scope::admits},
    people::Target,
};

/// Half an hour: the rule of thumb of the field.
const USUAL: SignedDuration = SignedDuration::from_mins(30);

/// The wall that was hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HandOverReason {
    /// Only the other party can sign in.
    NeedsCredential,
    /// Somebody must stand in front of it.
    NeedsOnSite,
    /// Only the business knows what is right.
    BusinessContext,
    /// It looks like an attack.
    SecuritySuspicion,
    /// A vendor must act first.
    VendorWait,
}

/// Why a string is no reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no reason for a hand-over: use needs_credential, needs_on_site, business_context, security_suspicion or vendor_wait"
)]
pub struct HandOverReasonError(pub String);

impl HandOverReason {
    /// Every reason.
    pub const ALL: [Self; 5] = [
        Self::NeedsCredential,
        Self::NeedsOnSite,
        Self::BusinessContext,
        Self::SecuritySuspicion,
        Self::VendorWait,
    ];

    /// The one spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NeedsCredential => "needs_credential",
            Self::NeedsOnSite => "needs_on_site",
            Self::BusinessContext => "business_context",
            Self::SecuritySuspicion => "security_suspicion",
            Self::VendorWait => "vendor_wait",
        }
    }

    /// How long it waits if the matrix does not say. An attack does not.
    pub const fn usual_wait(self) -> SignedDuration {
        match self {
            Self::SecuritySuspicion => SignedDuration::ZERO,
            Self::NeedsCredential
            | Self::NeedsOnSite
            | Self::BusinessContext
            | Self::VendorWait => USUAL,
        }
    }
}

impl fmt::Display for HandOverReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for HandOverReason {
    type Err = HandOverReasonError;

    fn from_str(text: &str) -> Result<Self, HandOverReasonError> {
        let known = Self::ALL.into_iter().find(|it| it.as_str() == text);
        known.ok_or_else(|| HandOverReasonError(text.escape_default().to_string()))
    }
}

/// What follows from a reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trigger {
    /// The reason.
    pub reason: HandOverReason,
    /// For which kinds of work; none means any.
    pub functions: BTreeSet<Function>,
    /// How long after the reason was given.
    pub after: SignedDuration,
    /// To whom; `None` means the counterpart.
    pub to: Option<Team>,
}

impl Matrix {
    /// What follows from a reason in a kind of work: what the matrix says of
    /// just that work, else of any, else what ships.
    pub fn hand_over(&self, reason: HandOverReason, function: &Function) -> Trigger {
        let said = self.triggers.iter().filter(|it| it.reason == reason);
        let said = said.filter(|it| admits(&it.functions, function));
        let shipped =
            Trigger { reason, functions: BTreeSet::new(), after: reason.usual_wait(), to: None };
        // Of equals, the first in the file.
        said.min_by_key(|it| it.functions.is_empty()).cloned().unwrap_or(shipped)
    }

    /// The team of the other party that takes over from whoever is responsible:
    /// the first that the duty has to do with, else the first that acts at all.
    pub fn counterpart(&self, duty: &Duty) -> Option<&Team> {
        let party = |name: &Team| self.team(name).map(|it| it.party);
        let wanted = match party(&duty.responsible)? {
            Party::Internal => Party::Provider,
            Party::Provider | Party::Vendor => Party::Internal,
        };
        let steps = match &duty.escalation {
            Escalation::Steps(steps) => steps.as_slice(),
            Escalation::Shipped => &[],
            Escalation::Policy(name) => {
                let named = self.policies.iter().find(|it| it.name == *name);
                named.map(|it| it.steps.as_slice()).unwrap_or_default()
            }
        };
        let escalated = steps.iter().filter_map(|it| match &it.target {
            Target::Team(team) => self.team(team).map(|it| &it.name),
            Target::Rota(_) | Target::Person(_) => None,
        });
        let near = (duty.others.iter()).chain(&duty.consulted).filter_map(|it| self.team(it));
        let near = near.map(|it| &it.name).chain(escalated);
        let acting = self.all_rows().map(|it| &it.duty.responsible);
        let all = near.chain(acting).chain(self.teams.iter().map(|it| &it.name));
        all.filter_map(|it| self.team(it)).find(|it| it.party == wanted).map(|it| &it.name)
    }
}
