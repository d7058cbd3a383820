//! The responsibility matrix: whose remit it is, and why.
//!
//! A [`Matrix`] is one version of one tenant's agreement between the parties,
//! as a value. [`resolve`] answers "who owns this, now, and why"; [`lint()`]
//! proves that the answer exists and is single for every function, endpoint
//! and hour of the next 400 days; [`diff`] says in words what a new version
//! changes.
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
//! How a matrix is written down is `remit-matrix-file`'s business. Who of a
//! team has duty, and what becomes of an alert, is decided elsewhere.

mod compare;
mod diff;
mod explain;
mod length;
pub mod lint;
mod nearest;
mod resolve;
mod row;
mod scope;
mod team;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod when;

use jiff::{SignedDuration, tz::TimeZone};
use remit_shared::{
    CalendarName, Function, Severity, Site, Tag, Team, Tenant, function::FUNCTIONS,
};

use crate::calendar::Calendar;
pub use crate::matrix::{
    compare::{Comparison, Rank, compare},
    diff::{Change, diff},
    length::{LengthError, parse_length, show_length},
    lint::lint,
    nearest::nearest,
    resolve::{Rejected, Resolution, next_change, resolve},
    row::{Duty, Row, Step, StepError},
    scope::{EndpointRef, EndpointRefError, Scope, Subject},
    team::{ChannelRef, ChannelRefError, Contact, TeamDef},
    when::{When, WhenError},
};

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
    /// Where endpoints stand.
    pub sites: Vec<SiteDef>,
    /// What endpoints can carry.
    pub tags: Vec<TagDef>,
    /// Functions beside those that ship.
    pub functions: Vec<FunctionDef>,
    /// The hours that rows refer to.
    pub calendars: Vec<Calendar>,
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

/// What a tenant wants different about one check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckOverride {
    /// The check.
    pub check: String,
    /// Another kind of work.
    pub function: Option<Function>,
    /// Another warning threshold, in the metric's unit.
    pub warn: Option<i64>,
    /// Another critical threshold.
    pub crit: Option<i64>,
    /// Another clear level.
    pub clear: Option<i64>,
    /// Another hold time.
    pub hold: Option<SignedDuration>,
    /// Another severity for the critical level.
    pub severity: Option<Severity>,
}

impl Matrix {
    /// What is known of a team.
    pub fn team(&self, name: &Team) -> Option<&TeamDef> {
        self.teams.iter().find(|it| it.name == *name)
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
