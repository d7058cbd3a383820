//! Alerts as messages, and the words that people send about them.

use remit_collector_domain::alert::{
    Alert, Blocked, Delivery, Disposed, Disposition, Entry, EntryKind, HandOverReason, NoiseMark,
    NoiseReason, Notice, NoticeId, Remit, State, Suppressor, next_step, next_targets,
};
use remit_collector_domain::{matrix::Call, people::Target, suppression::SuppressionKind};
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
            let targets = next_targets(alert);
            let targets: Vec<String> = targets.iter().map(Target::to_string).collect();
            (targets.join(", "), next_step(&alert.climb).map(|it| it.to_wire()))
        }
        State::Acknowledged(ack) => {
            (alert.remit.responsible.to_string(), Some(ack.expires_at.to_wire()))
        }
        State::Resolved { .. } => (String::new(), None),
    };
    let disposed = alert.disposed.as_ref();
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
        disposition: disposition(alert.disposition()).into(),
        disposition_note: disposed.map(|it| it.note.clone()).unwrap_or_default(),
        disposition_by: disposed.map(said_by).unwrap_or_default(),
        disposition_at: disposed.map(|it| it.at.to_wire()),
        disposition_auto: disposed.is_some_and(|it| it.is_automatic()),
        known_issue_id: text(disposed.and_then(|it| it.known_issue)),
        next_escalation_to,
        next_escalation_at,
        revision,
        timeline: if whole { alert.timeline.iter().map(event).collect() } else { Vec::new() },
        notices: if whole {
            alert.notices.iter().map(|it| notice(alert, it)).collect()
        } else {
            Vec::new()
        },
        suppressions: alert.suppressors.iter().filter(|it| it.mutes).map(suppression).collect(),
        flapping: alert.flap.since.is_some(),
        block: alert.blocked.as_ref().map(block),
        owner_differs: text(alert.owner_differs.as_ref()),
        parent_alert_id: parent(alert),
        follows_alert_id: text(alert.follows),
        generation: alert.climb.generation.into(),
        rule: alert.rule.clone(),
        sla: None,
        noise: alert.noise.as_ref().map(noise),
        unresolved: unresolved(alert),
        samples: Vec::new(),
    }
}

/// Who gave a disposition; Remit itself, if nobody did in time.
fn said_by(it: &Disposed) -> String {
    it.by.as_ref().map_or_else(|| "remit".to_owned(), |by| by.name.clone())
}

fn text(it: Option<impl ToString>) -> String {
    it.map(|it| it.to_string()).unwrap_or_default()
}

/// The alert that says already what this one would, if one does.
fn parent(alert: &Alert) -> String {
    let says_it = |it: &&Suppressor| it.mutes && it.what.kind == SuppressionKind::Dependency;
    text(alert.suppressors.iter().find(says_it).map(|it| &it.what.reference))
}

fn suppression(it: &Suppressor) -> v1::Suppression {
    let kind = match it.what.kind {
        SuppressionKind::Window => v1::SuppressionKind::Window,
        SuppressionKind::KnownIssue => v1::SuppressionKind::KnownIssue,
        SuppressionKind::Dependency => v1::SuppressionKind::Dependency,
        SuppressionKind::Snooze => v1::SuppressionKind::Snooze,
        SuppressionKind::MassLoss => v1::SuppressionKind::MassLoss,
        SuppressionKind::Flapping => v1::SuppressionKind::Flapping,
    };
    v1::Suppression {
        kind: kind.into(),
        reference: it.what.reference.clone(),
        why: it.what.why.clone(),
        since: Some(it.what.since.to_wire()),
        until: it.what.until.map(|at| at.to_wire()),
    }
}

fn block(it: &Blocked) -> v1::Block {
    let reason = match it.reason {
        HandOverReason::NeedsCredential => v1::HandOverReason::NeedsCredential,
        HandOverReason::NeedsOnSite => v1::HandOverReason::NeedsOnSite,
        HandOverReason::BusinessContext => v1::HandOverReason::BusinessContext,
        HandOverReason::SecuritySuspicion => v1::HandOverReason::SecuritySuspicion,
        HandOverReason::VendorWait => v1::HandOverReason::VendorWait,
        HandOverReason::Manual => v1::HandOverReason::Manual,
    };
    v1::Block {
        reason: reason.into(),
        note: it.note.clone(),
        by: it.by.name.clone(),
        since: Some(it.since.to_wire()),
        transfer_at: it.transfer_at.map(|at| at.to_wire()),
        to: it.to.to_string(),
    }
}

