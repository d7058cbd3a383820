//! What things are called in the log.
//!
//! One tree holds everything, so that one batch is one atomic write. A key
//! begins with a letter for its kind, and ids and numbers are bytes, highest
//! first, so that scans are in order. People see keys as text: `e/end_…/facts`.
//!
//! | | |
//! |---|---|
//! | `a/<alert>` | an alert |
//! | `b/<tenant>/<channel>` | a way in which people are told |
//! | `c/<change>` | a request to change something |
//! | `d/<position>` | an entry of the audit trail |
//! | `e/<endpoint>/…` | `checks`, `facts`, `layout` or `registration` |
//! | `f/<cursor>` | an entry of the feed |
//! | `h/<endpoint>/<milliseconds>/<revision>` | a sealed piece of history |
//! | `i/<endpoint>/<day>` | what history was by the hour, on a day counted from 1970 |
//! | `k/<known issue>` | something that is known |
//! | `m/…` | `audit`, `audit-begin`: where the audit trail ends and begins; `feed`: the newest cursor; `format`; `history`: since when; `listened`; `values`: where the newest file of values ends; `written`: how many writes |
//! | `n/<tenant>/<day>` | the night before a business day |
//! | `o/<order>` | an owed effect |
//! | `p/<endpoint>` | a pulse and the newest history |
//! | `r/<operator>` | an operator |
//! | `s/<source>` | a source of alerts |
//! | `s/<source>/<fingerprint>` | a matter of it that holds |
//! | `t/<token>` | an enrollment token |
//! | `w/<window>` | a maintenance window |
//! | `x/<tenant>/<version>` | a version of a matrix |
//! | `y/<tenant>/<day>` | how a day was |
//!
//! Pulses are not among the other parts of their endpoint: writing a value
//! rewrites its neighbours from time to time, and pulses are small.

#[cfg(test)]
mod tests;

use std::{fmt, str::FromStr};

use jiff::civil::Date;
use remit_collector_domain::{effect::RecordKey, matrix::ChannelRef, source::Fingerprint};
use remit_shared::{
    AlertId, ChangeId, EndpointId, KnownIssueId, OperatorId, SourceId, Tenant, TokenId, WindowId,
};
use uuid::Uuid;

/// What a value in the log is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Alert(AlertId),
    Audit(u64),
    Part(EndpointId, Part),
    Feed(u64),
    History { endpoint: EndpointId, start: i64, revision: u64 },
    Hours { endpoint: EndpointId, day: i64 },
    Meta(Meta),
    Owed(u64),
    Pulse(EndpointId),
    Operator(OperatorId),
    Source(SourceId),
    Active(SourceId, Fingerprint),
    Token(TokenId),
    Matrix(Tenant, u64),
    Change(ChangeId),
    KnownIssue(KnownIssueId),
    Shift(Tenant, Date),
    Day(Tenant, Date),
    Window(WindowId),
    Contact(Tenant, ChannelRef),
}

/// A part of an endpoint that changes seldom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Part {
    Checks,
    Facts,
    Layout,
    Registration,
}

/// What the store knows of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Meta {
    Audit,
    AuditBegin,
    Feed,
    Format,
    History,
    Listened,
    Values,
    Written,
}

const PARTS: [(Part, &str); 4] = [
    (Part::Checks, "checks"),
    (Part::Facts, "facts"),
    (Part::Layout, "layout"),
    (Part::Registration, "registration"),
];

const METAS: [(Meta, &str); 8] = [
    (Meta::Audit, "audit"),
    (Meta::AuditBegin, "audit-begin"),
    (Meta::Feed, "feed"),
    (Meta::Format, "format"),
    (Meta::History, "history"),
    (Meta::Listened, "listened"),
    (Meta::Values, "values"),
    (Meta::Written, "written"),
];

/// Why a text names no value.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a key of the store")]
pub struct KeyError(String);

