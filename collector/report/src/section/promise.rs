//! How well promises were kept.

use remit_collector_domain::{report::Report, sla::Attainment};

use crate::{
    Cell, Chart, ChartKind, Column, Section, Series, Table, Tone,
    section::{owner, table},
    words,
};

const NOTE: &str = "Attained is met of met and missed. Times are what counted by the agreed \
                    hours; half, 90 % and 95 % were at least as quick. Fewer than 20 times have \
                    no such figure.";

const MEASURES: [Column; 9] = [
    Column::of("attained", "Attained"),
    Column::of("met", "Met"),
    Column::of("missed", "Missed"),
    Column::of("open", "Open"),
    Column::of("over_first", "Over first"),
    Column::of("n", "Times"),
    Column::of("p50", "Half"),
    Column::of("p90", "90 %"),
    Column::of("p95", "95 %"),
];

pub(super) fn contract(report: &Report) -> Section {
    let columns = [Column::key("promise", "Promise"), Column::key("severity", "Severity")];
    let rows = report.promises.contract.iter().map(|it| {
        let severity = it.severity.map_or("all", |it| it.as_str());
        row([Cell::text(words::clock(it.kind)), Cell::text(severity)], &it.attainment)
    });
    Section {
        id: "contract",
        title: "What was promised to the customer",
        intro: "“Over first” are alerts that ended by themselves before anybody could respond; \
                they are neither met nor missed."
            .into(),
        tables: vec![attained("contract", "Agreed targets", columns.into(), rows.collect())],
    }
}

pub(super) fn teams(report: &Report) -> Section {
    let columns = [
        Column::key("team", "Team"),
        Column::of("party", "Side"),
        Column::key("promise", "Promise"),
    ];
    let rows = report.promises.teams.iter().map(|it| {
        let [team, party] = owner(&it.holder);
        row([team, party, Cell::text(words::clock(it.kind))], &it.attainment)
    });
    Section {
        id: "teams",
        title: "What the teams promised each other",
        intro: "Counted from when a team got the alert.".into(),
        tables: vec![attained("teams", "Team targets", columns.into(), rows.collect())],
    }
}

fn attained(
    id: &'static str,
    title: &'static str,
    keys: Vec<Column>,
    rows: Vec<Vec<Cell>>,
) -> Table {
    let series = vec![Series { column: keys.len(), tone: Tone::Good }];
    let chart = Some(Chart { kind: ChartKind::Shares, series });
    let columns = keys.into_iter().chain(MEASURES).collect();
    Table { note: NOTE.into(), chart, ..table(id, title, columns, rows) }
}

fn row<const N: usize>(keys: [Cell; N], it: &Attainment) -> Vec<Cell> {
    let counts = [it.met, it.breached, it.open, it.unanswered, it.n].map(Cell::count);
    let times = match it.percentiles {
        Some(it) => [it.p50, it.p90, it.p95].map(Cell::Length),
        None => [const { Cell::Missing }; 3],
    };
    keys.into_iter().chain([Cell::attained(it)]).chain(counts).chain(times).collect()
}
