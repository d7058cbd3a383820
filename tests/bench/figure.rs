//! The figures and their goals.

use std::fmt;

use clap::ValueEnum;

use crate::{
    Plan, agent, alerts, backlog, connections, enroll, matrices, median, queries, reports, webhook,
};

/// One figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Figure {
    /// The agent's program file.
    AgentBinary,
    /// Resident memory of the agent.
    AgentMemory,
    /// The part of it that no other process shares.
    AgentUnshared,
    /// Processor time of the agent.
    AgentCpu,
    /// The same if it measures each minute.
    #[value(name = "agent-cpu-60")]
    AgentCpu60,
    /// What the agent puts on the wire and gets back.
    AgentWire,
    /// From the agent's start to its first accepted report.
    AgentStart,
    /// Memory of the collector per connected agent.
    Connected,
    /// Processor time of the collector when all agents connect at once.
    Storm,
    /// Reports from many agents, one at a time.
    Reports,
    /// Reports from a few agents that catch up.
    Backlog,
    /// Disk that a report takes at rest.
    Disk,
    /// From a report to the message about it: the middle.
    WebhookP50,
    /// From a report to the message about it: the slowest of a hundred.
    WebhookP99,
    /// Alerts that nobody has told before.
    AlertsNew,
    /// Alerts that are told again.
    AlertsRepeated,
    /// Memory of the collector per open alert.
    AlertMemory,
    /// From the start after a power cut with many open alerts to the service.
    Restart,
    /// Machines that enroll in one moment, until all are in.
    Enroll,
    /// How long the slowest of a hundred of them take.
    EnrollP99,
    /// How many of them never get in.
    EnrollFailures,
    /// How long it takes to let all of them in.
    EnrollApprove,
    /// A large matrix that is checked.
    MatrixLint,
    /// A large matrix that is put into force.
    MatrixPublish,
    /// The first page of all endpoints, while reports come: the slowest of a hundred.
    QueryEndpoints,
    /// The same of some alerts.
    QueryAlerts,
    /// The same of whose something is.
    QueryWho,
}

/// What is done to find figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Measurement {
    /// Three agents beside each other, for two minutes.
    Agent,
    /// The same for those that measure each minute.
    AgentMinute,
    /// Agents that are started.
    AgentStart,
    /// Many agents that connect.
    Connections,
    /// Many agents that report.
    Reports,
    /// A few agents that catch up.
    Backlog,
    /// Alerts that are told.
    Webhook,
    /// Many alerts at once.
    Alerts,
    /// Machines by the hundred.
    Enroll,
    /// A large matrix.
    Matrix,
    /// Questions of people while reports come.
    Queries,
}

/// What a figure should be.
pub(crate) struct Goal {
    /// What it is counted in.
    pub(crate) unit: &'static str,
    /// How far it should go.
    pub(crate) bound: Bound,
}

/// Which way is better, and what is good enough.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Bound {
    /// Less is better.
    AtMost(f64),
    /// More is better.
    AtLeast(f64),
}

impl Bound {
    /// Whether a value is good enough.
    pub(crate) fn is_met(self, value: f64) -> bool {
        match self {
            Self::AtMost(most) => value <= most,
            Self::AtLeast(least) => value >= least,
        }
    }

    /// How many times as good our value is as theirs.
    pub(crate) fn ratio(self, ours: f64, theirs: f64) -> f64 {
        match self {
            Self::AtMost(_) => theirs / ours,
            Self::AtLeast(_) => ours / theirs,
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, value) = match self {
            Self::AtMost(value) => ('≤', value),
            Self::AtLeast(value) => ('≥', value),
        };
        write!(f, "{sign} {}", round(*value))
    }
}

/// A figure that was measured.
#[derive(Debug)]
pub(crate) struct Found {
    /// Which one.
    pub(crate) figure: Figure,
    /// How it was measured, in a few words.
    pub(crate) setup: String,
    /// What each run found.
    pub(crate) runs: Vec<f64>,
}

