//! Who else must agree before somebody becomes an operator.
//!
//! A new operator is power. Somebody who could hand it out alone would soon be
//! two people, and the second would agree with everything that the first
//! proposes.
//!
//! # Invariants
//!
//! - Nobody becomes an administrator over the network, whoever agrees.
//! - A manager is made by both sides, and so is whoever is to act for a side
//!   that is not the asker's: a manager of that other side must agree.
//! - A side that never had a manager cannot agree to anything yet, so its
//!   first one needs nobody; the audit trail says so. One that was revoked
//!   counts: else shutting out the other side's manager would let anybody
//!   appoint a more convenient one.
//!
//! # Not here
//!
//! Whether the asker may ask at all ([`may`](super::may)). The agreement itself
//! is a [change](crate::change) whose subject is a role.

use std::collections::BTreeSet;

use remit_shared::{OperatorId, Party, Team, Tenant};

use crate::operator::{Operator, Role};

/// What somebody is to become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The operator, if there is one already whose role is to change.
    pub operator: Option<OperatorId>,
    /// Its name.
    pub name: String,
    /// What it may do from then on.
    pub role: Role,
    /// Its side.
    pub party: Party,
    /// The teams it acts for.
    pub teams: BTreeSet<Team>,
    /// The tenants it may see; empty: all.
    pub tenants: BTreeSet<Tenant>,
}

/// What a grant takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Consent {
    /// Nothing more.
    Alone {
        /// For the audit trail, if it is out of the ordinary.
        because: Option<&'static str>,
    },
    /// A manager of each of these sides, by a change.
    Of(BTreeSet<Party>),
    /// Nobody's consent helps.
    LocalOnly,
}

/// Decides what a grant takes. `sides` are those whose teams it names, by the
/// matrices: acting for a side's team is acting for that side.
pub fn required(
    existing: &[Operator],
    grant: &Grant,
    sides: &BTreeSet<Party>,
    by: &Operator,
) -> Consent {
    if grant.role == Role::Administrator || touches_administrator(existing, grant) {
        return Consent::LocalOnly;
    }
    let mut acts_for = sides.clone();
    acts_for.insert(grant.party);
    // Whoever changes sides leaves somebody behind who must know.
    acts_for.extend(present(existing, grant).map(|it| it.party));
    let mut consents: BTreeSet<Party> = acts_for.into_iter().filter(|it| *it != by.party).collect();
    if grant.role == Role::Manager && consents.is_empty() {
        consents.insert(other(by.party));
    }
    let (able, unable): (BTreeSet<_>, BTreeSet<_>) =
        consents.into_iter().partition(|it| ever_had_manager(existing, *it, &grant.tenants));
    match (able.is_empty(), unable.is_empty()) {
        (true, true) => Consent::Alone { because: None },
        (true, false) => {
            Consent::Alone { because: Some("a side that never had a manager could not agree") }
        }
        (false, true | false) => Consent::Of(able),
    }
}

/// The side that looks at what a side does on its own.
pub fn other(party: Party) -> Party {
    match party {
        Party::Internal => Party::Provider,
        // It is their environment.
        Party::Provider | Party::Vendor => Party::Internal,
    }
}

fn present<'a>(existing: &'a [Operator], grant: &Grant) -> Option<&'a Operator> {
    existing.iter().find(|it| Some(it.id) == grant.operator)
}

fn touches_administrator(existing: &[Operator], grant: &Grant) -> bool {
    present(existing, grant).is_some_and(|it| it.role == Role::Administrator)
}

fn ever_had_manager(existing: &[Operator], party: Party, tenants: &BTreeSet<Tenant>) -> bool {
    let shares = |it: &Operator| {
        it.tenants.is_empty()
            || tenants.is_empty()
            || it.tenants.iter().any(|it| tenants.contains(it))
    };
    existing.iter().any(|it| it.party == party && it.role.includes(Role::Manager) && shares(it))
}

#[cfg(test)]
mod tests {
    use remit_shared::Party::{Internal, Provider, Vendor};
    use uuid::Uuid;

    use super::*;
    use crate::operator::tests::operator;

