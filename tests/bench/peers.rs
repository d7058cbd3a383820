//! What others need for the same work, measured or published elsewhere.
//!
//! Measured on a 2-vCPU AMD EPYC under Debian 12 with Debian's packages, but for
//! MeshCentral's, which are its authors'. None of them does all that the figure
//! beside it contains; what is missing is said with each.

use crate::figure::Figure;

/// Somebody else's figure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer {
    /// Who.
    pub(crate) name: &'static str,
    /// Their best, in the unit of ours.
    pub(crate) best: f64,
    /// Their worst.
    pub(crate) worst: f64,
    /// What they do not do for it.
    pub(crate) lacks: &'static str,
}

const fn peer(name: &'static str, value: f64, lacks: &'static str) -> Peer {
    Peer { name, best: value, worst: value, lacks }
}

const fn between(name: &'static str, best: f64, worst: f64, lacks: &'static str) -> Peer {
    Peer { name, best, worst, lacks }
}

const NO_TLS: &str = "encrypt, queue on disk, patches, backups";
const NO_QUEUE: &str = "queue on disk, patches, backups";
const PULLED: &str = "keep what nobody fetches, patches, backups";
const FLOOR: &str = "anything with what it receives: a floor, not a product";

const MEMORY: &[Peer] = &[
    peer("collectd", 3.6, NO_TLS),
    peer("MeshAgent, idle", 9.9, "measure"),
    peer("zabbix_agentd", 17.0, NO_QUEUE),
    peer("node_exporter", 20.0, PULLED),
    peer("zabbix_agent2", 24.0, "patches, backups"),
    peer("netdata", 31.0, "patches, backups"),
];
const BINARY: &[Peer] =
    &[peer("zabbix_agent2", 11.9, "patches, backups"), peer("node_exporter", 13.1, PULLED)];
const CPU: &[Peer] = &[
    peer("collectd", 3.1, NO_TLS),
    peer("node_exporter", 5.6, PULLED),
    peer("zabbix_agentd", 7.1, NO_QUEUE),
    peer("zabbix_agent2", 7.6, "patches, backups"),
];
const CPU_60: &[Peer] = &[peer("collectd", 0.54, NO_TLS), peer("zabbix_agentd", 1.8, NO_QUEUE)];
const WIRE: &[Peer] = &[
    peer("collectd", 2_960.0, NO_TLS),
    peer("zabbix_agent2", 9_605.0, "patches, backups"),
    peer("zabbix_agentd", 13_463.0, NO_QUEUE),
];
const START: &[Peer] = &[
    between("collectd", 30.0, 100.0, NO_TLS),
    between("node_exporter", 120.0, 350.0, PULLED),
    between("Zabbix", 5_000.0, 8_000.0, NO_QUEUE),
];
const CONNECTED: &[Peer] = &[
    peer("bare Rust h2 stream", 28.8, FLOOR),
    peer("bare grpc-go stream", 98.7, FLOOR),
    peer("MeshCentral", 661.0, "measure"),
];
const STORM: &[Peer] = &[
    between("bare Rust handshakes", 5.0, 5.9, FLOOR),
    peer("bare grpc-go handshakes", 10.0, FLOOR),
];
const REPORTS: &[Peer] = &[
    peer("Zabbix and PostgreSQL", 2_000.0, "wait for the disk before it answers"),
    peer("Prometheus", 5_300.0, "wait for the disk, an identity per machine"),
    peer("VictoriaMetrics", 24_900.0, "encrypt, wait for the disk, rules, alerts"),
];
const DISK: &[Peer] = &[
    peer("VictoriaMetrics", 21.6, "keep state beside samples"),
    peer("Prometheus", 108.0, "keep state beside samples"),
    between("Zabbix and PostgreSQL", 1_500.0, 2_100.0, "compress"),
];
const P50: &[Peer] = &[
    peer("Alertmanager alone", 2.0, "measure, owners, ladders, a disk"),
    peer("Icinga", 3.9, "wait for the disk"),
    peer("Prometheus and Alertmanager", 534.0, "owners, ladders, a disk for alerts"),
    peer("Zabbix", 2_370.0, "owners by hours"),
];
const P99: &[Peer] = &[
    peer("Alertmanager alone", 8.0, "measure, owners, ladders, a disk"),
    peer("Icinga", 13.2, "wait for the disk"),
    peer("Prometheus and Alertmanager", 1_018.0, "owners, ladders, a disk for alerts"),
    peer("Zabbix", 3_750.0, "owners by hours"),
];
const NEW: &[Peer] =
    &[peer("Alertmanager", 15_800.0, "owners, ladders, clocks, a disk, a message each")];
const REPEATED: &[Peer] = &[peer("Alertmanager", 17_600.0, "owners, ladders, clocks, a disk")];
const ALERT: &[Peer] =
    &[between("Alertmanager", 3_100.0, 3_300.0, "owners, ladders, clocks, a timeline")];
const RESTART: &[Peer] = &[
    peer("Alertmanager", 100.0, "keep alerts: all are lost"),
    between("Prometheus, 100,000 series", 1_000.0, 1_700.0, "keep owners, ladders, clocks"),
];

impl Figure {
    /// Who does something like it.
    pub(crate) fn peers(self) -> &'static [Peer] {
        match self {
            Self::AgentBinary => BINARY,
            Self::AgentMemory => MEMORY,
            Self::AgentCpu => CPU,
            Self::AgentCpu60 => CPU_60,
            Self::AgentWire => WIRE,
            Self::AgentStart => START,
            Self::Connected => CONNECTED,
            Self::Storm => STORM,
            Self::Reports | Self::Backlog => REPORTS,
            Self::Disk => DISK,
            Self::WebhookP50 => P50,
            Self::WebhookP99 => P99,
            Self::AlertsNew => NEW,
            Self::AlertsRepeated => REPEATED,
            Self::AlertMemory => ALERT,
            Self::Restart => RESTART,
            Self::AgentUnshared
            | Self::Enroll
            | Self::EnrollP99
            | Self::EnrollFailures
            | Self::EnrollApprove
            | Self::MatrixLint
            | Self::MatrixPublish
            | Self::QueryEndpoints
            | Self::QueryAlerts
            | Self::QueryWho => &[],
        }
    }
}
