//! Alerts.

use remit_collector_domain::{
    alert::{
        About, Acknowledgement, Actor, Alert, Climb, Delivery, Disposition, Entry, EntryKind,
        Notice, Remit, Rung, State, Topic,
    },
    signal::{Origin, Speaker},
};
use serde::{Deserialize, Serialize};

use crate::adapters::sled::record::{
    Invalid,
    form::{Form, form, words},
};

form! {
    AlertRecordV1 of Alert {
        id: String,
        about: AboutRecordV1,
        severity: String,
        state: StateRecordV1,
        summary: String,
        evidence: String,
        opened_at: String,
        last_seen_at: String,
        occurrences: u32,
        reopened: u32,
        delayed: bool,
        remit: RemitRecordV1,
        climb: ClimbRecordV1,
        disposition: DispositionRecordV1,
        disposition_note: String,
        origin: OriginRecordV1,
        timeline: Vec<EntryRecordV1>,
        notices: Vec<NoticeRecordV1>,
        notices_made: u32,
    }

    AboutRecordV1 of About {
        tenant: String,
        site: String,
        endpoint: String,
        hostname: String,
        check: String,
        instance: String,
        function: String,
    }

    AcknowledgementRecordV1 of Acknowledgement {
        by: ActorRecordV1,
        at: String,
        expires_at: String,
        note: String,
    }

    ActorRecordV1 of Actor {
        name: String,
        team: String,
        party: String,
    }

    RemitRecordV1 of Remit {
        matrix_version: u64,
        row: String,
        responsible: String,
        accountable: String,
        consulted: Vec<String>,
        informed: Vec<String>,
        party: String,
        runbook: String,
        reason: String,
        decided_at: String,
        until: Option<String>,
        by_hand: bool,
        rejected: Vec<String>,
        ladder: Vec<RungRecordV1>,
    }

    RungRecordV1 of Rung {
        after: String,
        team: String,
    }

    ClimbRecordV1 of Climb {
        since: String,
        next: u32,
    }

    EntryRecordV1 of Entry {
        at: String,
        kind: EntryKindRecordV1,
        actor: String,
        detail: String,
    }

    NoticeRecordV1 of Notice {
        number: u32,
        team: String,
        channel: String,
        topic: TopicRecordV1,
        made_at: String,
        delivery: DeliveryRecordV1,
    }
}

words! {
    DispositionRecordV1 of Disposition {
        None = "none",
        Resolved = "resolved",
        KnownIssue = "known_issue",
        JointReview = "joint_review",
    }

    EntryKindRecordV1 of EntryKind {
        Created = "created",
        Repeated = "repeated",
        SeverityChanged = "severity_changed",
        Routed = "routed",
        Rerouted = "rerouted",
        Notified = "notified",
        DeliveryFailed = "delivery_failed",
        NoRecipient = "no_recipient",
        Acknowledged = "acknowledged",
        AckExpired = "ack_expired",
        Escalated = "escalated",
        HandedOff = "handed_off",
        Resolved = "resolved",
        Reopened = "reopened",
        DispositionSet = "disposition_set",
        NoteAdded = "note_added",
    }

    TopicRecordV1 of Topic {
        Assigned = "assigned",
        Informed = "informed",
        Escalated = "escalated",
        Worse = "worse",
        Resolved = "resolved",
    }
}

/// Where a signal comes from: one of the two ids is there.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OriginRecordV1 {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    endpoint: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    revision: u64,
    position: u32,
}

impl Form<Origin> for OriginRecordV1 {
    fn store(value: &Origin) -> Self {
        let (endpoint, source) = match &value.from {
            Speaker::Endpoint(id) => (Some(Form::store(id)), None),
            Speaker::Source(id) => (None, Some(Form::store(id))),
        };
        Self { endpoint, source, revision: value.revision, position: value.position }
    }

    fn load(self) -> Result<Origin, Invalid> {
        let from = match (self.endpoint, self.source) {
            (Some(id), None) => {
                Speaker::Endpoint(id.load().map_err(|it: Invalid| it.within("endpoint"))?)
            }
            (None, Some(id)) => {
                Speaker::Source(id.load().map_err(|it: Invalid| it.within("source"))?)
            }
            (Some(_), Some(_)) | (None, None) => {
                return Err(Invalid::new("either an endpoint or a source was expected"));
            }
        };
        Ok(Origin { from, revision: self.revision, position: self.position })
    }
}

/// Where an alert stands.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum StateRecordV1 {
    Open,
    Acknowledged(AcknowledgementRecordV1),
    Resolved { at: String, by: Option<String> },
}

impl Form<State> for StateRecordV1 {
    fn store(value: &State) -> Self {
        match value {
            State::Open => Self::Open,
            State::Acknowledged(it) => Self::Acknowledged(Form::store(it)),
            State::Resolved { at, by } => {
                Self::Resolved { at: Form::store(at), by: Form::store(by) }
            }
        }
    }

    fn load(self) -> Result<State, Invalid> {
        Ok(match self {
            Self::Open => State::Open,
            Self::Acknowledged(it) => State::Acknowledged(it.load()?),
            Self::Resolved { at, by } => State::Resolved { at: at.load()?, by },
        })
    }
}

/// How far a message got.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum DeliveryRecordV1 {
    Pending,
    Delivered { at: String, attempts: u32 },
    Failing { at: String, attempts: u32, error: String },
    Failed { at: String, attempts: u32, error: String },
}

impl Form<Delivery> for DeliveryRecordV1 {
    fn store(value: &Delivery) -> Self {
        match value {
            Delivery::Pending => Self::Pending,
            Delivery::Delivered { at, attempts } => {
                Self::Delivered { at: Form::store(at), attempts: *attempts }
            }
            Delivery::Failing { at, attempts, error } => {
                Self::Failing { at: Form::store(at), attempts: *attempts, error: error.clone() }
            }
            Delivery::Failed { at, attempts, error } => {
                Self::Failed { at: Form::store(at), attempts: *attempts, error: error.clone() }
            }
        }
    }

    fn load(self) -> Result<Delivery, Invalid> {
        Ok(match self {
            Self::Pending => Delivery::Pending,
            Self::Delivered { at, attempts } => Delivery::Delivered { at: at.load()?, attempts },
            Self::Failing { at, attempts, error } => {
                Delivery::Failing { at: at.load()?, attempts, error }
            }
            Self::Failed { at, attempts, error } => {
                Delivery::Failed { at: at.load()?, attempts, error }
            }
        })
    }
}
