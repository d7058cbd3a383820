//! From simulations to updates, each with its state.

use std::collections::{BTreeMap, BTreeSet};

use remit_shared::{PatchItem, PatchState};

use crate::probe::patch::apt::simulation::{Install, Kept, Simulation, is_security};

/// What apt said about all packages.
#[derive(Clone, Debug, Default)]
pub(super) struct Listing {
    /// Everything that could be installed, holds and phases ignored.
    pub(super) all: Simulation,
    /// What `apt upgrade` would install today.
    pub(super) today: Simulation,
    /// What an administrator holds.
    pub(super) held: BTreeSet<String>,
}

/// A package and the version that it could have.
type Versioned = (String, String);

impl Listing {
    /// Updates that are not for today and not held, as `package=version`:
    /// they are phased or kept back, and the package lists know which.
    pub(super) fn unexplained(&self) -> Vec<String> {
        let not_today = self.all.installs.iter().filter(|it| it.installed.is_some());
        let not_today = not_today.filter(|it| !self.is_for_today(&it.package));
        let not_held = not_today.filter(|it| !self.held.contains(&it.package));
        not_held.map(|it| format!("{}={}", it.package, it.candidate)).collect()
    }

    /// Updates that cannot be installed at all, which therefore no simulation
    /// tells the origin of.
    pub(super) fn impossible(&self) -> Vec<String> {
        self.kept().map(|it| it.package.clone()).collect()
    }

    /// Every update, sorted by package.
    pub(super) fn items(
        &self,
        phased: &BTreeSet<Versioned>,
        origins: &BTreeMap<Versioned, Vec<String>>,
    ) -> Vec<PatchItem> {
        // What an unusual hold makes impossible may still be for today.
        let only_today = self
            .today
            .installs
            .iter()
            .filter(|it| !self.all.installs.iter().any(|all| all.package == it.package));
        let installs = self.all.installs.iter().chain(only_today);
        let mut items: Vec<_> = installs.filter_map(|it| self.item(it, phased)).collect();
        items.extend(self.kept().map(|it| {
            let key = (it.package.clone(), it.candidate.clone());
            let origins = origins.get(&key).cloned().unwrap_or_default();
            PatchItem {
                package: it.package.clone(),
                installed: it.installed.clone(),
                candidate: it.candidate.clone(),
                // The policy's form of an origin is a suite and a component.
                security: origins.iter().any(|it| it.contains("-security/")),
                origins,
                state: self.state(&it.package, &it.candidate, phased),
                advisories: Vec::new(),
                failure: String::new(),
            }
        }));
        items.sort_by(|a, b| a.package.cmp(&b.package));
        items
    }

    /// What an administrator should know before trusting the list.
    pub(super) fn remark(&self) -> Option<String> {
        match self.all.unfinished {
            0 => None,
            count => {
                Some(format!("{count} packages are not fully installed: run `dpkg --configure -a`"))
            }
        }
    }

    fn item(&self, it: &Install, phased: &BTreeSet<Versioned>) -> Option<PatchItem> {
        Some(PatchItem {
            package: it.package.clone(),
            installed: it.installed.clone()?,
            candidate: it.candidate.clone(),
            origins: it.origins.clone(),
            security: it.origins.iter().any(|it| is_security(it)),
            state: self.state(&it.package, &it.candidate, phased),
            advisories: Vec::new(),
            failure: String::new(),
        })
    }

    fn state(&self, package: &str, candidate: &str, phased: &BTreeSet<Versioned>) -> PatchState {
        // Phased packages are listed without the architecture that is usual here.
        let bare = package.split(':').next().unwrap_or(package);
        if self.is_for_today(package) {
            PatchState::Available
        } else if self.held.contains(package) {
            PatchState::Held
        } else if phased.contains(&(bare.to_owned(), candidate.to_owned())) {
            PatchState::DeferredPhased
        } else {
            PatchState::KeptBack
        }
    }

    fn is_for_today(&self, package: &str) -> bool {
        self.today.installs.iter().any(|it| it.package == package)
    }

    fn kept(&self) -> impl Iterator<Item = &Kept> {
        self.all.kept.iter().filter(|it| !self.is_for_today(&it.package))
    }
}

/// The versions that `apt-cache show` says are rolled out to a part of all
/// machines only.
pub(super) fn phased(shown: &str) -> BTreeSet<Versioned> {
    let stanzas = shown.split("\n\n").filter_map(|stanza| {
        let field = |name: &str| {
            let mut fields = stanza.lines().filter_map(|it| it.split_once(": "));
            fields.find_map(|(key, value)| (key == name).then(|| value.trim().to_owned()))
        };
        let percentage: u32 = field("Phased-Update-Percentage")?.parse().ok()?;
        (percentage < 100).then_some(())?;
        Some((field("Package")?, field("Version")?))
    });
    stanzas.collect()
}

/// Where `apt-cache policy` says that each version comes from, as suite and
/// component: `bookworm-security/main`.
pub(super) fn origins(policy: &str) -> BTreeMap<Versioned, Vec<String>> {
    let mut origins = BTreeMap::<_, Vec<_>>::new();
    let (mut package, mut version) = ("", "");
    for line in policy.lines() {
        let words: Vec<_> = line.split_whitespace().filter(|it| *it != "***").collect();
        match &words[..] {
            [name] if !line.starts_with(' ') => package = name.trim_end_matches(':'),
            // A version has a priority and no more; a source has an address, too.
            [number, priority] if priority.parse::<i32>().is_ok() => version = number,
            [_, address, suite, ..] if address.contains(":/") => {
                let key = (package.to_owned(), version.to_owned());
                origins.entry(key).or_default().push((*suite).to_owned());
            }
            _ => {}
        }
    }
    origins
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_that_all_machines_get_is_not_phased() {
        let shown = "Package: a\nVersion: 2\nPhased-Update-Percentage: 40\n\n\
                     Package: a\nVersion: 1\n\nPackage: b\nVersion: 2\nPhased-Update-Percentage: 100\n\n\
                     Package: c\nVersion: 3\nDescription: x\nPhased-Update-Percentage: 0\n";
        let expected = [("a".to_owned(), "2".to_owned()), ("c".to_owned(), "3".to_owned())];
        assert_eq!(phased(shown), BTreeSet::from(expected));
    }

    #[test]
    fn a_policy_tells_where_each_version_comes_from() {
        // Debian 12, apt 2.6.1.
        let policy = "\
libc6:
  Installed: 2.36-9+deb12u10
  Candidate: 2.36-9+deb12u13
  Version table:
     2.36-9+deb12u13 500
        500 http://mirror.example/debian bookworm/main amd64 Packages
        500 http://mirror.example/debian-security bookworm-security/main amd64 Packages
 *** 2.36-9+deb12u10 100
        100 /var/lib/dpkg/status
";
        let origins = origins(policy);
        let newest = &origins[&("libc6".to_owned(), "2.36-9+deb12u13".to_owned())];
        assert_eq!(newest, &["bookworm/main", "bookworm-security/main"]);
        assert_eq!(origins.len(), 1);
    }
}
