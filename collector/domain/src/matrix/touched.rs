//! Whose work a selection of endpoints and functions could be, at any hour.

use std::collections::BTreeSet;

use remit_shared::{Function, Severity, Team};

use crate::matrix::{Matrix, Row, Subject};

/// Every team that could be responsible for one of these functions on one of
/// these endpoints, whatever the hour; no function stands for all of them.
pub fn touched(
    matrix: &Matrix,
    subjects: &[Subject],
    functions: &BTreeSet<Function>,
) -> BTreeSet<Team> {
    let admitted = |it: &Function| functions.is_empty() || functions.contains(it);
    let functions: Vec<Function> = matrix.known_functions().filter(admitted).collect();
    let about = |subject: &Subject, function: &Function| {
        // The highest severity is in every row's scope that any is in.
        let matches = |it: &&Row| it.scope.matches(subject, function, Severity::Critical);
        let mut teams: Vec<Team> =
            matrix.rows.iter().filter(matches).map(|it| it.duty.responsible.clone()).collect();
        if teams.is_empty() {
            teams.push(matrix.catch_all.duty.responsible.clone());
        }
        teams
    };
    subjects
        .iter()
        .flat_map(|subject| functions.iter().flat_map(move |it| about(subject, it)))
        .collect()
}
