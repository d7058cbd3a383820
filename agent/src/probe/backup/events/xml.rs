//! One event, as Windows renders it: XML of the `Event` schema.
//!
//! Only what is the same in every language is read: numbers, times and the
//! event's parameters, never the message that Windows makes of them.
//!
//! Parameters of newer providers have names. Those of the classic ones, which
//! is what backup products use, have a place only.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use roxmltree::{Document, Node, ParsingOptions};

/// No event of a log is larger: a record has 64 KiB, and XML is longer.
const LARGEST: usize = 2 << 20;
/// Nor has one more parts than this.
const PARTS: u32 = 50_000;

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The log: `Veeam Backup`.
    pub channel: String,
    /// Who wrote it: `Veeam MP`.
    pub provider: String,
    /// What it says, by the provider's list.
    pub id: u32,
    /// How bad the provider thinks it is.
    pub level: Level,
    /// Its place in the log. Counts on, unless somebody makes the log anew.
    pub record: u64,
    /// When it was written.
    pub at: Timestamp,
    /// On which machine.
    pub computer: String,
    /// Its parameters, in their order.
    pub data: Vec<Datum>,
}

/// One parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datum {
    /// Its name, if the provider gives one.
    pub name: Option<String>,
    /// What it says.
    pub text: String,
}

/// How bad a provider thinks an event is. Critical counts as an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// For the record.
    Information,
    /// Look at it.
    Warning,
    /// Something is wrong.
    Error,
}

/// Why a text is no event.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// It is no XML, or far too much of it.
    #[error("it is no XML of an event")]
    Xml(#[source] roxmltree::Error),
    /// It is too long.
    #[error("it has more than {LARGEST} bytes")]
    Large,
    /// Something every event has is missing.
    #[error("it has no {0}")]
    Missing(&'static str),
}

impl Level {
    /// Its word in an adapter's file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Information => "information",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    fn of(number: u8) -> Self {
        match number {
            1 | 2 => Self::Error,
            3 => Self::Warning,
            // 0 is "always", 4 information, 5 verbose; others are a provider's own.
            _ => Self::Information,
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Level {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let all = [Self::Information, Self::Warning, Self::Error];
        let known = all.into_iter().find(|it| it.as_str() == text);
        known.ok_or_else(|| format!("`{text}` is no level: use information, warning or error"))
    }
}

impl Event {
    /// Reads the XML of one event.
    pub fn parse(xml: &str) -> Result<Self, EventError> {
        if xml.len() > LARGEST {
            return Err(EventError::Large);
        }
        // Windows copies what a program wrote, also what XML does not allow.
        let clean: String = xml.chars().filter(|it| is_allowed(*it)).collect();
        let options = ParsingOptions { nodes_limit: PARTS, ..ParsingOptions::default() };
        let document = Document::parse_with_options(&clean, options).map_err(EventError::Xml)?;
        let root = document.root_element();
        let system = child(root, "System").ok_or(EventError::Missing("System"))?;
        let text = |name| child(system, name).map(|it| content(it).trim().to_owned());
        let number = |name: &'static str| {
            let number = text(name).and_then(|it| it.parse::<u64>().ok());
            number.ok_or(EventError::Missing(name))
        };
        let provider = child(system, "Provider").and_then(|it| {
            // A classic source that was renamed has its old name here.
            it.attribute("Name").or(it.attribute("EventSourceName"))
        });
        let at = child(system, "TimeCreated").and_then(|it| it.attribute("SystemTime"));
        let level = text("Level").and_then(|it| it.parse().ok()).unwrap_or(0);
        Ok(Self {
            channel: text("Channel").unwrap_or_default(),
            provider: provider.ok_or(EventError::Missing("Provider"))?.to_owned(),
            id: u32::try_from(number("EventID")?).map_err(|_| EventError::Missing("EventID"))?,
            level: Level::of(level),
            record: number("EventRecordID")?,
            at: at.and_then(|it| it.parse().ok()).ok_or(EventError::Missing("TimeCreated"))?,
            computer: text("Computer").unwrap_or_default(),
            data: data(root),
        })
    }

    /// A parameter by its name or, where the provider gives no names, by its
    /// place from 1; -1 is the last.
    pub fn datum(&self, name: Option<&str>, at: Option<i32>) -> Option<&str> {
        let named = self.data.iter().find(|it| it.name.is_some() && it.name.as_deref() == name);
        if let Some(named) = named {
            return Some(&named.text);
        }
        if self.data.iter().any(|it| it.name.is_some()) {
            return None;
        }
        let (at, count) = (i64::from(at?), i64::try_from(self.data.len()).ok()?);
        let index = if at < 0 { count + at } else { at - 1 };
        self.data.get(usize::try_from(index).ok()?).map(|it| &*it.text)
    }
}

/// The record number of a text that is no event otherwise, so that nobody
/// stumbles over it for ever.
pub fn record_of(xml: &str) -> Option<u64> {
    let (_, rest) = xml.split_once("<EventRecordID>")?;
    rest.split_once('<')?.0.trim().parse().ok()
}

/// The names and attributes of the parts of a list that a parameter holds as
/// XML: every `element` with the values of these two attributes.
pub fn parts(xml: &str, element: &str, name: &str, code: &str) -> Vec<(String, String)> {
    let options = ParsingOptions { nodes_limit: PARTS, ..ParsingOptions::default() };
    let Ok(document) = Document::parse_with_options(xml, options) else { return Vec::new() };
    let elements = document.descendants().filter(|it| it.tag_name().name() == element);
    let part = |it: Node<'_, '_>| Some((it.attribute(name)?.into(), it.attribute(code)?.into()));
    elements.filter_map(part).collect()
}

/// `EventData` has parameters side by side; `UserData` has a tree of the
/// provider's own, whose leaves count.
fn data(root: Node<'_, '_>) -> Vec<Datum> {
    if let Some(data) = child(root, "EventData") {
        let data = data.children().filter(|it| it.tag_name().name() == "Data");
        let datum = |it: Node<'_, '_>| Datum {
            name: it.attribute("Name").filter(|it| !it.is_empty()).map(str::to_owned),
            text: content(it),
        };
        return data.map(datum).collect();
    }
    let Some(data) = child(root, "UserData") else { return Vec::new() };
    let leaves = data.descendants().filter(|it| {
        it.is_element() && *it != data && !it.children().any(|below| below.is_element())
    });
    let datum =
        |it: Node<'_, '_>| Datum { name: Some(it.tag_name().name().to_owned()), text: content(it) };
    leaves.map(datum).collect()
}

fn child<'a, 'input>(node: Node<'a, 'input>, name: &str) -> Option<Node<'a, 'input>> {
    node.children().find(|it| it.is_element() && it.tag_name().name() == name)
}

/// All text below, which may be in several pieces.
fn content(node: Node<'_, '_>) -> String {
    node.descendants().filter(Node::is_text).filter_map(|it| it.text()).collect()
}

fn is_allowed(it: char) -> bool {
    matches!(it, '\t' | '\n' | '\r') || (it >= ' ' && it != '\u{fffe}' && it != '\u{ffff}')
}

#[cfg(test)]
mod tests;
