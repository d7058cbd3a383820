//! One endpoint, its agent's words, and what alerts hear of it.

use remit_shared::{
    Answer, BackupRun, Body, Entry, FailedUnit, Failure, FailureKind, Lifecycle, Record, RunId,
    RunResult,
};
use uuid::Uuid;

use super::*;
use crate::{
    detect::Rules,
    exploited::Known,
    signal::{Say, Signal},
};

pub(super) struct Stage {
    pub(super) endpoint: Endpoint,
    pub(super) rules: Rules,
    pub(super) frames: Vec<Frame>,
    /// How far the endpoint's clock is ahead, in seconds.
    pub(super) ahead: i64,
    told: Vec<String>,
    /// What was heard last, to tell a reminder from news.
    newest: BTreeMap<(Arc<str>, Arc<str>), Signal>,
    reminded: Vec<String>,
    tokens: u8,
    /// The tokens that the agent was given before the newest.
    pub(super) earlier: Vec<[u8; 16]>,
    /// The silences that are to be told of.
    pub(super) caught_up: Vec<Backlog>,
}

/// Some second of the first day, by the collector's clock.
pub(super) fn at(second: i64) -> Timestamp {
    "2026-03-02T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(second)
}

pub(super) fn arrival(second: i64) -> Arrival {
    Arrival {
        received_at: at(second),
        listening: SignedDuration::from_secs(second),
        heard_before: true,
    }
}

pub(super) fn disk(second: i64, mounts: &[(&str, i64)]) -> Answer {
    let reading =
        |(mount, value): &(&str, i64)| Reading::of("disk_used", mount, Unit::Permille, *value);
    let readings = mounts.iter().map(reading).collect();
    Answer::full("disk", "/proc/mounts", at(second), Body::Readings(readings))
}

pub(super) fn services(failed: &[&str]) -> Answer {
    let unit = |name: &&str| FailedUnit {
        name: (*name).into(),
        state: "failed/exit-code".into(),
        description: String::new(),
    };
    let scan = ServiceScan {
        manager: "systemd".into(),
        failed: failed.iter().map(unit).collect(),
        running: 40,
    };
    Answer::full("services", "systemctl", at(0), Body::Services(scan))
}

pub(super) fn failure(probe: &str) -> Answer {
    fails(probe, FailureKind::Timeout)
}

pub(super) fn fails(probe: &str, kind: FailureKind) -> Answer {
    let failure = Failure { kind, message: "no answer within 10 s".into() };
    Answer::full(probe, "statvfs", at(0), Body::Failure(failure))
}

pub(super) fn lifecycle(what: Lifecycle) -> Answer {
    Answer::full("agent", "itself", at(0), Body::Lifecycle(what))
}

pub(super) fn run(id: u128, second: i64, result: RunResult) -> Answer {
    let run = BackupRun {
        run_id: RunId::from_uuid(Uuid::from_u128(id)),
        job: "nightly".into(),
        product: "restic".into(),
        started_at: Some(at(second)),
        ended_at: Some(at(second)),
        result,
        raw_result: "exit 1".into(),
        recovery_point: None,
        bytes_processed: None,
        bytes_added: None,
        files: None,
        errors: vec![],
        evidence: String::new(),
    };
    Answer::full("backup-restic", "restic", at(second), Body::Run(run))
}

impl Default for Stage {
    fn default() -> Self {
        let registration = Registration {
            id: EndpointId::from_uuid(Uuid::from_u128(1)),
            tenant: Tenant::new("acme").unwrap(),
            site: Site::new("hq").unwrap(),
            kind: EndpointKind::Server,
            tags: vec![],
            host: Host { hostname: "db-7".into(), ..Host::default() },
            enrolled_at: at(-3600),
            token: TokenId::from_uuid(Uuid::from_u128(2)),
            certificates: vec![],
            claim: None,
            revoked: None,
        };
        Self {
            endpoint: Endpoint::enrolled(registration),
            rules: Rules::default(),
            frames: Vec::new(),
            ahead: 0,
            told: Vec::new(),
            newest: BTreeMap::new(),
            reminded: Vec::new(),
            tokens: 0,
            earlier: Vec::new(),
            caught_up: Vec::new(),
        }
    }
}

impl Stage {
    /// The token that the agent was given last.
    pub(super) fn token(&self) -> Option<[u8; 16]> {
        self.endpoint.pulse.resume.issued
    }

