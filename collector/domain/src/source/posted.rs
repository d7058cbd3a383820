//! An alert in Prometheus's words, and what it means here.

use std::collections::BTreeMap;

use jiff::Timestamp;
use remit_shared::{Function, Severity};

use crate::source::{Fingerprint, LONGEST, RESOLVE_TIMEOUT, Told, Unfit};

/// Labels and annotations together.
pub(super) const MOST_LABELS: usize = 64;
/// Of a label's or an annotation's name, in bytes.
pub(super) const LONGEST_NAME: usize = 64;
/// Of a label's value, in bytes.
const LONGEST_VALUE: usize = 1 << 10;
/// Of an annotation's value, in bytes.
const LONGEST_TEXT: usize = 4 << 10;
/// Of an instance, in bytes.
const LONGEST_INSTANCE: usize = 256;
/// Of a summary, in characters.
const LONGEST_SUMMARY: usize = 200;
/// Of the evidence, in characters.
const LONGEST_EVIDENCE: usize = 2_000;

/// Where the name of the endpoint is looked for, best first.
const HOSTS: [&str; 4] = ["remit_endpoint", "instance", "host", "hostname"];
/// Where one line is looked for, best first.
const SUMMARIES: [&str; 4] = ["summary", "message", "title", "description"];
/// Labels that say how a matter is dealt with, not which one it is.
const HANDLING: [&str; 4] = ["alertname", "severity", "function", "remit_function"];

/// An alert as it is posted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Posted {
    /// What identifies it.
    pub labels: BTreeMap<String, String>,
    /// What explains it.
    pub annotations: BTreeMap<String, String>,
    /// Since when it holds.
    pub starts_at: Option<Timestamp>,
    /// Until when, or when it ended.
    pub ends_at: Option<Timestamp>,
    /// Where it comes from; may be empty.
    pub generator_url: String,
}

/// Understands an alert. Labels without a value are as good as none.
pub fn read(posted: &Posted, now: Timestamp) -> Result<Told, Unfit> {
    check(posted)?;
    let labels: BTreeMap<&str, &str> = posted
        .labels
        .iter()
        .filter(|it| !it.1.is_empty())
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    if labels.is_empty() {
        return Err(Unfit::NoLabels);
    }
    let check = line(labels.get("alertname").copied().unwrap_or("alert"), LONGEST_SUMMARY);
    let identifying: Vec<(&str, &str)> =
        labels.iter().filter(|it| !HANDLING.contains(it.0)).map(|it| (*it.0, *it.1)).collect();
    let name = labels.get("alertname").copied().unwrap_or_default();
    let parts: Vec<&str> = identifying.iter().flat_map(|it| [it.0, it.1]).collect();
    let fingerprint = Fingerprint::of(&[&[name], parts.as_slice()].concat());
    let explained = SUMMARIES.iter().find_map(|it| posted.annotations.get(*it));
    let explained = explained.map(|it| line(it, LONGEST_SUMMARY)).filter(|it| !it.is_empty());
    Ok(Told {
        fingerprint,
        instance: instance(&identifying, fingerprint),
        hosts: HOSTS.iter().filter_map(|it| labels.get(it)).map(|it| host(it)).collect(),
        function: function(&labels)?,
        severity: severity_of(labels.get("severity").copied().unwrap_or_default()),
        summary: explained.unwrap_or_else(|| check.clone()),
        check,
        evidence: evidence(posted, &labels),
        holds_until: holds_until(posted, now)?,
    })
}

fn check(posted: &Posted) -> Result<(), Unfit> {
    let count = posted.labels.len() + posted.annotations.len();
    if count > MOST_LABELS {
        return Err(Unfit::Labels(count));
    }
    // A check's name is not cut: cut, two could look like one.
    let most = |name: &str| if name == "alertname" { LONGEST_SUMMARY } else { LONGEST_VALUE };
    let labels = posted.labels.iter().map(|it| (it, most(it.0)));
    let annotations = posted.annotations.iter().map(|it| (it, LONGEST_TEXT));
    for ((name, value), most) in labels.chain(annotations) {
        if name.is_empty() || name.len() > LONGEST_NAME {
            return Err(Unfit::Name(line(name, LONGEST_NAME)));
        }
        if value.len() > most {
            return Err(Unfit::Value { name: line(name, LONGEST_NAME), length: value.len(), most });
        }
    }
    let url = posted.generator_url.len();
    if url > LONGEST_TEXT {
        let name = "generatorURL".to_owned();
        return Err(Unfit::Value { name, length: url, most: LONGEST_TEXT });
    }
    Ok(())
}

