//! What was measured, as tables: beside the goals, and beside what others need.

use crate::{
    figure::{Found, Goal, number, spread},
    others::Other,
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

/// The same beside others' figures: first what was measured in this session, then
/// what is known from an earlier one or published, of whoever was not.
pub(crate) fn peers(found: &[Found], others: &[Other]) -> String {
    let head = [
        "| Figure | Who | Theirs | Ours is | What they do not do | Measured |",
        "|---|---|---|---|---|---|",
    ];
    let rows = found.iter().flat_map(|ours| {
        let now: Vec<_> = others.iter().filter(|it| it.figure == ours.figure).collect();
        let is_old = |peer: &&Peer| now.iter().all(|it| it.name != peer.name);
        let earlier = ours.figure.peers().iter().filter(is_old).map(|it| published(ours, it));
        now.iter().map(|it| measured(ours, it)).chain(earlier).collect::<Vec<_>>()
    });
    lines(head.map(str::to_owned).into_iter().chain(rows))
}

fn measured(ours: &Found, other: &Other) -> String {
    let Other { name, lacks, setup, runs, .. } = other;
    row(ours, name, &spread(runs), other.median(), lacks, &format!("in this session: {setup}"))
}

fn published(ours: &Found, peer: &Peer) -> String {
    let Peer { name, best, worst, lacks } = *peer;
    let theirs =
        if best == worst { number(best) } else { format!("{} to {}", number(best), number(worst)) };
    row(ours, name, &theirs, best, lacks, "earlier")
}

fn row(ours: &Found, name: &str, theirs: &str, value: f64, lacks: &str, when: &str) -> String {
    let Goal { unit, bound } = ours.figure.goal();
    let times = number(bound.ratio(ours.median(), value));
    let figure = ours.figure.name();
    format!("| `{figure}` | {name} | {theirs} {unit} | {times} times as good | {lacks} | {when} |")
}

/// All of it as a page, with where and when it was measured.
pub(crate) fn page(
    found: &[Found],
    others: &[Other],
    runs: usize,
    day: &str,
    machine: &str,
) -> String {
    let asked = if others.is_empty() { "" } else { " --with-peers" };
    format!(
        "# Performance\n\n\
         Measured on {day}, on {machine}, by\n\n\
         ```\ncargo xtask bench --{asked} --page docs/performance.md\n```\n\n\
         which wrote this page. Runs of each figure: {runs}; the median stands first, the lowest \
         and the highest are in brackets. [measuring.md](measuring.md) says what is done for each \
         figure and what it leaves out; decision records 12, 21, 24, 25, 28, 29 and 30 say what was \
         found on the way here.\n\n\
         ## Beside the goals\n\n{}\n\n\
         ## Beside others\n\n\
         What was measured \"in this session\" was so by the same command, with Debian's packages. \
         What is \"earlier\" is from another session, on a 2-vCPU AMD EPYC under Debian 12 \
         (MeshCentral's are its authors'): there, \"per CPU-s\" and memory travel better than \
         milliseconds do. Where ours is less than once as good, they are ahead.\n\n{}\n",
        goals(found),
        peers(found, others)
    )
}

/// How the part begins that `scale` writes.
pub(crate) const SCALE: &str = "## Whether the cost of one grows with their number";

/// A page of which one part is new.
pub(crate) fn joined(before: &str, figures: Option<&str>, scale: Option<&str>) -> String {
    let (old_figures, old_scale) = match before.find(SCALE) {
        Some(at) => before.split_at(at),
        None => (before, ""),
    };
    let figures = figures.unwrap_or(old_figures).trim_end();
    let scale = scale.unwrap_or(old_scale).trim_end();
    format!("{figures}\n\n{scale}").trim().to_owned() + "\n"
}

pub(crate) fn lines(rows: impl Iterator<Item = String>) -> String {
    rows.collect::<Vec<_>>().join("\n")
}
