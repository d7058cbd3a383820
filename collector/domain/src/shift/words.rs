//! What is said of a shift.

use jiff::Timestamp;

use crate::{
    calendar::Calendar,
    matrix::show_length,
    shift::{Closing, Counts, NightAlert, NightDisposition, Shift},
};

/// So many alerts are named in a message.
const NAMED: usize = 50;

pub(super) fn left_subject(
    shift: &Shift,
    left: usize,
    calendar: &Calendar,
    opens: Timestamp,
) -> String {
    format!("{}: {} to be finished by {}", shift.tenant, alerts(left), clock(calendar, opens))
}

pub(super) fn left(left: &[&NightAlert]) -> String {
    let mut lines = vec![
        "Each is resolved, documented as a known issue, or put down for joint review; what is \
         left when the office opens is put down by itself."
            .to_owned(),
        String::new(),
    ];
    lines.extend(named(left.iter().copied(), left.len()));
    lines.join("\n")
}

pub(super) fn closed_subject(shift: &Shift, counts: &Counts) -> String {
    let (disposed, of) = counts.kpi();
    let Counts { joint_review, joint_review_auto, .. } = counts;
    let review = alerts(joint_review + joint_review_auto);
    format!(
        "{}: night before {}: {disposed} of {of} dealt with, {review} for joint review",
        shift.tenant, shift.day
    )
}

/// In one line.
pub(super) fn closed(closing: &Closing) -> String {
    let Counts { resolved, known_issue, joint_review, joint_review_auto, gone } = closing.counts;
    let late_by = show_length(closing.late_by);
    let late = if late_by == "0s" { String::new() } else { format!("; {late_by} late") };
    format!(
        "{}: {resolved} resolved, {known_issue} known, {joint_review} put down for joint review, \
         {joint_review_auto} put down by itself, {gone} gone by itself{late}",
        alerts(closing.counts.total())
    )
}

pub(super) fn closed_text(
    closing: &Closing,
    calendar: &Calendar,
    members: &[(NightDisposition, &NightAlert)],
) -> String {
    let night = closing.night;
    let (from, to) = (clock(calendar, night.from), clock(calendar, night.to));
    let mut lines = vec![format!("From {from} to {to}."), format!("{}.", closed(closing))];
    let of = |wanted| members.iter().filter(move |it| it.0 == wanted).map(|it| it.1);
    for (disposition, title) in [
        (NightDisposition::JointReviewAuto, "Nobody dealt with"),
        (NightDisposition::JointReview, "For joint review"),
    ] {
        let count = of(disposition).count();
        if count > 0 {
            lines.extend([String::new(), format!("{title}:")]);
            lines.extend(named(of(disposition), count));
        }
    }
    lines.join("\n")
}

fn named<'a>(alerts: impl Iterator<Item = &'a NightAlert>, count: usize) -> Vec<String> {
    let line = |it: &NightAlert| {
        format!("{}  {} ({}, {})", it.alert, it.summary, it.severity, it.holder.team)
    };
    let mut lines: Vec<String> = alerts.take(NAMED).map(line).collect();
    if count > NAMED {
        lines.push(format!("and {} more", count - NAMED));
    }
    lines
}

fn alerts(count: usize) -> String {
    if count == 1 { "1 alert".to_owned() } else { format!("{count} alerts") }
}

fn clock(calendar: &Calendar, at: Timestamp) -> String {
    let wall = calendar.zone.to_datetime(at);
    format!("{} {} {}", wall.date(), wall.strftime("%H:%M"), calendar.zone_name())
}
