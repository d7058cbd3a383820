//! Alerts as messages, and the words that people send about them.

use remit_collector_domain::alert::{
    Alert, Delivery, Disposition, Entry, EntryKind, HandOverReason, Notice, NoticeId, Remit, State,
    deadline, next_rung,
};
use remit_proto::{
    convert::{InvalidMessage, Wire as _},
    v1,
};
use remit_shared::{Team, Tenant};

/// An alert; timeline and messages only with `whole`.
pub(crate) fn alert(alert: &Alert, revision: u64, whole: bool) -> v1::Alert {
    let about = &alert.about;
    let (state, acknowledgement, resolved_at) = match &alert.state {
        State::Open => (v1::AlertState::Open, None, None),
        State::Acknowledged(ack) => {
            let acknowledgement = v1::Acknowledgement {
                by: ack.by.name.clone(),
                team: ack.by.team.to_string(),
                party: ack.by.party.to_wire(),
                at: Some(ack.at.to_wire()),
                expires_at: Some(ack.expires_at.to_wire()),
                note: ack.note.clone(),
            };
            (v1::AlertState::Acknowledged, Some(acknowledgement), None)
        }
        State::Resolved { at, .. } => (v1::AlertState::Resolved, None, Some(at.to_wire())),
    };
    let (next_escalation_to, next_escalation_at) = match &alert.state {
        State::Open => {
            let (at, teams) = next_rung(&alert.remit, &alert.climb);
            (names(teams).join(", "), Some(at.to_wire()))
        }
        State::Acknowledged(_) => {
            (alert.remit.responsible.to_string(), deadline(alert).map(|it| it.to_wire()))
        }
        State::Resolved { .. } => (String::new(), None),
    };
    v1::Alert {
        alert_id: alert.id.to_string(),
        tenant: about.tenant.to_string(),
        site: about.site.to_string(),
        endpoint_id: about.endpoint.to_string(),
        hostname: about.hostname.clone(),
        check: about.check.to_string(),
        instance: about.instance.to_string(),
        function: about.function.to_string(),
        severity: alert.severity.to_wire(),
        state: state.into(),
        summary: alert.summary.clone(),
        evidence: alert.evidence.clone(),
        opened_at: Some(alert.opened_at.to_wire()),
        last_seen_at: Some(alert.last_seen_at.to_wire()),
        resolved_at,
        occurrences: alert.occurrences,
        reopened: alert.reopened,
        delayed: alert.delayed,
        responsibility: Some(responsibility(&about.tenant, &alert.remit)),
        acknowledgement,
        disposition: disposition(alert.disposition).into(),
        disposition_note: alert.disposition_note.clone(),
        next_escalation_to,
        next_escalation_at,
        revision,
        timeline: if whole { alert.timeline.iter().map(event).collect() } else { Vec::new() },
        notices: if whole {
            alert.notices.iter().map(|it| notice(alert, it)).collect()
        } else {
            Vec::new()
        },
        ..Default::default()
    }
}

/// Whose something is, and why.
pub(crate) fn responsibility(tenant: &Tenant, remit: &Remit) -> v1::Responsibility {
    v1::Responsibility {
        matrix_tenant: tenant.to_string(),
        matrix_version: remit.matrix_version,
        row: remit.row.clone(),
        responsible: remit.responsible.to_string(),
        accountable: remit.accountable.to_string(),
        consulted: names(&remit.consulted),
        informed: names(&remit.informed),
        party: remit.party.to_wire(),
        runbook: remit.runbook.clone(),
        reason: remit.reason.clone(),
        decided_at: Some(remit.decided_at.to_wire()),
        rejected: remit.rejected.clone(),
    }
}

fn names<'a>(teams: impl IntoIterator<Item = &'a Team>) -> Vec<String> {
    teams.into_iter().map(Team::to_string).collect()
}

