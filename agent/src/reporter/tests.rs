use std::time::Duration;

use jiff::SignedDuration;
use remit_agent_domain::spool::Limits;
use remit_runtime::clock::SystemClock;
use remit_shared::{Backoff, Entry, Stream};
use tokio::task::JoinHandle;

use super::*;
use crate::{
    recorder,
    spool::{
        conformance::draft,
        memory::{Medium, MemorySpool},
    },
    uplink::fake::FakeUplink,
};

const LIMITS: Limits = Limits { max_bytes: 1 << 20, max_age: SignedDuration::from_hours(168) };

const POLICY: Policy = Policy {
    backoff: Backoff { base: SignedDuration::from_secs(1), max: SignedDuration::from_mins(5) },
    spread: SignedDuration::from_secs(30),
    refused: SignedDuration::from_mins(5),
    patience: SignedDuration::from_secs(60),
    heartbeat: SignedDuration::from_secs(30),
    window_bytes: 1000,
    window_reports: 10,
    backlog: 8,
};

/// A reporter at work over a spool in memory and a collector beside it.
struct Bench {
    uplink: FakeUplink,
    spool: SpoolHandle<MemorySpool>,
    spooled: watch::Sender<Marks>,
    link: watch::Receiver<LinkState>,
    stop: oneshot::Sender<Stop>,
    task: JoinHandle<Result<(), SpoolError>>,
}

impl Bench {
    fn start(uplink: FakeUplink) -> Self {
        Self::holding(uplink, 0)
    }

    /// One that has measured so often before.
    fn holding(uplink: FakeUplink, count: i64) -> Self {
        let mut spool = MemorySpool::open(&Medium::new(LIMITS, 1));
        let drafts: Vec<_> = (1..=count).map(|it| draft(Stream::Metrics, it)).collect();
        spool.append(&drafts).unwrap();
        let opened = spool.state();
        let spool = SpoolHandle::new(spool);
        let (spooled, seen) = watch::channel(opened.last);
        let (told, link) = watch::channel(LinkState::default());
        let (stop, stopped) = oneshot::channel();
        let reporter = Reporter {
            uplink: Arc::new(uplink.clone()),
            spool: spool.clone(),
            policy: POLICY,
            clock: SystemClock,
            host: Arc::new(Host::default),
            spooled: seen,
            link: told,
        };
        #[expect(clippy::disallowed_methods, reason = "the test is the supervisor")]
        let task = tokio::spawn(reporter.run(opened, stopped));
        Self { uplink, spool, spooled, link, stop, task }
    }

    async fn append(&self, stream: Stream, values: std::ops::RangeInclusive<i64>) {
        let drafts = values.map(|it| draft(stream, it)).collect();
        let now = Timestamp::UNIX_EPOCH;
        recorder::append(&self.spool, drafts, now, &self.spooled).await.unwrap();
    }

    /// Waits until so many records have been applied.
    async fn applied(&self, count: usize) {
        self.uplink.wait_for(|it| it.applied.len() >= count).await;
    }

