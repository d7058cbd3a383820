//! What the parties promised each other.

use std::{collections::BTreeMap, fmt, str::FromStr};

use jiff::SignedDuration;
use remit_shared::{AgreementName, CalendarName, Severity, WordError};

/// How soon what must happen, and which hours count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// What it is called.
    pub name: AgreementName,
    /// The calendar whose hours count; `None` if every hour does.
    pub hours: Option<CalendarName>,
    /// How soon somebody must take notice.
    pub response: Targets,
    /// How soon it must be over.
    pub resolution: Targets,
    /// How often somebody must say how it stands.
    pub update: Targets,
    /// How soon a team must take notice once it has it.
    pub team_response: Targets,
    /// How soon a team must be done once it has it.
    pub team_resolution: Targets,
    /// From which share of a target on it is at risk, in percent.
    pub at_risk: u8,
    /// What the clocks may be stopped for.
    pub pause_reasons: Vec<PauseReason>,
    /// How long they may be stopped at once.
    pub pause_limit: SignedDuration,
}

/// How long something may take, by severity. What is not in it has no target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Targets(pub BTreeMap<Severity, SignedDuration>);

/// What the clocks may be stopped for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PauseReason {
    /// The customer must answer first.
    AwaitingCustomer,
    /// A third company must act first.
    AwaitingVendor,
    /// Both agreed on when it will be done.
    ApprovedWindow,
}

impl Agreement {
    /// The share of a target from which on it is at risk, unless somebody says
    /// otherwise.
    pub const AT_RISK: u8 = 75;
    /// How long the clocks may be stopped at once, unless somebody says
    /// otherwise.
    pub const PAUSE_LIMIT: SignedDuration = SignedDuration::from_hours(5 * 24);

    /// What holds if a matrix has no agreement of its own: the provider is the
    /// first to respond, at all hours.
    pub fn standard() -> Self {
        use Severity::{Critical, High, Low, Medium};
        Self {
            name: AgreementName::new("standard").expect("it is a valid name"),
            hours: None,
            response: Targets::of(&[(Critical, 15), (High, 30), (Medium, 240), (Low, 1440)]),
            resolution: Targets::of(&[(Critical, 240), (High, 480), (Medium, 1440), (Low, 7200)]),
            update: Targets::of(&[(Critical, 60), (High, 240)]),
            team_response: Targets::of(&[(Critical, 15), (High, 30), (Medium, 240)]),
            team_resolution: Targets::of(&[(Critical, 120), (High, 240), (Medium, 1440)]),
            at_risk: Self::AT_RISK,
            pause_reasons: PauseReason::ALL.to_vec(),
            pause_limit: Self::PAUSE_LIMIT,
        }
    }
}

impl Targets {
    /// Targets in minutes.
    fn of(minutes: &[(Severity, i64)]) -> Self {
        let targets =
            minutes.iter().map(|(severity, it)| (*severity, SignedDuration::from_mins(*it)));
        Self(targets.collect())
    }

    /// How long it may take.
    pub fn get(&self, severity: Severity) -> Option<SignedDuration> {
        self.0.get(&severity).copied()
    }
}

impl PauseReason {
    /// Every reason.
    pub const ALL: [Self; 3] = [Self::AwaitingCustomer, Self::AwaitingVendor, Self::ApprovedWindow];

    /// The one spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AwaitingCustomer => "awaiting_customer",
            Self::AwaitingVendor => "awaiting_vendor",
            Self::ApprovedWindow => "approved_window",
        }
    }
}

impl FromStr for PauseReason {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        Self::ALL.into_iter().find(|it| it.as_str() == text).ok_or_else(|| WordError {
            kind: "pause reason",
            got: text.chars().take(40).flat_map(char::escape_default).collect(),
            known: Self::ALL.map(Self::as_str).join(", "),
        })
    }
}

impl fmt::Display for PauseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_reason_reads_back_and_a_wrong_one_is_answered_with_the_right_ones() {
        for reason in PauseReason::ALL {
            assert_eq!(reason.to_string().parse(), Ok(reason));
        }
        let err = "lunch".parse::<PauseReason>().unwrap_err();
        let known = "awaiting_customer, awaiting_vendor, approved_window";
        assert_eq!(err.to_string(), format!("`lunch` is not a pause reason: use one of {known}"));
    }

    #[test]
    fn what_matters_more_is_promised_sooner() {
        let it = Agreement::standard();
        for targets in [it.response, it.resolution, it.update, it.team_response, it.team_resolution]
        {
            let by_severity: Vec<_> = targets.0.into_values().collect();
            assert!(by_severity.windows(2).all(|pair| pair[0] > pair[1]), "{by_severity:?}");
        }
    }
}
