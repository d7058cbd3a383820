//! What was found of a fault: figures beside their goals, and what they amount to.

use std::fmt;

use serde_json::{Value, json};

use crate::fault::Fault;

/// One figure of a row.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    name: &'static str,
    /// One of each run, in the order of the runs.
    values: Vec<f64>,
    unit: &'static str,
    /// Of the first run: what must be reached may depend on what a run came to.
    goal: Goal,
    /// Each run was within its own.
    is_met: bool,
}

/// What a figure should be.
#[derive(Clone, Copy, Debug)]
enum Goal {
    Is(f64),
    AtMost(f64),
    AtLeast(f64),
    /// It says how large the trial was.
    None,
}

/// What became of a row.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// Which fault.
    pub(crate) fault: Fault,
    /// What was done.
    setup: String,
    figures: Vec<Figure>,
    /// What the fault matrix asks for besides, and was not tried.
    left_out: Vec<String>,
    /// Why there is no figure.
    broke: Option<String>,
    /// How long it took, in seconds.
    pub(crate) took: f64,
}

/// What the figures amount to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// All that the fault matrix asks for was tried, and is as it should be.
    Ok,
    /// What was tried is as it should be, and something was not tried.
    Partly,
    /// A figure is not as it should be, or the trial broke off.
    Missed,
    /// Nothing could be tried.
    NotRun,
}

impl Found {
    /// Nothing yet.
    pub(crate) fn of(fault: Fault, setup: impl Into<String>) -> Self {
        Self {
            fault,
            setup: setup.into(),
            figures: Vec::new(),
            left_out: Vec::new(),
            broke: None,
            took: 0.0,
        }
    }

    /// A trial that came to no end.
    pub(crate) fn broken(fault: Fault, why: impl Into<String>) -> Self {
        Self { broke: Some(why.into()), ..Self::of(fault, "broke off") }
    }

    fn with(mut self, name: &'static str, value: f64, unit: &'static str, goal: Goal) -> Self {
        let (values, is_met) = (vec![value], goal.is_met_by(value));
        self.figures.push(Figure { name, values, unit, goal, is_met });
        self
    }

    /// A number that must be exactly this.
    pub(crate) fn is(self, name: &'static str, value: u64, goal: u64) -> Self {
        self.with(name, value as f64, "", Goal::Is(goal as f64))
    }

    /// A number that must not be more.
    pub(crate) fn at_most(
        self,
        name: &'static str,
        value: f64,
        unit: &'static str,
        goal: f64,
    ) -> Self {
        self.with(name, value, unit, Goal::AtMost(goal))
    }

    /// A number that must not be less.
    pub(crate) fn at_least(self, name: &'static str, value: u64, goal: u64) -> Self {
        self.with(name, value as f64, "", Goal::AtLeast(goal as f64))
    }

    /// A number without a goal.
    pub(crate) fn shows(self, name: &'static str, value: f64, unit: &'static str) -> Self {
        self.with(name, value, unit, Goal::None)
    }

    /// What the fault matrix asks for besides, and was not tried or is otherwise.
    pub(crate) fn but_not(mut self, what: impl Into<String>) -> Self {
        self.left_out.push(what.into());
        self
    }

    /// Adds what another trial of the same fault found.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.setup = [self.setup, other.setup].join("; ");
        self.figures.extend(other.figures);
        self.left_out.extend(other.left_out);
        self.broke = self.broke.or(other.broke);
        self
    }

    /// Adds what the same trial found when it was run again.
    pub(crate) fn again(mut self, other: Self) -> Self {
        let is_same = self.figures.len() == other.figures.len();
        for (mine, more) in self.figures.iter_mut().zip(other.figures) {
            mine.values.extend(more.values);
            mine.is_met &= more.is_met;
        }
        self.took += other.took;
        self.broke = self.broke.or(other.broke);
        if !is_same {
            self.broke.get_or_insert("it found something else when it was run again".to_owned());
        }
        for what in other.left_out {
            if !self.left_out.contains(&what) {
                self.left_out.push(what);
            }
        }
        self
    }

    /// What it amounts to.
    pub(crate) fn verdict(&self) -> Verdict {
        if self.broke.is_some() || self.figures.iter().any(|it| !it.is_met) {
            Verdict::Missed
        } else if self.figures.is_empty() {
            Verdict::NotRun
        } else if self.left_out.is_empty() {
            Verdict::Ok
        } else {
            Verdict::Partly
        }
    }

    /// What is not as one would like it, in words.
    fn words(&self) -> String {
        let broke = self.broke.clone().into_iter();
        broke.chain(self.left_out.iter().cloned()).collect::<Vec<_>>().join("; ")
    }

    fn shown(&self) -> String {
        self.figures.iter().map(ToString::to_string).collect::<Vec<_>>().join(" · ")
    }

    /// For programs.
    pub(crate) fn json(&self) -> Value {
        let figures = self.figures.iter().map(Figure::json).collect::<Vec<_>>();
        json!({
            "fault": self.fault.name(), "title": self.fault.title(), "setup": self.setup,
            "figures": figures, "verdict": self.verdict().to_string(),
            "words": self.words(), "seconds": self.took,
        })
    }

    /// A row of a table.
    pub(crate) fn markdown(&self) -> String {
        format!(
            "| {} | {} | {} | {} | {} | {} |",
            self.fault.name(),
            self.fault.title(),
            self.setup,
            self.shown(),
            self.verdict(),
            self.words().replace('\n', " ").replace('|', "/")
        )
    }
}

