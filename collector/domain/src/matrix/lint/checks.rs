//! Overrides of checks, and rules between them, that make sense.

use std::collections::BTreeSet;

use crate::{
    detect::{CHECKS, Rules},
    matrix::{
        CheckOverride, Matrix, Scope, compare,
        lint::{Finding, Place, Table},
        nearest,
    },
};

pub(super) fn check(matrix: &Matrix) -> impl Iterator<Item = Finding> {
    let alone = matrix.checks.iter().enumerate().filter_map(|(index, it)| {
        let err = Rules::with([it]).err()?;
        let finding = Finding::error("check", Place::new(Table::Check, index, ""), err.to_string());
        let known = CHECKS.iter().map(|it| it.check);
        Some(match nearest(&it.check, known).filter(|near| *near != it.check) {
            Some(near) => finding.suggest(format!("did you mean `{near}`?")),
            None => finding,
        })
    });
    alone.chain(together(matrix)).chain(inhibits(matrix))
}

/// Rules between alerts of checks that do not exist, or that never hold.
fn inhibits(matrix: &Matrix) -> impl Iterator<Item = Finding> {
    let mut names: BTreeSet<&str> = BTreeSet::new();
    matrix.inhibits.iter().enumerate().flat_map(move |(index, it)| {
        let refuse = |code, key, message: String| {
            Finding::error(code, Place::new(Table::Inhibit, index, key), message)
        };
        let again = (!names.insert(&it.name)).then(|| {
            refuse("duplicate-inhibit", "name", format!("there is another inhibit `{}`", it.name))
                .suggest("rename one of them")
        });
        let nothing = it.equal.is_empty().then(|| {
            let message = format!(
                "inhibit `{}` says nothing that the alerts have in common: it would silence everything",
                it.name
            );
            refuse("inhibit", "equal", message).suggest("add `equal = [\"endpoint\"]` or the like")
        });
        again.into_iter().chain(nothing)
    })
}

/// Pairs that both are about some endpoint.
fn together(matrix: &Matrix) -> impl Iterator<Item = Finding> {
    let checks = matrix.checks.iter().enumerate();
    checks.flat_map(|(index, one)| {
        let before = matrix.checks[..index].iter().filter(|it| it.check == one.check);
        before.filter_map(move |other| pair(index, one, other))
    })
}

fn pair(index: usize, one: &CheckOverride, other: &CheckOverride) -> Option<Finding> {
    one.on.meet(&other.on)?;
    let place = |key| Place::new(Table::Check, index, key);
    let wins = |one: &Scope, other: &Scope| compare(one, other).beats();
    let (wide, narrow) = match (wins(&one.on, &other.on), wins(&other.on, &one.on)) {
        (true, _) => (other, one),
        (_, true) => (one, other),
        (false, false) => {
            let key = one.contradicts(other)?;
            let message = format!(
                "two overrides of `{}` set `{key}` for the same endpoints, and neither is narrower",
                one.check
            );
            let finding = Finding::error("check-clash", place(key), message);
            return Some(finding.suggest("make one of them narrower, or join them"));
        }
    };
    let alone = |it: &CheckOverride| Rules::with([it]).is_ok();
    let err = Rules::with([wide, narrow]).err().filter(|_| alone(wide) && alone(narrow))?;
    let message = format!("two overrides do not go together: {err}");
    Some(Finding::error("check", place(""), message).suggest("set the limits in one of them"))
}
