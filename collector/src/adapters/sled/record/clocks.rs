//! How an alert's time was spent.

use remit_collector_domain::sla::{
    Clock, ClockKind, Clocks, Earlier, End, Holder, Outcome, Pause, PauseReason, Share, Spending,
    Stretch,
};
use serde::{Deserialize, Serialize};

use crate::adapters::sled::record::{
    Invalid,
    form::{Form, form, words},
};

form! {
    ClocksRecordV1 of Clocks {
        opened_at: String,
        holder: HolderRecordV1,
        earlier: Option<EarlierRecordV1>,
        stretches: Vec<StretchRecordV1>,
        since: String,
        by: String,
        pause: Option<PauseRecordV1>,
        suspended: Option<String>,
        is_over: bool,
        clocks: Vec<ClockRecordV1>,
        handed_on: Vec<ClockRecordV1>,
    }

    HolderRecordV1 of Holder {
        team: String,
        party: String,
    }

    PauseRecordV1 of Pause {
        reason: PauseReasonRecordV1,
        until: String,
    }

    StretchRecordV1 of Stretch {
        spending: SpendingRecordV1,
        holder: HolderRecordV1,
        by: String,
        from: String,
        to: String,
        counted: String,
        matrix_version: u64,
    }

    EarlierRecordV1 of Earlier {
        from: String,
        to: String,
        shares: Vec<ShareRecordV1>,
    }

    ShareRecordV1 of Share {
        spending: SpendingRecordV1,
        holder: HolderRecordV1,
        counted: String,
    }

    ClockRecordV1 of Clock {
        kind: ClockKindRecordV1,
        holder: HolderRecordV1,
        since: String,
        spent: String,
        gone: Option<String>,
        end: Option<EndRecordV1>,
        breached_at: Option<String>,
        told: u32,
    }

    EndRecordV1 of End {
        at: String,
        outcome: OutcomeRecordV1,
        severity: String,
    }
}

words! {
    ClockKindRecordV1 of ClockKind {
        Response = "response",
        Resolution = "resolution",
        Update = "update",
        TeamResponse = "team_response",
        TeamResolution = "team_resolution",
    }

    OutcomeRecordV1 of Outcome {
        Done = "done",
        Cancelled = "cancelled",
    }

    PauseReasonRecordV1 of PauseReason {
        AwaitingCustomer = "awaiting_customer",
        AwaitingVendor = "awaiting_vendor",
        ApprovedWindow = "approved_window",
    }
}

/// What a stretch of time was spent on.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum SpendingRecordV1 {
    Running,
    Paused(PauseReasonRecordV1),
    Suspended(String),
    Over,
}

impl Form<Spending> for SpendingRecordV1 {
    fn store(value: &Spending) -> Self {
        match value {
            Spending::Running => Self::Running,
            Spending::Paused(reason) => Self::Paused(Form::store(reason)),
            Spending::Suspended(why) => Self::Suspended(why.clone()),
            Spending::Over => Self::Over,
        }
    }

    fn load(self) -> Result<Spending, Invalid> {
        Ok(match self {
            Self::Running => Spending::Running,
            Self::Paused(reason) => Spending::Paused(reason.load()?),
            Self::Suspended(why) => Spending::Suspended(why),
            Self::Over => Spending::Over,
        })
    }
}
