//! One server, a person of each party, and a clock that the test moves by hand.

use jiff::SignedDuration;
use remit_proto::v1::{
    self, AcknowledgeAlertRequest, AlertEventKind, AlertState, ResolveAlertRequest,
};
use remit_runtime::clock::SystemClock;
use remit_shared::{BackupRun, Body, Clock as _, Departure, Lifecycle, RunId, RunResult, Stream};
use tonic::Status;

use crate::{FakeAgent, Operator, Received, SOON, Site, eventually, tuesday};

/// A story of backups that fail and people who see to them. The collector's
/// clock stands where [`Story::at`] puts it, so that what happens at an instant
/// happens at that instant.
#[derive(Debug)]
pub struct Story {
    /// Where it plays.
    pub site: Site,
    /// Nora, of the provider's operations centre.
    pub nora: Operator,
    /// Ines, of internal IT.
    pub ines: Operator,
    /// A manager of each party: the provider's, and internal IT's.
    managers: [Operator; 2],
    agent: FakeAgent,
    now: jiff::Timestamp,
}

impl Story {
    /// It begins on a Tuesday at midnight, with everything well.
    pub async fn begin(toml: &str) -> Self {
        let site = Site::by_clock(toml).await;
        let (nora, ines) = (site.noc().await, site.internal_it().await);
        let internal = site.it_manager().await;
        let managers = [site.provider_manager().await, internal];
        let agent = site.agent("db-7").await;
        let mut story = Self { site, nora, ines, managers, agent, now: tuesday("00:00") };
        story.at("00:00");
        story
    }

    /// Puts the clock to a time of day in New York.
    pub fn at(&mut self, time: &str) {
        self.at_instant(tuesday(time));
    }

    /// Puts the clock to an instant.
    pub fn at_instant(&mut self, now: jiff::Timestamp) {
        self.now = now;
        self.site.stop_clock(now);
    }

    /// What the clock shows.
    pub fn now(&self) -> jiff::Timestamp {
        self.now
    }

    /// A backup job fails, and is an alert.
    pub async fn fails(&mut self, job: &str) -> v1::Alert {
        self.failed(job, SignedDuration::ZERO).await
    }

    /// A backup job failed a while ago, which is known only now.
    pub async fn failed(&mut self, job: &str, ago: SignedDuration) -> v1::Alert {
        self.ended(job, RunResult::Failed, ago).await;
        self.newest(job, "failed", |it| it.state() != AlertState::Resolved).await
    }

    /// A backup job succeeds, which ends its alert.
    pub async fn succeeds(&mut self, job: &str) -> v1::Alert {
        self.ends(job, RunResult::Success).await;
        self.newest(job, "succeeded", |it| it.state() == AlertState::Resolved).await
    }

    /// A backup job ends, whatever comes of it.
    pub async fn ends(&mut self, job: &str, result: RunResult) {
        self.ended(job, result, SignedDuration::ZERO).await;
    }

    async fn ended(&mut self, job: &str, result: RunResult, ago: SignedDuration) {
        // The agent's clock is right, wherever the collector's was put.
        self.agent.ahead = self.now.duration_since(SystemClock.now());
        let mut session = self.agent.connect().await.expect("the agent plane takes a good agent");
        let at = self.agent.now() - ago;
        let run = BackupRun {
            run_id: RunId::from_uuid(remit_runtime::random::uuid()),
            job: job.into(),
            product: "restic".into(),
            started_at: Some(at),
            ended_at: Some(at),
            result,
            raw_result: "as the test says".into(),
            recovery_point: None,
            bytes_processed: None,
            bytes_added: None,
            files: None,
            errors: Vec::new(),
            evidence: String::new(),
        };
        let record = self.agent.answer_at(at, "backup-restic", Body::Run(run));
        session.report(&record).await;
        let kept = session.acknowledged(Stream::Events, record.seq).await;
        kept.expect("a backup's end is taken in");
        // Whoever only hangs up again and again has a link that breaks, which is
        // an alert too.
        let leaves = Body::Lifecycle(Lifecycle::Stopping(Departure::Shutdown));
        let record = self.agent.answer_at(self.agent.now(), "agent", leaves);
        session.report(&record).await;
        let kept = session.acknowledged(record.stream, record.seq).await;
        kept.expect("a goodbye is taken in");
    }

    async fn newest(&self, job: &str, what: &str, is_so: impl Fn(&v1::Alert) -> bool) -> v1::Alert {
        let what = format!("it is known that `{job}` {what}");
        let found = eventually(SOON, &what, async || {
            let all = self.site.admin.all_alerts().await.into_iter();
            let of_job = all.filter(|it| it.check == "backup-failed" && it.instance == job);
            of_job.max_by_key(|it| it.opened_at.map(|it| (it.seconds, it.nanos))).filter(&is_so)
        })
        .await;
        self.alert(&found).await
    }

