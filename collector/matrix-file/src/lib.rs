//! The responsibility matrix as people write it: a TOML file.
//!
//! [`read`] turns text into a [`Matrix`] or says, with line and key, what is
//! wrong and what would be right. [`MatrixFile::lint`] proves what the domain
//! can prove about it and puts line numbers to the findings. The text itself
//! is kept as it was written: it is what gets published, exported and read by
//! the next person.
//!
//! # Invariants
//!
//! - Whatever the text, the answer is a matrix or remarks, soon, and no panic.
//! - Keys that mean nothing are refused: a misspelt `responsible` would
//!   otherwise leave somebody out.
//! - Lists are counted from 1 in key paths, as people count them.
//!
//! # Not here
//!
//! What a matrix means is `remit-collector-domain`'s business. Publishing one,
//! and numbering its versions, is the collector's.

mod channels;
mod check;
mod convert;
mod holidays;
mod ics;
mod locate;
mod raw;
mod remark;
#[cfg(test)]
mod tests;
mod write;

use jiff::Timestamp;
use remit_collector_domain::matrix::{
    Matrix,
    lint::{Finding, Place, Table, lint},
};

pub use crate::{
    channels::ChannelRemark,
    check::EditError,
    holidays::{Changed, HolidaysError, add_holidays},
    ics::{IcsError, IcsHolidays, read_ics},
    remark::{Refused, Remark},
    write::row_to_toml,
};
use crate::{convert::Reader, locate::Map};

/// A matrix to begin with: two teams, every function, ready to publish.
pub const STARTER: &str = include_str!("../../matrix/starter.toml");

/// The longest text that is looked at.
pub const MAX_TEXT: usize = 1 << 20;

/// A matrix together with the text that says it.
#[derive(Clone, Debug)]
pub struct MatrixFile {
    /// What the file is called in remarks.
    pub name: String,
    /// The text as it was written, comments and all.
    pub text: String,
    /// What it says. Its version is 0 until somebody publishes it.
    pub matrix: Matrix,
    /// Which of the file's rows is the catch-all, from 0.
    catch_all: usize,
}

/// Reads a matrix. `name` is what remarks call the file.
pub fn read(name: &str, text: &str) -> Result<MatrixFile, Refused> {
    let refuse = |remarks| Refused { file: name.to_owned(), remarks };
    if MAX_TEXT < text.len() {
        let message = format!("the file is longer than {} KiB", MAX_TEXT / 1024);
        return Err(refuse(vec![Remark::error(name, "too-long", (0, String::new()), message)]));
    }
    let raw = raw::parse(name, text).map_err(|it| refuse(vec![it]))?;
    let mut reader = Reader::new(name, text);
    match reader.matrix(raw) {
        Some((matrix, catch_all)) if reader.remarks.is_empty() => {
            Ok(MatrixFile { name: name.to_owned(), text: text.to_owned(), matrix, catch_all })
        }
        Some(_) | None => Err(refuse(reader.remarks)),
    }
}

impl MatrixFile {
    /// Everything that is wrong with the matrix from an instant on, errors
    /// first. Without errors, it may be published.
    pub fn lint(&self, from: Timestamp) -> Vec<Remark> {
        let map = Map::new(&self.text);
        lint(&self.matrix, from).into_iter().map(|it| self.remark(&map, it)).collect()
    }

    fn remark(&self, map: &Map<'_>, finding: Finding) -> Remark {
        let Finding { grade, code, message, place, mut suggestion, settlement } = finding;
        if let Some(it) = settlement {
            suggestion = format!("{suggestion}:\n{}", row_to_toml(&it.row, Some(&it.instead)));
        }
        let (line, key) = self.locate(map, place);
        Remark { file: self.name.clone(), line, key, grade, code, message, suggestion }
    }

    fn locate(&self, map: &Map<'_>, place: Place) -> (u32, String) {
        let (list, index) = match place.table {
            Table::Matrix => return (1, String::new()),
            Table::Team => ("team", place.index),
            Table::Person => ("person", place.index),
            Table::Site => ("site", place.index),
            Table::Tag => ("tag", place.index),
            Table::Function => ("function", place.index),
            Table::Calendar => ("calendar", place.index),
            Table::Rota => ("rota", place.index),
            Table::Agreement => ("sla", place.index),
            Table::Policy => ("policy", place.index),
            Table::Trigger => ("trigger", place.index),
            Table::Inhibit => ("inhibit", place.index),
            Table::Quiet => ("quiet", place.index),
            Table::Check => ("check", place.index),
            Table::CatchAll => ("row", self.catch_all),
            // The domain's rows are the file's without the catch-all.
            Table::Row => ("row", place.index + usize::from(self.catch_all <= place.index)),
        };
        map.entry(list, index, place.key)
    }
}
