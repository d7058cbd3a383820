//! Alerts.

use remit_collector_domain::{
    alert::{
        About, Acknowledgement, Actor, Alert, Blocked, Climb, Disposed, Disposition, Entry,
        EntryKind, HandOverReason, Ladder, NoiseMark, NoiseReason, RefusedOwner, Remit, Rung,
        State, Suppressor, TermsRef, Timer,
    },
    flapping::History,
    signal::{Origin, Speaker},
    suppression::{Suppression, SuppressionKind},
};
use serde::{Deserialize, Serialize};

use crate::adapters::sled::record::{
    Invalid,
    clocks::ClocksRecordV1,
    form::{Form, form, words},
    notice::NoticeRecordV1,
};

form! {
    AlertRecordV1 of Alert {
        id: String,
        about: AboutRecordV1,
        severity: String,
        state: StateRecordV1,
        rule: String,
        summary: String,
        evidence: String,
        observed_at: String,
        opened_at: String,
        raised_at: String,
        last_seen_at: String,
        announced_at: Option<String>,
        occurrences: u32,
        reopened: u32,
        follows: Option<String>,
        delayed: bool,
        remit: RemitRecordV1,
        owner_differs: Option<String>,
        refused_owner: Option<RefusedOwnerRecordV1>,
        climb: ClimbRecordV1,
        blocked: Option<BlockedRecordV1>,
        suppressors: Vec<SuppressorRecordV1>,
        flap: HistoryRecordV1,
        terms: TermsRefRecordV1,
        clocks: ClocksRecordV1,
        clocks_due: Option<String>,
        cleared_at: Option<String>,
        disposed: Option<DisposedRecordV1>,
        noise: Option<NoiseMarkRecordV1>,
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
        gap: bool,
        responsible: String,
        others: Vec<String>,
        accountable: String,
        accountables: Vec<String>,
        consulted: Vec<String>,
        informed: Vec<String>,
        party: String,
        runbook: String,
        reason: String,
        decided_at: String,
        until: Option<String>,
        by_hand: bool,
        rejected: Vec<String>,
        ladder: LadderRecordV1,
    }

    LadderRecordV1 of Ladder {
        policy: Option<String>,
        rungs: Vec<RungRecordV1>,
        cycles: u32,
        hours: Option<String>,
    }

    RungRecordV1 of Rung {
        after: String,
        target: String,
    }

    RefusedOwnerRecordV1 of RefusedOwner {
        team: String,
        matrix_version: u64,
        row: String,
        since: String,
        why: String,
    }

    ClimbRecordV1 of Climb {
        generation: u32,
        since: String,
        matrix_version: u64,
        timers: Vec<TimerRecordV1>,
        next: u32,
    }

    TimerRecordV1 of Timer {
        due: String,
        cycle: u32,
        rung: u32,
    }

    BlockedRecordV1 of Blocked {
        reason: HandOverReasonRecordV1,
        by: ActorRecordV1,
        since: String,
        to: String,
        party: String,
        transfer_at: Option<String>,
        note: String,
    }

    SuppressorRecordV1 of Suppressor {
        what: SuppressionRecordV1,
        mutes: bool,
    }

    SuppressionRecordV1 of Suppression {
        kind: SuppressionKindRecordV1,
        reference: String,
        why: String,
        since: String,
        until: Option<String>,
        covers_open: bool,
    }

    HistoryRecordV1 of History {
        changes: u32,
        bad: bool,
        changed_at: Vec<String>,
        since: Option<String>,
    }

    TermsRefRecordV1 of TermsRef {
        matrix_version: u64,
        agreement: String,
    }

    DisposedRecordV1 of Disposed {
        what: DispositionRecordV1,
        by: Option<ActorRecordV1>,
        at: String,
        note: String,
        known_issue: Option<String>,
    }

    NoiseMarkRecordV1 of NoiseMark {
        by: ActorRecordV1,
        at: String,
        reason: NoiseReasonRecordV1,
        note: String,
    }

    EntryRecordV1 of Entry {
        at: String,
        generation: u32,
        kind: EntryKindRecordV1,
        actor: String,
        detail: String,
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
        RouteRefused = "route_refused",
        Rescheduled = "rescheduled",
        Notified = "notified",
        DeliveryFailed = "delivery_failed",
        NoRecipient = "no_recipient",
        Acknowledged = "acknowledged",
        AckExpired = "ack_expired",
        Escalated = "escalated",
        HandedOff = "handed_off",
        Blocked = "blocked",
        Unblocked = "unblocked",
        Paused = "paused",
        Resumed = "resumed",
        AtRisk = "at_risk",
        Breached = "breached",
        Suppressed = "suppressed",
        Unsuppressed = "unsuppressed",
        Resolved = "resolved",
        Reopened = "reopened",
        DispositionSet = "disposition_set",
        NoiseMarked = "noise_marked",
        NoteAdded = "note_added",
    }

    HandOverReasonRecordV1 of HandOverReason {
        NeedsCredential = "needs_credential",
        NeedsOnSite = "needs_on_site",
        BusinessContext = "business_context",
        SecuritySuspicion = "security_suspicion",
        VendorWait = "vendor_wait",
        Manual = "manual",
    }

    NoiseReasonRecordV1 of NoiseReason {
        FalsePositive = "false_positive",
        NotActionable = "not_actionable",
        PoorDetails = "poor_details",
    }

    SuppressionKindRecordV1 of SuppressionKind {
        Window = "window",
        KnownIssue = "known_issue",
        Dependency = "dependency",
        Snooze = "snooze",
        MassLoss = "mass_loss",
        Flapping = "flapping",
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
