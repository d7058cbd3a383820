//! The agent's settings: a file, then the environment, then flags.
//!
//! Everything has a default; an agent without a file measures its machine and
//! reports where enrollment told it to.

mod backup;
mod budget;
mod raw;
#[cfg(test)]
mod tests;
mod way;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use remit_agent_domain::schedule::{DEFAULTS, ProbePlan};
use remit_runtime::{
    config::{ConfigError, Document, Effective, Setting},
    dial::Proxies,
    duration::Span,
    telemetry::Format,
};

use self::raw::{RawConfig, RawProbe};
pub use self::{backup::Backups, budget::Budget, raw::Size};
use crate::{
    platform,
    probe::backup::events::adapter::{self, Adapter},
};

/// Checked settings.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the agent keeps what it must remember.
    pub state_dir: PathBuf,
    /// Where the collector is, if not where enrollment said.
    pub addresses: Vec<String>,
    /// The longest wait before a session that was lost is taken up again.
    pub reconnect_spread: Span,
    /// Which collectors are reached through a proxy.
    pub proxies: Proxies,
    /// How long another collector than the first serves before the first is
    /// asked for again.
    pub return_after: Span,
    /// What the agent may take of the machine.
    pub budget: Budget,
    /// What the spool may hold.
    pub spool_max_bytes: Size,
    /// How long it may hold it.
    pub spool_max_age: Span,
    /// Where pings are listened for; nowhere if switched off.
    pub ping: Option<SocketAddr>,
    /// Whether a ping may name a job that nobody declared.
    pub ping_creates: bool,
    /// What log lines look like.
    pub log: Format,
    /// What is to be known about backups.
    pub backups: Backups,
    /// What the events of backup products mean, where there is an event log.
    pub adapters: Vec<Adapter>,
    probes: BTreeMap<String, RawProbe>,
}

/// What flags say.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--config`.
    pub config: Option<PathBuf>,
    /// `--state-dir`.
    pub state_dir: Option<PathBuf>,
}

