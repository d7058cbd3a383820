//! Noise and tuning, as messages.

use std::{collections::BTreeMap, fmt::Write as _};

use jiff::Timestamp;
use remit_collector_domain::{
    calendar::Calendar,
    matrix::Scope,
    noise::{Entry, Past},
    tuning::{self, Knob, Wish},
};
use remit_proto::{
    convert::{Wire as _, whole_seconds},
    v1,
};
use remit_shared::{EndpointKind, Tenant};

use crate::{adapters::matrices::InForce, reports::tune::Tried};

/// How many lines around a difference are shown.
const AROUND: usize = 2;

/// What people made of a check's alerts. `owner` names the team of one.
pub(crate) fn noise(
    entry: &Entry,
    past: &[Past],
    owner: impl Fn(&Past) -> Option<String>,
    hint: Option<Knob>,
) -> v1::NoiseRow {
    let mine = || past.iter().filter(|it| it.about.check == entry.check);
    let marked = mine().filter(|it| !it.marks.is_empty()).count();
    let said = entry.marks.iter().map(|it| format!("{}: {}", it.by, it.why));
    v1::NoiseRow {
        check: entry.check.to_string(),
        function: most(mine().map(|it| it.about.function.to_string())),
        team: most(mine().filter_map(owner)),
        alerts: count(entry.alerts),
        acted_on: count(entry.acted_on),
        self_resolved: count(entry.by_itself),
        night_pages: count(entry.at_night),
        flaps: count(entry.flapped),
        marked_noise: count(marked),
        reasons: said.collect(),
        hint: hint.map_or(v1::TuningKind::Unspecified, kind).into(),
    }
}

/// Which of them there are most of.
fn most(names: impl Iterator<Item = String>) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for it in names {
        *counts.entry(it).or_default() += 1;
    }
    counts.into_iter().max_by_key(|it| it.1).map(|it| it.0).unwrap_or_default()
}

pub(crate) fn kind(knob: Knob) -> v1::TuningKind {
    match knob {
        Knob::Threshold => v1::TuningKind::Threshold,
        Knob::Hold => v1::TuningKind::Hold,
        Knob::Severity => v1::TuningKind::Severity,
        Knob::Suppression => v1::TuningKind::Suppression,
    }
}

/// What is tuned; none if nobody said.
pub(crate) fn asked_knob(kind: v1::TuningKind) -> Option<Knob> {
    match kind {
        v1::TuningKind::Unspecified => None,
        v1::TuningKind::Threshold => Some(Knob::Threshold),
        v1::TuningKind::Hold => Some(Knob::Hold),
        v1::TuningKind::Severity => Some(Knob::Severity),
        v1::TuningKind::Suppression => Some(Knob::Suppression),
    }
}

/// A proposal, with what would have been since an instant.
pub(crate) fn proposal(
    tried: &Tried,
    in_force: &InForce,
    office: Option<&Calendar>,
    since: Timestamp,
    now: Timestamp,
) -> v1::TuningProposal {
    let proposal = &tried.proposal;
    let tenant = &in_force.matrix.tenant;
    let tuned = proposal.wish.knob();
    let tuning = v1::Tuning {
        tenant: tenant.to_string(),
        check: proposal.check.to_string(),
        selector: selector(&proposal.wish),
        kind: kind(tuned).into(),
        before: tried.before.clone(),
        after: tried.after.clone(),
        why: why(proposal),
    };
    let text = tried.text.as_deref().unwrap_or_default();
    v1::TuningProposal {
        command: command(tried, tenant),
        replay: Some(replay(tried, office, since, now)),
        diff: if text.is_empty() {
            String::new()
        } else {
            difference(&in_force.published.text, text)
        },
        toml: text.to_owned(),
        tuning: Some(tuning),
    }
}

fn why(proposal: &tuning::Proposal) -> String {
    let parts = [&proposal.because].into_iter().chain(&proposal.evidence);
    parts.map(String::as_str).collect::<Vec<_>>().join("; ")
}

fn replay(
    tried: &Tried,
    office: Option<&Calendar>,
    since: Timestamp,
    now: Timestamp,
) -> v1::TuningReplay {
    let (alerts, nights) = (tried.alerts(), tried.night(office));
    let compared = tried.compared.as_ref();
    let missed = compared.into_iter().flat_map(|it| it.missed.iter().chain(&it.unproven));
    let refusal = tried.refusal.as_ref().map(ToString::to_string);
    let caveats: Vec<String> = refusal.into_iter().chain(tried.caveats.iter().cloned()).collect();
    let delay = compared.map_or(0, |it| whole_seconds(it.delay));
    v1::TuningReplay {
        since: Some(since.to_wire()),
        until: Some(now.to_wire()),
        alerts_before: count(alerts.0),
        alerts_after: count(alerts.1),
        night_pages_before: count(nights.0),
        night_pages_after: count(nights.1),
        missed_alert_ids: missed.map(ToString::to_string).collect(),
        latest_delay_seconds: delay.try_into().unwrap_or(u32::MAX),
        caveat: caveats.join("; "),
    }
}

