use remit_collector_domain::{
    alert::{Actor, EntryKind, State, command},
    change::Signatory,
    effect::Effect,
    known_issue::{Condition, IssueSpec, Kind, KnownIssue, Matcher, State as IssueState, Tally},
    operator::Role,
    signal::Speaker,
    suppression::SuppressionKind,
    window::{Effects, Phase, Selector, Spec, Timing, Window},
};
use remit_shared::{Function, KnownIssueId, OperatorId, Party, Team, WindowId};
use tokio::time;
use uuid::Uuid;

use super::*;
use crate::testing::{World, endpoint, version};

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
async fn what_changed_while_nobody_looked_is_found_at_the_start() {
    let world = World::new().await;
    world.engine.signal(origin(2), &raised()).await.unwrap();
    // A power cut came between the publishing and the alerts' looking at it.
    let (one, rest) = remit_matrix_file::STARTER.split_once("id = \"infrastructure\"").unwrap();
    let (before, after) = ("responsible = \"provider-noc\"", "responsible = \"internal-it\"");
    let text = format!("{one}id = \"infrastructure\"{}", rest.replacen(before, after, 1));
    let now = world.engine.clock.now();
    world.ingest.directory.install(version(2, &text, now), now);
    let stop = CancellationToken::new();
    let looking = async {
        time::sleep(Duration::from_millis(1)).await; // paused: takes no real time
        stop.cancel();
    };
    tokio::join!(world.engine.run(stop.clone()), looking);
    assert_eq!(only_alert(&world).await.remit.responsible.as_str(), "internal-it");
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
    let messages = owed.iter().filter(|it| matches!(it.1.effect, Effect::Notify(_))).count();
    assert_eq!(messages, 6, "three of the beginning, three of the end");
}

/// Work on everything of the tenant's, for an hour from now on.
fn hour_of_work(now: jiff::Timestamp) -> Window {
    let zone = jiff::tz::TimeZone::UTC;
    Window {
        id: WindowId::from_uuid(Uuid::from_u128(1)),
        tenant: Tenant::new("acme").unwrap(),
        spec: Spec {
            title: "larger disk".into(),
            why: String::new(),
            selector: Selector::default(),
            effects: Effects { suppress_notify: true, suppress_patch: false },
            timing: Timing::Once { start: zone.to_datetime(now) },
            zone,
            duration: jiff::SignedDuration::from_hours(1),
            grace: jiff::SignedDuration::from_mins(5),
            for_patching: false,
            covers_open: false,
            change: None,
        },
        requested_by: operator(),
        requested_at: now,
        approved_by: Vec::new(),
        phase: Phase::Waiting { from: now },
        ended: None,
        cancelled: None,
        precheck: None,
        aftercheck: None,
        log: Vec::new(),
        log_dropped: 0,
        logged: Default::default(),
    }
}

async fn only_window(world: &World) -> Arc<Window> {
    let windows = world.store.all::<Window>().await.unwrap();
    let [window] = windows.as_slice() else { panic!("one window: {windows:?}") };
    Arc::clone(&window.record)
}

/// The full disk is known, for an hour from now on.
fn known_for_an_hour(now: jiff::Timestamp) -> KnownIssue {
    let by = Signatory {
        operator: OperatorId::from_uuid(Uuid::from_u128(1)),
        name: "nell".into(),
        party: Party::Provider,
        role: Role::Operator,
    };
    KnownIssue {
        id: KnownIssueId::from_uuid(Uuid::from_u128(1)),
        spec: IssueSpec {
            kind: Kind::KnownIssue,
            tenant: Tenant::new("acme").unwrap(),
            title: "/ is nearly full".into(),
            why: "a larger disk is ordered".into(),
            matcher: Matcher {
                check: "disk-*".into(),
                instance: "*".into(),
                endpoints: [endpoint()].into(),
                sites: [].into(),
                functions: [].into(),
            },
            evidence: [].into(),
            ticket: String::new(),
            owner: operator().team,
            party: Party::Provider,
            review_at: None,
            expires_at: now + jiff::SignedDuration::from_hours(1),
            max_severity: Severity::High,
            breaks_when: [].into(),
        },
        created_by: by,
        created_at: now,
        approved_by: Vec::new(),
        change: None,
        tally: Tally::default(),
        review_told: false,
        state: IssueState::Active,
    }
}

/// What is raised now is not told for an hour, and is told then.
async fn assert_quiet_for_an_hour(world: &World, kind: SuppressionKind) {
    world.engine.signal(origin(2), &raised()).await.unwrap();
    let alert = only_alert(world).await;
    assert_eq!(alert.notices.len(), 0, "nobody is told");
    let kinds: Vec<_> = alert.suppressors.iter().map(|it| it.what.kind).collect();
    assert_eq!(kinds, [kind]);
    time::advance(Duration::from_mins(59)).await;
    world.engine.tick_overdue().await.unwrap();
    assert_eq!(only_alert(world).await.notices.len(), 0, "still nobody");
    time::advance(Duration::from_mins(1)).await;
    world.engine.tick_overdue().await.unwrap();
    let alert = only_alert(world).await;
    assert_eq!((alert.suppressors.len(), alert.notices.len()), (0, 3), "as if raised now");
}

