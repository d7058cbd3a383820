use remit_collector_domain::{alert::Alert, source::Posted};
use remit_shared::Severity;

use super::*;
use crate::{
    adapters::memory::MemoryStore,
    testing::{TokioClock, World, endpoint},
};

fn sources(world: &World) -> Sources<MemoryStore, TokioClock> {
    Sources {
        store: Arc::clone(&world.store),
        clock: Arc::clone(&world.engine.clock),
        owed: Arc::clone(&world.engine.owed),
    }
}

fn wanted(kind: SourceKind) -> NewSource {
    NewSource {
        tenant: Tenant::new("acme").unwrap(),
        site: Site::new("hq").unwrap(),
        name: SourceName::new("prom").unwrap(),
        kind,
        function: None,
        mapping: None,
    }
}

fn disk(now: Timestamp) -> Vec<Result<Told, Unfit>> {
    let labels = [("alertname", "DiskFull"), ("instance", "db-7:9100"), ("severity", "page")];
    let labels = labels.map(|it| (it.0.to_owned(), it.1.to_owned())).into();
    vec![source::read(&Posted { labels, ..Posted::default() }, now)]
}

/// Performs what is owed as the outbox does, feed and messages aside.
async fn deliver(world: &World) {
    use remit_collector_domain::{
        effect::RecordKey,
        signal::{Origin, Speaker},
    };
    for (_, owed) in world.store.owed(0, 100).await.unwrap() {
        match (owed.effect, &owed.key.record) {
            (Effect::Admit(it), _) => {
                crate::outbox::admit(&*world.store, Endpoint::enrolled(*it)).await.unwrap();
            }
            (Effect::Signal(signal), RecordKey::Source(id)) => {
                let from = Speaker::Source(*id);
                let (revision, position) = (owed.key.revision, owed.key.position);
                let origin = Origin { from, revision, position };
                world.engine.signal(origin, &signal).await.unwrap();
            }
            _ => {}
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_source_tells_becomes_an_alert_about_the_endpoint_that_it_names() {
    let world = World::new().await;
    let sources = sources(&world);
    let (source, _) = sources.create(wanted(SourceKind::Alertmanager), "ada").await.unwrap();
    let refused = sources.take(source.id, disk(sources.clock.now())).await.unwrap();
    assert_eq!(refused, []);
    deliver(&world).await;
    // The outbox may deliver everything twice.
    deliver(&world).await;
    let alerts = world.store.all::<Alert>().await.unwrap();
    let [alert] = alerts.as_slice() else { panic!("one alert: {alerts:?}") };
    assert_eq!(alert.record.about.endpoint, endpoint());
    assert_eq!(&*alert.record.about.check, "prom:DiskFull");
    assert_eq!((alert.record.severity, alert.record.occurrences), (Severity::Critical, 1));
    assert_eq!(alert.record.remit.row, "infrastructure");
}

#[tokio::test(start_paused = true)]
async fn what_names_no_endpoint_is_about_the_source_itself() {
    let world = World::new().await;
    let sources = sources(&world);
    let (source, _) = sources.create(wanted(SourceKind::Alertmanager), "ada").await.unwrap();
    let labels = [("alertname".to_owned(), "Watchdog".to_owned())].into();
    let told = source::read(&Posted { labels, ..Posted::default() }, sources.clock.now());
    sources.take(source.id, vec![told]).await.unwrap();
    deliver(&world).await;
    let alerts = world.store.all::<Alert>().await.unwrap();
    assert_eq!(alerts[0].record.about.endpoint, source.stand_in_id());
    assert_eq!(alerts[0].record.about.hostname, "prom");
}

#[tokio::test(start_paused = true)]
async fn silence_ends_an_alert_once_the_collector_has_listened_long_enough() {
    let world = World::new().await;
    let sources = Arc::new(sources(&world));
    let (source, _) = sources.create(wanted(SourceKind::Alertmanager), "ada").await.unwrap();
    sources.take(source.id, disk(sources.clock.now())).await.unwrap();
    let active = async || {
        let stored = world.store.load::<Source>(&source.id).await.unwrap().unwrap();
        stored.record.active.len()
    };
    time::sleep(Duration::from_mins(20)).await;
    let stop = CancellationToken::new();
    let watch = async {
        time::sleep(Duration::from_secs(299)).await;
        assert_eq!(active().await, 1, "nobody could have told it before");
        time::sleep(Duration::from_secs(3)).await;
        assert_eq!(active().await, 0);
        stop.cancel();
    };
    tokio::join!(sources.run(stop.clone()), watch);
}

#[tokio::test(start_paused = true)]
async fn a_token_opens_its_source_until_it_is_rotated_or_revoked() {
    let world = World::new().await;
    let sources = sources(&world);
    let (source, first) = sources.create(wanted(SourceKind::Alertmanager), "ada").await.unwrap();
    let opens =
        async |token: &SourceToken| sources.authenticate(&token.to_text()).await.unwrap().is_some();
    assert!(opens(&first).await);
    let wrong = SourceToken { secret: [0; 20], ..first.clone() };
    assert!(!opens(&wrong).await);
    let (_, second) = sources.rotate(source.id, "ada").await.unwrap();
    assert!(!opens(&first).await && opens(&second).await);
    sources.revoke(source.id, "ada", "replaced").await.unwrap();
    assert!(!opens(&second).await);
    let refused = sources.take(source.id, disk(sources.clock.now())).await.unwrap_err();
    assert_eq!(refused.to_string(), format!("source {} was revoked", source.id));
    let err = sources.rotate(source.id, "ada").await.unwrap_err();
    assert_eq!(err.to_string(), format!("source {} was revoked", source.id));
}

#[tokio::test(start_paused = true)]
async fn a_name_is_taken_until_its_source_is_revoked() {
    let world = World::new().await;
    let sources = sources(&world);
    let (first, _) = sources.create(wanted(SourceKind::Alertmanager), "ada").await.unwrap();
    let err = sources.create(wanted(SourceKind::Alertmanager), "ada").await.unwrap_err();
    let expected = format!("tenant acme has a source `prom` already: {}", first.id);
    assert_eq!(err.to_string(), expected);
    sources.revoke(first.id, "ada", "replaced").await.unwrap();
    let (second, _) = sources.create(wanted(SourceKind::Alertmanager), "ada").await.unwrap();
    assert_ne!(first.id, second.id);
}

#[tokio::test(start_paused = true)]
async fn events_need_a_mapping_and_nothing_else_may_have_one() {
    let world = World::new().await;
    let sources = sources(&world);
    let err = sources.create(wanted(SourceKind::Events), "ada").await.unwrap_err();
    assert_eq!(err.to_string(), "a source of events needs a mapping");
    let mapping = Some("check = 1".to_owned());
    let odd = NewSource { mapping, ..wanted(SourceKind::Events) };
    let err = sources.create(odd.clone(), "ada").await.unwrap_err();
    assert!(Chain(&err).to_string().contains("invalid type: integer"), "{}", Chain(&err));
    let odd = NewSource { kind: SourceKind::Alertmanager, ..odd };
    let err = sources.create(odd, "ada").await.unwrap_err();
    assert_eq!(err.to_string(), "a source of the kind alertmanager takes no mapping");
}
