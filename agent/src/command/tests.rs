use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, thread, time::Duration};

use crate::{command::Command, probe::ProbeError};

fn shell(script: &str) -> Command {
    Command::new("sh").args(["-c", script])
}

#[test]
fn a_program_is_heard_to_its_end() {
    let output = shell("echo out; echo bad >&2; exit 3").run().unwrap();
    assert_eq!((output.code, &*output.stdout, &*output.stderr), (3, "out\n", "bad\n"));
    assert_eq!(
        output.expect().unwrap_err().to_string(),
        "`sh -c echo out; echo bad >&2; exit 3` failed: exit 3: bad"
    );
}

#[test]
fn a_program_that_is_not_there_is_not_a_failed_one() {
    let err = Command::new("no-such-program").run().unwrap_err();
    assert!(matches!(err, ProbeError::MissingTool { tool: "no-such-program" }), "{err}");

    let gone = Command::new("sh").at(Some(Path::new("/nowhere/sh"))).run().unwrap_err();
    assert!(matches!(gone, ProbeError::MissingTool { tool: "sh" }), "{gone}");

    let relative = Command::new("sh").at(Some(Path::new("bin/sh"))).run().unwrap_err();
    assert!(matches!(relative, ProbeError::MissingTool { .. }), "{relative}");
}

#[test]
fn a_program_that_hangs_is_killed_with_all_its_children() {
    let dir = tempfile::tempdir().unwrap();
    let pids = dir.path().join("pids");
    // The grandchild holds both streams open, too.
    let script = format!("sleep 600 & echo $! $$ > {}; wait", pids.display());
    let err = shell(&script).deadline(Duration::from_millis(500)).run().unwrap_err();
    assert!(matches!(err, ProbeError::Timeout { .. }), "{err}");

    let is_alive = |pid: &str| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        !stat.is_empty() && !stat.contains(") Z ")
    };
    // A killed process takes a moment to die.
    for pid in fs::read_to_string(pids).unwrap().split_whitespace() {
        while is_alive(pid) {
            thread::yield_now();
        }
    }
}

#[test]
fn half_an_answer_is_none() {
    let err = shell("yes").limit(1000).run().unwrap_err();
    assert_eq!(err.to_string(), "sh -c yes failed: it gave more than 1000 bytes");
}

#[test]
fn complaints_are_cut_and_block_nobody() {
    let output = shell("yes | head -c 1000000 >&2; echo done").limit(1000).run().unwrap();
    assert_eq!((output.code, &*output.stdout, output.stderr.len()), (0, "done\n", 1000));
}

#[test]
fn a_program_gets_a_quiet_corner() {
    let script = "echo $LC_ALL $PATH; echo $LANGUAGE; ulimit -c >/dev/null; read line || echo nothing to read; nice";
    let output = shell(script).env("EXTRA", "1").run().unwrap();
    let path = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";
    let expected = format!("C.UTF-8 {path}\n\nnothing to read\n10\n");
    assert_eq!(output.stdout, expected);
}

#[test]
fn a_killed_program_ends_with_its_signal() {
    let output = shell("kill -9 $$").run().unwrap();
    assert_eq!(output.code, 137);
}

#[test]
fn no_permission_is_an_answer_of_its_own() {
    let output =
        shell("echo 'E: Could not open lock: Permission denied' >&2; exit 100").run().unwrap();
    let err = output.expect().unwrap_err();
    assert!(matches!(err, ProbeError::NoPermission { .. }), "{err}");

    let dir = tempfile::tempdir().unwrap();
    let tool = dir.path().join("tool");
    fs::write(&tool, "not executable").unwrap();
    fs::set_permissions(&tool, fs::Permissions::from_mode(0o644)).unwrap();
    let err = Command::new("tool").at(Some(&tool)).run().unwrap_err();
    assert!(matches!(err, ProbeError::NoPermission { .. }), "{err}");
}

#[test]
fn an_address_is_repeated_without_its_password() {
    let output = shell("echo 'cannot reach https://me:secret@host/' >&2; exit 1").run().unwrap();
    assert_eq!(output.last_words(), "cannot reach https://***@host/");
}
