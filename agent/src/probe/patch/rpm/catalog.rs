//! How old the metadata of repositories is.
//!
//! Whoever refreshes touches a file of a repository's metadata also where it
//! is still that of the server, so that the newest file tells when the
//! repository was last asked. The repository that was asked longest ago tells
//! for all: one that quietly stopped being refreshed must show.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use jiff::Timestamp;

use crate::probe::patch::past;

/// What is known about the metadata.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Catalog {
    /// When it was last refreshed, as far as can be proved.
    pub(crate) at: Option<Timestamp>,
    /// Whether any of it says what updates are for.
    pub(crate) has_advisories: bool,
    /// Repositories without any.
    pub(crate) missing: Vec<String>,
}

/// Looks at repositories by name, each with the folders that may have its
/// metadata, of which the newest counts.
pub(crate) fn read(
    repositories: impl IntoIterator<Item = (String, Vec<PathBuf>)>,
    now: Timestamp,
) -> io::Result<Catalog> {
    let mut catalog = Catalog::default();
    let mut oldest: Option<Timestamp> = None;
    for (name, folders) in repositories {
        let mut newest = None;
        for folder in folders {
            let at = refreshed_at(&folder, now)?;
            if at > newest {
                newest = at;
                catalog.has_advisories |= has_advisories(&folder)?;
            }
        }
        match newest {
            Some(at) => oldest = Some(oldest.map_or(at, |it| it.min(at))),
            None => catalog.missing.push(name),
        }
    }
    // What was never refreshed is older than all.
    catalog.at = oldest.filter(|_| catalog.missing.is_empty());
    Ok(catalog)
}

fn refreshed_at(folder: &Path, now: Timestamp) -> io::Result<Option<Timestamp>> {
    if !folder.join("repomd.xml").is_file() {
        return Ok(None);
    }
    let mut newest = None;
    for entry in fs::read_dir(folder)? {
        newest = newest.max(past(entry?.metadata()?.modified()?, now));
    }
    Ok(newest)
}

fn has_advisories(folder: &Path) -> io::Result<bool> {
    Ok(fs::read_to_string(folder.join("repomd.xml"))?.contains("type=\"updateinfo\""))
}

#[cfg(test)]
mod tests {
    use std::{fs::File, time::SystemTime};

    use super::*;

    fn at(day: u8) -> Timestamp {
        format!("2026-03-{day:02}T06:00:00Z").parse().unwrap()
    }

    fn metadata(root: &Path, folder: &str, day: u8, types: &str) {
        let data = root.join(folder);
        fs::create_dir_all(&data).unwrap();
        for (name, text, day) in [("repomd.xml", types, 1), ("x-primary.xml.gz", "", day)] {
            fs::write(data.join(name), text).unwrap();
            let file = File::options().write(true).open(data.join(name)).unwrap();
            file.set_modified(SystemTime::try_from(at(day)).unwrap()).unwrap();
        }
    }

    #[track_caller]
    fn check(
        root: &Path,
        repositories: &[(&str, &[&str])],
        expected: (Option<Timestamp>, bool, &[&str]),
    ) {
        let paths = |it: &[&str]| it.iter().map(|it| root.join(it)).collect::<Vec<_>>();
        let repositories = repositories.iter().map(|(name, it)| ((*name).to_owned(), paths(it)));
        let found = read(repositories, at(20)).unwrap();
        let missing: Vec<_> = found.missing.iter().map(String::as_str).collect();
        assert_eq!((found.at, found.has_advisories, &*missing), expected);
    }

    #[test]
    fn the_repository_that_was_asked_longest_ago_tells() {
        let dir = tempfile::tempdir().unwrap();
        metadata(dir.path(), "b", 12, "<data type=\"updateinfo\">");
        metadata(dir.path(), "x", 9, "<data type=\"primary\">");
        let (base, extra) = (("base", &["b"][..]), ("extra", &["x"][..]));
        check(dir.path(), &[base], (Some(at(12)), true, &[]));
        check(dir.path(), &[extra], (Some(at(9)), false, &[]));
        check(dir.path(), &[base, extra], (Some(at(9)), true, &[]));
        check(dir.path(), &[base, ("new", &["n"])], (None, true, &["new"]));
        check(dir.path(), &[("new", &[])], (None, false, &["new"]));
    }

    #[test]
    fn a_repository_that_has_moved_is_as_old_as_its_newest_folder() {
        let dir = tempfile::tempdir().unwrap();
        metadata(dir.path(), "one", 12, "");
        metadata(dir.path(), "two", 15, "");
        check(dir.path(), &[("base", &["one", "two", "none"])], (Some(at(15)), false, &[]));
    }

    #[test]
    fn a_time_in_the_future_proves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        metadata(dir.path(), "b", 25, "");
        check(dir.path(), &[("base", &["b"])], (Some(at(1)), false, &[]));
    }
}
