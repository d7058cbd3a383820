//! The file as it is written, before anything in it is believed.
//!
//! Everything is optional here, so that what is missing can be said in the
//! words of the matrix instead of the parser's.

use std::{collections::BTreeMap, fmt};

use remit_collector_domain::matrix::nearest;
use serde::{
    Deserialize, Deserializer,
    de::{SeqAccess, Visitor},
};
use toml::Spanned;

use crate::{locate::Map, remark::Remark};

pub(crate) type Text = Option<Spanned<String>>;
pub(crate) type List = Option<Spanned<Words>>;
pub(crate) type Tables<T> = Vec<Spanned<T>>;
/// Lengths of time by severity.
pub(crate) type Lengths = Option<BTreeMap<Spanned<String>, Spanned<String>>>;

/// One word, or several; where several make sense, one does too.
#[derive(Clone, Debug)]
pub(crate) enum Words {
    One(String),
    Many(Vec<Spanned<String>>),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawMatrix {
    pub(crate) tenant: Text,
    pub(crate) title: Text,
    #[serde(default)]
    pub(crate) team: Tables<RawTeam>,
    #[serde(default)]
    pub(crate) person: Tables<RawPerson>,
    #[serde(default)]
    pub(crate) site: Tables<RawSite>,
    #[serde(default)]
    pub(crate) tag: Tables<RawTitled>,
    #[serde(default)]
    pub(crate) function: Tables<RawTitled>,
    #[serde(default)]
    pub(crate) calendar: Tables<RawCalendar>,
    #[serde(default)]
    pub(crate) rota: Tables<RawRota>,
    #[serde(default)]
    pub(crate) sla: Tables<RawSla>,
    #[serde(default)]
    pub(crate) policy: Tables<RawPolicy>,
    #[serde(default)]
    pub(crate) trigger: Tables<RawTrigger>,
    #[serde(default)]
    pub(crate) inhibit: Tables<RawInhibit>,
    #[serde(default)]
    pub(crate) quiet: Tables<RawQuiet>,
    #[serde(default)]
    pub(crate) row: Tables<RawRow>,
    #[serde(default)]
    pub(crate) check: Tables<RawCheck>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawTeam {
    pub(crate) name: Text,
    pub(crate) party: Text,
    pub(crate) title: Text,
    #[serde(default)]
    pub(crate) contact: Tables<RawContact>,
    pub(crate) notify: List,
    pub(crate) oncall: Text,
    pub(crate) policy: Text,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawContact {
    pub(crate) name: Text,
    pub(crate) phone: Text,
    pub(crate) email: Text,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawPerson {
    pub(crate) name: Text,
    pub(crate) title: Text,
    pub(crate) teams: List,
    pub(crate) notify: List,
    pub(crate) disabled: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawSite {
    pub(crate) name: Text,
    pub(crate) zone: Text,
    pub(crate) title: Text,
}

/// A tag or a function.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawTitled {
    pub(crate) name: Text,
    pub(crate) title: Text,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawCalendar {
    pub(crate) name: Text,
    pub(crate) zone: Text,
    pub(crate) hours: List,
    pub(crate) holidays: List,
    pub(crate) holiday_rules: Text,
    pub(crate) exceptions: List,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawRota {
    pub(crate) name: Text,
    pub(crate) zone: Text,
    #[serde(default)]
    pub(crate) layer: Tables<RawLayer>,
    #[serde(default)]
    pub(crate) r#override: Tables<RawOverride>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawLayer {
    pub(crate) title: Text,
    pub(crate) people: List,
    pub(crate) from: Text,
    pub(crate) turn: Text,
    pub(crate) handoff: Text,
    pub(crate) hours: List,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawOverride {
    pub(crate) from: Text,
    pub(crate) to: Text,
    pub(crate) person: Text,
    pub(crate) note: Text,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawSla {
    pub(crate) name: Text,
    pub(crate) calendar: Text,
    pub(crate) response: Lengths,
    pub(crate) resolution: Lengths,
    pub(crate) update: Lengths,
    pub(crate) team_response: Lengths,
    pub(crate) team_resolution: Lengths,
    pub(crate) at_risk: Option<u8>,
    pub(crate) pause: List,
    pub(crate) pause_limit: Text,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawPolicy {
    pub(crate) name: Text,
    pub(crate) title: Text,
    pub(crate) steps: List,
    pub(crate) hours: Text,
    pub(crate) repeat: Option<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawTrigger {
    pub(crate) reason: Text,
    pub(crate) function: List,
    pub(crate) after: Text,
    pub(crate) to: Text,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawInhibit {
    pub(crate) name: Text,
    pub(crate) source: List,
    pub(crate) target: List,
    pub(crate) except: List,
    pub(crate) equal: List,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawQuiet {
    pub(crate) team: Text,
    pub(crate) person: Text,
    pub(crate) when: Text,
    pub(crate) below: Text,
    pub(crate) even_critical: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawRow {
    pub(crate) id: Text,
    pub(crate) title: Text,
    pub(crate) function: List,
    pub(crate) endpoints: List,
    pub(crate) sites: List,
    pub(crate) kinds: List,
    pub(crate) tags: List,
    pub(crate) min_severity: Text,
    pub(crate) when: Text,
    pub(crate) priority: Option<i32>,
    pub(crate) responsible: List,
    pub(crate) others: List,
    pub(crate) accountable: List,
    pub(crate) consulted: List,
    pub(crate) informed: List,
    pub(crate) approve_change: List,
    pub(crate) approve_security: List,
    pub(crate) declare_known_issue: List,
    pub(crate) runbook: Text,
    pub(crate) policy: Text,
    pub(crate) escalate: List,
    pub(crate) sla: Text,
    pub(crate) reviewed: Text,
    pub(crate) uncovered: Option<bool>,
    pub(crate) accepted_by: List,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawCheck {
    pub(crate) check: Text,
    pub(crate) endpoints: List,
    pub(crate) sites: List,
    pub(crate) kinds: List,
    pub(crate) tags: List,
    pub(crate) function: Text,
    pub(crate) warn: Option<i64>,
    pub(crate) crit: Option<i64>,
    pub(crate) clear: Option<i64>,
    pub(crate) warn_after: Text,
    pub(crate) crit_after: Text,
    pub(crate) hold: Text,
    pub(crate) severity: Text,
}

/// Reads the form, or says where it is not one.
pub(crate) fn parse(file: &str, text: &str) -> Result<RawMatrix, Remark> {
    toml::from_str(text).map_err(|err| {
        let map = Map::new(text);
        let at = err.span().map(|it| (map.line(it.start), map.key(it.start))).unwrap_or_default();
        match unknown_key(err.message()) {
            Some((message, suggestion)) => {
                Remark::error(file, "unknown-key", at, message).suggest(suggestion)
            }
            None => Remark::error(file, "syntax", at, err.message()).suggest(advice(err.message())),
        }
    })
}

/// What would be right, where the parser says only what is wrong.
fn advice(message: &str) -> &'static str {
    match message {
        "invalid type: map, expected a string" => "write it in quotes, dates and times too",
        _ if message.ends_with("expected u8") => "use a whole number from 0 to 255",
        _ if message.ends_with("expected u32") => "use a whole number, 0 or more",
        _ => "",
    }
}

/// Rewrites "unknown field `x`, expected one of `a`, `b`".
fn unknown_key(message: &str) -> Option<(String, String)> {
    let quoted = message.strip_prefix("unknown field ")?;
    let mut words = quoted.split('`').skip(1).step_by(2);
    let key = words.next()?;
    let known: Vec<_> = words.collect();
    let suggestion = match nearest(key, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("keys here are {}", known.join(", ")),
    };
    Some((format!("there is no key `{}` here", key.escape_default()), suggestion))
}

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WordsVisitor)
    }
}

struct WordsVisitor;

impl<'de> Visitor<'de> for WordsVisitor {
    type Value = Words;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, or a list of strings")
    }

    fn visit_str<E>(self, text: &str) -> Result<Words, E> {
        Ok(Words::One(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Words, A::Error> {
        let mut words = Vec::new();
        while let Some(word) = items.next_element()? {
            words.push(word);
        }
        Ok(Words::Many(words))
    }
}
