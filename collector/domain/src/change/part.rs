//! Which parts of a matrix an edit touches, from what differs.
//!
//! Every edit takes both sides. The parts say what they should look at: a
//! change of who is called can divert alerts without a row being different.

use std::{collections::BTreeSet, fmt};

use remit_shared::RowId;

use crate::{change::Risk, matrix};

/// A part of a matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MatrixPart {
    /// Who does what, where and when.
    Rows,
    /// Who may agree to what.
    Authority,
    /// Who is told if nobody acts.
    Escalation,
    /// What was promised.
    Sla,
    /// The hours that count.
    Calendars,
    /// How teams are reached.
    Contacts,
    /// Who is on call.
    People,
    /// From which value on something is an alert.
    Thresholds,
    /// What may be kept quiet.
    Suppression,
    /// Names and titles: sites, tags, functions.
    Words,
}

impl MatrixPart {
    /// The one spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rows => "rows",
            Self::Authority => "authority",
            Self::Escalation => "escalation",
            Self::Sla => "sla",
            Self::Calendars => "calendars",
            Self::Contacts => "contacts",
            Self::People => "people",
            Self::Thresholds => "thresholds",
            Self::Suppression => "suppression",
            Self::Words => "words",
        }
    }

    /// How much an edit of it could spoil.
    pub const fn risk(self) -> Risk {
        match self {
            Self::Rows
            | Self::Authority
            | Self::Escalation
            | Self::Contacts
            | Self::People
            | Self::Suppression => Risk::High,
            Self::Sla | Self::Calendars | Self::Thresholds => Risk::Medium,
            Self::Words => Risk::Low,
        }
    }
}

impl fmt::Display for MatrixPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The parts that differ.
pub fn parts(differences: &[matrix::Change]) -> BTreeSet<MatrixPart> {
    differences.iter().map(part).collect()
}

/// The rows that differ.
pub fn rows(differences: &[matrix::Change]) -> BTreeSet<RowId> {
    let named = |it: &matrix::Change| {
        let (what, _) = what(it);
        what.strip_prefix("row `")?.strip_suffix('`')?.parse().ok()
    };
    differences.iter().filter_map(named).collect()
}

fn what(difference: &matrix::Change) -> (&str, Option<&'static str>) {
    match difference {
        matrix::Change::Added { what } | matrix::Change::Removed { what } => (what, None),
        matrix::Change::Changed { what, field, .. } => (what, Some(field)),
    }
}

fn part(difference: &matrix::Change) -> MatrixPart {
    let (what, field) = what(difference);
    let (kind, _) = what.split_once(' ').unwrap_or((what, ""));
    match (kind, field) {
        (_, Some("title" | "runbook")) => MatrixPart::Words,
        ("row", Some("escalate" | "policy" | "escalation")) => MatrixPart::Escalation,
        ("row", Some("sla" | "agreement")) => MatrixPart::Sla,
        ("row", Some("approve_change" | "approve_security" | "declare_known_issue")) => {
            MatrixPart::Authority
        }
        ("team", Some("contacts" | "notify")) => MatrixPart::Contacts,
        ("team", None) => MatrixPart::Contacts,
        ("person" | "rota", _) => MatrixPart::People,
        ("policy" | "escalation", _) => MatrixPart::Escalation,
        ("sla" | "SLA" | "agreement", _) => MatrixPart::Sla,
        ("calendar", _) => MatrixPart::Calendars,
        ("check", _) => MatrixPart::Thresholds,
        ("suppression" | "blackout" | "window", _) => MatrixPart::Suppression,
        ("tag" | "function", _) | ("site", None) => MatrixPart::Words,
        // What this list does not know is looked at as hard as a row.
        (_, _) => MatrixPart::Rows,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::{
        diff,
        testing::{matrix, row},
    };

    #[test]
    fn an_edit_names_the_parts_and_rows_it_touches() {
        let nights = || row("nights", "*", "outside office", "provider-noc");
        let old = matrix([nights()]);
        let edit = |change: &dyn Fn(&mut matrix::Matrix)| {
            let mut new = old.clone();
            change(&mut new);
            let differences = diff(&old, &new);
            let named = |it: BTreeSet<MatrixPart>| {
                it.into_iter().map(MatrixPart::as_str).collect::<Vec<_>>().join(" ")
            };
            let rows: Vec<_> = rows(&differences).iter().map(ToString::to_string).collect();
            (named(parts(&differences)), rows.join(" "))
        };
        let expect = |parts: &str, rows: &str| (parts.to_owned(), rows.to_owned());
        assert_eq!(edit(&|_| {}), expect("", ""));
        assert_eq!(edit(&|it| it.rows.clear()), expect("rows", "nights"));
        assert_eq!(edit(&|it| it.rows[0].title = "N".into()), expect("words", "nights"));
        let quiet = |it: &mut matrix::Matrix| {
            it.rows[0].duty.escalation = matrix::Escalation::Steps(Vec::new())
        };
        assert_eq!(edit(&quiet), expect("escalation", "nights"));
        assert_eq!(edit(&|it| it.teams[0].contacts.clear()), expect("contacts", ""));
        assert_eq!(edit(&|it| it.calendars[0].hours.clear()), expect("calendars", ""));
    }
}
