//! Matrices for tests, in few words.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use remit_shared::{EndpointId, EndpointKind, Party, Site, Team, Tenant};

use crate::{
    calendar::{Calendar, parse_hours},
    matrix::{
        Authority, Contact, Duty, Escalation, Matrix, Row, Scope, SiteDef, Step, Subject, TagDef,
        TeamDef,
    },
    people::Target,
};

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn calendar(name: &str, zone: &str, hours: &[&str]) -> Calendar {
    Calendar {
        name: name.parse().unwrap(),
        zone: TimeZone::get(zone).unwrap(),
        hours: hours.iter().flat_map(|it| parse_hours(it).unwrap()).collect(),
        holidays: BTreeMap::new(),
        yearly: BTreeMap::new(),
        holiday_rules: None,
        exceptions: BTreeMap::new(),
    }
}

/// A row from words like `infra_monitoring host:db-7 tag:erp site:hq
/// kind:server min:high`; `*` names every function. Whoever is responsible is
/// accountable too.
pub(crate) fn row(id: &str, about: &str, when: &str, team: &str) -> Row {
    let mut scope = Scope { when: when.parse().unwrap(), ..Scope::everything() };
    for word in about.split_whitespace() {
        match word.split_once(':') {
            Some(("host", it)) => drop(scope.endpoints.insert(it.parse().unwrap())),
            Some(("tag", it)) => drop(scope.tags.insert(it.parse().unwrap())),
            Some(("site", it)) => drop(scope.sites.insert(it.parse().unwrap())),
            Some(("kind", it)) => drop(scope.kinds.insert(it.parse().unwrap())),
            Some(("min", it)) => scope.min_severity = it.parse().unwrap(),
            Some(_) => panic!("{word}"),
            None if word == "*" => {}
            None => drop(scope.functions.insert(word.parse().unwrap())),
        }
    }
    let team: Team = team.parse().unwrap();
    let duty = Duty {
        responsible: team.clone(),
        others: vec![],
        accountable: team.clone(),
        consulted: vec![],
        informed: vec![],
        authority: Authority::default(),
        runbook: String::new(),
        escalation: Escalation::Steps(vec![Step {
            after: SignedDuration::from_mins(30),
            target: Target::Team(team),
        }]),
        sla: None,
    };
    Row {
        id: id.parse().unwrap(),
        title: String::new(),
        scope,
        duty,
        priority: 0,
        reviewed: None,
        accepted_by: vec![],
    }
}

/// Two teams, two sites, tags `erp` and `lob`, an office in New York and a
/// night shift in Los Angeles.
pub(crate) fn matrix(rows: impl IntoIterator<Item = Row>) -> Matrix {
    let contact =
        |name: &str| Contact { name: name.into(), phone: "1".into(), email: String::new() };
    let team = |name: &str, party| TeamDef {
        name: name.parse().unwrap(),
        party,
        title: String::new(),
        contacts: vec![contact("one"), contact("two")],
        notify: vec![],
        oncall: None,
        policy: None,
    };
    let site = |name: &str, zone| SiteDef {
        name: name.parse().unwrap(),
        zone: TimeZone::get(zone).unwrap(),
        title: String::new(),
    };
    let tag = |name: &str| TagDef { name: name.parse().unwrap(), title: String::new() };
    Matrix {
        tenant: Tenant::new("acme").unwrap(),
        version: 7,
        title: String::new(),
        teams: vec![team("internal-it", Party::Internal), team("provider-noc", Party::Provider)],
        persons: vec![],
        sites: vec![site("hq", "America/New_York"), site("plant", "America/Chicago")],
        tags: vec![tag("erp"), tag("lob")],
        functions: vec![],
        calendars: vec![
            calendar("office", "America/New_York", &["mon-fri 08:00-17:00"]),
            calendar("shift", "America/Los_Angeles", &["daily 22:00-06:00"]),
        ],
        rotas: vec![],
        agreements: vec![],
        inhibits: vec![],
        policies: vec![],
        triggers: vec![],
        quiet: vec![],
        rows: rows.into_iter().collect(),
        catch_all: row("catch-all", "*", "always", "provider-noc"),
        checks: vec![],
    }
}

pub(crate) fn subject(hostname: &str, tags: &[&str]) -> Subject {
    Subject {
        id: EndpointId::from_uuid(uuid::Uuid::from_u128(7)),
        hostname: hostname.into(),
        site: Site::new("hq").unwrap(),
        kind: EndpointKind::Server,
        tags: tags.iter().map(|it| it.parse().unwrap()).collect(),
    }
}