fn selector(wish: &Wish) -> Option<v1::Selector> {
    let selector = match wish {
        Wish::Limits(it) | Wish::Severity(it) => of_scope(&it.on),
        Wish::KnownIssue(it) => v1::Selector {
            endpoints: it.endpoints.iter().map(ToString::to_string).collect(),
            sites: it.sites.iter().map(ToString::to_string).collect(),
            instance: if it.instance == "*" { String::new() } else { it.instance.clone() },
            ..v1::Selector::default()
        },
    };
    (selector != v1::Selector::default()).then_some(selector)
}

fn of_scope(on: &Scope) -> v1::Selector {
    v1::Selector {
        endpoints: on.endpoints.iter().map(ToString::to_string).collect(),
        sites: on.sites.iter().map(ToString::to_string).collect(),
        tags: on.tags.iter().map(ToString::to_string).collect(),
        kind: on.kinds.first().map_or(0, EndpointKind::to_wire),
        ..v1::Selector::default()
    }
}

/// What to type to ask for both sides' agreement.
fn command(tried: &Tried, tenant: &Tenant) -> String {
    let proposal = &tried.proposal;
    let (check, reason) = (quoted(&proposal.check), quoted(&proposal.because));
    let about = of_selector(&selector(&proposal.wish).unwrap_or_default());
    match &proposal.wish {
        Wish::Limits(_) | Wish::Severity(_) => {
            let what = match proposal.wish.knob() {
                Knob::Threshold => "threshold",
                Knob::Hold => "hold",
                Knob::Severity => "severity",
                Knob::Suppression => "suppression",
            };
            format!(
                "remit change propose tuning {check} --tenant {tenant} --what {what} --to {}{about} \
                 --reason {reason}",
                quoted(&tried.after)
            )
        }
        Wish::KnownIssue(it) => {
            let title = quoted(&format!("{} is known", it.check));
            format!(
                "remit change propose known-issue --tenant {tenant} --title {title} --why {reason} \
                 --check {check}{about} --reason {reason}"
            )
        }
    }
}

/// A selection as somebody types it.
fn of_selector(it: &v1::Selector) -> String {
    let mut line = String::new();
    for (flag, values) in
        [("--endpoint", &it.endpoints), ("--site", &it.sites), ("--tag", &it.tags)]
    {
        for value in values {
            // Writing to a string cannot fail.
            let _ = write!(line, " {flag} {value}");
        }
    }
    if let Ok(kind) = EndpointKind::from_wire("kind", it.kind) {
        let _ = write!(line, " --kind {kind}");
    }
    if !it.instance.is_empty() {
        let _ = write!(line, " --instance {}", quoted(&it.instance));
    }
    line
}

/// One word for a shell, whatever is in it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// The one place where two texts differ, line by line.
fn difference(old: &str, new: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old[head..].iter().rev().zip(new[head..].iter().rev());
    let tail = rest.take_while(|(a, b)| a == b).count();
    let (before, after) = (&old[head..old.len() - tail], &new[head..new.len() - tail]);
    let context = |lines: &[&str]| lines.iter().map(|it| format!(" {it}")).collect::<Vec<_>>();
    let end = (new.len() - tail + AROUND).min(new.len());
    let mut lines = context(&new[head.saturating_sub(AROUND)..head]);
    lines.extend(before.iter().map(|it| format!("-{it}")));
    lines.extend(after.iter().map(|it| format!("+{it}")));
    lines.extend(context(&new[new.len() - tail..end]));
    lines.join("\n")
}

fn count(of: usize) -> u32 {
    of.try_into().unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_shown_with_what_stands_around_it() {
        let old = "a\nb\nc\nd\ne\nf\n";
        let new = old.replace("d\n", "D\nD2\n");
        assert_eq!(difference(old, &new), " b\n c\n-d\n+D\n+D2\n e\n f");
        assert_eq!(difference("a\n", "a\nb\n"), " a\n+b");
        assert_eq!(difference("x\nx\n", "x\nx\nx\n"), " x\n x\n+x");
    }

    #[test]
    fn a_reason_is_one_word_for_a_shell() {
        assert_eq!(quoted("don't $(rm)"), r"'don'\''t $(rm)'");
    }
}
