//! Those who use the operator plane.

use jiff::Timestamp;
use remit_shared::{OperatorId, Party, Team, Tenant};

/// An operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// Its identity.
    pub id: OperatorId,
    /// Its name.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// Its side.
    pub party: Party,
    /// The teams it acts for.
    pub teams: Vec<Team>,
    /// The tenants it may see; empty: all.
    pub tenants: Vec<Tenant>,
    /// Its certificate's serial number.
    pub serial: String,
    /// When that expires.
    pub not_after: Timestamp,
    /// When it was made.
    pub created_at: Timestamp,
    /// When and why its trust ended.
    pub revoked: Option<(Timestamp, String)>,
}

/// What an operator may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Sets the installation up.
    Administrator,
    /// Publishes, enrolls, revokes.
    Manager,
    /// Works on alerts.
    Operator,
    /// Looks.
    Viewer,
}