impl Key {
    /// Where a record is kept that is one value.
    pub(super) fn whole(record: &RecordKey) -> Option<Self> {
        Some(match record {
            RecordKey::Endpoint(_) => return None,
            RecordKey::Alert(id) => Self::Alert(*id),
            RecordKey::Token(id) => Self::Token(*id),
            RecordKey::Operator(id) => Self::Operator(*id),
            RecordKey::Matrix(tenant, version) => Self::Matrix(tenant.clone(), *version),
            RecordKey::Change(id) => Self::Change(*id),
            RecordKey::KnownIssue(id) => Self::KnownIssue(*id),
            RecordKey::Shift(tenant, day) => Self::Shift(tenant.clone(), *day),
            RecordKey::Day(tenant, day) => Self::Day(tenant.clone(), *day),
            RecordKey::Source(id) => Self::Source(*id),
            RecordKey::Window(id) => Self::Window(*id),
            RecordKey::Contact(tenant, channel) => Self::Contact(tenant.clone(), channel.clone()),
        })
    }

    /// The record that this is the one value of.
    pub(super) fn record(&self) -> Option<RecordKey> {
        Some(match self {
            Self::Alert(id) => RecordKey::Alert(*id),
            Self::Token(id) => RecordKey::Token(*id),
            Self::Operator(id) => RecordKey::Operator(*id),
            Self::Matrix(tenant, version) => RecordKey::Matrix(tenant.clone(), *version),
            Self::Change(id) => RecordKey::Change(*id),
            Self::KnownIssue(id) => RecordKey::KnownIssue(*id),
            Self::Shift(tenant, day) => RecordKey::Shift(tenant.clone(), *day),
            Self::Day(tenant, day) => RecordKey::Day(tenant.clone(), *day),
            Self::Source(id) => RecordKey::Source(*id),
            Self::Window(id) => RecordKey::Window(*id),
            Self::Contact(tenant, channel) => RecordKey::Contact(tenant.clone(), channel.clone()),
            Self::Active(..)
            | Self::Audit(_)
            | Self::Part(..)
            | Self::Feed(_)
            | Self::History { .. }
            | Self::Hours { .. }
            | Self::Meta(_)
            | Self::Owed(_)
            | Self::Pulse(_) => return None,
        })
    }

    /// The key as the log has it.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        fn with(kind: u8, parts: &[&[u8]]) -> Vec<u8> {
            [&[kind, b'/'], parts.concat().as_slice()].concat()
        }
        match self {
            Self::Alert(id) => with(b'a', &[id.as_uuid().as_bytes()]),
            Self::Change(id) => with(b'c', &[id.as_uuid().as_bytes()]),
            Self::Contact(tenant, channel) => {
                with(b'b', &[tenant.as_str().as_bytes(), b"/", channel.to_string().as_bytes()])
            }
            Self::Audit(position) => with(b'd', &[&position.to_be_bytes()]),
            Self::Part(id, part) => {
                with(b'e', &[id.as_uuid().as_bytes(), b"/", part.name().as_bytes()])
            }
            Self::Feed(cursor) => with(b'f', &[&cursor.to_be_bytes()]),
            Self::History { endpoint, start, revision } => {
                let start = ordered(*start).to_be_bytes();
                with(b'h', &[endpoint.as_uuid().as_bytes(), &start, &revision.to_be_bytes()])
            }
            Self::Hours { endpoint, day } => {
                with(b'i', &[endpoint.as_uuid().as_bytes(), &ordered(*day).to_be_bytes()])
            }
            Self::KnownIssue(id) => with(b'k', &[id.as_uuid().as_bytes()]),
            Self::Meta(meta) => with(b'm', &[meta.name().as_bytes()]),
            Self::Shift(tenant, day) => {
                with(b'n', &[tenant.as_str().as_bytes(), b"/", &day_to_bytes(*day)])
            }
            Self::Owed(order) => with(b'o', &[&order.to_be_bytes()]),
            Self::Pulse(id) => with(b'p', &[id.as_uuid().as_bytes()]),
            Self::Operator(id) => with(b'r', &[id.as_uuid().as_bytes()]),
            Self::Source(id) => with(b's', &[id.as_uuid().as_bytes()]),
            Self::Active(id, it) => with(b's', &[id.as_uuid().as_bytes(), b"/", it.as_bytes()]),
            Self::Token(id) => with(b't', &[id.as_uuid().as_bytes()]),
            Self::Window(id) => with(b'w', &[id.as_uuid().as_bytes()]),
            Self::Matrix(tenant, version) => {
                with(b'x', &[tenant.as_str().as_bytes(), b"/", &version.to_be_bytes()])
            }
            Self::Day(tenant, day) => {
                with(b'y', &[tenant.as_str().as_bytes(), b"/", &day_to_bytes(*day)])
            }
        }
    }

    /// The key that these bytes are.
    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        parse_bytes(bytes).ok_or_else(|| KeyError(String::from_utf8_lossy(bytes).into_owned()))
    }

    /// What all keys of a kind begin with.
    pub(super) const fn prefix(kind: u8) -> [u8; 2] {
        [kind, b'/']
    }
}

