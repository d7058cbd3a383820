//! What a new version of a matrix changes, in words.
//!
//! Everything in a matrix is flattened to named fields of text and compared
//! by name, so that what moves without changing is not a change.

use std::{collections::BTreeMap, fmt};

use remit_shared::Severity;

use crate::{
    calendar::Calendar,
    matrix::{
        CheckOverride, Escalation, Matrix, Policy, Quiet, Row, TeamDef, Trigger,
        explain::{describe_endpoints, list},
        show_length,
    },
    people::Person,
};

/// One thing that is different.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is new.
    Added {
        /// What: "row `nights`".
        what: String,
    },
    /// It is gone.
    Removed {
        /// What.
        what: String,
    },
    /// One of its fields is different.
    Changed {
        /// What.
        what: String,
        /// Which field.
        field: &'static str,
        /// Its old text; may be empty.
        before: String,
        /// Its new text; may be empty.
        after: String,
    },
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added { what } => write!(f, "{what} is new"),
            Self::Removed { what } => write!(f, "{what} is gone"),
            Self::Changed { what, field, before, after } => {
                let shown =
                    |it: &String| if it.is_empty() { "nothing".to_owned() } else { it.clone() };
                write!(f, "{what}: {field} was {}, is {}", shown(before), shown(after))
            }
        }
    }
}

type Fields = Vec<(&'static str, String)>;

/// What is different, in the order of the new matrix; what is gone comes last.
pub fn diff(old: &Matrix, new: &Matrix) -> Vec<Change> {
    let (old, new) = (flatten(old), flatten(new));
    let before: BTreeMap<_, _> = old.iter().map(|(what, fields)| (what, fields)).collect();
    let mut changes = Vec::new();
    for (what, fields) in &new {
        let Some(before) = before.get(what) else {
            changes.push(Change::Added { what: what.clone() });
            continue;
        };
        for ((field, before), (_, after)) in before.iter().zip(fields) {
            if before != after {
                let (what, before, after) = (what.clone(), before.clone(), after.clone());
                changes.push(Change::Changed { what, field, before, after });
            }
        }
    }
    let kept: BTreeMap<_, _> = new.iter().map(|(what, _)| (what, ())).collect();
    let gone = old.iter().filter(|(what, _)| !kept.contains_key(what));
    changes.extend(gone.map(|(what, _)| Change::Removed { what: what.clone() }));
    changes
}

fn flatten(matrix: &Matrix) -> Vec<(String, Fields)> {
    let mut all = vec![("matrix".to_owned(), vec![("title", matrix.title.clone())])];
    all.extend(matrix.teams.iter().map(|it| (format!("team `{}`", it.name), team(it))));
    all.extend(matrix.sites.iter().map(|it| {
        let zone = it.zone.iana_name().unwrap_or("UTC").to_owned();
        (format!("site `{}`", it.name), vec![("zone", zone), ("title", it.title.clone())])
    }));
    let titled = |kind, name: &str, title: &str| {
        (format!("{kind} `{name}`"), vec![("title", title.to_owned())])
    };
    all.extend(matrix.tags.iter().map(|it| titled("tag", it.name.as_str(), &it.title)));
    all.extend(matrix.functions.iter().map(|it| titled("function", it.name.as_str(), &it.title)));
    all.extend(matrix.calendars.iter().map(|it| (format!("calendar `{}`", it.name), calendar(it))));
    all.extend(matrix.persons.iter().map(|it| (format!("person `{}`", it.name), person(it))));
    all.extend(matrix.policies.iter().map(|it| (format!("policy `{}`", it.name), policy(it))));
    all.extend(matrix.triggers.iter().map(trigger));
    all.extend(matrix.quiet.iter().map(quiet));
    all.extend(matrix.all_rows().map(|it| (format!("row `{}`", it.id), row(it))));
    all.extend(matrix.checks.iter().map(|it| (check_name(it), check(it))));
    all
}

fn team(it: &TeamDef) -> Fields {
    let contacts = it.contacts.iter().map(|it| {
        let parts = [&it.name, &it.phone, &it.email].into_iter().filter(|it| !it.is_empty());
        parts.cloned().collect::<Vec<_>>().join(" ")
    });
    vec![
        ("party", it.party.to_string()),
        ("title", it.title.clone()),
        ("contacts", list(contacts)),
        ("notify", list(&it.notify)),
        ("oncall", text(&it.oncall)),
    ]
}

fn person(it: &Person) -> Fields {
    vec![
        ("title", it.title.clone()),
        ("teams", list(&it.teams)),
        ("notify", list(&it.notify)),
        ("disabled", it.disabled.to_string()),
    ]
}

fn policy(it: &Policy) -> Fields {
    vec![
        ("title", it.title.clone()),
        ("steps", list(&it.steps)),
        ("hours", text(&it.hours)),
        ("repeat", it.repeat.to_string()),
    ]
}

fn trigger(it: &Trigger) -> (String, Fields) {
    let of = if it.functions.is_empty() { "any".into() } else { list(&it.functions) };
    let name = format!("trigger `{}` of {of}", it.reason);
    (name, vec![("after", show_length(it.after)), ("to", text(&it.to))])
}

fn quiet(it: &Quiet) -> (String, Fields) {
    let name = format!("quiet rule of `{}` {}", it.who, it.when);
    let fields =
        vec![("below", it.below.to_string()), ("even_critical", it.even_critical.to_string())];
    (name, fields)
}

/// What may be left out.
fn text<T: ToString>(it: &Option<T>) -> String {
    it.as_ref().map(ToString::to_string).unwrap_or_default()
}

fn calendar(it: &Calendar) -> Fields {
    let holidays = it.holidays.iter().map(|(date, name)| format!("{date} {name}"));
    vec![
        ("zone", it.zone_name().to_owned()),
        ("hours", list(&it.hours)),
        ("holidays", list(holidays)),
    ]
}

fn row(it: &Row) -> Fields {
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

fn check_name(it: &CheckOverride) -> String {
    match it.is_narrowed() {
        true => format!("check `{}` {}", it.check, describe_endpoints(&it.on)),
        false => format!("check `{}`", it.check),
    }
}

fn check(it: &CheckOverride) -> Fields {
    vec![
        ("function", text(&it.function)),
        ("warn", text(&it.warn)),
        ("crit", text(&it.crit)),
        ("clear", text(&it.clear)),
        ("hold", it.hold.map(show_length).unwrap_or_default()),
        ("severity", text(&it.severity)),
    ]
}
