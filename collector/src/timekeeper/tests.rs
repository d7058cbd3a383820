use std::sync::Mutex;

use jiff::Timestamp;
use remit_collector_domain::endpoint::Endpoint;

use super::*;
use crate::testing::World;

/// Clocks that a test sets: the wall clock, and how long the other has run.
struct Machine(Arc<Mutex<(Timestamp, SignedDuration)>>);

impl Clock for Machine {
    fn now(&self) -> Timestamp {
        self.0.lock().unwrap().0
    }
}

impl SteadyClock for Machine {
    fn running(&self) -> SignedDuration {
        self.0.lock().unwrap().1
    }
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_was_set_is_an_alert_of_the_collector_until_it_is_right_again() {
    let world = World::new().await;
    let clocks = Arc::new(Mutex::new((world.ingest.clock.now(), SignedDuration::ZERO)));
    let machine = Machine(Arc::clone(&clocks));
    let store = Arc::clone(&world.store);
    let keeper = Timekeeper { ingest: Arc::new(world.ingest), machine };
    let mut state = None;
    let mut pass = async |wall: i64| {
        {
            let mut now = clocks.lock().unwrap();
            now.0 += SignedDuration::from_secs(wall);
            now.1 += SignedDuration::from_secs(2);
        }
        keeper.look(&mut state).await.unwrap();
        let trail = store.audit(0, 100).await.unwrap();
        let audits = trail.iter().filter(|it| it.1.entry.action == "collector.clock").count();
        let level = async {
            let all = store.all::<Endpoint>().await.unwrap();
            let mut levels = all.iter().map(|it| it.record.checks.level(COLLECTOR_CLOCK, ""));
            levels.find(|it| *it != Level::Ok)
        };
        (level.await, audits)
    };
    assert_eq!(pass(2).await, (None, 0), "the first look has nothing to compare with");
    assert_eq!(pass(2).await, (None, 0));
    assert_eq!(pass(3602).await, (Some(Level::Crit), 1));
    assert_eq!(pass(2).await, (Some(Level::Crit), 1), "once is enough");
    assert_eq!(pass(-3598).await, (None, 2));
    // Another life of the collector knows what was told.
    assert_eq!(pass(62).await, (Some(Level::Crit), 3));
    let mut state = None;
    keeper.look(&mut state).await.unwrap();
    {
        let mut now = clocks.lock().unwrap();
        now.0 += SignedDuration::from_hours(1);
        now.1 += SignedDuration::from_hours(1);
    }
    keeper.look(&mut state).await.unwrap();
    let told = itself::told(&*store, COLLECTOR_CLOCK).await.unwrap();
    assert_eq!(told, Level::Ok, "it is believed after an hour");
}
