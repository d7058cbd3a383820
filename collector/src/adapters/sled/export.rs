//! Everything as text, and back: the way out of this format, and into it.
//!
//! One line per value, JSON, beginning with the format:
//! `{"key":"m/format","json":1}`. What is stored as JSON stands in the line as
//! it is (`json`), what is binary as hexadecimal digits (`hex`). The forms are
//! those of [`record`](crate::adapters::sled::record) and
//! [`history`](crate::adapters::sled::history).

use std::{
    io::{self, BufRead, Write},
    path::Path,
};

use jiff::{SignedDuration, Timestamp};
use remit_collector_domain::{
    audit::{Chains, Sealed},
    detect::Checks,
    effect::FeedEvent,
    endpoint::{Facts, Layout, Registration},
    source::Active,
};
use serde::{Deserialize, Serialize};

use crate::{
    adapters::sled::{
        JOURNAL_BYTES,
        history::{Tail, block, hours},
        keys::{Key, KeyError, Meta, Part},
        log::{Log, LogError, VALUES, WRITTEN, Writes},
        migrate::{FORMAT, MigrateError, mark, migrate},
        record::{Cold, DecodeError, decode, decode_whole, pulse},
    },
    ports::store::Owed,
};

/// How many values are written at once.
const PIECE: usize = 100;

/// What sled may use while everything goes by once.
const CACHE: u64 = 32 << 20;

/// Why not everything was written out.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The data folder cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// It is of another version.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    /// It has something that is not ours.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A value is damaged.
    #[error("the stored value `{key}` is not JSON")]
    Value {
        /// Which.
        key: String,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// The text cannot be written.
    #[error("failed to write the export")]
    Write(#[source] io::Error),
}

/// Why not everything was read in.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The data folder cannot be written.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The data folder has something in it.
    #[error("the data folder is not empty")]
    NotEmpty,
    /// Nothing was read that says its format.
    #[error("the export does not begin with its format")]
    NoFormat,
    /// It is of another version.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    /// The text cannot be read.
    #[error("failed to read line {line}")]
    Read {
        /// Counted from 1.
        line: usize,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A line makes no sense.
    #[error("line {line} is not a line of an export")]
    Line {
        /// Counted from 1.
        line: usize,
        /// Why not.
        #[source]
        cause: LineError,
    },
}

/// Why a line makes no sense.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// It is not JSON, or not of the right form.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// It is about nothing that is kept.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// It has neither `json` nor `hex`, or both, or the wrong one.
    #[error("`{0}` needs either `json` or `hex`")]
    Form(String),
    /// It is what a data folder notes of itself, which no export has there.
    #[error("`{0}` is a data folder's own, and not for another")]
    Own(String),
    /// What it holds is damaged.
    #[error("`{key}` is damaged")]
    Value {
        /// Which.
        key: String,
        /// What is wrong with it.
        #[source]
        source: DecodeError,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    json: Option<serde_json::Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hex: Option<String>,
}

/// Writes everything in a data folder that nobody uses. Gives the number of lines.
pub fn export(folder: &Path, out: &mut impl Write) -> Result<usize, ExportError> {
    let mut log = Log::open(folder, CACHE, JOURNAL_BYTES)?;
    migrate(&mut log)?;
    let reader = log.reader();
    let format = Key::Meta(Meta::Format);
    let mut lines = 0;
    if let Some(value) = reader.get(&format)? {
        lines += write_line(out, &format, &value)?;
    }
    for found in reader.everything() {
        let (key, (value, _)) = found?;
        let key = Key::from_bytes(&key)?;
        if !is_own(&key) {
            lines += write_line(out, &key, &value)?;
        }
    }
    out.flush().map_err(ExportError::Write)?;
    Ok(lines)
}

fn write_line(out: &mut impl Write, key: &Key, value: &[u8]) -> Result<usize, ExportError> {
    let name = key.to_string();
    let line = if is_binary(key) {
        let hex = value.iter().map(|it| format!("{it:02x}")).collect();
        Line { key: name, json: None, hex: Some(hex) }
    } else {
        match serde_json::from_slice(value) {
            Ok(json) => Line { key: name, json: Some(json), hex: None },
            Err(source) => return Err(ExportError::Value { key: name, source }),
        }
    };
    let mut text = serde_json::to_vec(&line).expect("a line has nothing that JSON cannot say");
    text.push(b'\n');
    out.write_all(&text).map_err(ExportError::Write)?;
    Ok(1)
}

/// Reads what [`export`] wrote into an empty data folder. Gives the number of
/// lines. A folder of which the import was cut off cannot be opened.
pub fn import(folder: &Path, input: &mut impl BufRead) -> Result<usize, ImportError> {
    let mut log = Log::open(folder, CACHE, JOURNAL_BYTES)?;
    if !log.reader().is_empty() {
        return Err(ImportError::NotEmpty);
    }
    let mut lines = input.lines().zip(1..);
    let format = lines.next().map(|(text, line)| read_line(text, line)).transpose()?;
    let Some((Key::Meta(Meta::Format), format)) = format else {
        return Err(ImportError::NoFormat);
    };
    let format = serde_json::from_slice(&format).map_err(|_| ImportError::NoFormat)?;
    if format > FORMAT {
        return Err(LogError::Newer { found: format, known: FORMAT }.into());
    }
    let mut count = 1;
    let mut piece = Writes::new();
    for (text, line) in lines {
        let (key, value) = read_line(text, line)?;
        if is_own(&key) {
            return Err(ImportError::Line { line, cause: LineError::Own(key.to_string()) });
        }
        piece.insert(key, Some(value));
        count += 1;
        if piece.len() == PIECE {
            log.write(std::mem::take(&mut piece))?;
        }
    }
    log.write(piece)?;
    // Last, so that half an import is not taken for a whole one.
    mark(&mut log, format)?;
    migrate(&mut log)?;
    Ok(count)
}

fn read_line(text: io::Result<String>, line: usize) -> Result<(Key, Vec<u8>), ImportError> {
    let text = text.map_err(|source| ImportError::Read { line, source })?;
    parse_line(&text).map_err(|cause| ImportError::Line { line, cause })
}

fn parse_line(text: &str) -> Result<(Key, Vec<u8>), LineError> {
    let Line { key: name, json, hex } = serde_json::from_str(text)?;
    let key: Key = name.parse()?;
    let value = match (json, hex) {
        (Some(json), None) if !is_binary(&key) => serde_json::to_vec(&json)?,
        (None, Some(hex)) if is_binary(&key) => {
            parse_hex(&hex).ok_or_else(|| LineError::Form(name.clone()))?
        }
        _ => return Err(LineError::Form(name)),
    };
    check(&key, &value).map_err(|source| LineError::Value { key: name, source })?;
    Ok((key, value))
}

fn parse_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks(2);
    digits
        .map(|it| {
            u8::from_str_radix(std::str::from_utf8(it).ok().filter(|it| it.len() == 2)?, 16).ok()
        })
        .collect()
}

