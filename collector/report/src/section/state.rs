//! Nights, patches and backups, as they followed one another.

use remit_collector_domain::{
    report::{BackupDay, PatchDay, Report, State, permille},
    shift::Counts,
};

use crate::{Cell, Chart, ChartKind, Column, Section, Series, Table, Tone, section::table, words};

pub(super) fn nights(report: &Report) -> Section {
    let columns = vec![
        Column::key("day", "Business day"),
        Column::of("resolved", "Resolved"),
        Column::of("known_issue", "Known issue"),
        Column::of("joint_review", "Joint review"),
        Column::of("left_over", "Left over"),
        Column::of("gone", "Gone by itself"),
        Column::of("dealt_with", "Dealt with"),
    ];
    let mut rows: Vec<_> =
        report.nights.each.iter().map(|it| night(Cell::Day(it.day), &it.counts)).collect();
    if !rows.is_empty() {
        rows.push(night(Cell::text("all"), &report.nights.all));
    }
    Section {
        id: "nights",
        title: "Nights",
        intro: "What became of the night's alerts before the office opened. “Left over” were put \
                down for the joint review because nobody had dealt with them."
            .into(),
        tables: vec![table("nights", "By business day", columns, rows)],
    }
}

fn night(day: Cell, counts: &Counts) -> Vec<Cell> {
    let Counts { resolved, known_issue, joint_review, joint_review_auto, gone } = *counts;
    let (disposed, of) = counts.kpi();
    let mut row = vec![day];
    row.extend([resolved, known_issue, joint_review, joint_review_auto, gone].map(Cell::count));
    row.push(Cell::share(permille(disposed, of)));
    row
}

pub(super) fn patches(report: &Report) -> Section {
    let columns = [
        Column::of("compliant", "Nothing missing"),
        Column::of("pending", "Patches missing"),
        Column::of("security_pending", "Security patches missing"),
        Column::of("unknown", "Not known"),
        Column::of("share", "In order"),
    ];
    let cells = |it: &PatchDay| {
        let counts = [it.compliant, it.pending, it.security_pending, it.unknown];
        (counts, it.permille())
    };
    Section {
        id: "patches",
        title: "Patches",
        intro: "In endpoints. What is not known never counts as in order.".into(),
        tables: vec![states("Patches over time", columns, &report.patches, cells)],
    }
}

pub(super) fn backups(report: &Report) -> Section {
    let columns = [
        Column::of("ok", "Young enough"),
        Column::of("breach", "Too old or failed"),
        Column::of("uncovered", "Not backed up"),
        Column::of("unknown", "Not known"),
        Column::of("share", "In order"),
    ];
    let cells = |it: &BackupDay| ([it.ok, it.breach, it.uncovered, it.unknown], it.permille());
    Section {
        id: "backups",
        title: "Backups",
        intro: "In systems that must be backed up. What is not known never counts as in order."
            .into(),
        tables: vec![states("Backups over time", columns, &report.backups, cells)],
    }
}

fn states<D>(
    title: &'static str,
    columns: [Column; 5],
    states: &[State<D>],
    cells: impl Fn(&D) -> ([usize; 4], Option<u16>),
) -> Table {
    let rows = states.iter().map(|it| {
        let mut row = vec![Cell::text(words::bucket(&it.of))];
        match &it.day {
            Some(day) => {
                let (counts, share) = cells(day);
                row.extend(counts.map(Cell::count));
                row.push(Cell::share(share));
            }
            None => row.extend([const { Cell::Missing }; 5]),
        }
        row
    });
    let tones = [Tone::Good, Tone::Medium, Tone::Critical, Tone::Faint];
    let series = (1..).zip(tones).map(|(column, tone)| Series { column, tone }).collect();
    let columns = [Column::key("when", "When")].into_iter().chain(columns).collect();
    let chart = Some(Chart { kind: ChartKind::Lines, series });
    Table { chart, ..table("over_time", title, columns, rows.collect()) }
}
