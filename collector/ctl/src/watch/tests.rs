use std::sync::atomic::Ordering;

use serde_json::Value;
use tokio::sync::Notify;

use super::*;
use crate::testing::{Answers, Authority, Collector, Desk, Lines, Link, out};

/// Waits so short that no test is slow.
const SOON: Backoff =
    Backoff { base: SignedDuration::from_millis(1), max: SignedDuration::from_millis(2) };

fn watcher(position: Position) -> Watcher {
    let request = v1::WatchAlertsRequest::default();
    Watcher { request, position, backoff: SOON, has_begun: false, failures: 0 }
}

fn cursors(text: &str) -> Vec<String> {
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.map(|it| it["cursor"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_link_that_breaks_loses_nothing_and_repeats_nothing() {
    let answers = Answers { events: 10, stalls_after: 3, ..Default::default() };
    let authority = Authority::new();
    let collector = Collector::start(&authority, &answers);
    let link = Link::to(collector.address).await;
    let desk = Desk::new(&authority.credential(&link.address.to_string()));

    // One bare cursor and three events; then three more after each cut.
    let done = std::rc::Rc::new(Notify::new());
    let (cut, all) = (link.cut.clone(), done.clone());
    let mut stdout = Lines::telling(move |lines| match lines {
        4 | 7 | 10 => cut.send(()).unwrap(),
        11 => all.notify_one(),
        _ => {}
    });
    let mut stderr = Lines::default();
    let file = desk.path("cursor");
    let mut watcher = watcher(Position::open(Some("0".into()), Some(file.clone())).unwrap());
    let global = desk.global();
    let mut out = out(true, &mut stdout, &mut stderr);
    tokio::select! {
        ended = watcher.follow(&global, &mut out) => panic!("{ended:?}"),
        () = done.notified() => {}
    }
    watcher.position.save().unwrap();

    let expected: Vec<_> = (0..=10).map(|it| it.to_string()).collect();
    assert_eq!(cursors(&stdout.text()), expected);
    assert_eq!(answers.streams.load(Ordering::Relaxed), 4);
    assert_eq!(fs::read_to_string(&file).unwrap(), "10\n");
    assert_eq!(stderr.text().lines().count(), 3, "{}", stderr.text());
}

#[tokio::test]
async fn a_cursor_that_is_none_ends_the_stream() {
    let authority = Authority::new();
    let collector = Collector::start(&authority, &Answers::default());
    let desk = Desk::new(&authority.credential(&collector.address.to_string()));
    let said = desk.type_in("watch --from yesterday").await;
    assert_eq!((said.exit, said.stderr.as_str()), (Exit(1), "remit: not a cursor\n"));
}

#[test]
fn the_file_outranks_the_flag_once_it_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cursor");
    let open = || Position::open(Some("0".into()), Some(file.clone())).unwrap();
    assert_eq!(open().cursor, "0");
    let mut position = open();
    position.reach("17".into());
    position.save().unwrap();
    assert_eq!(open().cursor, "17");
}
