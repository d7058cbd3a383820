//! Updates on Red Hat's systems and what descends from them, from dnf 4 or 5.
//!
//! dnf is asked out of the system's own metadata cache (`-C`), which every user
//! may read: nothing is fetched, and nothing needs the rights to install. How
//! old that cache is, is in the answer, and refreshing it is not our business
//! but that of `dnf-makecache.timer`.
//!
//! Two questions tell what is held: every update with all excludes off, and
//! what dnf itself would offer today. What is in the first and not in the
//! second is held by an exclude, a version lock or a repository's priority.
//! dnf 5 applies version locks to both, so that what they hold is not seen.
//!
//! # Not here
//!
//! Whether an update can be installed at all is for dnf's solver to say, which
//! only the administrator may ask: one that lacks a dependency is available
//! here. Packages that take the place of others under a new name are no
//! updates here, as with `dnf check-update`'s exit code.

mod advisory;
mod catalog;
mod history;
mod listing;
mod said;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::{Timestamp, tz::TimeZone};
use remit_shared::{Body, Completeness, PatchScan};

use self::{advisory::Advisories, listing::Listing};
use crate::{
    command::Output,
    probe::{
        Probe, ProbeError, Sample, Turn,
        patch::{
            locks,
            rpm::{self, Family, System},
        },
    },
};

/// Where dnf leaves the number of the process that refreshes or installs.
const OWNERS: [&str; 3] = [
    "/var/cache/dnf/metadata_lock.pid",
    "/var/cache/dnf/download_lock.pid",
    "/var/lib/dnf/rpmdb_lock.pid",
];

/// What one update looks like in a list; dnf 5 ends lines only where it is told to.
const FORM: &str = "%{name}\t%{evr}\t%{arch}\t%{repoid}\n";

/// Asks dnf which updates are not installed.
#[derive(Clone, Debug)]
pub struct DnfProbe {
    system: System,
    options: Vec<String>,
}

/// Which of the two programs goes by the name of dnf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dialect {
    Four,
    Five,
}

impl DnfProbe {
    /// A probe for the system that it runs on.
    pub fn new() -> Self {
        Self { system: System::ours(), options: Vec::new() }
    }

    /// A probe for a system that lies under a folder.
    #[cfg(test)]
    fn below(root: &std::path::Path, home: &std::path::Path) -> Self {
        let options = [
            format!("--installroot={}", root.display()),
            "--releasever=9".into(),
            // This machine's own would speak of this machine.
            "--noplugins".into(),
        ];
        Self { system: System::below(root, home), options: options.into() }
    }

    /// What dnf says out of its cache. Who holds its locks is not waited for.
    fn ask(&self, dialect: Dialect, args: &[&str]) -> Result<Output, ProbeError> {
        let mut command = self.system.ask("dnf").what(format!("dnf -C {}", args.join(" ")));
        command = command.args(&self.options).args(["-C", "-q"]);
        command = match dialect {
            Dialect::Four => command.args(["--setopt=exit_on_lock=True"]),
            // It would copy the system's cache into a cache of our own first.
            Dialect::Five => command.args(["--setopt=cachedir=/var/cache/libdnf5"]),
        };
        let output = command.args(args).run()?;
        rpm::require_database(&output)?;
        Ok(output)
    }

    fn answer(&self, dialect: Dialect, args: &[&str]) -> Result<String, ProbeError> {
        let output = self.ask(dialect, args)?;
        if output.code == 0 { Ok(output.stdout) } else { Err(said::refusal(&output)) }
    }

    /// The repositories that are asked.
    fn repositories(&self, dialect: Dialect) -> Result<Vec<String>, ProbeError> {
        let found = match dialect {
            Dialect::Four => said::repositories(&self.answer(dialect, &["repolist", "--enabled"])?),
            Dialect::Five => said::repositories_5(
                &self.answer(dialect, &["repo", "list", "--enabled", "--json"])?,
            )?,
        };
        if found.is_empty() {
            return Err(said::no_repository(&self.system));
        }
        Ok(found)
    }

