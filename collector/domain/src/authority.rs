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
//! - Letting in, shutting out and publishing takes a manager.
//! - Operators are made by administrators, and administrators on the
//!   collector's own machine: there is no [`Action`] that makes one.
//! - Nobody shuts out somebody who may do more than they.
//!
//! # Not here
//!
//! Whether the operator is who it says it is ([`Operator::admit`]), and
//! whether the thing is in a state that allows it (each thing's own commands).

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
    /// Read the matrix.
    ReadMatrix,
    /// Put a matrix into force.
    PublishMatrix,
    /// Make an enrollment token.
    CreateToken,
    /// See the tokens, without their secrets.
    ListTokens,
    /// End a token.
    RevokeToken,
    /// Shut an endpoint out.
    RevokeEndpoint,
    /// Make an operator with this role.
    CreateOperator(Role),
    /// See who may use the collector.
    ListOperators,
    /// Shut out an operator that has this role.
    RevokeOperator(Role),
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
        Role::Viewer => "anybody",
    }
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
        let Remit { responsible, accountable, party, .. } = &alert.remit;
        let owners = Owners { responsible, accountable, party: *party };
        Self { tenant: Some(&alert.about.tenant), owners: Some(owners) }
    }
}

/// What an action takes.
struct Needs {
    what: &'static str,
    role: Role,
    ownership: bool,
}

fn needs(action: Action) -> Needs {
    let needs = |what, role| Needs { what, role, ownership: false };
    let owner = |what| Needs { what, role: Role::Operator, ownership: true };
    match action {
        Action::See => needs("look", Role::Viewer),
        Action::ReadMatrix => needs("read the matrix", Role::Viewer),
        Action::Note => needs("leave a note", Role::Operator),
        Action::Acknowledge => owner("acknowledge this alert"),
        Action::Resolve => owner("resolve this alert"),
        Action::HandOver => owner("hand this alert over"),
        Action::Dispose => owner("judge this alert"),
        Action::PublishMatrix => needs("publish a matrix", Role::Manager),
        Action::CreateToken => needs("make an enrollment token", Role::Manager),
        Action::ListTokens => needs("see the enrollment tokens", Role::Manager),
        Action::RevokeToken => needs("revoke an enrollment token", Role::Manager),
        Action::RevokeEndpoint => needs("revoke an endpoint", Role::Manager),
        Action::CreateOperator(_) => needs("make an operator", Role::Administrator),
        Action::ListOperators => needs("see the operators", Role::Manager),
        Action::RevokeOperator(_) => needs("revoke an operator", Role::Manager),
    }
}

/// Decides.
pub fn may(operator: &Operator, action: Action, scope: &Scope<'_>) -> Result<(), Refusal> {
    let Needs { what, role, ownership } = needs(action);
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
    match scope.owners {
        Some(owners) if ownership && !works_on(operator, owners) => Err(Refusal::Team {
            what,
            responsible: owners.responsible.clone(),
            accountable: owners.accountable.clone(),
            party: owners.party,
        }),
        // An alert without owners is nobody's to work on.
        None if ownership => Err(Refusal::Hidden),
        Some(_) | None => Ok(()),
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

#[cfg(test)]
mod tests;
