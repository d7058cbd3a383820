//! What `remit --json` and `restic --json` say, as far as it is looked at.
//!
//! A field that is missing is an error, since a figure that nobody gave must
//! not pass for zero. Fields that are not listed here are nobody's business.

use anyhow::Context as _;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

/// `remit token create`
#[derive(Debug, Deserialize)]
pub(super) struct Token {
    /// What the agent is given.
    pub(super) text: String,
}

/// `remit endpoint show`, and a row of `remit endpoint list`
#[derive(Debug, Deserialize)]
pub(super) struct Endpoint {
    pub(super) endpoint_id: String,
    pub(super) presence: String,
    pub(super) events_applied: u64,
    pub(super) metrics_applied: u64,
    pub(super) records_lost: u64,
    pub(super) revoked_at: Option<String>,
}

/// A row of `remit patch list`
#[derive(Debug, Deserialize)]
pub(super) struct PatchStatus {
    pub(super) endpoint_id: String,
    /// Absent when unknown.
    pub(super) pending: Option<u64>,
    pub(super) security: Option<u64>,
}

/// A row of `remit backup list`
#[derive(Debug, Deserialize)]
pub(super) struct BackupStatus {
    pub(super) job: Job,
    pub(super) last_run: Option<Run>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Job {
    pub(super) name: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Run {
    pub(super) result: String,
    pub(super) recovery_point: String,
}

/// `remit alert show`, and a row of `remit alert list`
#[derive(Debug, Deserialize)]
pub(super) struct Alert {
    pub(super) alert_id: String,
    pub(super) check: String,
    pub(super) instance: String,
    pub(super) function: String,
    pub(super) state: String,
    pub(super) occurrences: u64,
    pub(super) responsibility: Responsibility,
    pub(super) acknowledgement: Option<Acknowledgement>,
}

#[derive(Debug, Deserialize, PartialEq, Eq)]
pub(super) struct Responsibility {
    pub(super) matrix_version: u64,
    pub(super) row: String,
    pub(super) responsible: String,
    pub(super) reason: String,
    pub(super) decided_at: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Acknowledgement {
    pub(super) team: String,
}

/// `remit who`
#[derive(Debug, Deserialize)]
pub(super) struct Who {
    pub(super) responsibility: Responsibility,
}

/// A line of `remit watch`; the first has only a cursor.
#[derive(Debug, Deserialize)]
pub(super) struct Change {
    pub(super) cursor: String,
    pub(super) event: Option<Event>,
    pub(super) alert: Option<Alert>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Event {
    pub(super) kind: String,
}

/// A row of `restic snapshots`
#[derive(Debug, Deserialize)]
pub(super) struct Snapshot {
    pub(super) id: String,
}

/// Reads one answer.
pub(super) fn one<T: DeserializeOwned>(json: &[u8]) -> anyhow::Result<T> {
    serde_json::from_slice(json)
        .with_context(|| format!("failed to understand {}", String::from_utf8_lossy(json).trim()))
}

/// Reads the rows of a list, which stands alone or is the only list of a page.
pub(super) fn rows<T: DeserializeOwned>(json: &[u8]) -> anyhow::Result<Vec<T>> {
    let mut answer: Value = one(json)?;
    if let Some(page) = answer.as_object_mut() {
        let list = page.values_mut().find(|value| value.is_array());
        answer = list.context("a page without a list")?.take();
    }
    serde_json::from_value(answer).context("failed to understand a row")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_stands_alone_or_on_a_page() {
        for json in [r#"[{"id":"a"}]"#, r#"{"snapshots":[{"id":"a"}],"next_page_token":""}"#] {
            let rows: Vec<Snapshot> = rows(json.as_bytes()).unwrap();
            assert_eq!(rows[0].id, "a");
        }
        assert!(rows::<Snapshot>(b"7").is_err());
    }

    #[test]
    fn a_figure_that_nobody_gave_is_not_zero() {
        let unknown: PatchStatus = one(br#"{"endpoint_id":"end_1"}"#).unwrap();
        assert_eq!((unknown.pending, unknown.security), (None, None));
        assert!(one::<Endpoint>(br#"{"endpoint_id":"end_1","presence":"online"}"#).is_err());
    }

    #[test]
    fn the_first_line_of_a_stream_has_only_a_cursor() {
        let change: Change = one(br#"{"cursor":"7"}"#).unwrap();
        assert_eq!(change.cursor, "7");
        assert!(change.event.is_none() && change.alert.is_none());
    }
}
