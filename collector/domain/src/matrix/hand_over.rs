//! When work passes to the other party because of what was found, not because
//! of the hour.
//!
//! The field calls them defined triggers, not judgment calls: whoever hits a
//! wall says which one, and the matrix says who has it next and when.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use remit_shared::{Function, Party, Team};

use crate::{
    alert::{HandOverReason, Remit},
    matrix::{Duty, Escalation, Matrix, scope::admits},
    people::Target,
};

/// Half an hour: the rule of thumb of the field.
const USUAL: SignedDuration = SignedDuration::from_mins(30);

/// The reasons that a matrix has something to say about.
const REASONS: [HandOverReason; 5] = [
    HandOverReason::NeedsCredential,
    HandOverReason::NeedsOnSite,
    HandOverReason::BusinessContext,
    HandOverReason::SecuritySuspicion,
    HandOverReason::VendorWait,
];

/// Why a string is no reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no reason for a hand-over: use needs_credential, needs_on_site, business_context, security_suspicion or vendor_wait"
)]
pub struct ReasonError(pub String);

/// Reads a reason for a hand-over that a matrix has something to say about.
pub fn parse_reason(text: &str) -> Result<HandOverReason, ReasonError> {
    let known = REASONS.into_iter().find(|it| it.as_str() == text);
    let shown = || text.chars().take(40).flat_map(char::escape_default).collect();
    known.ok_or_else(|| ReasonError(shown()))
}

/// How long it waits if the matrix does not say. An attack does not wait, and
/// neither does somebody who has decided.
pub fn usual_wait(reason: HandOverReason) -> SignedDuration {
    match reason {
        HandOverReason::SecuritySuspicion | HandOverReason::Manual => SignedDuration::ZERO,
        HandOverReason::NeedsCredential
        | HandOverReason::NeedsOnSite
        | HandOverReason::BusinessContext
        | HandOverReason::VendorWait => USUAL,
    }
}

/// What follows from a reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trigger {
    /// The reason.
    pub reason: HandOverReason,
    /// For which kinds of work; none means any.
    pub functions: BTreeSet<Function>,
    /// How long after the reason was given.
    pub after: SignedDuration,
    /// To whom; `None` means the counterpart.
    pub to: Option<Team>,
}

impl Matrix {
    /// What follows from a reason in a kind of work: what the matrix says of
    /// just that work, else of any, else what ships.
    pub fn hand_over(&self, reason: HandOverReason, function: &Function) -> Trigger {
        let said = self.triggers.iter().filter(|it| it.reason == reason);
        let said = said.filter(|it| admits(&it.functions, function));
        let shipped =
            Trigger { reason, functions: BTreeSet::new(), after: usual_wait(reason), to: None };
        // Of equals, the first in the file.
        said.min_by_key(|it| it.functions.is_empty()).cloned().unwrap_or(shipped)
    }

    /// Who answers for it on either side: the duty's accountable team, then one
    /// of the other party, the catch-all's before those of rows.
    pub fn accountables(&self, duty: &Duty) -> Vec<Team> {
        let party = |it: &Team| self.team(it).map(|it| it.party == Party::Internal);
        let own = party(&duty.accountable);
        let all = [&self.catch_all].into_iter().chain(&self.rows);
        let mut others = all.map(|it| &it.duty.accountable).filter(|it| party(it).is_some());
        let other = others.find(|it| party(it) != own);
        [&duty.accountable].into_iter().chain(other).cloned().collect()
    }

    /// The team of the other party that takes over from whoever is responsible:
    /// the first that the duty has to do with, else the first that acts at all,
    /// before those that are only told when nobody acts.
    pub fn counterpart(&self, duty: &Duty) -> Option<&Team> {
        let steps = match &duty.escalation {
            Escalation::Steps(steps) => steps.as_slice(),
            Escalation::Shipped => &[],
            Escalation::Policy(name) => {
                let named = self.policies.iter().find(|it| it.name == *name);
                named.map(|it| it.steps.as_slice()).unwrap_or_default()
            }
        };
        let escalated = steps.iter().filter_map(|it| match &it.target {
            Target::Team(team) => self.team(team).map(|it| &it.name),
            Target::Rota(_) | Target::Person(_) => None,
        });
        self.across(&duty.responsible, duty.others.iter().chain(&duty.consulted), escalated)
    }

