//! The words of a message to a team. What it looks like on its way, as JSON or
//! as mail, is the notifiers' business; what it says is decided here.

mod facts;

use jiff::Timestamp;
use remit_shared::{Party, Severity, Team, Tenant};

pub use self::facts::Facts;
use crate::alert::{Alert, Notice, NoticeId, State, Topic};

/// A message about an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The same on every attempt.
    pub id: NoticeId,
    /// When it was owed.
    pub made_at: Timestamp,
    /// Why the team is told.
    pub topic: Topic,
    /// The customer environment.
    pub tenant: Tenant,
    /// Whom it is for.
    pub team: Team,
    /// Whose the alert is.
    pub owner: Team,
    /// The owner's side, so that a ticket system can sort its queues.
    pub owner_party: Party,
    /// How much it matters.
    pub severity: Severity,
    /// One line.
    pub subject: String,
    /// The rest.
    pub text: String,
    /// The alerts that it is about, the most important first.
    pub alerts: Vec<Facts>,
}

impl Topic {
    /// The one spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Assigned => "assigned",
            Self::Informed => "informed",
            Self::Escalated => "escalated",
            Self::Worse => "worse",
            Self::Resolved => "resolved",
        }
    }
}

/// Words a message as of now: a page for an alert that is over by the time it
/// is sent says so.
pub fn word(alert: &Alert, notice: &Notice) -> Message {
    let what = match (notice.topic, &alert.state) {
        (Topic::Resolved, _) | (_, State::Resolved { .. }) => "RESOLVED".to_owned(),
        (Topic::Escalated, _) => format!("ESCALATED {}", alert.severity.as_str().to_uppercase()),
        (Topic::Assigned | Topic::Informed | Topic::Worse, _) => {
            alert.severity.as_str().to_uppercase()
        }
    };
    let about = &alert.about;
    let subject = format!("[{what}] {}: {} ({})", about.hostname, alert.summary, about.tenant);
    Message {
        id: NoticeId { alert: alert.id, number: notice.number },
        made_at: notice.made_at,
        topic: notice.topic,
        tenant: about.tenant.clone(),
        team: notice.team.clone(),
        owner: alert.remit.responsible.clone(),
        owner_party: alert.remit.party,
        severity: alert.severity,
        subject,
        text: body(alert, notice),
        alerts: vec![Facts::of(alert)],
    }
}

fn body(alert: &Alert, notice: &Notice) -> String {
    let (about, remit) = (&alert.about, &alert.remit);
    let state = match &alert.state {
        State::Open => "open, nobody has taken it on".to_owned(),
        State::Acknowledged(ack) => format!("taken on by {} until {}", ack.by, ack.expires_at),
        State::Resolved { at, by: Some(by) } => format!("resolved by {by} at {at}"),
        State::Resolved { at, by: None } => format!("resolved by itself at {at}"),
    };
    let why = match notice.topic {
        Topic::Assigned => "It is yours to act on.",
        Topic::Informed => "For your information; you need not act.",
        Topic::Escalated => "Nobody has acted in time, so you are told.",
        Topic::Worse => "It matters more than before.",
        Topic::Resolved => "Nothing is left to do.",
    };
    let mut lines = vec![
        alert.summary.clone(),
        String::new(),
        why.to_owned(),
        String::new(),
        format!("State:       {state}"),
        format!("Endpoint:    {} ({}, site {})", about.hostname, about.endpoint, about.site),
        format!("Check:       {} {}", about.check, about.instance),
        format!("Since:       {}", alert.opened_at),
        format!("Responsible: {} ({})", remit.responsible, remit.party),
        format!("Accountable: {}", remit.accountable),
        format!("Because:     {} (matrix version {})", remit.reason, remit.matrix_version),
    ];
    if alert.delayed {
        lines.push("Delayed:     it could not be told earlier".to_owned());
    }
    if !remit.runbook.is_empty() {
        lines.push(format!("Runbook:     {}", remit.runbook));
    }
    lines.push(format!("Alert:       remit alert show {}", alert.id));
    if !alert.evidence.is_empty() {
        lines.push(String::new());
        lines.push(alert.evidence.clone());
    }
    lines.join("\n")
}
