//! The responsibility matrix: whose remit it is, and why.
//!
//! A [`Matrix`] is one version of one tenant's agreement between the parties,
//! as a value. [`resolve`] answers "who owns this, now, and why"; [`lint()`]
//! proves that the answer exists and is single for every function, endpoint
//! and hour of the next 400 days; [`diff`] says in words what a new version
//! changes. [`coverage`] draws a week of it, [`simulate`] and [`replay`] ask
//! what would happen and what would have, [`reach`] says who is told how, and
//! [`review`] which rows both parties should read again.
//!
//! # Invariants
//!
//! - Nothing is ever ownerless: what no row covers falls to
//!   [`Matrix::catch_all`], and says so.
//! - Row X beats row Y if X is nowhere wider and somewhere narrower
//!   ([`Comparison`]). The order is partial; what it leaves open, a priority
//!   settles, and what that leaves open, [`lint()`] refuses.
//! - Equal arguments give equal results, in words too.
//!
//! # Not here
//!
//! How a matrix is written down is `remit-matrix-file`'s business. What becomes
//! of an alert is decided elsewhere.

mod answers;
mod call;
mod checks;
mod compare;
mod coverage;
mod diff;
mod explain;
mod hand_over;
mod length;
pub mod lint;
mod nearest;
mod policy;
mod quiet;
mod reach;
mod replay;
mod resolve;
mod review;
mod row;
mod scope;
mod simulate;
mod team;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod touched;
mod turn;
mod when;

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use remit_shared::{
    AgreementName, CalendarName, Function, PersonName, RotaName, Site, Tag, Team, Tenant,
    function::FUNCTIONS,
};

pub use crate::matrix::{
    call::Call,
    checks::CheckOverride,
    compare::{Comparison, Rank, compare},
    coverage::{Cell, Coverage, FunctionWeek, HOURS, Owner, coverage, coverage_of},
    diff::{Change, described, diff},
    hand_over::{ReasonError, Trigger, parse_reason, usual_wait},
    length::{LengthError, parse_length, show_length},
    lint::lint,
    nearest::nearest,
    policy::{Escalation, Policy, REPEAT, Step, StepError},
    quiet::{Quiet, Recipient},
    reach::{Reached, reach},
    replay::{Moved, Past, Replay, replay},
    resolve::{Rejected, Resolution, next_change, resolve},
    review::{Gone, Review, ReviewState, ReviewStats, RowReview, review},
    row::{Authority, Duty, Row},
    scope::{EndpointRef, EndpointRefError, Scope, Subject},
    simulate::{Simulation, Stint, Told, simulate},
    team::{ChannelRef, ChannelRefError, Contact, TeamDef},
    touched::{duties, touched, touched_rows},
    turn::{TurnError, parse_turn, show_clock, show_hours, show_turn},
    when::{When, WhenError},
};
use crate::{calendar::Calendar, inhibit, people::Person, rota::Rota, sla::Agreement};

/// One version of a tenant's matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matrix {
    /// The customer environment.
    pub tenant: Tenant,
    /// Counted from 1; 0 while it is not published.
    pub version: u64,
    /// What people call it.
    pub title: String,
    /// Everybody who can be responsible.
    pub teams: Vec<TeamDef>,
    /// Everybody who can be called.
    pub persons: Vec<Person>,
    /// Where endpoints stand.
    pub sites: Vec<SiteDef>,
    /// What endpoints can carry.
    pub tags: Vec<TagDef>,
    /// Functions beside those that ship.
    pub functions: Vec<FunctionDef>,
    /// The hours that rows refer to.
    pub calendars: Vec<Calendar>,
    /// Who is on call when.
    pub rotas: Vec<Rota>,
    /// What was promised.
    pub agreements: Vec<Agreement>,
    /// Which alerts say nothing new because of another, beside what ships.
    pub inhibits: Vec<inhibit::Rule>,
    /// Who is told if nobody acknowledges.
    pub policies: Vec<Policy>,
    /// When work passes to the other party.
    pub triggers: Vec<Trigger>,
    /// Who does not want to hear of what.
    pub quiet: Vec<Quiet>,
    /// Who does what. The order matters only where two rows say the same.
    pub rows: Vec<Row>,
    /// Who gets what no row covers. Its scope is everything.
    pub catch_all: Row,
    /// What this tenant wants different about single checks.
    pub checks: Vec<CheckOverride>,
}

/// A place where endpoints stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteDef {
    /// Its name.
    pub name: Site,
    /// The clock on its wall.
    pub zone: TimeZone,
    /// What people call it.
    pub title: String,
}

/// A property that endpoints can carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagDef {
    /// Its name.
    pub name: Tag,
    /// What it says of an endpoint.
    pub title: String,
}

/// A kind of work that this tenant adds to those that ship.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionDef {
    /// Its name.
    pub name: Function,
    /// What the work is.
    pub title: String,
}

impl Matrix {
    /// What is known of a team.
    pub fn team(&self, name: &Team) -> Option<&TeamDef> {
        self.teams.iter().find(|it| it.name == *name)
    }

    /// What is known of a person.
    pub fn person(&self, name: &PersonName) -> Option<&Person> {
        self.persons.iter().find(|it| it.name == *name)
    }

    /// The rota of a name.
    pub fn rota(&self, name: &RotaName) -> Option<&Rota> {
        self.rotas.iter().find(|it| it.name == *name)
    }

    /// The agreement of a name.
    pub fn agreement(&self, name: &AgreementName) -> Option<&Agreement> {
        self.agreements.iter().find(|it| it.name == *name)
    }

    /// Every rule by which one alert speaks for another: what ships, then this
    /// tenant's own.
    pub fn inhibit_rules(&self) -> Vec<inhibit::Rule> {
        inhibit::shipped().into_iter().chain(self.inhibits.iter().cloned()).collect()
    }

    /// Those of a team who can be called.
    pub fn members(&self, team: &Team) -> impl Iterator<Item = &Person> {
        self.persons.iter().filter(|it| !it.disabled && it.teams.contains(team))
    }

    /// Every channel that somebody is reached by, for whoever knows which of
    /// them are set up.
    pub fn channels(&self) -> BTreeSet<&ChannelRef> {
        let persons = self.persons.iter().filter(|it| !it.disabled).flat_map(|it| &it.notify);
        self.teams.iter().flat_map(|it| &it.notify).chain(persons).collect()
    }

    /// Whether anybody would notice an alert.
    pub fn is_staffed(&self, team: &TeamDef) -> bool {
        let called = self.members(&team.name).any(|it| !it.notify.is_empty());
        called || !team.contacts.is_empty() || !team.notify.is_empty()
    }

    /// What is known of a site.
    pub fn site(&self, name: &Site) -> Option<&SiteDef> {
        self.sites.iter().find(|it| it.name == *name)
    }

    /// The calendar of a name.
    pub fn calendar(&self, name: &CalendarName) -> Option<&Calendar> {
        self.calendars.iter().find(|it| it.name == *name)
    }

    /// Every kind of work that somebody must be responsible for: what ships,
    /// then what this tenant adds.
    pub fn known_functions(&self) -> impl Iterator<Item = Function> {
        let shipped = FUNCTIONS.iter().map(|(name, _)| Function::new(name));
        let shipped = shipped.map(|it| it.expect("the names in FUNCTIONS are valid"));
        shipped.chain(self.functions.iter().map(|it| it.name.clone()))
    }

    /// Every row, the catch-all last.
    pub fn all_rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().chain([&self.catch_all])
    }
}
