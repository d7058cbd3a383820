//! How much a check is noise, and why.

use jiff::SignedDuration;

use crate::{
    detect::span,
    noise::{ENOUGH, Entry, Verdict},
};

/// From here on it is noise.
const NOISE: u32 = 600;

/// From here on it is doubtful.
const DOUBTFUL: u32 = 350;

/// What is over by itself so soon was hardly there.
const SOON: SignedDuration = SignedDuration::from_mins(15);

/// What alerts are told of at night, and come back for, weighs in here.
const WEIGHTS: [u32; 5] = [500, 200, 100, 100, 100];

/// Fills in score, verdict and reasons.
pub(super) fn judge(entry: &mut Entry) {
    let all = entry.alerts;
    let ignored = all - entry.acted_on;
    let is_soon = entry.median.is_some_and(|it| it <= SOON);
    let soon = if is_soon { entry.by_itself } else { 0 };
    let restless = (entry.flapped + entry.reopened).min(all);
    let shares = [
        permille(ignored, all),
        permille(soon, all),
        permille(restless, all),
        permille(entry.at_night, entry.messages),
        if entry.marks.is_empty() { 0 } else { 1_000 },
    ];
    entry.score = shares.iter().zip(WEIGHTS).map(|(share, weight)| share * weight / 1_000).sum();
    // Most of it is worth somebody's while, whatever else speaks against it.
    let is_acted_on = entry.acted_on * 2 >= all;
    entry.verdict = if all < ENOUGH && entry.marks.is_empty() {
        Verdict::TooFew
    } else if is_acted_on && entry.too_late * 2 >= entry.acted_on.max(1) {
        Verdict::TooQuiet
    } else if is_acted_on {
        Verdict::Useful
    } else if entry.score >= NOISE {
        Verdict::Noise
    } else if entry.score >= DOUBTFUL {
        Verdict::Doubtful
    } else {
        Verdict::Useful
    };
    entry.reasons = reasons(entry);
}

fn reasons(entry: &Entry) -> Vec<String> {
    let Entry { alerts, acted_on, too_late, by_itself, at_night, messages, .. } = entry;
    let mut reasons = vec![format!("people acted on {acted_on} of {alerts}")];
    if *too_late > 0 {
        reasons.push(format!("of those, {too_late} later than agreed"));
    }
    if let Some(median) = entry.median {
        reasons.push(format!(
            "{by_itself} went away by themselves, in the middle after {}",
            span(median)
        ));
    }
    if *at_night > 0 {
        reasons.push(format!("{at_night} of {messages} messages came while the office was shut"));
    }
    if entry.flapped > 0 {
        reasons.push(format!("{} changed too often to be told each time", entry.flapped));
    }
    if entry.reopened > 0 {
        reasons.push(format!("they came back {} times soon after they were over", entry.reopened));
    }
    reasons.extend(entry.marks.iter().map(|it| format!("{} calls it noise: {}", it.by, it.why)));
    reasons
}

fn permille(part: usize, whole: usize) -> u32 {
    u32::try_from(part.saturating_mul(1_000) / whole.max(1)).unwrap_or(1_000).min(1_000)
}
