//! What a tenant wants different about checks, for all endpoints or for some.
//!
//! Overrides are like rows: the narrower one wins, value by value, so that one
//! for a tag may set a threshold and leave the severity to one for everybody.
//!
//! # Invariants
//!
//! - An override that would put thresholds in an impossible order beside the
//!   others is left out as a whole; lint finds such combinations beforehand.

use jiff::SignedDuration;
use remit_shared::{Function, Severity};

use crate::{
    detect::{OverrideError, Rules},
    matrix::{Matrix, Scope, Subject, compare},
};

/// What a tenant wants different about one check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckOverride {
    /// The check.
    pub check: String,
    /// On which endpoints; functions, severity and hours say nothing here.
    pub on: Scope,
    /// Another kind of work.
    pub function: Option<Function>,
    /// Another warning threshold, in the metric's unit.
    pub warn: Option<i64>,
    /// Another critical threshold.
    pub crit: Option<i64>,
    /// Another clear level.
    pub clear: Option<i64>,
    /// Another time until it is a warning, for checks of how long something lasts.
    pub warn_after: Option<SignedDuration>,
    /// Another time until it is critical.
    pub crit_after: Option<SignedDuration>,
    /// Another hold time.
    pub hold: Option<SignedDuration>,
    /// Another severity for the critical level.
    pub severity: Option<Severity>,
}

impl CheckOverride {
    /// Whether it is for some endpoints only.
    pub fn is_narrowed(&self) -> bool {
        self.on != Scope::everything()
    }

    /// The first value that both set, and to different things.
    pub(super) fn contradicts(&self, other: &Self) -> Option<&'static str> {
        fn apart<T: PartialEq>(one: &Option<T>, other: &Option<T>) -> bool {
            one.is_some() && other.is_some() && one != other
        }
        let values = [
            ("function", apart(&self.function, &other.function)),
            ("warn", apart(&self.warn, &other.warn)),
            ("crit", apart(&self.crit, &other.crit)),
            ("clear", apart(&self.clear, &other.clear)),
            ("warn_after", apart(&self.warn_after, &other.warn_after)),
            ("crit_after", apart(&self.crit_after, &other.crit_after)),
            ("hold", apart(&self.hold, &other.hold)),
            ("severity", apart(&self.severity, &other.severity)),
        ];
        values.into_iter().find(|(_, apart)| *apart).map(|(key, _)| key)
    }
}

impl Matrix {
    /// Whether different endpoints may have different rules.
    pub fn has_narrowed_checks(&self) -> bool {
        self.checks.iter().any(CheckOverride::is_narrowed)
    }

    /// The overrides for an endpoint, by index, the wider before the narrower.
    /// Endpoints with the same list have the same rules.
    pub fn checks_of(&self, subject: &Subject) -> Vec<usize> {
        let all = self.checks.iter().enumerate();
        let mut mine: Vec<_> = all.filter(|(_, it)| it.on.includes(subject)).collect();
        let all = mine.clone();
        // What beats another also beats whatever that one beats, so that
        // counting puts every one behind all that it beats.
        let beaten = |it: &CheckOverride| {
            all.iter().filter(|(_, other)| compare(&it.on, &other.on).beats()).count()
        };
        mine.sort_by_cached_key(|(_, it)| beaten(it));
        mine.into_iter().map(|(index, _)| index).collect()
    }

    /// The rules with these overrides, in this order.
    pub fn rules_with(&self, checks: &[usize]) -> Rules {
        let mut rules = Rules::default();
        for wish in checks.iter().filter_map(|it| self.checks.get(*it)) {
            let mut next = rules.clone();
            if next.apply(wish).is_ok() {
                rules = next;
            }
        }
        rules
    }

    /// The rules for an endpoint.
    pub fn rules_for(&self, subject: &Subject) -> Rules {
        self.rules_with(&self.checks_of(subject))
    }

    /// The rules for endpoints that no override is about in particular.
    pub fn common_rules(&self) -> Result<Rules, OverrideError> {
        Rules::with(self.checks.iter().filter(|it| !it.is_narrowed()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{detect::Level, matrix::testing::*};

    fn wish(about: &str) -> CheckOverride {
        let on = row("x", about, "always", "provider-noc").scope;
        CheckOverride { check: "disk-space".into(), on, ..Default::default() }
    }

    #[test]
    fn the_narrower_override_wins_value_by_value() {
        let mut matrix = matrix([]);
        let function = Some("lob_application".parse().unwrap());
        matrix.checks = vec![
            CheckOverride { function, ..wish("tag:erp") },
            CheckOverride {
                severity: Some(Severity::Low),
                function: Some("procurement".parse().unwrap()),
                ..wish("")
            },
        ];
        assert!(matrix.has_narrowed_checks());
        let plain = matrix.rules_for(&subject("db-7", &[]));
        let erp = matrix.rules_for(&subject("db-7", &["erp"]));
        assert_eq!(plain.function("disk-space").as_str(), "procurement");
        assert_eq!(erp.function("disk-space").as_str(), "lob_application");
        assert_eq!(erp.severity("disk-space", Level::Crit), Some(Severity::Low));
        assert_eq!(matrix.checks_of(&subject("db-7", &["erp"])), [1, 0]);
    }

    #[test]
    fn an_override_that_makes_no_sense_beside_others_is_left_out() {
        let mut matrix = matrix([]);
        matrix.checks = vec![
            CheckOverride { clear: Some(840), ..wish("") },
            CheckOverride { warn: Some(820), ..wish("tag:erp") },
        ];
        let erp = matrix.rules_for(&subject("db-7", &["erp"]));
        let (_, threshold) = erp.watching("disk_used").next().unwrap();
        assert_eq!((threshold.clear, threshold.warn), (840, Some(850)));
    }
}
