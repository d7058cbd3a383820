//! What would happen to an alert that nobody touches.

use remit_collector_domain::matrix;
use serde::Serialize;

use super::answer::Told;
use crate::view::{
    Look, View,
    table::{Field, Table},
    time::Time,
};

/// `remit matrix simulate`.
#[derive(Debug, Serialize)]
pub(crate) struct Simulation {
    owners: Vec<Stint>,
    told: Vec<Message>,
    /// More would happen than is listed.
    partial: bool,
}

/// One owner, without a change.
#[derive(Debug, Serialize)]
struct Stint {
    from: Time,
    to: Time,
    responsible: String,
    accountable: String,
    row: String,
    because: String,
}

/// One message that nobody answers.
#[derive(Debug, Serialize)]
struct Message {
    at: Time,
    target: String,
    because: String,
    reached: Told,
}

impl From<matrix::Simulation> for Simulation {
    fn from(it: matrix::Simulation) -> Self {
        let owners = it.owners.into_iter().map(|it| Stint {
            from: Time(it.from),
            to: Time(it.to),
            responsible: it.resolution.responsible.to_string(),
            accountable: it.resolution.accountable.to_string(),
            row: it.resolution.row.to_string(),
            because: it.resolution.because,
        });
        let told = it.told.into_iter().map(|it| Message {
            at: Time(it.at),
            target: it.target.to_string(),
            because: it.because,
            reached: it.reached.into(),
        });
        Self { owners: owners.collect(), told: told.collect(), partial: it.is_partial }
    }
}

impl View for Simulation {
    fn text(&self, look: &Look) -> String {
        let mut owners = Table::new(look, &["FROM", "TO", "RESPONSIBLE", "ACCOUNTABLE", "ROW"]);
        for it in &self.owners {
            owners.row([
                Field::Text(look.wall_clock(Some(it.from))),
                Field::Text(look.wall_clock(Some(it.to))),
                Field::text(&it.responsible),
                Field::text(&it.accountable),
                Field::text(&it.row),
            ]);
        }
        let mut told = Table::new(look, &["AT", "TOLD", "WHY", "BY"]).wrapped();
        for it in &self.told {
            told.row([
                Field::Text(look.wall_clock(Some(it.at))),
                Field::text(&it.target),
                Field::text(&it.because),
                Field::text(&it.reached.line()),
            ]);
        }
        let more = if self.partial { "\n… and so on\n" } else { "" };
        format!("{}\n\nif nobody acknowledges\n{}\n{more}", owners.text(), told.text())
    }
}
