//! Who must agree to a change.
//!
//! What only contains, or only concerns the asker's own side and few endpoints
//! for a short while, takes nobody else. All other changes take a second
//! person, and what is shared takes one of the other side.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use remit_shared::{Party, Team};

use crate::{
    authority::grants::{Consent, other},
    change::{Facts, Requirement, Subject},
    operator::{Operator, Role},
};

/// For how long somebody may keep their own side's alerts quiet alone.
pub const ALONE_FOR: SignedDuration = SignedDuration::from_hours(4);
/// How many endpoints somebody may shut out at once, alone.
pub const REVOKED_AT_ONCE: u32 = 5;
/// The base of the first version of a matrix: nothing is agreed yet that it
/// could break.
pub const FOUNDING: u64 = 0;

/// Who must agree if this operator asks. Empty: they may do it at once.
pub fn required(subject: &Subject, facts: &Facts, by: &Operator) -> Vec<Requirement> {
    let ask = Ask { facts, by };
    let mut required = match subject {
        Subject::Matrix { base: FOUNDING, .. } => ask.own_manager("the first version"),
        Subject::Matrix { .. } => ask.both_sides("the matrix is both sides'"),
        Subject::Retention => ask.both_sides("how long records are kept is both sides' matter"),
        Subject::Window | Subject::Silence | Subject::Work => ask.quiet(ALONE_FOR),
        // It is documented, has a date to look at it again, and the matrix
        // says who may declare it.
        Subject::KnownIssue => ask.quiet(SignedDuration::MAX),
        Subject::Token => ask.other_side("a token for many lets in more than one"),
        Subject::Revocation if facts.touches.count > REVOKED_AT_ONCE => {
            ask.other_side("it shuts out many endpoints at once")
        }
        Subject::Revocation => Vec::new(),
        Subject::Role => ask.grant(),
    };
    required.sort();
    required.dedup();
    required
}

struct Ask<'a> {
    facts: &'a Facts,
    by: &'a Operator,
}

impl Ask<'_> {
    /// A manager of each side; the asker stands for their own if they can.
    fn both_sides(&self, because: &str) -> Vec<Requirement> {
        let own = [self.by.party].into_iter().filter(|it| speaks(*it));
        let sides: BTreeSet<Party> = own.chain(self.other_sides()).collect();
        let asked = sides.iter().flat_map(|side| self.of(*side, because));
        let mut required: Vec<_> = asked.filter(|it| !it.could_be_met_by(self.by)).collect();
        if self.other_sides().next().is_none() {
            // There is only one side: still not one person.
            required.extend(self.of(voice(self.by.party), "nobody changes this alone"));
        }
        required
    }

    fn other_sides(&self) -> impl Iterator<Item = Party> {
        let sides = self.facts.parties.iter().copied();
        sides.filter(|it| *it != self.by.party && speaks(*it))
    }

    fn own_manager(&self, because: &str) -> Vec<Requirement> {
        let manager = self.manager(voice(self.by.party), BTreeSet::new(), because);
        Some(manager).into_iter().filter(|it| !it.could_be_met_by(self.by)).collect()
    }

    /// A second person, of another side if there is one.
    fn other_side(&self, because: &str) -> Vec<Requirement> {
        let required: Vec<_> = self.other_sides().flat_map(|side| self.of(side, because)).collect();
        if required.is_empty() { self.of(voice(self.by.party), because) } else { required }
    }

    /// Alerts that would be quiet, or endpoints that would be worked on.
    fn quiet(&self, alone_for: SignedDuration) -> Vec<Requirement> {
        let Facts { affected, quiet_for, owns, .. } = self.facts;
        let own = self.by.party;
        let mut required = Vec::new();
        for side in affected.iter().copied().filter(|it| *it != own) {
            let because = format!("it concerns what is the {side} side's");
            required.extend(self.of(voice(side), &because));
        }
        // A second person, unless one of the other side looks at it anyway.
        let because = if !required.is_empty() {
            None
        } else if self.facts.is_wide() {
            Some("it concerns ten endpoints, or a tenth of them")
        } else if quiet_for.is_some_and(|it| it > alone_for) {
            Some("it keeps alerts quiet for more than 4 hours")
        } else if quiet_for.is_some() && !owns {
            Some("it keeps quiet what is another team's")
        } else {
            None
        };
        required.extend(because.into_iter().flat_map(|it| self.of(voice(own), it)));
        required
    }

    fn grant(&self) -> Vec<Requirement> {
        let because = "a new operator is power in both sides' environment";
        match &self.facts.consent {
            Some(Consent::Alone { .. }) => Vec::new(),
            Some(Consent::Of(sides)) => {
                sides.iter().map(|it| self.manager(*it, BTreeSet::new(), because)).collect()
            }
            // Nobody is asked in vain: `propose` refuses these.
            Some(Consent::LocalOnly) | None => {
                vec![self.manager(other(self.by.party), BTreeSet::new(), because)]
            }
        }
    }

    /// What a side's agreement takes: a manager, of the teams that the rows
    /// name if they name any of that side, and of those for security besides.
    fn of(&self, side: Party, because: &str) -> Vec<Requirement> {
        let teams = |named: &BTreeSet<(Party, Team)>| -> BTreeSet<Team> {
            named.iter().filter(|it| it.0 == side).map(|it| it.1.clone()).collect()
        };
        let mut required = vec![self.manager(side, teams(&self.facts.approvers.change), because)];
        let security = teams(&self.facts.approvers.security);
        if self.facts.security && !security.is_empty() {
            required.push(self.manager(side, security, "it touches security"));
        }
        required
    }

    fn manager(&self, party: Party, teams: BTreeSet<Team>, because: &str) -> Requirement {
        Requirement { party, role: Role::Manager, teams, because: because.to_owned() }
    }
}

/// Whether a side has agreed to the matrix for itself. A vendor works under
/// the internal side's contract.
fn speaks(side: Party) -> bool {
    match side {
        Party::Internal | Party::Provider => true,
        Party::Vendor => false,
    }
}

/// Who agrees for a side.
fn voice(side: Party) -> Party {
    if speaks(side) { side } else { Party::Internal }
}
