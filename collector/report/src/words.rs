//! What is said in sentences.

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use remit_collector_domain::{
    matrix::show_length,
    report::{Bucket, Coverage, Remark, Span},
    sla::ClockKind,
};
use remit_shared::Party;

pub(crate) const fn title(span: Span) -> &'static str {
    match span {
        Span::Week => "Weekly report",
        Span::Month => "Monthly report",
        Span::Quarter => "Quarterly report",
    }
}

/// `2 to 8 November 2026`: what two dates have in common is said once.
pub(crate) fn days(first: Date, last: Date) -> String {
    let from = if first.year() != last.year() {
        "%-d %B %Y"
    } else if first.month() != last.month() {
        "%-d %B"
    } else {
        "%-d"
    };
    format!("{} to {}", first.strftime(from), last.strftime("%-d %B %Y"))
}

/// `2026-11-09 08:00 CET`.
pub(crate) fn moment(zone: &TimeZone, at: Timestamp) -> String {
    at.to_zoned_datetime(zone.clone()).strftime("%F %H:%M %Z").to_string()
}

/// `Mon 2 Nov`; a week by its first day.
pub(crate) fn bucket(it: &Bucket) -> String {
    match it.first == it.last {
        true => it.first.strftime("%a %-d %b").to_string(),
        false => format!("{} – {}", it.first.strftime("%-d %b"), it.last.strftime("%-d %b")),
    }
}

pub(crate) const fn party(party: Party) -> &'static str {
    match party {
        Party::Internal => "internal IT",
        Party::Provider => "provider",
        Party::Vendor => "vendor",
    }
}

pub(crate) const fn clock(kind: ClockKind) -> &'static str {
    match kind {
        ClockKind::Response => "Response",
        ClockKind::Resolution => "Resolution",
        ClockKind::Update => "Update",
        ClockKind::TeamResponse => "Taken up",
        ClockKind::TeamResolution => "Done",
    }
}

pub(crate) fn remark(zone: &TimeZone, remark: &Remark) -> String {
    match remark {
        Remark::NotKnown(it) => not_known(zone, it),
        Remark::Broken { kind, times, urgent } => {
            let kind = clock(*kind).to_lowercase();
            let urgent = match urgent {
                0 => "none of them for high or critical alerts".into(),
                urgent => format!("{urgent} for high or critical alerts"),
            };
            format!("{} missed, {urgent}.", count(*times, &format!("{kind} target")))
        }
        Remark::BackupsLate { things } => {
            format!("{} without a backup as young as agreed.", count_are(*things, "system"))
        }
        Remark::BackupsMissing { things } => {
            format!("{} not backed up at all.", count_are(*things, "system"))
        }
        Remark::SecurityPending { endpoints } => {
            format!("{} missing security patches.", count_are(*endpoints, "endpoint"))
        }
        Remark::Unknown { patches, backups } => format!(
            "No current answer from {} about patches and {} about backups; none of them counts \
             as in order.",
            count(*patches, "endpoint"),
            count(*backups, "system"),
        ),
        Remark::LeftOver { alerts } => format!(
            "Nobody dealt with {} of a night before the office opened; the joint review will.",
            count(*alerts, "alert")
        ),
        Remark::RowsOverdue { rows } => {
            format!("{} not reviewed for 120 days, or never.", count_were(*rows, "matrix row"))
        }
        Remark::ChangesWait { changes, by_party } => {
            let by: Vec<_> =
                by_party.iter().map(|(it, n)| format!("{n} for {}", party(*it))).collect();
            let by = if by.is_empty() { String::new() } else { format!(": {}", by.join(", ")) };
            format!("{} waiting for approval{by}.", count_are(*changes, "change"))
        }
        Remark::IssuesEnd { issues } => {
            let end = if *issues == 1 { "ends" } else { "end" };
            format!("{} {end} within 14 days.", count(*issues, "known issue"))
        }
        Remark::Noisy { check, alerts, for_nothing } => format!(
            "Nobody did anything about {for_nothing} of the {} of the check {check}.",
            count(*alerts, "alert")
        ),
        Remark::AllWell => "Nothing stands out: every promise was kept.".into(),
    }
}

fn not_known(zone: &TimeZone, coverage: &Coverage) -> String {
    let Coverage { known_since, unheard, days } = coverage;
    let since = known_since.map(|it| format!("nothing is known from before {}", moment(zone, it)));
    let unheard = (*days > 0).then(|| {
        let minutes = SignedDuration::from_mins(unheard.as_mins());
        let (length, days) = (show_length(minutes), count(*days, "day"));
        format!("nobody was listening for {length} on {days}")
    });
    let parts: Vec<String> = since.into_iter().chain(unheard).collect();
    format!("These numbers do not speak of all of it: {}.", parts.join(", and "))
}

/// `1 alert`, `2 alerts`.
pub(crate) fn count(n: usize, what: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{n} {what}{plural}")
}

fn count_are(n: usize, what: &str) -> String {
    format!("{} {}", count(n, what), if n == 1 { "is" } else { "are" })
}

fn count_were(n: usize, what: &str) -> String {
    format!("{} {}", count(n, what), if n == 1 { "was" } else { "were" })
}
