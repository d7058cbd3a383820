//! The fields of everything in a matrix, as text.

use remit_shared::{PersonName, Severity};

use crate::{
    calendar::Calendar,
    inhibit,
    matrix::{
        CheckOverride, Escalation, Policy, Quiet, Row, TeamDef, Trigger,
        diff::Fields,
        explain::{describe_endpoints, list},
        show_hours, show_length, show_turn,
    },
    people::Person,
    rota::{Layer, Rota},
    sla::{Agreement, Targets},
};

pub(super) fn team(it: &TeamDef) -> Fields {
    vec![
        ("party", it.party.to_string()),
        ("title", it.title.clone()),
        ("contacts", list(&it.contacts)),
        ("notify", list(&it.notify)),
        ("oncall", text(&it.oncall)),
        ("policy", text(&it.policy)),
    ]
}

pub(super) fn person(it: &Person) -> Fields {
    vec![
        ("title", it.title.clone()),
        ("teams", list(&it.teams)),
        ("notify", list(&it.notify)),
        ("disabled", it.disabled.to_string()),
    ]
}

pub(super) fn policy(it: &Policy) -> Fields {
    vec![
        ("title", it.title.clone()),
        ("steps", list(&it.steps)),
        ("hours", text(&it.hours)),
        ("repeat", it.repeat.to_string()),
    ]
}

pub(super) fn trigger(it: &Trigger) -> (String, Fields) {
    let of = if it.functions.is_empty() { "any".into() } else { list(&it.functions) };
    let name = format!("trigger `{}` of {of}", it.reason.as_str());
    (name, vec![("after", show_length(it.after)), ("to", text(&it.to))])
}

pub(super) fn quiet(it: &Quiet) -> (String, Fields) {
    let name = format!("quiet rule of `{}` {}", it.who, it.when);
    let fields =
        vec![("below", it.below.to_string()), ("even_critical", it.even_critical.to_string())];
    (name, fields)
}

/// What may be left out.
fn text<T: ToString>(it: &Option<T>) -> String {
    it.as_ref().map(ToString::to_string).unwrap_or_default()
}

pub(super) fn calendar(it: &Calendar) -> Fields {
    let holidays = it.holidays.iter().map(|(date, name)| format!("{date} {name}"));
    let yearly = it.yearly.iter().map(|(day, name)| format!("{day} {name}"));
    let exceptions = it.exceptions.iter().map(|(date, it)| {
        let hours = if it.hours.is_empty() {
            "closed".to_owned()
        } else {
            list(it.hours.iter().map(show_hours))
        };
        format!("{date} {hours} {}", it.title).trim_end().to_owned()
    });
    vec![
        ("zone", it.zone_name().to_owned()),
        ("hours", list(&it.hours)),
        ("holidays", list(holidays.chain(yearly))),
        ("holiday_rules", text(&it.holiday_rules)),
        ("exceptions", list(exceptions)),
    ]
}

pub(super) fn row(it: &Row) -> Fields {
    let (scope, duty) = (&it.scope, &it.duty);
    let severity = match scope.min_severity {
        Severity::Info => String::new(),
        floor @ (Severity::Low | Severity::Medium | Severity::High | Severity::Critical) => {
            floor.to_string()
        }
    };
    let escalation = match &duty.escalation {
        Escalation::Shipped => "what ships".to_owned(),
        Escalation::Policy(name) => format!("policy {name}"),
        Escalation::Steps(steps) => list(steps),
    };
    vec![
        ("title", it.title.clone()),
        (
            "function",
            if scope.functions.is_empty() { "any".into() } else { list(&scope.functions) },
        ),
        ("endpoints", list(&scope.endpoints)),
        ("sites", list(&scope.sites)),
        ("kinds", list(&scope.kinds)),
        ("tags", list(&scope.tags)),
        ("min_severity", severity),
        ("when", scope.when.to_string()),
        ("responsible", duty.responsible.to_string()),
        ("others", list(&duty.others)),
        ("accountable", duty.accountable.to_string()),
        ("consulted", list(&duty.consulted)),
        ("informed", list(&duty.informed)),
        ("approve_change", list(&duty.authority.approve_change)),
        ("approve_security", list(&duty.authority.approve_security)),
        ("declare_known_issue", list(&duty.authority.declare_known_issue)),
        ("runbook", duty.runbook.clone()),
        ("escalation", escalation),
        ("sla", text(&duty.sla)),
        ("priority", it.priority.to_string()),
        ("reviewed", text(&it.reviewed)),
        ("uncovered, accepted by", list(&it.accepted_by)),
    ]
}

pub(super) fn check_name(it: &CheckOverride) -> String {
    match it.is_narrowed() {
        true => format!("check `{}` {}", it.check, describe_endpoints(&it.on)),
        false => format!("check `{}`", it.check),
    }
}

pub(super) fn check(it: &CheckOverride) -> Fields {
    vec![
        ("function", text(&it.function)),
        ("warn", text(&it.warn)),
        ("crit", text(&it.crit)),
        ("clear", text(&it.clear)),
        ("warn_after", it.warn_after.map(show_length).unwrap_or_default()),
        ("crit_after", it.crit_after.map(show_length).unwrap_or_default()),
        ("hold", it.hold.map(show_length).unwrap_or_default()),
        ("severity", text(&it.severity)),
    ]
}

pub(super) fn rota(it: &Rota) -> Fields {
    let layers = it.layers.iter().map(|it| {
        let hours = match &it.hours {
            Some(hours) => format!(" on {}", list(hours)),
            None => String::new(),
        };
        let Layer { title, people, from, turn, handoff, .. } = it;
        let (people, turn) = (list(people), show_turn(*turn));
        format!("`{title}` with {people} for {turn} each from {from} {handoff}{hours}")
    });
    let overrides = it.overrides.iter().map(|it| {
        let person = it.person.as_ref().map_or("nobody", PersonName::as_str);
        format!("{}..{} {person}", it.from, it.to)
    });
    vec![
        ("zone", it.zone.iana_name().unwrap_or("UTC").to_owned()),
        ("layers", list(layers)),
        ("overrides", list(overrides)),
    ]
}

pub(super) fn agreement(it: &Agreement) -> Fields {
    let targets = |it: &Targets| {
        list(it.0.iter().rev().map(|(severity, it)| format!("{severity} {}", show_length(*it))))
    };
    vec![
        ("calendar", text(&it.hours)),
        ("response", targets(&it.response)),
        ("resolution", targets(&it.resolution)),
        ("update", targets(&it.update)),
        ("team_response", targets(&it.team_response)),
        ("team_resolution", targets(&it.team_resolution)),
        ("at_risk", it.at_risk.to_string()),
        ("pause", list(&it.pause_reasons)),
        ("pause_limit", show_length(it.pause_limit)),
    ]
}

pub(super) fn inhibit(it: &inhibit::Rule) -> (String, Fields) {
    let targets = match &it.targets {
        inhibit::Targets::These(checks) => list(checks),
        inhibit::Targets::AllBut(functions) => format!("all but {}", list(functions)),
    };
    let fields =
        vec![("source", list(&it.sources)), ("target", targets), ("equal", list(&it.equal))];
    (format!("inhibit rule `{}`", it.name), fields)
}
