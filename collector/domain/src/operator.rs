//! Those who use the operator plane: people, and programs that act for them.
//!
//! An operator is known by a certificate. [`Operator::admit`] is asked about
//! every request, because a certificate says who somebody was when it was
//! issued and not whether that still holds. What an operator may do once it is
//! let in is [`authority`](crate::authority)'s question.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use remit_shared::{OperatorId, Party, Team, Tenant, WordError};

/// The longest name, in characters.
pub const LONGEST_NAME: usize = 80;

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
    /// Its certificate's serial number, lower-case hexadecimal.
    pub serial: String,
    /// When that expires.
    pub not_after: Timestamp,
    /// When it was made.
    pub created_at: Timestamp,
    /// When and why its trust ended.
    pub revoked: Option<(Timestamp, String)>,
}

/// What an operator may do. Administrator, manager, operator and viewer each
/// may do all that the next one may; an auditor stands beside the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Sets the installation up; made on the collector's own machine only.
    Administrator,
    /// Agrees to changes, enrolls.
    Manager,
    /// Works on alerts.
    Operator,
    /// Reads everything, the audit trail too, and changes nothing.
    Auditor,
    /// Looks.
    Viewer,
}

/// Why an operator is not let in, although its certificate is genuine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Distrust {
    /// Somebody ended it.
    #[error("operator {operator} was revoked at {at}: {reason}")]
    Revoked {
        /// Who it was.
        operator: OperatorId,
        /// When.
        at: Timestamp,
        /// Why.
        reason: String,
    },
    /// It has a newer certificate.
    #[error("operator {0} has another certificate than this")]
    Superseded(OperatorId),
    /// The certificate has expired since the connection began.
    #[error("the certificate of operator {operator} expired at {at}")]
    Expired {
        /// Whose it is.
        operator: OperatorId,
        /// When.
        at: Timestamp,
    },
}

/// Why a name is no name for an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an operator's name has 1 to {LONGEST_NAME} characters, none of them a control character")]
pub struct InvalidName;

impl Role {
    /// Every role, the mightiest first.
    pub const ALL: [Self; 5] =
        [Self::Administrator, Self::Manager, Self::Operator, Self::Auditor, Self::Viewer];

    /// The one spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Manager => "manager",
            Self::Operator => "operator",
            Self::Auditor => "auditor",
            Self::Viewer => "viewer",
        }
    }

    /// Whether it may do all that the other may.
    pub const fn includes(self, other: Self) -> bool {
        match (self, other) {
            // Neither above the other: one works, one looks at how it was done.
            (Self::Operator, Self::Auditor) | (Self::Auditor, Self::Operator) => false,
            (above, below) => above as u8 <= below as u8,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Role {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or_else(|| WordError {
            kind: "role",
            got: text.chars().take(40).flat_map(char::escape_default).collect(),
            known: Self::ALL.map(Self::as_str).join(", "),
        })
    }
}

impl Operator {
    /// Whether whoever shows the certificate with this serial number is, now,
    /// this operator.
    pub fn admit(&self, serial: &str, now: Timestamp) -> Result<(), Distrust> {
        if let Some((at, reason)) = &self.revoked {
            let reason = reason.clone();
            return Err(Distrust::Revoked { operator: self.id, at: *at, reason });
        }
        if serial != self.serial {
            return Err(Distrust::Superseded(self.id));
        }
        if self.not_after <= now {
            return Err(Distrust::Expired { operator: self.id, at: self.not_after });
        }
        Ok(())
    }

    /// Ends its trust. The first reason stays.
    pub fn revoke(self, now: Timestamp, reason: &str) -> Self {
        let revoked = self.revoked.or_else(|| Some((now, reason.trim().to_owned())));
        Self { revoked, ..self }
    }

    /// Whether a tenant exists, as far as this operator can tell.
    pub fn sees(&self, tenant: &Tenant) -> bool {
        self.tenants.is_empty() || self.tenants.contains(tenant)
    }

    /// Whether it acts for a team.
    pub fn is_in(&self, team: &Team) -> bool {
        self.teams.contains(team)
    }
}

/// Checks what somebody wants to be called.
pub fn checked_name(name: &str) -> Result<String, InvalidName> {
    let name = name.trim();
    let length = name.chars().count();
    if length == 0 || length > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(InvalidName);
    }
    Ok(name.to_owned())
}

#[cfg(test)]
pub(crate) mod tests {
    use uuid::Uuid;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    pub(crate) fn operator(role: Role, party: Party, teams: &[&str], tenants: &[&str]) -> Operator {
        Operator {
            id: OperatorId::from_uuid(Uuid::from_u128(1)),
            name: "Kim".into(),
            role,
            party,
            teams: teams.iter().map(|it| Team::new(it).unwrap()).collect(),
            tenants: tenants.iter().map(|it| Tenant::new(it).unwrap()).collect(),
            serial: "4a".into(),
            not_after: at(100),
            created_at: at(0),
            revoked: None,
        }
    }

    #[test]
    fn only_the_present_certificate_of_a_trusted_operator_is_let_in() {
        let kim = operator(Role::Operator, Party::Provider, &[], &[]);
        assert_eq!(kim.admit("4a", at(99)), Ok(()));
        assert_eq!(kim.admit("4b", at(99)), Err(Distrust::Superseded(kim.id)));
        let expired = Distrust::Expired { operator: kim.id, at: at(100) };
        assert_eq!(kim.admit("4a", at(100)), Err(expired));

        let gone = kim.revoke(at(5), "left").revoke(at(6), "again");
        let err = gone.admit("4a", at(7)).unwrap_err();
        let expected = format!("operator {} was revoked at 1970-01-01T00:00:05Z: left", gone.id);
        assert_eq!(err.to_string(), expected);
    }

    #[test]
    fn a_role_includes_itself_and_those_below() {
        // Columns: administrator, manager, operator, auditor, viewer.
        for (role, expected) in [
            (Role::Administrator, "yyyyy"),
            (Role::Manager, "-yyyy"),
            (Role::Operator, "--y-y"),
            (Role::Auditor, "---yy"),
            (Role::Viewer, "----y"),
        ] {
            let includes = |other| if role.includes(other) { 'y' } else { '-' };
            assert_eq!(Role::ALL.map(includes).iter().collect::<String>(), expected, "{role}");
            assert_eq!(role.as_str().parse(), Ok(role));
        }
        let err = "root".parse::<Role>().unwrap_err().to_string();
        let known = "administrator, manager, operator, auditor, viewer";
        assert_eq!(err, format!("`root` is not a role: use one of {known}"));
    }

    #[test]
    fn a_name_is_short_and_printable() {
        assert_eq!(checked_name(" Kim Ölander ").as_deref(), Ok("Kim Ölander"));
        for bad in ["", "  ", "a\nb", "\u{1b}[2J", &"x".repeat(81)] {
            assert_eq!(checked_name(bad), Err(InvalidName), "{bad:?}");
        }
    }
}
