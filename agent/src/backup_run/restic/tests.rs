use std::io;

use super::*;

fn args(line: &str) -> Vec<OsString> {
    line.split(' ').map(Into::into).collect()
}

#[test]
fn only_a_backup_without_json_is_given_it() {
    for (line, expected) in [
        ("backup /home", "backup --json /home"),
        ("-r backup --password-file x backup /a", "-r backup --password-file x backup --json /a"),
        ("--repo=x -v backup -- --json", "--repo=x -v backup --json -- --json"),
        ("backup --json /home", "backup --json /home"),
        ("-r backup snapshots", "-r backup snapshots"),
        ("forget --keep-daily 7", "forget --keep-daily 7"),
        ("--help", "--help"),
    ] {
        let mut got = args(line);
        Restic::new(&mut got);
        assert_eq!(got, args(expected), "{line}");
    }
}

/// What restic 0.14 and, for `message` and `exit_error`, the documentation
/// of later versions say.
const SUMMARY: &str = r#"{"message_type":"summary","files_new":2,"dirs_new":1,"data_added":1049,"total_files_processed":2,"total_bytes_processed":6,"total_duration":0.211036995,"snapshot_id":"ba4dd707"}"#;

fn check(line: &str, said: &[&str], code: i32, expected: (RunResult, Option<&str>, &[&str])) {
    let mut restic = Restic::new(&mut args(line));
    for it in said {
        restic.line(it);
    }
    let end = End { code: Some(code), signal: None, stopped: false };
    let verdict = restic.verdict(&end);
    let errors: Vec<_> = verdict.errors.iter().map(String::as_str).collect();
    let got = (verdict.result, verdict.recovery_point.as_deref(), &*errors);
    assert_eq!(got, expected, "{line} {code}");
}

#[test]
fn an_end_is_judged_by_all_that_was_said() {
    use RunResult::{Failed, Partial, Skipped, Success, Warning};
    let id = Some("ba4dd707");
    check("backup /a", &[SUMMARY], 0, (Success, id, &[]));
    let unchanged = r#"{"message_type":"summary","total_files_processed":2}"#;
    check("backup --skip-if-unchanged /a", &[unchanged], 0, (Success, None, &[]));
    check("backup -n /a", &[SUMMARY], 0, (Skipped, None, &[]));
    check("backup /a", &[], 0, (Warning, None, &["restic left without a summary"]));
    let missing = "/b does not exist, skipping";
    check("backup /a /b", &[missing, SUMMARY], 0, (Partial, id, &[missing]));
    let old = r#"{"message_type":"error","error":{"Op":"open","Path":"src/b","Err":13},"during":"archival","item":"/b"}"#;
    let new = r#"{"message_type":"error","error":{"message":"no access"},"during":"archival","item":"/c"}"#;
    // In the words of the system that we run on.
    let denied = format!("/b: open: {}", io::Error::from_raw_os_error(13));
    let errors = [&*denied, "/c: no access"];
    check("backup /", &[old, new, SUMMARY], 3, (Partial, id, &errors));
    let fatal = r#"{"message_type":"exit_error","code":12,"message":"wrong password"}"#;
    check("backup /", &[fatal], 12, (Failed, None, &["wrong password"]));
    check("backup /", &["Fatal: no repository"], 1, (Failed, None, &["no repository"]));
    check("backup /", &[SUMMARY], 99, (Failed, id, &[]));
    check("check", &["no errors were found"], 0, (Success, None, &[]));
}

#[test]
fn the_human_reads_words() {
    let mut restic = Restic::new(&mut args("backup /a"));
    assert_eq!(restic.line(r#"{"message_type":"status","percent_done":0}"#), None);
    let expected = "snapshot ba4dd707 saved: 2 files, 6 bytes read, 1049 bytes added in 0.2 s";
    assert_eq!(restic.line(SUMMARY).as_deref(), Some(expected));
    assert_eq!(restic.line("Warning: odd").as_deref(), Some("Warning: odd"));
    assert_eq!(restic.line("{ odd").as_deref(), Some("{ odd"));
}