/// How often a folder was written, which files it has and of which format it is does
/// not matter to another; the last comes first, once.
fn is_own(key: &Key) -> bool {
    [&Key::Meta(Meta::Format), &VALUES, &WRITTEN].contains(&key)
}

fn is_binary(key: &Key) -> bool {
    matches!(key, Key::Pulse(_) | Key::History { .. } | Key::Hours { .. })
}

/// Whether a value is one that the store can read.
fn check(key: &Key, value: &[u8]) -> Result<(), DecodeError> {
    fn is<T: Cold>(value: &[u8]) -> Result<(), DecodeError> {
        decode::<T>(value).map(drop)
    }
    match key {
        Key::Contact(..)
        | Key::Change(_)
        | Key::KnownIssue(_)
        | Key::Day(..)
        | Key::Shift(..)
        | Key::Window(_)
        | Key::Alert(_)
        | Key::Operator(_)
        | Key::Source(_)
        | Key::Token(_)
        | Key::Matrix(..) => key.record().map(|it| decode_whole(&it, value)).transpose().map(drop),
        Key::Active(..) => is::<Active>(value),
        Key::Audit(_) => is::<Sealed>(value),
        Key::Feed(_) => is::<FeedEvent>(value),
        Key::Owed(_) => is::<Owed>(value),
        Key::Part(_, Part::Checks) => is::<Checks>(value),
        Key::Part(_, Part::Facts) => is::<Facts>(value),
        Key::Part(_, Part::Layout) => is::<Layout>(value),
        Key::Part(_, Part::Registration) => is::<Registration>(value),
        Key::Meta(Meta::Audit | Meta::AuditBegin) => is::<Chains>(value),
        Key::Meta(Meta::Feed | Meta::Format | Meta::Written) => is::<u64>(value),
        Key::Meta(Meta::Values) => is::<(u64, u64)>(value),
        Key::Meta(Meta::History) => is::<Timestamp>(value),
        Key::Meta(Meta::Listened) => is::<SignedDuration>(value),
        Key::Pulse(_) => Tail::decode(pulse::decode(value)?.2).map(drop),
        Key::History { .. } => block::decode(value).map(drop),
        Key::Hours { day, .. } => hours::decode(value, *day).map(drop),
    }
}