#[tokio::test(start_paused = true)]
async fn what_is_raised_in_a_window_is_told_when_the_window_ends() {
    let world = World::new().await;
    let window = hour_of_work(world.engine.clock.now());
    world.store.commit(Commit::new(window, 0, Vec::new())).await.unwrap();
    world.engine.tick_quiet().await.unwrap();
    assert!(matches!(only_window(&world).await.phase, Phase::Open { .. }));
    assert_quiet_for_an_hour(&world, SuppressionKind::Window).await;
    world.engine.tick_quiet().await.unwrap();
    assert!(matches!(only_window(&world).await.phase, Phase::Settling { .. }));
}

#[tokio::test(start_paused = true)]
async fn what_a_window_kept_quiet_is_in_its_log_once() {
    let world = World::new().await;
    let window = hour_of_work(world.engine.clock.now());
    world.store.commit(Commit::new(window, 0, Vec::new())).await.unwrap();
    world.engine.signal(origin(2), &raised()).await.unwrap();
    world.engine.tick_quiet().await.unwrap();
    let logged = only_window(&world).await;
    let entries: Vec<_> = logged.log.iter().map(|it| (it.hostname.as_str(), &*it.what)).collect();
    assert_eq!(entries, [("db-7", "disk space in use on /: 97.0 %")]);
    world.engine.signal(origin(3), &full_disk(Say::Cleared)).await.unwrap();
    world.engine.tick_quiet().await.unwrap();
    assert_eq!(only_window(&world).await.log, logged.log);
    let alert = only_alert(&world).await;
    assert_eq!((alert.is_unresolved(), alert.notices.len()), (false, 0), "nobody ever heard of it");
}

#[tokio::test(start_paused = true)]
async fn what_was_lost_in_a_window_is_told_to_whoever_asked_for_it() {
    let world = World::new().await;
    let window = hour_of_work(world.engine.clock.now());
    world.store.commit(Commit::new(window, 0, Vec::new())).await.unwrap();
    world.engine.tick_quiet().await.unwrap();
    world.engine.signal(origin(2), &raised()).await.unwrap();
    time::advance(Duration::from_mins(65)).await;
    world.engine.tick_quiet().await.unwrap();
    let found = only_window(&world).await.aftercheck.clone().unwrap();
    assert_eq!(found.findings.len(), 1);
    let owed = world.store.owed(0, 100).await.unwrap();
    let letters = owed
        .iter()
        .filter_map(|it| if let Effect::Tell(letter) = &it.1.effect { Some(letter) } else { None });
    let letters: Vec<_> = letters.map(|it| (it.team.as_str(), it.subject.as_str())).collect();
    let id = only_window(&world).await.id;
    let subject = format!("After `larger disk` ({id}): 1 not as before");
    assert!(letters.contains(&("provider-noc", &subject)), "{letters:?}");
}

async fn only_issue(world: &World) -> Arc<KnownIssue> {
    let issues = world.store.all::<KnownIssue>().await.unwrap();
    let [issue] = issues.as_slice() else { panic!("one known issue: {issues:?}") };
    Arc::clone(&issue.record)
}

#[tokio::test(start_paused = true)]
async fn what_is_known_is_counted_once_and_told_when_it_is_not_what_was_agreed() {
    let world = World::new().await;
    let mut issue = known_for_an_hour(world.engine.clock.now());
    issue.spec.breaks_when = [Condition::SeverityAbove(Severity::Medium)].into();
    world.store.commit(Commit::new(issue, 0, Vec::new())).await.unwrap();
    let (evidence, severity) = (String::new(), Severity::Medium);
    let medium = full_disk(Say::Raised { severity, evidence, delayed: false });
    world.engine.signal(origin(2), &medium).await.unwrap();
    for _ in 0..3 {
        world.engine.tick_quiet().await.unwrap();
    }
    let issue = only_issue(&world).await;
    assert_eq!((issue.tally.total, &issue.state), (1, &IssueState::Active));
    world.engine.signal(origin(3), &raised()).await.unwrap();
    assert_eq!(only_alert(&world).await.notices.len(), 0, "as much as it covers");
    world.engine.tick_quiet().await.unwrap();
    let issue = only_issue(&world).await;
    assert_eq!((issue.tally.total, issue.state.as_str()), (1, "broken"));
    assert_eq!(only_alert(&world).await.notices.len(), 3, "as if raised now");
}

#[tokio::test(start_paused = true)]
async fn what_is_known_is_told_when_its_time_is_over() {
    let world = World::new().await;
    let issue = known_for_an_hour(world.engine.clock.now());
    world.store.commit(Commit::new(issue, 0, Vec::new())).await.unwrap();
    assert_quiet_for_an_hour(&world, SuppressionKind::KnownIssue).await;
    world.engine.tick_quiet().await.unwrap();
    let issues = world.store.all::<KnownIssue>().await.unwrap();
    assert!(matches!(issues[0].record.state, IssueState::Expired { .. }));
}