/// Reads one variable of the environment.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Config {
    /// Reads the file and applies what overrules it. `zone` is the machine's
    /// own. Gives the settings, and the table of where each came from.
    pub fn load(
        flags: &Flags,
        environment: Environment<'_>,
        zone: &str,
    ) -> Result<(Self, Effective), ConfigError> {
        let given =
            flags.config.clone().or_else(|| environment("REMIT_AGENT_CONFIG").map(PathBuf::from));
        let document = match given {
            // Whoever names a file expects it to be there.
            Some(path) => Document::load(&path)?,
            None => Document::load_if_present(&platform::config())?,
        };
        Self::check(document, flags, environment, zone)
    }

    fn check(
        document: Document<RawConfig>,
        flags: &Flags,
        environment: Environment<'_>,
        zone: &str,
    ) -> Result<(Self, Effective), ConfigError> {
        let env = Overrides { environment };
        let raw = document.value.clone();
        let state_dir = Setting::new(platform::state_dir())
            .file(raw.state_dir)
            .env("REMIT_AGENT_STATE_DIR", environment("REMIT_AGENT_STATE_DIR").map(PathBuf::from))
            .flag("--state-dir", flags.state_dir.clone());
        let addresses = Setting::new(Vec::new()).file(raw.uplink.addresses).env(
            "REMIT_AGENT_ADDRESSES",
            environment("REMIT_AGENT_ADDRESSES")
                .map(|it| it.split(',').map(|it| it.trim().to_owned()).collect()),
        );
        let spread = Setting::new(seconds(30))
            .file(raw.uplink.reconnect_spread)
            .env("REMIT_AGENT_RECONNECT_SPREAD", env.parse("REMIT_AGENT_RECONNECT_SPREAD")?);
        let return_after = Setting::new(seconds(600))
            .file(raw.uplink.return_after)
            .env("REMIT_AGENT_RETURN_AFTER", env.parse("REMIT_AGENT_RETURN_AFTER")?);
        let max_bytes = Setting::new(Size(64 << 20))
            .file(raw.spool.max_bytes)
            .env("REMIT_AGENT_SPOOL_MAX_BYTES", env.parse("REMIT_AGENT_SPOOL_MAX_BYTES")?);
        let max_age = Setting::new(seconds(7 * 86_400))
            .file(raw.spool.max_age)
            .env("REMIT_AGENT_SPOOL_MAX_AGE", env.parse("REMIT_AGENT_SPOOL_MAX_AGE")?);
        let ping = Setting::new(SocketAddr::from(([127, 0, 0, 1], 7447)))
            .file(raw.ping.listen)
            .env("REMIT_AGENT_PING_LISTEN", env.parse("REMIT_AGENT_PING_LISTEN")?);
        let ping_enabled = Setting::new(true).file(raw.ping.enabled);
        let ping_creates = Setting::new(true).file(raw.ping.create);
        let log_format = raw.log.format.map(|it| it.parse::<Format>()).transpose();
        let log = Setting::new(Format::Text)
            .file(log_format.map_err(|err| document.invalid("log.format", err))?)
            .env("REMIT_AGENT_LOG_FORMAT", env.parse("REMIT_AGENT_LOG_FORMAT")?);

        if !(1 << 20..=64 << 30).contains(&max_bytes.value.0) {
            return Err(document.invalid("spool.max_bytes", "must be between 1MiB and 64GiB"));
        }
        if return_after.value < seconds(1) {
            return Err(document.invalid("uplink.return_after", "must be at least 1s"));
        }
        if max_age.value < seconds(3600) {
            return Err(document.invalid("spool.max_age", "must be at least 1h"));
        }
        if !ping.value.ip().is_loopback() {
            return Err(document.invalid("ping.listen", "must be a loopback address"));
        }
        check_probes(&document)?;
        let backups = Backups::check(&document, zone)?;
        let beside = document.path().parent().unwrap_or(Path::new(""));
        let adapters = adapter::load(&beside.join("adapters.d"))?;

        let mut effective = Effective::new();
        let shown = |list: &[String]| match list {
            [] => "(from enrollment)".to_owned(),
            list => list.join(", "),
        };
        let path = state_dir.value.display().to_string();
        effective.show("state_dir", &Setting { value: path, origin: state_dir.origin });
        let list = shown(&addresses.value);
        effective.show("uplink.addresses", &Setting { value: list, origin: addresses.origin });
        effective.show("uplink.reconnect_spread", &spread);
        effective.show("uplink.return_after", &return_after);
        let proxies = way::proxies(&document, environment, &mut effective)?;
        effective.show("spool.max_bytes", &max_bytes);
        effective.show("spool.max_age", &max_age);
        effective.show("ping.enabled", &ping_enabled);
        effective.show("ping.listen", &ping);
        effective.show("ping.create", &ping_creates);
        effective.show("log.format", &log);
        let budget = Budget::check(&document, &mut effective)?;
        backups.show(&mut effective);
        let shipped = adapter::shipped()?;
        for own in adapters.iter().filter(|it| !shipped.contains(it)) {
            let row = Setting::new(String::new()).file(Some(own.product.clone()));
            effective.show("adapters.d", &row);
        }
        let config = Self {
            state_dir: state_dir.value,
            addresses: addresses.value,
            reconnect_spread: spread.value,
            proxies,
            return_after: return_after.value,
            budget,
            spool_max_bytes: max_bytes.value,
            spool_max_age: max_age.value,
            ping: ping_enabled.value.then_some(ping.value),
            ping_creates: ping_creates.value,
            log: log.value,
            backups,
            adapters,
            probes: raw.probe,
        };
        config.show_probes(&mut effective);
        Ok((config, effective))
    }

    /// The drop folder.
    pub fn inbox(&self) -> PathBuf {
        self.state_dir.join("inbox")
    }

    /// When to ask a probe: what the settings say of it, or of its family
    /// (`patch` for `patch-apt`), or what is usual.
    pub fn plan(&self, probe: &str) -> ProbePlan {
        let family = probe.split('-').next().unwrap_or(probe);
        let mut plan = ProbePlan::default_for(probe);
        for said in [self.probes.get(family), self.probes.get(probe)].into_iter().flatten() {
            said.apply(&mut plan);
        }
        plan
    }

    fn show_probes(&self, effective: &mut Effective) {
        for name in self.probes.keys() {
            let plan = self.plan(name);
            let value = if plan.enabled {
                let span = |it: std::time::Duration| Span(it.try_into().unwrap_or_default());
                format!("every {}, at most {}", span(plan.interval), span(plan.deadline))
            } else {
                "off".into()
            };
            effective
                .show(&format!("probe.{name}"), &Setting::new(String::new()).file(Some(value)));
        }
    }
}

/// Reads variables that must make sense.
struct Overrides<'a> {
    environment: Environment<'a>,
}

impl Overrides<'_> {
    fn parse<T>(&self, name: &'static str) -> Result<Option<T>, ConfigError>
    where
        T: std::str::FromStr<Err: std::fmt::Display>,
    {
        let Some(text) = (self.environment)(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|err: T::Err| ConfigError::Invalid {
            path: "environment".into(),
            line: None,
            key: name.into(),
            message: err.to_string(),
        })
    }
}

fn check_probes(document: &Document<RawConfig>) -> Result<(), ConfigError> {
    for (name, said) in &document.value.probe {
        let family = name.split('-').next().unwrap_or(name);
        let key = format!("probe.{name}");
        if !DEFAULTS.iter().any(|(known, _)| *known == family) {
            let families = DEFAULTS.iter().map(|it| it.0).filter(|it| !it.contains('-'));
            let known = families.collect::<Vec<_>>().join(", ");
            return Err(document.invalid(&key, format!("there is no such probe: use {known}")));
        }
        let mut plan = ProbePlan::default_for(name);
        said.apply(&mut plan);
        plan.check().map_err(|err| document.invalid(&key, err))?;
    }
    Ok(())
}

fn seconds(seconds: i64) -> Span {
    Span(jiff::SignedDuration::from_secs(seconds))
}
