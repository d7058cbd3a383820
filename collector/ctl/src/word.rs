//! The closed word lists of the wire, in the one spelling that people type and
//! read.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use remit_proto::v1;

/// One word of a closed list.
pub(crate) trait Word: Copy + TryFrom<i32> + PartialEq + Send + Sync + 'static {
    /// Every word and its spelling, in the list's order.
    const ALL: &'static [(&'static str, Self)];
}

/// The spelling of what came from the wire; none for what is unspecified, or
/// younger than this program.
pub(crate) fn spelled<W: Word>(value: i32) -> Option<&'static str> {
    let word = W::try_from(value).ok()?;
    W::ALL.iter().find(|(_, it)| *it == word).map(|(text, _)| *text)
}

/// For the command line; an unknown word is answered with the known ones.
pub(crate) fn parser<W: Word>() -> impl TypedValueParser<Value = W> {
    let words = PossibleValuesParser::new(W::ALL.iter().map(|(text, _)| *text));
    words.map(|typed| {
        let word = W::ALL.iter().find(|(text, _)| *text == typed);
        word.expect("only words of the list get here").1
    })
}

/// Lists that the shared vocabulary spells.
macro_rules! shared {
    ($($name:ident { $($variant:ident)* })*) => {$(
        impl Word for v1::$name {
            const ALL: &'static [(&'static str, Self)] =
                &[$((remit_shared::$name::$variant.as_str(), Self::$variant)),*];
        }
    )*};
}

shared! {
    CheckStatus { Ok Warn Crit Unknown Stale }
    Completeness { Full Partial }
    EndpointKind { Server Workstation Virtual }
    FailureKind { Unsupported MissingTool Locked NoPermission Timeout Failed Shed }
    Party { Internal Provider Vendor }
    PatchState { Available Held DeferredPhased KeptBack Optional Declined }
    RunResult { Success Warning Partial Failed Cancelled Skipped Running Unknown }
    Severity { Info Low Medium High Critical }
    Unit { Count Bytes BytesPerSecond Permille Milli Seconds Milliseconds Flag }
}

/// Lists that only the operator plane knows.
macro_rules! words {
    ($($name:ident { $($variant:ident = $text:literal)* })*) => {$(
        impl Word for v1::$name {
            const ALL: &'static [(&'static str, Self)] = &[$(($text, Self::$variant)),*];
        }
    )*};
}

