use jiff::SignedDuration;
use remit_collector_domain::{detect::presence::Grace, endpoint::Presence};
use remit_shared::{Answer, Body, Entry, Host, Reading, Unit};

use super::*;
use crate::testing::{SERIAL, World, endpoint};

fn greeting(world: &World, epoch: u64, resume: Option<[u8; 16]>) -> Greeting {
    Greeting {
        host: Host { hostname: "db-7".into(), ..Host::default() },
        now: world.ingest.clock.now(),
        epoch,
        resume,
        last_events: 0,
        last_metrics: 0,
        earlier: vec![],
    }
}

fn record(world: &World, seq: u64, used: i64) -> Record {
    let at = world.ingest.clock.now();
    let reading = Reading::of("disk_used", "/", Unit::Permille, used);
    let answer = Answer::full("disk", "statvfs", at, Body::Readings(vec![reading]));
    Record { stream: Stream::Metrics, seq, at, entry: Entry::Answers(vec![answer]) }
}

async fn session(world: &World) -> Session {
    let greeting = greeting(world, 1, None);
    world.ingest.open(endpoint(), SERIAL, &greeting, [1; 16]).await.unwrap().0
}

#[tokio::test(start_paused = true)]
async fn what_is_sent_twice_is_applied_once() {
    let world = World::new().await;
    let mut session = session(&world).await;
    let records = [record(&world, 1, 500), record(&world, 2, 510)];
    let through = world.ingest.apply(&mut session, &records, &[]).await.unwrap();
    assert_eq!(through, Through { events: 0, metrics: 2 });
    let again = world.ingest.apply(&mut session, &records, &[]).await.unwrap();
    assert_eq!(again, through);
    let stored = world.store.load::<Endpoint>(&endpoint()).await.unwrap().unwrap();
    assert_eq!(stored.record.value("disk_used", "/").map(|it| it.0), Some(510));
    assert_eq!(stored.revision, 3, "enrolled, connected, one batch");
}

#[tokio::test(start_paused = true)]
async fn what_is_told_ahead_of_its_turn_is_known_at_once_and_acknowledged_in_its_turn() {
    let world = World::new().await;
    let mut session = session(&world).await;
    let (first, ahead) = ([record(&world, 1, 500)], [record(&world, 9, 700)]);
    let through = world.ingest.apply(&mut session, &first, &ahead).await.unwrap();
    assert_eq!(through, Through { events: 0, metrics: 1 });
    let stored = async || world.store.load::<Endpoint>(&endpoint()).await.unwrap().unwrap();
    let known = stored().await;
    assert_eq!(known.record.value("disk_used", "/").map(|it| it.0), Some(700));
    // Nothing new is nothing to write.
    let again = world.ingest.apply(&mut session, &[], &ahead).await.unwrap();
    assert_eq!((again, stored().await.revision), (through, known.revision));
    let hole = world.ingest.apply(&mut session, &[record(&world, 9, 700)], &[]).await;
    assert!(matches!(hole, Err(IngestError::OutOfOrder { .. })), "it does not fill the hole");
}

#[tokio::test(start_paused = true)]
async fn a_hole_is_refused_with_the_number_that_is_due() {
    let world = World::new().await;
    let mut session = session(&world).await;
    let err = world.ingest.apply(&mut session, &[record(&world, 3, 500)], &[]).await.unwrap_err();
    assert_eq!(err.to_string(), "record 3 of the metrics stream came where 1 was due");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_applied_once_trust_has_ended() {
    let world = World::new().await;
    let mut session = session(&world).await;
    world.ingest.apply(&mut session, &[record(&world, 1, 500)], &[]).await.unwrap();
    world.ingest.revoke(endpoint(), "nell", "stolen").await.unwrap();
    assert!(session.ended.is_cancelled());
    let err = world.ingest.apply(&mut session, &[record(&world, 2, 999)], &[]).await.unwrap_err();
    assert!(matches!(err, IngestError::Distrusted { .. }), "{err}");
    let stored = world.store.load::<Endpoint>(&endpoint()).await.unwrap().unwrap();
    assert_eq!(stored.record.pulse.metrics, 1);
    let greeting = greeting(&world, 1, Some([1; 16]));
    let refused = world.ingest.open(endpoint(), SERIAL, &greeting, [2; 16]).await;
    assert!(matches!(refused, Err(IngestError::Distrusted { .. })));
}

#[tokio::test(start_paused = true)]
async fn another_certificate_than_its_own_is_refused() {
    let world = World::new().await;
    let greeting = greeting(&world, 1, None);
    let refused = world.ingest.open(endpoint(), "0ff1ce", &greeting, [1; 16]).await;
    assert!(matches!(refused, Err(IngestError::Distrusted { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_newer_session_ends_the_older_one() {
    let world = World::new().await;
    let mut older = session(&world).await;
    let greeting = greeting(&world, 1, Some([1; 16]));
    let (newer, _) = world.ingest.open(endpoint(), SERIAL, &greeting, [2; 16]).await.unwrap();
    assert!(older.ended.is_cancelled() && !newer.ended.is_cancelled());
    let late = world.ingest.apply(&mut older, &[record(&world, 1, 500)], &[]).await;
    assert!(matches!(late, Err(IngestError::Replaced(_))), "what it still sends is not applied");
    world.ingest.close(&older);
    assert_eq!(world.ingest.roll.connected(), 1, "closing the older one leaves the newer");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_falls_silent_is_told_and_one_that_comes_back_is_cleared() {
    let world = World::new().await;
    let session = session(&world).await;
    world.ingest.close(&session);
    let grace = Grace { before: 0, began: SignedDuration::ZERO };
    tokio::time::advance(std::time::Duration::from_secs(179)).await;
    world.ingest.sweep(&grace).await.unwrap();
    let presence = async || {
        let stored = world.store.load::<Endpoint>(&endpoint()).await.unwrap().unwrap();
        stored.record.pulse.presence
    };
    assert_eq!(presence().await, Presence::Late);
    tokio::time::advance(std::time::Duration::from_secs(2)).await;
    world.ingest.sweep(&grace).await.unwrap();
    assert_eq!(presence().await, Presence::Offline);
    assert_eq!(world.store.owed(0, 10).await.unwrap().len(), 1);
    let greeting = greeting(&world, 1, Some([1; 16]));
    world.ingest.open(endpoint(), SERIAL, &greeting, [2; 16]).await.unwrap();
    assert_eq!(presence().await, Presence::Online);
    assert_eq!(world.store.owed(0, 10).await.unwrap().len(), 2);
}

#[test]
fn what_is_measured_now_goes_before_what_is_long_over() {
    let now = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(1);
    let frame = |ago: i64| {
        let at = now - SignedDuration::from_secs(ago);
        endpoint::Frame { at, changed: Vec::new() }
    };
    assert!(is_late(&[frame(3_600), frame(121)], now));
    assert!(!is_late(&[frame(3_600), frame(120)], now), "it has caught up");
    assert!(!is_late(&[], now), "what is not measured may be an alert");
}
