//! Proves that a matrix leaves nothing out and says nothing twice.
//!
//! Names first: with an unknown or repeated one the rest would be guesswork,
//! so it is left out. People, ladders and checks next (`staff`, `ladder`,
//! `checks`). Then, over the [`HORIZON`] from a given instant, every
//! function on every class of endpoints must be covered at every hour
//! (`cover`, [`holes`]), by rows of which one wins (`clash`), and every row
//! should win somewhere (`shadow`).
//!
//! # What counts as a hole
//!
//! An hour that only the catch-all covers. The catch-all is there so that an
//! alert of an unforeseen kind finds somebody; it is no agreement about who
//! does the foreseen work. A row for every function that is bound to hours,
//! sites or the like ("whatever happens after hours") is one, and does count.
//!
//! # How all endpoints are looked at
//!
//! By classes. An endpoint matters only for which rows are about it, and of
//! those at one site and of one kind, the fewest rows are about the one that
//! carries no tags and that no row names: if that one is covered, all are. In
//! the same way, two rows dispute something if they do so for an endpoint with
//! just the tags that both ask for. Sites are the ones that the matrix lists;
//! an endpoint elsewhere falls to rows without sites, or to the catch-all.
//!
//! # Not here
//!
//! Whether a file is a matrix at all is `remit-matrix-file`'s business.

mod agreements;
mod budget;
mod case;
mod checks;
mod clash;
mod cover;
mod ladder;
mod names;
mod rotas;
mod shadow;
mod staff;
#[cfg(test)]
mod tests;
mod timetable;

use jiff::Timestamp;
use remit_shared::Team;

pub use crate::matrix::lint::cover::{Hole, holes};
use crate::{
    calendar::{HORIZON, Segment},
    matrix::{
        Matrix, Row,
        lint::{budget::Budget, timetable::Timetable},
    },
};

/// After so many of one sort, the rest is more of the same.
const ENOUGH: usize = 100;

/// One thing that is wrong with a matrix, or may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Whether it forbids publishing.
    pub grade: Grade,
    /// What sort of thing it is, stable: `hole`, `clash`.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// Where.
    pub place: Place,
    /// What would settle it; may be empty.
    pub suggestion: String,
    /// A row that would settle it.
    pub settlement: Option<Settlement>,
}

/// Whether a finding forbids publishing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// It does.
    Error,
    /// It does not, and somebody should look.
    Warning,
}

/// Where in a matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// In which list.
    pub table: Table,
    /// Which entry of it.
    pub index: usize,
    /// Which of its fields; may be empty.
    pub key: &'static str,
}

/// One of the lists of a matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// No list: the matrix itself.
    Matrix,
    /// Its teams.
    Team,
    /// Its persons.
    Person,
    /// Its sites.
    Site,
    /// Its tags.
    Tag,
    /// Its own functions.
    Function,
    /// Its calendars.
    Calendar,
    /// Who is on call when.
    Rota,
    /// What was promised.
    Agreement,
    /// Who is told if nobody acknowledges.
    Policy,
    /// When work passes to the other party.
    Trigger,
    /// Which alerts say nothing new because of another.
    Inhibit,
    /// Who does not want to hear of what.
    Quiet,
    /// Its rows, without the catch-all.
    Row,
    /// The catch-all.
    CatchAll,
    /// What it wants different about checks.
    Check,
}

/// A row that would settle a clash, ready to be pasted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// The row: what both are about, with the one's duty.
    pub row: Row,
    /// Who is responsible by the other.
    pub instead: Team,
}

/// Everything that is wrong with a matrix from `from` on, errors first.
pub fn lint(matrix: &Matrix, from: Timestamp) -> Vec<Finding> {
    let names = names::check(matrix).chain(staff::check(matrix));
    let mut findings: Vec<_> = names.chain(ladder::check(matrix)).take(ENOUGH).collect();
    findings.extend(checks::check(matrix).take(ENOUGH));
    let is_guesswork =
        |it: &Finding| it.code.starts_with("unknown-") || it.code.starts_with("duplicate-");
    if !findings.iter().any(is_guesswork) {
        let times = Timetable::new(matrix, Segment::ahead(from, HORIZON));
        findings.extend(rotas::check(matrix, from).take(ENOUGH));
        findings.extend(agreements::check(matrix, from).take(ENOUGH));
        let mut budget = Budget::new();
        findings.extend(cover::check(matrix, &times, &mut budget));
        findings.extend(clash::check(matrix, &times, &mut budget));
        findings.extend(shadow::check(matrix, &times, &mut budget));
        findings.extend(budget.exceeded());
    }
    findings.sort_by_key(|it| it.grade);
    findings
}

impl Finding {
    fn new(grade: Grade, code: &'static str, place: Place, message: String) -> Self {
        Self { grade, code, message, place, suggestion: String::new(), settlement: None }
    }

    fn error(code: &'static str, place: Place, message: String) -> Self {
        Self::new(Grade::Error, code, place, message)
    }

    fn warning(code: &'static str, place: Place, message: String) -> Self {
        Self::new(Grade::Warning, code, place, message)
    }

    fn suggest(self, suggestion: impl Into<String>) -> Self {
        Self { suggestion: suggestion.into(), ..self }
    }
}

impl Place {
    const fn new(table: Table, index: usize, key: &'static str) -> Self {
        Self { table, index, key }
    }
}
