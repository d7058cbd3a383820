//! `cargo xtask ci`: what a change must pass, in the order that fails soonest.
//!
//! Each step also runs alone by its name and needs no other to have run. All of
//! them share one target folder.

use std::{process::ExitCode, time::Duration};

use anyhow::ensure;
use clap::ValueEnum;
use tokio::time::Instant;

use crate::{
    codegen,
    command::{self, cargo, say},
    faults, suite, tidy, tools, tree, windows,
};

/// What `cargo xtask ci` is asked.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only these.
    #[arg(value_name = "STEP")]
    steps: Vec<Step>,
    /// Go on after a step that failed.
    #[arg(long)]
    keep_going: bool,
}

/// One check; the order here is the order in which they run.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Step {
    /// The code is formatted.
    Fmt,
    /// clippy has nothing to say.
    Clippy,
    /// The agent compiles for Windows, and clippy has nothing to say.
    Windows,
    /// The documentation builds without a warning.
    Doc,
    /// All tests pass.
    Test,
    /// Nothing is lost when programs are killed and disks fail.
    Faults,
    /// The pure crates depend on nothing but their list.
    Tree,
    /// Files and crates keep the house rules.
    Tidy,
    /// Licences, sources and banned crates.
    Deny,
    /// The protocol's sources are well formed.
    ProtoLint,
    /// The generated code is fresh.
    Codegen,
}

/// How a step ended.
struct Outcome {
    step: Step,
    passed: bool,
    took: Duration,
}

/// Runs the steps.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let steps = if args.steps.is_empty() { Step::value_variants() } else { &args.steps };
    let mut outcomes = Vec::new();
    for &step in steps {
        say(format!("== {}", step.name()));
        let outcome = attempt(step);
        say(&outcome);
        let stop = !outcome.passed && !args.keep_going;
        outcomes.push(outcome);
        if stop {
            break;
        }
    }
    say(format!("\n{} of {} steps ran", outcomes.len(), steps.len()));
    outcomes.iter().for_each(say);
    let passed = outcomes.iter().all(|outcome| outcome.passed);
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn attempt(step: Step) -> Outcome {
    let start = Instant::now();
    let result = step.check();
    if let Err(err) = &result {
        command::complain(format!("{err:#}"));
    }
    Outcome { step, passed: result.is_ok(), took: start.elapsed() }
}

impl Step {
    fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    fn check(self) -> anyhow::Result<()> {
        match self {
            Self::Fmt => command::run(cargo().args(["fmt", "--all", "--check"])),
            Self::Clippy => command::run(cargo().args([
                "clippy",
                "--workspace",
                "--all-targets",
                "--",
                "-D",
                "warnings",
            ])),
            Self::Windows => windows::check(),
            Self::Doc => command::run(
                cargo()
                    .args(["doc", "--workspace", "--no-deps"])
                    // A module's page may lead to its private parts.
                    .env("RUSTDOCFLAGS", "-D warnings -A rustdoc::private-intra-doc-links"),
            ),
            Self::Test => {
                let status = suite::execute(&[])?;
                ensure!(status.success(), "the test runner ended with {status}");
                Ok(())
            }
            Self::Faults => faults::quick(),
            Self::Tree => tree::check(),
            Self::Tidy => tidy::check(),
            Self::Deny => tools::deny(),
            Self::ProtoLint => tools::proto_lint(),
            Self::Codegen => codegen::run(true),
        }
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let word = if self.passed { "ok" } else { "FAILED" };
        write!(f, "{:<10} {word:<6} {:>7.1} s", self.step.name(), self.took.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_one_line() {
        let outcome =
            Outcome { step: Step::ProtoLint, passed: false, took: Duration::from_millis(1250) };
        assert_eq!(outcome.to_string(), "proto-lint FAILED     1.2 s");
    }
}
