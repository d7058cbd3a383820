//! The words of a message to a team. What it looks like on its way, as JSON or
//! as mail, is the notifiers' business; what it says is decided here.

mod facts;

use std::fmt;

use jiff::Timestamp;
use remit_shared::{Party, Severity, Team, Tenant};
use uuid::Uuid;

pub use self::facts::Facts;
use crate::{
    alert::{Alert, Notice, NoticeId, State, Topic},
    effect::EffectKey,
    group::Digest,
    letter::{Letter, Matter},
    matrix::Call,
    people::Target,
};

/// Names a message, the same on every attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageId {
    /// About one alert.
    Notice(NoticeId),
    /// About another matter.
    Letter {
        /// Which.
        matter: Matter,
        /// The effect that owes it.
        key: EffectKey,
    },
    /// About several alerts.
    Digest(Uuid),
}

impl MessageId {
    /// What messages about one matter have in common.
    pub fn thread(&self) -> String {
        match self {
            Self::Notice(id) => id.alert.to_string(),
            Self::Letter { matter, .. } => matter.to_string(),
            Self::Digest(_) => self.to_string(),
        }
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Notice(id) => id.fmt(f),
            Self::Letter { matter, key } => write!(f, "{matter}.{}.{}", key.revision, key.position),
            Self::Digest(id) => write!(f, "digest-{}", id.simple()),
        }
    }
}

/// A message to a team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The same on every attempt.
    pub id: MessageId,
    /// When it was owed.
    pub made_at: Timestamp,
    /// Why the team is told, in a word.
    pub topic: &'static str,
    /// The customer environment.
    pub tenant: Tenant,
    /// Whom it is for.
    pub to: Target,
    /// Whose the matter is.
    pub owner: Team,
    /// The owner's side, so that a ticket system can sort its queues.
    pub owner_party: Party,
    /// How much it matters.
    pub severity: Severity,
    /// One line.
    pub subject: String,
    /// The rest.
    pub text: String,
    /// The alerts that it is about, the most important first; none in a letter.
    pub alerts: Vec<Facts>,
}

impl Message {
    /// Whether all that it is about is over.
    pub fn is_over(&self) -> bool {
        !self.alerts.is_empty() && self.alerts.iter().all(|it| it.resolved_at.is_some())
    }
}

impl Topic {
    /// The one spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Assigned => "assigned",
            Self::HandOff => "hand_off",
            Self::Informed => "informed",
            Self::Escalated => "escalated",
            Self::Worse => "worse",
            Self::Flapping => "flapping",
            Self::AtRisk => "at_risk",
            Self::Breached => "breached",
            Self::Resolved => "resolved",
        }
    }
}

/// Words a message as of now: a page for an alert that is over by the time it
/// is sent says so. `call` is whom to ring about it.
pub fn word(alert: &Alert, notice: &Notice, call: &Call) -> Message {
    let severity = alert.severity.as_str().to_uppercase();
    let what = match (notice.topic, &alert.state) {
        (Topic::Resolved, _) | (_, State::Resolved { .. }) => "RESOLVED".to_owned(),
        (Topic::Escalated, _) => format!("ESCALATED {severity}"),
        (Topic::AtRisk, _) => format!("AT RISK {severity}"),
        (Topic::Breached, _) => format!("BREACHED {severity}"),
        (Topic::Flapping, _) => format!("FLAPPING {severity}"),
        (Topic::Assigned | Topic::HandOff | Topic::Informed | Topic::Worse, _) => severity,
    };
    let about = &alert.about;
    let subject = format!("[{what}] {}: {} ({})", about.hostname, alert.summary, about.tenant);
    Message {
        id: MessageId::Notice(NoticeId { alert: alert.id, number: notice.number }),
        made_at: notice.made_at,
        topic: notice.topic.as_str(),
        tenant: about.tenant.clone(),
        to: notice.to.clone(),
        owner: alert.remit.responsible.clone(),
        owner_party: alert.remit.party,
        severity: alert.severity,
        subject,
        text: body(alert, notice, call),
        alerts: vec![Facts::of(alert, call)],
    }
}

