//! What stands in which section.

mod load;
mod promise;
mod state;
mod summary;

use remit_collector_domain::{
    report::{Listed, Report},
    sla::Holder,
};

use crate::{Cell, Column, Section, Table, words};

pub(crate) fn sections(report: &Report) -> Vec<Section> {
    vec![
        summary::summary(report),
        load::volume(report),
        promise::contract(report),
        promise::teams(report),
        load::hand_backs(report),
        load::noise(report),
        state::nights(report),
        state::patches(report),
        state::backups(report),
        summary::review(report),
        summary::open_matters(report),
    ]
}

/// A table without a chart or a note.
fn table(
    id: &'static str,
    title: &'static str,
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
) -> Table {
    Table { id, title, columns, rows, note: String::new(), chart: None }
}

fn left_out<T>(list: &Listed<T>) -> String {
    match list.more {
        0 => String::new(),
        more => format!("{more} more are not shown."),
    }
}

fn owner(it: &Holder) -> [Cell; 2] {
    [Cell::text(&it.team), Cell::text(words::party(it.party))]
}
