//! Which checks there are, whose work they are and where their limits lie.
//!
//! The table ships; a tenant's matrix may override single cells of it.

use std::sync::Arc;

use jiff::SignedDuration;
use remit_shared::{Function, Severity, function};

use crate::{
    detect::{Level, Policy, Side, Threshold},
    matrix::{CheckOverride, show_length},
};

/// One check as it ships.
#[derive(Clone, Debug)]
pub struct CheckDef {
    /// Its name, stable.
    pub check: &'static str,
    /// Which kind of work it is.
    pub function: &'static str,
    /// How much a warning matters.
    pub warn: Severity,
    /// How much a critical state matters.
    pub crit: Severity,
    /// What it watches, in words.
    pub about: &'static str,
}

const fn def(
    check: &'static str,
    function: &'static str,
    warn: Severity,
    crit: Severity,
    about: &'static str,
) -> CheckDef {
    CheckDef { check, function, warn, crit, about }
}

/// Every check that ships.
pub const CHECKS: &[CheckDef] = {
    use Severity::{Critical, High, Low, Medium};
    &[
        def(
            "backup-failed",
            "backup_monitoring",
            Medium,
            High,
            "a backup run failed, or was partial",
        ),
        def(
            "backup-gone",
            "security_tooling",
            Medium,
            High,
            "a backup job was switched off or is no longer there",
        ),
        def(
            "backup-missed",
            "backup_monitoring",
            Medium,
            High,
            "a backup did not start when it should have",
        ),
        def("backup-rpo", "backup_monitoring", Medium, High, "the newest good backup is too old"),
        def(
            "backup-size",
            "backup_monitoring",
            Medium,
            Medium,
            "a backup is far from its usual size",
        ),
        def(
            "backup-stuck",
            "backup_monitoring",
            Medium,
            High,
            "a backup runs for longer than it may",
        ),
        def(
            "backup-warning",
            "backup_monitoring",
            Medium,
            Medium,
            "a backup has ended with warnings three times",
        ),
        def(
            "certificate-expiry",
            "security_tooling",
            Medium,
            High,
            "the agent's certificate is about to expire",
        ),
        def("clock-offset", "infra_monitoring", Medium, High, "the clock is off"),
        def(
            "clock-wrong",
            "infra_monitoring",
            Medium,
            High,
            "the clock disagrees with the collector's",
        ),
        def(
            "collector-clock",
            "infra_monitoring",
            Medium,
            High,
            "the collector's own clock was set, or it slept",
        ),
        def(
            "collector-connectivity",
            "infra_monitoring",
            High,
            Critical,
            "the collector hears too few of all endpoints",
        ),
        def(
            "collector-disk",
            "infra_monitoring",
            Medium,
            Critical,
            "the disk that the collector keeps everything on runs out of space",
        ),
        def("cpu-busy", "infra_monitoring", Medium, High, "the processors have no time left"),
        def("disk-inodes", "infra_monitoring", Medium, High, "a filesystem runs out of inodes"),
        def("disk-space", "infra_monitoring", Medium, High, "a filesystem runs out of space"),
        def(
            "endpoint-offline",
            "infra_monitoring",
            Medium,
            Critical,
            "a server is not heard any more",
        ),
        def(
            "known-exploited",
            "server_patching",
            High,
            Critical,
            "an update is missing against something that is exploited",
        ),
        def(
            "link-unstable",
            "infra_monitoring",
            Medium,
            Medium,
            "an agent's link breaks all the time",
        ),
        def("memory-used", "infra_monitoring", Medium, High, "memory runs out"),
        def(
            "patch-cycle-overdue",
            "server_patching",
            Medium,
            High,
            "updates have not been installed for long",
        ),
        def(
            "patch-security-overdue",
            "server_patching",
            Medium,
            High,
            "security updates have been waiting for long",
        ),
        def(
            "patch-unknown",
            "server_patching",
            Medium,
            High,
            "nobody can tell which updates are missing",
        ),
        def("probe-failing", "infra_monitoring", Low, Medium, "a probe that had answers has none"),
        def("reboot-pending", "server_patching", Low, Medium, "a restart has been due for long"),
        def("records-lost", "infra_monitoring", Low, Low, "the agent had to give up records"),
        def("service-failed", "infra_monitoring", Medium, High, "a service has failed"),
        def("site-unreachable", "infra_monitoring", High, Critical, "a whole site is not heard"),
        def("spool-reset", "security_tooling", High, High, "a restored snapshot, or a copied disk"),
    ]
};

