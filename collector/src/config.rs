//! The collector's settings: a file, then the environment, then flags.
//!
//! Everything has a default but the names under which agents and operators
//! find the collector; `remit-collector init` writes those.

mod channels;
mod dead_man;
mod known_exploited;
mod remote_write;
mod store;
#[cfg(test)]
mod tests;

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use jiff::SignedDuration;
use remit_collector_domain::group::Waits;
use remit_runtime::{
    config::{ConfigError, Document, Effective, Setting},
    duration::Span,
    telemetry::Format,
};
use serde::Deserialize;

use self::{
    channels::{RawAlertmanager, RawNtfy, RawPagerduty, RawSecretUrl, RawSmtp, RawWebhook},
    dead_man::RawDeadMan,
    known_exploited::RawKnownExploited,
    remote_write::RawRemoteWrite,
    store::RawStore,
};
pub use self::{dead_man::DeadMan, remote_write::RemoteWriting};
use crate::adapters::notify::ChannelSettings;

/// What the file is called inside the data folder.
pub const FILE: &str = "collector.toml";

/// Checked settings.
#[derive(Clone)]
pub struct Config {
    /// Where everything is kept.
    pub data_dir: PathBuf,
    /// Host names and addresses under which the collector is found.
    pub names: Vec<String>,
    /// The agent plane.
    pub agents: SocketAddr,
    /// The enrollment listener.
    pub enrollment: SocketAddr,
    /// The operator plane.
    pub operators: SocketAddr,
    /// Metrics and readiness; in the clear, so on loopback unless somebody
    /// says otherwise.
    pub http: SocketAddr,
    /// Where other systems post their alerts, if they may.
    pub receiver: Option<Receiver>,
    /// What the store may keep in its cache, in bytes.
    pub cache_bytes: u64,
    /// How long readings are kept as they came.
    pub keep_history: Span,
    /// How long they are kept by the hour.
    pub keep_hourly: Span,
    /// How long watchers may come back to an old cursor.
    pub keep_feed: Span,
    /// How long the audit trail is kept.
    pub keep_audit: Span,
    /// What log lines look like.
    pub log: Format,
    /// How long what can wait waits for its like.
    pub waits: Waits,
    /// Who is told every so often that all is well, and misses it otherwise.
    pub dead_man: Option<DeadMan>,
    /// The catalogue of what is known to be exploited, if there is one.
    pub known_exploited: Option<PathBuf>,
    /// Where samples go.
    pub remote_write: Vec<RemoteWriting>,
    /// How people are told.
    pub channels: ChannelSettings,
}

/// Where other systems post their alerts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receiver {
    /// The listener.
    pub address: SocketAddr,
    /// In the clear, on loopback.
    pub plain: bool,
}

