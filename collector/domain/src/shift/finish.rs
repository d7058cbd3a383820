//! How a shift is listed and finished.

use jiff::{SignedDuration, Timestamp};
use remit_shared::{AlertId, Party};

use crate::{
    calendar::{Calendar, Segment},
    effect::AuditEntry,
    letter::{Audience, Notice},
    shift::{
        Closing, Counts, Disposed, MOST_LISTED, NOTICE, NightAlert, NightDisposition, Said, Shift,
        Step, members, night, opening, words,
    },
};

/// When [`step`] is to be asked next; `None` once the shift is finished, or if
/// its day is no longer a business day.
pub fn deadline(calendar: &Calendar, shift: &Shift) -> Option<Timestamp> {
    let opens = opening(calendar, shift.day).filter(|_| shift.closing.is_none())?;
    let is_listed = shift.listed_at.is_some_and(|it| it >= listing(opens));
    Some(if is_listed { opens } else { listing(opens) })
}

/// Tells the provider what is left if it is time, and finishes the shift if it
/// is over. Before that, and ever after, nothing changes.
///
/// A shift that is finished late is judged by what is known then: who worked
/// while nobody could write it down is not blamed.
pub fn step(calendar: &Calendar, shift: &Shift, alerts: &[NightAlert], now: Timestamp) -> Step {
    let mut step =
        Step { shift: shift.clone(), flag: Vec::new(), notices: Vec::new(), audit: Vec::new() };
    let due = deadline(calendar, shift).filter(|it| *it <= now);
    let Some(night) = due.and_then(|_| night(calendar, shift.day)) else { return step };
    if night.to <= now {
        finish(&mut step, calendar, night, alerts, now);
    } else {
        list(&mut step, calendar, night, alerts, now);
    }
    step
}

fn listing(opens: Timestamp) -> Timestamp {
    opens.checked_sub(NOTICE).unwrap_or(opens)
}

fn list(
    step: &mut Step,
    calendar: &Calendar,
    night: Segment,
    alerts: &[NightAlert],
    now: Timestamp,
) {
    step.shift.listed_at = Some(now);
    let mut left: Vec<&NightAlert> = members(alerts, night)
        .filter(|it| it.disposition(now) == NightDisposition::JointReviewAuto)
        .collect();
    if left.is_empty() {
        return;
    }
    left.sort_by_key(|it| (std::cmp::Reverse(it.severity), it.received_at, it.alert));
    step.notices.push(Notice {
        tenant: step.shift.tenant.clone(),
        to: Audience::Sides([Party::Provider].into()),
        by: night.to,
        page: false,
        subject: words::left_subject(&step.shift, left.len(), calendar, night.to),
        text: words::left(&left),
    });
}

fn finish(
    step: &mut Step,
    calendar: &Calendar,
    night: Segment,
    alerts: &[NightAlert],
    now: Timestamp,
) {
    let mut members: Vec<(NightDisposition, &NightAlert)> =
        members(alerts, night).map(|it| (it.disposition(now), it)).collect();
    members.sort_by_key(|(disposition, it)| {
        (*disposition, std::cmp::Reverse(it.severity), it.received_at, it.alert)
    });
    members.dedup_by_key(|(_, it)| it.alert);
    let counts = members.iter().fold(Counts::default(), |mut counts, (disposition, _)| {
        *counts.of(*disposition) += 1;
        counts
    });
    let late_by = now.duration_since(night.to).max(SignedDuration::ZERO);
    let listed = members.iter().take(MOST_LISTED);
    let closing = Closing {
        night,
        at: now,
        late_by,
        counts,
        alerts: listed
            .map(|(disposition, it)| Disposed { alert: it.alert, disposition: *disposition })
            .collect(),
    };
    step.flag = members.iter().filter_map(|(disposition, it)| to_flag(*disposition, it)).collect();
    let tenant = &step.shift.tenant;
    step.audit.push(AuditEntry {
        at: now,
        tenant: Some(tenant.clone()),
        actor: "remit".to_owned(),
        action: "shift.close".to_owned(),
        object: format!("shift {tenant} {}", step.shift.day),
        detail: words::closed(&closing),
    });
    if counts.total() > 0 {
        step.notices.push(Notice {
            tenant: tenant.clone(),
            to: Audience::Sides([Party::Provider, Party::Internal].into()),
            by: now,
            page: false,
            subject: words::closed_subject(&step.shift, &counts),
            text: words::closed_text(&closing, calendar, &members),
        });
    }
    step.shift.closing = Some(closing);
}

/// What a shift put down before needs no second flag; it stays a miss.
fn to_flag(disposition: NightDisposition, it: &NightAlert) -> Option<AlertId> {
    let is_flagged = matches!(it.said, Some(Said::JointReview { .. }));
    let is_left = disposition == NightDisposition::JointReviewAuto;
    (is_left && !is_flagged).then_some(it.alert)
}

impl Counts {
    fn of(&mut self, disposition: NightDisposition) -> &mut usize {
        match disposition {
            NightDisposition::JointReviewAuto => &mut self.joint_review_auto,
            NightDisposition::JointReview => &mut self.joint_review,
            NightDisposition::KnownIssue => &mut self.known_issue,
            NightDisposition::Resolved => &mut self.resolved,
            NightDisposition::Gone => &mut self.gone,
        }
    }
}
