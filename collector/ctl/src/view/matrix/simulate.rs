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
        let clock = |Time(at): Time| {
            Field::Text(at.to_zoned_datetime(look.zone.clone()).strftime("%a %F %H:%M").to_string())
        };
        let mut owners = Table::new(look, &["FROM", "TO", "RESPONSIBLE", "ROW"]);
        for it in &self.owners {
            let (from, to) = (clock(it.from), clock(it.to));
            owners.row([from, to, Field::text(&it.responsible), Field::text(&it.row)]);
        }
        let mut told = Table::new(look, &["AT", "TOLD", "WHY"]).wrapped();
        // What goes on every hour is said once; all of it is in the JSON.
        let mut hourly: Vec<&str> = Vec::new();
        for it in &self.told {
            if !it.because.contains("every hour") {
                hourly.clear();
            } else if hourly.contains(&it.target.as_str()) {
                continue;
            } else {
                hourly.push(&it.target);
            }
            // By which channel is for programs to know, unless there is none.
            let why = match it.reached.is_heard() {
                true => it.because.clone(),
                false => format!("{}; {}", it.because, it.reached.line()),
            };
            told.row([clock(it.at), Field::text(&it.target), Field::text(&why)]);
        }
        let more = if self.partial { "\n… and so on\n" } else { "" };
        format!("{}\n\nif nobody acknowledges\n{}\n{more}", owners.text(), told.text())
    }
}