    fn listing(&self, dialect: Dialect) -> Result<Listing, ProbeError> {
        let everything = match dialect {
            Dialect::Four => "--disableexcludes=all",
            Dialect::Five => "--setopt=disable_excludes=*",
        };
        let list = ["repoquery", "--upgrades", "--latest-limit=1", "--qf", FORM];
        let all = listing::parse(&self.answer(dialect, &[&list[..], &[everything]].concat())?);
        let today = match dialect {
            // The list itself knows nothing of version locks.
            Dialect::Four => {
                let output = self.ask(dialect, &["check-update"])?;
                match output.code {
                    0 | 100 => listing::offered(&output.stdout, &all),
                    _ => return Err(said::refusal(&output)),
                }
            }
            Dialect::Five => listing::versions(listing::parse(&self.answer(dialect, &list)?)),
        };
        Ok(Listing { all, today })
    }

    fn advisories(&self, dialect: Dialect) -> Result<Advisories, ProbeError> {
        match dialect {
            Dialect::Four => {
                let ask = |with: &[&str]| {
                    let fixed = ["updateinfo", "list", "--updates", "--disableexcludes=all"];
                    self.answer(dialect, &[&fixed, with].concat())
                };
                Ok(advisory::parse(&ask(&[])?, &ask(&["--with-cve"])?))
            }
            Dialect::Five => {
                let fixed = ["advisory", "list", "--updates", "--with-cve", "--json"];
                let everything = "--setopt=disable_excludes=*";
                advisory::parse_5(&self.answer(dialect, &[&fixed[..], &[everything]].concat())?)
            }
        }
    }

    /// When updates were last installed. That nobody may tell us is no reason
    /// to say nothing of those that are missing.
    fn last_patched_at(&self, dialect: Dialect) -> Option<Timestamp> {
        match dialect {
            Dialect::Four => history::last(
                &self.answer(dialect, &["history", "list"]).ok()?,
                &TimeZone::system(),
            ),
            Dialect::Five => {
                history::last_5(&self.answer(dialect, &["history", "list", "--json"]).ok()?)
            }
        }
    }
}

impl Default for DnfProbe {
    fn default() -> Self {
        Self::new()
    }
}

impl Probe for DnfProbe {
    fn name(&self) -> &'static str {
        "patch-dnf"
    }

    fn source(&self) -> &'static str {
        "dnf -C check-update"
    }

    fn sample(&mut self, turn: Turn) -> Result<Sample, ProbeError> {
        self.system.require()?;
        if self.system.family() == Family::Suse {
            return Err(ProbeError::Unsupported { why: "updates come from zypper here".into() });
        }
        let installed = self.system.installed()?;
        self.system.require_packages("dnf")?;
        let version = self.system.ask("dnf").args(["--version"]).run()?;
        let (dialect, version) = said::version(version.expect()?);

        let repositories = self.repositories(dialect)?;
        let mut remarks: Vec<_> =
            said::unregistered(&self.system, &repositories).into_iter().collect();
        let catalog = catalog::read(&self.system, dialect, &repositories, turn.now)?;
        remarks.extend(
            catalog.missing.iter().map(|id| {
                format!("there is no metadata of the repository {id}: run `dnf makecache`")
            }),
        );

        let listing = self.listing(dialect)?;
        let advisories =
            if listing.all.is_empty() { BTreeMap::new() } else { self.advisories(dialect)? };
        if !listing.all.is_empty() && !catalog.has_advisories {
            remarks.push("no repository says which updates are security updates".into());
        }
        let (items, cut) = listing.items(&installed, &advisories);
        remarks.extend(cut);
        remarks
            .extend(locks::owner(&self.system.root, &OWNERS).or_else(|| self.system.lock_holder()));

        let scan = PatchScan {
            manager: "dnf".into(),
            system: String::new(),
            managed_by: String::new(),
            items,
            reboot: self.system.reboot(&installed, turn.now),
            last_patched_at: self.last_patched_at(dialect),
        };
        let completeness =
            if remarks.is_empty() { Completeness::Full } else { Completeness::Partial };
        Ok(Sample {
            body: Body::Patches(scan),
            source: Some(format!("{} (dnf {version})", self.source()).into()),
            catalog_at: catalog.at,
            completeness,
            missing: remarks.join("; "),
        })
    }
}
