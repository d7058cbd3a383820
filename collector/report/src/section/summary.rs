//! What comes first and what comes last.

use remit_collector_domain::report::{Report, Totals};

use crate::{
    Cell, Column, Section, Table,
    section::{left_out, table},
    words,
};

/// A line of the summary, and how it is read off a period.
type Line = (&'static str, fn(&Totals) -> Cell);

const LINES: [Line; 13] = [
    ("Alerts opened", |it| Cell::count(it.opened)),
    ("High or critical", |it| Cell::count(it.urgent)),
    ("Response in time", |it| Cell::attained(&it.response)),
    ("Resolved in time", |it| Cell::attained(&it.resolution)),
    ("Patched endpoints", |it| Cell::share(it.patches.and_then(|it| it.permille()))),
    ("Good backups", |it| Cell::share(it.backups.and_then(|it| it.permille()))),
    ("Opened at night", |it| Cell::count(it.night)),
    ("Nights dealt with", |it| Cell::share(it.nights.permille())),
    ("Team targets kept", |it| Cell::attained(&it.teams)),
    ("Over before anybody took notice", |it| Cell::count(it.over_first)),
    ("Times given back", |it| Cell::count(it.hand_backs)),
    ("Alerts over", |it| Cell::count(it.resolved)),
    ("Alerts left", |it| Cell::count(it.left)),
];

pub(super) fn summary(report: &Report) -> Section {
    let columns = vec![
        Column::key("figure", "Figure"),
        Column::of("now", "This period"),
        Column::of("before", "The one before"),
    ];
    let rows = LINES.iter().map(|(title, read)| {
        let before = report.before.as_ref().map_or(Cell::Missing, read);
        vec![Cell::text(title), read(&report.totals), before]
    });
    Section {
        id: "summary",
        title: "Summary",
        intro: format!("{} under care.", words::count(report.endpoints, "endpoint")),
        tables: vec![table("figures", "In figures", columns, rows.collect())],
    }
}

pub(super) fn review(report: &Report) -> Section {
    let columns = vec![
        Column::key("row", "Row"),
        Column::key("team", "Who acts"),
        Column::of("reviewed", "Reviewed"),
        Column::of("age", "Days ago"),
        Column::of("state", "State"),
        Column::of("alerts", "Alerts"),
        Column::of("hand_backs", "Given back"),
        Column::of("reroutes", "Re-routed"),
    ];
    let rows = report.review.first.iter().map(|it| {
        vec![
            Cell::text(&it.row),
            Cell::text(&it.responsible),
            it.reviewed.map_or(Cell::Missing, Cell::Day),
            it.age.and_then(|it| u64::try_from(it).ok()).map_or(Cell::Missing, Cell::Count),
            Cell::text(it.state.as_str()),
            it.alerts.map_or(Cell::Missing, Cell::Count),
            Cell::Count(it.hand_backs),
            Cell::Count(it.reroutes),
        ]
    });
    let rows = table("rows", "Rows of the matrix", columns, rows.collect());
    Section {
        id: "review",
        title: "Who does what, reviewed",
        intro: "Both sides look at every row together once in 90 days. From day 75 a review is \
                due soon, from 90 it is due, from 120 overdue."
            .into(),
        tables: vec![Table { note: left_out(&report.review), ..rows }],
    }
}

pub(super) fn open_matters(report: &Report) -> Section {
    let zone = &report.period.zone;
    let day = |at| Cell::Day(zone.to_datetime(at).date());
    let columns = vec![
        Column::key("id", "Known issue"),
        Column::key("title", "What"),
        Column::of("owner", "Who looks after it"),
        Column::of("kept_quiet", "Kept quiet"),
        Column::of("review_on", "Look again"),
        Column::of("ends_on", "Ends"),
    ];
    let rows = report.known_issues.first.iter().map(|it| {
        let (id, title, owner) = (Cell::text(it.id), Cell::text(&it.title), Cell::text(&it.owner));
        let quiet = Cell::Count(it.kept_quiet);
        vec![id, title, owner, quiet, day(it.review_at), day(it.expires_at)]
    });
    let issues = table("known_issues", "Known issues", columns, rows.collect());
    let columns = vec![
        Column::key("id", "Change"),
        Column::key("title", "What"),
        Column::of("proposed_by", "Proposed by"),
        Column::of("proposed_on", "On"),
        Column::of("waits_for", "Waits for"),
    ];
    let rows = report.changes.first.iter().map(|it| {
        let waits: Vec<_> = it.waits_for.iter().map(|it| words::party(*it)).collect();
        let [id, title] = [Cell::text(it.id), Cell::text(&it.title)];
        let [by, waits] = [Cell::text(&it.proposed_by), Cell::text(waits.join(", "))];
        vec![id, title, by, day(it.proposed_at), waits]
    });
    let changes = table("changes", "Changes that wait for approval", columns, rows.collect());
    Section {
        id: "open_matters",
        title: "Open matters",
        intro: format!("As of {}.", words::moment(zone, report.asked_at)),
        tables: vec![
            Table { note: left_out(&report.known_issues), ..issues },
            Table { note: left_out(&report.changes), ..changes },
        ],
    }
}
