//! What can be said of matrix files without a collector: the same checks by
//! the same code that it would run.

pub(crate) mod past;

use jiff::Timestamp;
use remit_collector_domain::matrix::{Change as Difference, lint::Grade};
use remit_matrix_file::{MatrixFile, Remark, read};

use crate::{
    failure::{Failure, Kind},
    view::matrix::{Change, Finding},
};

/// Everything that is wrong with a matrix from now on.
pub(crate) fn lint(name: &str, text: &str, now: Timestamp) -> Vec<Finding> {
    let remarks = match read(name, text) {
        Ok(file) => file.lint(now),
        Err(refused) => refused.remarks,
    };
    remarks.into_iter().map(finding).collect()
}

/// What a new matrix changes. Both are a name and a text.
pub(crate) fn diff(old: (&str, &str), new: (&str, &str)) -> Result<Vec<Change>, Failure> {
    let (old, new) = (whole(old)?, whole(new)?);
    let changes = remit_collector_domain::matrix::diff(&old.matrix, &new.matrix);
    Ok(changes.into_iter().map(change).collect())
}

pub(crate) fn whole((name, text): (&str, &str)) -> Result<MatrixFile, Failure> {
    read(name, text).map_err(|refused| {
        let first = refused.remarks.first();
        let first = first.map(|it| format!(", first in line {}: {}", it.line, it.message));
        let message = format!("{name} is not a matrix{}", first.unwrap_or_default());
        Failure::new(Kind::Failed, message).hint(format!("see `remit matrix lint {name}`"))
    })
}

fn finding(it: Remark) -> Finding {
    Finding {
        error: match it.grade {
            Grade::Error => true,
            Grade::Warning => false,
        },
        code: it.code.to_owned(),
        message: it.message,
        line: it.line,
        key: it.key,
        suggestion: it.suggestion,
    }
}

fn change(it: Difference) -> Change {
    match it {
        Difference::Added { what } => Change::Added { what },
        Difference::Removed { what } => Change::Removed { what },
        Difference::Changed { what, field, before, after } => {
            Change::Changed { what, field, before, after }
        }
    }
}

#[cfg(test)]
mod tests {
    use remit_matrix_file::STARTER;

    use super::*;

    fn now() -> Timestamp {
        "2026-11-24T22:00:00Z".parse().unwrap()
    }

    #[test]
    fn the_starter_matrix_may_be_published() {
        let findings = lint("starter.toml", STARTER, now());
        assert!(findings.iter().all(|it| !it.error), "{findings:#?}");
    }

    #[test]
    fn a_misspelt_key_is_found_in_its_line() {
        let text = STARTER.replacen("tenant =", "tennant =", 1);
        let findings = lint("acme.toml", &text, now());
        assert!(findings.iter().any(|it| it.error && it.line > 0), "{findings:#?}");
    }

    #[test]
    fn a_changed_title_is_the_only_difference() {
        let text = STARTER.replacen("title = \"Acme and its provider\"", "title = \"Acme\"", 1);
        let changes = diff(("old", STARTER), ("new", &text)).unwrap();
        let [Change::Changed { field, before, after, .. }] = changes.as_slice() else {
            panic!("{changes:#?}");
        };
        assert_eq!(
            (*field, before.as_str(), after.as_str()),
            ("title", "Acme and its provider", "Acme")
        );
    }

    #[test]
    fn what_is_no_matrix_is_not_compared() {
        let failure = diff(("old", STARTER), ("new.toml", "=")).unwrap_err();
        assert!(failure.to_string().contains("see `remit matrix lint new.toml`"), "{failure}");
    }
}
