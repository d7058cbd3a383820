//! The forms of Alertmanager's second API, as far as Prometheus and `amtool`
//! need them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use remit_collector_domain::source::{self, Active, Fingerprint, Posted, Source, Told, Unfit};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// An alert as it is posted. What else it says is of no concern here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PostedAlert {
    labels: BTreeMap<String, String>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
    starts_at: Option<String>,
    ends_at: Option<String>,
    #[serde(default, rename = "generatorURL")]
    generator_url: String,
}

/// Understands one posted alert.
pub(super) fn read(posted: Value, now: Timestamp) -> Result<Told, Unfit> {
    let posted: PostedAlert =
        serde_json::from_value(posted).map_err(|err| Unfit::Mapping(err.to_string()))?;
    let posted = Posted {
        starts_at: time("startsAt", posted.starts_at)?,
        ends_at: time("endsAt", posted.ends_at)?,
        labels: posted.labels,
        annotations: posted.annotations,
        generator_url: posted.generator_url,
    };
    source::read(&posted, now)
}

/// The year 1 is how the other side says that there is no time.
fn time(key: &str, text: Option<String>) -> Result<Option<Timestamp>, Unfit> {
    let Some(text) = text.filter(|it| !it.is_empty()) else { return Ok(None) };
    let at: Timestamp = text.parse().map_err(|err| Unfit::Mapping(format!("{key}: {err}")))?;
    Ok((at > Timestamp::UNIX_EPOCH).then_some(at))
}

/// What is active, as `amtool alert query` reads it.
pub(super) fn show(source: &Source) -> Vec<ShownAlert> {
    source.active.iter().map(|(fingerprint, it)| shown(source, *fingerprint, it)).collect()
}

/// An alert as it is shown.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ShownAlert {
    annotations: BTreeMap<&'static str, String>,
    ends_at: String,
    fingerprint: String,
    receivers: [Receiver; 1],
    starts_at: String,
    status: Status,
    updated_at: String,
    labels: BTreeMap<&'static str, String>,
}

#[derive(Serialize)]
struct Receiver {
    name: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    state: &'static str,
    silenced_by: [String; 0],
    inhibited_by: [String; 0],
    muted_by: [String; 0],
}

fn shown(source: &Source, fingerprint: Fingerprint, it: &Active) -> ShownAlert {
    let check = it.check.strip_prefix(source.name.as_str()).and_then(|it| it.strip_prefix(':'));
    let labels = [
        ("alertname", check.unwrap_or(&it.check).to_owned()),
        ("remit_endpoint", it.endpoint.to_string()),
        ("remit_function", it.function.to_string()),
        ("remit_instance", it.instance.to_string()),
        ("severity", it.severity().to_string()),
    ];
    ShownAlert {
        annotations: BTreeMap::from([("summary", it.summary.clone())]),
        ends_at: it.ends_at().to_string(),
        fingerprint: fingerprint.to_string(),
        receivers: [Receiver { name: "remit" }],
        starts_at: it.since.to_string(),
        status: Status { state: "active", silenced_by: [], inhibited_by: [], muted_by: [] },
        updated_at: it.told_at.to_string(),
        labels: labels.into(),
    }
}

/// What `amtool` shows of a server.
pub(super) fn status(source: &Source) -> Value {
    json!({
        "cluster": {"status": "disabled", "name": source.name.as_str(), "peers": []},
        "config": {"original": "# Remit routes by its responsibility matrix.\n"},
        "uptime": source.created_at.to_string(),
        "versionInfo": {
            "branch": "", "buildDate": "", "buildUser": "", "goVersion": "", "revision": "",
            "version": concat!("remit-", env!("CARGO_PKG_VERSION")),
        },
    })
}