/// One line of a timeline.
pub(crate) fn event(entry: &Entry) -> v1::AlertEvent {
    use v1::AlertEventKind as K;
    let kind = match entry.kind {
        EntryKind::Created => K::Created,
        EntryKind::Repeated => K::Repeated,
        EntryKind::SeverityChanged => K::SeverityChanged,
        EntryKind::Routed => K::Routed,
        EntryKind::Rerouted => K::Rerouted,
        EntryKind::Notified => K::Notified,
        EntryKind::DeliveryFailed => K::DeliveryFailed,
        EntryKind::NoRecipient => K::NoRecipient,
        EntryKind::Acknowledged => K::Acknowledged,
        EntryKind::AckExpired => K::AckExpired,
        EntryKind::Escalated => K::Escalated,
        EntryKind::HandedOff => K::HandedOff,
        EntryKind::Resolved => K::Resolved,
        EntryKind::Reopened => K::Reopened,
        EntryKind::DispositionSet => K::DispositionSet,
        EntryKind::NoteAdded => K::NoteAdded,
    };
    v1::AlertEvent {
        at: Some(entry.at.to_wire()),
        kind: kind.into(),
        actor: entry.actor.clone(),
        detail: entry.detail.clone(),
    }
}

fn notice(alert: &Alert, notice: &Notice) -> v1::Notice {
    let (state, attempts, at, error) = match &notice.delivery {
        Delivery::Pending => (v1::NoticeState::Pending, 0, None, ""),
        Delivery::Delivered { at, attempts } => {
            (v1::NoticeState::Delivered, *attempts, Some(at), "")
        }
        Delivery::Failing { at, attempts, error } => {
            (v1::NoticeState::Failing, *attempts, Some(at), error.as_str())
        }
        Delivery::Failed { at, attempts, error } => {
            (v1::NoticeState::Failed, *attempts, Some(at), error.as_str())
        }
    };
    v1::Notice {
        notice_id: NoticeId { alert: alert.id, number: notice.number }.to_string(),
        team: notice.team.to_string(),
        channel: notice.channel.clone(),
        about: notice.topic.as_str().to_owned(),
        state: state.into(),
        attempts,
        last_attempt_at: at.map(|it| it.to_wire()),
        last_error: error.to_owned(),
        ..Default::default()
    }
}

fn disposition(disposition: Disposition) -> v1::Disposition {
    match disposition {
        Disposition::None => v1::Disposition::None,
        Disposition::Resolved => v1::Disposition::Resolved,
        Disposition::KnownIssue => v1::Disposition::KnownIssue,
        Disposition::JointReview => v1::Disposition::JointReview,
    }
}

/// The disposition that somebody asks for.
pub(crate) fn asked_disposition(asked: v1::Disposition) -> Result<Disposition, InvalidMessage> {
    match asked {
        v1::Disposition::Unspecified => Err(InvalidMessage::new("disposition", "is unspecified")),
        v1::Disposition::None => Ok(Disposition::None),
        v1::Disposition::Resolved => Ok(Disposition::Resolved),
        v1::Disposition::KnownIssue => Ok(Disposition::KnownIssue),
        v1::Disposition::JointReview => Ok(Disposition::JointReview),
    }
}

/// The reason that somebody gives for a hand-over.
pub(crate) fn asked_reason(asked: v1::HandOverReason) -> Result<HandOverReason, InvalidMessage> {
    match asked {
        v1::HandOverReason::Unspecified => Err(InvalidMessage::new("reason", "is unspecified")),
        v1::HandOverReason::NeedsCredential => Ok(HandOverReason::NeedsCredential),
        v1::HandOverReason::NeedsOnSite => Ok(HandOverReason::NeedsOnSite),
        v1::HandOverReason::BusinessContext => Ok(HandOverReason::BusinessContext),
        v1::HandOverReason::SecuritySuspicion => Ok(HandOverReason::SecuritySuspicion),
        v1::HandOverReason::VendorWait => Ok(HandOverReason::VendorWait),
        v1::HandOverReason::Manual => Ok(HandOverReason::Manual),
    }
}