words! {
    AlertEventKind {
        Created = "created"
        Repeated = "repeated"
        SeverityChanged = "severity_changed"
        Routed = "routed"
        Rerouted = "rerouted"
        Notified = "notified"
        DeliveryFailed = "delivery_failed"
        NoRecipient = "no_recipient"
        Acknowledged = "acknowledged"
        AckExpired = "ack_expired"
        Escalated = "escalated"
        HandedOff = "handed_off"
        Resolved = "resolved"
        Reopened = "reopened"
        DispositionSet = "disposition_set"
        NoteAdded = "note_added"
        Suppressed = "suppressed"
        Unsuppressed = "unsuppressed"
        Paused = "paused"
        Resumed = "resumed"
        Blocked = "blocked"
        Unblocked = "unblocked"
        NoiseMarked = "noise_marked"
        SlaWarned = "sla_warned"
        SlaAtRisk = "sla_at_risk"
        SlaBreached = "sla_breached"
        FlappingStarted = "flapping_started"
        FlappingStopped = "flapping_stopped"
        OwnerDiffers = "owner_differs"
        RerouteRefused = "reroute_refused"
        Rescheduled = "rescheduled"
    }
    WaitingReason {
        TokenForMany = "token_for_many"
        NewKey = "new_key"
        NewSystem = "new_system"
        CopiedDisk = "copied_disk"
        NameTaken = "name_taken"
        Expired = "expired"
    }
    AlertState {
        Open = "open"
        Acknowledged = "acknowledged"
        Resolved = "resolved"
    }
    ChangeKind {
        Matrix = "matrix"
        Window = "window"
        KnownIssue = "known_issue"
        Role = "role"
        Tuning = "tuning"
        Work = "work"
        Silence = "silence"
        Token = "token"
        Retention = "retention"
        Revocation = "revocation"
    }
    ChangeRisk {
        Low = "low"
        Medium = "medium"
        High = "high"
    }
    ChangeState {
        Proposed = "proposed"
        Approved = "approved"
        Applied = "applied"
        Rejected = "rejected"
        Withdrawn = "withdrawn"
        Expired = "expired"
        Failed = "failed"
    }
    Disposition {
        None = "none"
        Resolved = "resolved"
        KnownIssue = "known_issue"
        JointReview = "joint_review"
    }
    HistoryStep {
        Raw = "raw"
        FiveMinutes = "5m"
        Hour = "1h"
        Day = "1d"
    }
    HandOverReason {
        NeedsCredential = "needs_credential"
        NeedsOnSite = "needs_on_site"
        BusinessContext = "business_context"
        SecuritySuspicion = "security_suspicion"
        VendorWait = "vendor_wait"
        Manual = "manual"
    }
    KnownIssueState {
        Active = "active"
        Broken = "broken"
        Expired = "expired"
        Ended = "ended"
    }
    NoiseReason {
        FalsePositive = "false_positive"
        NotActionable = "not_actionable"
        PoorDetails = "poor_details"
    }
    NoticeState {
        Pending = "pending"
        Delivered = "delivered"
        Failing = "failing"
        Failed = "failed"
    }
    PauseReason {
        AwaitingCustomer = "awaiting_customer"
        AwaitingVendor = "awaiting_vendor"
        ApprovedWindow = "approved_window"
    }
    Presence {
        NeverSeen = "never_seen"
        Online = "online"
        Late = "late"
        Offline = "offline"
        ExpectedOff = "expected_off"
    }
    ReportFormat {
        Md = "md"
        Html = "html"
        Json = "json"
        Csv = "csv"
    }
    ReportKind {
        Weekly = "weekly"
        Monthly = "monthly"
        Quarterly = "quarterly"
    }
    ReviewStatus {
        Fresh = "fresh"
        DueSoon = "due_soon"
        Due = "due"
        Overdue = "overdue"
        Never = "never"
    }
    Role {
        Administrator = "administrator"
        Manager = "manager"
        Operator = "operator"
        Viewer = "viewer"
        Auditor = "auditor"
    }
    SlaKind {
        Contract = "contract"
        Team = "team"
    }
    SlaSegmentState {
        Running = "running"
        Paused = "paused"
        OutOfHours = "out_of_hours"
        Suspended = "suspended"
        Over = "over"
    }
    SlaStatus {
        OnTrack = "on_track"
        AtRisk = "at_risk"
        Breached = "breached"
        Met = "met"
        Cancelled = "cancelled"
    }
    SlaTarget {
        Response = "response"
        Update = "update"
        Resolution = "resolution"
    }
    SourceKind {
        Alertmanager = "alertmanager"
        Events = "events"
    }
    SuppressionKind {
        Window = "window"
        KnownIssue = "known_issue"
        Dependency = "dependency"
        Snooze = "snooze"
        MassLoss = "mass_loss"
        Flapping = "flapping"
    }
    TuningKind {
        Threshold = "threshold"
        Hold = "hold"
        Severity = "severity"
        Suppression = "suppression"
    }
    WindowState {
        Scheduled = "scheduled"
        Open = "open"
        Ended = "ended"
        Cancelled = "cancelled"
        Settling = "settling"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the list holds all but the unspecified, each as the `.proto`
    /// file names it.
    fn is_whole<W: Word>(prefix: &str, name: impl Fn(W) -> &'static str) {
        for value in 1..100 {
            let Ok(word) = W::try_from(value) else { break };
            let expected = name(word).strip_prefix(prefix).unwrap().to_lowercase();
            assert_eq!(spelled::<W>(value), Some(expected.as_str()));
        }
        assert_eq!(spelled::<W>(0), None);
        assert_eq!(spelled::<W>(-1), None);
    }

    #[test]
    fn every_word_is_spelled_as_the_contract_names_it() {
        is_whole("ALERT_STATE_", |it: v1::AlertState| it.as_str_name());
        is_whole("ALERT_EVENT_KIND_", |it: v1::AlertEventKind| it.as_str_name());
        is_whole("CHANGE_KIND_", |it: v1::ChangeKind| it.as_str_name());
        is_whole("CHANGE_RISK_", |it: v1::ChangeRisk| it.as_str_name());
        is_whole("CHANGE_STATE_", |it: v1::ChangeState| it.as_str_name());
        is_whole("KNOWN_ISSUE_STATE_", |it: v1::KnownIssueState| it.as_str_name());
        is_whole("NOISE_REASON_", |it: v1::NoiseReason| it.as_str_name());
        is_whole("PAUSE_REASON_", |it: v1::PauseReason| it.as_str_name());
        is_whole("REPORT_FORMAT_", |it: v1::ReportFormat| it.as_str_name());
        is_whole("REPORT_KIND_", |it: v1::ReportKind| it.as_str_name());
        is_whole("REVIEW_STATUS_", |it: v1::ReviewStatus| it.as_str_name());
        is_whole("SLA_KIND_", |it: v1::SlaKind| it.as_str_name());
        is_whole("SLA_SEGMENT_STATE_", |it: v1::SlaSegmentState| it.as_str_name());
        is_whole("SLA_STATUS_", |it: v1::SlaStatus| it.as_str_name());
        is_whole("SLA_TARGET_", |it: v1::SlaTarget| it.as_str_name());
        is_whole("SOURCE_KIND_", |it: v1::SourceKind| it.as_str_name());
        is_whole("SUPPRESSION_KIND_", |it: v1::SuppressionKind| it.as_str_name());
        is_whole("TUNING_KIND_", |it: v1::TuningKind| it.as_str_name());
        is_whole("WINDOW_STATE_", |it: v1::WindowState| it.as_str_name());
        is_whole("CHECK_STATUS_", |it: v1::CheckStatus| it.as_str_name());
        is_whole("COMPLETENESS_", |it: v1::Completeness| it.as_str_name());
        is_whole("DISPOSITION_", |it: v1::Disposition| it.as_str_name());
        is_whole("ENDPOINT_KIND_", |it: v1::EndpointKind| it.as_str_name());
        is_whole("FAILURE_KIND_", |it: v1::FailureKind| it.as_str_name());
        is_whole("HAND_OVER_REASON_", |it: v1::HandOverReason| it.as_str_name());
        is_whole("NOTICE_STATE_", |it: v1::NoticeState| it.as_str_name());
        is_whole("PARTY_", |it: v1::Party| it.as_str_name());
        is_whole("PATCH_STATE_", |it: v1::PatchState| it.as_str_name());
        is_whole("PRESENCE_", |it: v1::Presence| it.as_str_name());
        is_whole("ROLE_", |it: v1::Role| it.as_str_name());
        is_whole("RUN_RESULT_", |it: v1::RunResult| it.as_str_name());
        is_whole("SEVERITY_", |it: v1::Severity| it.as_str_name());
        is_whole("UNIT_", |it: v1::Unit| it.as_str_name());
    }
}