/// The checks as they hold for one tenant.
#[derive(Clone, Debug)]
pub struct Rules {
    checks: Vec<(Arc<str>, Function, Severity, Severity)>,
    thresholds: Vec<(Arc<str>, Threshold)>,
    /// Time limits.
    pub policy: Policy,
}

/// Why an override makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OverrideError {
    /// There is no such check.
    #[error("there is no check `{0}`")]
    UnknownCheck(String),
    /// It has no threshold to override.
    #[error(
        "check `{0}` has no threshold, so `warn`, `crit`, `clear` and `hold` say nothing of it"
    )]
    NoThreshold(String),
    /// It has no time limit to override.
    #[error("check `{0}` has no limit in time; `warn_after` and `crit_after` say nothing of it")]
    NoLimit(String),
    /// A warning must come first.
    #[error("check `{check}` needs 0 < warn_after <= crit_after, got {warn} and {crit}")]
    LimitOrder {
        /// The check.
        check: String,
        /// The warning, as a person writes it.
        warn: String,
        /// The critical limit.
        crit: String,
    },
    /// Clear must be better than warn, and warn no worse than crit.
    #[error(
        "check `{check}` needs clear < warn <= crit, got clear {clear}, warn {warn}, crit {crit}"
    )]
    Order {
        /// The check.
        check: String,
        /// The clear level.
        clear: i64,
        /// The warning threshold.
        warn: i64,
        /// The critical threshold.
        crit: i64,
    },
}

impl Default for Rules {
    fn default() -> Self {
        let checks = CHECKS.iter().map(|it| {
            let function = Function::new(it.function).expect("CHECKS name valid functions");
            (it.check.into(), function, it.warn, it.crit)
        });
        Self {
            checks: checks.collect(),
            thresholds: thresholds().map(|(check, it)| (check.into(), it)).into(),
            policy: Policy::default(),
        }
    }
}

