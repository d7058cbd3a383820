//! How many alerts, who had to carry them, and which were for nothing.

use remit_collector_domain::report::{Load, Report, permille};
use remit_shared::Severity;

use crate::{
    Cell, Chart, ChartKind, Column, Section, Series, Table, Tone,
    section::{left_out, owner, table},
    words,
};

/// The most severe first.
const SEVERITIES: [(Severity, Column, Tone); 5] = [
    (Severity::Critical, Column::of("critical", "Critical"), Tone::Critical),
    (Severity::High, Column::of("high", "High"), Tone::High),
    (Severity::Medium, Column::of("medium", "Medium"), Tone::Medium),
    (Severity::Low, Column::of("low", "Low"), Tone::Low),
    (Severity::Info, Column::of("info", "Info"), Tone::Faint),
];

pub(super) fn volume(report: &Report) -> Section {
    let volume = &report.volume;
    let by_owner = loads("by_owner", "By owner", &OWNER, &volume.by_owner, |it| owner(it).into());
    let by_function =
        loads("by_function", "By kind of work", &[FUNCTION], &volume.by_function, |it| {
            vec![Cell::text(it)]
        });
    let by_endpoint =
        loads("by_endpoint", "By system", &[ENDPOINT], &volume.by_endpoint.first, |it| {
            vec![Cell::text(it)]
        });
    let over_time = loads("over_time", "Over time", &[WHEN], &volume.over_time, |it| {
        vec![Cell::text(words::bucket(it))]
    });
    Section {
        id: "volume",
        title: "Alerts",
        intro: "Counted by when they opened; “left” were not over when the time was up.".into(),
        tables: vec![
            Table { chart: Some(piles(ChartKind::Columns, 1)), ..over_time },
            Table { chart: Some(piles(ChartKind::Bars, 2)), ..by_owner },
            by_function,
            Table { note: left_out(&volume.by_endpoint), ..by_endpoint },
        ],
    }
}

const OWNER: [Column; 2] = [Column::key("team", "Team"), Column::of("party", "Side")];
const FUNCTION: Column = Column::key("function", "Kind of work");
const ENDPOINT: Column = Column::key("endpoint", "System");
const WHEN: Column = Column::key("when", "When");

fn loads<K>(
    id: &'static str,
    title: &'static str,
    keys: &[Column],
    loads: &[Load<K>],
    key: impl Fn(&K) -> Vec<Cell>,
) -> Table {
    let mut columns = keys.to_vec();
    columns.extend(SEVERITIES.map(|(_, column, _)| column));
    columns.extend([
        Column::of("opened", "Opened"),
        Column::of("night", "At night"),
        Column::of("resolved", "Over"),
        Column::of("left", "Left"),
    ]);
    let rows = loads.iter().map(|it| {
        let each = SEVERITIES.map(|(severity, _, _)| it.opened.of(severity));
        let rest = [it.opened.total(), it.night, it.resolved, it.left];
        let mut row = key(&it.of);
        row.extend(each.into_iter().chain(rest).map(Cell::count));
        row
    });
    table(id, title, columns, rows.collect())
}

/// The most severe at the bottom, where piles are easiest to compare.
fn piles(kind: ChartKind, first: usize) -> Chart {
    let series = SEVERITIES.iter().enumerate();
    let series = series.map(|(n, (_, _, tone))| Series { column: first + n, tone: *tone });
    Chart { kind, series: series.collect() }
}

pub(super) fn hand_backs(report: &Report) -> Section {
    let columns = vec![
        FUNCTION,
        Column::key("team", "Team that has them now"),
        Column::key("party", "Side"),
        Column::of("alerts", "Alerts"),
        Column::of("times", "Times given back"),
    ];
    let rows = report.hand_backs.iter().map(|it| {
        let [team, party] = owner(&it.owner);
        let counts = [Cell::count(it.alerts), Cell::count(it.times)];
        [Cell::text(&it.function), team, party].into_iter().chain(counts).collect()
    });
    Section {
        id: "hand_backs",
        title: "Alerts given back",
        intro: "Alerts that went to one team first and belonged to another. Many of one kind mean \
                that the matrix is wrong about it."
            .into(),
        tables: vec![table("hand_backs", "Given back", columns, rows.collect())],
    }
}

pub(super) fn noise(report: &Report) -> Section {
    let noise = &report.noise;
    let columns = vec![
        Column::key("check", "Check"),
        Column::of("alerts", "Alerts"),
        Column::of("acted_on", "Acted on"),
        Column::of("acted_on_share", "Acted on, share"),
        Column::of("by_itself", "Gone by itself"),
        Column::of("messages", "Messages"),
        Column::of("at_night", "At night"),
        Column::of("flapped", "Flapped"),
        Column::of("reopened", "Came back"),
        Column::of("marked", "Called noise"),
    ];
    let rows = noise.checks.first.iter().map(|it| {
        vec![
            Cell::text(&it.check),
            Cell::count(it.alerts),
            Cell::count(it.acted_on),
            Cell::share(permille(it.acted_on, it.alerts)),
            Cell::count(it.by_itself),
            Cell::count(it.messages),
            Cell::count(it.at_night),
            Cell::count(it.flapped),
            Cell::count(it.reopened),
            Cell::count(it.marks.len()),
        ]
    });
    let table = table("checks", "The noisiest checks", columns, rows.collect());
    Section {
        id: "noise",
        title: "Noise",
        intro: format!(
            "{} nobody did anything about; {} marked as not worth telling.",
            words::count(noise.for_nothing, "alert"),
            noise.marked
        ),
        tables: vec![Table { note: left_out(&noise.checks), ..table }],
    }
}
