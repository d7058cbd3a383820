use remit_collector_domain::{
    alert::{Actor, EntryKind, State, command},
    effect::Effect,
    signal::Speaker,
};
use remit_shared::{Function, Party, Team};
use tokio::time;

use super::*;
use crate::testing::{World, endpoint};

fn origin(revision: u64) -> Origin {
    Origin { from: Speaker::Endpoint(endpoint()), revision, position: 0 }
}

fn full_disk(say: Say) -> Signal {
    Signal {
        subject: None,
        check: "disk-space".into(),
        instance: "/".into(),
        function: Function::new("infra_monitoring").unwrap(),
        observed_at: jiff::Timestamp::UNIX_EPOCH,
        summary: "disk space in use on /: 97.0 %".into(),
        say,
    }
}

fn raised() -> Signal {
    full_disk(Say::Raised { severity: Severity::High, evidence: String::new(), delayed: false })
}

async fn only_alert(world: &World) -> Arc<Alert> {
    let alerts = world.store.all::<Alert>().await.unwrap();
    let [alert] = alerts.as_slice() else { panic!("one alert: {alerts:?}") };
    Arc::clone(&alert.record)
}

fn operator() -> Actor {
    Actor { name: "nell".into(), team: Team::new("provider-noc").unwrap(), party: Party::Provider }
}

#[tokio::test(start_paused = true)]
async fn a_signal_opens_one_alert_however_often_it_is_delivered() {
    let world = World::new().await;
    world.engine.signal(origin(2), &raised()).await.unwrap();
    world.engine.signal(origin(2), &raised()).await.unwrap();
    let alert = only_alert(&world).await;
    assert_eq!(alert.remit.responsible.as_str(), "provider-noc");
    assert_eq!(alert.remit.row, "infrastructure");
    assert_eq!(alert.occurrences, 1);
    let told = alert.notices.iter().map(|it| it.topic.as_str()).collect::<Vec<_>>();
    assert_eq!(told, ["assigned", "assigned", "informed"], "the team, its person on call, others");
}

#[tokio::test(start_paused = true)]
async fn an_unanswered_alert_climbs_by_itself() {
    let world = World::new().await;
    world.engine.signal(origin(2), &raised()).await.unwrap();
    let stop = CancellationToken::new();
    let climbing = async {
        time::sleep(Duration::from_mins(31)).await; // paused: takes no real time
        stop.cancel();
    };
    tokio::join!(world.engine.run(stop.clone()), climbing);
    let alert = only_alert(&world).await;
    let steps = alert.timeline.iter().filter(|it| it.kind == EntryKind::Escalated);
    let steps: Vec<&str> = steps.map(|it| it.detail.split(':').next().unwrap()).collect();
    assert_eq!(steps, ["to provider-manager", "to it-manager"]);
}

#[tokio::test(start_paused = true)]
async fn an_acknowledged_alert_stays_put_until_the_hold_lapses() {
    let world = World::new().await;
    world.engine.signal(origin(2), &raised()).await.unwrap();
    let id = only_alert(&world).await.id;
    let acknowledged = world
        .engine
        .command(id, |alert, now| Ok(command::acknowledge(alert, operator(), None, "mine", now)?))
        .await
        .unwrap();
    assert!(matches!(acknowledged.state, State::Acknowledged(_)));
    time::advance(Duration::from_hours(3)).await;
    world.engine.tick_overdue().await.unwrap();
    assert!(matches!(only_alert(&world).await.state, State::Acknowledged(_)));
    time::advance(Duration::from_hours(1)).await;
    world.engine.tick_overdue().await.unwrap();
    assert_eq!(only_alert(&world).await.state, State::Open);
}

#[tokio::test(start_paused = true)]
async fn what_clears_is_told_to_whom_it_was_told() {
    let world = World::new().await;
    world.engine.signal(origin(2), &raised()).await.unwrap();
    world.engine.signal(origin(3), &full_disk(Say::Cleared)).await.unwrap();
    let alert = only_alert(&world).await;
    assert!(matches!(alert.state, State::Resolved { by: None, .. }));
    let owed = world.store.owed(0, 100).await.unwrap();
    let messages = owed.iter().filter(|it| matches!(it.effect, Effect::Notify(_))).count();
    assert_eq!(messages, 6, "three of the beginning, three of the end");
}
