//! Which rows both parties should look at together again.
//!
//! An agreement that nobody looks at for 90 days is no longer one. A row never
//! expires: stale ownership is better than none.

mod stats;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::civil::Date;
use remit_shared::{PersonName, RowId, Team};

use crate::matrix::{Matrix, Row};

/// From this many days on, a review is announced.
const SOON: i32 = 75;
/// From this many days on, it is due.
const DUE: i32 = 90;
/// From this many days on, every report says so.
const OVERDUE: i32 = 120;

/// What has happened under a matrix, by row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReviewStats {
    /// Alerts that a row decided.
    pub alerts: BTreeMap<RowId, u64>,
    /// Alerts that its owner gave away.
    pub hand_backs: BTreeMap<RowId, u64>,
    /// Alerts that went to somebody else as the hours changed.
    pub reroutes: BTreeMap<RowId, u64>,
}

/// What there is to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// Every row, the catch-all last.
    pub rows: Vec<RowReview>,
    /// Alerts that only the catch-all had an owner for; `None` if nobody counted.
    pub catch_all_hits: Option<u64>,
    /// Persons who cannot be called and whom a team or a rota still counts on.
    pub gone: Vec<Gone>,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowReview {
    /// The row.
    pub row: RowId,
    /// Who acts by it.
    pub responsible: Team,
    /// When it was last looked at.
    pub reviewed: Option<Date>,
    /// How long ago, in days.
    pub age: Option<i32>,
    /// What follows.
    pub state: ReviewState,
    /// Alerts that it decided; `None` if nobody counted.
    pub alerts: Option<u64>,
    /// Alerts that its owner gave away.
    pub hand_backs: u64,
    /// Alerts that went to somebody else as the hours changed.
    pub reroutes: u64,
}

/// How long ago a row was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReviewState {
    /// Not long.
    Fresh,
    /// A review is near.
    Soon,
    /// It is due.
    Due,
    /// It is long overdue.
    Overdue,
    /// Nobody wrote down that there was one.
    Never,
}

/// Somebody who is gone and still counted on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gone {
    /// Who.
    pub person: PersonName,
    /// Where, in words: ``rota `noc-nights` ``.
    pub counted_on_by: Vec<String>,
}

impl ReviewState {
    /// What follows from an age in days. A review that is still to come, by more
    /// than the difference of two clocks on the wall, is none: it would hide for
    /// years that nobody looks.
    pub fn of(age: Option<i32>) -> Self {
        match age {
            None | Some(..-1) => Self::Never,
            Some(..SOON) => Self::Fresh,
            Some(SOON..DUE) => Self::Soon,
            Some(DUE..OVERDUE) => Self::Due,
            Some(OVERDUE..) => Self::Overdue,
        }
    }

    /// The one spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Soon => "soon",
            Self::Due => "due",
            Self::Overdue => "overdue",
            Self::Never => "never",
        }
    }
}

/// What there is to look at on a date. Without statistics, only what the
/// matrix itself says.
pub fn review(matrix: &Matrix, today: Date, stats: Option<&ReviewStats>) -> Review {
    let catch_all = &matrix.catch_all.id;
    Review {
        rows: matrix.all_rows().map(|it| review_row(it, today, stats)).collect(),
        catch_all_hits: stats.map(|it| count(&it.alerts, catch_all)),
        gone: gone(matrix),
    }
}

fn review_row(row: &Row, today: Date, stats: Option<&ReviewStats>) -> RowReview {
    let age = row.reviewed.map(|it| it.until(today).map_or(0, |it| it.get_days()));
    let of = |read: fn(&ReviewStats) -> &BTreeMap<RowId, u64>| {
        stats.map_or(0, |it| count(read(it), &row.id))
    };
    RowReview {
        row: row.id.clone(),
        responsible: row.duty.responsible.clone(),
        reviewed: row.reviewed,
        age,
        state: ReviewState::of(age),
        alerts: stats.map(|it| count(&it.alerts, &row.id)),
        hand_backs: of(|it| &it.hand_backs),
        reroutes: of(|it| &it.reroutes),
    }
}

fn count(of: &BTreeMap<RowId, u64>, row: &RowId) -> u64 {
    of.get(row).copied().unwrap_or_default()
}

fn gone(matrix: &Matrix) -> Vec<Gone> {
    let disabled = matrix.persons.iter().filter(|it| it.disabled);
    let counted = disabled.map(|person| {
        let rotas = matrix
            .rotas
            .iter()
            .filter(|it| it.layers.iter().any(|it| it.people.contains(&person.name)));
        let rotas = rotas.map(|it| format!("rota `{}`", it.name));
        let policies = matrix.policies.iter().filter(|it| {
            let target = crate::people::Target::Person(person.name.clone());
            it.steps.iter().any(|it| it.target == target)
        });
        let policies = policies.map(|it| format!("policy `{}`", it.name));
        Gone { person: person.name.clone(), counted_on_by: rotas.chain(policies).collect() }
    });
    counted.filter(|it| !it.counted_on_by.is_empty()).collect()
}