fn noise(it: &NoiseMark) -> v1::NoiseMark {
    let reason = match it.reason {
        NoiseReason::FalsePositive => v1::NoiseReason::FalsePositive,
        NoiseReason::NotActionable => v1::NoiseReason::NotActionable,
        NoiseReason::PoorDetails => v1::NoiseReason::PoorDetails,
    };
    v1::NoiseMark {
        reason: reason.into(),
        note: it.note.clone(),
        by: it.by.name.clone(),
        party: it.by.party.to_wire(),
        at: Some(it.at.to_wire()),
    }
}

/// What of an alert still waits for somebody, in the words of the protocol.
fn unresolved(alert: &Alert) -> Vec<String> {
    let nobody = alert.timeline.last().is_some_and(|it| it.kind == EntryKind::NoRecipient);
    let undisposed = alert.is_unresolved() && alert.disposition() == Disposition::None;
    let marks = [
        ("no_recipient", nobody),
        ("matrix_gap", alert.remit.gap && alert.is_unresolved()),
        ("owner_differs", alert.owner_differs.is_some()),
        ("undisposed", undisposed),
        ("joint_review", alert.disposition() == Disposition::JointReview),
    ];
    marks.into_iter().filter(|it| it.1).map(|it| it.0.to_owned()).collect()
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
        contacts: Vec::new(),
        on_call: String::new(),
    }
}

/// The same, with whom to ring.
pub(crate) fn reachable(whose: v1::Responsibility, call: &Call) -> v1::Responsibility {
    let contacts = call.contacts.iter().map(|(team, it)| v1::TeamContact {
        team: team.to_string(),
        name: it.name.clone(),
        phone: it.phone.clone(),
        email: it.email.clone(),
    });
    v1::Responsibility { contacts: contacts.collect(), on_call: call.on_call.clone(), ..whose }
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
        EntryKind::RouteRefused => K::RerouteRefused,
        EntryKind::Rescheduled => K::Rescheduled,
        EntryKind::Blocked => K::Blocked,
        EntryKind::Unblocked => K::Unblocked,
        EntryKind::Paused => K::Paused,
        EntryKind::Resumed => K::Resumed,
        EntryKind::AtRisk => K::SlaAtRisk,
        EntryKind::Breached => K::SlaBreached,
        EntryKind::Suppressed => K::Suppressed,
        EntryKind::Unsuppressed => K::Unsuppressed,
        EntryKind::NoiseMarked => K::NoiseMarked,
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
        Delivery::Withdrawn { at, why } => (v1::NoticeState::Failed, 0, Some(at), why.as_str()),
    };
    v1::Notice {
        notice_id: NoticeId { alert: alert.id, number: notice.number }.to_string(),
        team: notice.to.to_string(),
        channel: notice.channel.clone(),
        about: notice.topic.as_str().to_owned(),
        state: state.into(),
        attempts,
        last_attempt_at: at.map(|it| it.to_wire()),
        last_error: error.to_owned(),
        person: match &notice.to {
            Target::Person(it) => it.to_string(),
            Target::Team(_) | Target::Rota(_) => String::new(),
        },
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

/// The reason why somebody takes an alert for noise.
pub(crate) fn asked_noise(asked: v1::NoiseReason) -> Result<NoiseReason, InvalidMessage> {
    match asked {
        v1::NoiseReason::Unspecified => Err(InvalidMessage::new("reason", "is unspecified")),
        v1::NoiseReason::FalsePositive => Ok(NoiseReason::FalsePositive),
        v1::NoiseReason::NotActionable => Ok(NoiseReason::NotActionable),
        v1::NoiseReason::PoorDetails => Ok(NoiseReason::PoorDetails),
    }
}
