//! Rotas that always name somebody who can be called.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use remit_shared::{PersonName, RotaName};

use crate::{
    calendar::Segment,
    matrix::{
        Matrix,
        explain::clock,
        lint::{Finding, Place, Table},
    },
    people::Target,
    rota::{self, Rota},
};

/// Gaps later than this can still be filled by whoever makes the plan.
const AHEAD: SignedDuration = SignedDuration::from_hours(60 * 24);

pub(super) fn check(matrix: &Matrix, from: Timestamp) -> impl Iterator<Item = Finding> {
    let within = Segment::ahead(from, AHEAD);
    let rotas = matrix.rotas.iter().enumerate();
    rotas
        .flat_map(move |(index, rota)| match rota::check(rota) {
            Err(err) => vec![refuse(index, rota, err.to_string())],
            Ok(()) => [gap(index, rota, within)]
                .into_iter()
                .flatten()
                .chain(absent(matrix, index, rota, within))
                .collect(),
        })
        .chain(doubled(matrix, within))
}

fn refuse(index: usize, rota: &Rota, message: String) -> Finding {
    // The message names the rota already, and what would be right.
    let key = if rota.layers.is_empty() { "" } else { "layer" };
    Finding::error("rota", Place::new(Table::Rota, index, key), message)
}

/// When nobody is on call.
fn gap(index: usize, rota: &Rota, within: Segment) -> Option<Finding> {
    let gaps = rota::gaps(rota, within);
    let first = gaps.first()?;
    let zone = rota.zone.iana_name().unwrap_or("UTC");
    let many = match gaps.len() {
        1 => "the only gap".to_owned(),
        many => format!("{many} gaps"),
    };
    let message = format!(
        "nobody is on call in rota `{}` from {} to {} in {zone} ({}); {many} in 60 days",
        rota.name,
        clock(&rota.zone, first.from),
        clock(&rota.zone, first.to),
        first.because,
    );
    let place = Place::new(Table::Rota, index, "layer");
    Some(Finding::warning("rota-gap", place, message).suggest(
        "add a layer or an `override`; until then the next step of an escalation comes at once",
    ))
}

/// Persons who will be on call and cannot be called.
fn absent(matrix: &Matrix, index: usize, rota: &Rota, within: Segment) -> Vec<Finding> {
    let shifts = rota::shifts(rota, within);
    let mut seen: BTreeSet<&PersonName> = BTreeSet::new();
    let first = shifts.iter().filter(|it| seen.insert(&it.person));
    let absent = first.filter_map(|shift| {
        let person = matrix.person(&shift.person)?;
        let wrong = match (person.disabled, person.notify.is_empty()) {
            (true, _) => "is disabled",
            (false, true) => "has no channel",
            (false, false) => return None,
        };
        let message = format!(
            "`{}`, who {wrong}, is on call in rota `{}` from {} in {}",
            person.name,
            rota.name,
            clock(&rota.zone, shift.from),
            rota.zone.iana_name().unwrap_or("UTC"),
        );
        let place = Place::new(Table::Rota, index, "layer");
        Some(
            Finding::warning("on-call-absent", place, message)
                .suggest("take them out of the layer, or add an `override`"),
        )
    });
    absent.collect()
}

/// One person who is meant to help themselves: on call in two rotas of one
/// escalation.
fn doubled(matrix: &Matrix, within: Segment) -> Vec<Finding> {
    let ladders = matrix.policies.iter().enumerate().map(|(index, it)| {
        let place = Place::new(Table::Policy, index, "steps");
        (place, format!("policy `{}`", it.name), it.steps.as_slice())
    });
    let mut findings = Vec::new();
    for (place, who, steps) in ladders {
        let rotas: Vec<&RotaName> = steps
            .iter()
            .filter_map(|it| match &it.target {
                Target::Rota(name) => Some(name),
                Target::Team(name) => matrix.team(name)?.oncall.as_ref(),
                Target::Person(_) => None,
            })
            .collect();
        for pair in rotas.windows(2).filter(|it| it[0] != it[1]) {
            let both = matrix.rota(pair[0]).zip(matrix.rota(pair[1]));
            let Some((one, other)) =
                both.filter(|(one, other)| rota::check(one).is_ok() && rota::check(other).is_ok())
            else {
                continue;
            };
            let twice = rota::conflicts(one, other, within);
            let Some(first) = twice.first() else { continue };
            let message = format!(
                "{who} asks `{}` twice: on call in `{}` and in `{}` from {} in {}",
                first.person,
                one.name,
                other.name,
                clock(&one.zone, first.from),
                one.zone.iana_name().unwrap_or("UTC"),
            );
            findings.push(
                Finding::warning("same-person", place, message)
                    .suggest("shift one of the rotas by a turn"),
            );
        }
    }
    findings
}
