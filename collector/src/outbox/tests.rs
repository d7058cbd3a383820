use std::sync::Mutex;

use jiff::SignedDuration;
use remit_collector_domain::{
    alert::{Alert, Delivery},
    group::Waits,
    letter::Matter,
    notice::{Message, MessageId},
    signal::{Say, Signal},
};
use remit_shared::{Function, Severity};

use super::*;
use crate::{
    ports::{
        notifier::{Answer, SendError},
        store::conformance::sample,
    },
    testing::{World, endpoint},
};

/// Refuses the first few attempts and writes down all of them.
#[derive(Default)]
struct Flaky {
    refuse: usize,
    wait: Option<SignedDuration>,
    attempts: Mutex<Vec<(String, String)>>,
}

impl Notifier for Flaky {
    async fn send(&self, channel: &str, message: &Message) -> Result<Answer, SendError> {
        let mut attempts = self.attempts.lock().unwrap();
        let number = match &message.id {
            MessageId::Notice(id) => id.number,
            MessageId::Letter { key, .. } => key.position,
            MessageId::Digest(_) => 0,
        };
        attempts.push((channel.into(), format!("{number} {}", message.topic)));
        if attempts.len() <= self.refuse {
            let channel = channel.into();
            return Err(SendError::Failed {
                channel,
                source: "try later".into(),
                retry_after: self.wait,
            });
        }
        Ok(Answer("taken".into()))
    }
}

fn signal(say: Say) -> Effect {
    Effect::Signal(Signal {
        subject: None,
        check: "disk-space".into(),
        instance: "/".into(),
        function: Function::new("infra_monitoring").unwrap(),
        observed_at: jiff::Timestamp::UNIX_EPOCH,
        summary: "disk space".into(),
        say,
    })
}

async fn owe(world: &World, effect: Effect) {
    let change = |endpoint: &Endpoint, _| Some((endpoint.clone(), vec![effect.clone()]));
    world.ingest.change(endpoint(), change).await.unwrap();
}

/// Runs the outbox for a while of paused time.
async fn work(world: &World, notifier: Arc<Flaky>, minutes: u64) -> watch::Receiver<u64> {
    let (news, hears_news) = watch::channel(0);
    let post = Post::new(Arc::clone(&world.engine), notifier, || u64::MAX / 2, Waits::default());
    let outbox = Outbox { engine: Arc::clone(&world.engine), post, news };
    let stop = CancellationToken::new();
    let enough = async {
        time::sleep(Duration::from_mins(minutes)).await;
        stop.cancel();
    };
    tokio::join!(outbox.run(stop.clone()), enough);
    hears_news
}

fn raised() -> Effect {
    signal(Say::Raised { severity: Severity::High, evidence: String::new(), delayed: false })
}

#[tokio::test(start_paused = true)]
async fn everything_owed_is_performed_and_then_forgotten() {
    let world = World::new().await;
    owe(&world, raised()).await;
    let notifier = Arc::new(Flaky::default());
    let news = work(&world, Arc::clone(&notifier), 1).await;
    assert_eq!(world.store.owed(0, 100).await.unwrap(), []);
    assert_eq!(notifier.attempts.lock().unwrap().len(), 3);
    let feed = world.store.feed(0, 100).await.unwrap();
    assert_eq!(feed.last().map(|it| it.0), Some(*news.borrow()), "watchers are told to where");
    let alerts = world.store.all::<Alert>().await.unwrap();
    let delivered = |it: &remit_collector_domain::alert::Notice| {
        matches!(it.delivery, Delivery::Delivered { attempts: 1, .. })
    };
    assert!(alerts[0].record.notices.iter().all(delivered), "{alerts:?}");
}