impl Figure {
    /// Every figure, in the order in which they are printed.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        Self::value_variants().iter().copied()
    }

    /// What finds it.
    pub(crate) fn measurement(self) -> Measurement {
        match self {
            Self::AgentBinary
            | Self::AgentMemory
            | Self::AgentUnshared
            | Self::AgentCpu
            | Self::AgentWire => Measurement::Agent,
            Self::AgentCpu60 => Measurement::AgentMinute,
            Self::AgentStart => Measurement::AgentStart,
            Self::Connected | Self::Storm => Measurement::Connections,
            Self::Reports => Measurement::Reports,
            Self::Backlog | Self::Disk => Measurement::Backlog,
            Self::WebhookP50 | Self::WebhookP99 => Measurement::Webhook,
            Self::AlertsNew | Self::AlertsRepeated | Self::AlertMemory | Self::Restart => {
                Measurement::Alerts
            }
            Self::Enroll | Self::EnrollP99 | Self::EnrollFailures | Self::EnrollApprove => {
                Measurement::Enroll
            }
            Self::MatrixLint | Self::MatrixPublish => Measurement::Matrix,
            Self::QueryEndpoints | Self::QueryAlerts | Self::QueryWho => Measurement::Queries,
        }
    }

    /// What it is called.
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |it| it.get_name().to_owned())
    }

    /// What it should be.
    pub(crate) fn goal(self) -> Goal {
        let (unit, bound) = match self {
            Self::AgentBinary => ("MiB", Bound::AtMost(6.0)),
            Self::AgentMemory => ("MiB", Bound::AtMost(8.0)),
            Self::AgentUnshared => ("MiB", Bound::AtMost(3.0)),
            Self::AgentCpu => ("CPU-s/h", Bound::AtMost(0.6)),
            Self::AgentCpu60 => ("CPU-s/h", Bound::AtMost(0.12)),
            Self::AgentWire => ("B/10 s", Bound::AtMost(300.0)),
            Self::AgentStart => ("ms", Bound::AtMost(50.0)),
            Self::Connected => ("KiB/agent", Bound::AtMost(40.0)),
            Self::Storm => ("CPU-s/10,000", Bound::AtMost(6.0)),
            Self::Reports | Self::Backlog => ("/CPU-s", Bound::AtLeast(20_000.0)),
            Self::Disk => ("B/report", Bound::AtMost(20.0)),
            Self::WebhookP50 => ("ms", Bound::AtMost(2.0)),
            Self::WebhookP99 => ("ms", Bound::AtMost(8.0)),
            Self::AlertsNew => ("/CPU-s", Bound::AtLeast(80_000.0)),
            Self::AlertsRepeated => ("/CPU-s", Bound::AtLeast(150_000.0)),
            Self::AlertMemory => ("B/alert", Bound::AtMost(400.0)),
            Self::Restart => ("ms", Bound::AtMost(1_000.0)),
            Self::Enroll | Self::EnrollP99 | Self::EnrollApprove => ("s", Bound::AtMost(15.0)),
            Self::EnrollFailures => ("machines", Bound::AtMost(0.0)),
            Self::MatrixLint | Self::MatrixPublish => ("ms", Bound::AtMost(2_000.0)),
            Self::QueryEndpoints | Self::QueryAlerts => ("ms", Bound::AtMost(20.0)),
            Self::QueryWho => ("ms", Bound::AtMost(2.0)),
        };
        Goal { unit, bound }
    }
}

impl Measurement {
    /// Makes it.
    pub(crate) async fn run(self, plan: &Plan) -> anyhow::Result<Vec<Found>> {
        match self {
            Self::Agent => agent::steady(plan).await,
            Self::AgentMinute => agent::minutely(plan).await,
            Self::AgentStart => agent::start(plan).await,
            Self::Connections => connections::measure(plan).await,
            Self::Reports => reports::measure(plan).await,
            Self::Backlog => backlog::measure(plan).await,
            Self::Webhook => webhook::measure(plan).await,
            Self::Alerts => alerts::measure(plan).await,
            Self::Enroll => enroll::measure(plan).await,
            Self::Matrix => matrices::measure(plan).await,
            Self::Queries => queries::measure(plan).await,
        }
    }
}

impl fmt::Display for Measurement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Agent => "three agents for two minutes",
            Self::AgentMinute => "three agents that measure each minute, for ten minutes",
            Self::AgentStart => "agents that start",
            Self::Connections => "many agents that connect",
            Self::Reports => "many agents that report",
            Self::Backlog => "a few agents that catch up",
            Self::Webhook => "alerts that are told",
            Self::Alerts => "many alerts at once",
            Self::Enroll => "machines that enroll in one moment",
            Self::Matrix => "a large matrix",
            Self::Queries => "questions while reports come",
        })
    }
}

impl Found {
    /// The middle of its runs.
    pub(crate) fn median(&self) -> f64 {
        median(&self.runs)
    }

    /// The median, with the lowest and the highest run if there are several.
    pub(crate) fn value(&self) -> String {
        spread(&self.runs)
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Goal { unit, bound } = self.figure.goal();
        let (name, setup, value) = (self.figure.name(), &self.setup, self.value());
        write!(f, "{name}  {setup}  {value} {unit}  (goal {bound})")
    }
}

/// The middle of some runs, with the lowest and the highest if there are several.
pub(crate) fn spread(runs: &[f64]) -> String {
    let low = runs.iter().copied().fold(f64::INFINITY, f64::min);
    let high = runs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    match runs.len() {
        1 => number(median(runs)),
        _ => format!("{} ({} to {})", number(median(runs)), number(low), number(high)),
    }
}

/// As many digits as mean something.
pub(crate) fn number(value: f64) -> String {
    match value.abs() {
        large if large >= 1000.0 => thousands(value.round() as i64),
        large if large >= 100.0 => format!("{value:.0}"),
        large if large >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// The digits that somebody wrote.
fn round(value: f64) -> String {
    if value < 1000.0 { value.to_string() } else { number(value) }
}

fn thousands(value: i64) -> String {
    if value < 1000 { value.to_string() } else { format!("{},{:03}", value / 1000, value % 1000) }
}
