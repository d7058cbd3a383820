//! `remit-agent doctor`: what could keep the agent from its work, and what to
//! do about it.
//!
//! It only looks. Each check gives one line; the checks of a collector tell
//! apart a name that means nothing, a port that nobody answers, a server that
//! is not ours and a collector that does not want us.

mod checks;

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use crate::{config::Config, platform};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Ok,
    /// Not as it should be, and no hindrance.
    Warn,
    /// The agent cannot do its work.
    Fail,
}

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at.
    pub check: &'static str,
    /// How bad it is.
    pub level: Level,
    /// What was found.
    pub found: String,
    /// What to do about it; empty if nothing.
    pub advice: String,
}

impl Finding {
    pub(crate) fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, level: Level::Ok, found: found.into(), advice: String::new() }
    }

    pub(crate) fn warn(
        check: &'static str,
        found: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self { check, level: Level::Warn, found: found.into(), advice: advice.into() }
    }

    pub(crate) fn fail(
        check: &'static str,
        found: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self { check, level: Level::Fail, found: found.into(), advice: advice.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Ok => "ok",
            Level::Warn => "warn",
            Level::Fail => "FAIL",
        };
        write!(f, "{level:4}  {:12}  {}", self.check, self.found)?;
        if !self.advice.is_empty() {
            write!(f, "\n{:20}→ {}", "", self.advice)?;
        }
        Ok(())
    }
}

/// Looks at everything.
pub async fn examine(config: &Config, now: Timestamp) -> Vec<Finding> {
    let mut findings = checks::identity(&config.state_dir, now);
    findings.extend(checks::collector(config).await);
    findings.push(checks::agent(&config.state_dir, now));
    findings.push(checks::budget(&config.state_dir, now));
    findings.push(checks::clock(&config.state_dir, now));
    findings.push(checks::spool(&config.state_dir, config.spool_max_bytes));
    findings.extend(checks::tools(config));
    findings.push(platform::service::examine().await);
    findings
}

/// Whether the agent can do its work.
pub fn is_well(findings: &[Finding]) -> bool {
    findings.iter().all(|it| it.level != Level::Fail)
}
