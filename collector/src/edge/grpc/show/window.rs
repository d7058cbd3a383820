//! Maintenance windows as messages.

use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};
use remit_collector_domain::{
    alert::{Actor, Alert},
    calendar::Segment,
    window::{
        self, Effects, Finding, Phase, Recurrence, Selector, Spec, SuppressedEntry, Timing, Window,
        next_occurrence, open_at,
    },
};
use remit_proto::{
    convert::{InvalidMessage, Wire as _, whole_seconds},
    v1,
};
use remit_shared::{EndpointKind, Function, Severity, Site, Tag};

use super::each;

/// How long things may take to come back if nobody says.
const GRACE: SignedDuration = SignedDuration::from_mins(5);

/// How a local time is written.
const LOCAL: &str = "%Y-%m-%dT%H:%M";

/// A window as of now, as far as it says itself.
pub(crate) fn window(window: &Window, now: Timestamp) -> v1::Window {
    let ending = window.cancelled.as_ref().or(window.ended.as_ref().map(|it| &it.ending));
    let occurrence = open_at(window, now).or_else(|| next_occurrence(window, now));
    v1::Window {
        window_id: window.id.to_string(),
        spec: Some(spec(window)),
        state: state(window, now).into(),
        requested_by: window.requested_by.to_string(),
        requested_at: Some(window.requested_at.to_wire()),
        change_id: window.spec.change.map(|it| it.to_string()).unwrap_or_default(),
        approvals: window.approved_by.iter().map(approval).collect(),
        occurrence: occurrence.map(|it| self::occurrence(window, it)),
        ended_at: ending.map(|it| it.at.to_wire()),
        ended_by: ending.map(|it| it.by.to_string()).unwrap_or_default(),
        end_reason: ending.map(|it| it.why.clone()).unwrap_or_default(),
        suppressed_dropped: window.log_dropped,
        ..Default::default()
    }
}

fn approval(by: &Actor) -> v1::Approval {
    v1::Approval { party: by.party.to_wire(), by: by.name.clone(), ..Default::default() }
}

/// What nobody was told of.
pub(crate) fn suppressed(it: &SuppressedEntry, told_at_end: bool) -> v1::SuppressedAlert {
    v1::SuppressedAlert {
        at: Some(it.at.to_wire()),
        alert_id: it.alert.to_string(),
        hostname: it.hostname.clone(),
        summary: it.what.clone(),
        severity: it.severity.to_wire(),
        told_at_end,
    }
}

/// What was found after the end; `alert` is the one about it.
pub(crate) fn post_check(
    at: Timestamp,
    found: &Finding,
    hostname: String,
    alert: Option<&Alert>,
) -> v1::PostCheck {
    let (after, detail) = match alert.filter(|it| it.is_unresolved()) {
        Some(it) if Severity::High <= it.severity => (v1::CheckStatus::Crit, it.summary.clone()),
        Some(it) => (v1::CheckStatus::Warn, it.summary.clone()),
        None => (v1::CheckStatus::Ok, "well again since".to_owned()),
    };
    let instance = &found.condition.instance;
    let of = if instance.is_empty() { String::new() } else { format!("{instance}: ") };
    v1::PostCheck {
        at: Some(at.to_wire()),
        endpoint_id: found.condition.endpoint.to_string(),
        hostname,
        check: found.condition.check.to_string(),
        before: v1::CheckStatus::Ok.into(),
        after: after.into(),
        detail: of + &detail,
    }
}

/// Where a window stands, whether or not anybody ticked.
pub(crate) fn state(window: &Window, now: Timestamp) -> v1::WindowState {
    match window.phase {
        _ if window.cancelled.is_some() => v1::WindowState::Cancelled,
        Phase::Over { .. } => v1::WindowState::Ended,
        Phase::Waiting { .. } | Phase::Open { .. } | Phase::Settling { .. } => {
            match (open_at(window, now), next_occurrence(window, now)) {
                (Some(_), _) => v1::WindowState::Open,
                (None, _) if is_settling(window) => v1::WindowState::Settling,
                (None, Some(_)) => v1::WindowState::Scheduled,
                (None, None) => v1::WindowState::Ended,
            }
        }
    }
}

fn is_settling(window: &Window) -> bool {
    matches!(window.phase, Phase::Settling { .. })
}

/// One stretch for which it is open.
pub(crate) fn occurrence(window: &Window, it: Segment) -> v1::Occurrence {
    let (from, to) = (Some(it.from.to_wire()), Some(it.to.to_wire()));
    v1::Occurrence { from, to, note: clocks(window, it) }
}

