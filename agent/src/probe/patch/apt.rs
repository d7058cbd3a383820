//! Updates on Debian and what descends from it, from apt.
//!
//! Two simulations tell all states apart. One installs everything that there
//! is, held and phased packages too; the other only what `apt upgrade` would
//! install by itself today. What is in the first and not in the second is
//! held, phased, or kept back, in this order of telling. A kernel, which comes
//! as a new package, is therefore available and not kept back.
//!
//! Both work without the rights to install and without apt's locks. They read
//! the package lists that somebody refreshed; the age of these is in the
//! answer, and refreshing them is not our business.

mod catalog;
mod dpkg;
mod history;
mod pending;
mod reboot;
mod simulation;
#[cfg(test)]
mod tests;

use std::{path::PathBuf, time::Duration};

use jiff::tz::TimeZone;
use remit_shared::{Body, Completeness, PatchScan};

use crate::{
    command::Command,
    probe::{
        Probe, ProbeError, Sample, Turn,
        patch::{
            apt::{catalog::Catalog, pending::Listing},
            locks,
        },
    },
};

/// A simulation reads some hundred megabytes, on a slow disk if it must be.
const DEADLINE: Duration = Duration::from_secs(180);

/// Asks apt which updates are not installed.
#[derive(Clone, Debug)]
pub struct AptProbe {
    root: PathBuf,
    config: Option<PathBuf>,
}

impl AptProbe {
    /// A probe for the system that it runs on.
    pub fn new() -> Self {
        Self { root: "/".into(), config: None }
    }

    /// A probe for a system that lies under a folder, by the `apt.conf` there.
    #[cfg(test)]
    fn below(root: &std::path::Path, config: &std::path::Path) -> Self {
        Self { root: root.into(), config: Some(config.into()) }
    }

    fn ask(&self, tool: &'static str, args: &[&str]) -> Command {
        let command = Command::new(tool).args(args).deadline(DEADLINE);
        match &self.config {
            Some(config) => command.env("APT_CONFIG", config),
            None => command,
        }
    }

    fn listing(&self) -> Result<Listing, ProbeError> {
        let simulate = |args: &[&str]| {
            let fixed = ["-s", "-o", "Debug::NoLocking=true"];
            let output = self.ask("apt-get", &[&fixed, args].concat()).run()?;
            output.expect().map(simulation::parse)
        };
        let all = ["-V", "--ignore-hold", "-o", "APT::Get::Always-Include-Phased-Updates=true"];
        let all = simulate(&[&all[..], &["dist-upgrade"]].concat())?;
        let today = simulate(&["--with-new-pkgs", "upgrade"])?;
        let output = self.ask("apt-mark", &["showhold"]).run()?;
        let held = output.expect()?.lines().map(str::to_owned).collect();
        Ok(Listing { all, today, held })
    }

    /// What only the details of some packages can tell.
    fn details(&self, verb: &str, packages: &[String]) -> Result<String, ProbeError> {
        if packages.is_empty() {
            return Ok(String::new());
        }
        let words: Vec<_> = [verb].into_iter().chain(packages.iter().map(String::as_str)).collect();
        let output = self.ask("apt-cache", &words).what(format!("apt-cache {verb}")).run()?;
        output.expect().map(str::to_owned)
    }
}

impl Default for AptProbe {
    fn default() -> Self {
        Self::new()
    }
}

impl Probe for AptProbe {
    fn name(&self) -> &'static str {
        "patch-apt"
    }

    fn source(&self) -> &'static str {
        "apt-get -s dist-upgrade"
    }

    fn sample(&mut self, turn: Turn) -> Result<Sample, ProbeError> {
        dpkg::require_any(&self.root)?;
        let version = self.ask("apt-get", &["--version"]).run()?;
        let version = version.expect()?.split_whitespace().nth(1).unwrap_or("?").to_owned();
        dpkg::require_whole(&self.root)?;
        let Catalog { at: catalog_at, mut remarks } = catalog::read(&self.root, turn.now)?;

        let listing = self.listing()?;
        let phased = pending::phased(&self.details("show", &listing.unexplained())?);
        let origins = pending::origins(&self.details("policy", &listing.impossible())?);
        let items = listing.items(&phased, &origins);

        remarks.extend(locks::holder(&self.root, &dpkg::LOCKS));
        remarks.extend(listing.remark());
        let scan = PatchScan {
            manager: "apt".into(),
            system: String::new(),
            managed_by: String::new(),
            items,
            reboot: reboot::read(&self.root)?,
            last_patched_at: history::last(&self.root, &TimeZone::system())?,
        };
        let completeness =
            if remarks.is_empty() { Completeness::Full } else { Completeness::Partial };
        Ok(Sample {
            body: Body::Patches(scan),
            source: Some(format!("{} (apt {version})", self.source()).into()),
            catalog_at,
            completeness,
            missing: remarks.join("; "),
        })
    }
}
