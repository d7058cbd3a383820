//! Time limits of the checks that are not thresholds.

use jiff::SignedDuration;

use crate::detect::{Level, backup, patch};

/// How long something may last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// From here on it is a warning.
    pub warn: SignedDuration,
    /// From here on it is critical.
    pub crit: SignedDuration,
}

impl Limit {
    /// How bad it is that something has lasted for so long.
    pub fn level(&self, length: SignedDuration) -> Level {
        if length >= self.crit {
            Level::Crit
        } else if length >= self.warn {
            Level::Warn
        } else {
            Level::Ok
        }
    }
}

/// Time limits of the checks that are not thresholds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// What security updates may wait.
    pub security: Limit,
    /// So long may nobody install updates.
    pub patch_cycle: Limit,
    /// So long may a restart be due.
    pub reboot: Limit,
    /// How much work may be lost: the age of the newest good backup's data.
    pub rpo: Limit,
    /// So old may a package catalog be and still be believed.
    pub catalog_age: SignedDuration,
    /// So long may a probe fail before somebody hears of it.
    pub probe_failing: SignedDuration,
    /// So long before the end a certificate is a warning; a third of it is critical.
    pub certificate: SignedDuration,
    /// So far may the endpoint's clock be off the collector's.
    pub clock: SignedDuration,
}

impl Default for Policy {
    fn default() -> Self {
        const fn hours(n: i64) -> SignedDuration {
            SignedDuration::from_hours(n)
        }
        let limit = |warn, crit| Limit { warn: hours(warn), crit: hours(crit) };
        Self {
            security: limit(24 * 14, 24 * 30),
            patch_cycle: limit(24 * 45, 24 * 90),
            reboot: limit(24 * 7, 24 * 14),
            // Two weekly backups that did not come; the warning at three quarters.
            rpo: limit(252, 336),
            catalog_age: hours(24 * 3),
            probe_failing: hours(1),
            certificate: hours(24 * 9),
            clock: SignedDuration::from_secs(60),
        }
    }
}

impl Policy {
    /// The limit of a check, if it is one in time that a matrix may set.
    pub fn limit(&self, check: &str) -> Option<&Limit> {
        Some(match check {
            patch::SECURITY => &self.security,
            patch::CYCLE => &self.patch_cycle,
            patch::REBOOT => &self.reboot,
            backup::RPO => &self.rpo,
            _ => return None,
        })
    }

    pub(super) fn limit_mut(&mut self, check: &str) -> Option<&mut Limit> {
        Some(match check {
            patch::SECURITY => &mut self.security,
            patch::CYCLE => &mut self.patch_cycle,
            patch::REBOOT => &mut self.reboot,
            backup::RPO => &mut self.rpo,
            _ => return None,
        })
    }
}
