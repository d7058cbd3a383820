//! How well promises were kept.

use remit_shared::Severity;

use crate::sla::{Attainment, ClockKind, Holder, Judged, attainment, attainment_by};

/// How well promises were kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Promises {
    /// What was promised to the customer.
    pub contract: Vec<ContractLine>,
    /// What teams promised each other.
    pub teams: Vec<TeamLine>,
}

/// One promise of the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractLine {
    /// Which.
    pub kind: ClockKind,
    /// For which alerts; `None` for all of them together.
    pub severity: Option<Severity>,
    /// How well it was kept.
    pub attainment: Attainment,
}

/// One promise of one team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamLine {
    /// Who.
    pub holder: Holder,
    /// Which.
    pub kind: ClockKind,
    /// How well they kept it.
    pub attainment: Attainment,
}

pub(super) fn promises(judged: &[Judged]) -> Promises {
    Promises { contract: contract(judged), teams: teams(judged) }
}

/// For each promise all alerts together, then the most severe first.
fn contract(judged: &[Judged]) -> Vec<ContractLine> {
    let kinds = ClockKind::ALL.into_iter().filter(|it| !it.is_teams());
    kinds
        .flat_map(|kind| {
            let of_kind: Vec<_> = judged.iter().filter(|it| it.kind == kind).collect();
            let all = (!of_kind.is_empty()).then(|| attainment(of_kind.iter().copied()));
            let all = all.map(|attainment| ContractLine { kind, severity: None, attainment });
            let each = attainment_by(of_kind, |it| it.severity).into_iter().rev();
            let each = each.map(move |(severity, attainment)| ContractLine {
                kind,
                severity: Some(severity),
                attainment,
            });
            all.into_iter().chain(each)
        })
        .collect()
}

fn teams(judged: &[Judged]) -> Vec<TeamLine> {
    let kinds = ClockKind::ALL.into_iter().filter(|it| it.is_teams());
    let mut lines: Vec<_> = kinds
        .flat_map(|kind| {
            let of_kind = judged.iter().filter(|it| it.kind == kind);
            attainment_by(of_kind, |it| it.holder.clone())
                .into_iter()
                .map(move |(holder, attainment)| TeamLine { holder, kind, attainment })
        })
        .collect();
    // Stable: within a team, the kinds stay in their order.
    lines.sort_by(|a, b| a.holder.cmp(&b.holder));
    lines
}
