//! Which rows both parties should read again.

use remit_collector_domain::matrix::{self, ReviewState};
use remit_proto::v1;
use serde::Serialize;

use crate::view::{
    Look, View,
    matrix::Finding,
    table::{Field, Table},
    text::plain,
};

/// `remit matrix review`.
#[derive(Debug, Serialize)]
pub(crate) struct Review {
    rows: Vec<Row>,
    /// Alerts that only the catch-all had an owner for, if anybody counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    catch_all_hits: Option<u64>,
    gone: Vec<Gone>,
    /// Channels that nobody can count on, if anybody knows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    channels: Vec<Finding>,
}

#[derive(Debug, Serialize)]
struct Row {
    row: String,
    responsible: String,
    reviewed: Option<String>,
    age_days: Option<i32>,
    state: &'static str,
    /// Alerts that it decided, if anybody counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    alerts: Option<u64>,
    hand_backs: u64,
    reroutes: u64,
}

#[derive(Debug, Serialize)]
struct Gone {
    person: String,
    counted_on_by: Vec<String>,
}

impl From<matrix::Review> for Review {
    fn from(it: matrix::Review) -> Self {
        let rows = it.rows.into_iter().map(|it| Row {
            row: it.row.to_string(),
            responsible: it.responsible.to_string(),
            reviewed: it.reviewed.map(|it| it.to_string()),
            age_days: it.age,
            state: it.state.as_str(),
            alerts: it.alerts,
            hand_backs: it.hand_backs,
            reroutes: it.reroutes,
        });
        let gone = it
            .gone
            .into_iter()
            .map(|it| Gone { person: it.person.to_string(), counted_on_by: it.counted_on_by });
        Self {
            rows: rows.collect(),
            catch_all_hits: it.catch_all_hits,
            gone: gone.collect(),
            channels: Vec::new(),
        }
    }
}

impl From<v1::GetMatrixReviewResponse> for Review {
    fn from(it: v1::GetMatrixReviewResponse) -> Self {
        let rows = it.rows.into_iter().map(|it| {
            let is_known = !it.reviewed_on.is_empty();
            Row {
                state: state(it.status()).as_str(),
                row: it.row,
                responsible: it.responsible,
                reviewed: is_known.then_some(it.reviewed_on),
                age_days: i32::try_from(it.age_days).ok().filter(|_| is_known),
                alerts: Some(it.alerts.into()),
                hand_backs: it.hand_backs.into(),
                reroutes: it.reroutes.into(),
            }
        });
        let gone = it
            .gone
            .into_iter()
            .map(|it| Gone { person: it.person, counted_on_by: it.counted_on_by });
        Self {
            rows: rows.collect(),
            catch_all_hits: Some(it.catch_all_hits.into()),
            gone: gone.collect(),
            channels: it.channels.into_iter().map(Into::into).collect(),
        }
    }
}

fn state(status: v1::ReviewStatus) -> ReviewState {
    match status {
        v1::ReviewStatus::Fresh => ReviewState::Fresh,
        v1::ReviewStatus::DueSoon => ReviewState::Soon,
        v1::ReviewStatus::Due => ReviewState::Due,
        v1::ReviewStatus::Overdue => ReviewState::Overdue,
        v1::ReviewStatus::Never | v1::ReviewStatus::Unspecified => ReviewState::Never,
    }
}

impl View for Review {
    fn text(&self, look: &Look) -> String {
        let counted = self.rows.iter().any(|it| it.alerts.is_some());
        let mut headings = vec!["ROW", "RESPONSIBLE", "REVIEWED", "DAYS", "STATE"];
        if counted {
            headings.extend(["ALERTS", "HAND-BACKS", "REROUTES"]);
        }
        let mut table = Table::new(look, &headings);
        for it in &self.rows {
            let days = it.age_days.map(|it| it.to_string()).unwrap_or_default();
            let mut fields = vec![
                Field::text(&it.row),
                Field::text(&it.responsible),
                Field::text(it.reviewed.as_deref().unwrap_or_default()),
                Field::text(&days),
                Field::word(Some(it.state)),
            ];
            if counted {
                let numbers = [it.alerts.unwrap_or_default(), it.hand_backs, it.reroutes];
                fields.extend(numbers.map(Field::number));
            }
            table.row(fields);
        }
        let mut text = format!("{}\n", table.text());
        if let Some(hits) = self.catch_all_hits.filter(|it| *it > 0) {
            text += &format!("\nonly the catch-all had an owner for {hits} alerts\n");
        }
        for it in &self.gone {
            let by = it.counted_on_by.join(", ");
            text += &format!(
                "\n{} is disabled, and still counted on by {}",
                plain(&it.person),
                plain(&by)
            );
        }
        let silent: Vec<_> = self.rows.iter().filter(|it| it.alerts == Some(0)).collect();
        if !silent.is_empty() {
            let names: Vec<_> = silent.iter().map(|it| plain(&it.row)).collect();
            text += &format!("\nno alert came by {}\n", names.join(", "));
        }
        for it in &self.channels {
            text += &format!("\n{}: {}", plain(&it.key), plain(&it.message));
        }
        text
    }
}
