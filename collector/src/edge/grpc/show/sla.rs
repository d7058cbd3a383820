//! How an alert's time was spent, as messages.

use jiff::{SignedDuration, Timestamp};
use remit_collector_domain::{
    alert::Alert,
    sla::{self, ClockKind, Line, LineState, PauseReason, Promise, Status, Terms},
};
use remit_proto::{
    convert::{InvalidMessage, Wire as _},
    v1,
};

/// An alert's ledger as of now.
pub(crate) fn sla(alert: &Alert, terms: &Terms, now: Timestamp) -> v1::AlertSla {
    let ledger = sla::ledger(terms, alert.severity, &alert.clocks, now);
    let parties = ledger.by_team.iter().map(|(holder, totals)| v1::PartyTime {
        party: holder.party.to_wire(),
        team: holder.team.to_string(),
        counted_ms: millis(totals.running),
        paused_ms: millis(totals.paused),
    });
    v1::AlertSla {
        alert_id: alert.id.to_string(),
        zone: terms.calendar.as_ref().map(|it| it.zone_name().to_owned()).unwrap_or_default(),
        as_of: Some(now.to_wire()),
        parties: parties.collect(),
        clocks: ledger.promises.iter().map(|it| clock(it, terms, &ledger.lines)).collect(),
    }
}

/// How the contract stands, in short; `None` if nothing was promised.
pub(crate) fn summary(alert: &Alert, terms: &Terms, now: Timestamp) -> Option<v1::SlaSummary> {
    let ledger = sla::ledger(terms, alert.severity, &alert.clocks, now);
    let is_contract = |it: &&Promise| match it.kind {
        ClockKind::Response | ClockKind::Resolution | ClockKind::Update => true,
        ClockKind::TeamResponse | ClockKind::TeamResolution => false,
    };
    let promises: Vec<&Promise> = ledger.promises.iter().filter(is_contract).collect();
    // Late first, then what is nearly late, then what has time.
    let badness = |it: &Promise| match it.status {
        Status::Breached => 4,
        Status::AtRisk => 3,
        Status::OnTrack => 2,
        Status::Met => 1,
        Status::Cancelled => 0,
    };
    let worst = promises.iter().max_by_key(|it| badness(it))?;
    let is_owed = |it: &&&Promise| matches!(it.status, Status::OnTrack | Status::AtRisk);
    let next = promises.iter().filter(is_owed).min_by_key(|it| it.left);
    // Nothing is owed any more: the one with the least to spare tells most.
    let next = next.or_else(|| promises.iter().min_by_key(|it| it.left))?;
    let due = |kind| {
        let of_kind = |it: &&&Promise| it.kind == kind;
        let promise = promises.iter().filter(of_kind).find(is_owed);
        promise.and_then(|it| it.deadline).map(|it| it.to_wire())
    };
    let (target_ms, spent_ms) = (next.target.map_or(0, millis), millis(next.spent));
    let percent = spent_ms.saturating_mul(100).checked_div(target_ms).unwrap_or(0);
    let pause = alert.clocks.pause.as_ref();
    Some(v1::SlaSummary {
        agreement: terms.agreement.name.to_string(),
        status: status(worst.status).into(),
        response_deadline: due(ClockKind::Response),
        resolution_deadline: due(ClockKind::Resolution),
        target: kind(next.kind).1.into(),
        target_ms,
        left_ms: next.left.map_or(0, signed_millis),
        percent: u32::try_from(percent).unwrap_or(u32::MAX),
        paused: pause.map_or(v1::PauseReason::Unspecified, |it| shown_pause(it.reason)).into(),
        paused_until: pause.map(|it| it.until.to_wire()),
    })
}

fn kind(kind: ClockKind) -> (v1::SlaKind, v1::SlaTarget) {
    match kind {
        ClockKind::Response => (v1::SlaKind::Contract, v1::SlaTarget::Response),
        ClockKind::Resolution => (v1::SlaKind::Contract, v1::SlaTarget::Resolution),
        ClockKind::Update => (v1::SlaKind::Contract, v1::SlaTarget::Update),
        ClockKind::TeamResponse => (v1::SlaKind::Team, v1::SlaTarget::Response),
        ClockKind::TeamResolution => (v1::SlaKind::Team, v1::SlaTarget::Resolution),
    }
}

