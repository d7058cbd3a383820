//! How old the metadata is that dnf answers from.
//!
//! Each repository has a folder in the cache, named by its identifier and a
//! sum. dnf touches a file in it whenever it has found that the metadata is
//! still that of the server, so that the newest file tells when the repository
//! was last asked. The repository that was asked longest ago tells for all:
//! one that quietly stopped being refreshed must show.

use std::{fs, io, path::Path};

use jiff::Timestamp;

use crate::probe::{
    ProbeError,
    patch::{dnf::Dialect, past, rpm::System},
};

/// What is known about the metadata.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Catalog {
    /// When it was last refreshed, as far as can be proved.
    pub(super) at: Option<Timestamp>,
    /// Whether any of it says what updates are for.
    pub(super) has_advisories: bool,
    /// What is wrong with it.
    pub(super) remarks: Vec<String>,
}

/// Looks at the metadata of these repositories.
pub(super) fn read(
    system: &System,
    dialect: Dialect,
    repositories: &[String],
    now: Timestamp,
) -> Result<Catalog, ProbeError> {
    let cache = match dialect {
        Dialect::Four => "/var/cache/dnf",
        Dialect::Five => "/var/cache/libdnf5",
    };
    let failed = |err| ProbeError::read(cache, err);
    let folders = match fs::read_dir(system.path(cache)) {
        Ok(entries) => entries.collect::<Result<Vec<_>, _>>().map_err(failed)?,
        Err(err) if err.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(err) => return Err(failed(err)),
    };
    let mut catalog = Catalog::default();
    let mut oldest: Option<Timestamp> = None;
    for id in repositories {
        let mut newest = None;
        for folder in &folders {
            if !is_of(&folder.file_name().to_string_lossy(), id) {
                continue;
            }
            let data = folder.path().join("repodata");
            let at = refreshed_at(&data, now).map_err(failed)?;
            if at > newest {
                newest = at;
                catalog.has_advisories |= has_advisories(&data).map_err(failed)?;
            }
        }
        match newest {
            Some(at) => oldest = Some(oldest.map_or(at, |it| it.min(at))),
            None => catalog
                .remarks
                .push(format!("there is no metadata of the repository {id}: run `dnf makecache`")),
        }
    }
    // What was never refreshed is older than all.
    catalog.at = oldest.filter(|_| catalog.remarks.is_empty());
    Ok(catalog)
}

/// `baseos-63d2e29dc17bc750` is a folder of `baseos`.
fn is_of(folder: &str, id: &str) -> bool {
    let sum = folder.strip_prefix(id).and_then(|it| it.strip_prefix('-'));
    sum.is_some_and(|it| it.len() == 16 && it.bytes().all(|it| it.is_ascii_hexdigit()))
}

fn refreshed_at(data: &Path, now: Timestamp) -> io::Result<Option<Timestamp>> {
    if !data.join("repomd.xml").is_file() {
        return Ok(None);
    }
    let mut newest = None;
    for entry in fs::read_dir(data)? {
        newest = newest.max(past(entry?.metadata()?.modified()?, now));
    }
    Ok(newest)
}

fn has_advisories(data: &Path) -> io::Result<bool> {
    Ok(fs::read_to_string(data.join("repomd.xml"))?.contains("type=\"updateinfo\""))
}

#[cfg(test)]
mod tests {
    use std::{fs::File, time::SystemTime};

    use super::*;

    fn at(day: u8) -> Timestamp {
        format!("2026-03-{day:02}T06:00:00Z").parse().unwrap()
    }

    fn repository(root: &Path, folder: &str, day: u8, types: &str) {
        let data = root.join("var/cache/dnf").join(folder).join("repodata");
        fs::create_dir_all(&data).unwrap();
        for (name, text, day) in [("repomd.xml", types, 1), ("x-primary.xml.gz", "", day)] {
            fs::write(data.join(name), text).unwrap();
            let file = File::options().write(true).open(data.join(name)).unwrap();
            file.set_modified(SystemTime::try_from(at(day)).unwrap()).unwrap();
        }
    }

    #[track_caller]
    fn check(root: &Path, ids: &[&str], expected: (Option<Timestamp>, bool, &[&str])) {
        let ids: Vec<_> = ids.iter().map(|it| (*it).to_owned()).collect();
        let system = System::below(root, root);
        let found = read(&system, Dialect::Four, &ids, at(20)).unwrap();
        let remarks: Vec<_> = found.remarks.iter().map(String::as_str).collect();
        assert_eq!((found.at, found.has_advisories, &*remarks), expected);
    }

    #[test]
    fn the_repository_that_was_asked_longest_ago_tells() {
        let dir = tempfile::tempdir().unwrap();
        let missing = ["there is no metadata of the repository base: run `dnf makecache`"];
        check(dir.path(), &["base"], (None, false, &missing));

        repository(dir.path(), "base-0123456789abcdef", 12, "<data type=\"updateinfo\">");
        repository(dir.path(), "extra-0123456789abcdef", 9, "<data type=\"primary\">");
        repository(dir.path(), "extra-more-0123456789abcdef", 2, "");
        check(dir.path(), &["base"], (Some(at(12)), true, &[]));
        check(dir.path(), &["extra"], (Some(at(9)), false, &[]));
        check(dir.path(), &["base", "extra"], (Some(at(9)), true, &[]));
        let missing = ["there is no metadata of the repository new: run `dnf makecache`"];
        check(dir.path(), &["base", "new"], (None, true, &missing));
    }

    #[test]
    fn a_repository_that_has_moved_is_as_old_as_its_newest_folder() {
        let dir = tempfile::tempdir().unwrap();
        repository(dir.path(), "base-0123456789abcdef", 12, "");
        repository(dir.path(), "base-fedcba9876543210", 15, "");
        check(dir.path(), &["base"], (Some(at(15)), false, &[]));
    }

    #[test]
    fn a_time_in_the_future_proves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        repository(dir.path(), "base-0123456789abcdef", 25, "");
        check(dir.path(), &["base"], (Some(at(1)), false, &[]));
    }
}
