//! Which past alerts would have gone to somebody else.

use jiff::Timestamp;
use remit_shared::{Function, RowId, Severity, Team};

use crate::matrix::{Matrix, Resolution, Subject, resolve};

/// One alert of the past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// What it is called.
    pub id: String,
    /// When it opened.
    pub opened_at: Timestamp,
    /// Of which endpoint.
    pub subject: Subject,
    /// Which kind of work it was.
    pub function: Function,
    /// How severe it was.
    pub severity: Severity,
    /// Who had it first.
    pub responsible: Team,
}

/// What a new matrix would have done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replay {
    /// How many alerts were looked at.
    pub alerts: usize,
    /// Those that would have gone to somebody else, in their order.
    pub moved: Vec<Moved>,
}

/// An alert that would have gone to somebody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Which of the alerts, from 0.
    pub index: usize,
    /// Who would have had it by the old matrix; differs from who had it if the
    /// alert is older than that matrix, or was handed over.
    pub old: Team,
    /// The old matrix's row.
    pub old_row: RowId,
    /// What the new one says.
    pub new: Resolution,
}

/// Asks both matrices about every alert, at the instant at which it opened.
pub fn replay(old: &Matrix, new: &Matrix, alerts: &[Past]) -> Replay {
    let moved = alerts.iter().enumerate().filter_map(|(index, it)| {
        let ask = |matrix| resolve(matrix, &it.subject, &it.function, it.severity, it.opened_at);
        let (before, after) = (ask(old), ask(new));
        let is_moved = before.responsible != after.responsible;
        is_moved.then_some(Moved {
            index,
            old: before.responsible,
            old_row: before.row,
            new: after,
        })
    });
    Replay { alerts: alerts.len(), moved: moved.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::testing::*;

    #[test]
    fn only_what_would_move_is_named() {
        let old = matrix([row("base", "*", "always", "provider-noc")]);
        let day = row("day", "help_desk", "during office", "internal-it");
        let new = matrix([row("base", "*", "always", "provider-noc"), day]);
        let past = |when: &str, function: &str| Past {
            id: when.into(),
            opened_at: at(when),
            subject: subject("db-7", &[]),
            function: function.parse().unwrap(),
            severity: Severity::High,
            responsible: "provider-noc".parse().unwrap(),
        };
        let alerts = [
            past("2026-03-02T12:00-05:00", "help_desk"),
            past("2026-03-02T22:00-05:00", "help_desk"),
            past("2026-03-02T12:00-05:00", "procurement"),
        ];
        let found = replay(&old, &new, &alerts);
        let [moved] = found.moved.as_slice() else { panic!("{found:?}") };
        assert_eq!((found.alerts, moved.index, moved.old_row.as_str()), (3, 0, "base"));
        assert_eq!(moved.new.row.as_str(), "day");
    }
}
