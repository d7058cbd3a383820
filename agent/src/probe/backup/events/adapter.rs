//! What the events of a product mean: a table that is a data file.
//!
//! A file names a product and the logs that it writes to, and for each event
//! whether it tells that a run began or ended, how, and where in the event's
//! parameters the job, the session and the result stand. The shipped files are
//! in `agent/adapters`; what an administrator adds to `adapters.d` beside the
//! agent's settings has the same form, and replaces the shipped file of the
//! same product. `docs/adapters.md` explains every key.
//!
//! # Invariants
//!
//! - A file that says something that nobody understands is refused, with file,
//!   line and key. Nothing is skipped silently.
//! - A value of a result that the table does not list is judged by the event's
//!   level, never taken for a success.

mod load;
mod raw;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::SignedDuration;
use remit_shared::RunResult;

pub use self::load::{load, shipped};
use super::xml::{self, Event, Level};

/// A product and its table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adapter {
    /// Its short name, which jobs and runs carry: `veeam-br`.
    pub product: String,
    /// Its full name, which is also the job's where an event names none.
    pub title: String,
    /// Whether the table was never compared with the product itself.
    pub experimental: bool,
    /// The logs that it writes to.
    pub logs: Vec<Log>,
}

/// What a product writes to one log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// The log: `Veeam Backup`, `Application`.
    pub channel: String,
    /// Who writes there; without one, everybody's events count.
    pub provider: Option<String>,
    /// Two ends of one job within this time are those of one run.
    pub same_run_within: SignedDuration,
    /// What its events mean. The first that fits counts.
    pub rows: Vec<Row>,
}

/// What one event means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Which events; all others if empty.
    pub ids: Vec<u32>,
    /// Of which levels; of all if empty.
    pub levels: Vec<Level>,
    /// What they tell.
    pub tells: Tells,
    /// Where the job's name stands, in the order of trying.
    pub job: Vec<Field>,
    /// Where the name of the run stands.
    pub session: Vec<Field>,
    /// Where the name of the protected object stands.
    pub object: Vec<Field>,
    /// Where it stands when the run began.
    pub started: Vec<Field>,
    /// Where it stands in words what happened.
    pub says: Vec<Field>,
    /// Whether `True` stands there: the product will try again.
    pub retried: Vec<Field>,
    /// How it ended.
    pub outcome: Outcome,
    /// A list of protected objects within one parameter.
    pub items: Option<Items>,
    /// It tells that a run is over and not how: who tells how counts more.
    pub weak: bool,
}

/// What an event tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tells {
    /// A run began.
    Started,
    /// A run ended.
    Finished,
    /// One protected object of a run is done, well or not.
    Object,
    /// Something about a run that goes on: it can end no better than this.
    Remark,
    /// A job is no more.
    Removed,
    /// Nothing; spelled out so that no later row takes it.
    Nothing,
}

/// How a run or an object ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As the event's level says.
    ByLevel,
    /// Always so.
    Is(RunResult),
    /// As a parameter says.
    Of {
        /// Where the word stands.
        field: Field,
        /// What it means.
        values: BTreeMap<String, RunResult>,
        /// What any other word means; without this, the level decides.
        others: Option<RunResult>,
    },
}

/// A list of objects that a parameter holds as XML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Items {
    /// The parameter.
    pub field: Field,
    /// What an item is called.
    pub element: String,
    /// The attribute with its name.
    pub name: String,
    /// The attribute with its code, which is zero if all is well.
    pub code: String,
}

/// Where something stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// In a parameter, or between two words of it.
    Datum {
        /// Its name.
        param: Option<String>,
        /// Its place, where there are no names.
        at: Option<i32>,
        /// The words.
        between: Option<(String, String)>,
    },
    /// Between two words of any parameter.
    Anywhere(String, String),
    /// Nowhere: it is always this.
    Text(String),
}

impl Adapter {
    /// What the first row that fits makes of an event of this log.
    pub fn row<'a>(log: &'a Log, event: &Event) -> Option<&'a Row> {
        log.rows.iter().find(|it| {
            (it.ids.is_empty() || it.ids.contains(&event.id))
                && (it.levels.is_empty() || it.levels.contains(&event.level))
        })
    }
}

impl Field {
    /// What stands there, if anything does.
    pub fn of(&self, event: &Event) -> Option<String> {
        let found = match self {
            Self::Text(text) => Some(text.clone()),
            Self::Anywhere(from, to) => {
                event.data.iter().find_map(|it| cut(&it.text, from, to)).map(str::to_owned)
            }
            Self::Datum { param, at, between } => {
                let text = event.datum(param.as_deref(), *at)?;
                match between {
                    Some((from, to)) => cut(text, from, to).map(str::to_owned),
                    None => Some(text.to_owned()),
                }
            }
        };
        found.map(|it| it.trim().to_owned()).filter(|it| !it.is_empty())
    }
}

/// What the first of several fields says that says anything.
pub fn first(fields: &[Field], event: &Event) -> Option<String> {
    fields.iter().find_map(|it| it.of(event))
}

impl Outcome {
    /// How it ended, and the product's own word for it.
    pub fn of(&self, event: &Event) -> (RunResult, String) {
        let by_level = match event.level {
            Level::Information => RunResult::Success,
            Level::Warning => RunResult::Warning,
            Level::Error => RunResult::Failed,
        };
        // A word that is new to us, or missing, proves no success.
        let unproved = match event.level {
            Level::Information => RunResult::Unknown,
            Level::Warning | Level::Error => by_level,
        };
        let level = event.level.to_string();
        match self {
            Self::ByLevel => (by_level, level),
            Self::Is(result) => (*result, level),
            Self::Of { field, values, others } => match field.of(event) {
                Some(word) => match values.get(&word).or(others.as_ref()) {
                    Some(result) => (*result, word),
                    None => (unproved, word),
                },
                None => (unproved, level),
            },
        }
    }
}

impl Items {
    /// The objects that did not end well, with their codes.
    pub fn failed(&self, event: &Event) -> Vec<(String, String)> {
        let Some(list) = self.field.of(event) else { return Vec::new() };
        let mut items = xml::parts(&list, &self.element, &self.name, &self.code);
        items.retain(|(_, code)| !is_zero(code));
        items.into_iter().map(|(name, code)| (name, hexadecimal(&code))).collect()
    }
}

fn is_zero(code: &str) -> bool {
    let digits = code.trim().trim_start_matches("0x");
    !digits.is_empty() && digits.bytes().all(|it| it == b'0')
}

/// Codes of Windows are looked up by their hexadecimal form.
fn hexadecimal(code: &str) -> String {
    match code.trim().parse::<i32>() {
        Ok(number) => format!("{:#010x}", number.cast_unsigned()),
        Err(_) => code.trim().to_owned(),
    }
}

fn cut<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(from)?;
    if to.is_empty() { Some(rest) } else { rest.split_once(to).map(|it| it.0) }
}
