//! The week, the month and the quarter, on paper.
//!
//! [`render`] writes a [`Report`] as one of four [`Format`]s. Between the two
//! stands a [`Document`]: sections of tables, and charts that are drawn from a
//! table's columns. Every format is written from it alone.
//!
//! # Invariants
//!
//! - All formats say the same numbers, in the same spelling; a chart has none
//!   that the table beside it has not.
//! - Equal reports give equal bytes.
//! - Nothing that a report names is taken for markup, a formula or a line of its
//!   own, whatever it is called.
//! - The page is complete by itself: no script, nothing to load.
//!
//! # Not here
//!
//! What is counted, and how, is [`remit_collector_domain::report`]'s business.

mod cell;
mod chart;
mod csv;
mod document;
mod html;
mod json;
mod markdown;
mod section;
#[cfg(test)]
mod tests;
mod words;

use remit_collector_domain::report::Report;

pub use crate::{
    cell::Cell,
    document::{Chart, ChartKind, Column, Document, Section, Series, Table, Tone, document},
};

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// To be pasted into a ticket or a chat.
    Markdown,
    /// One page to be read and printed.
    Html,
    /// For programs.
    Json,
    /// For a spreadsheet: one number a line.
    Csv,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 4] = [Self::Markdown, Self::Html, Self::Json, Self::Csv];

    /// What it is called, and how a file's name ends.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Markdown => "md",
            Self::Html => "html",
            Self::Json => "json",
            Self::Csv => "csv",
        }
    }

    /// What a browser is told.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Markdown => "text/markdown; charset=utf-8",
            Self::Html => "text/html; charset=utf-8",
            Self::Json => "application/json",
            Self::Csv => "text/csv; charset=utf-8; header=present",
        }
    }
}

/// Writes a report.
pub fn render(report: &Report, format: Format) -> Vec<u8> {
    let document = document(report);
    match format {
        Format::Markdown => markdown::write(&document).into_bytes(),
        Format::Html => html::write(&document).into_bytes(),
        Format::Json => json::write(&document),
        Format::Csv => csv::write(&document),
    }
}

/// What a report's file is called: `acme-2026-W45.html`.
pub fn file_name(report: &Report, format: Format) -> String {
    let Report { tenant, period, .. } = report;
    format!("{tenant}-{period}.{}", format.as_str())
}