fn status(status: Status) -> v1::SlaStatus {
    match status {
        Status::OnTrack => v1::SlaStatus::OnTrack,
        Status::AtRisk => v1::SlaStatus::AtRisk,
        Status::Breached => v1::SlaStatus::Breached,
        Status::Met => v1::SlaStatus::Met,
        Status::Cancelled => v1::SlaStatus::Cancelled,
    }
}

fn shown_pause(reason: PauseReason) -> v1::PauseReason {
    match reason {
        PauseReason::AwaitingCustomer => v1::PauseReason::AwaitingCustomer,
        PauseReason::AwaitingVendor => v1::PauseReason::AwaitingVendor,
        PauseReason::ApprovedWindow => v1::PauseReason::ApprovedWindow,
    }
}

fn clock(promise: &Promise, terms: &Terms, lines: &[Line]) -> v1::SlaClock {
    let (kind, target) = kind(promise.kind);
    let is_contract = kind == v1::SlaKind::Contract;
    // While it was owed, and a team's only while that team had it.
    let segments = lines.iter().filter(|it| {
        promise.ended.is_none_or(|end| it.from < end)
            && (is_contract || (it.to > promise.since && it.holder == promise.holder))
    });
    let breached = promise.deadline.filter(|_| promise.status == Status::Breached);
    let calendar = terms.calendar.as_ref().map(|it| it.name.to_string());
    v1::SlaClock {
        kind: kind.into(),
        agreement: terms.agreement.name.to_string(),
        target: target.into(),
        team: if is_contract { String::new() } else { promise.holder.team.to_string() },
        calendar: calendar.unwrap_or_default(),
        target_ms: promise.target.map_or(0, millis),
        elapsed_ms: millis(promise.spent),
        left_ms: promise.left.map_or(0, signed_millis),
        deadline: promise.deadline.map(|it| it.to_wire()),
        status: status(promise.status).into(),
        breached_at: breached.map(|it| it.to_wire()),
        stopped_at: promise.ended.map(|it| it.to_wire()),
        segments: segments.map(segment).collect(),
    }
}

fn segment(line: &Line) -> v1::SlaSegment {
    let (state, reason) = match &line.state {
        LineState::Running => (v1::SlaSegmentState::Running, String::new()),
        LineState::OutOfHours => (v1::SlaSegmentState::OutOfHours, String::new()),
        LineState::Paused(reason) => (v1::SlaSegmentState::Paused, reason.to_string()),
        LineState::Suspended(why) => (v1::SlaSegmentState::Suspended, why.clone()),
        LineState::Over => (v1::SlaSegmentState::Over, String::new()),
    };
    v1::SlaSegment {
        state: state.into(),
        party: line.holder.party.to_wire(),
        team: line.holder.team.to_string(),
        reason,
        by: line.by.clone(),
        from: Some(line.from.to_wire()),
        to: Some(line.to.to_wire()),
        counted_ms: millis(line.counted),
        matrix_version: line.matrix_version,
    }
}

fn millis(length: SignedDuration) -> u64 {
    u64::try_from(length.as_millis()).unwrap_or(0)
}

fn signed_millis(length: SignedDuration) -> i64 {
    i64::try_from(length.as_millis()).unwrap_or(i64::MAX)
}

/// The reason that somebody gives for stopping the clocks.
pub(crate) fn asked_pause(asked: v1::PauseReason) -> Result<PauseReason, InvalidMessage> {
    match asked {
        v1::PauseReason::Unspecified => Err(InvalidMessage::new("reason", "is unspecified")),
        v1::PauseReason::AwaitingCustomer => Ok(PauseReason::AwaitingCustomer),
        v1::PauseReason::AwaitingVendor => Ok(PauseReason::AwaitingVendor),
        v1::PauseReason::ApprovedWindow => Ok(PauseReason::ApprovedWindow),
    }
}
