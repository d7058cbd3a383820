//! Who must be told of a change, or of a matter that is known.
//!
//! These are no alerts' messages: nobody escalates them. Whoever stores a
//! change owes them together with it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use remit_shared::{OperatorId, Party, Team, Tenant};

/// One thing to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The customer environment.
    pub tenant: Tenant,
    /// Whom.
    pub to: Audience,
    /// By when it must have been sent.
    pub by: Timestamp,
    /// Whether it is worth waking somebody.
    pub page: bool,
    /// In one line.
    pub subject: String,
    /// The rest.
    pub text: String,
}

/// Whom a notice is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    /// All managers of these sides.
    Managers(BTreeSet<Party>),
    /// A team, the way the matrix reaches it.
    Team(Team),
    /// One operator.
    Operator(OperatorId),
}
