//! What was brought into a matrix file.

use serde::Serialize;

use crate::view::{
    Look, View,
    text::{count, plain},
};

/// `remit matrix import holidays`.
#[derive(Debug, Serialize)]
pub(crate) struct Imported {
    pub(crate) file: String,
    pub(crate) calendar: String,
    /// How many are new.
    pub(crate) added: usize,
    /// How many it had already.
    pub(crate) known: usize,
}

impl View for Imported {
    fn text(&self, _look: &Look) -> String {
        let (file, calendar) = (plain(&self.file), plain(&self.calendar));
        let added = count(self.added, "holiday");
        format!("{file}: {added} added to calendar {calendar}, which had {} already", self.known)
    }
}
