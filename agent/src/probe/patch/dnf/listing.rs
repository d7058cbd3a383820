//! From dnf's lists to updates, each with its state.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use remit_shared::{PatchItem, PatchState};

use crate::probe::patch::{
    dnf::advisory::Advisories,
    rpm::{Installed, advisory::Room},
};

/// A package by name and architecture: `glibc.x86_64`.
pub(super) type Key = String;

/// One line of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Update {
    pub(super) key: Key,
    pub(super) version: String,
    pub(super) repository: String,
}

/// What dnf said about all packages.
#[derive(Clone, Debug, Default)]
pub(super) struct Listing {
    /// Every update, excludes ignored.
    pub(super) all: Vec<Update>,
    /// What dnf would offer today.
    pub(super) today: BTreeMap<Key, String>,
}

/// Reads a list in our own form. What plugins say in between is none.
pub(super) fn parse(said: &str) -> Vec<Update> {
    let lines = said.lines().filter_map(|line| {
        let fields: Vec<_> = line.split('\t').collect();
        let [name, version, arch, repository] = fields[..] else { return None };
        let key = format!("{name}.{arch}");
        Some(Update { key, version: version.into(), repository: repository.into() })
    });
    lines.collect()
}

/// The version of each.
pub(super) fn versions(updates: Vec<Update>) -> BTreeMap<Key, String> {
    updates.into_iter().map(|it| (it.key, it.version)).collect()
}

/// The versions that `dnf check-update` offers of these packages. Its columns
/// wrap where a name is long, so that words count and lines do not.
pub(super) fn offered(said: &str, all: &[Update]) -> BTreeMap<Key, String> {
    let known: BTreeSet<&str> = all.iter().map(|it| it.key.as_str()).collect();
    let updates = said.split("Obsoleting Packages").next().unwrap_or_default();
    let words: Vec<_> = updates.split_whitespace().collect();
    let pairs = words.windows(2).filter(|it| known.contains(it[0]));
    pairs.map(|it| (it[0].to_owned(), it[1].to_owned())).collect()
}

impl Listing {
    /// Every update, sorted by package, and what had to be left out.
    pub(super) fn items(
        &self,
        installed: &[Installed],
        advisories: &Advisories,
    ) -> (Vec<PatchItem>, Option<String>) {
        let present = newest(installed);
        let mut room = Room::new();
        let items = self.all.iter().map(|it| {
            let today = self.today.get(&it.key);
            let advisory = advisories.get(&it.key);
            let severity = advisory.and_then(|it| it.severity.as_ref());
            let severity = severity.map(|it| format!("severity {it}"));
            PatchItem {
                package: it.key.clone(),
                installed: present.get(it.key.as_str()).copied().unwrap_or_default().into(),
                candidate: today.unwrap_or(&it.version).clone(),
                origins: [it.repository.clone()].into_iter().chain(severity).collect(),
                security: advisory.is_some_and(|it| it.is_security),
                advisories: room.take(advisory),
                failure: String::new(),
                state: if today.is_some() { PatchState::Available } else { PatchState::Held },
            }
        });
        let mut items: Vec<_> = items.collect();
        items.sort_by(|a, b| a.package.cmp(&b.package));
        (items, room.remark())
    }
}

/// The version of each package that was installed last: of kernels there are
/// several.
fn newest(installed: &[Installed]) -> HashMap<String, &str> {
    let mut order: Vec<_> = installed.iter().collect();
    order.sort_by_key(|it| it.at);
    let pairs =
        order.into_iter().map(|it| (format!("{}.{}", it.name, it.arch), it.version.as_str()));
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn updates() -> Vec<Update> {
        parse(
            "Not root, Subscription Management repositories not updated\n\
             kernel-core\t5.14.0-427.el9\tx86_64\tbaseos\n\
             a-package-whose-name-takes-up-more-than-one-column\t1:2-1\tnoarch\tappstream\n",
        )
    }

    #[test]
    fn columns_that_wrap_are_read() {
        // dnf 4.14's form, in 80 columns.
        let said = "\n\
Security: kernel-core-5.14.0-362.el9.x86_64 is an installed security update
Security: kernel-core-5.14.0-284.el9.x86_64 is the currently running version
a-package-whose-name-takes-up-more-than-one-column.noarch
                                     1:2-1                          appstream
kernel-core.x86_64                   5.14.0-427.el9                 baseos
Obsoleting Packages
kernel-core.x86_64                   9                              baseos
    old.x86_64                       1-1                            @System
";
        let offered = offered(said, &updates());
        let expected = [
            ("a-package-whose-name-takes-up-more-than-one-column.noarch", "1:2-1"),
            ("kernel-core.x86_64", "5.14.0-427.el9"),
        ];
        let expected = expected.map(|(key, version)| (key.to_owned(), version.to_owned()));
        assert_eq!(offered, BTreeMap::from(expected));
    }

    #[test]
    fn what_is_not_offered_is_held_and_of_kernels_the_newest_is_installed() {
        let kernel = |version: &str, at| Installed {
            name: "kernel-core".into(),
            version: version.into(),
            arch: "x86_64".into(),
            at: Some(Timestamp::from_second(at).unwrap()),
        };
        let today = [("kernel-core.x86_64".to_owned(), "5.14.0-400.el9".to_owned())];
        let listing = Listing { all: updates(), today: today.into() };
        let installed = [kernel("5.14.0-362.el9", 20), kernel("5.14.0-284.el9", 10)];
        let (items, cut) = listing.items(&installed, &Advisories::new());
        let rows: Vec<_> =
            items.iter().map(|it| (&*it.installed, &*it.candidate, it.state)).collect();
        assert_eq!(
            rows,
            [
                ("", "1:2-1", PatchState::Held),
                ("5.14.0-362.el9", "5.14.0-400.el9", PatchState::Available)
            ]
        );
        assert_eq!(cut, None);
    }
}
