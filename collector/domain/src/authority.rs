//! Who may do what.
//!
//! The environment is co-managed: both sides see everything of a tenant that
//! they share, each works on what is its own, and neither can act in the
//! other's name. A refusal says who could.
//!
//! # Rules
//!
//! - What belongs to a tenant that somebody may not see does not exist for
//!   them. [`Refusal::is_hidden`] must be answered like a thing that is not
//!   there, in the same words.
//! - Everybody sees all of their tenants.
//! - An alert is worked on by the teams that are responsible or accountable
//!   for it. Other teams may leave a note. A manager of the internal side may
//!   take any alert over: it is their environment.
//! - Contain alone, expand together. Any operator shuts an endpoint out, ends a
//!   window or a known issue; letting in and agreeing to a change takes a
//!   manager, and often one of the other side.
//! - Operators are made by administrators, and administrators on the
//!   collector's own machine: there is no [`Action`] that makes one.
//! - Nobody shuts out somebody who may do more than they.
//! - An auditor reads everything, the audit trail too, and changes nothing.
//!
//! # Not here
//!
//! Whether the operator is who it says it is ([`Operator::admit`]), whether
//! the thing is in a state that allows it (each thing's own commands), and who
//! else must agree ([`grants`] for operators, [`change`](crate::change) for
//! the rest).

pub mod grants;
#[cfg(test)]
mod tests;

use remit_shared::{Party, Team, Tenant};

use crate::{
    alert::{Alert, Remit},
    operator::{Operator, Role},
};

/// What somebody asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// See alerts, endpoints and what is known of them.
    See,
    /// Take an alert on.
    Acknowledge,
    /// Say something about an alert.
    Note,
    /// Say that an alert is over.
    Resolve,
    /// Give an alert to another team.
    HandOver,
    /// Say what a shift thinks of an alert.
    Dispose,
    /// Say what a shift thinks of all that happened in it. Each alert is still
    /// asked about on its own, with [`Action::Dispose`].
    DisposeShift,
    /// Say that an alert should not have been one.
    MarkNoise,
    /// Say that an alert's team cannot go on, and why.
    BlockAlert,
    /// Stop an alert's clock for a reason that the agreement allows.
    PauseSla,
    /// Declare a matter known, so that its alerts are quiet.
    DeclareKnownIssue,
    /// Let a known matter be told again.
    EndKnownIssue,
    /// Ask for a maintenance window.
    ScheduleWindow,
    /// Call a maintenance window off.
    CancelWindow,
    /// Ask both sides for a change.
    ProposeChange,
    /// Agree to a change.
    ApproveChange,
    /// Say no to a change.
    RejectChange,
    /// Take a change back.
    WithdrawChange,
    /// Put an approved change into effect.
    ApplyChange,
    /// Read what was promised, kept and missed.
    ReadReports,
    /// Read who did what.
    ReadAudit,
    /// Read the matrix.
    ReadMatrix,
    /// Put a matrix into force.
    PublishMatrix,
    /// Make sure that people can be told.
    VerifyContact,
    /// Let outside systems tell of alerts.
    ManageSources,
    /// Make an enrollment token.
    CreateToken,
    /// See the tokens, without their secrets.
    ListTokens,
    /// End a token.
    RevokeToken,
    /// Let in, or turn away, a key that waits to speak for an endpoint.
    AdmitEndpoint,
    /// Shut an endpoint out.
    RevokeEndpoint,
    /// Make an operator with this role.
    CreateOperator(Role),
    /// See who may use the collector.
    ListOperators,
    /// Shut out an operator that has this role.
    RevokeOperator(Role),
}

impl Action {
    /// What the audit trail calls it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::See => "tenant.see",
            Self::Acknowledge => "alert.acknowledge",
            Self::Note => "alert.note",
            Self::Resolve => "alert.resolve",
            Self::HandOver => "alert.hand_over",
            Self::Dispose => "alert.dispose",
            Self::DisposeShift => "shift.dispose",
            Self::MarkNoise => "alert.mark_noise",
            Self::BlockAlert => "alert.block",
            Self::PauseSla => "alert.pause",
            Self::DeclareKnownIssue => "known_issue.declare",
            Self::EndKnownIssue => "known_issue.end",
            Self::ScheduleWindow => "window.schedule",
            Self::CancelWindow => "window.cancel",
            Self::ProposeChange => "change.propose",
            Self::ApproveChange => "change.approve",
            Self::RejectChange => "change.reject",
            Self::WithdrawChange => "change.withdraw",
            Self::ApplyChange => "change.apply",
            Self::ReadReports => "report.read",
            Self::ReadAudit => "audit.read",
            Self::ReadMatrix => "matrix.read",
            Self::PublishMatrix => "matrix.publish",
            Self::VerifyContact => "contact.verify",
            Self::ManageSources => "source.manage",
            Self::CreateToken => "token.create",
            Self::ListTokens => "token.list",
            Self::RevokeToken => "token.revoke",
            Self::AdmitEndpoint => "endpoint.admit",
            Self::RevokeEndpoint => "endpoint.revoke",
            Self::CreateOperator(_) => "operator.create",
            Self::ListOperators => "operator.list",
            Self::RevokeOperator(_) => "operator.revoke",
        }
    }
}

