use std::sync::{Mutex, PoisonError};

use remit_collector_domain::endpoint::{Layout, Presence};
use remit_shared::{Series, Unit};
use tokio::task::JoinHandle;

use super::*;
use crate::{
    adapters::{matrices::Matrices, memory::MemoryStore},
    ports::notifier::SendError,
    testing::{TokioClock, World, endpoint},
};

type Taken = Arc<Mutex<Vec<Vec<Sample>>>>;
type Ingest = crate::ingest::Ingest<MemoryStore, Matrices, TokioClock>;

/// A database that answers what it is told to, and then takes everything.
struct Database {
    taken: Taken,
    answers: Mutex<Vec<SendError>>,
}

impl Recorder for Database {
    type Pack = Vec<Sample>;

    fn pack(&self, samples: &[Sample]) -> Vec<Sample> {
        samples.to_vec()
    }

    async fn record(&self, pack: &Vec<Sample>) -> Result<(), SendError> {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if !answers.is_empty() {
            return Err(answers.remove(0));
        }
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).push(pack.clone());
        Ok(())
    }
}

fn later(seconds: i64) -> SendError {
    SendError::Failed {
        channel: "remote_write:test".into(),
        source: "HTTP 503".into(),
        retry_after: Some(SignedDuration::from_secs(seconds)),
    }
}

fn never() -> SendError {
    SendError::Refused { channel: "remote_write:test".into(), said: "HTTP 400: too old".into() }
}

/// Tells a database of a small world; ends when it is dropped.
struct Telling {
    ingest: Ingest,
    taken: Taken,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Telling {
    async fn start(answers: Vec<SendError>, queue: usize) -> Self {
        let world = World::new().await;
        let taken = Taken::default();
        let outgoing = Outgoing {
            name: "test".into(),
            store: Arc::clone(&world.store),
            clock: Arc::clone(&world.ingest.clock),
            recorder: Database { taken: Arc::clone(&taken), answers: Mutex::new(answers) },
            tenants: Vec::new(),
            every: Duration::from_secs(5),
            batch: 10,
            queue,
            random: || 0,
        };
        let stop = CancellationToken::new();
        #[expect(clippy::disallowed_methods, reason = "a test has no supervisor")]
        let task = tokio::spawn(outgoing.run(stop.clone()));
        Self { ingest: world.ingest, taken, stop, task }
    }

    /// So many values are measured, and some time passes.
    async fn measures(&self, count: usize, seconds: u64) {
        let change = |it: &Endpoint, now| {
            let series = |n: usize| Series {
                metric: "disk_used".into(),
                instance: n.to_string().into(),
                unit: Unit::Bytes,
            };
            let mut next = it.clone();
            let series = (0..count).map(|it| (0, series(it))).collect();
            next.layout = Arc::new(Layout { probes: vec!["disk".into()], series });
            next.pulse.presence = Presence::Online;
            next.pulse.heard_at = Some(now);
            next.pulse.measured = vec![Some(now)];
            next.pulse.values = vec![Some(7); count];
            Some((next, Vec::new()))
        };
        self.ingest.change(endpoint(), change).await.unwrap();
        time::sleep(Duration::from_secs(seconds)).await;
    }

    /// How many values of disks each pack had that was taken.
    fn taken(&self) -> Vec<usize> {
        let of_disks = |it: &&Sample| it.labels.contains_key("instance");
        let taken = self.taken.lock().unwrap();
        let counts = taken.iter().map(|it| it.iter().filter(of_disks).count());
        counts.filter(|it| *it > 0).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_measured_is_told_once_in_packs() {
    let telling = Telling::start(vec![], 100).await;
    telling.measures(25, 30).await;
    assert_eq!(telling.taken(), [10, 10, 5]);
    telling.measures(3, 6).await;
    assert_eq!(telling.taken(), [10, 10, 5, 3]);
    telling.stop.cancel();
    telling.task.await.expect("it ends when it is told to");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_sent_waits_and_comes_in_order() {
    let telling = Telling::start(vec![later(60), later(60)], 100).await;
    telling.measures(1, 10).await;
    telling.measures(2, 10).await;
    telling.measures(3, 10).await;
    assert_eq!(telling.taken(), [0; 0], "it is not asked before it wants to be");
    time::sleep(Duration::from_secs(120)).await;
    assert_eq!(telling.taken(), [1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_for_good_is_not_sent_again() {
    let telling = Telling::start(vec![never()], 100).await;
    telling.measures(1, 10).await;
    telling.measures(2, 10).await;
    assert_eq!(telling.taken(), [2]);
}

#[tokio::test(start_paused = true)]
async fn of_what_waits_too_long_the_oldest_goes() {
    let telling = Telling::start((0..6).map(|_| later(30)).collect(), 40).await;
    for _ in 0..20 {
        telling.measures(9, 5).await;
    }
    time::sleep(Duration::from_secs(300)).await;
    let taken = telling.taken();
    // One was on its way all the time; of the others there was room for some.
    assert!((3..=6).contains(&taken.len()), "{taken:?}");
}
