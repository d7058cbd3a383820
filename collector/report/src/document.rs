//! A report as sections of tables: what every format is written from.

use jiff::Timestamp;
use remit_collector_domain::report::Report;

use crate::{Cell, section, words};

/// A report as it is read from top to bottom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The customer environment.
    pub tenant: String,
    /// `Acme`.
    pub customer: String,
    /// `Weekly report`.
    pub title: String,
    /// `weekly`.
    pub span: &'static str,
    /// `2026-W45`.
    pub period: String,
    /// `2 to 8 November 2026`, in words.
    pub days: String,
    /// The first instant.
    pub from: Timestamp,
    /// The first instant after it.
    pub to: Timestamp,
    /// The zone at whose midnights it begins and ends.
    pub zone: String,
    /// When it was asked for, where the tenant is.
    pub asked_at: String,
    /// Whether the period was over then.
    pub is_over: bool,
    /// What somebody in a hurry must know.
    pub remarks: Vec<String>,
    /// The rest.
    pub sections: Vec<Section>,
}

/// Tables about one matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// `volume`.
    pub id: &'static str,
    /// `How many alerts`.
    pub title: &'static str,
    /// How to read it.
    pub intro: String,
    /// What there is.
    pub tables: Vec<Table>,
}

/// A table, and the chart that is drawn from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// `by_owner`; no other table of the section has it.
    pub id: &'static str,
    /// `By owner`.
    pub title: &'static str,
    /// What stands where. The first ones say what a row is about.
    pub columns: Vec<Column>,
    /// As many cells each as there are columns.
    pub rows: Vec<Vec<Cell>>,
    /// What is left out, or how to read it; may be empty.
    pub note: String,
    /// A picture of it.
    pub chart: Option<Chart>,
}

/// One column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// `by_itself`.
    pub id: &'static str,
    /// `By itself`.
    pub title: &'static str,
    /// It says what the row is about.
    pub is_key: bool,
}

/// A picture of a table: of its columns, by their places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chart {
    /// How it is drawn.
    pub kind: ChartKind,
    /// What is drawn, from the bottom up.
    pub series: Vec<Series>,
}

/// How a chart is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChartKind {
    /// A pile for each row, from left to right.
    Columns,
    /// A pile for each row, from top to bottom.
    Bars,
    /// A line for each series; broken where there is nothing to say.
    Lines,
    /// A bar of a hundred percent for each row.
    Shares,
}

/// What is drawn of one column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Series {
    /// The column's place.
    pub column: usize,
    /// How it looks.
    pub tone: Tone,
}

/// What a colour means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Wake somebody.
    Critical,
    /// Look at it now.
    High,
    /// Look at it today.
    Medium,
    /// Look at it this week.
    Low,
    /// Worth knowing, or not known.
    Faint,
    /// As it should be.
    Good,
}

impl Tone {
    /// The style's class.
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
            Self::Faint => "faint",
            Self::Good => "good",
        }
    }
}

impl Column {
    /// What a row is about.
    pub(crate) const fn key(id: &'static str, title: &'static str) -> Self {
        Self { id, title, is_key: true }
    }

    /// What is said of it.
    pub(crate) const fn of(id: &'static str, title: &'static str) -> Self {
        Self { id, title, is_key: false }
    }
}

impl Table {
    /// Whether a column stands on the right: it has numbers, or none is known.
    pub(crate) fn is_of_numbers(&self, column: usize) -> bool {
        let mut cells = self.rows.iter().filter_map(|it| it.get(column));
        let is_key = self.columns.get(column).is_some_and(|it| it.is_key);
        cells.clone().any(Cell::is_number) || !is_key && cells.all(|it| *it == Cell::Missing)
    }

    /// What a row is about, in words.
    pub(crate) fn subject(&self, row: &[Cell]) -> String {
        let keys = self.columns.iter().zip(row).filter(|(column, _)| column.is_key);
        let shown: Vec<_> = keys.map(|(_, cell)| cell.show()).collect();
        shown.join(", ")
    }
}

/// Lays a report out.
pub fn document(report: &Report) -> Document {
    let Report { tenant, title, period, asked_at, .. } = report;
    Document {
        tenant: tenant.to_string(),
        customer: if title.is_empty() { tenant.to_string() } else { title.clone() },
        title: words::title(period.span).into(),
        span: period.span.as_str(),
        period: period.to_string(),
        days: words::days(period.first, period.last),
        from: period.within.from,
        to: period.within.to,
        zone: period.zone_name().into(),
        asked_at: words::moment(&period.zone, *asked_at),
        is_over: period.is_over(*asked_at),
        remarks: report.remarks.iter().map(|it| words::remark(&period.zone, it)).collect(),
        sections: section::sections(report),
    }
}
