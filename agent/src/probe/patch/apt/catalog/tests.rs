use std::{fs::File, path::PathBuf, time::SystemTime};

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
