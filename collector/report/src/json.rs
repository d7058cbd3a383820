//! For programs: the document as it is, rows as objects by the columns' ids.

use serde::{Serialize, Serializer, ser::SerializeMap as _};
use serde_json::Value;

use crate::{Cell, Column, Document, Section, Table};

#[derive(Serialize)]
struct Paper<'a> {
    tenant: &'a str,
    customer: &'a str,
    kind: &'static str,
    period: &'a str,
    from: String,
    to: String,
    zone: &'a str,
    asked_at: &'a str,
    is_over: bool,
    remarks: &'a [String],
    sections: Vec<Part<'a>>,
}

#[derive(Serialize)]
struct Part<'a> {
    id: &'static str,
    title: &'static str,
    intro: &'a str,
    tables: Vec<Sheet<'a>>,
}

#[derive(Serialize)]
struct Sheet<'a> {
    id: &'static str,
    title: &'static str,
    note: &'a str,
    rows: Vec<Row<'a>>,
}

/// An object whose fields stand in the columns' order.
struct Row<'a> {
    columns: &'a [Column],
    cells: &'a [Cell],
}

pub(crate) fn write(document: &Document) -> Vec<u8> {
    let Document { tenant, customer, period, zone, asked_at, remarks, .. } = document;
    let paper = Paper {
        tenant,
        customer,
        kind: document.span,
        period,
        from: document.from.to_string(),
        to: document.to.to_string(),
        zone,
        asked_at,
        is_over: document.is_over,
        remarks,
        sections: document.sections.iter().map(Part::new).collect(),
    };
    let mut bytes = serde_json::to_vec_pretty(&paper).expect("all keys are strings");
    bytes.push(b'\n');
    bytes
}

impl<'a> Part<'a> {
    fn new(it: &'a Section) -> Self {
        let Section { id, title, intro, tables } = it;
        Self { id, title, intro, tables: tables.iter().map(Sheet::new).collect() }
    }
}

impl<'a> Sheet<'a> {
    fn new(it: &'a Table) -> Self {
        let Table { id, title, columns, rows, note, .. } = it;
        let rows = rows.iter().map(|cells| Row { columns, cells }).collect();
        Self { id, title, note, rows }
    }
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.columns.len()))?;
        for (column, cell) in self.columns.iter().zip(self.cells) {
            map.serialize_entry::<str, Value>(column.id, &cell.json())?;
        }
        map.end()
    }
}