#[tokio::test(start_paused = true)]
async fn a_message_that_fails_is_tried_again_under_the_same_id() {
    let world = World::new().await;
    owe(&world, raised()).await;
    let notifier = Arc::new(Flaky { refuse: 6, ..Flaky::default() });
    work(&world, Arc::clone(&notifier), 5).await;
    let attempts = notifier.attempts.lock().unwrap().clone();
    let first = attempts.iter().filter(|it| it.1 == "1 assigned").count();
    assert!(first > 1, "{attempts:?}");
    let alerts = world.store.all::<Alert>().await.unwrap();
    let Delivery::Delivered { attempts: told, .. } = alerts[0].record.notices[0].delivery else {
        panic!("{alerts:?}")
    };
    assert_eq!(told as usize, first);
}

#[tokio::test(start_paused = true)]
async fn whoever_asks_to_be_left_alone_is() {
    for (minutes, attempts) in [(2, 3), (4, 5)] {
        let world = World::new().await;
        owe(&world, raised()).await;
        let wait = Some(SignedDuration::from_mins(3));
        let notifier = Arc::new(Flaky { refuse: 2, wait, ..Flaky::default() });
        work(&world, Arc::clone(&notifier), minutes).await;
        assert_eq!(notifier.attempts.lock().unwrap().len(), attempts, "on three channels");
    }
}

#[tokio::test(start_paused = true)]
async fn the_end_of_an_alert_does_not_overtake_its_beginning() {
    let world = World::new().await;
    owe(&world, raised()).await;
    owe(&world, signal(Say::Cleared)).await;
    let notifier = Arc::new(Flaky { refuse: 5, ..Flaky::default() });
    work(&world, Arc::clone(&notifier), 10).await;
    let attempts = notifier.attempts.lock().unwrap();
    for channel in ["email:noc@provider.example", "email:it-manager@acme.example"] {
        let told: Vec<&str> =
            attempts.iter().filter(|it| it.0 == channel).map(|it| it.1.as_str()).collect();
        let end = told.iter().position(|it| it.ends_with("resolved")).expect("it was told");
        assert!(told[..end].iter().all(|it| !it.ends_with("resolved")), "{told:?}");
        assert!(end > 0 && told[end..].iter().all(|it| it.ends_with("resolved")), "{told:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_letter_is_delivered_and_forgotten_like_any_other_message() {
    let world = World::new().await;
    let day = jiff::civil::date(2026, 3, 2);
    let Effect::Tell(mut letter) = sample::letter(Matter::Shift(day)) else { unreachable!() };
    letter.made_at = world.engine.clock.now();
    owe(&world, Effect::Tell(letter)).await;
    let notifier = Arc::new(Flaky { refuse: 2, ..Flaky::default() });
    work(&world, Arc::clone(&notifier), 5).await;
    assert_eq!(world.store.owed(0, 100).await.unwrap(), []);
    let attempts = notifier.attempts.lock().unwrap();
    assert_eq!(*attempts, vec![("slack:noc".to_owned(), "0 shift".to_owned()); 3]);
}

#[tokio::test(start_paused = true)]
async fn what_can_wait_goes_with_its_like() {
    let world = World::new().await;
    let raise = |instance: &str| {
        let say =
            Say::Raised { severity: Severity::Medium, evidence: String::new(), delayed: false };
        let Effect::Signal(signal) = signal(say) else { unreachable!() };
        Effect::Signal(Signal { instance: instance.into(), ..signal })
    };
    owe(&world, raise("/")).await;
    owe(&world, raise("/srv")).await;
    let notifier = Arc::new(Flaky { refuse: 1, ..Flaky::default() });
    work(&world, Arc::clone(&notifier), 2).await;
    assert_eq!(world.store.owed(0, 100).await.unwrap(), []);
    let attempts = notifier.attempts.lock().unwrap().clone();
    assert!(attempts.len() > 1 && attempts.iter().all(|it| it.1 == "0 digest"), "{attempts:?}");
    for alert in world.store.all::<Alert>().await.unwrap() {
        let arrived = |it: &remit_collector_domain::alert::Notice| {
            matches!(it.delivery, Delivery::Delivered { .. })
        };
        assert!(alert.record.notices.iter().all(arrived), "{alert:?}");
    }
}
