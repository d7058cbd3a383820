//! Whose work a selection of endpoints and functions could be, at any hour.

use std::collections::BTreeSet;

use remit_shared::{Function, RowId, Severity, Team};

use crate::matrix::{Duty, Matrix, Subject};

/// Every duty that could be somebody's for one of these functions on one of
/// these endpoints, whatever the hour, with the row that gives it; `None` is
/// the catch-all. No function stands for all of them.
pub fn duties<'a>(
    matrix: &'a Matrix,
    subjects: &[Subject],
    functions: &BTreeSet<Function>,
) -> Vec<(Option<&'a RowId>, &'a Duty)> {
    let admitted = |it: &Function| functions.is_empty() || functions.contains(it);
    let functions: Vec<Function> = matrix.known_functions().filter(admitted).collect();
    let (mut touched, mut uncovered) = (BTreeSet::new(), false);
    for subject in subjects {
        for function in &functions {
            // The highest severity is in every row's scope that any is in.
            let about = |index: &usize| {
                matrix.rows[*index].scope.matches(subject, function, Severity::Critical)
            };
            let rows: Vec<usize> = (0..matrix.rows.len()).filter(about).collect();
            uncovered |= rows.is_empty();
            touched.extend(rows);
        }
    }
    let rows = touched.into_iter().map(|it| &matrix.rows[it]);
    let mut duties: Vec<_> = rows.map(|it| (Some(&it.id), &it.duty)).collect();
    duties.extend(uncovered.then_some((None, &matrix.catch_all.duty)));
    duties
}

/// Every team that could be responsible for one of these functions on one of
/// these endpoints, whatever the hour; no function stands for all of them.
pub fn touched(
    matrix: &Matrix,
    subjects: &[Subject],
    functions: &BTreeSet<Function>,
) -> BTreeSet<Team> {
    let duties = duties(matrix, subjects, functions);
    duties.into_iter().map(|it| it.1.responsible.clone()).collect()
}