/// What a change of clocks does to one occurrence, if one does.
fn clocks(window: &Window, it: Segment) -> String {
    let Spec { zone, timing, .. } = &window.spec;
    let start = match timing {
        Timing::Once { start } => *start,
        Timing::Recurring(it) => it.start(),
    };
    let (opens, shuts) = (zone.to_datetime(it.from), zone.to_datetime(it.to));
    let changes = zone.to_offset(it.from) != zone.to_offset(it.to);
    if opens.time() != start.time() {
        let (asked, opens) = (start.strftime("%H:%M"), opens.strftime("%H:%M"));
        format!("the clocks skip {asked}: it opens at {opens}")
    } else if changes {
        let (opens, shuts) = (opens.strftime("%H:%M"), shuts.strftime("%H:%M"));
        format!("the clocks change meanwhile: from {opens} to {shuts} on the wall")
    } else {
        String::new()
    }
}

fn spec(window: &Window) -> v1::WindowSpec {
    let spec = &window.spec;
    let (start, rrule) = match &spec.timing {
        Timing::Once { start } => (*start, String::new()),
        Timing::Recurring(it) => (it.start(), it.rule().to_string()),
    };
    let seconds = |it| u32::try_from(whole_seconds(it)).unwrap_or(u32::MAX);
    v1::WindowSpec {
        tenant: window.tenant.to_string(),
        title: spec.title.clone(),
        why: spec.why.clone(),
        selector: Some(selector(&spec.selector)),
        zone: spec.zone.iana_name().unwrap_or("UTC").to_owned(),
        starts_at: start.strftime(LOCAL).to_string(),
        rrule,
        duration_seconds: seconds(spec.duration),
        covers_open: spec.covers_open,
        grace_seconds: seconds(spec.grace),
        blackout: spec.effects.suppress_patch,
        loud: !spec.effects.suppress_notify,
        for_patching: spec.for_patching,
    }
}

fn selector(it: &Selector) -> v1::Selector {
    v1::Selector {
        endpoints: it.endpoints.iter().map(ToString::to_string).collect(),
        sites: it.sites.iter().map(ToString::to_string).collect(),
        tags: it.tags.iter().map(ToString::to_string).collect(),
        kind: it.kinds.first().map_or(0, |it| it.to_wire()),
        functions: it.functions.iter().map(ToString::to_string).collect(),
        checks: it.checks.iter().cloned().collect(),
        instance: String::new(),
    }
}

/// What is asked for; `zone` is the tenant's.
pub(crate) fn asked(asked: v1::WindowSpec, zone: TimeZone) -> Result<Spec, InvalidMessage> {
    let zone = match asked.zone.as_str() {
        "" => zone,
        named => TimeZone::get(named)
            .map_err(|_| InvalidMessage::new("zone", format!("has no zone `{named}`")))?,
    };
    let start: DateTime = asked.starts_at.parse().map_err(|_| {
        let words = format!("is no local time such as 2026-11-28T22:00: `{}`", asked.starts_at);
        InvalidMessage::new("starts_at", words)
    })?;
    let timing = match asked.rrule.as_str() {
        "" => Timing::Once { start },
        rule => {
            let rule = rule.parse().map_err(|err: window::rule::RuleError| {
                InvalidMessage::new("rrule", err.to_string())
            })?;
            Timing::Recurring(Recurrence::new(rule, start))
        }
    };
    Ok(Spec {
        title: asked.title,
        why: asked.why,
        selector: asked_selector(asked.selector.unwrap_or_default())?,
        effects: Effects { suppress_notify: !asked.loud, suppress_patch: asked.blackout },
        zone,
        timing,
        duration: SignedDuration::from_secs(asked.duration_seconds.into()),
        grace: match asked.grace_seconds {
            0 => GRACE,
            some => SignedDuration::from_secs(some.into()),
        },
        for_patching: asked.for_patching,
        covers_open: asked.covers_open,
        change: None,
    })
}

fn asked_selector(asked: v1::Selector) -> Result<Selector, InvalidMessage> {
    if !asked.instance.is_empty() {
        let words = "cannot be chosen for a window: it covers all instances of a check";
        return Err(InvalidMessage::new("instance", words));
    }
    let functions = each("functions", &asked.functions, Function::new)?;
    let endpoints = each("endpoints", &asked.endpoints, |it| it.parse())?;
    let sites = each("sites", &asked.sites, Site::new)?;
    let tags = each("tags", &asked.tags, Tag::new)?;
    let kind = Some(asked.kind).filter(|it| *it != 0);
    let kind = kind.map(|it| EndpointKind::from_wire("kind", it)).transpose()?;
    Ok(Selector {
        functions,
        endpoints,
        sites,
        kinds: kind.into_iter().collect(),
        tags,
        checks: asked.checks.into_iter().collect(),
    })
}
