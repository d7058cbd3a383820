//! Pictures of tables, as SVG that takes its colours from the page.
//!
//! # Invariants
//!
//! - A picture shows what its table says and nothing else; colour is never the
//!   only difference: piles keep their order, lines have their own dashes.
//! - The same table gives the same bytes: coordinates have one decimal.

mod scale;

use crate::{
    Cell, Chart, ChartKind, Series, Table,
    chart::scale::{Scale, nice},
    html::escape,
};

const WIDTH: f64 = 720.0;
/// Room for the scale, or for names.
const LEFT: f64 = 44.0;
const NAMES: f64 = 210.0;
const RIGHT: f64 = 60.0;
const TOP: f64 = 10.0;
const HEIGHT: f64 = 170.0;
const BELOW: f64 = 26.0;
const ROW: f64 = 24.0;
/// So many characters of a name fit.
const FIT: usize = 32;
/// So many names fit under a chart.
const LABELS: usize = 8;

/// Draws a table; `None` if there is nothing to draw.
pub(crate) fn draw(table: &Table, id: &str) -> Option<String> {
    let chart = table.chart.as_ref()?;
    let heights = table.rows.iter().flatten().filter_map(Cell::height);
    if heights.count() == 0 {
        return None;
    }
    let (height, body) = match chart.kind {
        ChartKind::Columns => (TOP + HEIGHT + BELOW, columns(table, chart)),
        ChartKind::Lines => (TOP + HEIGHT + BELOW, lines(table, chart)),
        ChartKind::Bars => (rows_high(table), bars(table, chart)),
        ChartKind::Shares => (rows_high(table), shares(table, chart)),
    };
    let title = escape(table.title);
    let desc = escape(&describe(table, chart));
    Some(format!(
        "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         aria-labelledby=\"{id}-title {id}-desc\">\
         <title id=\"{id}-title\">{title}</title><desc id=\"{id}-desc\">{desc}</desc>\n\
         {body}</svg>"
    ))
}

/// The series' names with their colours; none if there is only one.
pub(crate) fn legend(table: &Table) -> Vec<(Series, &'static str)> {
    let series = table.chart.as_ref().map_or(&[][..], |it| it.series.as_slice());
    match series.len() {
        0 | 1 => Vec::new(),
        _ => series.iter().map(|it| (*it, table.columns[it.column].title)).collect(),
    }
}

fn describe(table: &Table, chart: &Chart) -> String {
    let names: Vec<_> = chart.series.iter().map(|it| table.columns[it.column].title).collect();
    let how = match chart.kind {
        ChartKind::Columns | ChartKind::Bars => "Piled bars",
        ChartKind::Lines => "Lines",
        ChartKind::Shares => "Bars of a hundred percent",
    };
    let (names, rows) = (names.join(", "), table.rows.len());
    format!("{how} of {names}, for {rows} rows; the table below has the numbers.")
}

fn rows_high(table: &Table) -> f64 {
    TOP + ROW * count(table.rows.len())
}

fn columns(table: &Table, chart: &Chart) -> String {
    let most = table.rows.iter().map(|row| pile(row, chart)).fold(0.0, f64::max);
    let scale = Scale::up(nice(most), HEIGHT);
    let step = (WIDTH - LEFT - RIGHT) / count(table.rows.len());
    let mut out = grid(&scale);
    for (n, row) in table.rows.iter().enumerate() {
        let x = LEFT + step * (count(n) + 0.15);
        let mut below = 0.0;
        for series in &chart.series {
            let Some(value) = row[series.column].height().filter(|it| *it > 0.0) else { continue };
            let (top, high) = (TOP + scale.y(below + value), scale.length(value));
            out += &rect(series, x, top, step * 0.7, high);
            below += value;
        }
    }
    out + &labels_below(table, |n| LEFT + step * (count(n) + 0.5))
}

