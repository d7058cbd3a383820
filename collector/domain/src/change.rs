//! Changes that both parties must agree to.
//!
//! A change is a value: what is to change, as a canonical text and its hash;
//! who asked; who must agree, and why; who has agreed. [`propose`],
//! [`approve`], [`apply`] and the other commands refuse or give a fact, [`step`]
//! takes the fact and gives the change's next value with what it owes.
//!
//! # Invariants
//!
//! - An approval is for one text. It names the text's hash, and any edit voids
//!   all approvals.
//! - Nobody approves what they asked for: not under another credential of the
//!   same name either. What is shared takes somebody of the other party.
//! - Nor does an administrator approve what their own side asked for: they
//!   could have made whoever asked.
//! - A change is applied once. Approvals that nobody used within
//!   [`VALID_FOR`] are worth nothing.
//! - Authority is what it is when the change takes effect: [`apply`] weighs the
//!   change again, with the operators as they are by then.
//! - Every act leaves an audit entry, and so does every refusal
//!   ([`audit::refused`]).
//! - [`deadline`] says when to send the next [`Event::Tick`]; one before that
//!   changes nothing, and a late one is as good as a punctual one.
//!
//! # Not here
//!
//! Hashing the text and checking signatures; reading a matrix text. Which
//! endpoints a selector means arrives as [`Facts`].

pub mod audit;
pub mod canonical;
mod collision;
mod command;
mod emergency;
mod facts;
mod part;
mod refusal;
mod required;
mod spec;
mod standing;
mod step;
#[cfg(test)]
mod tests;
mod weigh;

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use remit_shared::{ChangeId, OperatorId, Party, Team, Tenant, WindowId};

pub use crate::change::{
    collision::{Collision, On, collisions},
    command::{
        Draft, Present, amend, apply, approval, approve, propose, reassess, reject, withdraw,
    },
    emergency::{
        BREAK_GLASS_FOR, BreakGlass, PAGE_WITHIN, REVIEW_WITHIN, break_glass, may_break_glass,
        review, within,
    },
    facts::{Approvers, Facts, Quieting, Risk, Touches, WIDE, risk},
    part::{MatrixPart, parts, rows},
    refusal::Refusal,
    required::{ALONE_FOR, FOUNDING, REVOKED_AT_ONCE, required},
    spec::{Retention, Revocation, Spec, TokenSpec, WindowSpec, WorkSpec},
    step::{Event, Order, Step, deadline, step},
};
use crate::{
    authority::grants::Grant,
    operator::{Operator, Role},
};

/// How long a request waits for approvals, and how long approvals wait to be
/// used.
pub const VALID_FOR: SignedDuration = SignedDuration::from_hours(24);
/// The furthest ahead a change may take effect.
pub const FURTHEST: SignedDuration = SignedDuration::from_hours(90 * 24);
/// The most approvals that are kept.
pub const MOST_APPROVALS: usize = 16;
/// The longest title, in characters.
pub const LONGEST_TITLE: usize = 200;
/// The longest reason, in bytes.
pub const LONGEST_WHY: usize = 4_000;
/// The longest note of an approval, in characters.
pub const LONGEST_NOTE: usize = 1_000;
/// The longest text, in bytes.
pub const LONGEST_TEXT: usize = 1 << 20;

/// A request to change what both parties have agreed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its identity.
    pub id: ChangeId,
    /// The customer environment.
    pub tenant: Tenant,
    /// What kind of thing would change.
    pub subject: Subject,
    /// In one line.
    pub title: String,
    /// Why.
    pub why: String,
    /// What would hold from then on, to the letter: a matrix file, or a
    /// canonical [`Spec`].
    pub text: String,
    /// SHA-256 of the text, lower-case hexadecimal.
    pub sha256: String,
    /// Who asked.
    pub requested_by: Signatory,
    /// When, or when it was last amended.
    pub requested_at: Timestamp,
    /// Who must agree.
    pub required: Vec<Requirement>,
    /// How much could go wrong.
    pub risk: Risk,
    /// What it touches.
    pub touches: Touches,
    /// Who has agreed, oldest first.
    pub approvals: Vec<Approval>,
    /// After when it can no longer be approved, or applied.
    pub expires_at: Timestamp,
    /// Not before; `None` for as soon as somebody applies it.
    pub effective_from: Option<Timestamp>,
    /// Where it stands.
    pub state: State,
    /// The window that was born from it.
    pub window: Option<WindowId>,
    /// That it was applied alone, in an emergency.
    pub break_glass: Option<BreakGlass>,
}

/// What kind of thing a change is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The matrix, with all that a matrix file says.
    Matrix {
        /// The version it was made from; 0 if there is none yet.
        base: u64,
        /// Which parts of it differ.
        parts: BTreeSet<MatrixPart>,
    },
    /// A maintenance window.
    Window,
    /// A matter that is known.
    KnownIssue,
    /// A silence.
    Silence,
    /// What an operator may do.
    Role,
    /// An enrollment token for many.
    Token,
    /// How long records are kept.
    Retention,
    /// Shutting many endpoints out.
    Revocation,
    /// Work on endpoints, told in advance because both teams write to them.
    Work,
}