    async fn leave(self) -> FakeUplink {
        self.stop.send((Departure::ServiceStop, SignedDuration::from_secs(3))).unwrap();
        self.task.await.unwrap().unwrap();
        self.uplink
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_spooled_arrives_in_order_events_first() {
    let bench = Bench::start(FakeUplink::default());
    bench.append(Stream::Metrics, 1..=40).await;
    bench.append(Stream::Events, 41..=42).await;
    bench.applied(42).await;
    let uplink = bench.leave().await;
    let collector = uplink.collector();
    let numbers = |stream| {
        let of = collector.applied.iter().filter(move |it| it.stream == stream);
        of.map(|it| it.seq).collect::<Vec<_>>()
    };
    assert_eq!(numbers(Stream::Metrics), (1..=40).collect::<Vec<_>>());
    assert_eq!(numbers(Stream::Events), [1, 2]);
    assert_eq!(collector.goodbye, Some(Departure::ServiceStop));
}

#[tokio::test(start_paused = true)]
async fn many_reports_leave_before_the_first_acknowledgement_but_no_more_than_a_window() {
    let uplink = FakeUplink::default();
    uplink.collector().mute = true;
    let bench = Bench::start(uplink);
    bench.append(Stream::Metrics, 1..=40).await;
    bench.applied(10).await;
    time::sleep(Duration::from_secs(5)).await;
    assert_eq!(bench.uplink.collector().applied.len(), 10);
    let through = Marks { events: 0, metrics: 10 };
    bench.uplink.collector().mute = false;
    bench.uplink.tell(Incoming::Acknowledged(through));
    bench.applied(40).await;
}

#[tokio::test(start_paused = true)]
async fn a_cut_connection_is_taken_up_again_where_it_was() {
    let bench = Bench::start(FakeUplink::default());
    bench.append(Stream::Events, 1..=5).await;
    bench.applied(5).await;
    bench.uplink.cut();
    bench.append(Stream::Events, 6..=9).await;
    // The fake refuses holes and repeats.
    bench.applied(9).await;
    let uplink = bench.leave().await;
    let collector = uplink.collector();
    assert_eq!(collector.hellos.len(), 2);
    assert_ne!(collector.hellos[0].resume_token, collector.hellos[1].resume_token);
}

#[tokio::test(start_paused = true)]
async fn a_collector_that_is_away_is_tried_until_it_is_back() {
    let uplink = FakeUplink::default();
    uplink.collector().outages = 7;
    let bench = Bench::start(uplink);
    bench.append(Stream::Events, 1..=1).await;
    bench.applied(1).await;
    assert_eq!(bench.uplink.collector().hellos.len(), 8);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_told_and_tried_again_after_five_minutes() {
    let uplink = FakeUplink::default();
    uplink.collector().refusals = 1;
    let mut bench = Bench::start(uplink);
    let refused = bench.link.wait_for(|it| it.last_error.is_some()).await.unwrap().clone();
    assert!(!refused.connected);
    let text = refused.last_error.unwrap();
    assert_eq!(text, "the collector does not accept this agent: revoked");
    let before = Instant::now();
    bench.link.wait_for(|it| it.connected && it.last_error.is_none()).await.unwrap();
    assert!(before.elapsed() >= Duration::from_mins(5));
}

#[tokio::test(start_paused = true)]
async fn a_spool_that_is_not_recognized_gets_a_new_epoch_and_loses_nothing() {
    let uplink = FakeUplink::default();
    uplink.collector().reset = true;
    let bench = Bench::start(uplink);
    bench.append(Stream::Events, 1..=3).await;
    bench.applied(3).await;
    let collector = bench.uplink.collector();
    assert_ne!(collector.hellos[0].epoch, collector.hellos[1].epoch);
    let gaps = collector.applied.iter().filter(|it| matches!(it.entry, Entry::Gap { .. }));
    assert_eq!(gaps.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_quiet_agent_gives_signs_of_life() {
    let bench = Bench::start(FakeUplink::default());
    bench.uplink.wait_for(|it| it.heartbeats == 3).await;
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_is_sent_away_stays_away_that_long() {
    let bench = Bench::start(FakeUplink::default());
    bench.uplink.wait_for(|it| it.hellos.len() == 1).await;
    let before = Instant::now();
    let (after, reason) = (SignedDuration::from_mins(2), "too many".into());
    bench.uplink.tell(Incoming::SentAway { after, reason });
    bench.uplink.wait_for(|it| it.hellos.len() == 2).await;
    assert!(before.elapsed() >= Duration::from_mins(2));
}

#[tokio::test(start_paused = true)]
async fn a_goodbye_does_not_wait_for_a_collector_that_is_mute() {
    let uplink = FakeUplink::default();
    uplink.collector().mute = true;
    let bench = Bench::start(uplink);
    bench.append(Stream::Events, 1..=1).await;
    bench.applied(1).await;
    let before = Instant::now();
    let uplink = bench.leave().await;
    assert_eq!(uplink.collector().goodbye, Some(Departure::ServiceStop));
    assert!(before.elapsed() <= Duration::from_secs(4));
}

/// What was told ahead of its turn: the number, and how much had been applied.
fn previews(uplink: &FakeUplink) -> Vec<(u64, usize)> {
    uplink.collector().previews.iter().map(|it| (it.0.seq, it.1)).collect()
}

#[tokio::test(start_paused = true)]
async fn what_was_measured_last_is_told_before_a_backlog_and_comes_again_in_its_turn() {
    let bench = Bench::holding(FakeUplink::default(), 40);
    bench.applied(40).await;
    assert_eq!(previews(&bench.uplink), [(40, 0)]);
    // The fake refuses holes and repeats.
    let uplink = bench.leave().await;
    let collector = uplink.collector();
    assert_eq!(collector.applied.last(), collector.previews.first().map(|it| &it.0));
}

#[tokio::test(start_paused = true)]
async fn what_is_measured_meanwhile_is_told_with_the_next_acknowledgement() {
    let uplink = FakeUplink::default();
    uplink.collector().mute = true;
    let bench = Bench::holding(uplink, 40);
    bench.applied(10).await;
    bench.append(Stream::Metrics, 41..=42).await;
    time::sleep(Duration::from_secs(5)).await;
    assert_eq!(previews(&bench.uplink), [(40, 0)], "no faster than the line carries");
    bench.uplink.tell(Incoming::Acknowledged(Marks { events: 0, metrics: 5 }));
    bench.uplink.wait_for(|it| it.previews.len() == 2).await;
    assert_eq!(previews(&bench.uplink), [(40, 0), (42, 10)], "of each probe the newest");
    bench.uplink.collector().mute = false;
    bench.uplink.tell(Incoming::Acknowledged(Marks { events: 0, metrics: 10 }));
    bench.applied(42).await;
}

#[tokio::test(start_paused = true)]
async fn what_waits_only_for_a_moment_is_told_once() {
    let bench = Bench::holding(FakeUplink::default(), POLICY.backlog as i64);
    bench.applied(POLICY.backlog as usize).await;
    assert_eq!(previews(&bench.uplink), []);
}

#[tokio::test(start_paused = true)]
async fn an_old_collector_is_told_all_in_its_turn() {
    let uplink = FakeUplink::default();
    uplink.collector().is_old = true;
    let bench = Bench::holding(uplink, 40);
    bench.applied(40).await;
    assert_eq!(previews(&bench.uplink), []);
}
