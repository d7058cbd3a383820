//! Promises that can be kept.

use jiff::{SignedDuration, Timestamp};
use remit_shared::{CalendarName, Severity};

use crate::{
    calendar::{HORIZON, Segment, elapsed},
    matrix::{
        Matrix,
        explain::list,
        lint::{Finding, Place, Table},
        show_length,
    },
    sla::{Agreement, Targets},
};

pub(super) fn check(matrix: &Matrix, from: Timestamp) -> impl Iterator<Item = Finding> {
    let within = Segment::ahead(from, HORIZON);
    let agreements = matrix.agreements.iter().enumerate().flat_map(move |(index, it)| {
        let at = move |key| Place::new(Table::Agreement, index, key);
        let hours = it.hours.as_ref().and_then(|it| matrix.calendar(it));
        let counted = hours.map(|it| elapsed(it, within));
        late(it, at, counted)
            .into_iter()
            .chain(backwards(it, at))
            .chain(missing(it, at))
            .chain(share(it, at))
    });
    let open = move |name: &CalendarName| {
        matrix.calendar(name).is_none_or(|it| SignedDuration::ZERO < elapsed(it, within))
    };
    let policies = matrix.policies.iter().enumerate().filter_map(move |(index, it)| {
        let hours = it.hours.as_ref().filter(|it| !open(it))?;
        let message = format!("policy `{}` counts hours of `{hours}`, which never opens", it.name);
        let place = Place::new(Table::Policy, index, "hours");
        Some(Finding::error("never-open", place, message).suggest("give the calendar `hours`"))
    });
    agreements.chain(policies)
}

/// Targets of which not even the first can be reached.
fn late(
    it: &Agreement,
    at: impl Fn(&'static str) -> Place,
    counted: Option<SignedDuration>,
) -> Option<Finding> {
    let counted = counted?;
    let calendar = it.hours.as_ref()?;
    if counted == SignedDuration::ZERO {
        let message = format!("sla `{}` counts hours of `{calendar}`, which never opens", it.name);
        let finding = Finding::error("never-open", at("calendar"), message);
        return Some(finding.suggest("give the calendar `hours`, or leave out `calendar`"));
    }
    let longest =
        [&it.response, &it.resolution, &it.update, &it.team_response, &it.team_resolution];
    let longest = longest.into_iter().flat_map(|it| it.0.values()).max()?;
    (counted < *longest).then(|| {
        let message = format!(
            "sla `{}` promises something within {}, and `{calendar}` is open for {} in 400 days",
            it.name,
            show_length(*longest),
            show_length(counted),
        );
        Finding::error("unreachable-target", at("calendar"), message)
            .suggest("count other hours, or promise less time")
    })
}

/// What must be over before it may begin.
fn backwards(it: &Agreement, at: impl Fn(&'static str) -> Place + Copy) -> Vec<Finding> {
    let pairs = [
        ("response", &it.response, "resolution", &it.resolution),
        ("team_response", &it.team_response, "team_resolution", &it.team_resolution),
    ];
    let check = |(first, sooner, key, later): (&str, &Targets, &'static str, &Targets)| {
        let backwards = |severity: &Severity| {
            sooner.get(*severity).zip(later.get(*severity)).filter(|(one, other)| other < one)
        };
        Severity::ALL.iter().find_map(|severity| {
            let (one, other) = backwards(severity)?;
            let message = format!(
                "sla `{}` wants {severity} alerts resolved within {} and a {first} within {}",
                it.name,
                show_length(other),
                show_length(one),
            );
            let finding = Finding::error("sla-order", at(key), message);
            Some(finding.suggest("give the resolution at least as long as the response"))
        })
    };
    pairs
        .into_iter()
        .filter_map(|(first, sooner, key, later)| check((first, sooner, key, later)))
        .collect()
}

/// Severities that somebody forgot: those above the least that has a target.
fn missing(it: &Agreement, at: impl Fn(&'static str) -> Place + Copy) -> Vec<Finding> {
    let tables = [("response", &it.response), ("resolution", &it.resolution)];
    let mut findings = Vec::new();
    for (key, targets) in tables {
        let lacking: Vec<_> = [Severity::Critical, Severity::High]
            .into_iter()
            .filter(|severity| targets.get(*severity).is_none())
            .collect();
        if !lacking.is_empty() {
            let message = format!("sla `{}` has no {key} target for {}", it.name, list(&lacking));
            let text = format!("add one, like `{key} = {{ {} = \"30m\" }}`", lacking[0]);
            findings.push(Finding::warning("sla-missing", at(key), message).suggest(text));
        }
    }
    findings
}

fn share(it: &Agreement, at: impl Fn(&'static str) -> Place) -> Option<Finding> {
    (it.at_risk == 0 || 99 < it.at_risk).then(|| {
        let message = format!("sla `{}` is at risk from {} % on", it.name, it.at_risk);
        Finding::error("sla-at-risk", at("at_risk"), message)
            .suggest("use a share from 1 to 99; 75 if you leave it out")
    })
}