/// Somebody who put their name to something, as they were at that time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signatory {
    /// Their credential.
    pub operator: OperatorId,
    /// Their name.
    pub name: String,
    /// Their side.
    pub party: Party,
    /// Their role.
    pub role: Role,
}

/// An agreement that a change needs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Requirement {
    /// Whose.
    pub party: Party,
    /// The smallest role that can give it.
    pub role: Role,
    /// One of these teams must; empty: any.
    pub teams: BTreeSet<Team>,
    /// Why.
    pub because: String,
}

/// Somebody's agreement to one text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// Whose.
    pub by: Signatory,
    /// The teams they acted for.
    pub teams: Vec<Team>,
    /// When.
    pub at: Timestamp,
    /// SHA-256 of the text they agreed to.
    pub sha256: String,
    /// Their key's signature of that, as text, if they gave one.
    pub signature: Option<String>,
    /// What they said; may be empty.
    pub note: String,
}

/// Where a change stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It waits for approvals.
    Open,
    /// Everybody who must has agreed.
    Approved {
        /// When.
        at: Timestamp,
    },
    /// It took effect.
    Applied {
        /// When.
        at: Timestamp,
        /// Who did it, or `remit`.
        by: String,
        /// What came of it.
        result: String,
    },
    /// Somebody who was asked said no.
    Rejected {
        /// When.
        at: Timestamp,
        /// Who.
        by: Signatory,
        /// Why.
        why: String,
    },
    /// It was taken back.
    Withdrawn {
        /// When.
        at: Timestamp,
        /// By whom.
        by: Signatory,
        /// Why.
        why: String,
    },
    /// Nobody acted in time.
    Expired {
        /// When.
        at: Timestamp,
    },
    /// It was to take effect, and could not.
    Failed {
        /// When.
        at: Timestamp,
        /// Why.
        why: String,
    },
}

impl Change {
    /// Whether anything can still become of it.
    pub fn is_live(&self) -> bool {
        match self.state {
            State::Open | State::Approved { .. } => true,
            State::Applied { .. }
            | State::Rejected { .. }
            | State::Withdrawn { .. }
            | State::Expired { .. }
            | State::Failed { .. } => false,
        }
    }

    /// Whether it took effect, and nobody has said yet what came of that: it is
    /// to be carried out, perhaps once more.
    pub fn is_owed(&self) -> bool {
        matches!(&self.state, State::Applied { result, .. } if result.is_empty())
    }

    /// The agreements that are still missing.
    pub fn missing(&self) -> impl Iterator<Item = &Requirement> {
        let met = |it: &&Requirement| self.approvals.iter().any(|by| it.is_met_by(by));
        self.required.iter().filter(move |it| !met(it))
    }

    /// What the text says, if it is no matrix.
    pub fn spec(&self) -> Result<Spec, canonical::CanonicalError> {
        canonical::parse(&self.text)
    }

    /// The grant, if it is one.
    pub fn grant(&self) -> Option<Grant> {
        match self.spec() {
            Ok(Spec::Role { grant, .. }) => Some(grant),
            Ok(
                Spec::Window(_)
                | Spec::KnownIssue(_)
                | Spec::Token(_)
                | Spec::Retention(_)
                | Spec::Revocation(_)
                | Spec::Work(_),
            )
            | Err(_) => None,
        }
    }
}

impl Requirement {
    /// Whether an approval is what it asks for.
    pub fn is_met_by(&self, approval: &Approval) -> bool {
        let Approval { by, teams, .. } = approval;
        by.party == self.party
            && by.role.includes(self.role)
            && (self.teams.is_empty() || teams.iter().any(|it| self.teams.contains(it)))
    }

    /// Whether an operator could give it.
    pub fn could_be_met_by(&self, who: &Operator) -> bool {
        who.party == self.party
            && who.role.includes(self.role)
            && (self.teams.is_empty() || who.teams.iter().any(|it| self.teams.contains(it)))
    }
}

impl Approval {
    /// The same with what was said, as far as anybody would read it.
    pub fn noting(self, note: &str) -> Self {
        let note = note.trim().chars().take(LONGEST_NOTE).collect();
        Self { note, ..self }
    }
}

impl Signatory {
    /// Somebody as they are now.
    pub fn of(operator: &Operator) -> Self {
        let Operator { id, name, party, role, .. } = operator;
        Self { operator: *id, name: name.clone(), party: *party, role: *role }
    }

    /// Whether two credentials are one person's, as far as anybody can tell.
    pub fn is_same_person(&self, other: &Self) -> bool {
        let alike = |a: &str, b: &str| a.trim().to_lowercase() == b.trim().to_lowercase();
        self.operator == other.operator || alike(&self.name, &other.name)
    }
}

impl Subject {
    /// The one spelling.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Matrix { .. } => "matrix",
            Self::Window => "window",
            Self::KnownIssue => "known_issue",
            Self::Silence => "silence",
            Self::Role => "role",
            Self::Token => "token",
            Self::Retention => "retention",
            Self::Revocation => "revocation",
            Self::Work => "work",
        }
    }
}

impl State {
    /// The one spelling.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Approved { .. } => "approved",
            Self::Applied { .. } => "applied",
            Self::Rejected { .. } => "rejected",
            Self::Withdrawn { .. } => "withdrawn",
            Self::Expired { .. } => "expired",
            Self::Failed { .. } => "failed",
        }
    }
}