/// What it is asked of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope<'a> {
    /// Whose it is; `None` if it concerns the whole installation.
    pub tenant: Option<&'a Tenant>,
    /// Who works on it, if it is an alert.
    pub owners: Option<Owners<'a>>,
}

/// Who works on an alert, by the matrix or by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owners<'a> {
    /// Who acts.
    pub responsible: &'a Team,
    /// Who answers for it.
    pub accountable: &'a Team,
    /// The responsible team's side.
    pub party: Party,
    /// Who may declare it known; if nobody is named, those who work on it.
    pub declarers: &'a [Team],
}

/// Why somebody may not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// For them there is no such thing.
    #[error("there is no such thing")]
    Hidden,
    /// They may nothing any more.
    #[error("this operator has been revoked")]
    Revoked,
    /// Their role is too small.
    #[error("to {what} takes {}; this operator's role is {has}", takers(*needed))]
    Role {
        /// What they asked for, as in "to … takes".
        what: &'static str,
        /// The smallest role that may.
        needed: Role,
        /// Theirs.
        has: Role,
    },
    /// It is others' work.
    #[error(
        "to {what} is up to {responsible} ({party}) or {accountable}, or to a manager of the \
         internal side; anybody may leave a note"
    )]
    Team {
        /// What they asked for, as in "to … is up to".
        what: &'static str,
        /// Who acts.
        responsible: Team,
        /// Who answers for it.
        accountable: Team,
        /// The responsible team's side.
        party: Party,
    },
    /// Others say what is known.
    #[error("to {what} is up to {}; others may propose it as a change", names(declarers))]
    Declarers {
        /// What they asked for, as in "to … is up to".
        what: &'static str,
        /// Who may.
        declarers: Vec<Team>,
    },
    /// It concerns tenants that are not theirs.
    #[error("to {what} for all tenants takes an operator who is not limited to some")]
    WholeInstallation {
        /// What they asked for.
        what: &'static str,
    },
    /// Nobody may, over the network.
    #[error("an administrator is made on the collector's own machine, with remit-collector")]
    LocalOnly,
    /// They would shut out somebody above them.
    #[error("to revoke an administrator takes an administrator")]
    Outranked,
}

impl Refusal {
    /// Whether the answer is "not found" and not "no".
    pub fn is_hidden(&self) -> bool {
        *self == Self::Hidden
    }
}

fn takers(needed: Role) -> &'static str {
    match needed {
        Role::Administrator => "an administrator",
        Role::Manager => "a manager or an administrator",
        Role::Operator => "at least an operator",
        Role::Auditor => "an auditor, a manager or an administrator",
        Role::Viewer => "anybody",
    }
}

fn names(teams: &[Team]) -> String {
    teams.iter().map(Team::as_str).collect::<Vec<_>>().join(" or ")
}

impl<'a> Scope<'a> {
    /// The whole installation.
    pub fn installation() -> Self {
        Self { tenant: None, owners: None }
    }

    /// Something that a tenant has.
    pub fn tenant(tenant: &'a Tenant) -> Self {
        Self { tenant: Some(tenant), owners: None }
    }

    /// An alert.
    pub fn alert(alert: &'a Alert) -> Self {
        let Remit { responsible, accountable, party, .. } = &*alert.remit;
        let owners = Owners { responsible, accountable, party: *party, declarers: &[] };
        Self { tenant: Some(&alert.about.tenant), owners: Some(owners) }
    }
}

/// What an action takes.
struct Needs {
    what: &'static str,
    role: Role,
    tie: Tie,
}

/// What somebody must have to do with the thing itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tie {
    Nothing,
    Works,
    Declares,
}