    /// What has become of an alert.
    pub async fn alert(&self, alert: &v1::Alert) -> v1::Alert {
        self.site.admin.alert(&alert.alert_id).await
    }

    /// Waits until a team is responsible for an alert.
    pub async fn goes_to(&self, alert: &v1::Alert, team: &str) -> v1::Alert {
        let what = format!("the alert goes to {team}");
        self.site.admin.alert_where(&alert.alert_id, &what, |it| owner(it) == team).await
    }

    /// Both parties agree on another matrix, which is in force at once.
    pub async fn agree_on(&self, toml: &str) {
        let waiting = self.site.admin.publish(toml).await.expect("the test's matrix lints clean");
        let waits = |it: &v1::Change| it.state() == v1::ChangeState::Proposed;
        let mut change = self.site.admin.change(&waiting.change_id).await;
        for manager in &self.managers {
            if waits(&change) {
                let agreed = manager.again().await.approve(&change.change_id).await;
                change = agreed.expect("a manager of each party agrees");
            }
        }
        assert_eq!(change.state(), v1::ChangeState::Applied, "{change:?}");
    }

    /// Cuts the power, and lets it come back at a time of day.
    pub async fn has_no_power_until(&mut self, time: &str) {
        self.site.cut_power().await;
        self.at(time);
        self.site.restart().await;
        self.meet_again().await;
    }

    /// Connects everybody to a collector that was away.
    pub async fn meet_again(&mut self) {
        self.nora = self.nora.again().await;
        self.ines = self.ines.again().await;
    }

    /// Waits for a message about an alert that was answered in some way.
    pub async fn message(&self, alert: &v1::Alert, topic: &str, answered: u16) -> Received {
        let what = format!("`{topic}` comes about the alert, and is answered with {answered}");
        eventually(SOON, &what, async || {
            self.site.inbox.received().into_iter().find(|it| {
                it.answered == answered
                    && it.field("topic") == topic
                    && it.field("alert_id") == alert.alert_id
            })
        })
        .await
    }

    /// The messages about an alert that have come, each once, as `team topic`,
    /// in the order in which they were owed. Waits until there are as many as
    /// somebody expects, and compares.
    pub async fn told(&self, alert: &v1::Alert, expected: &[&str]) {
        let what = format!("{} messages have come about the alert", expected.len());
        let seen = eventually(SOON, &what, async || {
            let came = self.messages(alert).await;
            (came.len() >= expected.len()).then_some(came)
        })
        .await;
        assert_eq!(seen, expected);
    }

    async fn messages(&self, alert: &v1::Alert) -> Vec<String> {
        let came = self.site.inbox.received();
        let notices = self.alert(alert).await.notices.into_iter();
        let arrived = notices.filter_map(|notice| {
            let came = came.iter().find(|it| it.id == notice.notice_id && it.answered == 200)?;
            Some(format!("{} {}", came.webhook, came.field("topic")))
        });
        arrived.collect()
    }
}

/// The team that is responsible for an alert.
pub fn owner(alert: &v1::Alert) -> &str {
    alert.responsibility.as_ref().map_or("nobody", |it| &it.responsible)
}

/// What happened to an alert, as its timeline tells it, of some kinds only.
pub fn entries(alert: &v1::Alert, kinds: &[AlertEventKind]) -> Vec<String> {
    let of_kinds = alert.timeline.iter().filter(|it| kinds.contains(&it.kind()));
    of_kinds.map(|it| format!("{}: {}", it.actor, it.detail)).collect()
}

impl Operator {
    /// Takes an alert on for so many minutes.
    pub async fn acknowledge(&self, alert: &v1::Alert, minutes: u32) -> Result<v1::Alert, Status> {
        let asked = AcknowledgeAlertRequest {
            alert_id: alert.alert_id.clone(),
            hold_seconds: minutes * 60,
            ..Default::default()
        };
        let done = self.alerts().acknowledge_alert(asked).await?.into_inner();
        Ok(done.alert.unwrap_or_default())
    }

    /// Says that an alert is over.
    pub async fn resolve(&self, alert: &v1::Alert) -> Result<v1::Alert, Status> {
        let alert_id = alert.alert_id.clone();
        let asked = ResolveAlertRequest { alert_id, note: "seen to".into() };
        let done = self.alerts().resolve_alert(asked).await?.into_inner();
        Ok(done.alert.unwrap_or_default())
    }
}
