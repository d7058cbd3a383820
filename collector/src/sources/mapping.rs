//! What some system's JSON means, as its mapping says.
//!
//! A mapping is TOML. Where something is in an event is a JSON pointer
//! (`/alert/title`); what is the same for all events stands there as text:
//!
//! ```toml
//! events = "/items"             # where the events are; the body itself if left out
//! id = "/incident/id"           # what identifies the matter
//! summary = "/alert/title"
//! check = "=edr-alert"          # the same for all: text after `=`
//! instance = "/alert/rule"
//! host = "/device/hostname"
//! function = "security_tooling"
//! clears_after = "7d"           # what is not told for so long is over
//!
//! [severity]
//! at = "/alert/severity"
//! map = { "10" = "critical", "5" = "medium" }
//! otherwise = "medium"
//!
//! [status]
//! at = "/alert/state"
//! cleared = ["resolved", "closed"]
//! ```

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use remit_collector_domain::source::{Fingerprint, LONGEST, Told, Unfit, severity_of};
use remit_runtime::duration::Span;
use remit_shared::{Function, Severity};
use serde::Deserialize;
use serde_json::Value;

/// How long an event holds unless the mapping says otherwise.
const USUAL: SignedDuration = SignedDuration::from_hours(24 * 7);

/// Of what names a check or an instance, in bytes.
const LONGEST_NAME: usize = 200;

/// Of a summary, in characters.
const LONGEST_SUMMARY: usize = 200;

/// Of the evidence, in characters.
const LONGEST_EVIDENCE: usize = 2_000;

/// What events mean.
#[derive(Clone, Debug)]
pub struct Mapping {
    events: String,
    id: Option<Place>,
    summary: Place,
    check: Place,
    instance: Option<Place>,
    host: Option<Place>,
    function: Option<Function>,
    clears_after: SignedDuration,
    severity: Option<SeverityRule>,
    status: Option<StatusRule>,
}

/// Where a text comes from.
#[derive(Clone, Debug)]
enum Place {
    At(String),
    Always(String),
}

#[derive(Clone, Debug)]
struct SeverityRule {
    at: Place,
    map: BTreeMap<String, Severity>,
    otherwise: Option<Severity>,
}

#[derive(Clone, Debug)]
struct StatusRule {
    at: Place,
    raised: Vec<String>,
    cleared: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMapping {
    events: Option<String>,
    id: Option<String>,
    summary: String,
    check: String,
    instance: Option<String>,
    host: Option<String>,
    function: Option<String>,
    clears_after: Option<Span>,
    severity: Option<RawSeverity>,
    status: Option<RawStatus>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSeverity {
    at: String,
    #[serde(default)]
    map: BTreeMap<String, String>,
    otherwise: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStatus {
    at: String,
    #[serde(default)]
    raised: Vec<String>,
    cleared: Vec<String>,
}

/// Why a text is not a mapping.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    /// It is no TOML, or has a key that means nothing.
    #[error("{0}")]
    Toml(String),
    /// A key's value makes no sense.
    #[error("`{key}`: {why}")]
    Key {
        /// The key.
        key: &'static str,
        /// What is wrong, and what would be right.
        why: String,
    },
}

impl Mapping {
    /// Reads and checks a mapping.
    pub fn parse(text: &str) -> Result<Self, MappingError> {
        let raw: RawMapping = toml::from_str(text)
            .map_err(|err| MappingError::Toml(err.to_string().trim().replace('\n', " ")))?;
        let wrong = |key| move |why: String| MappingError::Key { key, why };
        let place = |key, text: String| place(text).map_err(wrong(key));
        let optional = |key, text: Option<String>| text.map(|it| place(key, it)).transpose();
        let events = raw.events.unwrap_or_default();
        if !events.is_empty() && !events.starts_with('/') {
            return Err(wrong("events")(format!("`{events}` does not start with `/`")));
        }
        let clears_after = raw.clears_after.map_or(USUAL, |it| it.0);
        if clears_after < SignedDuration::from_mins(1) || clears_after > LONGEST {
            let why = "is not between one minute and 30 days".to_owned();
            return Err(wrong("clears_after")(why));
        }
        let function = raw.function.map(|it| it.parse()).transpose();
        Ok(Self {
            events,
            id: optional("id", raw.id)?,
            summary: place("summary", raw.summary)?,
            check: place("check", raw.check)?,
            instance: optional("instance", raw.instance)?,
            host: optional("host", raw.host)?,
            function: function
                .map_err(|err: remit_shared::NameError| wrong("function")(err.to_string()))?,
            clears_after,
            severity: raw.severity.map(severity_rule).transpose()?,
            status: raw.status.map(status_rule).transpose()?,
        })
    }

    /// The events of a body.
    pub fn events<'a>(&self, body: &'a Value) -> Result<Vec<&'a Value>, Unfit> {
        let found = body
            .pointer(&self.events)
            .ok_or_else(|| Unfit::Mapping(format!("there is nothing at `{}`", self.events)))?;
        let all = found.as_array().map(|it| it.iter().collect());
        Ok(all.unwrap_or_else(|| vec![found]))
    }

