//! What was measured, as tables: beside the goals, and beside what others need.

use crate::{
    figure::{Found, Goal, number},
    peers::Peer,
};

/// All figures beside their goals, in Markdown.
pub(crate) fn goals(found: &[Found]) -> String {
    let head = ["| Figure | How | Measured | Unit | Goal | |", "|---|---|---|---|---|---|"];
    let rows = found.iter().map(|it| {
        let Goal { unit, bound } = it.figure.goal();
        let met = if bound.is_met(it.median()) { "reached" } else { "**missed**" };
        let (name, value) = (it.figure.name(), it.value());
        format!("| `{name}` | {} | {value} | {unit} | {bound} | {met} |", it.setup)
    });
    lines(head.map(str::to_owned).into_iter().chain(rows))
}

/// The same beside others' figures.
pub(crate) fn peers(found: &[Found]) -> String {
    let head =
        ["| Figure | Who | Theirs | Ours is | What they do not do |", "|---|---|---|---|---|"];
    let rows = found.iter().flat_map(|it| it.figure.peers().iter().map(|peer| beside(it, peer)));
    lines(head.map(str::to_owned).into_iter().chain(rows))
}

fn beside(found: &Found, peer: &Peer) -> String {
    let Goal { unit, bound } = found.figure.goal();
    let Peer { name, best, worst, lacks } = *peer;
    let theirs =
        if best == worst { number(best) } else { format!("{} to {}", number(best), number(worst)) };
    let times = number(bound.ratio(found.median(), best));
    let figure = found.figure.name();
    format!("| `{figure}` | {name} | {theirs} {unit} | {times} times as good | {lacks} |")
}

/// All of it as a page, with where and when it was measured.
pub(crate) fn page(found: &[Found], runs: usize, day: &str, machine: &str) -> String {
    format!(
        "# Performance\n\n\
         Measured on {day}, on {machine}, by\n\n\
         ```\ncargo xtask bench -- --page docs/performance.md\n```\n\n\
         which wrote this page. Runs of each figure: {runs}; the median stands first, the lowest \
         and the highest are in brackets. [measuring.md](measuring.md) says what is done for each \
         figure and what it leaves out; decision records 12 and 21 say what was found on the way \
         here.\n\n\
         ## Beside the goals\n\n{}\n\n\
         ## Beside others\n\n\
         \"Per CPU-s\" and memory travel from machine to machine better than milliseconds do; the \
         others' figures are from a 2-vCPU AMD EPYC under Debian 12 with Debian's packages \
         (MeshCentral's are its authors'), and were not measured in the same session as ours. \
         Where ours is less than once as good, they are ahead.\n\n{}\n",
        goals(found),
        peers(found)
    )
}

fn lines(rows: impl Iterator<Item = String>) -> String {
    rows.collect::<Vec<_>>().join("\n")
}