/// Several messages as one, given the alerts that it is about as they are now.
/// `None` if none of them is there any more.
pub fn of_digest(digest: &Digest, alerts: Vec<Facts>) -> Option<Message> {
    let first = alerts.first()?;
    let owner = digest.owner().unwrap_or(&first.owner).clone();
    let party =
        alerts.iter().find(|it| it.owner == owner).map_or(first.owner_party, |it| it.owner_party);
    Some(Message {
        id: MessageId::Digest(digest.name()),
        made_at: digest.made_at,
        topic: "digest",
        tenant: digest.tenant.clone(),
        to: digest.to.clone(),
        owner,
        owner_party: party,
        severity: digest.severity(),
        subject: digest.subject(),
        text: digest.text(),
        alerts,
    })
}

/// A letter as a message.
pub fn of_letter(letter: &Letter, key: &EffectKey) -> Message {
    let severity = if letter.page { Severity::Critical } else { Severity::Info };
    Message {
        id: MessageId::Letter { matter: letter.matter, key: key.clone() },
        made_at: letter.made_at,
        topic: letter.matter.as_str(),
        tenant: letter.tenant.clone(),
        to: Target::Team(letter.team.clone()),
        owner: letter.team.clone(),
        owner_party: letter.party,
        severity,
        subject: format!("{} ({})", letter.subject, letter.tenant),
        text: letter.text.clone(),
        alerts: Vec::new(),
    }
}

fn body(alert: &Alert, notice: &Notice, call: &Call) -> String {
    let (about, remit) = (&alert.about, &alert.remit);
    let state = match &alert.state {
        State::Open => "open, nobody has taken it on".to_owned(),
        State::Acknowledged(ack) => format!("taken on by {} until {}", ack.by, ack.expires_at),
        State::Resolved { at, by: Some(by) } => format!("resolved by {by} at {at}"),
        State::Resolved { at, by: None } => format!("resolved by itself at {at}"),
    };
    let mut lines = vec![
        alert.summary.clone(),
        String::new(),
        why(notice.topic).to_owned(),
        String::new(),
        format!("State:       {state}"),
        format!("Endpoint:    {} ({}, site {})", about.hostname, about.endpoint, about.site),
        format!("Check:       {} {}", about.check, about.instance),
        format!("Since:       {}", alert.opened_at),
        format!("Responsible: {} ({})", remit.responsible, remit.party),
        format!("Accountable: {}", remit.accountable),
        format!("Because:     {} (matrix version {})", remit.reason, remit.matrix_version),
    ];
    let mut add = |name: &str, what: &str| {
        if !what.is_empty() {
            lines.push(format!("{:<13}{what}", format!("{name}:")));
        }
    };
    for it in call.lines(&remit.responsible) {
        add("Call", &it);
    }
    add("Rule", &alert.rule);
    if let Some(it) = &alert.blocked {
        add("Blocked", &format!("{} since {}, by {}", it.reason.as_str(), it.since, it.by));
    }
    if let Some(it) = notice.late_by {
        add("Late", &format!("by {} min: the collector was not there", it.as_mins()));
    }
    if alert.delayed {
        add("Delayed", "it could not be told earlier");
    }
    add("Runbook", &remit.runbook);
    add("Alert", &format!("remit alert show {}", alert.id));
    if !alert.evidence.is_empty() {
        lines.push(String::new());
        lines.push(alert.evidence.clone());
    }
    lines.join("\n")
}

fn why(topic: Topic) -> &'static str {
    match topic {
        Topic::Assigned => "It is yours to act on.",
        Topic::HandOff => "It came to you with the change of the hour.",
        Topic::Informed => "For your information; you need not act.",
        Topic::Escalated => "Nobody has acted in time, so you are told.",
        Topic::Worse => "It matters more than before.",
        Topic::Flapping => "It comes and goes; you will hear of it again when it has settled.",
        Topic::AtRisk => "A promised time is nearly used up.",
        Topic::Breached => "A promised time is over.",
        Topic::Resolved => "Nothing is left to do.",
    }
}
