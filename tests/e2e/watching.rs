//! The live alert stream, over any number of breaks.

use remit_proto::v1;
use remit_shared::{RunResult, Stream};
use tests::{FakeAgent, Session, Site, Watch};
use tonic::Code;

use crate::steps::run;

/// What tells one event of the stream from any other.
type Seen = (u64, String, String, i32);

fn seen(message: v1::WatchAlertsResponse) -> Seen {
    let (alert, event) = (message.alert.unwrap_or_default(), message.event.unwrap_or_default());
    let cursor = message.cursor.parse().expect("cursors are numbers");
    (cursor, alert.alert_id, event.detail, event.kind)
}

/// Fails a backup of so many jobs; each is an alert with several events.
async fn fail_backups(agent: &mut FakeAgent, session: &mut Session, jobs: std::ops::Range<u32>) {
    for job in jobs {
        session.report(&run(agent, &format!("job-{job}"), RunResult::Failed)).await;
    }
    session.acknowledged(Stream::Events, agent.last(Stream::Events)).await.expect("they arrive");
}

/// Watches until so many alerts have told all their teams.
async fn follow(watch: &mut Watch, alerts: usize) -> Vec<Seen> {
    let mut told = 0;
    let mut events = Vec::new();
    while told < 2 * alerts {
        let message = watch.next().await.expect("the stream goes on");
        let event = seen(message);
        told += usize::from(event.3 == i32::from(v1::AlertEventKind::Notified));
        events.push(event);
    }
    events
}

#[tokio::test]
async fn a_watch_goes_on_where_a_power_cut_ended_it() {
    let mut site = Site::start().await;
    let mut agent = site.agent("db-7").await;
    let mut session = agent.connect().await.unwrap();
    let mut watch = site.admin.watch("").await.unwrap();
    fail_backups(&mut agent, &mut session, 0..3).await;
    let mut live = follow(&mut watch, 3).await;

    site.cut_power().await;
    watch.next().await.unwrap_err();
    site.restart().await;
    let mut session = agent.connect().await.unwrap();
    fail_backups(&mut agent, &mut session, 3..6).await;
    let mut watch = site.admin.watch(&watch.cursor).await.unwrap();
    live.extend(follow(&mut watch, 3).await);

    let mut replayed = Vec::new();
    let mut replay = site.admin.watch("0").await.unwrap();
    while replayed.len() < live.len() {
        replayed.push(seen(replay.next().await.unwrap()));
    }
    assert_eq!(live, replayed, "live and replayed, it is the same story");
    assert!(live.windows(2).all(|it| it[0].0 < it[1].0), "every event has a place of its own");
}

#[tokio::test]
async fn a_cursor_that_was_never_given_out_is_refused() {
    let site = Site::start().await;
    for cursor in ["99", "-1", "yesterday"] {
        let refused = site.admin.watch(cursor).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        let expected = format!("cursor `{cursor}` is not one that this collector gave out");
        assert_eq!(refused.message(), expected);
    }
}
