//! The checks, one function each.

use std::{fs, path::Path, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use remit_runtime::{
    dial::{self, DialError, ProxyError},
    duration, tls,
};
use remit_shared::Chain;
use tokio::net;

use crate::{
    command,
    config::{Config, Size},
    doctor::Finding,
    identity::{Credentials, IdentityError, IdentityFolder},
    platform,
    probe::backup::Repository,
    status::{self, Standing, Status},
};

/// How long a collector may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// How far the clocks may be apart.
const TOLERANCE: SignedDuration = SignedDuration::from_secs(60);

/// What to do with a certificate that has ended.
const COME_BACK: &str = "keep the agent running: it asks to come back, and somebody approves it at the collector (`remit endpoint approve`); more than 60 days after the end, get a new token and enroll again with --force";

pub(super) fn identity(state_dir: &Path, now: Timestamp) -> Vec<Finding> {
    let folder = IdentityFolder::new(state_dir);
    let enroll = "get a token from your collector (`remit token create`), then run `remit-agent enroll --token-file FILE`";
    let Credentials { endpoint, .. } = match folder.load() {
        Ok(credentials) => credentials,
        Err(IdentityError::NotEnrolled) => {
            return vec![Finding::fail("identity", "this machine is not enrolled", enroll)];
        }
        Err(err) => {
            let advice = "run doctor as an administrator or as the agent's user; if the files are damaged, enroll again with --force";
            return vec![Finding::fail("identity", Chain(&err).to_string(), advice)];
        }
    };
    let whose = format!("{} of {} / {}", endpoint.endpoint_id, endpoint.tenant, endpoint.site);
    let mut findings = vec![Finding::ok("identity", whose)];
    if let Ok(Some(current)) = folder.current() {
        let key = current.join("key.pem");
        findings.push(match platform::private_mode(&key) {
            Ok(Ok(())) => Finding::ok("key", "only its owner can read it"),
            Ok(Err(mode)) => Finding::fail(
                "key",
                format!("{} is not private: {mode}", key.display()),
                format!(
                    "{}; if others may have read it, revoke this endpoint and enroll again",
                    platform::make_private_advice(&key)
                ),
            ),
            Err(err) => Finding::fail("key", err.to_string(), "run doctor as an administrator"),
        });
    }
    let left = endpoint.not_after.duration_since(now);
    let half = endpoint.not_after.duration_since(endpoint.issued_at) / 3;
    let days = left.as_hours() / 24;
    findings.push(if left <= SignedDuration::ZERO {
        Finding::fail("certificate", format!("ended at {}", endpoint.not_after), COME_BACK)
    } else if left < half {
        let found = format!("{days} days left, and not renewed");
        Finding::warn(
            "certificate",
            found,
            "renewal needs a connection to the collector; see below",
        )
    } else {
        Finding::ok("certificate", format!("valid until {}, {days} days", endpoint.not_after))
    });
    findings
}

pub(super) async fn collector(config: &Config) -> Vec<Finding> {
    let Ok(credentials) = IdentityFolder::new(&config.state_dir).load() else {
        return Vec::new();
    };
    let tls = match tls::client_config(&credentials.roots, Some(&credentials.identity)) {
        Ok(tls) => tls,
        Err(err) => {
            let text = Chain(&err).to_string();
            return vec![Finding::fail("collector", text, "enroll again with --force")];
        }
    };
    let addresses = match config.addresses.as_slice() {
        [] => &credentials.endpoint.agent_addresses,
        configured => configured,
    };
    let mut findings = Vec::new();
    for address in addresses {
        let proxy = config.proxies.towards(address);
        if proxy.is_none()
            && let Err(err) = net::lookup_host(address.as_str()).await
        {
            let advice = "check the name, and this machine's DNS";
            findings.push(Finding::fail("collector", format!("{address}: {err}"), advice));
            continue;
        }
        let way = proxy.map(|it| format!(" through {it}")).unwrap_or_default();
        let dialed = dial::connect_through(&config.proxies, address, Arc::clone(&tls), PATIENCE);
        findings.push(match dialed.await {
            Ok(_) => Finding::ok(
                "collector",
                format!("{address} answers{way}, and each side trusts the other's certificate"),
            ),
            Err(err) => unreachable_because(&err),
        });
    }
    // One way is enough.
    if findings.iter().any(|it| it.advice.is_empty()) {
        for it in &mut findings {
            if !it.advice.is_empty() {
                it.level = super::Level::Warn;
            }
        }
    }
    findings
}

fn unreachable_because(err: &DialError) -> Finding {
    let text = Chain(err).to_string();
    if tls::is_certificate_refused(err) {
        let advice = "the collector has revoked this endpoint, or its certificate has ended: ask for a new token and enroll again with --force";
        return Finding::fail("collector", text, advice);
    }
    if let Some(at) = tls::server_ended(err) {
        let found = format!("by this machine's clock the collector's certificate ended at {at}");
        let advice = format!(
            "if this clock is ahead: {}; if it is right, something else answers there, or the collector has not renewed its certificate",
            platform::CLOCK_ADVICE
        );
        return Finding::fail("collector", found, advice);
    }
    let advice = match err {
        DialError::Address { .. } => "correct `uplink.addresses` in the settings",
        DialError::Unreachable { .. } | DialError::Timeout { .. } => {
            "is the collector running, and may this machine reach that port through every firewall in between?"
        }
        DialError::Proxy { source: ProxyError::Unauthorized(_), .. } => {
            "write `user:password` to a file and name it in `uplink.proxy_credentials_file`"
        }
        DialError::Proxy { source: ProxyError::Credentials { .. }, .. } => {
            "the agent's user must be able to read that file"
        }
        DialError::Proxy { source: ProxyError::Refused(_), .. } => {
            "the proxy must allow CONNECT to that host and port"
        }
        DialError::Proxy { .. } => {
            "check `uplink.proxy`; `none` there goes past HTTPS_PROXY, and `uplink.no_proxy` makes exceptions"
        }
        DialError::Distrust { .. } => {
            "something else answers there, or the collector has a new certificate authority: check the address, then enroll again with --force"
        }
        DialError::Http { .. } => "something else than a collector answers there",
    };
    Finding::fail("collector", text, advice)
}

pub(super) fn agent(state_dir: &Path, now: Timestamp) -> Finding {
    let advice = platform::START_ADVICE;
    match status::read(state_dir, now) {
        Ok(Standing::Running(it)) if it.connected => Finding::ok(
            "agent",
            format!("runs as process {}, connected, {} waiting", it.pid, it.queued),
        ),
        Ok(Standing::Running(it)) if it.refused => {
            let why = it.last_error.unwrap_or_default();
            let advice = "ask whoever runs the collector; if that was a mistake, get a new token and enroll again with --force";
            Finding::fail("agent", format!("runs as process {}, {why}", it.pid), advice)
        }
        Ok(Standing::Running(it)) => {
            let why = it.last_error.unwrap_or_else(|| "no reason known yet".into());
            let advice = format!("{} records wait on disk; nothing is lost", it.queued);
            Finding::warn(
                "agent",
                format!("runs as process {}, not connected: {why}", it.pid),
                advice,
            )
        }
        Ok(Standing::Stopped(it)) => Finding::warn(
            "agent",
            match it.stopped_at {
                Some(at) => format!("does not run; it was stopped at {at}"),
                None => format!("does not run; it said something at {}", it.written_at),
            },
            advice,
        ),
        Ok(Standing::Unknown) => Finding::warn("agent", "has never run", advice),
        Err(err) => {
            Finding::warn("agent", format!("cannot tell: {err}"), "run doctor as an administrator")
        }
    }
}

pub(super) fn clock(state_dir: &Path, now: Timestamp) -> Finding {
    let offset = match status::read(state_dir, now) {
        Ok(Standing::Running(it) | Standing::Stopped(it)) => it.clock_offset_ms,
        Ok(Standing::Unknown) | Err(_) => None,
    };
    match offset.map(SignedDuration::from_millis) {
        Some(offset) if offset.abs() <= TOLERANCE => Finding::ok(
            "clock",
            format!("agrees with the collector's to {}", duration::format(offset.abs())),
        ),
        Some(offset) => Finding::warn(
            "clock",
            format!("the collector's is ahead by {}", duration::format(offset)),
            platform::CLOCK_ADVICE,
        ),
        None => Finding::ok("clock", format!("{now}; not compared with the collector's yet")),
    }
}

pub(super) fn budget(state_dir: &Path, now: Timestamp) -> Finding {
    match status::read(state_dir, now) {
        Ok(Standing::Running(Status { takes: Some(it), .. })) if it.shed.is_empty() => {
            Finding::ok("budget", it.to_text())
        }
        Ok(Standing::Running(Status { takes: Some(it), .. })) => Finding::warn(
            "budget",
            format!("the agent takes {}; not asked: {}", it.why, it.shed.join(", ")),
            "find out what it is busy with (`remit-agent probe NAME`), or raise `[budget]` in the settings",
        ),
        Ok(Standing::Running(_) | Standing::Stopped(_) | Standing::Unknown) | Err(_) => {
            Finding::ok("budget", "not measured yet")
        }
    }
}

pub(super) fn spool(state_dir: &Path, max: Size) -> Finding {
    if !state_dir.exists() {
        let found = format!("{} is made by the first enrollment", state_dir.display());
        return Finding::ok("spool", found);
    }
    let folder = state_dir.join("spool");
    let at = if folder.is_dir() { &folder } else { state_dir };
    let probe = at.join(format!(".doctor-{}", std::process::id()));
    let written = fs::write(&probe, b"x");
    // It was ours, and was empty of meaning.
    let _ = fs::remove_file(&probe);
    if let Err(err) = written {
        let text = format!("cannot write to {}: {err}", at.display());
        return Finding::fail("spool", text, "make room there, or run doctor as an administrator");
    }
    match platform::free_space(at) {
        Ok(free) if free < max.0 => Finding::warn(
            "spool",
            format!("{} has {} MiB free, the spool may take {max}", at.display(), free >> 20),
            "make room, or lower `spool.max_bytes`",
        ),
        Ok(free) => Finding::ok("spool", format!("{} has {} MiB free", at.display(), free >> 20)),
        Err(err) => Finding::warn("spool", format!("cannot tell how much is free: {err}"), ""),
    }
}

pub(super) fn tools(config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    if cfg!(unix) {
        findings.push(match find("apt-get") {
            Some(path) => Finding::ok("apt", path),
            None => Finding::ok("apt", "not on this machine; updates are not reported"),
        });
    }
    let backups = &config.backups;
    for (name, repositories) in [("restic", &backups.restic), ("borg", &backups.borg)] {
        findings.push(tool(name, repositories));
    }
    findings
}

fn tool(name: &'static str, repositories: &[Repository]) -> Finding {
    let missing = repositories.iter().find_map(|it| match &it.binary {
        Some(path) => (!path.is_file()).then(|| path.display().to_string()),
        None => find(name).is_none().then(|| name.to_owned()),
    });
    if let Some(missing) = missing {
        let found =
            format!("{missing} is not here, and {} repositories need it", repositories.len());
        return Finding::fail(name, found, format!("install {name}, or set `binary`"));
    }
    let passwords = repositories.iter().filter_map(|it| it.password_file.as_ref());
    if let Some((path, err)) =
        passwords.filter_map(|it| fs::File::open(it).err().map(|err| (it, err))).next()
    {
        let found = format!("cannot read {}: {err}", path.display());
        return Finding::warn(name, found, "the agent's user must be able to read it");
    }
    match find(name) {
        Some(path) => Finding::ok(name, path),
        None => Finding::ok(name, "not on this machine, and not needed"),
    }
}

fn find(tool: &str) -> Option<String> {
    Some(command::find(tool)?.display().to_string())
}
