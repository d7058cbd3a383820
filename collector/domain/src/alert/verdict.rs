//! What people think of an alert: how a shift leaves it, and whether it was
//! worth telling.

use jiff::Timestamp;
use remit_shared::KnownIssueId;

use crate::alert::Actor;

/// How a shift leaves an alert when it ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Disposition {
    /// Nobody has said.
    #[default]
    None,
    /// It was dealt with.
    Resolved,
    /// It is known, and documented.
    KnownIssue,
    /// Both teams must look at it.
    JointReview,
}

/// A disposition with who gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disposed {
    /// What.
    pub what: Disposition,
    /// Who; `None` if nobody did in time and the collector had to.
    pub by: Option<Actor>,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub note: String,
    /// Where it is documented.
    pub known_issue: Option<KnownIssueId>,
}

/// Somebody found that an alert was not worth telling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoiseMark {
    /// Who.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// What is wrong with it.
    pub reason: NoiseReason,
    /// What they said.
    pub note: String,
}

/// What is wrong with an alert that was not worth telling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NoiseReason {
    /// Nothing was the matter.
    FalsePositive,
    /// Something was, and nobody could or need do anything about it.
    NotActionable,
    /// It did not say enough to act on it.
    PoorDetails,
}

impl Disposition {
    /// The one spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Resolved => "resolved",
            Self::KnownIssue => "known_issue",
            Self::JointReview => "joint_review",
        }
    }
}

impl Disposed {
    /// Whether nobody did it in time and the collector had to.
    pub fn is_automatic(&self) -> bool {
        self.by.is_none()
    }
}

impl NoiseReason {
    /// Every reason.
    pub const ALL: [Self; 3] = [Self::FalsePositive, Self::NotActionable, Self::PoorDetails];

    /// The one spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FalsePositive => "false_positive",
            Self::NotActionable => "not_actionable",
            Self::PoorDetails => "poor_details",
        }
    }
}