fn needs(action: Action) -> Needs {
    let anybody = |what| Needs { what, role: Role::Viewer, tie: Tie::Nothing };
    let auditor = |what| Needs { what, role: Role::Auditor, tie: Tie::Nothing };
    let operator = |what| Needs { what, role: Role::Operator, tie: Tie::Nothing };
    let owner = |what| Needs { what, role: Role::Operator, tie: Tie::Works };
    let declarer = |what| Needs { what, role: Role::Operator, tie: Tie::Declares };
    let manager = |what| Needs { what, role: Role::Manager, tie: Tie::Nothing };
    let administrator = |what| Needs { what, role: Role::Administrator, tie: Tie::Nothing };
    match action {
        Action::See => anybody("look"),
        Action::ReadMatrix => anybody("read the matrix"),
        Action::ReadReports => anybody("read the reports"),
        Action::ReadAudit => auditor("read the audit trail"),
        Action::Note => operator("leave a note"),
        Action::Acknowledge => owner("acknowledge this alert"),
        Action::Resolve => owner("resolve this alert"),
        Action::HandOver => owner("hand this alert over"),
        Action::Dispose => owner("judge this alert"),
        Action::DisposeShift => operator("judge a shift's alerts"),
        Action::MarkNoise => operator("mark this alert as noise"),
        Action::BlockAlert => owner("mark this alert as blocked"),
        Action::PauseSla => owner("pause this alert's clock"),
        Action::DeclareKnownIssue => declarer("declare this known"),
        Action::EndKnownIssue => operator("end a known issue"),
        Action::ScheduleWindow => operator("schedule a maintenance window"),
        Action::CancelWindow => operator("cancel a maintenance window"),
        Action::ProposeChange => operator("propose a change"),
        Action::ApproveChange => manager("approve a change"),
        Action::RejectChange => manager("reject a change"),
        Action::WithdrawChange => operator("withdraw a change"),
        Action::ApplyChange => operator("apply a change"),
        Action::PublishMatrix => manager("publish a matrix"),
        Action::VerifyContact => operator("verify a contact"),
        Action::ManageSources => manager("set up a source"),
        Action::CreateToken => manager("make an enrollment token"),
        Action::ListTokens => manager("see the enrollment tokens"),
        Action::RevokeToken => manager("revoke an enrollment token"),
        Action::AdmitEndpoint => manager("let in an endpoint that waits"),
        Action::RevokeEndpoint => operator("revoke an endpoint"),
        Action::CreateOperator(_) => administrator("make an operator"),
        Action::ListOperators => manager("see the operators"),
        Action::RevokeOperator(_) => manager("revoke an operator"),
    }
}

/// Decides.
pub fn may(operator: &Operator, action: Action, scope: &Scope<'_>) -> Result<(), Refusal> {
    let Needs { what, role, tie } = needs(action);
    // First of all, so that nothing else can be told from the answer.
    if scope.tenant.is_some_and(|tenant| !operator.sees(tenant)) {
        return Err(Refusal::Hidden);
    }
    if operator.revoked.is_some() {
        return Err(Refusal::Revoked);
    }
    if !operator.role.includes(role) {
        return Err(Refusal::Role { what, needed: role, has: operator.role });
    }
    if scope.tenant.is_none() && !operator.tenants.is_empty() {
        return Err(Refusal::WholeInstallation { what });
    }
    if action == Action::CreateOperator(Role::Administrator) {
        return Err(Refusal::LocalOnly);
    }
    if let Action::RevokeOperator(target) = action
        && !operator.role.includes(target)
    {
        return Err(Refusal::Outranked);
    }
    match (tie, scope.owners) {
        (Tie::Works, Some(owners)) if !works_on(operator, owners) => Err(Refusal::Team {
            what,
            responsible: owners.responsible.clone(),
            accountable: owners.accountable.clone(),
            party: owners.party,
        }),
        (Tie::Declares, Some(owners)) if !declares(operator, owners) => {
            let [responsible, accountable] = [owners.responsible, owners.accountable];
            let declarers = match owners.declarers {
                [] if responsible == accountable => vec![responsible.clone()],
                [] => vec![responsible.clone(), accountable.clone()],
                some => some.to_vec(),
            };
            Err(Refusal::Declarers { what, declarers })
        }
        // An alert without owners is nobody's to work on.
        (Tie::Works | Tie::Declares, None) => Err(Refusal::Hidden),
        (Tie::Nothing | Tie::Works | Tie::Declares, Some(_)) | (Tie::Nothing, None) => Ok(()),
    }
}

/// The team in whose name an operator works on an alert: the responsible one
/// if it can be, else the accountable one, else its own first.
pub fn acts_for<'a>(operator: &'a Operator, owners: &Owners<'a>) -> Option<&'a Team> {
    let owning = [owners.responsible, owners.accountable];
    owning.into_iter().find(|team| operator.is_in(team)).or_else(|| operator.teams.first())
}

fn works_on(operator: &Operator, owners: Owners<'_>) -> bool {
    let takes_over = operator.party == Party::Internal && operator.role.includes(Role::Manager);
    takes_over || operator.is_in(owners.responsible) || operator.is_in(owners.accountable)
}

/// Nobody takes this over: it hides things, where taking over only adds work.
fn declares(operator: &Operator, owners: Owners<'_>) -> bool {
    match owners.declarers {
        [] => operator.is_in(owners.responsible) || operator.is_in(owners.accountable),
        some => some.iter().any(|team| operator.is_in(team)),
    }
}
