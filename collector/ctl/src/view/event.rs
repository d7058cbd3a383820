//! What happens to alerts: entries of a timeline, and lines of `remit watch`.

use remit_proto::v1;
use serde::Serialize;

use super::{
    Look, NOTHING, View,
    alert::Alert,
    message::{Word, messages},
    table::{Field, Table},
    text::{TELLING, head, plain},
    time::Time,
    tone::Tone,
};

messages! {
    /// One thing that happened to an alert.
    AlertEvent {
        at: Option<Time>,
        kind: Word<v1::AlertEventKind>,
        actor: String,
        detail: String,
    }
}

impl AlertEvent {
    /// What is told of it. What nobody did in person needs no name.
    fn told(&self) -> String {
        match self.actor.as_str() {
            "remit" | "" => self.detail.clone(),
            actor if self.detail.is_empty() => actor.to_owned(),
            actor => format!("{actor}: {}", self.detail),
        }
    }
}

/// A timeline, oldest first.
pub(crate) fn timeline(events: &[AlertEvent], look: &Look) -> String {
    let mut table = Table::new(look, &[]).wrapped();
    for event in events {
        table.row([
            Field::Text(look.wall_clock(event.at)),
            Field::word(event.kind.text()),
            Field::Text(plain(&event.told())),
        ]);
    }
    table.text()
}

/// One message of the live stream. The first has a cursor and nothing else.
#[derive(Debug, Serialize)]
pub(crate) struct Change {
    pub(crate) cursor: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) event: Option<AlertEvent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) alert: Option<Alert>,
}

impl From<v1::WatchAlertsResponse> for Change {
    fn from(it: v1::WatchAlertsResponse) -> Self {
        Self { cursor: it.cursor, event: it.event.map(Into::into), alert: it.alert.map(Into::into) }
    }
}

impl View for Change {
    /// One line; none for a bare cursor.
    fn text(&self, look: &Look) -> String {
        let (Some(event), Some(alert)) = (&self.event, &self.alert) else { return String::new() };
        // Padded before it is coloured: the codes have no width.
        let padded = |word: Option<&str>, width: usize| {
            let word = word.unwrap_or(NOTHING);
            look.in_tone(&format!("{word:width$}"), Tone::of(word))
        };
        let mut line = format!(
            "{}  {}  {}  {}  {}  {}: {}",
            look.exact(event.at),
            padded(event.kind.text(), 15),
            padded(alert.severity.text(), 8),
            head(&alert.alert_id, TELLING),
            plain(alert.owner()),
            plain(&alert.hostname),
            plain(&alert.summary),
        );
        let told = event.told();
        if !told.is_empty() && told != alert.summary {
            line += &format!(" ({})", plain(&told));
        }
        line
    }
}
