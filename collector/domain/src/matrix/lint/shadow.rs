//! Rows that never decide anything.

use crate::{
    calendar::Segments,
    matrix::{
        Matrix, Row, compare,
        explain::list,
        lint::{Finding, Place, Table, budget::Budget, case::cases, timetable::Timetable},
    },
};

pub(super) fn check(matrix: &Matrix, times: &Timetable<'_>, budget: &mut Budget) -> Vec<Finding> {
    let rows = matrix.rows.iter().enumerate();
    rows.filter_map(|(index, row)| {
        let place = Place::new(Table::Row, index, "when");
        let hours = times.of(&row.scope.when);
        if hours.is_empty() {
            let message = format!(
                "row `{}` holds {}, which is never within 400 days",
                row.id, row.scope.when
            );
            return Some(Finding::warning("idle", place, message).suggest("remove the row"));
        }
        if !budget.spend(matrix.rows.len()) {
            return None;
        }
        let mut before = takers(matrix, index);
        before.retain(|it| !times.of(&it.scope.when).and(hours).is_empty());
        if !is_taken(matrix, times, row, hours, &before, budget) {
            return None;
        }
        let by = list(before.iter().take(3).map(|it| format!("`{}`", it.id)));
        let message = format!("row `{}` never decides: it always loses to {by}", row.id);
        let place = Place::new(Table::Row, index, "");
        Some(Finding::warning("shadowed", place, message).suggest("remove the row, or narrow it"))
    })
    .collect()
}

/// The rows that come before one wherever they are about the same matter: the
/// narrower ones, and of equals those that win the draw. Equals that name
/// another owner are a clash, which is said already.
fn takers(matrix: &Matrix, index: usize) -> Vec<&Row> {
    let row = &matrix.rows[index];
    let rows = matrix.rows.iter().enumerate();
    let takes = |(at, it): &(usize, &Row)| {
        let first = (it.priority, index) > (row.priority, *at);
        it.scope.tags.is_subset(&row.scope.tags)
            && it.scope.min_severity <= row.scope.min_severity
            && (compare(&it.scope, &row.scope).beats()
                || (*at != index && it.scope == row.scope && it.same_owner(row) && first))
            && it.scope.touches(&row.scope)
    };
    rows.filter(takes).map(|(_, it)| it).collect()
}

fn is_taken(
    matrix: &Matrix,
    times: &Timetable<'_>,
    row: &Row,
    hours: &Segments,
    takers: &[&Row],
    budget: &mut Budget,
) -> bool {
    let scopes: Vec<_> = takers.iter().map(|it| &it.scope).collect();
    cases(matrix, &row.scope, &scopes).into_iter().all(|case| {
        if !budget.spend(scopes.len()) {
            return false;
        }
        let taken = scopes.iter().filter(|it| case.lies_in(it)).map(|it| &it.when).collect();
        times.left(hours, &taken).is_empty()
    })
}
