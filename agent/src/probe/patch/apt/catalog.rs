//! How old the package lists are.
//!
//! Each archive's `Release` file says when it was made, and apt gives it the
//! time that the archive's server reports. An archive that is still signed
//! may be unchanged for weeks, so that the newest file of all archives tells;
//! Ubuntu's stamp of a successful update tells better where there is one.
//! This errs towards "old". A single archive that is no longer refreshed
//! shows by the end of its own validity, where it sets one.

use std::{fs, io, path::Path, time::SystemTime};

use jiff::{Timestamp, fmt::rfc2822};

use crate::probe::{ProbeError, patch::apt::below};

/// What is known about the package lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Catalog {
    /// When they were last refreshed, as far as can be proved.
    pub(super) at: Option<Timestamp>,
    /// What is wrong with them.
    pub(super) remarks: Vec<String>,
}

const LISTS: &str = "/var/lib/apt/lists";
const STAMP: &str = "/var/lib/apt/periodic/update-success-stamp";

/// Looks at the package lists of a system.
pub(super) fn read(root: &Path, now: Timestamp) -> Result<Catalog, ProbeError> {
    let entries = match fs::read_dir(below(root, LISTS)) {
        Ok(entries) => entries.collect::<Result<Vec<_>, _>>(),
        Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(err) => Err(err),
    };
    let mut at = None;
    let mut remarks = Vec::new();
    for entry in entries.map_err(|err| ProbeError::read(LISTS, err))? {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.ends_with("Release") {
            continue;
        }
        let failed = |err| ProbeError::read(format!("{LISTS}/{name}"), err);
        let text = fs::read_to_string(entry.path()).map_err(failed)?;
        let modified = entry.metadata().and_then(|it| it.modified()).map_err(failed)?;
        at = at.max(field(&text, "Date")).max(past(modified, now));
        if let Some(until) = field(&text, "Valid-Until").filter(|it| *it < now) {
            remarks.push(format!("the package list {name} has expired on {until}"));
        }
    }
    if at.is_none() {
        remarks.push("package lists are missing: run apt-get update".into());
        return Ok(Catalog { at, remarks });
    }
    let stamp = fs::metadata(below(root, STAMP)).and_then(|it| it.modified());
    let at = at.max(stamp.ok().and_then(|it| past(it, now))).map(|it| it.min(now));
    remarks.sort();
    Ok(Catalog { at, remarks })
}

/// A time of the header, which ends with the first list of files.
fn field(release: &str, name: &str) -> Option<Timestamp> {
    let mut fields = release.lines().filter_map(|it| it.split_once(": "));
    let (_, value) = fields.find(|(key, _)| *key == name)?;
    // `UTC` is how archives say it, `+0000` how the standard does.
    let value = value.trim().replace("UTC", "+0000");
    rfc2822::DateTimeParser::new().parse_timestamp(value).ok()
}

/// A file's time, unless it lies in the future and proves nothing.
fn past(modified: SystemTime, now: Timestamp) -> Option<Timestamp> {
    Timestamp::try_from(modified).ok().filter(|it| *it <= now)
}

#[cfg(test)]
mod tests {
    use std::{fs::File, path::PathBuf};

    use super::*;

    /// Debian's, shortened.
    const RELEASE: &str = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nOrigin: Debian\nSuite: oldstable\n\
        Date: Sat, 11 Jul 2026 10:16:37 UTC\nArchitectures: all amd64\n";

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn system(files: &[(&str, &str, &str)]) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().to_owned();
        for (path, text, modified) in files {
            let path = below(&root, path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            File::options()
                .write(true)
                .open(&path)
                .unwrap()
                .set_modified(SystemTime::try_from(at(modified)).unwrap())
                .unwrap();
        }
        (dir, root)
    }

    #[test]
    fn no_lists_are_not_zero_updates() {
        let (_dir, root) = system(&[("/var/lib/apt/lists/lock", "", "2026-07-01T00:00:00Z")]);
        for root in [root.as_path(), Path::new("/nowhere")] {
            let catalog = read(root, at("2026-07-20T00:00:00Z")).unwrap();
            assert_eq!(catalog.at, None);
            assert_eq!(catalog.remarks, ["package lists are missing: run apt-get update"]);
        }
    }

    #[test]
    fn the_newest_proof_of_a_refresh_counts() {
        let lists = "/var/lib/apt/lists/deb_InRelease";
        let now = at("2026-07-20T00:00:00Z");
        for (files, expected) in [
            (vec![(lists, RELEASE, "2026-07-10T00:00:00Z")], "2026-07-11T10:16:37Z"),
            (vec![(lists, RELEASE, "2026-07-12T00:00:00Z")], "2026-07-12T00:00:00Z"),
            (vec![(lists, RELEASE, "2027-01-01T00:00:00Z")], "2026-07-11T10:16:37Z"),
            (
                vec![(lists, RELEASE, "2026-07-12T00:00:00Z"), (STAMP, "", "2026-07-19T00:00:00Z")],
                "2026-07-19T00:00:00Z",
            ),
            (
                vec![
                    (lists, RELEASE, "2026-07-10T00:00:00Z"),
                    (
                        "/var/lib/apt/lists/old_Release",
                        "Date: Thu, 01 Jan 2026 00:00:00 UTC",
                        "2026-01-01T00:00:00Z",
                    ),
                ],
                "2026-07-11T10:16:37Z",
            ),
        ] {
            let (_dir, root) = system(&files);
            let catalog = read(&root, now).unwrap();
            assert_eq!(catalog, Catalog { at: Some(at(expected)), remarks: vec![] });
        }
    }

    #[test]
    fn a_list_that_its_archive_calls_expired_is_named() {
        let text = format!("{RELEASE}Valid-Until: Sat, 18 Jul 2026 10:16:37 UTC\n");
        let (_dir, root) =
            system(&[("/var/lib/apt/lists/sec_InRelease", &text, "2026-07-11T00:00:00Z")]);
        assert!(read(&root, at("2026-07-18T00:00:00Z")).unwrap().remarks.is_empty());
        let remarks = read(&root, at("2026-07-19T00:00:00Z")).unwrap().remarks;
        let expected = "the package list sec_InRelease has expired on 2026-07-18T10:16:37Z";
        assert_eq!(remarks, [expected]);
    }
}
