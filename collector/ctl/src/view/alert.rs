//! Alerts: the queue, and the story of one.

mod facts;
mod story;

use remit_proto::v1;
use serde::Serialize;

pub(crate) use self::facts::{Block, NoiseMark, Sample, SlaSummary, Suppression};
use super::{
    Look, NOTHING, View,
    event::AlertEvent,
    message::{Word, messages},
    responsibility::Responsibility,
    table::{Field, Table},
    text::{TELLING, head, plain, short, telling},
    time::Time,
};
use crate::failure::Failure;

messages! {
    /// One alert. Revision, samples, timeline and notices only where one alert
    /// is asked for.
    Alert {
        alert_id: String,
        tenant: String,
        site: String,
        endpoint_id: String,
        hostname: String,
        check: String,
        instance: String,
        function: String,
        severity: Word<v1::Severity>,
        state: Word<v1::AlertState>,
        summary: String,
        evidence: String,
        opened_at: Option<Time>,
        last_seen_at: Option<Time>,
        resolved_at: Option<Time>,
        occurrences: u32,
        reopened: u32,
        delayed: bool,
        responsibility: Option<Responsibility>,
        acknowledgement: Option<Acknowledgement>,
        disposition: Word<v1::Disposition>,
        disposition_note: String,
        next_escalation_to: String,
        next_escalation_at: Option<Time>,
        #[serde(skip_serializing_if = "is_zero")]
        revision: u64,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        timeline: Vec<AlertEvent>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        notices: Vec<Notice>,
        suppressions: Vec<Suppression>,
        flapping: bool,
        block: Option<Block>,
        owner_differs: String,
        parent_alert_id: String,
        follows_alert_id: String,
        generation: u64,
        rule: String,
        sla: Option<SlaSummary>,
        disposition_by: String,
        disposition_at: Option<Time>,
        disposition_auto: bool,
        known_issue_id: String,
        noise: Option<NoiseMark>,
        unresolved: Vec<String>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        samples: Vec<Sample>,
    }

    /// Who took an alert on.
    Acknowledgement {
        by: String,
        team: String,
        party: Word<v1::Party>,
        at: Option<Time>,
        expires_at: Option<Time>,
        note: String,
    }

    /// How far one message to one recipient got.
    Notice {
        notice_id: String,
        team: String,
        channel: String,
        about: String,
        state: Word<v1::NoticeState>,
        attempts: u32,
        last_attempt_at: Option<Time>,
        last_error: String,
        person: String,
    }
}

fn is_zero(revision: &u64) -> bool {
    *revision == 0
}

impl Alert {
    /// The responsible team.
    pub(crate) fn owner(&self) -> &str {
        self.responsibility.as_ref().map_or(NOTHING, |it| &it.responsible)
    }

    /// What the shift said of it, if it said something.
    fn disposed(&self) -> Option<&'static str> {
        self.disposition.text().filter(|it| *it != "none")
    }

    /// When something happens to it if nobody does anything; nobody is told
    /// while it is quiet.
    fn next(&self, look: &Look) -> String {
        if !self.suppressions.is_empty() {
            return "quiet".into();
        }
        look.ago(self.acknowledgement.as_ref().map_or(self.next_escalation_at, |it| it.expires_at))
    }
}

/// `remit alert list`.
#[derive(Debug, Serialize)]
pub(crate) struct Alerts {
    pub(crate) alerts: Vec<Alert>,
}

impl View for Alerts {
    fn text(&self, look: &Look) -> String {
        if self.alerts.is_empty() {
            return "no alerts".into();
        }
        let headings = ["ALERT", "SEVERITY", "STATE", "REMIT OF", "AGE", "NEXT", "HOST", "SUMMARY"];
        let mut table = Table::new(look, &headings);
        let digits = telling(self.alerts.iter().map(|it| it.alert_id.as_str()));
        for alert in &self.alerts {
            table.row([
                Field::Text(head(&alert.alert_id, digits)),
                Field::word(alert.severity.text()),
                Field::Word(brief(alert.state.text()).into()),
                Field::Text(short(alert.owner(), 12)),
                Field::Text(look.age(alert.opened_at)),
                Field::Text(alert.next(look)),
                Field::Text(short(&alert.hostname, 14)),
                Field::text(&alert.summary),
            ]);
        }
        table.text()
    }
}

/// What was done to several alerts at once, and where it failed.
#[derive(Debug, Serialize)]
pub(crate) struct Done {
    pub(crate) alerts: Vec<Alert>,
    pub(crate) errors: Vec<Undone>,
}

/// One alert to which it was not done.
#[derive(Debug, Serialize)]
pub(crate) struct Undone {
    pub(crate) alert_id: String,
    pub(crate) kind: crate::failure::Kind,
    pub(crate) message: String,
}

impl Undone {
    /// Why it was not done.
    pub(crate) fn new(alert_id: &str, failure: &Failure) -> Self {
        let message = failure.to_string();
        Self { alert_id: alert_id.into(), kind: failure.kind, message }
    }
}

impl View for Done {
    fn text(&self, look: &Look) -> String {
        let lines = self.alerts.iter().map(|it| it.brief(look));
        let failed = self
            .errors
            .iter()
            .map(|it| format!("{}: not done: {}", plain(&it.alert_id), plain(&it.message)));
        lines.chain(failed).collect::<Vec<_>>().join("\n")
    }
}

/// What one alert has become.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct Changed(pub(crate) Alert);

impl View for Changed {
    fn text(&self, look: &Look) -> String {
        self.0.brief(look)
    }
}

impl Alert {
    /// What became of it, in one line.
    fn brief(&self, look: &Look) -> String {
        let mut line = format!(
            "{} {}: {}",
            head(&self.alert_id, TELLING),
            plain(&self.hostname),
            look.word(self.state.text())
        );
        if let Some(ack) = &self.acknowledgement {
            line += &format!(" by {} until {}", plain(&ack.by), look.exact(ack.expires_at));
        }
        if let Some(disposition) = self.disposed() {
            line += &format!(", {}", look.word(Some(disposition)));
        }
        line + &format!(", remit of {}", plain(self.owner()))
    }
}

/// The state, short enough for a crowded table.
fn brief(state: Option<&str>) -> &str {
    match state {
        Some("acknowledged") => "ack",
        Some(state) => state,
        None => NOTHING,
    }
}