fn thresholds() -> [(&'static str, Threshold); 5] {
    let seconds = SignedDuration::from_secs;
    let above = |metric, title, warn, crit, clear, hold| Threshold {
        metric,
        side: Side::Above,
        warn: Some(warn),
        crit,
        clear,
        hold: seconds(hold),
        clear_hold: seconds(20),
        title,
    };
    [
        ("cpu-busy", above("cpu_busy", "processor time", 950, None, 850, 900)),
        ("memory-used", above("memory_used", "memory in use", 900, Some(970), 850, 300)),
        ("disk-space", above("disk_used", "disk space in use", 850, Some(950), 800, 60)),
        ("disk-inodes", above("inodes_used", "inodes in use", 850, Some(950), 800, 60)),
        (
            "clock-offset",
            Threshold {
                side: Side::Beyond,
                ..above("clock_offset", "clock offset", 5_000, Some(60_000), 1_000, 120)
            },
        ),
    ]
}

impl Rules {
    /// The shipped rules with a tenant's own wishes applied, the last of them last.
    pub fn with<'a>(
        overrides: impl IntoIterator<Item = &'a CheckOverride>,
    ) -> Result<Self, OverrideError> {
        let mut rules = Self::default();
        for it in overrides {
            rules.apply(it)?;
        }
        Ok(rules)
    }

    pub(crate) fn apply(&mut self, wish: &CheckOverride) -> Result<(), OverrideError> {
        let name = wish.check.as_str();
        let check = self.checks.iter_mut().find(|it| &*it.0 == name);
        let Some((_, function, _, crit)) = check else {
            return Err(OverrideError::UnknownCheck(wish.check.clone()));
        };
        if let Some(wanted) = &wish.function {
            *function = wanted.clone();
        }
        if let Some(severity) = wish.severity {
            *crit = severity;
        }
        self.limit(wish)?;
        if wish.warn.is_none() && wish.crit.is_none() && wish.clear.is_none() && wish.hold.is_none()
        {
            return Ok(());
        }
        let Some((_, limits)) = self.thresholds.iter_mut().find(|it| &*it.0 == name) else {
            return Err(OverrideError::NoThreshold(wish.check.clone()));
        };
        limits.warn = wish.warn.or(limits.warn);
        limits.crit = wish.crit.or(limits.crit);
        limits.clear = wish.clear.unwrap_or(limits.clear);
        limits.hold = wish.hold.unwrap_or(limits.hold);
        let warn = limits.warn.or(limits.crit).unwrap_or(i64::MAX);
        let crit = limits.crit.unwrap_or(i64::MAX);
        if limits.clear >= warn || warn > crit {
            let (check, clear) = (wish.check.clone(), limits.clear);
            return Err(OverrideError::Order { check, clear, warn, crit });
        }
        Ok(())
    }

    fn limit(&mut self, wish: &CheckOverride) -> Result<(), OverrideError> {
        if wish.warn_after.is_none() && wish.crit_after.is_none() {
            return Ok(());
        }
        let limit = self.policy.limit_mut(&wish.check);
        let limit = limit.ok_or_else(|| OverrideError::NoLimit(wish.check.clone()))?;
        limit.warn = wish.warn_after.unwrap_or(limit.warn);
        limit.crit = wish.crit_after.unwrap_or(limit.crit);
        if !limit.warn.is_positive() || limit.crit < limit.warn {
            let (warn, crit) = (show_length(limit.warn), show_length(limit.crit));
            return Err(OverrideError::LimitOrder { check: wish.check.clone(), warn, crit });
        }
        Ok(())
    }

    /// The thresholds that watch a metric, with their checks' names.
    pub fn watching(&self, metric: &str) -> impl Iterator<Item = (&Arc<str>, &Threshold)> {
        let watches = move |it: &&(Arc<str>, Threshold)| it.1.metric == metric;
        self.thresholds.iter().filter(watches).map(|it| (&it.0, &it.1))
    }

    /// The threshold of a check, if it has one.
    pub fn threshold(&self, check: &str) -> Option<&Threshold> {
        self.thresholds.iter().find(|it| &*it.0 == check).map(|it| &it.1)
    }

    /// How much a level of a check matters; `None` if it is well.
    pub fn severity(&self, check: &str, level: Level) -> Option<Severity> {
        let known = self.checks.iter().find(|it| &*it.0 == check);
        let (warn, crit) = known.map_or((Severity::Medium, Severity::High), |it| (it.2, it.3));
        match level {
            Level::Ok => None,
            Level::Warn => Some(warn),
            Level::Crit => Some(crit),
        }
    }

    /// The limits of a check, in words; empty if it has none.
    pub fn in_words(&self, check: &str) -> String {
        let Some(Threshold { metric, warn, crit, clear, hold, .. }) = self.threshold(check) else {
            let limit = self.policy.limit(check);
            return limit.map_or_else(String::new, |it| {
                format!("warn after {}, crit after {}", show_length(it.warn), show_length(it.crit))
            });
        };
        let level = |name: &str, value: &Option<i64>| value.map(|it| format!("{name} {it}"));
        let levels: Vec<String> =
            [level("warn", warn), level("crit", crit)].into_iter().flatten().collect();
        format!("{metric}: {} for {} s, clear {clear}", levels.join(", "), hold.as_secs())
    }

    /// Which kind of work a check is.
    pub fn function(&self, check: &str) -> Function {
        self.knows(check).unwrap_or_else(function::infra_monitoring)
    }

    /// The same, if it is one of these checks and not somebody else's.
    pub fn knows(&self, check: &str) -> Option<Function> {
        self.checks.iter().find(|it| &*it.0 == check).map(|it| it.1.clone())
    }
}
