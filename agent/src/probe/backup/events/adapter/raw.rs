//! A table as it stands in its file, and the check of it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use remit_runtime::{
    config::{ConfigError, Document},
    duration::Span,
};
use remit_shared::RunResult;
use serde::Deserialize;

use super::{Adapter, Field, Items, Log, Outcome, Row, Tells};

/// The longest name of anything.
const LONGEST: usize = 200;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAdapter {
    product: String,
    title: String,
    #[serde(default)]
    experimental: bool,
    log: Vec<RawLog>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLog {
    channel: String,
    provider: Option<String>,
    same_run_within: Option<Span>,
    event: Vec<RawRow>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRow {
    id: Option<u32>,
    ids: Option<Vec<u32>>,
    other: Option<bool>,
    #[serde(default)]
    levels: Vec<String>,
    tells: String,
    #[serde(default)]
    job: Vec<RawField>,
    #[serde(default)]
    session: Vec<RawField>,
    #[serde(default)]
    object: Vec<RawField>,
    #[serde(default)]
    started: Vec<RawField>,
    #[serde(default)]
    says: Vec<RawField>,
    #[serde(default)]
    retried: Vec<RawField>,
    result: Option<String>,
    result_of: Option<RawOutcome>,
    items: Option<RawItems>,
    #[serde(default)]
    weak: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawField {
    param: Option<String>,
    at: Option<i32>,
    between: Option<(String, String)>,
    anywhere: Option<(String, String)>,
    text: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawOutcome {
    param: Option<String>,
    at: Option<i32>,
    between: Option<(String, String)>,
    anywhere: Option<(String, String)>,
    values: BTreeMap<String, String>,
    others: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawItems {
    param: Option<String>,
    at: Option<i32>,
    element: String,
    name: String,
    code: String,
}

/// What is wrong: a key below the one that is looked at, and why.
type Wrong = (String, String);

/// Checks a whole file.
pub(super) fn check(document: &Document<RawAdapter>) -> Result<Adapter, ConfigError> {
    adapter(&document.value).map_err(|(key, why)| document.invalid(&key, why))
}

fn adapter(raw: &RawAdapter) -> Result<Adapter, Wrong> {
    let is_plain = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-';
    if raw.product.is_empty() || raw.product.len() > 40 || !raw.product.chars().all(is_plain) {
        return wrong("product", "must be 1 to 40 of a-z, 0-9 and `-`");
    }
    let title = name("title", &raw.title)?;
    if raw.log.is_empty() {
        return wrong("log", "needs at least one [[log]]");
    }
    let mut logs = Vec::with_capacity(raw.log.len());
    for (index, it) in raw.log.iter().enumerate() {
        logs.push(log(it).map_err(|it| below(&format!("log.{}", index + 1), it))?);
    }
    Ok(Adapter { product: raw.product.clone(), title, experimental: raw.experimental, logs })
}

fn log(raw: &RawLog) -> Result<Log, Wrong> {
    let mut rows = Vec::with_capacity(raw.event.len());
    let mut taken = BTreeSet::new();
    for (index, it) in raw.event.iter().enumerate() {
        let key = format!("event.{}", index + 1);
        let row = row(it).map_err(|it| below(&key, it))?;
        for id in row.ids.iter().filter(|_| row.levels.is_empty()) {
            if !taken.insert(*id) {
                return wrong(
                    &key,
                    format!("event {id} has a row above, so that this never counts"),
                );
            }
        }
        rows.push(row);
    }
    if rows.is_empty() {
        return wrong("event", "needs at least one [[log.event]]");
    }
    Ok(Log {
        channel: name("channel", &raw.channel)?,
        provider: raw.provider.as_deref().map(|it| name("provider", it)).transpose()?,
        same_run_within: raw.same_run_within.map_or(SignedDuration::ZERO, |it| it.0),
        rows,
    })
}

fn row(raw: &RawRow) -> Result<Row, Wrong> {
    let ids = match (raw.id, &raw.ids, raw.other) {
        (Some(id), None, None) => vec![id],
        (None, Some(ids), None) if !ids.is_empty() => ids.clone(),
        (None, None, Some(true)) => Vec::new(),
        _ => {
            return wrong(
                "tells",
                "needs one of `id = 190`, `ids = [..]` and `other = true` beside it",
            );
        }
    };
    let mut levels = Vec::with_capacity(raw.levels.len());
    for level in &raw.levels {
        levels.push(level.parse().map_err(|why| ("levels".to_owned(), why))?);
    }
    let tells = match &*raw.tells {
        "started" => Tells::Started,
        "finished" => Tells::Finished,
        "object" => Tells::Object,
        "remark" => Tells::Remark,
        "removed" => Tells::Removed,
        "nothing" => Tells::Nothing,
        other => {
            let known = "started, finished, object, remark, removed or nothing";
            return wrong(
                "tells",
                format!("`{other}` is nothing that an event tells: use {known}"),
            );
        }
    };
    let (session, object) = (fields("session", &raw.session)?, fields("object", &raw.object)?);
    if tells == Tells::Object && (session.is_empty() || object.is_empty()) {
        return wrong("tells", "an object needs `session` and `object`");
    }
    let outcome = outcome(raw)?;
    if matches!(tells, Tells::Finished | Tells::Object) && outcome.is_none() {
        return wrong("tells", "needs `result` or `result_of` beside it");
    }
    if raw.weak && tells != Tells::Finished {
        return wrong("weak", "is for `tells = \"finished\"`");
    }
    Ok(Row {
        ids,
        levels,
        tells,
        job: fields("job", &raw.job)?,
        session,
        object,
        started: fields("started", &raw.started)?,
        says: fields("says", &raw.says)?,
        retried: fields("retried", &raw.retried)?,
        outcome: outcome.unwrap_or(Outcome::ByLevel),
        items: raw.items.as_ref().map(items).transpose()?,
        weak: raw.weak,
    })
}

fn outcome(raw: &RawRow) -> Result<Option<Outcome>, Wrong> {
    let word = |key: &str, word: &str| {
        word.parse::<RunResult>().map_err(|err| (key.to_owned(), err.to_string()))
    };
    match (raw.result.as_deref(), &raw.result_of) {
        (Some(_), Some(_)) => wrong("result_of", "cannot be given together with `result`"),
        (None, None) => Ok(None),
        (Some("by-level"), None) => Ok(Some(Outcome::ByLevel)),
        (Some(text), None) => Ok(Some(Outcome::Is(word("result", text)?))),
        (None, Some(raw)) => {
            let mut values = BTreeMap::new();
            for (value, result) in &raw.values {
                values.insert(value.clone(), word("result_of.values", result)?);
            }
            let others =
                raw.others.as_deref().map(|it| word("result_of.others", it)).transpose()?;
            let field = RawField {
                param: raw.param.clone(),
                at: raw.at,
                between: raw.between.clone(),
                anywhere: raw.anywhere.clone(),
                text: None,
            };
            let field = field.check().map_err(|it| ("result_of".to_owned(), it))?;
            Ok(Some(Outcome::Of { field, values, others }))
        }
    }
}

fn items(raw: &RawItems) -> Result<Items, Wrong> {
    let (param, at) = (raw.param.clone(), raw.at);
    let field = RawField { param, at, between: None, anywhere: None, text: None };
    Ok(Items {
        field: field.check().map_err(|it| ("items".to_owned(), it))?,
        element: name("items.element", &raw.element)?,
        name: name("items.name", &raw.name)?,
        code: name("items.code", &raw.code)?,
    })
}

fn fields(key: &str, raw: &[RawField]) -> Result<Vec<Field>, Wrong> {
    let field = |(index, it): (usize, &RawField)| {
        it.check().map_err(|why| (format!("{key}.{}", index + 1), why))
    };
    raw.iter().enumerate().map(field).collect()
}

impl RawField {
    fn check(&self) -> Result<Field, String> {
        let is_datum = self.param.is_some() || self.at.is_some();
        match (is_datum, &self.between, &self.anywhere, &self.text) {
            (true, _, None, None) => {
                if self.at == Some(0) {
                    return Err("places count from 1, and from -1 at the end".into());
                }
                if self.between.as_ref().is_some_and(|it| it.0.is_empty()) {
                    return Err("`between` needs a word before".into());
                }
                let (param, at, between) = (self.param.clone(), self.at, self.between.clone());
                Ok(Field::Datum { param, at, between })
            }
            (false, None, Some((from, to)), None) if !from.is_empty() => {
                Ok(Field::Anywhere(from.clone(), to.clone()))
            }
            (false, None, None, Some(text)) => Ok(Field::Text(text.clone())),
            _ => Err("needs `param`, `at` or both, or else `anywhere` or `text` alone".into()),
        }
    }
}

/// A name that can stand in a question to the event log, which has no way of
/// quoting a quote.
fn name(key: &str, text: &str) -> Result<String, Wrong> {
    let is_bad = |it: char| it.is_control() || matches!(it, '\'' | '"' | '<' | '>');
    if text.trim().is_empty() || text.len() > LONGEST || text.contains(is_bad) {
        return wrong(key, format!("must have 1 to {LONGEST} bytes and no quotes or brackets"));
    }
    Ok(text.to_owned())
}

fn wrong<T>(key: &str, why: impl Into<String>) -> Result<T, Wrong> {
    Err((key.to_owned(), why.into()))
}

fn below(above: &str, (key, why): Wrong) -> Wrong {
    (format!("{above}.{key}"), why)
}
