use std::{fs, path::Path, time::Duration};

use remit_shared::{BackupScan, Body};

use super::*;
use crate::probe::backup::tests::repository;

/// Runs the real program; installed by `cargo xtask` where tests run.
fn restic(dir: &Path, args: &[&str]) -> Output {
    let password = dir.join("password");
    fs::write(&password, "secret\n").unwrap();
    let command = Command::new("restic")
        .args(["--repo".as_ref(), dir.join("repo").as_os_str()])
        .args(["--password-file".as_ref(), password.as_os_str()])
        .env("XDG_CACHE_HOME", dir.join("cache"))
        .args(args);
    command.run().expect("this test needs Debian's package `restic`")
}

fn ask(repository: Repository) -> Result<BackupScan, ProbeError> {
    let turn = Turn { now: Timestamp::UNIX_EPOCH, monotonic: Duration::ZERO };
    let sample = ResticProbe::new(vec![repository]).sample(turn)?;
    let Body::Backups(scan) = sample.body else { panic!("{sample:?}") };
    Ok(scan)
}

fn at(dir: &Path) -> Repository {
    let location = dir.join("repo").to_string_lossy().into_owned();
    let password_file = Some(dir.join("password"));
    Repository { password_file, ..repository("home", "restic", &location) }
}

#[test]
fn the_newest_snapshot_of_a_real_repository_is_found() {
    let dir = tempfile::tempdir().unwrap();
    restic(dir.path(), &["init"]).expect().unwrap();
    assert_eq!(ask(at(dir.path())).unwrap().newest, [], "an empty repository has none");

    let file = dir.path().join("file");
    fs::write(&file, "content").unwrap();
    let file = file.to_str().unwrap();
    let old = ["backup", "--host", "one", "--time", "2026-01-02 03:04:05", file];
    restic(dir.path(), &old).expect().unwrap();
    restic(dir.path(), &["backup", "--host", "two", file]).expect().unwrap();

    let scan = ask(at(dir.path())).unwrap();
    let [point] = &scan.newest[..] else { panic!("{scan:?}") };
    assert_eq!((&*point.job, point.count), ("home", 2));
    assert!(point.taken_at > "2026-01-03T00:00:00Z".parse().unwrap());

    let one = Repository { host: Some("one".into()), ..at(dir.path()) };
    let scan = ask(one).unwrap();
    assert_eq!(scan.newest[0].count, 1, "another host's snapshots prove nothing for this one");
    assert!(scan.newest[0].taken_at < "2026-01-04T00:00:00Z".parse().unwrap());
}

#[test]
fn each_failure_of_the_real_program_has_its_own_words() {
    let dir = tempfile::tempdir().unwrap();
    restic(dir.path(), &["init"]).expect().unwrap();
    let other = dir.path().join("other");
    fs::write(&other, "wrong\n").unwrap();
    let gone = dir.path().join("gone").to_string_lossy().into_owned();

    for (repository, expected) in [
        (
            Repository { location: gone, ..at(dir.path()) },
            "`restic snapshots of job home` failed: there is no repository at this location",
        ),
        (
            Repository { password_file: Some(other), ..at(dir.path()) },
            "`restic snapshots of job home` failed: the repository does not open with this password",
        ),
        (
            Repository { binary: Some("/nowhere/restic".into()), ..at(dir.path()) },
            "`restic` is not installed",
        ),
    ] {
        assert_eq!(ask(repository).unwrap_err().to_string(), expected);
    }
    let none = Repository { password_file: None, ..at(dir.path()) };
    let err = ask(none).unwrap_err().to_string();
    assert!(err.contains("password"), "{err}");
}

#[test]
fn exit_codes_of_later_versions_are_understood() {
    let output = |code, stderr: &str| Output {
        what: "restic".into(),
        code,
        stdout: String::new(),
        stderr: stderr.into(),
    };
    for (code, stderr, expected) in [
        (10, "", "`restic` failed: there is no repository at this location"),
        (11, "", "the restic repository of job home is locked"),
        (12, "", "`restic` failed: the repository does not open with this password"),
        (
            1,
            "unable to create lock in backend: repository is already locked by PID 1",
            "the restic repository of job home is locked",
        ),
        (99, "Fatal: odd\n", "`restic` failed: exit 99: Fatal: odd"),
    ] {
        assert_eq!(explain(&output(code, stderr), "home").to_string(), expected);
    }
}

#[test]
fn nonsense_is_no_snapshot() {
    assert_eq!(newest("null", "home").unwrap(), None);
    for json in ["", "{}", "[{}]", "[{\"id\":\"a\",\"time\":\"yesterday\"}]"] {
        let err = newest(json, "home").unwrap_err().to_string();
        assert!(err.ends_with(" in the snapshots of job home"), "{err}");
    }
}
