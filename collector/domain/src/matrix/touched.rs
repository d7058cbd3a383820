//! Whose work a selection of endpoints and functions could be, at any hour.

use std::collections::BTreeSet;

use remit_shared::{Function, Severity, Team};

use crate::matrix::{Duty, Matrix, Row, Subject};

/// Every team that could be responsible for one of these functions on one of
/// these endpoints, whatever the hour; no function stands for all of them.
pub fn touched(
    matrix: &Matrix,
    subjects: &[Subject],
    functions: &BTreeSet<Function>,
) -> BTreeSet<Team> {
    duties(matrix, subjects, functions).into_iter().map(|it| it.responsible.clone()).collect()
}

/// What every row says that could be about one of these functions on one of
/// these endpoints, whatever the hour; no function stands for all of them.
pub fn duties<'m>(
    matrix: &'m Matrix,
    subjects: &[Subject],
    functions: &BTreeSet<Function>,
) -> Vec<&'m Duty> {
    touched_rows(matrix, subjects, functions).into_iter().map(|it| &it.duty).collect()
}

/// Every row that could be about one of these functions on one of these
/// endpoints, whatever the hour, and the catch-all if none is about one; no
/// function stands for all of them.
pub fn touched_rows<'m>(
    matrix: &'m Matrix,
    subjects: &[Subject],
    functions: &BTreeSet<Function>,
) -> Vec<&'m Row> {
    let functions: Vec<Function> = match functions.is_empty() {
        true => matrix.known_functions().collect(),
        false => functions.iter().cloned().collect(),
    };
    // The highest severity is in every row's scope that any is in.
    let about = |subject: &Subject, function: &Function, row: &Row| {
        row.scope.matches(subject, function, Severity::Critical)
    };
    let asked = || subjects.iter().flat_map(|it| functions.iter().map(move |of| (it, of)));
    let is_open = |(subject, function): (&Subject, &Function)| {
        !matrix.rows.iter().any(|it| about(subject, function, it))
    };
    let rows = matrix.rows.iter().filter(|row| asked().any(|it| about(it.0, it.1, row)));
    let rest = asked().any(is_open).then_some(&matrix.catch_all);
    rows.chain(rest).collect()
}
