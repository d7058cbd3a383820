//! Where samples go: databases that take Prometheus' remote write.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use jiff::SignedDuration;
use remit_runtime::{
    config::{ConfigError, Document, Effective, Setting},
    duration::Span,
};
use remit_shared::Tenant;
use serde::Deserialize;

use super::{RawConfig, channels::secret};
use crate::adapters::remote_write::{Login, RemoteWriteSettings};

/// How often is looked for what is new, unless somebody says otherwise.
const EVERY: SignedDuration = SignedDuration::from_secs(5);
/// Nobody is looked at more often, or more seldom: databases take a series for
/// ended after five minutes.
const OFTENEST: SignedDuration = SignedDuration::from_secs(1);
const SELDOMEST: SignedDuration = SignedDuration::from_mins(2);
/// How many samples a request holds.
const BATCH: usize = 2_000;
const BATCHES: std::ops::RangeInclusive<usize> = 1..=20_000;
/// How many samples wait: some three minutes of a thousand machines.
const QUEUE: usize = 500_000;
const QUEUES: std::ops::RangeInclusive<usize> = 1_000..=50_000_000;
/// Labels that are ours to give.
const OURS: [&str; 9] =
    ["endpoint", "host", "instance", "kind", "party", "responsible", "severity", "site", "tenant"];

/// One database.
#[derive(Clone)]
pub struct RemoteWriting {
    /// Where it is.
    pub to: RemoteWriteSettings,
    /// The tenants whose samples it gets; all if none is named.
    pub tenants: Vec<Tenant>,
    /// How often is looked for what is new.
    pub every: Duration,
    /// How many samples a request holds.
    pub batch: usize,
    /// How many samples wait at most.
    pub queue: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRemoteWrite {
    name: String,
    url: String,
    #[serde(default)]
    tenants: Vec<String>,
    every: Option<Span>,
    batch: Option<usize>,
    queue: Option<usize>,
    token_file: Option<PathBuf>,
    username: Option<String>,
    password_file: Option<PathBuf>,
    ca_file: Option<PathBuf>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

pub(super) fn read(
    file: &Document<RawConfig>,
    table: &mut Effective,
) -> Result<Vec<RemoteWriting>, ConfigError> {
    let mut found: Vec<RemoteWriting> = Vec::new();
    for raw in &file.value.remote_write {
        if found.iter().any(|it| it.to.name == raw.name) {
            return Err(file.invalid("remote_write.name", format!("`{}` is there twice", raw.name)));
        }
        found.push(one(file, raw, table)?);
    }
    Ok(found)
}

fn one(
    file: &Document<RawConfig>,
    raw: &RawRemoteWrite,
    table: &mut Effective,
) -> Result<RemoteWriting, ConfigError> {
    let key = |last: &str| format!("remote_write.{}.{last}", raw.name);
    table.show(&key("url"), &Setting::new(String::new()).file(Some(raw.url.clone())));
    let tenant =
        |it: &String| Tenant::new(it).map_err(|err| file.invalid("remote_write.tenants", err));
    let tenants = raw.tenants.iter().map(tenant).collect::<Result<Vec<_>, _>>()?;
    let shown = (!tenants.is_empty()).then(|| raw.tenants.join(", "));
    table.show(&key("tenants"), &Setting::new("all".to_owned()).file(shown));
    let every = Setting::new(Span(EVERY)).file(raw.every);
    if !(OFTENEST..=SELDOMEST).contains(&every.value.0) {
        return Err(file.invalid("remote_write.every", "is not between 1s and 2m"));
    }
    table.show(&key("every"), &every);
    let mut count = |last: &str, usual, given, range: std::ops::RangeInclusive<usize>| {
        let setting = Setting::new(usual).file(given);
        if !range.contains(&setting.value) {
            let message = format!("is not between {} and {}", range.start(), range.end());
            return Err(file.invalid(&format!("remote_write.{last}"), message));
        }
        table.show(&key(last), &setting);
        Ok(setting.value)
    };
    let batch = count("batch", BATCH, raw.batch, BATCHES)?;
    let queue = count("queue", QUEUE, raw.queue, QUEUES)?;
    let login = login(file, raw)?;
    if login.is_some() {
        table.mask(&key("login"), &Setting::new(()).file(Some(())));
    }
    let ca =
        raw.ca_file.as_deref().map(|it| secret(file, "remote_write.ca_file", it)).transpose()?;
    if let Some(wrong) = raw.labels.keys().find(|it| !is_label(it)) {
        let message = format!("`{wrong}` is not a label's name");
        return Err(file.invalid("remote_write.labels", message));
    }
    if let Some(ours) = raw.labels.keys().find(|it| OURS.contains(&it.as_str())) {
        let message = format!("`{ours}` is a label that Remit gives");
        return Err(file.invalid("remote_write.labels", message));
    }
    let to = RemoteWriteSettings {
        name: raw.name.clone(),
        url: raw.url.clone(),
        login,
        ca: ca.map(String::into_bytes),
        labels: raw.labels.clone().into_iter().collect(),
    };
    Ok(RemoteWriting { to, tenants, every: every.value.unsigned(), batch, queue })
}

fn login(file: &Document<RawConfig>, raw: &RawRemoteWrite) -> Result<Option<Login>, ConfigError> {
    let read = |key, path| secret(file, key, path);
    match (&raw.token_file, &raw.username, &raw.password_file) {
        (None, None, None) => Ok(None),
        (Some(token), None, None) => {
            Ok(Some(Login::Bearer(read("remote_write.token_file", token)?)))
        }
        (None, Some(name), Some(path)) => {
            Ok(Some(Login::Basic(name.clone(), read("remote_write.password_file", path)?)))
        }
        (Some(_), ..) => Err(file.invalid("remote_write.token_file", "stands alone: no username")),
        (None, Some(_), None) => {
            Err(file.invalid("remote_write.username", "needs a password_file"))
        }
        (None, None, Some(_)) => {
            Err(file.invalid("remote_write.password_file", "needs a username"))
        }
    }
}

fn is_label(name: &str) -> bool {
    let fits = |it: char| it.is_ascii_alphanumeric() || it == '_';
    name.chars().all(fits) && name.starts_with(|it: char| it.is_ascii_alphabetic())
}
