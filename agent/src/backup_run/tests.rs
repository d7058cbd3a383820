//! With the real programs, and with scripts that behave badly.

use std::{
    fs, future, mem,
    path::{Path, PathBuf},
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use jiff::Timestamp;
use remit_proto::convert::report as wire;
use remit_shared::Entry;
use rustix::process::Signal;
use tokio::io::AsyncWrite;
use uuid::Uuid;

use super::{ear::Voice, *};

struct NoonClock;

impl Clock for NoonClock {
    fn now(&self) -> Timestamp {
        "2026-03-02T12:00:00Z".parse().unwrap()
    }
}

/// A screen that can be read afterwards.
#[derive(Clone, Default)]
struct Screen(Arc<Mutex<Vec<u8>>>);

impl Screen {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl AsyncWrite for Screen {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// What a run left behind.
struct Left {
    code: i32,
    out: String,
    err: String,
    runs: Vec<BackupRun>,
}

fn order(program: &str, args: &[&str]) -> Order {
    let args = args.iter().map(Into::into).collect();
    Order { job: "home".into(), product: None, program: program.into(), args }
}

async fn play(order: Order, inbox: PathBuf, signals: impl AsyncFnMut() -> Signal) -> Left {
    let (out, err) = (Screen::default(), Screen::default());
    let mut human =
        Human { out: Box::new(out.clone()), err: Box::new(err.clone()), terminals: [false; 3] };
    let run_id = RunId::from_uuid(Uuid::from_u128(7));
    let code = attend(&order, run_id, &NoonClock, &inbox, &mut human, signals).await;
    Left { code, out: out.text(), err: err.text(), runs: reported(&inbox) }
}

async fn undisturbed(order: Order) -> Left {
    let dir = tempfile::tempdir().unwrap();
    play(order, dir.path().join("inbox"), future::pending).await
}

/// All runs in an inbox, in order.
fn reported(inbox: &Path) -> Vec<BackupRun> {
    let Ok(entries) = fs::read_dir(inbox) else { return Vec::new() };
    let mut files: Vec<_> = entries.map(|it| it.unwrap().path()).collect();
    files.sort();
    let answers = files.iter().flat_map(|it| match wire::from_bytes(&fs::read(it).unwrap()) {
        Ok(record) => match record.entry {
            Entry::Answers(answers) => answers,
            Entry::Gap { .. } => panic!("{it:?}"),
        },
        Err(err) => panic!("{err}"),
    });
    let run = |it: Answer| if let Body::Run(run) = it.body { run } else { panic!("{it:?}") };
    answers.map(run).collect()
}

#[tokio::test]
async fn a_run_is_reported_twice_under_one_id() {
    let left = undisturbed(order("sh", &["-c", "echo out; echo err >&2; exit 5"])).await;
    assert_eq!((left.code, &*left.out, &*left.err), (5, "out\n", "err\n"));
    let [begun, ended] = &left.runs[..] else { panic!("{:?}", left.runs) };
    assert_eq!(begun.run_id, ended.run_id);
    assert_eq!((begun.result, begun.ended_at), (RunResult::Running, None));
    assert_eq!((ended.result, &*ended.raw_result), (RunResult::Failed, "exit 5"));
    assert_eq!((&*ended.product, ended.started_at), ("sh", begun.started_at));
    assert!(ended.ended_at.is_some() && ended.evidence.contains("out"));
}

#[tokio::test]
async fn a_missing_program_is_a_failed_run() {
    let left = undisturbed(order("no-such-program", &[])).await;
    assert_eq!(left.code, 127);
    let said = "`no-such-program` is not installed, or not in a folder of PATH";
    assert_eq!(left.err, format!("remit-agent: {said}\n"));
    let ended = &left.runs[1];
    assert_eq!((ended.result, &*ended.raw_result), (RunResult::Failed, "exit 127"));
    assert_eq!(ended.errors, [said]);
}

#[tokio::test]
async fn a_backup_runs_even_if_nothing_can_be_reported() {
    let left =
        play(order("sh", &["-c", "echo done"]), "/nowhere/inbox".into(), future::pending).await;
    assert_eq!((left.code, &*left.out), (0, "done\n"));
    let warning =
        "remit-agent: warning: this run is not reported: failed to make the folder /nowhere/inbox";
    assert!(left.err.starts_with(warning), "{}", left.err);
}

#[tokio::test]
async fn a_run_that_somebody_stops_is_cancelled() {
    let dir = tempfile::tempdir().unwrap();
    let ready = dir.path().join("ready");
    let script = format!(
        "trap 'echo cleaning; exit 130' TERM; : > {}; while :; do :; done",
        ready.display()
    );
    let mut sent = false;
    let signals = async || {
        if mem::replace(&mut sent, true) {
            return future::pending().await;
        }
        while !ready.exists() {
            tokio::task::yield_now().await;
        }
        Signal::TERM
    };
    let left = play(order("sh", &["-c", &script]), dir.path().join("inbox"), signals).await;
    assert_eq!(left.code, 130);
    let ended = &left.runs[1];
    assert_eq!((ended.result, &*ended.raw_result), (RunResult::Cancelled, "exit 130"));
    assert!(ended.evidence.contains("cleaning"));
}

#[tokio::test]
async fn a_run_that_is_killed_has_failed() {
    let left = undisturbed(order("sh", &["-c", "kill -9 $$"])).await;
    assert_eq!((left.code, left.runs[1].result), (137, RunResult::Failed));
    assert_eq!(left.runs[1].raw_result, "signal 9");
}

#[test]
fn a_question_is_shown_before_it_is_answered() {
    let question = Order { product: Some("restic".into()), ..order("restic", &["backup"]) };
    let mut ear = Ear::new(&question);
    assert_eq!(
        ear.hear(Voice::Err, b"enter password for repository: "),
        b"enter password for repository: "
    );
    assert_eq!(ear.hear(Voice::Err, b"Fatal: wro"), b"");
    assert_eq!(ear.hear(Voice::Err, b"ng\n"), b"Fatal: wrong\n");
}

#[tokio::test]
async fn long_words_are_passed_on_whole_and_reported_short() {
    let left =
        undisturbed(order("sh", &["-c", "yes | head -c 1000000; echo https://me:secret@host/"]))
            .await;
    assert_eq!(left.out.len(), 1_000_000 + "https://me:secret@host/\n".len());
    let evidence = &left.runs[1].evidence;
    assert!(evidence.len() <= 4096 && evidence.ends_with("https://***@host/"), "{evidence}");
}

/// A restic repository with a file to back up.
fn repository(dir: &Path) -> Vec<String> {
    fs::write(dir.join("password"), "secret\n").unwrap();
    fs::write(dir.join("file"), "content").unwrap();
    let at = |name: &str| dir.join(name).to_string_lossy().into_owned();
    ["--no-cache", "-r", &at("repo"), "--password-file", &at("password")].map(Into::into).into()
}

async fn restic(global: &[String], args: &[&str]) -> Left {
    let args: Vec<_> = global.iter().map(String::as_str).chain(args.iter().copied()).collect();
    let left = undisturbed(order("restic", &args)).await;
    assert_ne!(left.code, 127, "this test needs Debian's package `restic`");
    left
}

#[tokio::test]
async fn a_real_restic_backup_is_understood() {
    let dir = tempfile::tempdir().unwrap();
    let global = repository(dir.path());
    let file = dir.path().join("file");
    let file = file.to_str().unwrap();
    assert_eq!(restic(&global, &["init"]).await.runs[1].result, RunResult::Success);

    let left = restic(&global, &["backup", file]).await;
    let run = &left.runs[1];
    assert_eq!((left.code, run.result, run.files), (0, RunResult::Success, Some(1)));
    let id = run.recovery_point.as_deref().unwrap();
    assert!(
        left.out.starts_with(&format!("snapshot {id} saved: 1 files, 7 bytes read, ")),
        "{}",
        left.out
    );
    assert_eq!(run.evidence, left.out.trim());

    let left = restic(&global, &["backup", "--json", file]).await;
    assert!(left.out.contains("\"message_type\":\"summary\""), "passed on as asked for");
    assert!(left.runs[1].recovery_point.is_some());

    let left = restic(&global, &["backup", file, "/nowhere/at/all"]).await;
    assert_eq!((left.code, left.runs[1].result), (0, RunResult::Partial), "{}", left.err);

    let mut wrong = global.clone();
    wrong[4] = file.into();
    let left = restic(&wrong, &["backup", file]).await;
    assert_eq!((left.code, left.runs[1].result), (1, RunResult::Failed));
    assert_eq!(left.runs[1].errors, ["wrong password or no key found"]);
}

#[tokio::test]
async fn a_real_borg_backup_is_understood() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_string_lossy().into_owned();
    let (location, file) = (path("repo"), path("file"));
    fs::write(&file, "content").unwrap();
    let init = undisturbed(order("borg", &["init", "-e", "none", &location])).await;
    assert_ne!(init.code, 127, "this test needs Debian's package `borgbackup`");

    let archive = format!("{location}::one");
    let create = ["create", "--json", "--log-json", &archive, &file, "/nowhere/at/all"];
    let left = undisturbed(order("borg", &create)).await;
    let run = &left.runs[1];
    assert_eq!((left.code, run.result), (1, RunResult::Warning), "{}", left.err);
    assert_eq!((run.recovery_point.as_deref(), run.files), (Some("one"), Some(1)));
    assert!(run.errors[0].starts_with("/nowhere/at/all: "), "{:?}", run.errors);
    assert!(left.out.contains("\"nfiles\": 1"));
}
