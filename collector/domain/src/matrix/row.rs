//! One row: a scope, and who has which part in the work there.

use jiff::civil::Date;
use remit_shared::{AgreementName, RowId, Team};

use crate::matrix::{Escalation, Scope};

/// Who does what, where and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Names the row in alerts, for good.
    pub id: RowId,
    /// What people call it.
    pub title: String,
    /// What it is about.
    pub scope: Scope,
    /// Who has which part; in a row that leaves something uncovered, that of
    /// the catch-all.
    pub duty: Duty,
    /// Settles a draw with a row that is neither wider nor narrower: the
    /// greater wins. Never overrules a narrower row.
    pub priority: i32,
    /// When both parties last looked at the row together.
    pub reviewed: Option<Date>,
    /// The teams, one of each party, that accept that nobody is named here. A
    /// row without any names somebody.
    pub accepted_by: Vec<Team>,
}

impl Row {
    /// Whether it says that nobody is named, and the catch-all decides.
    pub fn is_uncovered(&self) -> bool {
        !self.accepted_by.is_empty()
    }

    /// Whether two rows give the work to the same owner.
    pub fn same_owner(&self, other: &Self) -> bool {
        self.duty.same_owner(&other.duty) && self.is_uncovered() == other.is_uncovered()
    }
}

/// The letters of RACI, and what follows from them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duty {
    /// Who acts.
    pub responsible: Team,
    /// Who acts with them.
    pub others: Vec<Team>,
    /// Who answers for it. Exactly one.
    pub accountable: Team,
    /// Who is asked.
    pub consulted: Vec<Team>,
    /// Who is told.
    pub informed: Vec<Team>,
    /// Who decides what the responsible team may not decide alone.
    pub authority: Authority,
    /// What to do: a link, or words.
    pub runbook: String,
    /// Who is told if nobody acknowledges.
    pub escalation: Escalation,
    /// What was promised; `None` if nothing was.
    pub sla: Option<AgreementName>,
}

impl Duty {
    /// Whether two duties give the work to the same owner: one does it and
    /// one answers for it.
    pub fn same_owner(&self, other: &Self) -> bool {
        self.responsible == other.responsible && self.accountable == other.accountable
    }

    /// Who decides, where the row names nobody the accountable team.
    pub fn authority(&self) -> Authority {
        let or_accountable = |named: &Vec<Team>| match named.is_empty() {
            true => vec![self.accountable.clone()],
            false => named.clone(),
        };
        Authority {
            approve_change: or_accountable(&self.authority.approve_change),
            approve_security: or_accountable(&self.authority.approve_security),
            declare_known_issue: or_accountable(&self.authority.declare_known_issue),
        }
    }
}

/// Who decides. In a row, an empty list stands for the accountable team.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Authority {
    /// Who approves changes.
    pub approve_change: Vec<Team>,
    /// Who approves what concerns security.
    pub approve_security: Vec<Team>,
    /// Who declares that something is known.
    pub declare_known_issue: Vec<Team>,
}