fn lines(table: &Table, chart: &Chart) -> String {
    let values = || {
        let cells = table.rows.iter().flat_map(|row| chart.series.iter().map(|it| &row[it.column]));
        cells.filter_map(Cell::height)
    };
    let scale = Scale::up(nice(values().fold(0.0, f64::max)), HEIGHT);
    let step = (WIDTH - LEFT - RIGHT) / count(table.rows.len());
    let x = |n: usize| LEFT + step * (count(n) + 0.5);
    let mut out = grid(&scale);
    for series in &chart.series {
        let class = series.tone.class();
        let mut path = String::new();
        let mut pen_is_down = false;
        for (n, row) in table.rows.iter().enumerate() {
            let Some(value) = row[series.column].height() else {
                pen_is_down = false;
                continue;
            };
            let (x, y) = (x(n), TOP + scale.y(value));
            path += &format!("{}{x:.1} {y:.1}", if pen_is_down { "L" } else { "M" });
            pen_is_down = true;
            out +=
                &format!("<circle class=\"dot {class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.5\"/>");
        }
        out += &format!("<path class=\"line {class}\" d=\"{path}\"/>\n");
    }
    out + &labels_below(table, x)
}

fn bars(table: &Table, chart: &Chart) -> String {
    let most = table.rows.iter().map(|row| pile(row, chart)).fold(0.0, f64::max).max(1.0);
    let room = WIDTH - NAMES - RIGHT;
    let mut out = String::new();
    for (n, row) in table.rows.iter().enumerate() {
        let y = TOP + ROW * count(n);
        out += &name(table, row, y);
        let mut x = NAMES;
        for series in &chart.series {
            let value = row[series.column].height().unwrap_or_default();
            let long = room * value / most;
            if long > 0.0 {
                out += &rect(series, x, y + 4.0, long, ROW - 8.0);
            }
            x += long;
        }
        out += &beside(x, y, &format!("{}", pile(row, chart)));
    }
    out
}

fn shares(table: &Table, chart: &Chart) -> String {
    let room = WIDTH - NAMES - RIGHT;
    let mut out = String::new();
    for (n, row) in table.rows.iter().enumerate() {
        let y = TOP + ROW * count(n);
        out += &name(table, row, y);
        for series in &chart.series {
            let cell = &row[series.column];
            out += &format!(
                "<rect class=\"rest\" x=\"{NAMES:.1}\" y=\"{:.1}\" width=\"{room:.1}\" \
                 height=\"{:.1}\"/>",
                y + 4.0,
                ROW - 8.0
            );
            let long = room * cell.height().unwrap_or_default() / 100.0;
            if long > 0.0 {
                out += &rect(series, NAMES, y + 4.0, long, ROW - 8.0);
            }
            out += &beside(NAMES + room, y, &cell.show());
        }
    }
    out
}

fn pile(row: &[Cell], chart: &Chart) -> f64 {
    chart.series.iter().filter_map(|it| row[it.column].height()).sum()
}

fn grid(scale: &Scale) -> String {
    let lines = scale.ticks().map(|value| {
        let y = TOP + scale.y(value);
        format!(
            "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
             <text class=\"end\" x=\"{:.1}\" y=\"{:.1}\">{value}</text>\n",
            WIDTH - RIGHT,
            LEFT - 6.0,
            y + 3.5
        )
    });
    lines.collect()
}

/// Every name if there is room, otherwise every second, third and so on.
fn labels_below(table: &Table, x: impl Fn(usize) -> f64) -> String {
    let every = table.rows.len().div_ceil(LABELS).max(1);
    let rows = table.rows.iter().enumerate().step_by(every);
    let labels = rows.map(|(n, row)| {
        let (x, y, name) = (x(n), TOP + HEIGHT + 16.0, escape(&short(&table.subject(row))));
        format!("<text class=\"middle\" x=\"{x:.1}\" y=\"{y:.1}\">{name}</text>")
    });
    labels.collect()
}

fn name(table: &Table, row: &[Cell], y: f64) -> String {
    let (x, y, name) = (NAMES - 8.0, y + 16.0, escape(&short(&table.subject(row))));
    format!("<text class=\"end\" x=\"{x:.1}\" y=\"{y:.1}\">{name}</text>")
}

fn beside(x: f64, y: f64, text: &str) -> String {
    format!("<text x=\"{:.1}\" y=\"{:.1}\">{}</text>\n", x + 6.0, y + 16.0, escape(text))
}

fn rect(series: &Series, x: f64, y: f64, width: f64, height: f64) -> String {
    let class = series.tone.class();
    format!(
        "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" \
         height=\"{height:.1}\"/>"
    )
}

fn short(text: &str) -> String {
    match text.chars().count() {
        ..=FIT => text.into(),
        _ => text.chars().take(FIT - 1).chain(['…']).collect(),
    }
}

fn count(n: usize) -> f64 {
    u32::try_from(n).map_or(f64::from(u32::MAX), f64::from)
}
