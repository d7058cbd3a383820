//! Updates on SUSE's systems, from zypper's XML.
//!
//! zypper is asked out of the metadata that it has (`--no-refresh`), which
//! every user may read: nothing needs the rights to install. Of a repository
//! that it has no metadata of it would fetch some, so that it is not asked at
//! all then: the agent makes no traffic of its own.
//!
//! Two lists tell what cannot be installed: every newer version, and those that
//! zypper would install today. What is in the first and not in the second is
//! held by a lock, or kept back for what it needs or for its vendor.
//!
//! What updates are for stands in patches, which name the packages that they
//! come with. A patch that is needed and none of whose packages is in the lists
//! is an update of its own. A package counts for security until it has no
//! needed patch left that names it, even if a part of it was installed.
//!
//! # Not here
//!
//! Of systems that are replaced as a whole (`transactional-update`) the running
//! snapshot tells, and that another waits for a restart does not show.

mod history;
mod said;
#[cfg(test)]
mod tests;
mod xml;

use std::fs;

use jiff::{Timestamp, tz::TimeZone};
use remit_shared::{Body, Completeness, PatchScan, Reboot};

use self::xml::{Lists, Patch};
use crate::{
    command::Output,
    probe::{
        Probe, ProbeError, Sample, Turn,
        patch::{
            locks, past,
            rpm::{self, Family, System, catalog},
        },
    },
};

/// Where it keeps metadata, a folder for each repository.
const RAW: &str = "/var/cache/zypp/raw";
/// Where it leaves its number while it works.
const OWNER: [&str; 1] = ["/run/zypp.pid"];
/// The note that packages leave which take effect with a restart.
const NOTE: &str = "/run/reboot-needed";
/// So many patches are asked about at once: a command line has an end.
const AT_ONCE: usize = 200;

/// Asks zypper which updates are not installed.
#[derive(Clone, Debug)]
pub struct ZypperProbe {
    system: System,
}

impl ZypperProbe {
    /// A probe for the system that it runs on.
    pub fn new() -> Self {
        Self { system: System::ours() }
    }

    /// A probe for a system that lies under a folder.
    #[cfg(test)]
    fn below(root: &std::path::Path, home: &std::path::Path) -> Self {
        Self { system: System::below(root, home) }
    }

    /// Asks zypper, which is not to look for anything new.
    fn run(&self, args: &[&str]) -> Result<Output, ProbeError> {
        let what = format!("zypper {}", args.iter().take(2).copied().collect::<Vec<_>>().join(" "));
        let mut command = self.system.ask("zypper").what(what);
        if self.system.is_elsewhere() {
            command = command.args(["--root".as_ref(), self.system.root.as_os_str()]);
        }
        let output = command.args(["--non-interactive", "--no-refresh"]).args(args).run()?;
        rpm::require_database(&output)?;
        Ok(output)
    }

    fn ask(&self, args: &[&str]) -> Result<String, ProbeError> {
        let output = self.run(args)?;
        if output.code == 0 { Ok(output.stdout) } else { Err(said::refusal(&output)) }
    }

    /// The repositories that are enabled, by their aliases.
    fn repositories(&self) -> Result<Vec<String>, ProbeError> {
        let output = self.run(&["--xmlout", "repos"])?;
        let found = match output.code {
            0 => xml::repositories(&output.stdout)?,
            said::NO_REPOSITORIES => Vec::new(),
            _ => return Err(said::refusal(&output)),
        };
        if found.is_empty() { Err(said::no_repository(&self.system)) } else { Ok(found) }
    }

    fn lists(&self) -> Result<Lists, ProbeError> {
        let all = xml::updates(&self.ask(&["--xmlout", "list-updates", "--all"])?)?;
        let today = xml::updates(&self.ask(&["--xmlout", "list-updates"])?)?;
        let locks = xml::locks(&self.ask(&["--xmlout", "locks"])?)?;
        let mut patches = xml::patches(&self.ask(&["--xmlout", "list-patches"])?)?;
        let names: Vec<String> = patches.iter().map(|it| it.name.clone()).collect();
        for names in names.chunks(AT_ONCE) {
            let fixed = ["info", "--type", "patch"];
            let args: Vec<_> = fixed.into_iter().chain(names.iter().map(String::as_str)).collect();
            let packages = said::packages(&self.ask(&args)?);
            let with = |it: &mut Patch| {
                it.packages.extend(packages.get(&it.name).into_iter().flatten().cloned())
            };
            patches.iter_mut().for_each(with);
        }
        Ok(Lists { all, today, locks, patches })
    }

    fn reboot(&self, installed: &[rpm::Installed], now: Timestamp) -> Reboot {
        let mut reboot = self.system.reboot(installed, now);
        if let Ok(note) = fs::metadata(self.system.path(NOTE)) {
            reboot.required = Some(true);
            reboot.reasons.insert(0, format!("{NOTE} is there"));
            let since = note.modified().ok().and_then(|it| past(it, now));
            reboot.since = reboot.since.into_iter().chain(since).min();
        }
        reboot
    }
}

impl Default for ZypperProbe {
    fn default() -> Self {
        Self::new()
    }
}

impl Probe for ZypperProbe {
    fn name(&self) -> &'static str {
        "patch-zypper"
    }

    fn source(&self) -> &'static str {
        "zypper --no-refresh list-updates"
    }

    fn sample(&mut self, turn: Turn) -> Result<Sample, ProbeError> {
        self.system.require()?;
        if self.system.family() != Family::Suse {
            return Err(ProbeError::Unsupported { why: "this is no system of SUSE's".into() });
        }
        let installed = self.system.installed()?;
        let version = self.system.ask("zypper").args(["--version"]).run()?;
        let version = version.expect()?.split_whitespace().nth(1).unwrap_or("?").to_owned();

        let repositories = self.repositories()?.into_iter().map(|alias| {
            let folder = self.system.path(RAW).join(alias.replace('/', "_")).join("repodata");
            (alias, vec![folder])
        });
        let catalog =
            catalog::read(repositories, turn.now).map_err(|err| ProbeError::read(RAW, err))?;
        if let Some(alias) = catalog.missing.first() {
            let said =
                format!("there is no metadata of the repository {alias}: run `zypper refresh`");
            return Err(ProbeError::Program { what: "zypper".into(), said });
        }

        let lists = self.lists()?;
        let (items, cut) = lists.items();
        let mut remarks: Vec<String> = cut.into_iter().collect();
        if !items.is_empty() && !catalog.has_advisories {
            remarks.push("no repository says which updates are security updates".into());
        }
        remarks
            .extend(locks::owner(&self.system.root, &OWNER).or_else(|| self.system.lock_holder()));
        let scan = PatchScan {
            manager: "zypper".into(),
            system: String::new(),
            managed_by: String::new(),
            items,
            reboot: self.reboot(&installed, turn.now),
            last_patched_at: history::last(&self.system, &TimeZone::system()),
        };
        let completeness =
            if remarks.is_empty() { Completeness::Full } else { Completeness::Partial };
        Ok(Sample {
            body: Body::Patches(scan),
            source: Some(format!("{} (zypper {version})", self.source()).into()),
            catalog_at: catalog.at,
            completeness,
            missing: remarks.join("; "),
        })
    }
}
