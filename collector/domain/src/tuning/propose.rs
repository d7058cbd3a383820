//! What could be different about a check, by what people made of its alerts.

use jiff::SignedDuration;
use remit_shared::Severity;

use crate::{
    detect::{Level, Rules, Threshold, span},
    known_issue::Matcher,
    matrix::{CheckOverride, EndpointRef, Scope},
    noise::{Entry, Narrow, Verdict},
    tuning::{Proposal, Wish},
};

/// No hold time is proposed that is longer: that hides more than it helps.
const LONGEST_HOLD: SignedDuration = SignedDuration::from_hours(1);

/// What could be different, what helps most first. `rules` are those that hold
/// for what the entry is about.
pub fn propose(entry: &Entry, rules: &Rules) -> Vec<Proposal> {
    match entry.verdict {
        Verdict::TooFew | Verdict::Useful => Vec::new(),
        Verdict::TooQuiet => severity(entry, rules, 1).into_iter().collect(),
        Verdict::Doubtful | Verdict::Noise => {
            let limits = rules.threshold(&entry.check);
            let quieter = [
                limits.and_then(|it| hold(entry, it)),
                limits.and_then(|it| threshold(entry, it)),
                known_issue(entry),
                severity(entry, rules, -1),
            ];
            quieter.into_iter().flatten().collect()
        }
    }
}

/// What is over by itself in a moment is worth waiting for.
fn hold(entry: &Entry, limits: &Threshold) -> Option<Proposal> {
    let median = entry.median.filter(|_| entry.by_itself * 2 > entry.alerts)?;
    // It had been bad for the hold time already when it was told.
    let minutes = median.saturating_add(limits.hold).as_secs().div_euclid(60).saturating_add(1);
    let wanted = SignedDuration::from_secs(minutes.saturating_mul(60));
    if wanted > LONGEST_HOLD {
        return None;
    }
    let because = format!(
        "half of those that went away by themselves would not have been told, had it waited for {} \
         instead of {} s",
        span(wanted),
        limits.hold.as_secs()
    );
    let wish = CheckOverride { hold: Some(wanted), ..wish(entry)? };
    Some(proposal(entry, Wish::Limits(wish), because))
}

/// A limit between what nobody acted on and what somebody did.
fn threshold(entry: &Entry, limits: &Threshold) -> Option<Proposal> {
    let (ignored, warn) = (entry.ignored_peak?.saturating_abs(), limits.warn?);
    let wanted = ignored.saturating_add(1);
    let is_too_far = |limit: Option<i64>| limit.is_some_and(|it| wanted > it);
    if wanted <= warn || is_too_far(entry.acted_peak) || is_too_far(limits.crit) {
        return None;
    }
    let clear = limits.clear.saturating_add(wanted - warn).min(wanted - 1);
    let because = format!("nobody acted on anything below {wanted}; the limit is {warn}");
    let wish = CheckOverride { warn: Some(wanted), clear: Some(clear), ..wish(entry)? };
    Some(proposal(entry, Wish::Limits(wish), because))
}

/// Where one thing makes most of the noise, that is known by now.
fn known_issue(entry: &Entry) -> Option<Proposal> {
    let mut matcher = Matcher {
        check: entry.check.to_string(),
        instance: "*".into(),
        endpoints: [].into(),
        sites: [].into(),
        functions: [].into(),
    };
    let what = match entry.narrow.as_ref()? {
        Narrow::Endpoint(it) => {
            matcher.endpoints.insert(*it);
            "one endpoint".to_owned()
        }
        Narrow::Site(it) => {
            matcher.sites.insert(it.clone());
            format!("site {it}")
        }
        // An instance of that name is on every endpoint.
        Narrow::Instance(it) => {
            matcher.instance = it.to_string();
            format!("`{it}`")
        }
    };
    let because = format!("most of these alerts are about {what}");
    Some(proposal(entry, Wish::KnownIssue(matcher), because))
}

/// One step louder, or quieter. How much another system's alert matters, it says
/// itself.
fn severity(entry: &Entry, rules: &Rules, step: isize) -> Option<Proposal> {
    rules.knows(&entry.check)?;
    let now = rules.severity(&entry.check, Level::Crit)?;
    let at = Severity::ALL.iter().position(|it| *it == now)?;
    let to = *Severity::ALL.get(at.checked_add_signed(step)?)?;
    let because = if step > 0 {
        format!("people act on it, and later than agreed: {to} instead of {now}")
    } else {
        format!("few act on it: {to} instead of {now}")
    };
    let wish = CheckOverride { severity: Some(to), ..wish(entry)? };
    Some(proposal(entry, Wish::Severity(wish), because))
}

fn proposal(entry: &Entry, wish: Wish, because: String) -> Proposal {
    Proposal { check: entry.check.clone(), wish, because, evidence: entry.reasons.clone() }
}

/// A wish for what the entry is about. Limits know no instances.
fn wish(entry: &Entry) -> Option<CheckOverride> {
    let mut on = Scope::everything();
    match &entry.narrow {
        None => {}
        Some(Narrow::Endpoint(it)) => {
            on.endpoints.insert(EndpointRef::Id(*it));
        }
        Some(Narrow::Site(it)) => {
            on.sites.insert(it.clone());
        }
        Some(Narrow::Instance(_)) => return None,
    }
    Some(CheckOverride { check: entry.check.to_string(), on, ..CheckOverride::default() })
}
