//! Whether what one agent, alert or day costs grows with their number: the same
//! is measured with more and more of them.

mod alerts;
mod days;
mod fleet;

use clap::ValueEnum;

use crate::{
    Plan, complain,
    figure::number,
    meter,
    page::{self, SCALE},
    say,
};

/// Of what, and how many.
#[derive(clap::Args)]
pub(crate) struct Sizes {
    /// Only these; all if none is named.
    #[arg(value_name = "PART")]
    parts: Vec<Part>,
    /// So many agents are connected.
    #[arg(
        long,
        value_delimiter = ',',
        default_values_t = [1_000, 5_000, 15_000],
        value_parser = clap::value_parser!(u32).range(1..=15_000)
    )]
    fleet: Vec<u32>,
    /// So many alerts are open.
    #[arg(
        long,
        value_delimiter = ',',
        default_values_t = [0, 10_000, 100_000],
        value_parser = clap::value_parser!(u32).range(..=200_000)
    )]
    open: Vec<u32>,
    /// So many days of history are there; a certificate lasts thirty.
    #[arg(
        long,
        value_delimiter = ',',
        default_values_t = [0, 1, 28],
        value_parser = clap::value_parser!(u32).range(..=29)
    )]
    days: Vec<u32>,
    /// So many seconds lie between two reports of history.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=3_600))]
    every: u32,
}

/// What there is more and more of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Agents that are connected.
    Fleet,
    /// Alerts that are open.
    Alerts,
    /// Days that are kept.
    Days,
}

/// What was found for one part.
struct Table {
    /// Of what there is more in each row.
    of: &'static str,
    /// What is measured, with its unit.
    heads: &'static [&'static str],
    /// How many, and what was measured.
    rows: Vec<(u32, Vec<f64>)>,
    /// How.
    setup: String,
}

/// Measures it, and gives it as a part of a page.
pub(crate) async fn measure(plan: &Plan, sizes: &Sizes) -> anyhow::Result<String> {
    let mut text = format!(
        "{SCALE}\n\nMeasured on {}, on {}, by `cargo xtask bench -- scale --page \
         docs/performance.md`. The last row of each table says how many times as much the last \
         one is as the first.\n",
        meter::today(),
        meter::machine()
    );
    let all = [Part::Fleet, Part::Alerts, Part::Days];
    let parts = if sizes.parts.is_empty() { &all[..] } else { &sizes.parts };
    let mut missing = Vec::new();
    for part in parts {
        complain(&format!("measuring: {part:?}"));
        let found = match part {
            Part::Fleet => fleet::measure(plan, &sizes.fleet).await,
            Part::Alerts => alerts::measure(plan, &sizes.open).await,
            Part::Days => days::measure(plan, &sizes.days, sizes.every).await,
        };
        match found {
            Ok(table) => {
                let shown = table.show();
                say(&format!("\n{shown}"));
                text += &format!("\n{shown}\n");
            }
            Err(err) => {
                complain(&format!("{part:?} could not be measured: {err:#}"));
                missing.push(format!("{part:?}"));
            }
        }
    }
    anyhow::ensure!(missing.is_empty(), "some parts are missing: {}", missing.join(", "));
    Ok(text)
}

impl Table {
    /// In Markdown.
    fn show(&self) -> String {
        let cells = |first: &str, rest: Vec<String>| format!("| {first} | {} |", rest.join(" | "));
        let mut rows = vec![
            cells(self.of, self.heads.iter().map(|it| (*it).to_owned()).collect()),
            format!("|---|{}", "---|".repeat(self.heads.len())),
        ];
        for (size, values) in &self.rows {
            let size = number(f64::from(*size));
            // What was counted is counted in whole ones.
            let size = size.strip_suffix(".00").or(size.strip_suffix(".0")).unwrap_or(&size);
            rows.push(cells(size, values.iter().map(|it| number(*it)).collect()));
        }
        if let ([(_, first), .., (_, last)], true) = (self.rows.as_slice(), self.rows.len() > 1) {
            let times =
                first.iter().zip(last).map(|(first, last)| format!("× {:.2}", last / first));
            rows.push(cells("last beside first", times.collect()));
        }
        format!("{}\n\n{}", self.setup, page::lines(rows.into_iter()))
    }
}
