//! What zypper says as XML, and the updates that it makes.

use std::collections::{BTreeMap, BTreeSet};

use remit_shared::{PatchItem, PatchState};
use roxmltree::{Document, Node};

use crate::probe::{
    ProbeError,
    patch::rpm::advisory::{Advisory, Room},
};

/// What zypper calls a patch that closes security holes.
const SECURITY: &str = "security";

/// A newer version of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Update {
    pub(super) name: String,
    pub(super) arch: String,
    pub(super) installed: String,
    pub(super) candidate: String,
    pub(super) repository: String,
}

/// A patch that is needed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Patch {
    pub(super) name: String,
    pub(super) edition: String,
    pub(super) category: String,
    pub(super) severity: String,
    pub(super) repository: String,
    /// The vulnerabilities that it closes.
    pub(super) closes: Vec<String>,
    /// The packages that it comes with, some with an architecture.
    pub(super) packages: Vec<String>,
}

/// What zypper said about all packages.
#[derive(Clone, Debug, Default)]
pub(super) struct Lists {
    /// Every newer version.
    pub(super) all: Vec<Update>,
    /// What `zypper update` would install today.
    pub(super) today: Vec<Update>,
    /// Patterns of names that an administrator has locked.
    pub(super) locks: Vec<String>,
    /// Patches that are needed.
    pub(super) patches: Vec<Patch>,
}

impl Lists {
    /// Every update, sorted by package, and what had to be left out.
    pub(super) fn items(&self) -> (Vec<PatchItem>, Option<String>) {
        let today: BTreeMap<_, _> =
            self.today.iter().map(|it| ((&it.name, &it.arch), &it.candidate)).collect();
        let mut told = BTreeSet::new();
        let mut room = Room::new();
        let mut items = Vec::new();
        for it in &self.all {
            let mut advisory = Advisory::default();
            for patch in self.patches.iter().filter(|patch| patch.is_about(it)) {
                told.insert(&patch.name);
                patch.add_to(&mut advisory);
            }
            let today = today.get(&(&it.name, &it.arch)).copied();
            let state = if today.is_some() {
                PatchState::Available
            } else if self.locks.iter().any(|lock| matches(lock.as_bytes(), it.name.as_bytes())) {
                PatchState::Held
            } else {
                PatchState::KeptBack
            };
            let package = format!("{}.{}", it.name, it.arch);
            let candidate = today.unwrap_or(&it.candidate).clone();
            let mut item = item(package, candidate, &it.repository, &advisory, &mut room);
            item.installed = it.installed.clone();
            item.state = state;
            items.push(item);
        }
        for patch in self.patches.iter().filter(|it| !told.contains(&it.name)) {
            let mut advisory = Advisory::default();
            patch.add_to(&mut advisory);
            let name = format!("patch:{}", patch.name);
            items.push(item(name, patch.edition.clone(), &patch.repository, &advisory, &mut room));
        }
        items.sort_by(|a, b| a.package.cmp(&b.package));
        (items, room.remark())
    }
}

fn item(
    package: String,
    candidate: String,
    repository: &str,
    advisory: &Advisory,
    room: &mut Room,
) -> PatchItem {
    let severity = advisory.severity.iter().map(|it| format!("severity {it}"));
    PatchItem {
        package,
        installed: String::new(),
        candidate,
        origins: [repository.to_owned()].into_iter().chain(severity).collect(),
        security: advisory.is_security,
        advisories: room.take(Some(advisory)),
        failure: String::new(),
        state: PatchState::Available,
    }
}

impl Patch {
    fn is_about(&self, update: &Update) -> bool {
        let Update { name, arch, .. } = update;
        let is_it = |it: &String| {
            it == name
                || it.strip_prefix(name.as_str()).and_then(|it| it.strip_prefix('.')) == Some(arch)
        };
        self.packages.iter().any(is_it)
    }

    fn add_to(&self, advisory: &mut Advisory) {
        let is_security = self.category == SECURITY;
        advisory.add(&self.name, is_security, is_security.then_some(self.severity.as_str()));
        advisory.names.extend(self.closes.iter().cloned());
    }
}

