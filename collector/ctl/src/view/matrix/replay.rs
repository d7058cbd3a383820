//! Which past alerts would have gone to somebody else.

use remit_collector_domain::matrix::{self, Past};
use remit_proto::v1;
use serde::Serialize;

use crate::view::{
    Look, NOTHING, View,
    table::{Field, Table},
    text::{count, head, telling},
    time::{Time, time},
};

/// `remit matrix replay`.
#[derive(Debug, Serialize)]
pub(crate) struct Replay {
    /// How many alerts were looked at.
    alerts: usize,
    /// The published version that it was compared with, if it was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    against_version: Option<u64>,
    moved: Vec<Moved>,
}

/// An alert that would have gone to somebody else.
#[derive(Debug, Serialize)]
struct Moved {
    alert_id: String,
    opened_at: Option<Time>,
    hostname: String,
    function: String,
    /// Who had it.
    had: String,
    /// Who would have had it by the old matrix.
    old: String,
    old_row: String,
    /// Who would have it by the new one.
    new: String,
    new_row: String,
    because: String,
}

impl Replay {
    pub(crate) fn new(it: matrix::Replay, alerts: &[Past]) -> Self {
        let moved = it.moved.into_iter().filter_map(|it| {
            let past = alerts.get(it.index)?;
            Some(Moved {
                alert_id: past.id.clone(),
                opened_at: Some(Time(past.opened_at)),
                hostname: past.subject.hostname.clone(),
                function: past.function.to_string(),
                had: past.responsible.to_string(),
                old: it.old.to_string(),
                old_row: it.old_row.to_string(),
                new: it.new.responsible.to_string(),
                new_row: it.new.row.to_string(),
                because: it.new.because,
            })
        });
        Self { alerts: it.alerts, against_version: None, moved: moved.collect() }
    }
}

impl From<v1::ReplayMatrixResponse> for Replay {
    fn from(it: v1::ReplayMatrixResponse) -> Self {
        let moved = it.moved.into_iter().map(|it| Moved {
            alert_id: it.alert_id,
            opened_at: time(it.opened_at),
            hostname: it.hostname,
            function: it.function,
            had: it.had_team,
            old: it.from_team,
            old_row: it.from_row,
            new: it.to_team,
            new_row: it.to_row,
            because: it.reason,
        });
        let against_version = Some(it.against_version);
        Self { alerts: it.alerts as usize, against_version, moved: moved.collect() }
    }
}

impl View for Replay {
    fn text(&self, look: &Look) -> String {
        let all = count(self.alerts, "alert");
        if self.moved.is_empty() {
            return format!("none of {all} would go to somebody else");
        }
        let ids = telling(self.moved.iter().map(|it| it.alert_id.as_str()));
        let headings = ["ALERT", "OPENED", "ENDPOINT", "FUNCTION", "FROM", "TO"];
        let mut table = Table::new(look, &headings);
        let opened = |at: Option<Time>| {
            at.map_or(NOTHING.to_owned(), |Time(at)| {
                at.to_zoned_datetime(look.zone.clone()).strftime("%m-%d %H:%M").to_string()
            })
        };
        for it in &self.moved {
            table.row([
                Field::Text(head(&it.alert_id, ids)),
                Field::Text(opened(it.opened_at)),
                Field::text(&it.hostname),
                Field::text(&it.function),
                Field::text(&it.old),
                Field::text(&it.new),
            ]);
        }
        format!("{} of {all} would go to somebody else\n{}", self.moved.len(), table.text())
    }
}
