//! The messages about an alert, and how far each got.

use remit_collector_domain::alert::{Delivery, Notice, Told, Topic};
use serde::{Deserialize, Serialize};

use crate::adapters::sled::record::{
    Invalid,
    form::{Form, form, words},
};

form! {
    NoticeRecordV1 of Notice {
        number: u32,
        to: String,
        channel: String,
        because: String,
        topic: TopicRecordV1,
        told: ToldRecordV1,
        made_at: String,
        generation: u32,
        step: Option<u32>,
        late_by: Option<String>,
        delivery: DeliveryRecordV1,
    }
}

words! {
    TopicRecordV1 of Topic {
        Assigned = "assigned",
        HandOff = "hand_off",
        Informed = "informed",
        Escalated = "escalated",
        Worse = "worse",
        Flapping = "flapping",
        AtRisk = "at_risk",
        Breached = "breached",
        Resolved = "resolved",
    }
}

/// What somebody knows of an alert: a severity, or that it is over.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum ToldRecordV1 {
    Firing(String),
    Over,
}

impl Form<Told> for ToldRecordV1 {
    fn store(value: &Told) -> Self {
        match value {
            Told::Firing(severity) => Self::Firing(Form::store(severity)),
            Told::Over => Self::Over,
        }
    }

    fn load(self) -> Result<Told, Invalid> {
        Ok(match self {
            Self::Firing(severity) => Told::Firing(severity.load()?),
            Self::Over => Told::Over,
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
    Withdrawn { at: String, why: String },
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
            Delivery::Withdrawn { at, why } => {
                Self::Withdrawn { at: Form::store(at), why: why.clone() }
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
            Self::Withdrawn { at, why } => Delivery::Withdrawn { at: at.load()?, why },
        })
    }
}