/// Whether a name is what a pattern with `*` and `?` says.
pub(super) fn matches(pattern: &[u8], name: &[u8]) -> bool {
    // As far as both agree, and where the last `*` may take more.
    let (mut at, mut of, mut star) = (0, 0, None);
    while of < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, of));
                at += 1;
            }
            Some(it) if *it == b'?' || *it == name[of] => (at, of) = (at + 1, of + 1),
            _ => match star {
                Some((back, taken)) => {
                    star = Some((back, taken + 1));
                    (at, of) = (back + 1, taken + 1);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|it| *it == b'*')
}

/// The aliases of enabled repositories.
pub(super) fn repositories(said: &str) -> Result<Vec<String>, ProbeError> {
    let document = document("zypper repos", said)?;
    let enabled = elements(&document, "repo").filter(|it| it.attribute("enabled") == Some("1"));
    Ok(enabled.map(|it| attribute(it, "alias")).collect())
}

/// Newer versions of packages.
pub(super) fn updates(said: &str) -> Result<Vec<Update>, ProbeError> {
    let document = document("zypper list-updates", said)?;
    require(&document, "zypper list-updates", "update-status")?;
    let packages =
        elements(&document, "update").filter(|it| it.attribute("kind") == Some("package"));
    let update = |it: Node<'_, '_>| Update {
        name: attribute(it, "name"),
        arch: attribute(it, "arch"),
        installed: attribute(it, "edition-old"),
        candidate: attribute(it, "edition"),
        repository: repository(it),
    };
    Ok(packages.map(update).collect())
}

/// Patches that are needed.
pub(super) fn patches(said: &str) -> Result<Vec<Patch>, ProbeError> {
    let document = document("zypper list-patches", said)?;
    require(&document, "zypper list-patches", "update-status")?;
    let needed = elements(&document, "update").filter(|it| {
        it.attribute("kind") == Some("patch")
            && it.attribute("status").is_none_or(|it| it == "needed")
    });
    let patch = |it: Node<'_, '_>| {
        let issues = it.descendants().filter(|it| it.has_tag_name("issue"));
        let closes = issues.filter(|it| it.attribute("type") == Some("cve"));
        Patch {
            name: attribute(it, "name"),
            edition: attribute(it, "edition"),
            category: attribute(it, "category"),
            severity: attribute(it, "severity"),
            repository: repository(it),
            closes: closes.map(|it| attribute(it, "id")).collect(),
            packages: Vec::new(),
        }
    };
    Ok(needed.map(patch).collect())
}

/// The names of locked packages.
pub(super) fn locks(said: &str) -> Result<Vec<String>, ProbeError> {
    let document = document("zypper locks", said)?;
    let names = elements(&document, "lock").filter_map(|it| {
        let texts = |name| it.children().find(|it| it.has_tag_name(name)).and_then(|it| it.text());
        // What has no type is of every kind.
        let is_package = texts("type").is_none_or(|it| it == "package");
        texts("name").filter(|_| is_package).map(str::to_owned)
    });
    Ok(names.collect())
}

fn document<'a>(what: &str, said: &'a str) -> Result<Document<'a>, ProbeError> {
    Document::parse(said).map_err(|err| ProbeError::Parse {
        what: format!("`{what}`"),
        field: format!("what was asked ({err})"),
    })
}

/// An answer without the list is not an empty list.
fn require(document: &Document<'_>, what: &str, element: &str) -> Result<(), ProbeError> {
    if elements(document, element).next().is_some() {
        return Ok(());
    }
    Err(ProbeError::Parse { what: format!("`{what}`"), field: element.into() })
}

fn elements<'a>(document: &'a Document<'a>, name: &'a str) -> impl Iterator<Item = Node<'a, 'a>> {
    document.descendants().filter(move |it| it.has_tag_name(name))
}

fn attribute(node: Node<'_, '_>, name: &str) -> String {
    node.attribute(name).unwrap_or_default().to_owned()
}

fn repository(node: Node<'_, '_>) -> String {
    node.children()
        .find(|it| it.has_tag_name("source"))
        .map_or_else(String::new, |it| attribute(it, "alias"))
}
