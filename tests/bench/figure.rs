//! The figures, their goals, and what others need for the same work.

use std::fmt;

use clap::ValueEnum;

use crate::{
    Plan, agent, alerts, backlog, connections, enroll, matrices, median, reports, webhook,
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
}

/// What is done to find figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Measurement {
    /// Three agents beside each other, for two minutes.
    Agent,
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
}

/// A figure's goal, and what it is held against.
struct Goal {
    unit: &'static str,
    goal: &'static str,
    peers: &'static str,
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
        }
    }

    fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |it| it.get_name().to_owned())
    }

    fn goal(self) -> Goal {
        let (unit, goal, peers) = match self {
            Self::AgentBinary => ("MiB", "≤ 6", "zabbix_agent2 11.9; node_exporter 13.1"),
            Self::AgentMemory => (
                "MiB",
                "≤ 8",
                "collectd without TLS 3.6; MeshAgent idle 9.9; zabbix_agentd 17; \
                 node_exporter 20; zabbix_agent2 24; netdata 31",
            ),
            Self::AgentUnshared => ("MiB", "≤ 3", "not measured"),
            Self::AgentCpu => (
                "CPU-s/h",
                "≤ 0.6",
                "collectd 3.1; node_exporter 5.6; zabbix_agentd 7.1; zabbix_agent2 7.6",
            ),
            Self::AgentWire => {
                ("B/10 s", "≤ 300", "collectd 2,960; zabbix_agent2 9,605; zabbix_agentd 13,463")
            }
            Self::AgentStart => (
                "ms",
                "≤ 50",
                "collectd 30 to 100; node_exporter 120 to 350; zabbix 5,000 to 8,000",
            ),
            Self::Connected => (
                "KiB/agent",
                "≤ 40",
                "bare Rust h2 stream 28.8; bare grpc-go stream 98.7; MeshCentral 661",
            ),
            Self::Storm => {
                ("CPU-s/10,000", "≤ 6", "bare Rust handshakes alone 5.0 to 5.9; grpc-go 10")
            }
            Self::Reports | Self::Backlog => (
                "/CPU-s",
                "≥ 20,000",
                "Zabbix and PostgreSQL 2,000; Prometheus 5,300; VictoriaMetrics 24,900 \
                 (no TLS, no rules, no alerts)",
            ),
            Self::Disk => {
                ("B/report", "≤ 20", "VictoriaMetrics 21.6; Prometheus 108; Zabbix 1,500 to 2,100")
            }
            Self::WebhookP50 => (
                "ms",
                "≤ 2",
                "Alertmanager alone, nothing on disk 2.0; Icinga 3.9; Prometheus and \
                 Alertmanager 534; Zabbix 2,370",
            ),
            Self::WebhookP99 => (
                "ms",
                "≤ 8",
                "Alertmanager alone, nothing on disk 8.0; Icinga 13.2; Prometheus and \
                 Alertmanager 1,018; Zabbix 3,750",
            ),
            Self::AlertsNew => ("/CPU-s", "≥ 80,000", "Alertmanager, nothing on disk 15,800"),
            Self::AlertsRepeated => ("/CPU-s", "≥ 150,000", "Alertmanager, nothing on disk 17,600"),
            Self::AlertMemory => ("B/alert", "≤ 400", "Alertmanager 3,100 to 3,300"),
            Self::Restart => {
                ("ms", "≤ 1,000", "Alertmanager 100, and loses all; Prometheus 1,000 to 1,700")
            }
            Self::Enroll | Self::EnrollP99 => ("s", "≤ 15", "not measured"),
            Self::EnrollFailures => ("machines", "0", "not measured"),
            Self::EnrollApprove => ("s", "≤ 15", "nobody asks"),
            Self::MatrixLint | Self::MatrixPublish => ("ms", "≤ 2,000", "nobody has one"),
        };
        Goal { unit, goal, peers }
    }
}

impl Measurement {
    /// Makes it.
    pub(crate) async fn run(self, plan: &Plan) -> anyhow::Result<Vec<Found>> {
        match self {
            Self::Agent => agent::steady(plan).await,
            Self::AgentStart => agent::start(plan).await,
            Self::Connections => connections::measure(plan).await,
            Self::Reports => reports::measure(plan).await,
            Self::Backlog => backlog::measure(plan).await,
            Self::Webhook => webhook::measure(plan).await,
            Self::Alerts => alerts::measure(plan).await,
            Self::Enroll => enroll::measure(plan).await,
            Self::Matrix => matrices::measure(plan).await,
        }
    }
}

impl fmt::Display for Measurement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Agent => "three agents for two minutes",
            Self::AgentStart => "agents that start",
            Self::Connections => "many agents that connect",
            Self::Reports => "many agents that report",
            Self::Backlog => "a few agents that catch up",
            Self::Webhook => "alerts that are told",
            Self::Alerts => "many alerts at once",
            Self::Enroll => "machines that enroll in one moment",
            Self::Matrix => "a large matrix",
        })
    }
}

impl Found {
    /// The median, with the lowest and the highest run if there are several.
    fn value(&self) -> String {
        let low = self.runs.iter().copied().fold(f64::INFINITY, f64::min);
        let high = self.runs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        match self.runs.len() {
            1 => number(median(&self.runs)),
            _ => format!("{} ({} to {})", number(median(&self.runs)), number(low), number(high)),
        }
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Goal { unit, goal, .. } = self.figure.goal();
        let (name, setup, value) = (self.figure.name(), &self.setup, self.value());
        write!(f, "{name}  {setup}  {value} {unit}  (goal {goal})")
    }
}

/// All figures beside their goals and others' figures, in Markdown.
pub(crate) fn table(found: &[Found]) -> String {
    let mut lines = vec![
        "| Figure | Measured | Unit | Goal | Others |".to_owned(),
        "|---|---|---|---|---|".to_owned(),
    ];
    lines.extend(found.iter().map(|it| {
        let Goal { unit, goal, peers } = it.figure.goal();
        format!("| {} | {} | {unit} | {goal} | {peers} |", it.figure.name(), it.value())
    }));
    lines.join("\n")
}

/// As many digits as mean something.
fn number(value: f64) -> String {
    match value.abs() {
        large if large >= 1000.0 => thousands(value.round() as i64),
        large if large >= 100.0 => format!("{value:.0}"),
        large if large >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

fn thousands(value: i64) -> String {
    if value < 1000 { value.to_string() } else { format!("{},{:03}", value / 1000, value % 1000) }
}
