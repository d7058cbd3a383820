use std::{fs, path::Path, time::Duration};

use jiff::Timestamp;
use remit_shared::{BackupScan, Body};

use super::*;
use crate::probe::backup::tests::repository;

/// Runs the real program; installed by `cargo xtask` where tests run.
fn borg(dir: &Path, args: &[&str]) -> Output {
    let command = Command::new("borg").args(args).env("BORG_PASSPHRASE", "secret");
    // Its notes about known repositories belong to the test, too.
    let command = command.env("BORG_BASE_DIR", dir.join("base"));
    command.run().expect("this test needs Debian's package `borgbackup`")
}

fn ask(repository: Repository) -> Result<BackupScan, ProbeError> {
    let turn = Turn { now: Timestamp::UNIX_EPOCH, monotonic: Duration::ZERO };
    let sample = BorgProbe::new(vec![repository]).sample(turn)?;
    let Body::Backups(scan) = sample.body else { panic!("{sample:?}") };
    Ok(scan)
}

fn at(dir: &Path) -> Repository {
    fs::write(dir.join("it's a password"), "secret\n").unwrap();
    let password_file = Some(dir.join("it's a password"));
    let location = dir.join("repo").to_string_lossy().into_owned();
    Repository { password_file, ..repository("home", "borg", &location) }
}

#[test]
fn the_newest_archive_of_a_real_repository_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let location = dir.path().join("repo");
    let location = location.to_str().unwrap();
    borg(dir.path(), &["init", "-e", "repokey", location]).expect().unwrap();
    assert_eq!(ask(at(dir.path())).unwrap().newest, [], "an empty repository has none");

    let file = dir.path().join("file");
    fs::write(&file, "content").unwrap();
    let file = file.to_str().unwrap();
    let new = format!("{location}::new");
    borg(dir.path(), &["create", &new, file]).expect().unwrap();
    let old = format!("{location}::old");
    borg(dir.path(), &["create", "--timestamp", "2026-01-02T03:04:05", &old, file])
        .expect()
        .unwrap();

    let scan = ask(at(dir.path())).unwrap();
    let [point] = &scan.newest[..] else { panic!("{scan:?}") };
    assert_eq!((&*point.job, &*point.id, point.count), ("home", "new", 2));

    let other = Repository { host: Some("other".into()), ..at(dir.path()) };
    assert_eq!(ask(other).unwrap().newest, [], "this host's archives prove nothing for another");

    // As left by a backup that is running on another host.
    fs::create_dir(dir.path().join("repo/lock.exclusive")).unwrap();
    fs::write(dir.path().join("repo/lock.exclusive/other@1.1-0"), "").unwrap();
    assert_eq!(ask(at(dir.path())).unwrap().newest[0].count, 2);
}

#[test]
fn each_failure_of_the_real_program_has_its_own_words() {
    let dir = tempfile::tempdir().unwrap();
    let location = dir.path().join("repo");
    borg(dir.path(), &["init", "-e", "repokey", location.to_str().unwrap()]).expect().unwrap();
    let wrong = dir.path().join("wrong");
    fs::write(&wrong, "wrong\n").unwrap();

    let gone = "`borg list of job home` failed: there is no repository at this location";
    let shut = "`borg list of job home` failed: the repository does not open with this password";
    for (repository, expected) in [
        (Repository { location: "/nowhere".into(), ..at(dir.path()) }, gone),
        (Repository { password_file: Some(wrong), ..at(dir.path()) }, shut),
        (Repository { password_file: Some("/nowhere".into()), ..at(dir.path()) }, shut),
        (
            Repository { binary: Some("/nowhere/borg".into()), ..at(dir.path()) },
            "`borg` is not installed",
        ),
    ] {
        assert_eq!(ask(repository).unwrap_err().to_string(), expected);
    }
}

#[test]
fn a_local_time_gets_the_zone_of_the_host() {
    // borg 1.2.4, shortened.
    let json = r#"{"archives": [
        {"archive": "one", "barchive": "one", "id": "5e0b", "name": "one", "hostname": "vm",
         "start": "2026-11-23T21:38:27.000000", "time": "2026-11-23T21:38:27.000000"},
        {"archive": "two", "barchive": "two", "id": "a672", "name": "two", "hostname": "vm",
         "start": "2026-11-23T21:38:28.000000", "time": "2026-11-23T21:38:28.000000"}],
        "encryption": {"mode": "repokey"}}"#;
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let point = newest(json, &repository("home", "borg", "x"), &zone).unwrap().unwrap();
    assert_eq!((&*point.id, point.count), ("two", 2));
    assert_eq!(point.taken_at, "2026-11-23T20:38:28Z".parse().unwrap());
}

#[test]
fn failures_are_sorted_by_their_ids() {
    let output = |line: &str| Output {
        what: "borg".into(),
        code: 2,
        stdout: String::new(),
        stderr: line.into(),
    };
    for (line, expected) in [
        (
            r#"{"type": "log_message", "message": "x", "levelname": "ERROR", "msgid": "LockTimeout"}"#,
            "the borg repository of job home is locked",
        ),
        (
            r#"{"type": "log_message", "message": "disk is gone", "levelname": "ERROR", "msgid": "Error"}"#,
            "`borg` failed: exit 2: disk is gone",
        ),
        ("Traceback\nOSError: odd", "`borg` failed: exit 2: OSError: odd"),
    ] {
        assert_eq!(explain(&output(line), "home").to_string(), expected);
    }
}