    pub(super) fn greets(
        &mut self,
        epoch: u64,
        resume: Option<[u8; 16]>,
        (last_events, last_metrics): (u64, u64),
        second: i64,
    ) -> bool {
        self.tokens += 1;
        let greeting = Greeting {
            host: self.endpoint.registration.host.clone(),
            now: at(second + self.ahead),
            epoch,
            resume,
            earlier: self.earlier.clone(),
            last_events,
            last_metrics,
        };
        let fresh = [self.tokens; 16];
        let opened = open_session(&self.endpoint, &greeting, fresh, &arrival(second), &self.rules);
        self.endpoint = opened.endpoint;
        self.hear(opened.signals);
        opened.reset_epoch
    }

    /// A measurement that arrives at once.
    pub(super) fn measures(&mut self, seq: u64, second: i64, value: i64) -> Verdict {
        self.gives(seq, second, disk(second, &[("/", value)]))
    }

    /// A measurement that arrives at some second.
    pub(super) fn gives(&mut self, seq: u64, second: i64, answer: Answer) -> Verdict {
        self.applies(Stream::Metrics, seq, second, answer)
    }

    /// An event that is true when it arrives, whatever its own time says.
    pub(super) fn says(&mut self, seq: u64, second: i64, answer: Answer) -> Verdict {
        let answer = Answer { observed_at: at(second + self.ahead), ..answer };
        self.applies(Stream::Events, seq, second, answer)
    }

    /// An event that arrives later than it was true.
    pub(super) fn said(&mut self, seq: u64, second: i64, answer: Answer) -> Verdict {
        self.applies(Stream::Events, seq, second, answer)
    }

    fn applies(&mut self, stream: Stream, seq: u64, second: i64, answer: Answer) -> Verdict {
        let at = answer.observed_at;
        self.takes(&Record { stream, seq, at, entry: Entry::Answers(vec![answer]) }, second)
    }

    pub(super) fn loses(&mut self, from: u64, seq: u64) -> Verdict {
        let entry = Entry::Gap { from, reason: "spool full".into() };
        self.takes(&Record { stream: Stream::Metrics, seq, at: at(0), entry }, 0)
    }

    pub(super) fn takes(&mut self, record: &Record, second: i64) -> Verdict {
        let applied = apply(self.endpoint.clone(), record, &arrival(second), &self.rules);
        self.endpoint = applied.endpoint;
        self.frames.extend(applied.frame);
        self.caught_up.extend(applied.caught_up);
        self.hear(applied.signals);
        applied.verdict
    }

    /// A measurement that is told ahead of its turn, as it is made. Gives
    /// whether that was news.
    pub(super) fn shows(&mut self, seq: u64, second: i64, answer: Answer) -> bool {
        let at = answer.observed_at;
        let entry = Entry::Answers(vec![answer]);
        self.foresees(&Record { stream: Stream::Metrics, seq, at, entry }, second)
    }

    pub(super) fn foresees(&mut self, record: &Record, second: i64) -> bool {
        let seen = preview(self.endpoint.clone(), record, &arrival(second), &self.rules);
        self.endpoint = seen.endpoint;
        self.hear(seen.signals);
        seen.is_news
    }

    pub(super) fn waits(&mut self, second: i64) {
        if let Some((endpoint, signals)) =
            tick(&self.endpoint, at(second), &self.rules, &Known::Off)
        {
            self.endpoint = endpoint;
            self.hear(signals);
        }
        assert!(
            tick(&self.endpoint, at(second), &self.rules, &Known::Off).is_none(),
            "once is enough"
        );
    }

    pub(super) fn hear(&mut self, signals: Vec<Signal>) {
        for signal in signals {
            let key = (Arc::clone(&signal.check), Arc::clone(&signal.instance));
            if self.newest.insert(key, signal.clone()).is_some_and(|it| it == signal) {
                self.reminded.push(signal.check.to_string());
                continue;
            }
            let Signal { check, summary, say, .. } = signal;
            let what = match say {
                Say::Raised { severity, delayed: true, .. } => format!("{severity} (delayed)"),
                Say::Raised { severity, delayed: false, .. } => severity.to_string(),
                Say::Cleared => "over".to_owned(),
            };
            self.told.push(format!("{check} {what}: {summary}"));
        }
    }

    /// What they have heard once more, word by word.
    pub(super) fn reminded(&mut self) -> Vec<String> {
        std::mem::take(&mut self.reminded)
    }

    /// What alerts have heard since this was asked last.
    pub(super) fn told(&mut self) -> Vec<String> {
        std::mem::take(&mut self.told)
    }
}
