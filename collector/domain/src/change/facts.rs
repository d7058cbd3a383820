//! What a change would do, as far as who must agree depends on it.

use std::{collections::BTreeSet, fmt};

use jiff::SignedDuration;
use remit_shared::{EndpointId, Function, Party, RowId, Site, Team};

use crate::{
    authority::grants::Consent,
    change::Subject,
    matrix::{self, Duty, Matrix},
    operator::Operator,
};

/// From how many endpoints on a change is wide, in a tenant of any size.
pub const WIDE: u32 = 10;
/// How many endpoints a change names at most; more are only counted.
const MOST_NAMED: usize = 1_000;

/// What a change touches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touches {
    /// Rows of the matrix.
    pub rows: BTreeSet<RowId>,
    /// Endpoints, as many as there is room to name.
    pub endpoints: BTreeSet<EndpointId>,
    /// How many endpoints there are in all.
    pub count: u32,
    /// Whole sites.
    pub sites: BTreeSet<Site>,
    /// Everything that the tenant has.
    pub whole_tenant: bool,
}

/// What there is to know about a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The sides of the agreement: whose teams the matrix in force names, and
    /// the one that is proposed.
    pub parties: BTreeSet<Party>,
    /// The sides whose alerts it would keep quiet, on whose endpoints it would
    /// be worked, or for whose teams somebody would act.
    pub affected: BTreeSet<Party>,
    /// Who approves, by the rows it touches.
    pub approvers: Approvers,
    /// Whether it touches security tooling.
    pub security: bool,
    /// What it touches.
    pub touches: Touches,
    /// How many endpoints the tenant has.
    pub endpoints_of_tenant: u32,
    /// For how long it would keep alerts quiet; `None` if it would not.
    pub quiet_for: Option<SignedDuration>,
    /// Whether the asker is in the teams that say what is known there: those
    /// that the rows name, or if they name none, those that work on it. The
    /// matrix is both sides' consent to that.
    pub owns: bool,
    /// What the grant takes, if it is one.
    pub consent: Option<Consent>,
}

/// What the authority columns of the rows say, each team with its side. Empty
/// where they name nobody: then any manager may.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Approvers {
    /// Who may approve changes.
    pub change: BTreeSet<(Party, Team)>,
    /// Who may approve what touches security.
    pub security: BTreeSet<(Party, Team)>,
}

/// What somebody would keep quiet.
#[derive(Clone, Copy, Debug)]
pub struct Quieting<'a> {
    /// The matrix in force.
    pub matrix: &'a Matrix,
    /// The endpoints.
    pub subjects: &'a [matrix::Subject],
    /// The kinds of work; none stands for all.
    pub functions: &'a BTreeSet<Function>,
    /// Whether it is documented as known. Then a row that names who says what
    /// is known is both sides' consent to that.
    pub is_declared: bool,
    /// How many endpoints the tenant has.
    pub of: usize,
}

/// How much could go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Risk {
    /// It shows at once and is undone at once.
    Low,
    /// Somebody should look twice.
    Medium,
    /// Somebody could not be told, or could be let in.
    High,
}

impl Touches {
    /// These endpoints: all are counted, and as many named as there is room.
    pub fn endpoints(all: impl IntoIterator<Item = EndpointId>) -> Self {
        let all: BTreeSet<_> = all.into_iter().collect();
        let count = u32::try_from(all.len()).unwrap_or(u32::MAX);
        let endpoints = all.into_iter().take(MOST_NAMED).collect();
        Self { endpoints, count, ..Self::default() }
    }
}

impl Facts {
    /// About nothing in particular, between two sides.
    pub fn between(parties: impl IntoIterator<Item = Party>) -> Self {
        Self {
            parties: parties.into_iter().collect(),
            affected: BTreeSet::new(),
            approvers: Approvers::default(),
            security: false,
            touches: Touches::default(),
            endpoints_of_tenant: 0,
            quiet_for: None,
            owns: false,
            consent: None,
        }
    }

    /// About keeping something quiet, asked by this operator. For how long is
    /// not known yet.
    pub fn quieting(quieting: Quieting<'_>, by: &Operator) -> Self {
        let Quieting { matrix, subjects, functions, is_declared, of } = quieting;
        let duties = matrix::duties(matrix, subjects, functions);
        let says = |it: &Duty| it.authority.declare_known_issue.iter().any(|it| by.is_in(it));
        let consents = |it: &Duty| is_declared && says(it);
        let owns = |it: &Duty| {
            let is_named = is_declared && !it.authority.declare_known_issue.is_empty();
            if is_named { says(it) } else { by.is_in(&it.responsible) || by.is_in(&it.accountable) }
        };
        let facts = Self::between(matrix.teams.iter().map(|it| it.party));
        let side = |it: &Team| matrix.team(it).map(|it| it.party);
        let others = duties.iter().filter(|it| !consents(it));
        Self {
            // Whose it will be that is not there yet, nobody knows.
            affected: match subjects.is_empty() {
                true => facts.parties.clone(),
                false => others.filter_map(|it| side(&it.responsible)).collect(),
            },
            touches: Touches::endpoints(subjects.iter().map(|it| it.id)),
            endpoints_of_tenant: u32::try_from(of).unwrap_or(u32::MAX),
            owns: !subjects.is_empty() && duties.iter().all(|it| owns(it)),
            ..facts
        }
    }

    /// Whether it touches [`WIDE`] endpoints or a tenth of the tenant.
    pub fn is_wide(&self) -> bool {
        let count = u64::from(self.touches.count);
        let tenth = count > 0 && count * 10 >= u64::from(self.endpoints_of_tenant);
        self.touches.whole_tenant || self.touches.count >= WIDE || tenth
    }
}

/// How much could go wrong with a change.
pub fn risk(subject: &Subject, facts: &Facts) -> Risk {
    let reach = if facts.is_wide() || facts.security { Risk::High } else { Risk::Low };
    let nature = match subject {
        Subject::Matrix { parts, .. } => {
            parts.iter().map(|it| it.risk()).max().unwrap_or(Risk::Low)
        }
        Subject::Role | Subject::Retention => Risk::High,
        Subject::Token | Subject::Revocation => Risk::Medium,
        Subject::Window | Subject::KnownIssue | Subject::Silence | Subject::Work => {
            if facts.affected.len() > 1 { Risk::Medium } else { Risk::Low }
        }
    };
    reach.max(nature)
}

impl Risk {
    /// The one spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

impl fmt::Display for Risk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