    /// The team of the other party that takes an alert over from whoever has it
    /// now: if it was handed over to them, the team that its row names.
    pub fn takes_over_from(&self, remit: &Remit) -> Option<&Team> {
        let row = self.all_rows().find(|it| it.id.as_str() == remit.row);
        let named = row.map(|it| &it.duty.responsible);
        let told = remit.ladder.rungs.iter().filter_map(|it| it.target.team());
        let near = named.into_iter().chain(&remit.others).chain(&remit.consulted);
        self.across(&remit.responsible, near, told)
    }

    /// The first team of the other party than this one's: one of those near to
    /// the matter, else one that acts at all, else one that is told, else any.
    fn across<'a: 'n, 'n>(
        &'a self,
        from: &Team,
        near: impl Iterator<Item = &'n Team>,
        told: impl Iterator<Item = &'n Team>,
    ) -> Option<&'a Team> {
        let wanted = match self.team(from)?.party {
            Party::Internal => Party::Provider,
            Party::Provider | Party::Vendor => Party::Internal,
        };
        let acting = self.all_rows().map(|it| -> &'n Team { &it.duty.responsible });
        let any = self.teams.iter().map(|it| -> &'n Team { &it.name });
        let all = near.chain(acting).chain(told).chain(any);
        all.filter_map(|it| self.team(it)).find(|it| it.party == wanted).map(|it| &it.name)
    }
}

#[cfg(test)]
mod tests {
    use remit_shared::Severity;

    use super::*;
    use crate::matrix::{resolve, testing::*};

    #[test]
    fn every_reason_has_an_answer_and_the_narrower_one_wins() {
        let mut matrix = matrix([row("base", "*", "always", "provider-noc")]);
        let (desk, other): (Function, Function) =
            ("help_desk".parse().unwrap(), "procurement".parse().unwrap());
        for reason in REASONS {
            let shipped = matrix.hand_over(reason, &desk);
            assert_eq!((shipped.after, shipped.to), (usual_wait(reason), None));
        }
        let reason = HandOverReason::NeedsOnSite;
        let trigger = |functions: &[&Function], minutes| Trigger {
            reason,
            functions: functions.iter().copied().cloned().collect(),
            after: SignedDuration::from_mins(minutes),
            to: None,
        };
        matrix.triggers = vec![trigger(&[], 20), trigger(&[&desk], 10)];
        assert_eq!(matrix.hand_over(reason, &desk).after, SignedDuration::from_mins(10));
        assert_eq!(matrix.hand_over(reason, &other).after, SignedDuration::from_mins(20));
    }

    #[test]
    fn the_other_party_takes_over() {
        let matrix = matrix([
            row("base", "*", "always", "provider-noc"),
            row("apps", "lob_application", "always", "internal-it"),
        ]);
        let duty = |index: usize| &matrix.rows[index].duty;
        assert_eq!(matrix.counterpart(duty(0)).unwrap().as_str(), "internal-it");
        assert_eq!(matrix.counterpart(duty(1)).unwrap().as_str(), "provider-noc");
        let remit = |row: usize, has_it: &str| Remit {
            responsible: Team::new(has_it).unwrap(),
            accountable: Team::new(has_it).unwrap(),
            row: matrix.rows[row].id.to_string(),
            ..Remit::decided(
                resolve(
                    &matrix,
                    &subject("db-7", &[]),
                    &"help_desk".parse().unwrap(),
                    Severity::High,
                    at("2026-03-02T09:00:00Z"),
                ),
                at("2026-03-02T09:00:00Z"),
                None,
            )
        };
        // Not who answers for it on their own side, and back where it came from.
        for (row, has_it, takes_it) in [
            (0, "provider-noc", "internal-it"),
            (0, "internal-it", "provider-noc"),
            (1, "internal-it", "provider-noc"),
            (1, "provider-noc", "internal-it"),
        ] {
            let found = matrix.takes_over_from(&remit(row, has_it)).map(Team::as_str);
            assert_eq!(found, Some(takes_it), "row {row}, {has_it}");
        }
        let both: Vec<_> = matrix.accountables(duty(0)).iter().map(Team::to_string).collect();
        assert_eq!(both, ["provider-noc", "internal-it"]);
    }
}
