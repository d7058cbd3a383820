//! What somebody wants tried, in their own words.

use std::sync::Arc;

use remit_shared::{Severity, Unit};

use crate::{
    detect::{Level, Rules, show_value},
    known_issue::Matcher,
    matrix::{CheckOverride, EndpointRef, LengthError, Scope, parse_length, show_length},
    tuning::{Proposal, Wish},
};

/// What is tuned about a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Knob {
    /// From which value on it is bad.
    Threshold,
    /// How long it must be so.
    Hold,
    /// How much it matters.
    Severity,
    /// It is known, and to be documented as such.
    Suppression,
}

/// Why nothing can be tried.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WishError {
    /// The check is not about a value.
    #[error(
        "check `{0}` has no threshold: only its severity can be tuned, or a known issue declared"
    )]
    NoThreshold(String),
    /// It is no value of the metric.
    #[error(
        "`{0}` is no limit: write a whole number in the metric's unit, or a share like `92.5 %`"
    )]
    Limit(String),
    /// It is no length of time.
    #[error("`{text}` is no hold time")]
    Hold {
        /// What was given.
        text: String,
        /// Why it is none.
        #[source]
        source: LengthError,
    },
    /// It is no severity.
    #[error("`{0}` is no severity: use info, low, medium, high or critical")]
    Severity(String),
    /// Known issues say no instances of their own.
    #[error("a known issue needs no value: leave it out")]
    NoValue,
}

/// What somebody wants tried about a check, on some endpoints. `unit` is that of
/// the metric that the check watches, if it is known.
pub fn wish(
    check: &str,
    on: &Scope,
    knob: Knob,
    text: &str,
    unit: Option<Unit>,
    rules: &Rules,
) -> Result<Proposal, WishError> {
    let text = text.trim();
    let mut wanted =
        CheckOverride { check: check.to_owned(), on: on.clone(), ..CheckOverride::default() };
    let limits = || rules.threshold(check).ok_or_else(|| WishError::NoThreshold(check.to_owned()));
    let wish = match knob {
        Knob::Threshold => {
            let limits = limits()?;
            let warn = limit(text, unit).ok_or_else(|| WishError::Limit(text.to_owned()))?;
            // What is well again keeps its distance.
            let distance = limits.warn.map_or(1, |it| it - limits.clear).max(1);
            wanted.warn = Some(warn);
            wanted.clear = Some(warn.saturating_sub(distance));
            wanted.crit = limits.crit.filter(|it| *it < warn).map(|_| warn);
            Wish::Limits(wanted)
        }
        Knob::Hold => {
            limits()?;
            let held = parse_length(text);
            let held = held.map_err(|source| WishError::Hold { text: text.to_owned(), source })?;
            Wish::Limits(CheckOverride { hold: Some(held), ..wanted })
        }
        Knob::Severity => {
            let severity: Severity =
                text.parse().map_err(|_| WishError::Severity(text.to_owned()))?;
            Wish::Severity(CheckOverride { severity: Some(severity), ..wanted })
        }
        Knob::Suppression if text.is_empty() => Wish::KnownIssue(matcher(check, on)),
        Knob::Suppression => return Err(WishError::NoValue),
    };
    let because = "somebody wants to know".to_owned();
    Ok(Proposal { check: Arc::from(check), wish, because, evidence: Vec::new() })
}

fn matcher(check: &str, on: &Scope) -> Matcher {
    let ids = on.endpoints.iter().filter_map(|it| match it {
        EndpointRef::Id(id) => Some(*id),
        EndpointRef::Host(_) => None,
    });
    Matcher {
        check: check.to_owned(),
        instance: "*".into(),
        endpoints: ids.collect(),
        sites: on.sites.clone(),
        functions: [].into(),
    }
}

/// A whole number in the metric's unit, or a share in percent.
fn limit(text: &str, unit: Option<Unit>) -> Option<i64> {
    let Some(percent) = text.strip_suffix('%') else { return text.parse().ok() };
    let (whole, tenths) = percent.trim().split_once('.').unwrap_or((percent.trim(), "0"));
    let is_share = unit.is_none_or(|it| it == Unit::Permille) && tenths.len() == 1;
    let (whole, tenths): (u16, u16) = (whole.parse().ok()?, tenths.parse().ok()?);
    is_share.then_some(i64::from(whole) * 10 + i64::from(tenths))
}

impl Wish {
    /// What of the check is tuned.
    pub fn knob(&self) -> Knob {
        match self {
            Self::Limits(it) if it.hold.is_some() => Knob::Hold,
            Self::Limits(_) => Knob::Threshold,
            Self::Severity(_) => Knob::Severity,
            Self::KnownIssue(_) => Knob::Suppression,
        }
    }

    /// What holds now by some rules, and what is wished for; in words that
    /// [`wish`] reads.
    pub fn values(&self, check: &str, rules: &Rules, unit: Option<Unit>) -> (String, String) {
        let limits = rules.threshold(check);
        let show = |value: Option<i64>| match (value, unit) {
            (Some(value), Some(unit)) => show_value(value, unit),
            (Some(value), None) => value.to_string(),
            (None, _) => String::new(),
        };
        let severity = |it: Option<Severity>| it.map_or(String::new(), |it| it.to_string());
        match self {
            Self::Limits(CheckOverride { hold: Some(hold), .. }) => {
                (limits.map_or(String::new(), |it| show_length(it.hold)), show_length(*hold))
            }
            Self::Limits(it) => (show(limits.and_then(|it| it.warn)), show(it.warn)),
            Self::Severity(it) => {
                (severity(rules.severity(check, Level::Crit)), severity(it.severity))
            }
            Self::KnownIssue(_) => (String::new(), String::new()),
        }
    }
}
