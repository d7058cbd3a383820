use remit_collector_domain::endpoint::Endpoint;

use super::*;
use crate::testing::World;

const GIB: u64 = 1 << 30;

fn free(bytes: u64) -> Room {
    Room { free: bytes, size: 100 * GIB, reserve: 64 << 20 }
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_fills_up_is_an_alert_of_the_collector_until_there_is_room() {
    let world = World::new().await;
    let store = Arc::clone(&world.store);
    let keeper = Storekeeper { ingest: Arc::new(world.ingest) };
    let mut known = None;
    let mut look = async |room| {
        keeper.look(&mut known, room).await.unwrap();
        let trail = store.audit(0, 100).await.unwrap();
        let audits = trail.iter().filter(|it| it.1.entry.action == "collector.disk").count();
        let all = store.all::<Endpoint>().await.unwrap();
        let levels = all.iter().map(|it| it.record.checks.level(COLLECTOR_DISK, ""));
        (levels.max().unwrap(), audits)
    };
    assert_eq!(look(free(50 * GIB)).await, (Level::Ok, 0), "there is nothing to tell");
    assert_eq!(look(free(3 * GIB)).await, (Level::Warn, 1));
    assert_eq!(look(free(3 * GIB)).await, (Level::Warn, 1), "once is enough");
    assert_eq!(look(free(1)).await, (Level::Crit, 2));
    assert_eq!(look(free(4 * GIB)).await, (Level::Warn, 3));
    // Another life of the collector knows what was told.
    let mut known = None;
    keeper.look(&mut known, free(4 * GIB)).await.unwrap();
    assert_eq!(known, Some(Level::Warn), "it is not over yet");
    keeper.look(&mut known, free(5 * GIB)).await.unwrap();
    assert_eq!(known, Some(Level::Ok));
    assert_eq!(itself::told(&*store, COLLECTOR_DISK).await.unwrap(), Level::Ok);
}
