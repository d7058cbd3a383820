//! An alert under a plain agreement, as tests need it.

use std::{collections::BTreeMap, sync::Arc};

use jiff::{
    SignedDuration, Timestamp,
    civil::{Time, Weekday},
    tz::TimeZone,
};
use remit_shared::{CalendarName, Party, Severity, Team};

use crate::{
    calendar::{Calendar, Window},
    sla::{
        Agreement, Clock, ClockKind, Clocks, Crossing, Fact, Holder, Promise, Targets, Terms,
        apply, ledger,
    },
};

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn mins(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

pub(crate) fn holder(team: &str) -> Holder {
    let party = if team.starts_with("internal") { Party::Internal } else { Party::Provider };
    Holder { team: Team::new(team).unwrap(), party }
}

/// Monday to Friday, eight to five.
pub(crate) fn office(zone: &str) -> Calendar {
    let days = Weekday::Monday.cycle_forward().take(5);
    let (opens, closes) = (Time::constant(8, 0, 0, 0), Time::constant(17, 0, 0, 0));
    Calendar {
        name: CalendarName::new("office").unwrap(),
        zone: TimeZone::get(zone).unwrap(),
        hours: days.map(|day| Window { day, opens, closes }).collect(),
        holidays: BTreeMap::new(),
        yearly: BTreeMap::new(),
        holiday_rules: None,
        exceptions: BTreeMap::new(),
    }
}

pub(crate) fn terms(agreement: Agreement, calendar: Option<Calendar>) -> Terms {
    Terms { agreement: Arc::new(agreement), calendar: calendar.map(Arc::new), matrix_version: 1 }
}

/// Targets that are the same for every severity but the two that matter most.
pub(crate) fn targets(other: i64, high: i64, critical: i64) -> Targets {
    let target = |it: &Severity| match it {
        Severity::Critical => critical,
        Severity::High => high,
        Severity::Medium | Severity::Low | Severity::Info => other,
    };
    Targets(Severity::ALL.iter().map(|it| (*it, mins(target(it)))).collect())
}

/// Only a resolution is promised.
pub(crate) fn resolution_in(targets: Targets) -> Agreement {
    let none = Targets::default;
    Agreement {
        response: none(),
        resolution: targets,
        update: none(),
        team_response: none(),
        team_resolution: none(),
        ..Agreement::standard()
    }
}

/// An alert's clocks while facts are written into them.
#[derive(Clone, Debug)]
pub(crate) struct Life {
    pub(crate) terms: Terms,
    pub(crate) severity: Severity,
    pub(crate) clocks: Clocks,
    pub(crate) crossings: Vec<Crossing>,
}

impl Life {
    pub(crate) fn open(terms: Terms, severity: Severity, at: Timestamp) -> Self {
        let clocks = Clocks::open(holder("provider-noc"), at);
        Self { terms, severity, clocks, crossings: Vec::new() }
    }

    /// Writes a fact, and gives what was passed by it.
    pub(crate) fn take(&mut self, fact: Fact, now: Timestamp) -> Vec<Crossing> {
        let (clocks, crossings) = apply(&self.terms, self.severity, &self.clocks, &fact, now);
        self.clocks = clocks;
        self.crossings.extend(crossings.clone());
        if let Fact::Severity { to, .. } = fact {
            self.severity = to;
        }
        if let Fact::Terms(terms) = fact {
            self.terms = terms;
        }
        crossings
    }

    pub(crate) fn clock(&self, kind: ClockKind) -> &Clock {
        self.clocks.clocks.iter().find(|it| it.kind == kind).unwrap()
    }

    pub(crate) fn promise(&self, kind: ClockKind, now: Timestamp) -> Promise {
        let ledger = ledger(&self.terms, self.severity, &self.clocks, now);
        ledger.promises.into_iter().find(|it| it.kind == kind).unwrap()
    }
}
