//! What is owed, and what was published.

use remit_collector_domain::{
    alert::NoticeId,
    effect::{AuditEntry, Effect, EffectKey, FeedEvent, RecordKey},
    endpoint::Backlog,
    signal::{Say, Signal},
};
use serde::{Deserialize, Serialize, Serializer};

use crate::{
    adapters::sled::record::{
        Invalid,
        alert::{AlertRecordV1, EntryRecordV1},
        endpoint::RegistrationRecordV1,
        form::{As, Form, form},
        letter::LetterRecordV1,
    },
    ports::store::Owed,
};

form! {
    OwedRecordV1 of Owed {
        key: EffectKeyRecordV1,
        effect: EffectRecordV1,
    }

    EffectKeyRecordV1 of EffectKey {
        record: RecordKeyRecordV1,
        revision: u64,
        position: u32,
    }

    SignalRecordV1 of Signal {
        subject optional: Option<String>,
        check: String,
        instance: String,
        function: String,
        observed_at: String,
        summary: String,
        say: SayRecordV1,
    }

    BacklogRecordV1 of Backlog {
        from: String,
        until: String,
    }

    NoticeIdRecordV1 of NoticeId {
        alert: String,
        number: u32,
    }

    FeedEventRecordV1 of FeedEvent {
        entry: EntryRecordV1,
        alert: AlertRecordV1,
    }

    AuditEntryRecordV1 of AuditEntry {
        at: String,
        tenant: Option<String>,
        actor: String,
        action: String,
        object: String,
        detail: String,
    }
}

/// Names a record of any kind.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum RecordKeyRecordV1 {
    Endpoint(String),
    Alert(String),
    Token(String),
    Operator(String),
    Matrix { tenant: String, version: u64 },
    Change(String),
    KnownIssue(String),
    Day { tenant: String, day: String },
    Shift { tenant: String, day: String },
    Window(String),
    Contact { tenant: String, channel: String },
    Source(String),
}

impl Form<RecordKey> for RecordKeyRecordV1 {
    fn store(value: &RecordKey) -> Self {
        match value {
            RecordKey::Endpoint(id) => Self::Endpoint(Form::store(id)),
            RecordKey::Alert(id) => Self::Alert(Form::store(id)),
            RecordKey::Token(id) => Self::Token(Form::store(id)),
            RecordKey::Operator(id) => Self::Operator(Form::store(id)),
            RecordKey::Matrix(tenant, version) => {
                Self::Matrix { tenant: Form::store(tenant), version: *version }
            }
            RecordKey::Change(id) => Self::Change(Form::store(id)),
            RecordKey::KnownIssue(id) => Self::KnownIssue(Form::store(id)),
            RecordKey::Day(tenant, day) => {
                Self::Day { tenant: Form::store(tenant), day: Form::store(day) }
            }
            RecordKey::Shift(tenant, day) => {
                Self::Shift { tenant: Form::store(tenant), day: Form::store(day) }
            }
            RecordKey::Source(id) => Self::Source(Form::store(id)),
            RecordKey::Window(id) => Self::Window(Form::store(id)),
            RecordKey::Contact(tenant, channel) => {
                Self::Contact { tenant: Form::store(tenant), channel: Form::store(channel) }
            }
        }
    }

    fn load(self) -> Result<RecordKey, Invalid> {
        Ok(match self {
            Self::Endpoint(id) => RecordKey::Endpoint(id.load()?),
            Self::Alert(id) => RecordKey::Alert(id.load()?),
            Self::Token(id) => RecordKey::Token(id.load()?),
            Self::Operator(id) => RecordKey::Operator(id.load()?),
            Self::Matrix { tenant, version } => RecordKey::Matrix(tenant.load()?, version),
            Self::Change(id) => RecordKey::Change(id.load()?),
            Self::KnownIssue(id) => RecordKey::KnownIssue(id.load()?),
            Self::Day { tenant, day } => RecordKey::Day(tenant.load()?, day.load()?),
            Self::Shift { tenant, day } => RecordKey::Shift(tenant.load()?, day.load()?),
            Self::Source(id) => RecordKey::Source(id.load()?),
            Self::Window(id) => RecordKey::Window(id.load()?),
            Self::Contact { tenant, channel } => {
                RecordKey::Contact(tenant.load()?, channel.load()?)
            }
        })
    }
}

/// Something that must happen.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum EffectRecordV1 {
    Signal(SignalRecordV1),
    Admit(Box<RegistrationRecordV1>),
    Notify(NoticeIdRecordV1),
    Tell(Box<LetterRecordV1>),
    CaughtUp(BacklogRecordV1),
    Publish(Box<FeedEventRecordV1>),
    Audit(AuditEntryRecordV1),
}

impl Form<Effect> for EffectRecordV1 {
    fn store(value: &Effect) -> Self {
        match value {
            Effect::Signal(it) => Self::Signal(Form::store(it)),
            Effect::Admit(it) => Self::Admit(Box::new(Form::store(it))),
            Effect::Notify(it) => Self::Notify(Form::store(it)),
            Effect::Tell(it) => Self::Tell(Box::new(Form::store(it))),
            Effect::CaughtUp(it) => Self::CaughtUp(Form::store(it)),
            Effect::Publish(it) => Self::Publish(Box::new(Form::store(it))),
            Effect::Audit(it) => Self::Audit(Form::store(it)),
        }
    }

    fn load(self) -> Result<Effect, Invalid> {
        Ok(match self {
            Self::Signal(it) => Effect::Signal(it.load()?),
            Self::Admit(it) => Effect::Admit((*it).load()?),
            Self::Notify(it) => Effect::Notify(it.load()?),
            Self::Tell(it) => Effect::Tell(Box::new((*it).load()?)),
            Self::CaughtUp(it) => Effect::CaughtUp(it.load()?),
            Self::Publish(it) => Effect::Publish((*it).load()?),
            Self::Audit(it) => Effect::Audit(it.load()?),
        })
    }

    fn write<S: Serializer>(value: &Effect, to: S) -> Result<S::Ok, S::Error> {
        // What there is most of.
        if let Effect::Signal(it) = value {
            let it = As::<SignalRecordV1, _>::new(it);
            return to.serialize_newtype_variant("EffectRecordV1", 0, "signal", &it);
        }
        Self::store(value).serialize(to)
    }
}

/// What a signal says.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum SayRecordV1 {
    Raised { severity: String, evidence: String, delayed: bool },
    Cleared,
}

impl Form<Say> for SayRecordV1 {
    fn store(value: &Say) -> Self {
        match value {
            Say::Raised { severity, evidence, delayed } => Self::Raised {
                severity: Form::store(severity),
                evidence: evidence.clone(),
                delayed: *delayed,
            },
            Say::Cleared => Self::Cleared,
        }
    }

    fn load(self) -> Result<Say, Invalid> {
        Ok(match self {
            Self::Raised { severity, evidence, delayed } => {
                Say::Raised { severity: severity.load()?, evidence, delayed }
            }
            Self::Cleared => Say::Cleared,
        })
    }
}