    /// Understands an event.
    pub fn read(&self, event: &Value, now: Timestamp) -> Result<Told, Unfit> {
        let needed = |key: &str, place: &Place| {
            place.text(event).filter(|it| !it.is_empty()).ok_or_else(|| {
                Unfit::Mapping(format!("`{key}`: there is no text at `{}`", place.shown()))
            })
        };
        let given = |place: &Option<Place>| place.as_ref().and_then(|it| it.text(event));
        let check = named("check", needed("check", &self.check)?)?;
        let host = named("host", given(&self.host).unwrap_or_default())?;
        let instance = named("instance", given(&self.instance).unwrap_or_default())?;
        let id = match &self.id {
            Some(place) => named("id", needed("id", place)?)?,
            None => String::new(),
        };
        let fingerprint = match id.as_str() {
            "" => Fingerprint::of(&["what", &check, &host, &instance]),
            id => Fingerprint::of(&["id", id]),
        };
        // Everything that tells two matters apart, so that no two share an alert.
        let apart = [host.as_str(), &instance, &id];
        let apart: Vec<&str> = apart.into_iter().filter(|it| !it.is_empty()).collect();
        let is_over = match &self.status {
            Some(rule) => rule.is_over(event)?,
            None => false,
        };
        let until = now.checked_add(self.clears_after).unwrap_or(Timestamp::MAX);
        Ok(Told {
            fingerprint,
            summary: cut(&tame(&needed("summary", &self.summary)?), LONGEST_SUMMARY),
            instance: apart.join(" "),
            check,
            hosts: if host.is_empty() { Vec::new() } else { vec![host.to_ascii_lowercase()] },
            function: self.function.clone(),
            severity: match &self.severity {
                Some(rule) => rule.read(event)?,
                None => Severity::Medium,
            },
            evidence: cut(&tame(&event.to_string()), LONGEST_EVIDENCE),
            holds_until: (!is_over).then_some(until),
        })
    }
}

impl Place {
    fn text(&self, event: &Value) -> Option<String> {
        let pointer = match self {
            Self::Always(text) => return Some(text.clone()),
            Self::At(pointer) => pointer,
        };
        match event.pointer(pointer)? {
            Value::String(text) => Some(text.trim().to_owned()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(flag) => Some(flag.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }

    fn shown(&self) -> &str {
        let (Self::At(text) | Self::Always(text)) = self;
        text
    }
}

impl SeverityRule {
    fn read(&self, event: &Value) -> Result<Severity, Unfit> {
        let text = self.at.text(event);
        let known = text.as_ref().map(|it| (self.map.get(it), it));
        match (known, self.otherwise) {
            (Some((Some(severity), _)), _) => Ok(*severity),
            (Some((None, text)), None) if self.map.is_empty() => Ok(severity_of(text)),
            (_, Some(otherwise)) => Ok(otherwise),
            (found, None) => {
                let text = found.map_or("nothing", |it| it.1);
                Err(Unfit::Mapping(format!("`severity`: `{}` is not in the map", tame(text))))
            }
        }
    }
}

impl StatusRule {
    fn is_over(&self, event: &Value) -> Result<bool, Unfit> {
        let text = self.at.text(event).unwrap_or_default();
        let is = |words: &[String]| words.iter().any(|it| it.eq_ignore_ascii_case(&text));
        if is(&self.cleared) {
            return Ok(true);
        }
        if self.raised.is_empty() || is(&self.raised) {
            return Ok(false);
        }
        let why = format!("`status`: `{}` is neither raised nor cleared", tame(&text));
        Err(Unfit::Mapping(why))
    }
}

fn place(text: String) -> Result<Place, String> {
    if let Some(always) = text.strip_prefix('=') {
        return Ok(Place::Always(always.trim().to_owned()));
    }
    if text.is_empty() || text.starts_with('/') {
        return Ok(Place::At(text));
    }
    Err(format!("`{text}` is neither a JSON pointer (`/alert/title`) nor text (`=edr-alert`)"))
}

fn severity_rule(raw: RawSeverity) -> Result<SeverityRule, MappingError> {
    let wrong = |why: String| MappingError::Key { key: "severity", why };
    let word = |it: &String| it.parse::<Severity>().map_err(|err| wrong(err.to_string()));
    let map = raw.map.iter().map(|(from, to)| Ok((from.clone(), word(to)?)));
    Ok(SeverityRule {
        at: place(raw.at).map_err(wrong)?,
        map: map.collect::<Result<_, MappingError>>()?,
        otherwise: raw.otherwise.as_ref().map(word).transpose()?,
    })
}

fn status_rule(raw: RawStatus) -> Result<StatusRule, MappingError> {
    let wrong = |why: String| MappingError::Key { key: "status", why };
    if raw.cleared.is_empty() {
        return Err(wrong("`cleared` names no word".to_owned()));
    }
    let at = place(raw.at).map_err(wrong)?;
    Ok(StatusRule { at, raised: raw.raised, cleared: raw.cleared })
}

fn named(key: &str, text: String) -> Result<String, Unfit> {
    if text.len() > LONGEST_NAME {
        return Err(Unfit::Value { name: key.into(), length: text.len(), most: LONGEST_NAME });
    }
    Ok(tame(&text))
}

/// One line, without what a terminal would obey.
fn tame(text: &str) -> String {
    text.chars().map(|it| if it.is_control() { '\u{fffd}' } else { it }).collect()
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).collect::<String>() + "…"
}

#[cfg(test)]
mod tests;