/// What flags say.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--data-dir`.
    pub data_dir: Option<PathBuf>,
    /// `--config`.
    pub config: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawConfig {
    names: Option<Vec<String>>,
    #[serde(default)]
    listen: RawListen,
    #[serde(default)]
    receiver: RawReceiver,
    #[serde(default)]
    store: RawStore,
    #[serde(default)]
    log: RawLog,
    dead_man: Option<RawDeadMan>,
    #[serde(default)]
    known_exploited: RawKnownExploited,
    #[serde(default)]
    digests: RawDigests,
    #[serde(default)]
    webhook: Vec<RawWebhook>,
    #[serde(default)]
    slack: Vec<RawSecretUrl>,
    #[serde(default)]
    teams: Vec<RawSecretUrl>,
    #[serde(default)]
    pagerduty: Vec<RawPagerduty>,
    #[serde(default)]
    ntfy: Vec<RawNtfy>,
    #[serde(default)]
    alertmanager: Vec<RawAlertmanager>,
    smtp: Option<RawSmtp>,
    #[serde(default)]
    remote_write: Vec<RawRemoteWrite>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawListen {
    agents: Option<SocketAddr>,
    enrollment: Option<SocketAddr>,
    operators: Option<SocketAddr>,
    http: Option<SocketAddr>,
    receiver: Option<SocketAddr>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawReceiver {
    plain_http_on_loopback: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLog {
    format: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDigests {
    first: Option<Span>,
    between: Option<Span>,
    repeat: Option<Span>,
}

/// Port of the agent plane, unless somebody says otherwise.
pub const AGENT_PORT: u16 = 7443;
/// Port of the enrollment listener.
pub const ENROLLMENT_PORT: u16 = 7444;
/// Port of the operator plane.
pub const OPERATOR_PORT: u16 = 7445;
/// Port of metrics and readiness.
pub const HTTP_PORT: u16 = 7446;
/// Port where other systems post their alerts.
pub const RECEIVER_PORT: u16 = 7448;

/// Reads and checks the settings; also gives them as a table that says where
/// each comes from.
pub fn load(flags: &Flags) -> Result<(Config, Effective), ConfigError> {
    let data_dir = Setting::new(PathBuf::from("/var/lib/remit-collector"))
        .env("REMIT_DATA_DIR", std::env::var_os("REMIT_DATA_DIR").map(PathBuf::from))
        .flag("--data-dir", flags.data_dir.clone());
    let path = flags.config.clone().unwrap_or_else(|| data_dir.value.join(FILE));
    let file: Document<RawConfig> = Document::load(&path)?;
    let raw = &file.value;
    let mut table = Effective::new();
    table.show(
        "data_dir",
        &Setting { value: data_dir.value.display().to_string(), origin: data_dir.origin },
    );
    let names = raw.names.clone().unwrap_or_default();
    if names.is_empty() {
        let message = "name at least one host name or address that agents can reach";
        return Err(file.invalid("names", message));
    }
    table.show("names", &Setting::new(String::new()).file(Some(names.join(", "))));
    let everywhere = IpAddr::from([0, 0, 0, 0]);
    let mut listen = |key: &str, default: SocketAddr, given: Option<SocketAddr>| {
        let setting = Setting::new(default).file(given);
        table.show(key, &setting);
        setting.value
    };
    let agents = listen("listen.agents", (everywhere, AGENT_PORT).into(), raw.listen.agents);
    let enrollment =
        listen("listen.enrollment", (everywhere, ENROLLMENT_PORT).into(), raw.listen.enrollment);
    let operators =
        listen("listen.operators", (everywhere, OPERATOR_PORT).into(), raw.listen.operators);
    let loopback = IpAddr::from([127, 0, 0, 1]);
    let http = listen("listen.http", (loopback, HTTP_PORT).into(), raw.listen.http);
    let receiver = receiver(&file, &mut table)?;
    let kept = store::read(&file, &mut table)?;
    let format = raw.log.format.as_deref().map(str::parse::<Format>).transpose();
    let format = format.map_err(|err| file.invalid("log.format", err))?;
    let log = Setting::new(Format::Text).file(format);
    table.show("log.format", &log);
    let waits = waits(&raw.digests, &mut table);
    let dead_man = dead_man::read(&file, &mut table)?;
    let known_exploited = known_exploited::read(&file, &mut table)?;
    let remote_write = remote_write::read(&file, &mut table)?;
    let channels = channels::read(&file, &mut table)?;
    let config = Config {
        data_dir: data_dir.value,
        names,
        agents,
        enrollment,
        operators,
        http,
        receiver,
        cache_bytes: kept.cache_bytes,
        keep_history: kept.history,
        keep_hourly: kept.hourly,
        keep_feed: kept.feed,
        keep_audit: kept.audit,
        log: log.value,
        waits,
        dead_man,
        known_exploited,
        remote_write,
        channels,
    };
    Ok((config, table))
}

fn waits(given: &RawDigests, table: &mut Effective) -> Waits {
    let usual = Waits::default();
    let mut wait = |key: &str, usual: SignedDuration, given: Option<Span>| {
        let setting = Setting::new(Span(usual)).file(given);
        table.show(key, &setting);
        setting.value.0
    };
    Waits {
        first: wait("digests.first", usual.first, given.first),
        between: wait("digests.between", usual.between, given.between),
        repeat: wait("digests.repeat", usual.repeat, given.repeat),
    }
}

fn receiver(
    file: &Document<RawConfig>,
    table: &mut Effective,
) -> Result<Option<Receiver>, ConfigError> {
    let given = file.value.listen.receiver;
    let shown = given.map(|it| it.to_string());
    table.show("listen.receiver", &Setting::new("off".to_owned()).file(shown));
    let plain = Setting::new(false).file(file.value.receiver.plain_http_on_loopback);
    table.show("receiver.plain_http_on_loopback", &plain);
    let Some(address) = given else { return Ok(None) };
    if plain.value && !address.ip().is_loopback() {
        let message =
            format!("{address} is not a loopback address: tokens would cross the network");
        return Err(file.invalid("receiver.plain_http_on_loopback", message));
    }
    Ok(Some(Receiver { address, plain: plain.value }))
}

/// The text of a new settings file.
pub fn template(
    names: &[String],
    agents: SocketAddr,
    enrollment: SocketAddr,
    operators: SocketAddr,
    http: SocketAddr,
    receiver: SocketAddr,
) -> String {
    let names: Vec<String> = names.iter().map(|it| format!("{it:?}")).collect();
    format!(
        r#"# Settings of this Remit collector. `remit-collector config check` shows them all.

# Host names and addresses under which agents and operators reach it. The
# server certificate carries exactly these.
names = [{names}]

[listen]
agents = "{agents}"
enrollment = "{enrollment}"
operators = "{operators}"
http = "{http}" # metrics and readiness, in the clear
receiver = "{receiver}" # alerts of other systems; nobody is heard without a token

# Messages about what is neither critical nor high travel together: the first
# waits for its like, and what stays is told again.
# [digests]
# first = "30s"
# between = "5m"
# repeat = "4h"

[store]
# cache_mib = 1 # of the database in memory; more saves some reads of the disk from a few thousand endpoints on
# keep_history = "14d" # readings as they came
# keep_hourly = "400d" # and by the hour: least, mean, greatest
# keep_feed = "30d"
# keep_audit = "400d"

# Every so often, and only while all that must hold holds, this address is
# posted to: whoever misses that knows that nobody is told of anything.
# [dead_man]
# url_file = "dead-man.url"
# every = "60s"

# What is known to be exploited, as CISA publishes it in JSON. It is read again
# when it changes, and nobody fetches it.
# [known_exploited]
# file = "known_exploited_vulnerabilities.json"

# What is measured goes out to a database that takes Prometheus' remote write:
# Prometheus, VictoriaMetrics, Mimir.
# [[remote_write]]
# name = "prometheus"
# url = "https://prometheus.example.org/api/v1/write"
# token_file = "prometheus.token"

# A team whose matrix entry says notify = ["webhook:noc"] is told here.
# [[webhook]]
# name = "noc"
# url = "https://noc.example.org/remit"
# secret_file = "noc.secret"

# The same for slack:noc, teams:noc, pagerduty:noc, ntfy:noc, alertmanager:noc.
# [[slack]]
# name = "noc"
# url_file = "slack-noc.url"
# [[teams]]
# name = "noc"
# url_file = "teams-noc.url"
# [[pagerduty]]
# name = "noc"
# key_file = "pagerduty-noc.key"
# [[ntfy]]
# name = "noc"
# url = "https://ntfy.example.org"
# topic_file = "ntfy-noc.topic"
# [[alertmanager]]
# name = "tickets"
# url = "https://tickets.example.org/hook"
# token_file = "tickets.token"

# Needed for notify = ["email:somebody@example.org"].
# [smtp]
# host = "mail.example.org"
# security = "starttls" # or tls, or none
# from = "Remit <remit@example.org>"
"#,
        names = names.join(", "),
    )
}
