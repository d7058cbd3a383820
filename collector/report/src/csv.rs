//! For a spreadsheet: one number a line, so that whatever the report has can be
//! filtered and pivoted, and a section that gets a column breaks no formula.

use csv::WriterBuilder;

use crate::{Cell, Document};

const HEADER: [&str; 7] = ["section", "table", "row", "subject", "measure", "value", "unit"];

pub(crate) fn write(document: &Document) -> Vec<u8> {
    let mut writer = WriterBuilder::new().from_writer(Vec::new());
    let mut put = |fields: [&str; 7]| writer.write_record(fields).expect("a Vec takes all");
    put(HEADER);
    let head = [
        ("tenant", &document.tenant),
        ("period", &document.period),
        ("from", &document.from.to_string()),
        ("to", &document.to.to_string()),
        ("zone", &document.zone),
        ("asked_at", &document.asked_at),
    ];
    for (measure, value) in head {
        put(["report", "", "", "", measure, &harmless(value), ""]);
    }
    for (n, remark) in (1..).zip(&document.remarks) {
        put(["report", "remarks", &format!("{n}"), "", "remark", &harmless(remark), ""]);
    }
    for section in &document.sections {
        put([section.id, "", "", "", "intro", &harmless(&section.intro), ""]);
        for table in &section.tables {
            for (n, row) in (1..).zip(&table.rows) {
                let (n, subject) = (format!("{n}"), harmless(&table.subject(row)));
                let measures = table.columns.iter().zip(row).filter(|(it, _)| !it.is_key);
                for (column, cell) in measures {
                    let value = harmless(&cell.plain());
                    put([section.id, table.id, &n, &subject, column.id, &value, unit(cell)]);
                }
            }
        }
    }
    writer.into_inner().expect("a Vec takes all")
}

const fn unit(cell: &Cell) -> &'static str {
    match cell {
        Cell::Share(_) => "%",
        Cell::Length(_) => "time",
        Cell::Day(_) => "day",
        Cell::Text(_) | Cell::Count(_) | Cell::Missing => "",
    }
}

/// Spreadsheets run what begins like a formula, quoted or not; an apostrophe in
/// front makes it text. None of our numbers has a sign.
fn harmless(text: &str) -> String {
    match text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        true => format!("'{text}"),
        false => text.into(),
    }
}