    fn grant(role: Role, party: Party) -> Grant {
        let name = "Jo".to_owned();
        let (teams, tenants) = (BTreeSet::new(), BTreeSet::new());
        Grant { operator: None, name, role, party, teams, tenants }
    }

    fn of(party: Party) -> Consent {
        Consent::Of([party].into())
    }

    const ALONE: Consent = Consent::Alone { because: None };

    #[test]
    fn a_manager_or_somebody_of_the_other_side_takes_the_other_side() {
        let admin = operator(Role::Administrator, Provider, &[], &[]);
        let existing = [admin.clone(), operator(Role::Manager, Internal, &[], &[])];
        for (role, party, expected) in [
            (Role::Administrator, Provider, Consent::LocalOnly),
            (Role::Administrator, Internal, Consent::LocalOnly),
            (Role::Manager, Provider, of(Internal)),
            (Role::Manager, Internal, of(Internal)),
            (Role::Operator, Provider, ALONE),
            (Role::Auditor, Provider, ALONE),
            (Role::Viewer, Provider, ALONE),
            (Role::Operator, Internal, of(Internal)),
            (Role::Viewer, Internal, of(Internal)),
        ] {
            let actual = required(&existing, &grant(role, party), &BTreeSet::new(), &admin);
            assert_eq!(actual, expected, "{role} of {party}");
        }
    }

    #[test]
    fn who_acts_for_the_other_sides_team_takes_the_other_side() {
        let admin = operator(Role::Administrator, Provider, &[], &[]);
        let existing = [admin.clone(), operator(Role::Manager, Internal, &[], &[])];
        let asked = grant(Role::Operator, Provider);
        assert_eq!(required(&existing, &asked, &[Provider].into(), &admin), ALONE);
        assert_eq!(required(&existing, &asked, &[Internal].into(), &admin), of(Internal));
    }

    #[test]
    fn the_first_manager_of_a_side_needs_nobody_and_a_replaced_one_does() {
        let admin = operator(Role::Administrator, Provider, &[], &[]);
        let asked = grant(Role::Manager, Internal);
        let sides = BTreeSet::new();
        let first = required(std::slice::from_ref(&admin), &asked, &sides, &admin);
        assert!(matches!(first, Consent::Alone { because: Some(_) }), "{first:?}");

        let now = jiff::Timestamp::UNIX_EPOCH;
        let gone = operator(Role::Manager, Internal, &[], &[]).revoke(now, "left");
        assert_eq!(required(&[admin.clone(), gone], &asked, &sides, &admin), of(Internal));
    }

    #[test]
    fn a_manager_of_one_tenant_does_not_speak_for_another() {
        let admin = operator(Role::Administrator, Provider, &[], &[]);
        let existing = [admin.clone(), operator(Role::Manager, Internal, &[], &["globex"])];
        let mut asked = grant(Role::Manager, Internal);
        let sides = BTreeSet::new();
        asked.tenants = [Tenant::new("acme").unwrap()].into();
        assert!(matches!(required(&existing, &asked, &sides, &admin), Consent::Alone { .. }));
        asked.tenants.insert(Tenant::new("globex").unwrap());
        assert_eq!(required(&existing, &asked, &sides, &admin), of(Internal));
    }

    #[test]
    fn a_change_of_side_takes_both_and_an_administrator_stays_one() {
        let admin = operator(Role::Administrator, Provider, &[], &[]);
        let mut boss = operator(Role::Manager, Internal, &[], &[]);
        boss.id = OperatorId::from_uuid(Uuid::from_u128(9));
        let existing = [admin.clone(), boss.clone(), operator(Role::Manager, Vendor, &[], &[])];
        let moved = Grant { operator: Some(boss.id), ..grant(Role::Operator, Provider) };
        assert_eq!(required(&existing, &moved, &BTreeSet::new(), &admin), of(Internal));
        let demoted = Grant { operator: Some(admin.id), ..grant(Role::Viewer, Provider) };
        assert_eq!(required(&existing, &demoted, &BTreeSet::new(), &boss), Consent::LocalOnly);
    }
}