fn holds_until(posted: &Posted, now: Timestamp) -> Result<Option<Timestamp>, Unfit> {
    let longest = now.checked_add(LONGEST).unwrap_or(Timestamp::MAX);
    let Some(ends_at) = posted.ends_at else {
        return Ok(Some(now.checked_add(RESOLVE_TIMEOUT).unwrap_or(Timestamp::MAX)));
    };
    match posted.starts_at {
        Some(starts_at) if starts_at > ends_at => Err(Unfit::Order { starts_at, ends_at }),
        Some(_) | None => Ok((ends_at > now).then_some(ends_at.min(longest))),
    }
}

/// What people write for how bad it is. What is not understood is looked at
/// today.
pub fn severity_of(text: &str) -> Severity {
    match text.to_ascii_lowercase().as_str() {
        "critical" | "crit" | "page" | "emergency" | "fatal" | "disaster" | "p1" => {
            Severity::Critical
        }
        "high" | "error" | "err" | "major" | "p2" => Severity::High,
        "low" | "minor" | "p4" => Severity::Low,
        "info" | "informational" | "information" | "notice" | "none" | "debug" | "ok" | "p5" => {
            Severity::Info
        }
        _ => Severity::Medium,
    }
}

/// Others use `function` for what they like; `remit_function` is meant for us.
fn function(labels: &BTreeMap<&str, &str>) -> Result<Option<Function>, Unfit> {
    match labels.get("remit_function") {
        Some(name) => Function::new(name).map(Some).map_err(Unfit::Function),
        None => Ok(labels.get("function").and_then(|it| Function::new(it).ok())),
    }
}

/// A target without its port: `db-7:9100`, `[::1]:9100`.
fn host(target: &str) -> String {
    let bare = match target.strip_prefix('[').and_then(|it| it.split_once(']')) {
        Some((address, _)) => address,
        None => match target.rsplit_once(':') {
            Some((host, port))
                if !host.contains(':') && port.bytes().all(|it| it.is_ascii_digit()) =>
            {
                host
            }
            Some(_) | None => target,
        },
    };
    bare.to_ascii_lowercase()
}

/// `instance=db-7:9100 mountpoint=/srv`, in the order of the names.
fn instance(labels: &[(&str, &str)], fingerprint: Fingerprint) -> String {
    let words: Vec<String> = labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let text = clean(&words.join(" "));
    if text.len() <= LONGEST_INSTANCE {
        return text;
    }
    // Cut, two could look like one.
    let cut = text.floor_char_boundary(LONGEST_INSTANCE - 40);
    format!("{}… {fingerprint}", &text[..cut])
}

fn evidence(posted: &Posted, labels: &BTreeMap<&str, &str>) -> String {
    let mut lines: Vec<String> =
        posted.annotations.iter().map(|(name, text)| format!("{name}: {}", clean(text))).collect();
    lines.extend(labels.iter().map(|(name, value)| format!("{name}={}", clean(value))));
    lines.extend(posted.starts_at.map(|it| format!("since {it} by its own clock")));
    if !posted.generator_url.is_empty() {
        lines.push(clean(&posted.generator_url));
    }
    shorten(&lines.join("\n"), LONGEST_EVIDENCE)
}

/// Text as one line.
pub(super) fn line(text: &str, most: usize) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    shorten(&clean(&words.join(" ")), most)
}

/// Text without what a terminal would obey.
fn clean(text: &str) -> String {
    let tame = |it: char| if it.is_control() { '\u{fffd}' } else { it };
    text.trim().chars().map(tame).collect()
}

fn shorten(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let cut: String = text.chars().take(most - 1).collect();
    cut + "…"
}
