//! Agents that report all the time, and know what was acknowledged.

use std::collections::BTreeMap;

use jiff::Timestamp;
use remit_proto::{convert::Wire, v1};
use remit_shared::{
    Answer, BackupRun, Body, Entry, Reading, Record, RunId, RunResult, Stream, Unit,
};
use tests::{FakeAgent, Site};
use tokio::{
    task::JoinSet,
    time::{self, Duration},
};

/// What is measured: nobody minds how much of it there is.
const METRIC: &str = "widgets";

/// Measurements go out by so many: fewer are not acknowledged at once.
pub(crate) const HANDFUL: u64 = 4;

/// An agent whose n-th measurement has the value n.
#[derive(Clone)]
pub(crate) struct Talker {
    pub(crate) agent: FakeAgent,
    /// The newest measurement, and when it was made.
    newest: (u64, Timestamp),
    /// What it was told is kept.
    pub(crate) acked: u64,
}

/// What history holds of what was measured.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(crate) missing: u64,
    pub(crate) double: u64,
}

impl Talker {
    pub(crate) async fn new(site: &Site, name: &str) -> Self {
        let agent = site.agent(name).await;
        Self { agent, newest: (0, Timestamp::UNIX_EPOCH), acked: 0 }
    }

    /// So many of them.
    pub(crate) async fn many(site: &Site, count: usize) -> Vec<Self> {
        let mut talkers = Vec::new();
        for nth in 0..count {
            talkers.push(Self::new(site, &format!("web-{nth}")).await);
        }
        talkers
    }

    /// Measures once, at a millisecond of its own: history keeps one value each.
    pub(crate) async fn measure(&mut self) -> Record {
        let mut at = self.agent.now();
        while at.as_millisecond() <= self.newest.1.as_millisecond() {
            time::sleep(Duration::from_millis(1)).await;
            at = self.agent.now();
        }
        let nth = self.newest.0 + 1;
        self.newest = (nth, at);
        let value = i64::try_from(nth).unwrap();
        let body = Body::Readings(vec![Reading::new(METRIC, Unit::Count, value)]);
        let answer = Answer::full("widgets", "a trial", at, body);
        let entry = Entry::Answers(vec![answer]);
        let record = Record { stream: Stream::Metrics, seq: nth, at, entry };
        self.agent.records.push(record.clone());
        record
    }

    /// How many it has measured.
    pub(crate) fn measured(&self) -> u64 {
        self.newest.0
    }

    /// Measures and reports by handfuls, the next once fewer than one is under way, until the session ends or `most` are
    /// measured, and gives how many acknowledged measurements were gone when it
    /// connected.
    pub(crate) async fn talk(&mut self, most: u64) -> u64 {
        let Ok(mut session) = self.agent.connect().await else { return 0 };
        let through = session.welcome.metrics_through;
        let gone = self.acked.saturating_sub(through);
        self.agent.resend(&mut session).await;
        let goal = self.measured() + most;
        while self.measured() < goal {
            for _ in 0..HANDFUL {
                let record = self.measure().await;
                session.report(&record).await;
            }
            while self.acked + HANDFUL <= self.measured() {
                match session.next_ack().await {
                    Ok(ack) => self.acked = self.acked.max(ack.metrics_through),
                    Err(_) => return gone,
                }
            }
        }
        gone
    }

    /// Delivers what is left and looks at what the collector has kept.
    pub(crate) async fn settle(&mut self, site: &Site) -> Kept {
        let _session = self.agent.deliver().await;
        let last = self.measured();
        let what = "everything is applied";
        site.admin.endpoint_where(&self.agent.id, what, |it| it.metrics_applied == last).await;
        let mut times = BTreeMap::<i64, u64>::new();
        for value in history(site, &self.agent.id).await {
            *times.entry(value).or_default() += 1;
        }
        let last = i64::try_from(last).unwrap();
        Kept {
            missing: (1..=last).filter(|it| !times.contains_key(it)).count() as u64,
            double: times.values().map(|it| it - 1).sum(),
        }
    }
}

/// Lets all talk at the same time; they come back when the last has ended.
pub(crate) fn talk(talkers: Vec<Talker>, most: u64) -> JoinSet<(Talker, u64)> {
    let mut tasks = JoinSet::new();
    for mut talker in talkers {
        tasks.spawn(async move {
            let gone = talker.talk(most).await;
            (talker, gone)
        });
    }
    tasks
}

async fn history(site: &Site, endpoint: &str) -> Vec<i64> {
    let mut values = Vec::new();
    let mut asked = v1::ListReadingsRequest {
        endpoint: endpoint.into(),
        metric: METRIC.into(),
        page_size: 10_000,
        ..Default::default()
    };
    loop {
        let page = site.admin.endpoints().list_readings(asked.clone()).await;
        let page = page.expect("the series is known").into_inner();
        values.extend(page.points.iter().filter_map(|it| it.value));
        if page.next_page_token.is_empty() {
            return values;
        }
        asked.page_token = page.next_page_token;
    }
}

/// Spools a run of a backup job that has just failed.
pub(crate) fn failed_run(agent: &mut FakeAgent, job: &str) -> Record {
    run(agent, job, RunResult::Failed)
}

/// Spools a run of a backup job that has just ended.
pub(crate) fn run(agent: &mut FakeAgent, job: &str, result: RunResult) -> Record {
    let now = agent.now();
    let run = BackupRun {
        run_id: RunId::from_uuid(remit_runtime::random::uuid()),
        job: job.into(),
        product: "restic".into(),
        started_at: Some(now),
        ended_at: Some(now),
        result,
        raw_result: "as the trial says".into(),
        recovery_point: None,
        bytes_processed: None,
        bytes_added: None,
        files: None,
        errors: Vec::new(),
        evidence: String::new(),
    };
    agent.answer("backup-restic", Body::Run(run))
}

/// Every alert there ever was, however many.
pub(crate) async fn alerts(site: &Site) -> Vec<v1::Alert> {
    let mut alerts = Vec::new();
    let mut asked =
        v1::ListAlertsRequest { include_resolved: true, page_size: 1_000, ..Default::default() };
    loop {
        let page = site.admin.alerts().list_alerts(asked.clone()).await;
        let page = page.expect("an administrator sees alerts").into_inner();
        alerts.extend(page.alerts);
        if page.next_page_token.is_empty() {
            return alerts;
        }
        asked.page_token = page.next_page_token;
    }
}

/// How many alerts say that something was lost, or that a spool is not itself.
pub(crate) async fn complaints(site: &Site) -> u64 {
    let of_loss = |it: &v1::Alert| matches!(it.check.as_str(), "records-lost" | "spool-reset");
    alerts(site).await.iter().filter(|it| of_loss(it)).count() as u64
}

/// A number of milliseconds up to `most`.
pub(crate) fn moment(most: u64) -> Duration {
    Duration::from_millis(remit_runtime::random::u64() % most + 1)
}

/// When somebody said something, on the wire.
pub(crate) fn at(time: Option<<Timestamp as Wire>::Message>) -> Timestamp {
    Timestamp::from_wire("at", time.expect("it has a time")).expect("it is one")
}

/// The value below which so many hundredths of the values are.
pub(crate) fn percentile(values: &mut [f64], hundredths: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let place = (values.len() as f64 * hundredths / 100.0).ceil() as usize;
    values.get(place.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}
