//! Whose alerts a change would keep quiet, and who must agree to it.

use super::*;
use crate::matrix::{
    self,
    testing::{matrix, row, subject},
};

/// The provider's machines, and internal IT's applications on them.
fn rows() -> [matrix::Row; 2] {
    let machines = row("machines", "infra_monitoring", "always", "provider-noc");
    [machines, row("applications", "lob_application", "always", "internal-it")]
}

/// Whose it is, and whether it is the asker's to keep quiet.
fn asked(
    rows: [matrix::Row; 2],
    subjects: &[matrix::Subject],
    functions: &[&str],
    is_declared: bool,
) -> (BTreeSet<Party>, bool) {
    let pat = operator(Role::Operator, Provider, &["provider-noc"], &[]);
    let functions = functions.iter().map(|it| it.parse().unwrap()).collect();
    let matrix = matrix(rows);
    let facts = Facts::quieting(
        Quieting { matrix: &matrix, subjects, functions: &functions, is_declared, of: 500 },
        &pat,
    );
    (facts.affected, facts.owns)
}

#[test]
fn whose_it_is_follows_from_the_rows_that_could_be_about_it() {
    let db_7 = [subject("db-7", &[])];
    for is_declared in [false, true] {
        let asked = |functions| asked(rows(), &db_7, functions, is_declared);
        assert_eq!(asked(&["infra_monitoring"]), ([Provider].into(), true));
        assert_eq!(asked(&["lob_application"]), ([Internal].into(), false));
        assert_eq!(asked(&[]), ([Internal, Provider].into(), false), "it may be either's");
        // The net below all rows is the provider's.
        assert_eq!(asked(&["help_desk"]), ([Provider].into(), true));
    }
}

#[test]
fn a_row_that_names_who_says_what_is_known_is_both_sides_consent_to_that_only() {
    let mut rows = rows();
    rows[1].duty.authority.declare_known_issue = vec!["provider-noc".parse().unwrap()];
    let db_7 = [subject("db-7", &[])];
    let declared = asked(rows.clone(), &db_7, &["lob_application"], true);
    assert_eq!(declared, (BTreeSet::new(), true));
    let silenced = asked(rows.clone(), &db_7, &["lob_application"], false);
    assert_eq!(silenced, ([Internal].into(), false));
    // And those that it does not name may not, though they work on it.
    rows[0].duty.authority.declare_known_issue = vec!["internal-it".parse().unwrap()];
    let declared = asked(rows, &db_7, &["infra_monitoring"], true);
    assert_eq!(declared, ([Provider].into(), false));
}

#[test]
fn what_is_not_there_yet_may_become_anybodys() {
    assert_eq!(
        asked(rows(), &[], &["infra_monitoring"], true),
        ([Internal, Provider].into(), false)
    );
}