impl Part {
    fn name(self) -> &'static str {
        PARTS[self as usize].1
    }
}

impl Meta {
    fn name(self) -> &'static str {
        METAS[self as usize].1
    }
}

/// Folds a signed number so that its bytes sort as it does.
fn ordered(number: i64) -> u64 {
    number as u64 ^ 1 << 63
}

/// Year, month and day, so that they sort as they come.
fn day_to_bytes(day: Date) -> [u8; 4] {
    let [high, low] = (day.year() as u16 ^ 1 << 15).to_be_bytes();
    [high, low, day.month() as u8, day.day() as u8]
}

fn day_from_bytes([high, low, month, day]: [u8; 4]) -> Option<Date> {
    let year = (u16::from_be_bytes([high, low]) ^ 1 << 15) as i16;
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

fn parse_bytes(bytes: &[u8]) -> Option<Key> {
    let (kind, rest) = bytes.split_first()?;
    let rest = rest.strip_prefix(b"/")?;
    let uuid = || Some(Uuid::from_bytes(rest.try_into().ok()?));
    let number = || Some(u64::from_be_bytes(rest.try_into().ok()?));
    Some(match kind {
        b'a' => Key::Alert(AlertId::from_uuid(uuid()?)),
        b'b' => {
            let (tenant, channel) = std::str::from_utf8(rest).ok()?.split_once('/')?;
            Key::Contact(tenant.parse().ok()?, channel.parse().ok()?)
        }
        b'c' => Key::Change(ChangeId::from_uuid(uuid()?)),
        b'd' => Key::Audit(number()?),
        b'e' => {
            let (id, name) = rest.split_at_checked(16)?;
            let name = name.strip_prefix(b"/")?;
            let part = PARTS.iter().find(|it| it.1.as_bytes() == name)?.0;
            Key::Part(endpoint(id)?, part)
        }
        b'f' => Key::Feed(number()?),
        b'h' => {
            let (id, numbers) = rest.split_at_checked(16)?;
            let (start, revision) = numbers.split_at_checked(8)?;
            let start = ordered(u64::from_be_bytes(start.try_into().ok()?) as i64) as i64;
            let revision = u64::from_be_bytes(revision.try_into().ok()?);
            Key::History { endpoint: endpoint(id)?, start, revision }
        }
        b'i' => {
            let (id, day) = rest.split_at_checked(16)?;
            let day = ordered(u64::from_be_bytes(day.try_into().ok()?) as i64) as i64;
            Key::Hours { endpoint: endpoint(id)?, day }
        }
        b'k' => Key::KnownIssue(KnownIssueId::from_uuid(uuid()?)),
        b'm' => Key::Meta(METAS.iter().find(|it| it.1.as_bytes() == rest)?.0),
        b'n' => {
            let (tenant, day) = rest.split_last_chunk()?;
            Key::Shift(named(tenant)?, day_from_bytes(*day)?)
        }
        b'o' => Key::Owed(number()?),
        b'p' => Key::Pulse(endpoint(rest)?),
        b'r' => Key::Operator(OperatorId::from_uuid(uuid()?)),
        b's' => {
            let (id, of_it) = rest.split_first_chunk()?;
            let id = SourceId::from_uuid(Uuid::from_bytes(*id));
            match of_it {
                [] => Key::Source(id),
                [b'/', it @ ..] => Key::Active(id, Fingerprint::from_bytes(it.try_into().ok()?)),
                _ => return None,
            }
        }
        b't' => Key::Token(TokenId::from_uuid(uuid()?)),
        b'w' => Key::Window(WindowId::from_uuid(uuid()?)),
        b'x' => {
            let (tenant, version) = rest.split_last_chunk()?;
            Key::Matrix(named(tenant)?, u64::from_be_bytes(*version))
        }
        b'y' => {
            let (tenant, day) = rest.split_last_chunk()?;
            Key::Day(named(tenant)?, day_from_bytes(*day)?)
        }
        _ => return None,
    })
}

fn endpoint(bytes: &[u8]) -> Option<EndpointId> {
    Some(EndpointId::from_uuid(Uuid::from_bytes(bytes.try_into().ok()?)))
}

/// A tenant, and the slash that sets it apart from what follows.
fn named(bytes: &[u8]) -> Option<Tenant> {
    Tenant::new(std::str::from_utf8(bytes.strip_suffix(b"/")?).ok()?).ok()
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Alert(id) => write!(f, "a/{id}"),
            Self::Change(id) => write!(f, "c/{id}"),
            Self::Contact(tenant, channel) => write!(f, "b/{tenant}/{channel}"),
            Self::Audit(position) => write!(f, "d/{position}"),
            Self::Part(id, part) => write!(f, "e/{id}/{}", part.name()),
            Self::Feed(cursor) => write!(f, "f/{cursor}"),
            Self::History { endpoint, start, revision } => {
                write!(f, "h/{endpoint}/{start}/{revision}")
            }
            Self::Hours { endpoint, day } => write!(f, "i/{endpoint}/{day}"),
            Self::KnownIssue(id) => write!(f, "k/{id}"),
            Self::Meta(meta) => write!(f, "m/{}", meta.name()),
            Self::Shift(tenant, day) => write!(f, "n/{tenant}/{day}"),
            Self::Owed(order) => write!(f, "o/{order}"),
            Self::Pulse(id) => write!(f, "p/{id}"),
            Self::Operator(id) => write!(f, "r/{id}"),
            Self::Source(id) => write!(f, "s/{id}"),
            Self::Active(id, fingerprint) => write!(f, "s/{id}/{fingerprint}"),
            Self::Token(id) => write!(f, "t/{id}"),
            Self::Window(id) => write!(f, "w/{id}"),
            Self::Matrix(tenant, version) => write!(f, "x/{tenant}/{version}"),
            Self::Day(tenant, day) => write!(f, "y/{tenant}/{day}"),
        }
    }
}

