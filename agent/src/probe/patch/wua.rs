//! Updates on Windows, from the Windows Update Agent and the registry.
//!
//! The Windows Update Agent is known to hang for hours, so that it is asked in
//! a child process: this program itself, as `remit-agent wua-scan --json`,
//! which is killed when its time is up. What it says is what the agent's
//! objects said, field by field ([`scan`]); what that means is decided here
//! ([`mapping`]), together with what the registry says of the machine, of
//! restarts and of who decides about updates ([`registry`]).
//!
//! It is asked by what Windows has found by itself, which costs little. Only
//! where nobody has searched for a day do we search, once a day.
//!
//! # Not tried
//!
//! No live Windows has run this. The child and the reading of the registry
//! were run under Wine, which has no updates; the mapping is tested on the
//! fields that the interfaces document. See `docs/coverage.md`.

pub mod mapping;
pub mod registry;
pub mod scan;
#[cfg(test)]
mod tests;

use std::{env, time::Duration};

use jiff::SignedDuration;
use remit_shared::{Body, Completeness, PatchScan};

use self::{mapping::Mapped, registry::Registry, scan::WuaScan};
use crate::{
    command::Command,
    probe::{Probe, ProbeError, Sample, Turn},
};

/// How long the child has for what Windows knows, and for a search.
const DEADLINE: Duration = Duration::from_mins(10);
const SEARCH: Duration = Duration::from_mins(25);
/// How old Windows' own search may be before we search.
const FRESH: SignedDuration = SignedDuration::from_hours(24);

/// Asks the Windows Update Agent.
pub trait Updates: Send {
    /// What it says, as JSON of a [`WuaScan`]. `online` lets it search.
    fn ask(&mut self, online: bool) -> Result<String, ProbeError>;
}

/// The agent as a child of ours, which can be killed.
#[derive(Clone, Copy, Debug, Default)]
pub struct OwnChild;

impl Updates for OwnChild {
    fn ask(&mut self, online: bool) -> Result<String, ProbeError> {
        let program = env::current_exe().map_err(|err| ProbeError::read("our own program", err))?;
        let output = Command::new("remit-agent")
            .at(Some(&program))
            .args(["wua-scan", "--json"])
            .args(online.then_some("--online"))
            .what("the Windows Update Agent")
            .deadline(if online { SEARCH } else { DEADLINE })
            .run()?;
        output.expect().map(str::to_owned)
    }
}

/// Asks which updates are not installed.
pub struct WuaProbe {
    updates: Box<dyn Updates>,
    registry: Box<dyn Registry>,
    searched_at: Option<Duration>,
}

impl WuaProbe {
    /// A probe of this agent and this registry.
    pub fn new(updates: Box<dyn Updates>, registry: Box<dyn Registry>) -> Self {
        Self { updates, registry, searched_at: None }
    }

    fn ask(&mut self, online: bool) -> Result<WuaScan, ProbeError> {
        let json = self.updates.ask(online)?;
        serde_json::from_str(&json).map_err(|err| ProbeError::Parse {
            what: "the Windows Update Agent's answer".into(),
            field: format!("what was asked ({err})"),
        })
    }

    /// What Windows knows; if that is old, what a search finds. A search that
    /// fails leaves us with what was known before.
    fn scan(&mut self, turn: Turn) -> Result<(WuaScan, Option<String>), ProbeError> {
        let known = self.ask(false)?;
        let age = known.catalog_at().map(|it| turn.now.duration_since(it));
        let is_due = self.searched_at.is_none_or(|it| {
            SignedDuration::try_from(turn.monotonic.saturating_sub(it)).is_ok_and(|it| it >= FRESH)
        });
        if age.is_some_and(|it| it < FRESH) || !is_due || !known.can_search() {
            return Ok((known, None));
        }
        self.searched_at = Some(turn.monotonic);
        match self.ask(true) {
            Ok(found) if found.can_search() => Ok((found, None)),
            Ok(failed) => Ok((known, failed.pending.error.map(|it| it.to_string()))),
            Err(err) => Ok((known, Some(err.to_failure().message))),
        }
    }
}

impl Probe for WuaProbe {
    fn name(&self) -> &'static str {
        "patch-wua"
    }

    fn source(&self) -> &'static str {
        "Windows Update Agent"
    }

    fn sample(&mut self, turn: Turn) -> Result<Sample, ProbeError> {
        let (scan, search) = self.scan(turn)?;
        let facts = registry::read(&mut *self.registry)?;
        let source = format!("{} {}", self.source(), scan.version);
        let catalog_at = scan.catalog_at();
        let Mapped { items, reboot, last_patched_at, mut remarks } = mapping::map(scan, &facts)?;
        remarks.extend(search.map(|it| format!("searching for updates failed: {it}")));
        remarks.extend(facts.remarks);
        let completeness =
            if remarks.is_empty() { Completeness::Full } else { Completeness::Partial };
        Ok(Sample {
            source: Some(source.trim_end().into()),
            catalog_at,
            completeness,
            missing: remarks.join("; "),
            body: Body::Patches(PatchScan {
                manager: "wua".into(),
                system: facts.system,
                managed_by: facts.managed_by,
                items,
                reboot,
                last_patched_at,
            }),
        })
    }
}
