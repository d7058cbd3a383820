use std::{future, io};

use super::*;

const DEADLINE: Duration = Duration::from_secs(5);

#[tokio::test(start_paused = true)]
async fn all_tasks_are_asked_to_stop_and_joined() {
    let supervisor = Supervisor::new();
    for name in ["one", "two"] {
        let stop = supervisor.token();
        supervisor.spawn(name, async move { stop.cancelled().await });
    }
    assert_eq!(supervisor.shutdown(DEADLINE).await, Ok(()));
    assert!(supervisor.shared.running().is_empty());
    assert_eq!(supervisor.failed(), None);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_does_not_stop_is_named_and_aborted() {
    let supervisor = Supervisor::new();
    supervisor.spawn("deaf", future::pending::<()>());
    supervisor.spawn("quick", async {});
    let err = supervisor.shutdown(DEADLINE).await.unwrap_err();
    assert_eq!(err.to_string(), "deaf did not stop within 5 s");
    supervisor.shared.tracker.wait().await;
    assert!(supervisor.shared.running().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_critical_failure_stops_the_others_and_an_ordinary_one_does_not() {
    let supervisor = Supervisor::new();
    supervisor.spawn("ordinary", async { Err(io::Error::other("oh")) });
    supervisor.spawn("well", async { Ok::<_, io::Error>(()) });
    tokio::task::yield_now().await;
    assert!(!supervisor.token().is_cancelled());

    supervisor.spawn_critical("heart", async { Err(io::Error::other("oh")) });
    supervisor.token().cancelled().await;
    assert_eq!(supervisor.failed(), Some("heart"));
    assert_eq!(supervisor.shutdown(DEADLINE).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_critical_panic_stops_the_others() {
    let supervisor = Supervisor::new();
    supervisor.spawn_critical("heart", async {
        if true {
            panic!("on purpose");
        }
    });
    supervisor.token().cancelled().await;
    assert_eq!(supervisor.failed(), Some("heart"));
    assert_eq!(supervisor.shutdown(DEADLINE).await, Ok(()));
    assert!(supervisor.shared.running().is_empty());
}