impl FromStr for Key {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        parse_text(text).ok_or_else(|| KeyError(text.chars().take(100).collect()))
    }
}

fn parse_text(text: &str) -> Option<Key> {
    let words: Vec<&str> = text.split('/').collect();
    Some(match words.as_slice() {
        ["a", id] => Key::Alert(id.parse().ok()?),
        ["b", tenant, channel @ ..] => {
            Key::Contact(tenant.parse().ok()?, channel.join("/").parse().ok()?)
        }
        ["c", id] => Key::Change(id.parse().ok()?),
        ["d", position] => Key::Audit(position.parse().ok()?),
        ["e", id, name] => Key::Part(id.parse().ok()?, PARTS.iter().find(|it| it.1 == *name)?.0),
        ["f", cursor] => Key::Feed(cursor.parse().ok()?),
        ["h", endpoint, start, revision] => Key::History {
            endpoint: endpoint.parse().ok()?,
            start: start.parse().ok()?,
            revision: revision.parse().ok()?,
        },
        ["i", endpoint, day] => {
            Key::Hours { endpoint: endpoint.parse().ok()?, day: day.parse().ok()? }
        }
        ["k", id] => Key::KnownIssue(id.parse().ok()?),
        ["m", name] => Key::Meta(METAS.iter().find(|it| it.1 == *name)?.0),
        ["n", tenant, day] => Key::Shift(tenant.parse().ok()?, day.parse().ok()?),
        ["o", order] => Key::Owed(order.parse().ok()?),
        ["p", id] => Key::Pulse(id.parse().ok()?),
        ["r", id] => Key::Operator(id.parse().ok()?),
        ["s", id] => Key::Source(id.parse().ok()?),
        ["s", id, it] => Key::Active(id.parse().ok()?, it.parse().ok()?),
        ["t", id] => Key::Token(id.parse().ok()?),
        ["w", id] => Key::Window(id.parse().ok()?),
        ["x", tenant, version] => Key::Matrix(tenant.parse().ok()?, version.parse().ok()?),
        ["y", tenant, day] => Key::Day(tenant.parse().ok()?, day.parse().ok()?),
        _ => return None,
    })
}