/// The heads of the columns of [`Found::markdown`].
pub(crate) const HEADS: &str = "| # | Fault | Done | Figures (goals) | Result | What is missing |\n\
                                |---|---|---|---|---|---|";

impl Goal {
    fn is_met_by(self, value: f64) -> bool {
        match self {
            Self::Is(goal) => value == goal,
            Self::AtMost(goal) => value <= goal,
            Self::AtLeast(goal) => value >= goal,
            Self::None => true,
        }
    }
}

impl Figure {
    /// The lowest, the median and the highest.
    fn spread(&self) -> (f64, f64, f64) {
        let mut sorted = self.values.clone();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len() - 1;
        (sorted[0], sorted[last / 2], sorted[last])
    }

    fn json(&self) -> Value {
        let (relation, goal) = match self.goal {
            Goal::Is(goal) => ("is", Some(goal)),
            Goal::AtMost(goal) => ("at most", Some(goal)),
            Goal::AtLeast(goal) => ("at least", Some(goal)),
            Goal::None => ("", None),
        };
        json!({
            "name": self.name, "value": self.spread().1, "values": self.values, "unit": self.unit,
            "goal": goal, "relation": relation, "met": self.is_met,
        })
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |value| format!("{}{}", number(value), self.unit);
        let (lowest, median, highest) = self.spread();
        write!(f, "{} {}", self.name, of(median))?;
        let range = format!("{} to {}", number(lowest), number(highest));
        let goal = match self.goal {
            Goal::Is(goal) => of(goal),
            Goal::AtMost(goal) => format!("≤ {}", of(goal)),
            Goal::AtLeast(goal) => format!("≥ {}", of(goal)),
            Goal::None => String::new(),
        };
        match (lowest == highest, goal.is_empty()) {
            (true, true) => Ok(()),
            (true, false) => write!(f, " ({goal})"),
            (false, true) => write!(f, " ({range})"),
            (false, false) => write!(f, " ({range}; {goal})"),
        }
    }
}

/// As many digits as mean something.
fn number(value: f64) -> String {
    if value.fract() == 0.0 || value.abs() >= 1000.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.2}")
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ok => "ok",
            Self::Partly => "ok as far as tried",
            Self::Missed => "MISSED",
            Self::NotRun => "not run",
        })
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { fault, setup, took, .. } = self;
        write!(f, "{:<4} {}: {setup} | {}", fault.name(), fault.title(), self.shown())?;
        write!(f, " | {} | {took:.1} s", self.verdict())?;
        match self.words() {
            words if words.is_empty() => Ok(()),
            words => write!(f, "\n     {words}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found() -> Found {
        Found::of("F3".parse().unwrap(), "a trial").is("lost", 0, 0)
    }

    #[test]
    fn ok_is_said_only_where_nothing_is_missed_or_left_out() {
        assert_eq!(found().verdict(), Verdict::Ok);
        assert_eq!(found().but_not("the rest").verdict(), Verdict::Partly);
        assert_eq!(found().is("twice", 1, 0).but_not("the rest").verdict(), Verdict::Missed);
        assert_eq!(found().and(Found::broken(found().fault, "why")).verdict(), Verdict::Missed);
        assert_eq!(Found::of(found().fault, "nothing").but_not("all").verdict(), Verdict::NotRun);
    }

    #[test]
    fn a_figure_that_is_no_number_is_missed() {
        let late = |seconds| found().at_most("ready", seconds, " s", 5.0).verdict();
        assert_eq!(
            [late(5.0), late(5.1), late(f64::NAN)],
            [Verdict::Ok, Verdict::Missed, Verdict::Missed]
        );
        assert_eq!(found().at_least("seen", 0, 1).verdict(), Verdict::Missed);
    }

    #[test]
    fn what_is_run_again_must_be_met_each_time_and_shows_its_spread() {
        let ready = |seconds| found().at_most("ready", seconds, " s", 5.0);
        let thrice = ready(0.5).again(ready(0.25)).again(ready(4.0));
        let expected = "F3   collector killed under load: a trial | lost 0 (0) \
                        · ready 0.50 s (0.25 to 4; ≤ 5 s) | ok | 0.0 s";
        assert_eq!(thrice.to_string(), expected);
        assert_eq!(thrice.again(ready(5.1)).verdict(), Verdict::Missed);
        // What must be reached may be another number each time.
        let counted = |count| found().at_least("seen", count, count);
        assert_eq!(counted(9).again(counted(5)).verdict(), Verdict::Ok);
        let broken = Found::broken(found().fault, "why");
        assert_eq!(ready(0.5).again(broken.clone()).verdict(), Verdict::Missed);
        assert_eq!(broken.again(ready(0.5)).verdict(), Verdict::Missed);
        assert_eq!(ready(0.5).again(found()).verdict(), Verdict::Missed, "a figure less");
    }

    #[test]
    fn a_row_names_its_figures_with_their_goals() {
        let row = found().at_most("ready", 0.42, " s", 5.0).to_string();
        let expected = "F3   collector killed under load: a trial | lost 0 (0) · ready 0.42 s (≤ 5 s) \
                        | ok | 0.0 s";
        assert_eq!(row, expected);
    }
}
