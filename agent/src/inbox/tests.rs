use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, time::Duration};

use jiff::Timestamp;
use remit_shared::{Answer, Body, Lifecycle};
use tokio::{sync::mpsc, time};
use tokio_util::sync::CancellationToken;

use crate::inbox::{Delivery, DropBox, watch};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn answer(second: i64, version: &str) -> Answer {
    let body = Lifecycle::Started { version: version.into(), after_crash: false };
    Answer::full("agent", "test", at(second), Body::Lifecycle(body))
}

fn put(folder: &Path, second: i64, version: &str) {
    DropBox::open(folder).unwrap().put(at(second), vec![answer(second, version)]).unwrap();
}

fn version(delivery: &Delivery) -> &str {
    match &delivery.answers[..] {
        [Answer { body: Body::Lifecycle(Lifecycle::Started { version, .. }), .. }] => version,
        other => panic!("{other:?}"),
    }
}

fn files(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().filter(|it| it.as_ref().unwrap().path().is_file()).count()
}

/// Runs the inbox beside a script, and stops it afterwards.
async fn beside<T>(folder: &Path, script: impl AsyncFnOnce(mpsc::Receiver<Delivery>) -> T) -> T {
    let (sender, receiver) = mpsc::channel(1);
    let stop = CancellationToken::new();
    let script = async {
        let result = script(receiver).await;
        stop.cancel();
        result
    };
    tokio::join!(watch(folder.into(), sender, stop.clone()), script).1
}

#[tokio::test(start_paused = true)]
async fn what_was_dropped_while_nobody_looked_comes_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("inbox");
    for (second, version) in [(1, "one"), (2, "two"), (3, "three")] {
        put(&folder, second, version);
    }
    beside(&folder, async |mut receiver| {
        for expected in ["one", "two", "three"] {
            let delivery = receiver.recv().await.unwrap();
            assert_eq!(version(&delivery), expected);
            delivery.stored.send(()).unwrap();
        }
        put(&folder, 4, "later");
        let delivery = receiver.recv().await.unwrap();
        assert_eq!(version(&delivery), "later");
        assert_eq!(files(&folder), 1, "kept until it is stored");
        delivery.stored.send(()).unwrap();
        // The next look hands over nothing: all files are gone.
        put(&folder, 5, "last");
        assert_eq!(version(&receiver.recv().await.unwrap()), "last");
    })
    .await;
}

/// By the real clock, since only the kernel can ring.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_is_dropped_is_noticed_before_anybody_looks() {
    let dir = tempfile::tempdir().unwrap();
    beside(dir.path(), async |mut receiver| {
        for number in 1..=20 {
            put(dir.path(), number, "dropped");
            // Looks that come by themselves would need ten minutes for this.
            let delivery = time::timeout(Duration::from_secs(20), receiver.recv()).await;
            delivery.expect("the bell rings").unwrap().stored.send(()).unwrap();
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_was_not_stored_comes_again() {
    let dir = tempfile::tempdir().unwrap();
    put(dir.path(), 1, "one");
    put(dir.path(), 2, "two");
    beside(dir.path(), async |mut receiver| {
        drop(receiver.recv().await.unwrap().stored);
        let again = receiver.recv().await.unwrap();
        assert_eq!(version(&again), "one", "nothing overtakes it");
        again.stored.send(()).unwrap();
        assert_eq!(version(&receiver.recv().await.unwrap()), "two");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_damaged_file_delays_nobody() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("000-1.report"), "nonsense").unwrap();
    fs::create_dir(dir.path().join("000-2.report")).unwrap();
    fs::write(dir.path().join(".002-1.report.new"), "half").unwrap();
    put(dir.path(), 1, "good");
    beside(dir.path(), async |mut receiver| {
        assert_eq!(version(&receiver.recv().await.unwrap()), "good");
    })
    .await;
    assert!(dir.path().join("damaged/000-1.report").is_file());
    assert!(dir.path().join("damaged/000-2.report").is_dir());
}

#[tokio::test(start_paused = true)]
async fn an_inbox_that_nobody_made_yet_is_empty() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("inbox");
    beside(&folder, async |mut receiver| {
        time::sleep(Duration::from_secs(5)).await;
        put(&folder, 1, "first");
        assert_eq!(version(&receiver.recv().await.unwrap()), "first");
    })
    .await;
}

#[test]
fn owner_and_group_may_write_and_nobody_else() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("inbox");
    put(&folder, 1, "one");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(&folder), 0o2770);
    let file = fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    assert_eq!(mode(&file), 0o660);
}

#[test]
fn a_clock_that_is_set_back_changes_no_order() {
    let dir = tempfile::tempdir().unwrap();
    put(dir.path(), 9_000_000_000, "start");
    let start = fs::read_dir(dir.path()).unwrap().next().unwrap().unwrap().file_name();
    put(dir.path(), 1, "end");
    let mut names: Vec<_> =
        fs::read_dir(dir.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
    names.sort();
    assert_eq!((names.len(), &names[0]), (2, &start));
}

#[test]
fn a_box_below_nothing_says_which_folder() {
    let err = DropBox::open(Path::new("/nowhere/inbox")).unwrap_err();
    assert_eq!(err.to_string(), "failed to make the folder /nowhere/inbox");
}
