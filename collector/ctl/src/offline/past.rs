//! Past alerts, as `remit alert list --json` wrote them.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use remit_collector_domain::matrix::{Past, Subject};
use remit_shared::{EndpointId, EndpointKind, Function, Severity, Site, Tag, Team};
use serde::Deserialize;

use crate::failure::{Failure, Kind};

/// Past alerts, ready to be asked about.
#[derive(Debug)]
pub(crate) struct Alerts {
    pub(crate) alerts: Vec<Past>,
    /// Of some machines nobody said what they are.
    pub(crate) is_guessed: bool,
}

/// What matters of an alert. Everything else in the file is left alone.
#[derive(Debug, Deserialize)]
struct RawAlert {
    alert_id: String,
    site: String,
    endpoint_id: String,
    hostname: String,
    function: String,
    severity: Option<String>,
    opened_at: Option<String>,
    responsibility: Option<RawResponsibility>,
}

#[derive(Debug, Deserialize)]
struct RawResponsibility {
    responsible: String,
}

#[derive(Debug, Deserialize)]
struct RawEndpoint {
    endpoint_id: String,
    kind: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
}

/// Both commands wrap their list in an object.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Listed<T> {
    Plain(Vec<T>),
    Alerts { alerts: Vec<T> },
    Endpoints { endpoints: Vec<T> },
}

impl<T> Listed<T> {
    fn items(self) -> Vec<T> {
        match self {
            Self::Plain(it) | Self::Alerts { alerts: it } | Self::Endpoints { endpoints: it } => it,
        }
    }
}

/// Reads alerts, and what is known of the machines that they are about.
pub(crate) fn read(alerts: &str, endpoints: Option<&str>) -> Result<Alerts, Failure> {
    let endpoints = match endpoints {
        Some(text) => list::<RawEndpoint>(text, "endpoint")?,
        None => Vec::new(),
    };
    let known: HashMap<_, _> = endpoints.iter().map(|it| (it.endpoint_id.as_str(), it)).collect();
    let mut is_guessed = false;
    let mut read = Vec::new();
    for (index, raw) in list::<RawAlert>(alerts, "alert")?.iter().enumerate() {
        let endpoint = known.get(raw.endpoint_id.as_str());
        is_guessed |= endpoint.is_none();
        let past = past(raw, endpoint.copied()).ok_or_else(|| {
            let message = format!("alert {} ({}) is not one", index + 1, raw.alert_id);
            Failure::new(Kind::Failed, message).hint("use what `remit alert list --json` wrote")
        })?;
        read.push(past);
    }
    Ok(Alerts { alerts: read, is_guessed })
}

fn list<T: for<'de> Deserialize<'de>>(text: &str, kind: &str) -> Result<Vec<T>, Failure> {
    serde_json::from_str::<Listed<T>>(text).map(Listed::items).map_err(|err| {
        let message = format!("the {kind}s cannot be read: {err}");
        Failure::new(Kind::Failed, message)
            .hint(format!("use what `remit {kind} list --json` wrote"))
    })
}

fn past(raw: &RawAlert, endpoint: Option<&RawEndpoint>) -> Option<Past> {
    let kind = endpoint.and_then(|it| it.kind.as_deref()).and_then(|it| it.parse().ok());
    let tags: BTreeSet<Tag> =
        endpoint.iter().flat_map(|it| &it.tags).filter_map(|it| it.parse().ok()).collect();
    let subject = Subject {
        id: raw.endpoint_id.parse::<EndpointId>().ok()?,
        hostname: raw.hostname.clone(),
        site: raw.site.parse::<Site>().ok()?,
        kind: kind.unwrap_or(EndpointKind::Server),
        tags,
    };
    Some(Past {
        id: raw.alert_id.clone(),
        opened_at: raw.opened_at.as_ref()?.parse::<Timestamp>().ok()?,
        subject,
        function: raw.function.parse::<Function>().ok()?,
        severity: raw.severity.as_ref()?.parse::<Severity>().ok()?,
        responsible: raw.responsibility.as_ref()?.responsible.parse::<Team>().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALERTS: &str = r#"{"alerts": [{
        "alert_id": "alr_00000000000000000000000000000001", "tenant": "acme", "site": "hq",
        "endpoint_id": "end_00000000000000000000000000000007", "hostname": "db-7",
        "check": "disk-space", "function": "infra_monitoring", "severity": "high",
        "opened_at": "2026-11-25T03:00:00Z", "responsibility": {"responsible": "provider-noc"}
    }]}"#;

    #[test]
    fn alerts_are_read_with_what_is_known_of_their_machines() {
        let guessed = read(ALERTS, None).unwrap();
        assert!(guessed.is_guessed && guessed.alerts[0].subject.tags.is_empty());
        let endpoints = r#"[{"endpoint_id": "end_00000000000000000000000000000007",
            "kind": "workstation", "tags": ["lob"]}]"#;
        let read = read(ALERTS, Some(endpoints)).unwrap();
        assert!(!read.is_guessed);
        assert_eq!(read.alerts[0].subject.kind, EndpointKind::Workstation);
        assert_eq!(read.alerts[0].subject.tags.len(), 1);
    }

    #[test]
    fn what_are_no_alerts_is_said_in_one_line() {
        for bad in ["", "{}", "[{}]", r#"[{"alert_id": 7}]"#] {
            let failure = read(bad, None).unwrap_err().to_string();
            assert!(failure.contains("remit alert list --json"), "{failure}");
        }
        let failure = read(&ALERTS.replace("2026-11-25", "soon"), None).unwrap_err().to_string();
        assert!(failure.contains("alert 1 (alr_"), "{failure}");
    }
}
